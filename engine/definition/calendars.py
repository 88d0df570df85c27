"""Calendars: which days are working days, by whose notice, and what is not announced yet.

Data, not code: a calendar is a YAML file, and a folder of its name holds one file a year. China moves working days around
long holidays (调休), so a Saturday may be a working day and a Tuesday a rest day; each year's moves are announced the autumn
before. A year that is not announced is provisional, and every date counted through it says so.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from engine.clock import EPOCH, MICROSECOND, Instant
from engine.errors import Text

FIRST_YEAR, LAST_YEAR = 1900, 2999
_HOUR = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
WEEKDAYS: tuple[Text, ...] = (
    {"zh-CN": "星期一", "en": "Monday"},
    {"zh-CN": "星期二", "en": "Tuesday"},
    {"zh-CN": "星期三", "en": "Wednesday"},
    {"zh-CN": "星期四", "en": "Thursday"},
    {"zh-CN": "星期五", "en": "Friday"},
    {"zh-CN": "星期六", "en": "Saturday"},
    {"zh-CN": "星期日", "en": "Sunday"},
)


@dataclass(frozen=True, slots=True)
class Special:
    """A day that differs from its weekday: a rest day, or a weekend day that is worked. ``reason`` by language."""

    kind: Literal["rest", "work"]
    reason: Text


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """The special days of one year, with the notice they come from and the day it was published."""

    year: int
    status: Literal["announced", "provisional"]
    source: Text
    published: date | None
    days: Mapping[date, Special]


@dataclass(frozen=True, slots=True)
class Day:
    """One day as the calendar sees it. ``kind``: weekday, weekend, or the rest or work of a special day."""

    date: date
    works: bool
    kind: Literal["weekday", "weekend", "rest", "work"]
    reason: Text
    provisional: bool


NO_DAY = (0, 0, date.min)


@dataclass(frozen=True, slots=True)
class _Index:
    """The working days of one year as sorted day numbers, so that counting is a search and not a walk."""

    working: tuple[int, ...]
    announced: bool


@dataclass(frozen=True, eq=False)
class Calendar:
    """A body's calendar. Immutable; shared by every case and thread.

    ``zone`` is an IANA zone, ``closing`` the hour (HH:MM, 24:00 for midnight) at which a day ends unless a deadline names
    another, ``weekend`` weekdays from 0 = Monday, ``fixed`` the statutory dates (month, day) of a year without a file.
    ``version`` is ``id@`` and 12 hex digits of the data's SHA-256: two calendars of one version count alike.
    """

    id: str
    title: Text
    zone: ZoneInfo
    closing: str
    weekend: frozenset[int]
    fixed: Mapping[tuple[int, int], Text]
    years: Mapping[int, CalendarYear]
    version: str
    _indexes: dict[int, _Index] = field(default_factory=dict, init=False, repr=False)
    _latest: dict[str, tuple[Instant, Instant, date]] = field(default_factory=dict, init=False, repr=False)

    def day(self, day: date) -> Day:
        """Describe one day: whether it is worked, why, and whether that may still change."""
        special = self._special(day)
        provisional = not self.announced(day.year)
        if special is not None:
            return Day(day, special.kind == "work", special.kind, special.reason, provisional)
        rests = day.weekday() in self.weekend
        return Day(day, not rests, "weekend" if rests else "weekday", WEEKDAYS[day.weekday()], provisional)

    def is_working_day(self, day: date) -> bool:
        """Say whether the day is worked."""
        return self.works(day.toordinal())

    def announced(self, year: int) -> bool:
        """Say whether the notice for the year is out; without it every day of the year is provisional."""
        known = self.years.get(year)
        return known is not None and known.status == "announced"

    def all_announced(self, first: date, last: date) -> bool:
        """Say whether every year from the first day to the last is announced."""
        return all(self.announced(year) for year in range(first.year, last.year + 1))

    # Day numbers (date.toordinal) below: the hot path makes no date objects on the way.

    def works(self, number: int) -> bool:
        """Say whether the day of that number is worked."""
        working = self._index(date.fromordinal(number).year).working
        place = bisect_left(working, number)
        return place < len(working) and working[place] == number

    def working_day_after(self, number: int, n: int) -> int:
        """Give the ``n``-th working day after a day, ``n`` from 1. Raises ValueError beyond the last year it can know."""
        year = date.fromordinal(number).year
        working = self._index(year).working
        place = bisect_right(working, number) + n - 1
        while place >= len(working):
            place -= len(working)
            year += 1
            working = self._index(year).working
        return working[place]

    def working_day_before(self, number: int, n: int) -> int:
        """Give the ``n``-th working day before a day, ``n`` from 1. Raises ValueError beyond the first year it can know."""
        year = date.fromordinal(number).year
        working = self._index(year).working
        place = bisect_left(working, number) - n
        while place < 0:
            year -= 1
            working = self._index(year).working
            place += len(working)
        return working[place]

    def count_working_days(self, start: int, end: int) -> int:
        """Count the working days after ``start`` up to and including ``end``; negative when ``end`` is earlier."""
        if end < start:
            return -self.count_working_days(end, start)
        first, last = date.fromordinal(start).year, date.fromordinal(end).year
        between = sum(len(self._index(year).working) for year in range(first, last))
        return between + bisect_right(self._index(last).working, end) - bisect_right(self._index(first).working, start)

    def local_date(self, instant: Instant) -> date:
        """Give the day an instant falls on in the calendar's zone."""
        # Mostly it is the day that was asked for last: today.
        begin, end, day = self._latest.get("day", NO_DAY)
        if not begin <= instant < end:
            day = (EPOCH + timedelta(microseconds=instant)).astimezone(self.zone).date()
            self._latest["day"] = self.midnight(day), self.midnight(day + timedelta(days=1)), day
        return day

    def midnight(self, day: date) -> Instant:
        """Give the instant at which a day begins in the calendar's zone."""
        return _local(self.zone, day, time.min)

    def end_of(self, day: date, hour: str | None = None) -> Instant:
        """Give the instant at which a day ends: at ``hour`` (HH:MM), else the closing hour; 24:00 is the next day's 00:00."""
        return _end_of(self.zone, day, hour or self.closing)

    def _special(self, day: date) -> Special | None:
        known = self.years.get(day.year)
        if known is not None:
            return known.days.get(day)
        reason = self.fixed.get((day.month, day.day))
        return None if reason is None else Special("rest", reason)

    def _index(self, year: int) -> _Index:
        index = self._indexes.get(year)
        if index is None:
            if not FIRST_YEAR <= year <= LAST_YEAR:
                raise ValueError(f"expected a day of the years {FIRST_YEAR} to {LAST_YEAR} in calendar {self.id!r}, got the year {year}")
            # Two threads may build the same year at once; both get the same tuple, and the last one stays.
            index = self._indexes[year] = _Index(self._working_days(year), self.announced(year))
        return index

    def _working_days(self, year: int) -> tuple[int, ...]:
        first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        return tuple(number for number in range(first, last + 1) if self.day(date.fromordinal(number)).works)


@lru_cache(maxsize=2048)
def closing_hour(text: str) -> tuple[bool, time]:
    """Read HH:MM from 00:00 to 24:00: whether it is the next day's, and the time of day. Raises ValueError otherwise."""
    match = _HOUR.fullmatch(text)
    if match is None:
        raise ValueError(f"expected an hour like '17:30', from 00:00 to 24:00, got {text!r}")
    return (True, time.min) if text == "24:00" else (False, time(int(match[1]), int(match[2])))


@lru_cache(maxsize=8192)
def _end_of(zone: ZoneInfo, day: date, hour: str) -> Instant:
    after, clock = closing_hour(hour)
    return _local(zone, day + timedelta(days=1) if after else day, clock)


def _local(zone: ZoneInfo, day: date, clock: time) -> Instant:
    return (datetime.combine(day, clock, zone).astimezone(UTC) - EPOCH) // MICROSECOND
