"""Time. The only module that asks the machine what time it is; everywhere else an instant is an argument.

An `Instant` is an int: microseconds since 1970-01-01T00:00:00Z. It fits a signed 64-bit column and a JSON number below 2^53.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol

Instant = int

SECOND: Instant = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY_LENGTH = len("2026-02-10")


class Clock(Protocol):
    """Gives the present instant."""

    def now(self) -> Instant:
        """Return the present instant."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        """Return the machine's time."""
        return time.time_ns() // 1000


class FixedClock:
    """A clock that stands until it is set: for tests, scenarios and the manual clock of a trial."""

    def __init__(self, instant: Instant) -> None:
        self.instant = instant

    def now(self) -> Instant:
        """Return the instant it was set to."""
        return self.instant


def stopwatch() -> float:
    """Return seconds of a monotonic clock, for measuring how long something took."""
    return time.perf_counter()


def to_datetime(instant: Instant) -> datetime:
    """Give the aware UTC datetime of an instant."""
    return EPOCH + timedelta(microseconds=instant)


def from_datetime(moment: datetime) -> Instant:
    """Give the instant of an aware datetime. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with a zone, like 2026-02-10T09:00:00+08:00, got {moment.isoformat()!r}")
    return (moment - EPOCH) // MICROSECOND


@lru_cache(maxsize=1024)
def rfc3339(instant: Instant) -> str:
    """Write an instant as RFC 3339 in UTC; a fraction stands only where there is one."""
    second, fraction = divmod(instant, SECOND)
    return f"{_to_the_second(second)}.{fraction:06d}Z" if fraction else f"{_to_the_second(second)}Z"


@lru_cache(maxsize=1024)
def _to_the_second(second: int) -> str:
    return (EPOCH + timedelta(seconds=second)).isoformat().removesuffix("+00:00")


def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 time with a zone. Raises ValueError with what was expected."""
    try:
        return from_datetime(datetime.fromisoformat(text))
    except (ValueError, OverflowError, TypeError):
        raise ValueError(f"expected a time with a zone, like 2026-02-10T09:00:00+08:00, got {text!r}") from None


def parse_day_or_instant(text: str) -> date | Instant:
    """Read a day of the years 1970 to 9998, or an RFC 3339 time with a zone within them. Raises ValueError with what was expected."""
    expected = (
        f"expected a day of the years 1970 to 9998 like 2027-01-01, or a time with its zone like 2027-01-01T00:00:00+08:00, got {text!r}"
    )
    try:
        found = date.fromisoformat(text) if len(text) == DAY_LENGTH else parse_instant(text)
        year = found.year if isinstance(found, date) else to_datetime(found).year
    except (ValueError, OverflowError):
        raise ValueError(expected) from None
    if not 1970 <= year <= 9998:
        raise ValueError(expected)
    return found


def give_way() -> None:
    """Let the other threads of this process go first that wait to run."""
    time.sleep(0)
