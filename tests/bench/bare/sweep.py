"""The bare sweep: locks 200 due rungs and their cases, writes by hand the same rows that the service writes for each, commits."""

from __future__ import annotations

import time

from engine.runtime.manual_clock import ManualClock
from engine.scheduler.sweep import Sweep
from tests.bench.bare.act import fill
from tests.bench.bare.database import connect
from tests.bench.bare.rows import changes, copies, read_tables
from tests.bench.measure import Reading, Setting
from tests.bench.ours.deadlines import CASES_A_SECOND, let_first_rungs_fall_due
from tests.bench.ours.round import service

AT_ONCE = 200
DUE = (
    "SELECT d.case_id, c.* FROM deadline d JOIN cases c ON c.org = d.org AND c.id = d.case_id WHERE d.next_at <= %s "
    "ORDER BY d.next_at, d.org, d.case_id, d.n LIMIT %s FOR UPDATE SKIP LOCKED"
)


def run(setting: Setting) -> Reading:
    """Measure rungs fired until none is left; the rows of one rung are taken from the service's own database."""
    plain = connect(setting)
    with service(setting, clock="manual") as application:
        if not isinstance(application.clock, ManualClock):
            raise TypeError("expected a manual clock")
        now = let_first_rungs_fall_due(application, application.clock, 1)
        stood = read_tables(plain.cursor)
        [(_, template, *_)] = stood["cases"].values()
        Sweep(application).run_once(now)
        writes = changes(stood, read_tables(plain.cursor), template, now, plain.mark)
    fill(plain, template, stood, copies(template, int(CASES_A_SECOND * setting.seconds)))
    execute = plain.cursor.execute
    fired = 0
    begun = time.perf_counter()
    while True:
        execute(plain.begin)
        due = [row[0] for row in execute(DUE, (now, AT_ONCE)).fetchall()]
        for write in writes:
            if write.case_at:
                plain.cursor.executemany(write.text, [write.values_for(template, case_id, now) for case_id in due])
        execute("COMMIT")
        fired += len(due)
        if len(due) < AT_ONCE:
            return Reading(fired, time.perf_counter() - begun)
