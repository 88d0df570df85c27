"""Recurrences of RFC 5545: what is refused, which days they give, and that they are bounded."""

from __future__ import annotations

import time
from datetime import date, datetime
from datetime import time as clock
from itertools import islice
from pathlib import Path

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.calendar_files import load_calendars
from engine.definition.recurrence_words import in_words
from engine.definition.recurrences import off_rest_days, parse_recurrence

CN = load_calendars(Path(__file__).parents[2] / "workflows" / "calendars")["cn"]
RULES = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU",
    "FREQ=MONTHLY;BYMONTHDAY=25",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;INTERVAL=2;BYYEARDAY=-1",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
]


@given(st.sampled_from(RULES), st.dates(date(1990, 1, 1), date(2450, 12, 31)))
def test_the_days_are_those_that_rfc_5545_gives_after_the_day_it_begins(rule: str, since: date) -> None:
    plain = rrulestr(rule, dtstart=datetime.combine(since, clock.min))
    expected = [moment.date() for moment in islice(plain, 7) if moment.date() > since][:6]
    assert list(islice(parse_recurrence(rule).days(since), len(expected))) == expected


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("BYDAY=FR", "begin with FREQ="),
        ("FREQ=HOURLY", "`FREQ` to be DAILY, WEEKLY, MONTHLY or YEARLY, got 'HOURLY'"),
        ("FREQ=DAILY;BYHOUR=9", "stands in `hour`"),
        ("FREQ=WEEKLY;BYDYA=FR", "did you mean 'BYDAY'?"),
        ("FREQ=WEEKLY;BYDAY=FR;BYDAY=MO", "`BYDAY` twice"),
        ("FREQ=WEEKLY;BYDAY=FRI", "got 'FRI'"),
        ("FREQ=WEEKLY;BYDAY=2FR", "FREQ=MONTHLY and FREQ=YEARLY only"),
        ("FREQ=WEEKLY;INTERVAL=0", "`INTERVAL` to be a whole number from 1 to 366, got '0'"),
        ("FREQ=WEEKLY;COUNT=x", "`COUNT` to be a whole number"),
        ("FREQ=WEEKLY;UNTIL=20260230", "a day like 20261231, got '20260230'"),
        ("FREQ=WEEKLY;UNTIL=20260301T000000Z", "a day like 20261231"),
        ("FREQ=WEEKLY;COUNT=2;UNTIL=20260301", "got both"),
        ("FREQ=MONTHLY", "needs a day"),
        ("FREQ=YEARLY;BYMONTH=3", "needs a day"),
        ("FREQ=YEARLY;BYMONTH=13;BYDAY=MO", "from 1 to 12, got '13'"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "got '0'"),
        ("FREQ=DAILY;BYSETPOS=1", "there is none"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "FREQ=YEARLY only"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never has one"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never has one"),
        ("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=6", "never has one"),
        ("", "got ``"),
    ],
)
def test_what_is_no_recurrence_of_days_is_refused_with_the_way_out(rule: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_recurrence(rule)
    assert said in str(refused.value)


def test_a_rule_that_never_meets_its_interval_ends() -> None:
    """Every seventh day from a Monday is no Friday. dateutil alone would look up to the year 9999."""
    began = time.process_time()
    assert list(parse_recurrence("FREQ=DAILY;INTERVAL=7;BYDAY=FR").days(date(2026, 3, 2))) == []
    assert time.process_time() - began < 5


def test_until_is_the_last_day_and_count_is_left_to_who_counts() -> None:
    bounded = parse_recurrence("FREQ=WEEKLY;BYDAY=FR;UNTIL=20260313")
    assert list(bounded.days(date(2026, 3, 2))) == [date(2026, 3, 6), date(2026, 3, 13)]
    assert parse_recurrence("FREQ=WEEKLY;BYDAY=FR;COUNT=2").count == 2


@pytest.mark.parametrize(
    ("rest_day", "day"),
    [("keep", date(2026, 5, 1)), ("next", date(2026, 5, 6)), ("previous", date(2026, 4, 30)), ("skip", None)],
)
def test_a_rest_day_stays_moves_or_is_left_out(rest_day: str, day: date | None) -> None:
    assert off_rest_days(CN, date(2026, 5, 1), rest_day) == day
    assert off_rest_days(CN, date(2026, 5, 8), rest_day) == date(2026, 5, 8)


@pytest.mark.parametrize(
    ("rule", "zh", "en"),
    [
        ("FREQ=WEEKLY;BYDAY=FR", "每周五", "every Friday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "每2周的周一", "every 2 weeks on Monday"),
        ("FREQ=MONTHLY;BYMONTHDAY=25", "每月25日", "every month on day 25"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "每月最后一个周五", "every month on the last Friday"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31", "每年12月31日", "every year in December on day 31"),
        ("FREQ=DAILY;COUNT=3", "每天，共3期", "every day, 3 times"),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20260401", "每周一，至2026年4月1日", "every Monday, until 1 April 2026"),
        ("FREQ=YEARLY;BYDAY=20MO", "FREQ=YEARLY;BYDAY=20MO", "FREQ=YEARLY;BYDAY=20MO"),
    ],
)
def test_rules_are_said_in_words_and_what_has_none_as_it_is_written(rule: str, zh: str, en: str) -> None:
    assert in_words(parse_recurrence(rule)) == {"zh-CN": zh, "en": en}
