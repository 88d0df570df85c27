"""Deadlines of a case: arming, pausing, extending, recomputing, firing and ending, each giving a new ledger.

Pure: the calendar, the instant and what `from`, `until` and the settings say are arguments. All dates are counted again from
the ledger's facts, so a corrected calendar or a moved session date moves what has not fired and nothing else.
The periods of a deadline that recurs begin and end in `engine.core.recurring`; those of parties and ballots are not armed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from engine.clock import Instant
from engine.core.counting import Span, Stretch, count, end_of_period, share_of, standing
from engine.core.ledger import AWAY, UP_TO, Ledger, Pause, RungEntry, Status
from engine.core.rungs import next_rung
from engine.definition.calendars import Calendar
from engine.definition.periods import HOUR, Due, add_term, count_back, on_day
from engine.definition.process import Deadline, RungTime
from engine.definition.terms import Term, Unit, parse_term

Plan = tuple[Due, tuple[RungEntry, ...]]
Armed = tuple[Mapping[str, Any], tuple[Instant, str] | None]
"""A ledger as JSON, and the instant and the `at` of the rung that fires next."""


# --- arming and what moves a deadline -------------------------------------------------------------------------------


def arm(
    deadline: Deadline,
    calendar: Calendar,
    now: Instant,
    *,
    n: int,
    within: Term | None = None,
    start: Instant | None = None,
    until: date | None = None,
    lead: Term | None = None,
    previous: Ledger | None = None,
) -> Ledger:
    """Arm a deadline when its state is entered.

    ``within`` and ``lead`` are the terms with settings resolved, ``start`` and ``until`` what `from` and `until` give, None
    while that is empty: the deadline then waits. ``previous`` is the ledger of the last stay; with ``reentry: continue`` its
    clock runs on: the time between the stays counts as a pause, what has fired stays fired, an extension stays granted.
    Raises ValueError beyond the years a calendar can know.
    """
    ledger = Ledger(
        n=n,
        name=deadline.name,
        status=Status.WAITING,
        armed=now,
        calendar=calendar.version,
        rungs=(),
        start=start if deadline.start is not None else now,
        until=until,
        term=None if within is None else str(within),
        lead=None if lead is None else str(lead),
    )
    if deadline.reentry == "continue" and previous is not None and previous.start is not None:
        ledger = _continue(deadline, ledger, previous)
    return _counted(deadline, ledger, calendar)


def is_of_days(deadline: Deadline) -> bool:
    """Say whether a deadline that is armed anew with a term in days hangs on nothing but the day of its start, as most do."""
    plain = deadline.within is not None and deadline.start is None and deadline.until is None and deadline.reentry != "continue"
    return plain and all(rung.at.text != "start" for rung in deadline.rungs)


def armed_on_its_day(deadline: Deadline, calendar: Calendar, now: Instant, n: int, within: Term) -> Armed:
    """Arm a deadline of which `is_of_days` is true with a term in days; the same as `arm`, as JSON."""
    ledger, following = _armed_that_day(deadline, calendar, calendar.local_date(now), str(within))
    return {**ledger, "n": n, "armed": now, "start": now}, following


def recompute(deadline: Deadline, ledger: Ledger, calendar: Calendar, *, start: Instant | None = None, until: date | None = None) -> Ledger:
    """Count again after what `from` or `until` reads has changed. A deadline without `from` keeps its start.

    An empty value makes it wait. Rungs that have fired stay so. What has ended is returned as it is.
    """
    if not ledger.status.is_open:
        return ledger
    return _counted(deadline, ledger._replace(start=start if deadline.start is not None else ledger.start, until=until), calendar)


def recount(deadline: Deadline, ledger: Ledger, calendar: Calendar) -> Ledger:
    """Count again on another version of the calendar, with the same facts. What has ended is returned as it is."""
    return _counted(deadline, ledger, calendar) if ledger.status.is_open else ledger


def pause(ledger: Ledger, now: Instant, state: str) -> Ledger:
    """Stop the clock: the case is in a state of `paused_in`. Its dates stay those of a clock that did not stop."""
    if ledger.status is Status.PAUSED or not ledger.status.is_open:
        return ledger
    return ledger._replace(status=Status.PAUSED, pauses=(*ledger.pauses, Pause(now, None, state)))


def resume(deadline: Deadline, ledger: Ledger, calendar: Calendar, now: Instant) -> Ledger:
    """Let the clock run on: working days and hours as the count that was left, days and months moved by the pause."""
    if ledger.status is not Status.PAUSED:
        return ledger
    *earlier, last = ledger.pauses
    return _counted(deadline, ledger._replace(status=Status.RUNNING, pauses=(*earlier, last._replace(end=now))), calendar)


# --- ends -----------------------------------------------------------------------------------------------------------


def end(deadline: Deadline, ledger: Ledger, now: Instant, how: Status | None = None) -> Ledger:
    """End a deadline, because its state was left or `met_by` was taken: met before the due instant, else late.

    A timer and one that never began to run just end. ``how`` states the end instead, for what is cancelled.
    """
    if not ledger.status.is_open:
        return ledger
    return ledger._replace(status=how or _verdict(deadline, ledger, now), ended=now)


def _verdict(deadline: Deadline, ledger: Ledger, now: Instant) -> Status:
    if deadline.timer or ledger.due is None:
        return Status.ENDED
    return Status.LATE if is_overdue(ledger, now) else Status.MET


def verdict(deadline: Deadline, kept: Mapping[str, Any], now: Instant) -> Status:
    """Say how `end` ends a ledger, given its JSON. Most deadlines end running, and then nothing but the due instant is asked for."""
    if kept["status"] != Status.RUNNING:
        return end(deadline, Ledger.from_json(kept), now).status
    due = kept["due"]
    if deadline.timer or due is None:
        return Status.ENDED
    return Status.LATE if due <= now else Status.MET


def is_overdue(ledger: Ledger, now: Instant) -> bool:
    """Say whether the due instant is past, or was when the deadline ended. While paused, time stands at the pause's beginning."""
    if ledger.due is None or ledger.status is Status.WAITING:
        return False
    if not ledger.status.is_open:
        return ledger.status is Status.LATE
    return ledger.due <= (min(now, ledger.pauses[-1].start) if ledger.status is Status.PAUSED else now)


