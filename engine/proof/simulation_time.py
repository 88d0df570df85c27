"""The hours of the office as one line of time: whole numbers are beginnings of working days, fractions the hours in between.

Nights, weekends and holidays have no length on it, a make-up Saturday has that of any other day.
"""

from __future__ import annotations

from datetime import date
from math import floor

from engine.clock import SECOND, Instant
from engine.definition.calendars import Calendar

MINUTE: Instant = 60 * SECOND


class OfficeTime:
    """Counts working days on a calendar, from a day on, with fractions by the hour. ``opens`` and ``closes`` are HH:MM."""

    def __init__(self, calendar: Calendar, begin: date, opens: str, closes: str) -> None:
        self.calendar, self.opens, self.closes = calendar, opens, closes
        self._before = begin.toordinal() - 1

    def position(self, instant: Instant) -> float:
        """Give where an instant lies: the working days since the beginning."""
        day = self.calendar.local_date(instant)
        number = day.toordinal()
        whole = self.calendar.count_working_days(self._before, number - 1)
        if not self.calendar.works(number):
            return float(whole)
        first, last = self._hours(day)
        return whole + min(max(instant - first, 0), last - first) / (last - first)

    def instant(self, position: float) -> Instant:
        """Give the instant of a position, to the whole minute before it; always one within the hours of a working day."""
        whole = floor(position)
        day = date.fromordinal(self.calendar.working_day_after(self._before, whole + 1))
        first, last = self._hours(day)
        inside = int((position - whole) * (last - first))
        return first + inside - inside % MINUTE

    def after(self, instant: Instant, days: float) -> Instant:
        """Give the instant that many working days later; never one before ``instant``."""
        return max(instant, self.instant(self.position(instant) + days))

    def between(self, start: Instant, end: Instant) -> float:
        """Count the working days from one instant to another."""
        return self.position(end) - self.position(start)

    def _hours(self, day: date) -> tuple[Instant, Instant]:
        return self.calendar.end_of(day, self.opens), self.calendar.end_of(day, self.closes)
