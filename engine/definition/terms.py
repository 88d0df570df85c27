"""Terms: ``15 working days``, ``3 months``, ``48 hours``, and their ISO 8601 forms.

A term is kept as it was granted and never turned into another unit: a month is not 30 days, a day is not 24 hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Unit(StrEnum):
    """What a term counts. The value is the plural as written in the language."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"
    WORKING_DAYS = "working days"


# No term of this field comes near a century, and below it no date can leave the range of the calendar.
_MOST = {
    Unit.HOURS: 876_000,
    Unit.DAYS: 36_500,
    Unit.WEEKS: 5_200,
    Unit.MONTHS: 1_200,
    Unit.YEARS: 100,
    Unit.WORKING_DAYS: 25_000,
}
_TYPICAL_MINUTES = {
    Unit.HOURS: 60,
    Unit.DAYS: 1_440,
    Unit.WEEKS: 10_080,
    Unit.MONTHS: 43_830,
    Unit.YEARS: 525_960,
    Unit.WORKING_DAYS: 2_016,  # five in seven days
}
_CHINESE = {
    Unit.HOURS: "小时",
    Unit.DAYS: "日",
    Unit.WEEKS: "周",
    Unit.MONTHS: "个月",
    Unit.YEARS: "年",
    Unit.WORKING_DAYS: "个工作日",
}
_WRITTEN = re.compile(r"([0-9]{1,9}) +(hour|day|week|month|year|working day)s?")
_ISO = re.compile(
    r"P(?:(?P<years>[0-9]{1,9})Y)?(?:(?P<months>[0-9]{1,9})M)?(?:(?P<weeks>[0-9]{1,9})W)?(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?P<hours>[0-9]{1,9})H)?"
)


@dataclass(frozen=True, slots=True)
class Term:
    """A number of one unit, at least 1. ``str`` gives the canonical English, which `parse_term` reads back."""

    n: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.n <= _MOST[self.unit]:
            raise ValueError(f"expected a term of 1 to {_MOST[self.unit]} {self.unit}, got {self.n}")

    def __str__(self) -> str:
        return f"{self.n} {self.unit[:-1] if self.n == 1 else self.unit}"

    def text(self, language: str) -> str:
        """Say the term in ``zh-CN`` ("15个工作日"), else in English."""
        return f"{self.n}{_CHINESE[self.unit]}" if language.startswith("zh") else str(self)

    @property
    def typical_minutes(self) -> int:
        """Give a usual length, only for comparing terms of different units (`between` of a setting), never for counting."""
        return self.n * _TYPICAL_MINUTES[self.unit]


@lru_cache(maxsize=1024)
def parse_term(text: str) -> Term:
    """Read a term of the language or an ISO 8601 duration in calendar units.

    ``P1D`` is one calendar day and ``PT24H`` are 24 hours, which fall due differently. Parts are joined only where they
    are one unit: ``P1Y6M`` is 18 months, ``P1W2D`` 9 days.

    Raises ValueError that names what was expected and found.
    """
    if match := _WRITTEN.fullmatch(text):
        return _checked(text, int(match[1]), Unit(match[2] + "s"))
    if (match := _ISO.fullmatch(text)) and any(match.groups()):
        return _from_iso(text, {part: int(value) for part, value in match.groupdict().items() if value is not None})
    raise ValueError(_expected(text))


def _from_iso(text: str, parts: dict[str, int]) -> Term:
    if len(parts) == 1:
        ((part, n),) = parts.items()
        return _checked(text, n, Unit(part))
    if parts.keys() <= {"years", "months"}:
        return _checked(text, parts["years"] * 12 + parts["months"], Unit.MONTHS)
    if parts.keys() <= {"weeks", "days"}:
        return _checked(text, parts["weeks"] * 7 + parts["days"], Unit.DAYS)
    raise ValueError(f"{_expected(text)}; one unit at a time, since days, months and hours are counted by different rules")


def _checked(text: str, n: int, unit: Unit) -> Term:
    if not 1 <= n <= _MOST[unit]:
        raise ValueError(f"{_expected(text)}; from 1 to {_MOST[unit]} {unit}")
    return Term(n, unit)


def _expected(text: str) -> str:
    return (
        "expected a term like '15 working days', '3 months', '48 hours' "
        f"(hours, days, weeks, months, years, working days) or 'P3M', got '{text[:60]}'"
    )