# --- counting -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """The counted deadline: the due day, the terms from the start that lead to it (none where a date was given), and how.

    ``after``: the day a period begins, which with a closing hour of 24:00 is not the day its start falls on.
    """

    due: Due
    terms: tuple[Term, ...]
    spans: tuple[Span, ...]
    stretches: tuple[Stretch, ...] = ()
    after: date | None = None


def counted(deadline: Deadline, ledger: Ledger, calendar: Calendar) -> Count | None:
    """Count the due day from the ledger's facts; None while it waits, or when a rule has come to its end.

    Each extension is counted beside what was granted before, and the later end holds: hours added to a nominal rest day, or
    a short `up_to`, would else end before the day the deadline already had.
    """
    if ledger.start is not None and ledger.period is not None:
        spans = standing(ledger.pauses, ledger.start)
        due = end_of_period(calendar, ledger.period, spans, hour=deadline.hour)
        return None if due is None else Count(due, (), spans, after=ledger.period.after)
    if ledger.start is None or (ledger.term is None and ledger.until is None):
        return None
    term = None if ledger.term is None else parse_term(ledger.term)
    spans = standing(ledger.pauses, ledger.start)
    best = _with_added(deadline, ledger, ledger.start, term, (), spans, calendar)
    added: tuple[Term, ...] = ()
    for grant in ledger.grants:
        if grant.kind == UP_TO:
            longer = _from_start(deadline, ledger.start, (parse_term(grant.term),), spans, calendar)
        else:
            added = (*added, parse_term(grant.term))
            longer = _with_added(deadline, ledger, ledger.start, term, added, spans, calendar)
        if longer.due.instant >= best.due.instant:
            best = longer
    return best


def _with_added(
    deadline: Deadline,
    ledger: Ledger,
    start: Instant,
    term: Term | None,
    added: tuple[Term, ...],
    spans: tuple[Span, ...],
    calendar: Calendar,
) -> Count:
    if term is not None:
        return _from_start(deadline, start, (term, *added), spans, calendar)
    return _to_day(deadline, ledger, added, spans, calendar)


def _from_start(deadline: Deadline, start: Instant, terms: tuple[Term, ...], spans: tuple[Span, ...], calendar: Calendar) -> Count:
    trace: list[Stretch] = []
    due = count(calendar, start, terms, spans, hour=deadline.hour, trace=trace)
    return Count(due, terms, spans, tuple(trace))


def _to_day(deadline: Deadline, ledger: Ledger, added: tuple[Term, ...], spans: tuple[Span, ...], calendar: Calendar) -> Count:
    """Count to a given day. No pause moves it: the session does not wait for the case."""
    assert ledger.until is not None
    if ledger.lead is None:
        due = on_day(calendar, ledger.until, hour=deadline.hour)
    else:
        due = count_back(calendar, ledger.until, parse_term(ledger.lead), hour=deadline.hour)
    if not added:
        return Count(due, (), spans)
    trace: list[Stretch] = []
    end_of_nominal = due.instant if due.date == due.nominal else calendar.end_of(due.nominal, deadline.hour)
    later = tuple(span for span in spans if span[0] >= end_of_nominal)
    moved = count(calendar, end_of_nominal, added, later, hour=deadline.hour, day=due.nominal, trace=trace)
    return Count(replace(moved, provisional=moved.provisional or due.provisional), (), spans, tuple(trace))


def _counted(deadline: Deadline, ledger: Ledger, calendar: Calendar) -> Ledger:
    """Give the ledger with all that follows from its facts: dates, status while open, and the rungs that have not fired."""
    found = _plan_of(deadline, ledger, calendar)
    paused = ledger.status is Status.PAUSED
    fired = {rung.at: rung for rung in ledger.rungs if rung.fired is not None} if ledger.rungs else {}
    if found is None:
        return ledger._replace(
            status=Status.PAUSED if paused else Status.WAITING,
            calendar=calendar.version,
            nominal=None,
            due_date=None,
            due=None,
            provisional=False,
            rungs=tuple(fired.get(rung.at.text) or RungEntry(rung.at.text) for rung in deadline.rungs),
        )
    due, rungs = found
    return ledger._replace(
        status=Status.PAUSED if paused else Status.RUNNING,
        calendar=calendar.version,
        nominal=due.nominal,
        due_date=due.date,
        due=due.instant,
        provisional=due.provisional,
        rungs=tuple(fired.get(rung.at) or rung for rung in rungs) if fired else rungs,
    )


def _plan_of(deadline: Deadline, ledger: Ledger, calendar: Calendar) -> Plan | None:
    """Give due day and rungs. Without pauses and extensions a term in days depends on the day of its start alone."""
    start, pauses, grants = ledger.start, ledger.pauses, ledger.grants
    if ledger.term is not None and start is not None and not pauses and not grants:
        term = parse_term(ledger.term)
        if term.unit is not Unit.HOURS:
            due, rungs, starts = _plan_from_day(deadline, calendar, calendar.local_date(start), ledger.term)
            return due, tuple(rung._replace(instant=start) if rung.at == "start" else rung for rung in rungs) if starts else rungs
    found = counted(deadline, ledger, calendar)
    return None if found is None or start is None else (found.due, tuple(_rungs(deadline, start, calendar, found)))


# Cases that come to a state on one day share its plan, and but for three facts its ledger; without that memory arming would cost
# ten times as much.
@lru_cache(maxsize=4096)
def _armed_that_day(deadline: Deadline, calendar: Calendar, day: date, within: str) -> Armed:
    ledger = arm(deadline, calendar, calendar.midnight(day), n=0, within=parse_term(within))
    return ledger.to_json(), next_rung(ledger)


@lru_cache(maxsize=4096)
def _plan_from_day(deadline: Deadline, calendar: Calendar, day: date, term: str) -> tuple[Due, tuple[RungEntry, ...], bool]:
    """Give the plan, and whether a rung of it fires at the start itself, which only the case knows."""
    start = calendar.midnight(day)
    found = _from_start(deadline, start, (parse_term(term),), (), calendar)
    return found.due, tuple(_rungs(deadline, start, calendar, found)), any(rung.at.text == "start" for rung in deadline.rungs)


def _rungs(deadline: Deadline, start: Instant, calendar: Calendar, found: Count) -> Iterable[RungEntry]:
    for rung in deadline.rungs:
        instant, provisional = _rung_instant(deadline, start, calendar, found, rung.at)
        # No rung of a period fires before it begins.
        yield RungEntry(rung.at.text, instant if found.after is None else max(start, instant), provisional)


def _rung_instant(deadline: Deadline, start: Instant, calendar: Calendar, found: Count, at: RungTime) -> tuple[Instant, bool]:
    """Give when a rung fires, and whether that is provisional. Days end at the deadline's hour; none of these is rolled."""
    due, hour = found.due, deadline.hour
    if at.share is not None:
        point = _share(calendar, start, found, at.share, hour)
        return point.instant, point.provisional
    if at.after is not None:
        later = tuple(span for span in found.spans if span[0] >= due.instant)
        point = count(calendar, due.instant, (at.after,), later, hour=hour, roll=False, day=due.date)
    elif at.before is not None and at.before.unit is Unit.HOURS:
        return due.instant - at.before.n * HOUR, due.provisional
    elif at.before is not None:
        point = count_back(calendar, due.date, at.before, roll=False, hour=hour)
    else:
        return (start, False) if at.text == "start" else (due.instant, due.provisional)
    return point.instant, point.provisional or due.provisional


def _share(calendar: Calendar, start: Instant, found: Count, percent: int, hour: str | None) -> Due:
    if found.terms:
        return share_of(calendar, start, found.terms, found.spans, percent, hour=hour)
    first = found.after or calendar.local_date(start)
    total = (found.due.nominal - first).days
    if total <= 0:
        return found.due
    day = add_term(calendar, first, Term(-(-total * percent // 100), Unit.DAYS))
    return on_day(calendar, day, roll=False, hour=hour)


def _continue(deadline: Deadline, ledger: Ledger, previous: Ledger) -> Ledger:
    """Take over the clock of the last stay; the time since then is a pause."""
    left = previous.ended if previous.ended is not None else ledger.armed
    pauses = tuple(pause if pause.end is not None else pause._replace(end=left) for pause in previous.pauses)
    fired = (rung for rung in previous.rungs if rung.fired is not None)
    return ledger._replace(
        start=ledger.start if deadline.start is not None else previous.start,
        pauses=(*pauses, Pause(left, ledger.armed, AWAY)),
        grants=previous.grants,
        rungs=tuple(fired),
    )
