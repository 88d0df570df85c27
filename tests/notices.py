"""Notices about working days made up for tests, for whatever year comes next."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from engine.clock import SystemClock, to_datetime


def year_to_come() -> int:
    """Give the year whose notice is awaited at `late_in_the_year`."""
    now = to_datetime(SystemClock().now())
    return now.year + (1 if now < datetime(now.year, 12, 27, tzinfo=UTC) else 2)


def late_in_the_year() -> str:
    """Give a time, not past yet, from which a term of some working days runs into the year to come."""
    return f"{year_to_come() - 1}-12-28T09:00:00+08:00"


def enter_notice(workflows: Path) -> None:
    """Announce the year to come: its first six days are rest days."""
    year = year_to_come()
    days = [f"  - {{date: {year}-01-0{day}, kind: rest, reason: {{zh-CN: 元旦假期}}}}" for day in range(1, 7)]
    head = f"calendar: cn\nyear: {year}\nstatus: announced\nsource: {{zh-CN: 测试用通知}}\npublished: {year - 1}-11-04\ndays:\n"
    (workflows / "calendars" / "cn" / f"{year}.yaml").write_text(head + "\n".join(days) + "\n", "utf-8")
