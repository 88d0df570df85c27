"""A calendar has changed: a year's notice is out, or a file was put right. The live deadlines of a case are counted on it again.

A command like any other, so that no date moves without an event. Nothing but dates is touched: terms, pauses and extensions are the
facts they were, rungs that fired stay fired, and where the case stands and what it holds is left alone.
"""

from __future__ import annotations

from typing import Any

from engine.clock import Instant, rfc3339
from engine.core.case import Case
from engine.core.command import Recount
from engine.core.compiled import Process
from engine.core.deadlines import recount
from engine.core.decision import Outcome, Refused
from engine.core.gates import Request
from engine.core.interpreter import Run
from engine.core.ledger import Ledger
from engine.core.ledgers import Ledgers
from engine.definition.calendars import Calendar

CALENDAR_KEEPER = "calendar_keeper"
"""The role under which the trail has who had a changed calendar applied."""


def count_anew(process: Process, case: Case, command: Recount, now: Instant) -> Outcome:
    """Count the live deadlines of a case on the calendar as it is now. Refused without reasons where that changes none of them."""
    run = Run(process, case, now, now, Request(command.actor))
    run.role = CALENDAR_KEEPER
    run.ledgers = ledgers = FollowingLedgers(run)
    before = ledgers.follow()
    if not before:
        return Refused(())
    run.notes = {"calendar": process.calendar.version, "was": before}
    return run.decision("calendar", "recount", command.reason)


class FollowingLedgers(Ledgers):
    """Lets live deadlines follow their calendar."""

    def follow(self) -> dict[str, dict[str, Any]]:
        """Count again what was counted on another version of the calendar; give how each that differs now stood before, by name."""
        calendar, before = self.run.process.calendar, dict[str, dict[str, Any]]()
        live = self.live(self.run.process.definition.deadlines.values())
        for deadline, ledger in ((deadline, ledger) for deadline, ledgers in live for ledger in ledgers):
            if counted_before(ledger, calendar) and differs(ledger, again := recount(deadline, ledger, calendar)):
                before[ledger.key] = as_it_was(ledger)
                self._keep("recomputed", again)
        return before


def counted_before(ledger: Ledger, calendar: Calendar) -> bool:
    """Say whether a deadline was counted on another version of this calendar. What a migration kept from another calendar was not."""
    return ledger.calendar != calendar.version and ledger.calendar.partition("@")[0] == calendar.id


def differs(ledger: Ledger, again: Ledger) -> bool:
    """Say whether any date is another, or has become certain or uncertain."""
    return again._replace(calendar=ledger.calendar) != ledger


def as_it_was(ledger: Ledger) -> dict[str, Any]:
    """Say on which calendar a deadline was counted and when it was due, so that the event tells what moved without the trail before it."""
    due = {} if ledger.due is None else {"due": rfc3339(ledger.due)}
    return {"calendar": ledger.calendar, "provisional": ledger.provisional, **due}
