"""The sweep: fires every rung that is due, each exactly once.

It only finds what is due; firing is a command like any other, decided and recorded through the one door. The unique row of the
rung, written in the transaction of its effects, is the proof: whoever dies in between has recorded nothing, and the next sweep takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson
import structlog

from engine.clock import SECOND, Instant
from engine.core.command import Fire
from engine.core.deadlines import due_rungs
from engine.core.ledger import Ledger
from engine.errors import NotFound
from engine.runtime.application import Application
from engine.runtime.manual_clock import SERVICE
from engine.store import deadlines, state
from engine.store.records import DeadlineRecord

log = structlog.get_logger(__name__)

BATCH = 200
HEARTBEAT = "sweep.last"
BEAT = 10 * SECOND
"""How often a sweep leaves word that it looked."""
GRACE = 60 * SECOND
"""A longer pause between two sweeps is a stop of the service: `catch_up` then decides about what was missed."""
SETTLE = 60 * SECOND
"""How long a rung that failed is left alone, so that one broken case never holds up the others."""


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What one run did: rungs that fired, that were not there to fire any more, that failed and will be tried again."""

    fired: int = 0
    stale: int = 0
    failed: int = 0


@dataclass(slots=True)
class Sweep:
    """Looks for due rungs. ``run_once`` may run on any number of nodes at once."""

    application: Application
    _failed: dict[tuple[str, str, int], Instant] = field(default_factory=dict)
    _beat_at: Instant | None = None

    def run_once(self, now: Instant) -> SweepResult:
        """Fire all that is due at an instant, earliest first, a batch to a commit, until nothing is left."""
        stopped = self._stopped_since(now)
        total = SweepResult()
        while rows := self._due(now):
            done = self._fire(rows, now, stopped)
            total = SweepResult(total.fired + done.fired, total.stale + done.stale, total.failed + done.failed)
            if not done.fired and not done.failed:
                break  # other nodes took them all
        self._leave_word(now)
        if total.fired or total.failed:
            log.info("sweep", fired=total.fired, stale=total.stale, failed=total.failed)
        return total

    def _due(self, now: Instant) -> list[DeadlineRecord]:
        """Read the next rung of each deadline that has one due, but for those that failed a moment ago."""
        self._failed = {key: until for key, until in self._failed.items() if until > now}
        with self.application.store.read() as reader:
            rows = deadlines.due_rungs(reader, now, BATCH + len(self._failed))
        return [row for row in rows if (row.org, row.case_id, row.n) not in self._failed][:BATCH]

    def _fire(self, rows: list[DeadlineRecord], now: Instant, stopped: Instant | None) -> SweepResult:
        """Submit a batch, so that it shares commits, then wait for each."""
        waiting = [(row, self.application.service.fire(row.org, row.case_id, self._rung(row, now, stopped))) for row in rows]
        fired = failed = 0
        for row, pending in waiting:
            try:
                fired += bool(pending.result())
            except Exception as failure:  # whatever it was, the other rungs go on; this one is tried again
                failed += 1
                self._failed[row.org, row.case_id, row.n] = now + SETTLE
                log.error("sweep.failed", case=row.case_id, deadline=row.name, error=type(failure).__name__)
        return SweepResult(fired, len(rows) - fired - failed, failed)

    def _rung(self, row: DeadlineRecord, now: Instant, stopped: Instant | None) -> Fire:
        assert row.next_at is not None
        assert row.next_rung is not None
        return Fire(row.name, row.n, row.next_rung, row.next_at, recorded_only=self._only_noted(row, now, stopped))

    def _only_noted(self, row: DeadlineRecord, now: Instant, stopped: Instant | None) -> bool:
        """After a stop of the service, `catch_up` may say that a missed rung is only noted."""
        if stopped is None:
            return False
        try:
            with self.application.store.read() as reader:
                process = self.application.registry.of_case(reader, row.org, row.case_id)
        except NotFound:
            return False
        plan = due_rungs(process.definition.deadlines[row.name], Ledger.from_json(orjson.loads(row.ledger)), now, stopped=stopped)
        return row.next_rung in plan.record

    # --- stops of the service ---------------------------------------------------------------------------------------

    def _stopped_since(self, now: Instant) -> Instant | None:
        """Say since when nobody had looked, if that is longer than the grace; only a node's first sweep asks."""
        if self._beat_at is not None or self.application.manual:
            return None
        with self.application.store.read() as reader:
            kept = state.get_state(reader, SERVICE, HEARTBEAT)
        last = int(kept) if kept is not None else now
        return last if now - last > GRACE else None

    def _leave_word(self, now: Instant) -> None:
        if self._beat_at is not None and now - self._beat_at < BEAT:
            return
        self._beat_at = now
        with self.application.store.writing() as batch:
            state.put_state(batch, SERVICE, HEARTBEAT, str(now))


def advance_clock(application: Application, sweep: Sweep, to: Instant) -> SweepResult:
    """Move the manual clock, stepping to each due instant in turn, so that every rung fires at its own moment.

    Raises ClockIsNotManual, and ClockRefused for a move back in time.
    """
    clock = application.manual_clock
    total = SweepResult()
    clock.check(to)
    while True:
        with application.store.read() as reader:
            due = deadlines.next_due_instant(reader)
        if due is None or due > to:
            break
        clock.move(max(due, application.now()))
        done = sweep.run_once(application.now())
        total = SweepResult(total.fired + done.fired, total.stale + done.stale, total.failed + done.failed)
        if done.failed:
            break
    clock.move(to)
    return total
