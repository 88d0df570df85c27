"""Counting a running deadline: one or more terms in a row, with the times left out in which the clock stood.

Each pause acts on the term it began in: working days and hours go on as the count that was left, days and months move their
nominal day by the calendar days of the pause. A pause that began after the end moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from engine.clock import Instant
from engine.core.ledger import Pause, Period
from engine.definition.calendars import Calendar
from engine.definition.periods import HOUR, Due, add_term, next_working_day, working_days
from engine.definition.recurrences import KEEP, SKIP, next_occurrence, parse_recurrence
from engine.definition.terms import Term, Unit

Span = tuple[Instant, Instant]
_DAY = timedelta(days=1)
_ONE_DAY = Term(1, Unit.WORKING_DAYS)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the count without a pause in it, for explaining: the days after ``start`` to ``end``.

    ``counted`` is how many units were counted before it. ``moved``: it stands for the one before it, whose end a pause moved so
    many calendar days.
    """

    term: Term
    start: date
    end: date
    counted: int = 0
    moved: int | None = None


def standing(pauses: Iterable[Pause], start: Instant) -> tuple[Span, ...]:
    """Give the closed pauses as spans of time from the start on, in order."""
    return tuple((max(pause.start, start), pause.end) for pause in pauses if pause.end is not None and pause.end > start)


def count(
    calendar: Calendar,
    start: Instant,
    terms: tuple[Term, ...],
    spans: tuple[Span, ...] = (),
    *,
    hour: str | None = None,
    roll: bool = True,
    day: date | None = None,
    trace: list[Stretch] | None = None,
) -> Due:
    """Count terms one after the other; each next one from the nominal end of the one before. The last end is rolled.

    ``spans`` are the times the clock stood, in order, not overlapping. ``day`` is the day the start belongs to, where that
    is not the one it falls on: 24:00 is the next day's 00:00. ``trace`` collects the stretches, for explaining.
    Raises ValueError beyond the years a calendar can know.
    """
    run = _Run(calendar, start, calendar.local_date(start) if day is None else day, spans, hour, trace)
    for term in terms[:-1]:
        run.take(term, roll=False)
    return run.take(terms[-1], roll=roll)


