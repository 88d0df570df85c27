"""The manual clock: an instant in the database that stands until somebody moves it. For trials, demonstrations and tests.

A database belongs to one kind of clock: cases opened on the machine's time are not moved by hand, and what was played in another time
is not continued on the machine's.
"""

from __future__ import annotations

from engine.clock import Instant, SystemClock, rfc3339
from engine.errors import ClockRefused
from engine.runtime.lane import Lane
from engine.store.cases import has_cases
from engine.store.records import ServiceStateRecord
from engine.store.service import get_state
from engine.store.store import Store
from engine.store.writer import Batch

KIND, INSTANT = "clock.kind", "clock.instant"
SERVICE = ""
"""The organisation of what belongs to the installation as a whole."""


class ManualClock:
    """Reads the instant from the database, so that every process sees the same one."""

    def __init__(self, store: Store, lane: Lane) -> None:
        self._store, self._lane = store, lane

    def now(self) -> Instant:
        """Return the instant it was last moved to."""
        with self._store.read() as reader:
            found = get_state(reader, SERVICE, INSTANT)
        return int(found) if found is not None else SystemClock().now()

    def check(self, to: Instant) -> None:
        """Raise ClockRefused for a move back in time."""
        now = self.now()
        if to < now:
            raise ClockRefused(f"The clock stands at {rfc3339(now)} and cannot be moved back to {rfc3339(to)}.")

    def move(self, to: Instant) -> None:
        """Move the clock. Raises ClockRefused for a move back in time."""
        self.check(to)
        self._lane.write(lambda batch, _: batch.put(ServiceStateRecord(SERVICE, INSTANT, str(to))))


def claim_clock(store: Store, lane: Lane, *, manual: bool) -> None:
    """Mark a fresh database as belonging to a kind of clock. Raises ClockRefused when it belongs to the other."""
    with store.read() as reader:
        kind = get_state(reader, SERVICE, KIND)
        opened = has_cases(reader)
    wanted = "manual" if manual else "system"
    if kind == wanted:
        return
    if opened and (kind or "system") != wanted:
        raise ClockRefused(
            "This database has cases opened on the machine's clock; a manual clock (YISHI_CLOCK=manual) needs a database of its own."
            if manual
            else "This database was played on a manual clock; start with YISHI_CLOCK=manual, or use another database."
        )

    def claim(batch: Batch, _: Instant) -> None:
        batch.put(ServiceStateRecord(SERVICE, KIND, wanted))
        if manual:
            batch.put(ServiceStateRecord(SERVICE, INSTANT, str(SystemClock().now())))

    lane.write(claim)
