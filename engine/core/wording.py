"""Days and moments in words, and one step of an explanation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from engine.clock import Instant, to_datetime
from engine.core.refusals import label
from engine.definition.calendars import Calendar
from engine.definition.datatypes import STATUSES
from engine.definition.periods import Due, rolled_days
from engine.errors import Text


def written(day: date) -> dict[str, str]:
    """Write a day in Chinese and English."""
    return {"zh-CN": f"{day.year}年{day.month}月{day.day}日", "en": f"{day.day} {day:%B} {day.year}"}


def moment(instant: Instant, calendar: Calendar) -> dict[str, str]:
    """Write a moment in the calendar's zone."""
    local = to_datetime(instant).astimezone(calendar.zone)
    return {language: f"{text} {local:%H:%M}" for language, text in written(local.date()).items()}


def with_period(title: str, number: int | None, language: str) -> str:
    """Give the title of a deadline; of one that recurs, with the number of the period."""
    if number is None:
        return title
    return f"{title}（第{number}期）" if language.startswith("zh") else f"{title} (period {number})"


def attendance_in_words(entries: Collection[Mapping[str, Any]], language: str) -> str:
    """Sum up an attendance: how many were there, how many of them late, how many on leave, how many absent."""
    counts = Counter(entry["status"] for entry in entries)
    late = sum(bool(entry["late"]) for entry in entries)
    if language.startswith("zh"):
        parts = [f"{STATUSES[status]['zh-CN']}{counts[status]}人" for status in STATUSES if counts[status]]
        parts[:1] = [f"{parts[0]}（迟到{late}人）"] if late else parts[:1]
        return "，".join(parts)
    parts = [f"{counts[status]} {STATUSES[status]['en']}" for status in STATUSES if counts[status]]
    parts[:1] = [f"{parts[0]} ({late} late)"] if late else parts[:1]
    return ", ".join(parts)


def is_attendance(value: Any) -> bool:
    """Say whether a value, of which only the JSON is known, is an attendance that somebody stands in."""
    rows = value if isinstance(value, list) else ()
    return bool(rows) and all(isinstance(each, dict) and {"person", "late", "status"} <= each.keys() for each in rows)


def with_party(title: str, party: str | None, language: str) -> str:
    """Give the title of a deadline; of one that each party has, with the name of the party."""
    if party is None:
        return title
    return f"{title}（{party}）" if language.startswith("zh") else f"{title} ({party})"


def tell(kind: str, rule: str | None, text: Text, **facts: Any) -> dict[str, Any]:
    """Give one step: what kind, by which rule, in words, with its facts."""
    return {"kind": kind, "rule": rule, "text": text, **facts}


def moved_off_rest_days(calendar: Calendar, due: Due, rule: str) -> dict[str, Any]:
    """Tell that a due day moved off rest days, on or back, and off which."""
    rest = [each for each in rolled_days(calendar, due.nominal, due.date, inclusive=True) if not each.works]
    zh = "、".join(f"{each.date.month}月{each.date.day}日（{label(each.reason, 'zh-CN')}）" for each in rest)
    en = "; ".join(f"{each.date.day} {each.date:%B} ({label(each.reason, 'en')})" for each in rest)
    forward, to = due.date > due.nominal, written(due.date)
    text = {
        "zh-CN": f"{'顺延' if forward else '提前'}至{to['zh-CN']}：{zh}休息",
        "en": f"Moved {'on' if forward else 'back'} to {to['en']}; rest days: {en}",
    }
    return tell("roll", rule, text, date=due.date.isoformat(), skipped=[each.date.isoformat() for each in rest])
