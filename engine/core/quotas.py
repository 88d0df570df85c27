"""Whether a quota keeps its pace: what should have been reached by a day, and what was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import takewhile
from math import floor
from typing import NamedTuple

from engine.core import periods
from engine.core.totals import Figure
from engine.definition.calendars import Calendar
from engine.definition.indicators import ALL, Indicator, Quota
from engine.definition.schedules import Schedule


class Standing(NamedTuple):
    """Where a figure stands: what the whole period asks for, and what was to be expected by now."""

    at_least: Decimal
    expected: Decimal
    is_behind: bool


def standing(
    indicator: Indicator, found: Sequence[Figure], today: date, schedules: Iterable[Schedule], calendar: Calendar
) -> dict[int, Standing]:
    """Give where figures stand on a day, by their places; those no quota speaks of are left out.

    Expected is only what is due of whole days and occurrences, rounded down: who is told of being behind is behind. A period that is over
    has to be whole, one that has not begun asks for nothing.
    """
    quota = indicator.quota
    if quota is None:
        return {}
    gone = _part_gone(indicator, quota, today, schedules, calendar)
    present = periods.name_of(indicator.per, today)
    reached = {}
    for place, each in enumerate(found):
        asked = _asked(quota, each)
        if asked is None:
            continue
        part = gone if each.period == present else Fraction(each.period < present)
        whole = part == 1
        expected = asked if whole else Decimal(floor(Fraction(asked) * part))
        value = Decimal(0) if each.value is None else Decimal(each.value)
        reached[place] = Standing(asked, expected, value < expected)
    return reached


def _asked(quota: Quota, figure: Figure) -> Decimal | None:
    if ALL in quota.at_least:
        return quota.at_least[ALL]
    value = figure.by[0]
    return quota.at_least.get(str(value).lower() if isinstance(value, bool) else str(value))


def _part_gone(indicator: Indicator, quota: Quota, today: date, schedules: Iterable[Schedule], calendar: Calendar) -> Fraction:
    """Say which part of the present period is over. Without `pace` nothing is expected before its end; without `per`, all at any time."""
    if not periods.is_divided(indicator.per):
        return Fraction(1)
    if quota.pace is None:
        return Fraction(0)
    assert indicator.per is not None
    occurrences = None if quota.pace == "linear" else list(_occurrences(schedules, calendar, indicator.per, today))
    return periods.part_gone(indicator.per, today, occurrences)


def _occurrences(schedules: Iterable[Schedule], calendar: Calendar, per: str, today: date) -> Iterator[date]:
    """Give the days of all schedules of the workflow in the period of a day."""
    first, following = periods.first_day(per, today), periods.next_first_day(per, today)
    for schedule in schedules:
        days = (day for day, _ in schedule.openings(calendar, first - timedelta(days=1), None))
        yield from takewhile(lambda day: day < following, days)
