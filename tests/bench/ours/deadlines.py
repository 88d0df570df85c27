"""Deadlines: one rung of each case falls due at the same instant; the sweep fires them all."""

from __future__ import annotations

import time

from engine.clock import Instant
from engine.runtime.application import Application
from engine.runtime.manual_clock import ManualClock
from engine.scheduler.sweep import Sweep
from engine.store import deadlines
from tests.bench.bare.database import connect
from tests.bench.measure import Reading, Setting
from tests.bench.ours.round import open_rounds, service

CASES_A_SECOND = 1_000
MOST = 2**62


def let_first_rungs_fall_due(application: Application, clock: ManualClock, count: int) -> Instant:
    """Open cases on a standing clock and move it to the instant of their first rung."""
    open_rounds(application, count)
    with application.store.read() as reader:
        first = deadlines.due_rungs(reader, MOST, 1)[0].next_at
    if first is None:
        raise RuntimeError("expected every case to have a rung to fire")
    clock.move(first)
    return first


def run(setting: Setting) -> Reading:
    """Measure rungs fired until none is left."""
    with service(setting, lane=True, clock="manual") as application:
        if not isinstance(application.clock, ManualClock):
            raise TypeError("expected a manual clock")
        now = let_first_rungs_fall_due(application, application.clock, int(CASES_A_SECOND * setting.seconds))
        connect(setting).cursor.execute("ANALYZE")
        begun = time.perf_counter()
        fired = Sweep(application).run_once(now).fired
        return Reading(fired, time.perf_counter() - begun)
