"""Recurrences as people say them: 每周五, every Friday. What has no plain words is given as it is written."""

from __future__ import annotations

from datetime import date

from engine.definition.recurrences import Recurrence
from engine.errors import Text

ZH, EN = "zh-CN", "en"
_DAYS = {
    "MO": ("周一", "Monday"),
    "TU": ("周二", "Tuesday"),
    "WE": ("周三", "Wednesday"),
    "TH": ("周四", "Thursday"),
    "FR": ("周五", "Friday"),
    "SA": ("周六", "Saturday"),
    "SU": ("周日", "Sunday"),
}
_UNITS = {"DAILY": ("天", "day"), "WEEKLY": ("周", "week"), "MONTHLY": ("个月", "month"), "YEARLY": ("年", "year")}
_MONTHS = tuple(f"{date(2000, month, 1):%B}" for month in range(1, 13))
_PLAIN = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTH", "BYMONTHDAY", "WKST"})
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}


def in_words(recurrence: Recurrence) -> Text:
    """Say a rule in Chinese and English."""
    parts = dict(part.split("=") for part in recurrence.rule.split(";"))
    said = _said(parts) if parts.keys() <= _PLAIN else None
    zh, en = said or (recurrence.rule, recurrence.rule)
    if recurrence.count is not None:
        zh, en = f"{zh}，共{recurrence.count}期", f"{en}, {recurrence.count} times"
    if (until := recurrence.until) is not None:
        zh, en = f"{zh}，至{until.year}年{until.month}月{until.day}日", f"{en}, until {until.day} {until:%B} {until.year}"
    return {ZH: zh, EN: en}


def _said(parts: dict[str, str]) -> tuple[str, str] | None:
    frequency, interval = parts["FREQ"], int(parts.get("INTERVAL", "1"))
    days, months = _days(parts), [int(each) for each in parts["BYMONTH"].split(",")] if "BYMONTH" in parts else []
    daily, yearly = frequency == "DAILY", frequency == "YEARLY"
    if days is None or (daily and (days or months)) or (yearly and not months):
        return None
    if frequency == "WEEKLY" and days and interval == 1 and not months:
        return "每" + "、".join(zh for zh, _ in days), f"every {_listed([en for _, en in days])}"
    unit_zh, unit_en = _UNITS[frequency]
    zh, en = (f"每{interval}{unit_zh}", f"every {interval} {unit_en}s") if interval > 1 else (f"每{unit_zh[-1]}", f"every {unit_en}")
    if months:
        zh += ("的" if interval > 1 else "") + "、".join(f"{month}月" for month in months)
        en += f" in {_listed([_MONTHS[month - 1] for month in months])}"
    if days:
        zh += ("的" if len(months) > 1 or (interval > 1 and not months) else "") + "、".join(zh for zh, _ in days)
        en += f" on {_listed([en for _, en in days])}"
    return zh, en


def _days(parts: dict[str, str]) -> list[tuple[str, str]] | None:
    """Give the days a rule names, none where it names none; None where both kinds are named."""
    weekdays, numbers = parts.get("BYDAY"), parts.get("BYMONTHDAY")
    if weekdays and numbers:
        return None
    if numbers:
        return [_day_of_month(int(each)) for each in numbers.split(",")]
    return [_weekday(each, numbered=parts["FREQ"] in {"MONTHLY", "YEARLY"}) for each in weekdays.split(",")] if weekdays else []


def _day_of_month(number: int) -> tuple[str, str]:
    if number > 0:
        return f"{number}日", f"day {number}"
    return ("最后一日", "the last day") if number == -1 else (f"倒数第{-number}日", f"day {-number} from the end")


def _weekday(written: str, *, numbered: bool) -> tuple[str, str]:
    zh, en = _DAYS[written[-2:]]
    if len(written) == 2:
        return (f"每个{zh}", f"each {en}") if numbered else (zh, en)
    number = int(written[:-2])
    which = "最后一个" if number == -1 else f"第{number}个" if number > 0 else f"倒数第{-number}个"
    ordinal = _ORDINALS.get(number) or (f"no. {number}" if number > 0 else f"no. {-number} from the end")
    return f"{which}{zh}", f"the {ordinal} {en}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
