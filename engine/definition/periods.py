"""Counting of periods as in the Civil Code, arts. 200-204; pure, the calendar and the start are arguments.

- 201: the day of the start does not count; a period of hours runs from the hour.
- 202: months and years end on the corresponding day, or the month's last where there is none.
- 203: a last day that is a rest day becomes the next day that is worked; a day ends at 24:00, or at the closing hour.
- 204: what was agreed otherwise goes first: terms in working days, closing hours, counting back from a day.

An office's own terms are no civil periods; they are counted like these because its rules say nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from dateutil.relativedelta import relativedelta

from engine.clock import SECOND, Instant
from engine.definition.calendars import Calendar
from engine.definition.terms import Term, Unit
from engine.errors import Text

HOUR: Instant = 3600 * SECOND
_DAY = timedelta(days=1)
_Date = date  # two classes below have a field of that name

# Why a day is counted or not. The texts stand in core/explain.py.
START = "civil_code_201"
CORRESPONDING = "civil_code_202"
ROLL = "civil_code_203"
WORKING_DAYS = "civil_code_204"


@dataclass(frozen=True, slots=True)
class DayStep:
    """One day on the way to the due day. ``counted`` is its number within the term, None if it does not count."""

    date: date
    counted: int | None
    works: bool
    reason: Text
    rule: str


@dataclass(frozen=True, slots=True)
class Due:
    """Where a period ends: ``nominal`` before and ``date`` after moving off rest days; ``instant`` is when that day ends.

    ``provisional``: a day of a year that is not announced was looked at. ``days`` is empty unless asked for.
    """

    instant: Instant
    date: date
    nominal: _Date
    provisional: bool
    days: tuple[DayStep, ...] = ()


def count_forward(
    calendar: Calendar, start: Instant, term: Term, *, roll: bool = True, hour: str | None = None, explain: bool = False
) -> Due:
    """Count a term from an instant. Hours run from that instant and end at one, with no rolling; all else ends with a day.

    ``hour`` (HH:MM) stands for the calendar's closing hour. Raises ValueError beyond the years a calendar can know.
    """
    first = calendar.local_date(start)
    if term.unit is Unit.HOURS:
        end = start + term.n * HOUR
        last = calendar.local_date(end)
        return Due(end, last, last, provisional=False)
    nominal = add_term(calendar, first, term)
    last = next_working_day(calendar, nominal) if roll else nominal
    days = tuple(_days(calendar, first, nominal, last, term.unit)) if explain else ()
    return Due(calendar.end_of(last, hour), last, nominal, _is_provisional(calendar, first, nominal, last, term.unit, roll), days)


def count_back(calendar: Calendar, until: date, lead: Term, *, roll: bool = True, hour: str | None = None, explain: bool = False) -> Due:
    """Count a term back from a day, which itself does not count; a rest day becomes the working day before it.

    Hours are taken off the beginning of ``until``. Raises ValueError beyond the years a calendar can know.
    """
    if lead.unit is Unit.HOURS:
        end = calendar.midnight(until) - lead.n * HOUR
        last = calendar.local_date(end)
        return Due(end, last, last, provisional=False)
    nominal = subtract_term(calendar, until, lead)
    last = last_working_day(calendar, nominal) if roll else nominal
    days = tuple(_days(calendar, until, nominal, last, lead.unit)) if explain else ()
    return Due(calendar.end_of(last, hour), last, nominal, _is_provisional(calendar, until, nominal, last, lead.unit, roll), days)


def on_day(calendar: Calendar, day: date, *, roll: bool = True, hour: str | None = None, explain: bool = False) -> Due:
    """Make a given day the due day; a rest day becomes the next day that is worked."""
    last = next_working_day(calendar, day) if roll else day
    days = tuple(rolled_days(calendar, day, last, inclusive=True)) if explain else ()
    return Due(calendar.end_of(last, hour), last, day, roll and not calendar.all_announced(day, last), days)


def working_days(calendar: Calendar, a: date, b: date) -> int:
    """Count the working days from ``a``, which does not count, to ``b``, which does; negative when ``b`` is earlier."""
    return calendar.count_working_days(a.toordinal(), b.toordinal())


def add_term(calendar: Calendar, day: date, term: Term) -> date:
    """Give the day on which a term in days, months or working days ends, before any rolling."""
    if term.unit is Unit.WORKING_DAYS:
        return date.fromordinal(calendar.working_day_after(day.toordinal(), term.n))
    return day + _delta(term)


def subtract_term(calendar: Calendar, day: date, term: Term) -> date:
    """Give the day a term in days, months or working days before a day."""
    if term.unit is Unit.WORKING_DAYS:
        return date.fromordinal(calendar.working_day_before(day.toordinal(), term.n))
    return day - _delta(term)


def next_working_day(calendar: Calendar, day: date) -> date:
    """Give the day itself if it is worked, else the next that is."""
    number = day.toordinal()
    return day if calendar.works(number) else date.fromordinal(calendar.working_day_after(number, 1))


def last_working_day(calendar: Calendar, day: date) -> date:
    """Give the day itself if it is worked, else the last one before it that is."""
    number = day.toordinal()
    return day if calendar.works(number) else date.fromordinal(calendar.working_day_before(number, 1))


@lru_cache(maxsize=512)
def _delta(term: Term) -> relativedelta:
    match term.unit:
        case Unit.DAYS:
            return relativedelta(days=term.n)
        case Unit.WEEKS:
            return relativedelta(weeks=term.n)
        case Unit.MONTHS:
            return relativedelta(months=term.n)
        case Unit.YEARS:
            return relativedelta(years=term.n)
        case _:
            raise ValueError(f"expected a term in days, weeks, months or years, got '{term}'")


def _is_provisional(calendar: Calendar, start: date, nominal: date, due: date, unit: Unit, roll: bool) -> bool:
    """Say whether a day that was looked at lies in a year that is not announced."""
    if unit is Unit.WORKING_DAYS:
        first, last = (start + _DAY, nominal) if nominal > start else (nominal, start - _DAY)
    elif roll:
        first, last = (nominal, due) if due >= nominal else (due, nominal)
    else:
        return False
    return not calendar.all_announced(first, last)


def _days(calendar: Calendar, start: date, nominal: date, due: date, unit: Unit) -> Iterator[DayStep]:
    """List the days from the start to the due day, forward or back; of months and years only the corresponding day."""
    day = calendar.day(start)
    yield DayStep(start, None, day.works, day.reason, START)
    if unit in (Unit.MONTHS, Unit.YEARS):
        day = calendar.day(nominal)
        yield DayStep(nominal, None, day.works, day.reason, CORRESPONDING)
    else:
        yield from counted_days(calendar, start, nominal, working=unit is Unit.WORKING_DAYS)
    if due != nominal:
        yield from rolled_days(calendar, nominal, due)


def counted_days(calendar: Calendar, start: date, end: date, *, working: bool, number: int = 0) -> Iterator[DayStep]:
    """List the days after ``start`` to ``end``, forward or back, with the number each has in the count after ``number``."""
    step = _DAY if end >= start else -_DAY
    at = start
    while at != end:
        at += step
        day = calendar.day(at)
        counts = day.works or not working
        number += counts
        yield DayStep(at, number if counts else None, day.works, day.reason, WORKING_DAYS if working else START)


def rolled_days(calendar: Calendar, nominal: date, due: date, *, inclusive: bool = False) -> Iterator[DayStep]:
    """List the days from the nominal day, with it if ``inclusive``, to the due day, forward or back."""
    step = _DAY if due >= nominal else -_DAY
    at = nominal if inclusive else nominal + step
    while True:
        day = calendar.day(at)
        yield DayStep(at, None, day.works, day.reason, ROLL)
        if at == due:
            return
        at += step
