"""The sweep: fires every rung that is due, each exactly once.

It only finds what is due; firing is a command like any other, decided and recorded through the one door. The unique row of the
rung, written in the transaction of its effects, is the proof: whoever dies in between has recorded nothing, and the next sweep takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from engine.clock import SECOND, Instant
from engine.runtime.application import Application
from engine.runtime.manual_clock import SERVICE
from engine.runtime.service import DeadlineKey
from engine.scheduler.schedules import Schedules
from engine.store.deadlines import next_due_instant
from engine.store.records import ServiceStateRecord
from engine.store.service import get_state

log = structlog.get_logger(__name__)

BATCH = 100
HEARTBEAT = "sweep.last"
BEAT = 10 * SECOND
"""How often a sweep leaves word that it looked."""
GRACE = 60 * SECOND
"""A longer pause between two sweeps is a stop of the service: `catch_up` then decides about what was missed."""
SETTLE = 60 * SECOND
"""How long a rung that failed is left alone, so that one broken case never holds up the others."""


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What one run did: rungs that fired, and rungs that failed and will be tried again."""

    fired: int = 0
    failed: int = 0


@dataclass(slots=True)
class Sweep:
    """Looks for due rungs. ``run_once`` may run on any number of nodes at once."""

    application: Application
    fired: int = 0
    """Rungs that fired since this began."""
    _failed: dict[DeadlineKey, Instant] = field(default_factory=dict)
    _beat_at: Instant | None = None

    def run_once(self, now: Instant) -> SweepResult:
        """Fire all that is due at an instant, earliest first, a batch to a commit, until nothing is left."""
        stopped = self._stopped_since(now)
        self._failed = {key: until for key, until in self._failed.items() if until > now}
        fired = failed = 0
        while True:
            done = self.application.service.fire_due(now, BATCH, stopped=stopped, leave=frozenset(self._failed)).result()
            self._failed.update(dict.fromkeys(done.failed, now + SETTLE))
            fired, failed = fired + done.fired, failed + len(done.failed)
            if not done.fired and not done.failed:
                break  # nothing is left, or other nodes hold it
        self._leave_word(now)
        self.fired += fired
        if fired or failed:
            log.info("sweep", fired=fired, failed=failed)
        return SweepResult(fired, failed)

    # --- stops of the service ---------------------------------------------------------------------------------------

    def _stopped_since(self, now: Instant) -> Instant | None:
        """Say since when nobody had looked, if that is longer than the grace; only a node's first sweep asks."""
        if self._beat_at is not None or self.application.manual:
            return None
        with self.application.store.read() as reader:
            kept = get_state(reader, SERVICE, HEARTBEAT)
        last = int(kept) if kept is not None else now
        return last if now - last > GRACE else None

    def _leave_word(self, now: Instant) -> None:
        if self._beat_at is not None and now - self._beat_at < BEAT:
            return
        self._beat_at = now
        self.application.sweeping.write(lambda batch, _: batch.put(ServiceStateRecord(SERVICE, HEARTBEAT, str(now))))


def advance_clock(application: Application, sweep: Sweep, to: Instant, others: Sequence[Schedules] = ()) -> SweepResult:
    """Move the manual clock, stepping to each due instant in turn, so that every rung fires at its own moment.

    ``others``: the schedules of other organisations than the one this installation serves.

    Raises ClockIsNotManual, and ClockRefused for a move back in time.
    """
    clock, schedules = application.manual_clock, [Schedules(application), *others]
    total = SweepResult()
    clock.check(to)
    while True:
        with application.store.read() as reader:
            rung = next_due_instant(reader)
        due = min((each for each in (rung, *(each.next_instant() for each in schedules)) if each is not None), default=None)
        if due is None or due > to:
            break
        clock.move(max(due, application.now()))
        for each in schedules:
            each.run_once(application.now())
        done = sweep.run_once(application.now())
        total = SweepResult(total.fired + done.fired, total.failed + done.failed)
        if done.failed:
            break
    clock.move(to)
    return total
