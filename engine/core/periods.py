"""The periods that figures are parted by: which there are between two days, where each begins and ends, and how far one has gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction

from dateutil.relativedelta import relativedelta

_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_DAY = timedelta(days=1)
ALWAYS = ""
"""The name of the one period where there is none, and of a term, which is as long as the service runs."""


def name_of(per: str | None, day: date) -> str:
    """Name the period a day lies in, so that the order of names is that of time."""
    match per:
        case "day":
            return day.isoformat()
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02}"
        case "month":
            return f"{day.year}-{day.month:02}"
        case "quarter":
            return f"{day.year}-Q{(day.month + 2) // 3}"
        case "half_year":
            return f"{day.year}-H{(day.month + 5) // 6}"
        case "year":
            return str(day.year)
        case _:
            return ALWAYS


def first_day(per: str, day: date) -> date:
    """Give the day on which the period of a day begins."""
    match per:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case _:
            months = _MONTHS[per]
            return date(day.year, (day.month - 1) // months * months + 1, 1)


def next_first_day(per: str, day: date) -> date:
    """Give the day on which the period after that of a day begins."""
    first = first_day(per, day)
    match per:
        case "day":
            return first + _DAY
        case "week":
            return first + 7 * _DAY
        case _:
            return first + relativedelta(months=_MONTHS[per])


def is_divided(per: str | None) -> bool:
    """Say whether time is divided into periods at all."""
    return per is not None and per != "term"


def between(per: str | None, first: date, last: date) -> Iterator[str]:
    """Name the periods from that of the first day to that of the last, in order."""
    if per is None or not is_divided(per):
        yield ALWAYS
        return
    day = first_day(per, first)
    while day <= last:
        yield name_of(per, day)
        day = next_first_day(per, day)


def from_name(per: str, name: str, last: date) -> Iterator[str]:
    """Name the periods from one to that of the last day, in order."""
    day = last
    found = [name_of(per, day)]
    while found[-1] > name:
        day = first_day(per, day) - _DAY
        found.append(name_of(per, day))
    yield from reversed(found)


def part_gone(per: str, day: date, occurrences: Iterable[date] | None) -> Fraction:
    """Say which part of the period of a day is over before that day: of its days, or of the occurrences that fall into it."""
    first, following = first_day(per, day), next_first_day(per, day)
    if occurrences is None:
        return Fraction((day - first).days, (following - first).days)
    inside = [each for each in occurrences if first <= each < following]
    return Fraction(sum(each < day for each in inside), len(inside)) if inside else Fraction(0)
