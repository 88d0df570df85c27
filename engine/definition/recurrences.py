"""Recurrences: the days of a rule of RFC 5545, and where each goes that is a rest day.

A rule gives days, never hours: a deadline or a schedule has its own `hour`. It is bounded on all sides, so that no rule, however
it is written, keeps the service counting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time
from functools import lru_cache

from dateutil.rrule import rrule, rrulestr

from engine.definition.calendars import Calendar
from engine.definition.periods import last_working_day, next_working_day
from engine.errors import did_you_mean

KEEP, NEXT, PREVIOUS, SKIP = "keep", "next", "previous", "skip"
REST_DAYS = (KEEP, NEXT, PREVIOUS, SKIP)

_AHEAD = 100
"""How many years a rule is looked along at least; no duty of this field has its next day later."""
_AGE = 400
"""After so many years the calendar is the same again, weekdays and leap years and all."""

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}")
_WEEKDAY = re.compile(rf"([+-]?[0-9]{{1,2}})?({'|'.join(_WEEKDAYS)})")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule of RFC 5545. ``text`` is the rule as written, ``rule`` the same without its end, which ``count`` or ``until`` hold."""

    text: str
    rule: str
    count: int | None = None
    until: date | None = None

    def __str__(self) -> str:
        return self.text

    def days(self, since: date) -> Iterator[date]:
        """Give the days of the rule after the day it begins, which itself does not count, in order.

        ``since`` is what RFC 5545 calls DTSTART: it says in which week, month or year an INTERVAL begins. COUNT is left to who counts.
        """
        # dateutil looks for a day up to the year 9999, however long that takes where there is none. Whole ages later the calendar is
        # the same, and that year is near.
        later = (MAXYEAR - _AHEAD - since.year) // _AGE * _AGE
        for moment in _rule(self.rule, since.replace(year=since.year + later)):
            day = moment.date().replace(year=moment.year - later)
            if self.until is not None and day > self.until:
                return
            if day > since:
                yield day


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One day of a rule: ``nominal`` as the rule has it, ``date`` where `rest_day` puts it."""

    nominal: date
    date: date


def next_occurrence(
    recurrence: Recurrence, rest_day: str, calendar: Calendar, since: date, after: date, passed_over: Callable[[date], bool]
) -> Occurrence | None:
    """Give the first occurrence that lies later than the day ``after``; None when the rule has no more.

    ``passed_over`` says of a day whether an occurrence on it does not count. Occurrences that `rest_day` puts on one day are one.
    Raises ValueError beyond the years a calendar can know.
    """
    for nominal in recurrence.days(since):
        day = off_rest_days(calendar, nominal, rest_day)
        if day is not None and day > after and not passed_over(day):
            return Occurrence(nominal, day)
    return None


def off_rest_days(calendar: Calendar, day: date, rest_day: str) -> date | None:
    """Say where an occurrence goes: it stays, or moves to the next or previous working day, or is left out (None)."""
    if rest_day == NEXT:
        return next_working_day(calendar, day)
    if rest_day == PREVIOUS:
        return last_working_day(calendar, day)
    return None if rest_day == SKIP and not calendar.is_working_day(day) else day


@lru_cache(maxsize=1024)
def parse_recurrence(text: str) -> Recurrence:
    """Read a rule of RFC 5545 that gives days: FREQ from DAILY to YEARLY, with all that narrows it but hours.

    Raises ValueError that says what was expected and found.
    """
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name in parts:
            raise ValueError(f"expected each part of a recurrence once, got `{name}` twice")
        parts[name] = value
    for name, value in parts.items():
        if name not in _PARTS:
            raise ValueError(_unknown(name))
        _PARTS[name](name, value)
    _together(parts)
    until = datetime.strptime(parts["UNTIL"], "%Y%m%d").date() if "UNTIL" in parts else None  # noqa: DTZ007 (a day has no zone)
    count = int(parts["COUNT"]) if "COUNT" in parts else None
    endless = {name: value for name, value in parts.items() if name not in {"COUNT", "UNTIL"}}
    _has_days(text, endless)
    return Recurrence(text, ";".join(f"{name}={value}" for name, value in endless.items()), count, until)


@lru_cache(maxsize=4096)
def _rule(text: str, since: date) -> rrule:
    made = rrulestr(text, dtstart=datetime.combine(since, time.min))
    assert isinstance(made, rrule)
    return made


# --- the parts of a rule --------------------------------------------------------------------------------------------


def _unknown(name: str) -> str:
    if name in {"BYHOUR", "BYMINUTE", "BYSECOND"}:
        return f"`{name}` has no meaning here: a recurrence gives days, the time of the day stands in `hour`"
    return f"expected parts of a recurrence ({', '.join(_PARTS)}), got `{name}`{did_you_mean(name, _PARTS)}"


def _frequency(name: str, value: str) -> None:
    if value not in _FREQUENCIES:
        raise ValueError(f"expected `{name}` to be {', '.join(_FREQUENCIES[:-1])} or {_FREQUENCIES[-1]}, got '{value}'")


def _between(low: int, high: int) -> Callable[[str, str], None]:
    def check(name: str, value: str) -> None:
        if not value.isascii() or not value.isdecimal() or not low <= int(value) <= high:
            raise ValueError(f"expected `{name}` to be a whole number from {low} to {high}, got '{value}'")

    return check


def _up_to(high: int, *, signed: bool) -> Callable[[str, str], None]:
    def check(name: str, value: str) -> None:
        for each in value.split(","):
            if not _NUMBER.fullmatch(each) or not 1 <= (abs(int(each)) if signed else int(each)) <= high:
                back = f", or from -1 back to -{high}" if signed else ""
                raise ValueError(f"expected `{name}` to list whole numbers from 1 to {high}{back}, got '{each}'")

    return check


def _weekdays(name: str, value: str) -> None:
    for each in value.split(","):
        if not _WEEKDAY.fullmatch(each):
            raise ValueError(f"expected `{name}` to list weekdays ({', '.join(_WEEKDAYS)}; -1FR is the last Friday), got '{each}'")


def _day(name: str, value: str) -> None:
    try:
        if not re.fullmatch(r"[0-9]{8}", value):
            raise ValueError
        datetime.strptime(value, "%Y%m%d")  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        raise ValueError(f"expected `{name}` to be a day like 20261231, got '{value}'") from None


_PARTS: Mapping[str, Callable[[str, str], None]] = {
    "FREQ": _frequency,
    "INTERVAL": _between(1, 366),
    "COUNT": _between(1, 10_000),
    "UNTIL": _day,
    "BYMONTH": _up_to(12, signed=False),
    "BYMONTHDAY": _up_to(31, signed=True),
    "BYYEARDAY": _up_to(366, signed=True),
    "BYWEEKNO": _up_to(53, signed=True),
    "BYDAY": _weekdays,
    "BYSETPOS": _up_to(366, signed=True),
    "WKST": _weekdays,
}


def _together(parts: Mapping[str, str]) -> None:
    frequency = parts.get("FREQ")
    if frequency is None:
        raise ValueError("expected a recurrence to begin with FREQ=, like 'FREQ=WEEKLY;BYDAY=FR'")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("expected at most one of COUNT and UNTIL in a recurrence, got both")
    by = {name for name in parts if name.startswith("BY")}
    if "BYSETPOS" in by and by == {"BYSETPOS"}:
        raise ValueError("`BYSETPOS` chooses among the days of another BY part, and there is none")
    if "BYWEEKNO" in by and frequency != "YEARLY":
        raise ValueError("`BYWEEKNO` has a meaning with FREQ=YEARLY only")
    numbered = any(each[0] not in "MTWFS" for each in parts.get("BYDAY", "MO").split(","))
    if numbered and frequency not in {"MONTHLY", "YEARLY"}:
        raise ValueError(f"`BYDAY` has numbers with FREQ=MONTHLY and FREQ=YEARLY only, got '{parts['BYDAY']}' with FREQ={frequency}")
    if frequency in {"MONTHLY", "YEARLY"} and by.isdisjoint({"BYMONTHDAY", "BYDAY", "BYYEARDAY", "BYWEEKNO"}):
        raise ValueError(f"FREQ={frequency} needs a day, like BYMONTHDAY=25: else it would be that of the entry, which not every month has")


def _has_days(text: str, parts: Mapping[str, str]) -> None:
    """Refuse what never comes, like the 30th of February."""
    every = ";".join(f"{name}={value}" for name, value in parts.items() if name != "INTERVAL")
    if next(Recurrence(text, every).days(date(2000, 1, 1)), None) is None:
        raise ValueError(f"expected a recurrence that has days, got '{text}', which never has one")
