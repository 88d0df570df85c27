"""Why a period of a recurring deadline ends when it does: the rule, where it began, what became of rest days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import takewhile
from typing import Any

from engine.clock import rfc3339
from engine.core.ledger import Period
from engine.core.wording import moved_off_rest_days, tell, written
from engine.definition.calendars import Calendar
from engine.definition.periods import DayStep, Due, rolled_days
from engine.definition.process import Deadline
from engine.definition.recurrence_words import in_words
from engine.definition.recurrences import parse_recurrence
from engine.errors import Text

RECURRENCE = "rrule"
RECURRENCE_TEXT: Text = {
    "zh-CN": "流程规定：环节存续期间按规则重复，每逢一次为一期之末，进入当日不计；恰逢休息日的，按流程规定照常、顺延、提前或者不计",
    "en": "The process: while the state lasts a period ends at each occurrence of the rule, the day of the entry not counted; "
    "one on a rest day stays, moves on or back, or is left out, as the process says",
}
_REST_DAYS: Mapping[str, Text] = {
    "keep": {"zh-CN": "休息日照常", "en": "rest days count like others"},
    "next": {"zh-CN": "遇休息日顺延至下一工作日", "en": "a rest day gives way to the next working day"},
    "previous": {"zh-CN": "遇休息日提前至上一工作日", "en": "a rest day gives way to the working day before it"},
    "skip": {"zh-CN": "遇休息日不计", "en": "what falls on a rest day is left out"},
}


def steps_of_period(deadline: Deadline, period: Period, calendar: Calendar, due: Due) -> Iterator[dict[str, Any]]:
    """Tell the rule, the period's beginning, its day and, where that is another, the day it was moved to."""
    rule, rest, since, after = (
        in_words(parse_recurrence(period.rule)),
        _REST_DAYS[period.rest_day],
        written(period.since),
        written(period.after),
    )
    text = {
        "zh-CN": f"按规则重复：{rule['zh-CN']}，自{since['zh-CN']}起，{rest['zh-CN']}",
        "en": f"Recurs {rule['en']} from {since['en']} on; {rest['en']}",
    }
    yield tell("rule", RECURRENCE, text, rrule=period.rule, rest_day=period.rest_day, date=period.since.isoformat())
    text = {"zh-CN": f"第{period.number}期，自{after['zh-CN']}后开始", "en": f"Period {period.number} begins after {after['en']}"}
    yield tell("period", RECURRENCE, text, period=period.number, date=period.after.isoformat())
    day = written(due.nominal)
    yield tell(
        "nominal", RECURRENCE, {"zh-CN": f"规则之日：{day['zh-CN']}", "en": f"The rule has {day['en']}"}, date=due.nominal.isoformat()
    )
    if due.date != due.nominal:
        yield moved_off_rest_days(calendar, due, RECURRENCE)
    day, hour = written(due.date), deadline.hour or calendar.closing
    text = {"zh-CN": f"本期截止：{day['zh-CN']}{hour}", "en": f"The period ends on {day['en']} at {hour}"}
    yield tell("due", RECURRENCE, text, date=due.date.isoformat(), instant=rfc3339(due.instant))


def days_of_period(period: Period, calendar: Calendar, due: Due) -> Iterator[DayStep]:
    """List the day it begins after, the days of the rule that were left out or merged, its day, and the days to where that moved."""
    yield _day(calendar, period.after)
    for day in takewhile(lambda each: each < due.nominal, parse_recurrence(period.rule).days(period.since)):
        if day > period.after:
            yield _day(calendar, day)
    if due.nominal != period.after:
        yield _day(calendar, due.nominal)
    if due.date != due.nominal:
        yield from (_day(calendar, each.date) for each in rolled_days(calendar, due.nominal, due.date))


def _day(calendar: Calendar, day: date) -> DayStep:
    found = calendar.day(day)
    return DayStep(day, None, found.works, found.reason, RECURRENCE)
