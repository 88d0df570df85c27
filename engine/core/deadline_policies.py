"""What becomes of a running deadline when its case moves to another version: keep, recompute, remaining, restart.

Pure, like `engine.core.deadlines`. Rungs that have fired stay fired under the same `at`; those the new version does not have are gone.
Source: the last bullet of §5 of the workflow language.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from engine.clock import Instant
from engine.core.deadlines import is_overdue, recount
from engine.core.ledger import Ledger, Pause, RungEntry, Status
from engine.definition.calendars import Calendar
from engine.definition.periods import HOUR, working_days
from engine.definition.process import Deadline
from engine.definition.recurrences import KEEP as KEEP_REST_DAY
from engine.definition.terms import Term, Unit, parse_term

KEEP, RECOMPUTE, REMAINING, RESTART = "keep", "recompute", "remaining", "restart"

OPERATIONS = {KEEP: "kept", RECOMPUTE: "recomputed", REMAINING: "remaining", RESTART: "restarted"}
"""Policy -> what the trail says was done."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a deadline counts with now: its terms and `rest_day` with settings resolved, and what `from` and `until` give, if anything."""

    within: Term | None
    lead: Term | None
    start: Instant | None
    until: date | None
    rest_day: str = KEEP_REST_DAY


def carried(
    policy: str, old: Deadline, new: Deadline, ledger: Ledger, terms: Terms, calendar: Calendar, before: Calendar, now: Instant
) -> Ledger:
    """Carry the ledger of a live deadline over by a policy.

    ``terms`` are those of the new version; ``before`` is the calendar the old version counts on. A deadline that waits has no due
    instant to keep and nothing left: it takes the new terms. So does one of a given day under `restart`, for a day is no term;
    under `remaining` it keeps its day. A period keeps its day under `remaining` too, and one that is past due whatever the policy.
    """
    if ledger.period is not None and is_overdue(ledger, now):
        return _kept(old, new, ledger, calendar)
    if ledger.due is None:
        return _recomputed(new, ledger, terms, calendar)
    match policy:
        case "recompute":
            return _recomputed(new, ledger, terms, calendar)
        case "restart":
            return _restarted(new, ledger, terms, calendar, now)
        case "remaining" if (left := _left(ledger, before, now)) is not None:
            return recount(new, _from_now(ledger, left, now), calendar)
        case _:
            return _kept(old, new, ledger, calendar)


def _kept(old: Deadline, new: Deadline, ledger: Ledger, calendar: Calendar) -> Ledger:
    """Count the rungs of the new version on the old terms; whatever else has changed, the due instant stays."""
    again = recount(new if new.hour == old.hour else replace(new, hour=old.hour), ledger, calendar)
    if again.due == ledger.due:
        return again
    known = {rung.at: rung for rung in ledger.rungs}
    due = RungEntry("due", ledger.due, ledger.provisional)
    return again._replace(
        calendar=ledger.calendar,
        nominal=ledger.nominal,
        due_date=ledger.due_date,
        due=ledger.due,
        provisional=ledger.provisional,
        rungs=tuple(known.get(rung.at, due if rung.at == "due" else rung) for rung in again.rungs),
    )


def _recomputed(new: Deadline, ledger: Ledger, terms: Terms, calendar: Calendar) -> Ledger:
    start = terms.start if new.start is not None else ledger.start
    return recount(new, _on_terms(new, ledger, terms)._replace(start=start), calendar)


def _restarted(new: Deadline, ledger: Ledger, terms: Terms, calendar: Calendar, now: Instant) -> Ledger:
    start = terms.start if new.start is not None else now
    fresh = _on_terms(new, ledger, terms)._replace(start=start, grants=(), pauses=_still_standing(ledger, now))
    if fresh.period is not None:
        today = calendar.local_date(now)
        fresh = fresh._replace(period=fresh.period._replace(since=today, after=today))
    return recount(new, fresh, calendar)


def _on_terms(new: Deadline, ledger: Ledger, terms: Terms) -> Ledger:
    within, lead = (None if term is None else str(term) for term in (terms.within, terms.lead))
    period = None if ledger.period is None else ledger.period._replace(rule=str(new.rrule), rest_day=terms.rest_day)
    return ledger._replace(until=terms.until, term=within, lead=lead, period=period)


def _from_now(ledger: Ledger, left: tuple[Instant, Term], now: Instant) -> Ledger:
    start, term = left
    return ledger._replace(start=start, until=None, term=str(term), lead=None, grants=(), pauses=_still_standing(ledger, now))


def _still_standing(ledger: Ledger, now: Instant) -> tuple[Pause, ...]:
    """Give the pause of a clock that stands: it goes on standing, from now."""
    return (Pause(now, None, ledger.pauses[-1].state),) if ledger.status is Status.PAUSED else ()


def _left(ledger: Ledger, calendar: Calendar, now: Instant) -> tuple[Instant, Term] | None:
    """Say what was left of the count, and from when to count it; None where nothing was, or a day was given instead of a term.

    Working days count as such, all other days as calendar days to the nominal day. Hours need not be whole ones: the term is the next
    whole number, and its start lies by so much before now.
    """
    if ledger.term is None or ledger.due is None or ledger.due_date is None or ledger.nominal is None or is_overdue(ledger, now):
        return None
    stopped = min(now, ledger.pauses[-1].start) if ledger.status is Status.PAUSED else now
    today = calendar.local_date(stopped)
    units = {parse_term(ledger.term).unit, *(parse_term(grant.term).unit for grant in ledger.grants)}
    if units == {Unit.HOURS}:
        hours = -(-(ledger.due - stopped) // HOUR)
        return now + (ledger.due - stopped) - hours * HOUR, Term(hours, Unit.HOURS)
    days = working_days(calendar, today, ledger.due_date) if units == {Unit.WORKING_DAYS} else (ledger.nominal - today).days
    unit = Unit.WORKING_DAYS if units == {Unit.WORKING_DAYS} else Unit.DAYS
    return (now, Term(days, unit)) if days >= 1 else None
