"""What a changed calendar would do to the deadlines of a case, before it does it: the command itself, decided and not recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.clock import Instant
from engine.core.advance import advance
from engine.core.case import Actor, Case
from engine.core.command import Recount
from engine.core.compiled import Process
from engine.core.decision import Refused
from engine.core.ledger import Ledger, key_of
from engine.proof.migration_plan import due_at_once


@dataclass(frozen=True, slots=True)
class DueMoved:
    """A date before and after, and whether each is provisional. Of a due date that only becomes certain the instants are equal."""

    old: Instant | None
    new: Instant | None
    was_provisional: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class DeadlineMoved:
    """What becomes of one deadline. ``rungs``: those that have not fired and whose date is another; ``rungs_due`` fire at once."""

    name: str
    n: int
    was_counted_on: str
    due: DueMoved
    rungs: tuple[tuple[str, DueMoved], ...]
    rungs_due: tuple[str, ...]


def moved_by_calendar(process: Process, case: Case, actor: Actor, now: Instant) -> tuple[DeadlineMoved, ...]:
    """Say which live deadlines of a case the calendar as it is now would move, or make certain; mostly none."""
    outcome = advance(process, case, Recount(actor), now)
    if isinstance(outcome, Refused):
        return ()
    before = case.snapshot["deadlines"]
    return tuple(
        moved(Ledger.from_json(before[key_of(change.ledger)]), Ledger.from_json(change.ledger), now) for change in outcome.deadlines
    )


def moved(old: Ledger, new: Ledger, now: Instant) -> DeadlineMoved:
    """Put a deadline before and after side by side."""
    due = DueMoved(old.due, new.due, old.provisional, new.provisional)
    return DeadlineMoved(old.name, old.n, old.calendar, due, tuple(rungs_moved(old, new)), due_at_once(new.to_json(), now))


def rungs_moved(old: Ledger, new: Ledger) -> Iterator[tuple[str, DueMoved]]:
    """Give the rungs whose date is another now, in the order of the ladder."""
    known = {rung.at: rung for rung in old.rungs}
    for rung in new.rungs:
        was = known[rung.at]
        if (was.instant, was.provisional) != (rung.instant, rung.provisional):
            yield rung.at, DueMoved(was.instant, rung.instant, was.provisional, rung.provisional)