def share_of(
    calendar: Calendar, start: Instant, terms: tuple[Term, ...], spans: tuple[Span, ...], percent: int, *, hour: str | None
) -> Due:
    """Give the point at which a share of the counted terms is used up.

    Hours: that share of them, to the microsecond. Working days: the k-th of n, k = n * share rounded up, at its closing hour.
    All else: the k-th of the calendar days from the start to the nominal due day, likewise. Never rolled: it is no due day.
    """
    units = {term.unit for term in terms}
    total = sum(term.n for term in terms)
    if units == {Unit.HOURS}:
        end = end_of_hours(start, -(-total * HOUR * percent // 100), spans)
        day = calendar.local_date(end)
        return Due(end, day, day, provisional=False)
    if units == {Unit.WORKING_DAYS}:
        unit = Unit.WORKING_DAYS
    else:
        unit = Unit.DAYS
        total = (count(calendar, start, terms, hour=hour).nominal - calendar.local_date(start)).days
    return count(calendar, start, (Term(max(1, -(-total * percent // 100)), unit),), spans, hour=hour, roll=False)


def end_of_period(calendar: Calendar, period: Period, spans: tuple[Span, ...], *, hour: str | None) -> Due | None:
    """Give where a period ends: at the first occurrence after the day it begins; None when the rule has come to its end.

    An occurrence that falls into a time in which the clock stood ends nothing: the period goes on to the next one.
    """
    recurrence = parse_recurrence(period.rule)
    if recurrence.count is not None and period.number > recurrence.count:
        return None

    def stood(day: date) -> bool:
        instant = calendar.end_of(day, hour)
        return any(begin < instant <= end for begin, end in spans)

    found = next_occurrence(recurrence, period.rest_day, calendar, period.since, period.after, stood)
    if found is None:
        return None
    looked_at = min(found.nominal, found.date, period.after if period.rest_day == SKIP else found.date)
    provisional = period.rest_day != KEEP and not calendar.all_announced(looked_at, max(found.nominal, found.date))
    return Due(calendar.end_of(found.date, hour), found.date, found.nominal, provisional)


def end_of_hours(at: Instant, left: Instant, spans: tuple[Span, ...]) -> Instant:
    """Give the instant at which a number of microseconds has run, without the times the clock stood."""
    for begin, end in spans:
        if begin >= at + left:
            break
        if end > at:
            left -= max(0, begin - at)
            at = end
    return at + left


class _Run:
    """A count under way: where it stands, as an instant and as the day that belongs to."""

    def __init__(
        self, calendar: Calendar, at: Instant, day: date, spans: tuple[Span, ...], hour: str | None, trace: list[Stretch] | None
    ) -> None:
        self.calendar, self.spans, self.hour, self.trace = calendar, spans, hour, trace
        self.at, self.day = at, day
        self.provisional = False

    def take(self, term: Term, *, roll: bool) -> Due:
        if term.unit is Unit.HOURS:
            return self._hours(term)
        return self._working_days(term) if term.unit is Unit.WORKING_DAYS else self._calendar_days(term, roll=roll)

    def _hours(self, term: Term) -> Due:
        self.at = end_of_hours(self.at, term.n * HOUR, self.spans)
        start, self.day = self.day, self.calendar.local_date(self.at)
        self._note(term, start, self.day)
        return Due(self.at, self.day, self.day, self.provisional)

    def _working_days(self, term: Term) -> Due:
        left = term.n
        while True:
            day = self._day_after(left)
            self._look(self.day, day)
            end = self.calendar.end_of(day, self.hour)
            span = self._span_before(end)
            if span is None:
                self._note(term, self.day if left else self.day - _DAY, day, term.n - left)
                self.at, self.day = end, day
                return Due(end, day, day, self.provisional)
            # The day on which the clock stopped counts, that of its return does not, like the day of a start:
            # so none counts twice and none is lost.
            stopped = self.calendar.local_date(span[0])
            if stopped > self.day:
                self._note(term, self.day, stopped, term.n - left)
                left -= min(left, working_days(self.calendar, self.day, stopped))
            self.at, self.day = span[1], self.calendar.local_date(span[1])

    def _day_after(self, left: int) -> date:
        if left:
            return add_term(self.calendar, self.day, Term(left, Unit.WORKING_DAYS))
        # It stopped on the last day: what was left of that day is what is left of the day of return, or else of the next.
        day = next_working_day(self.calendar, self.day)
        return day if self.calendar.end_of(day, self.hour) > self.at else add_term(self.calendar, day, _ONE_DAY)

    def _calendar_days(self, term: Term, *, roll: bool) -> Due:
        nominal = add_term(self.calendar, self.day, term)
        self._note(term, self.day, nominal)
        due, end = self._ending(nominal, roll=roll)
        while (span := self._span_before(end)) is not None:
            before = nominal
            nominal += self.calendar.local_date(span[1]) - self.calendar.local_date(span[0])
            due, end = self._ending(nominal, roll=roll)
            # It stopped between the nominal and the rolled day, or came back after the closing hour: what had not run out
            # when the clock stopped must not have run out when it runs on.
            while end <= span[1]:
                nominal += _DAY
                due, end = self._ending(nominal, roll=roll)
            self._note(term, self.day, nominal, 0, (nominal - before).days)
            self.at = span[1]
        if roll:
            self._look(nominal - _DAY, due)
        self.at, self.day = self.calendar.end_of(nominal, self.hour), nominal
        return Due(end, due, nominal, self.provisional)

    def _ending(self, nominal: date, *, roll: bool) -> tuple[date, Instant]:
        due = next_working_day(self.calendar, nominal) if roll else nominal
        return due, self.calendar.end_of(due, self.hour)

    def _span_before(self, end: Instant) -> Span | None:
        """Take the next time the clock stood, if it began before that end."""
        while self.spans and self.spans[0][0] < end:
            span, self.spans = self.spans[0], self.spans[1:]
            if span[1] > self.at:
                return span
        return None

    def _look(self, after: date, to: date) -> None:
        self.provisional = self.provisional or not self.calendar.all_announced(after + _DAY, to)

    def _note(self, term: Term, start: date, end: date, counted: int = 0, moved: int | None = None) -> None:
        if self.trace is not None:
            self.trace.append(Stretch(term, start, end, counted, moved))
