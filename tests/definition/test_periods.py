"""Periods as in the Civil Code, arts. 200-204, with the nine golden cases of the field."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import parse_instant, rfc3339
from engine.definition.calendar_files import load_calendars
from engine.definition.periods import CORRESPONDING, ROLL, START, WORKING_DAYS, Due, count_back, count_forward, on_day, working_days
from engine.definition.terms import Term, Unit, parse_term

CN = load_calendars(Path(__file__).parents[2] / "workflows" / "calendars")["cn"]
DAYS = st.dates(date(2022, 6, 1), date(2029, 12, 31))
DAY_TERMS = st.builds(Term, st.integers(1, 100), st.sampled_from([unit for unit in Unit if unit is not Unit.HOURS]))
MINUTES = st.integers(0, 24 * 60 - 1)


def counted(start: str, term: str, **options: bool | str) -> Due:
    return count_forward(CN, parse_instant(start), parse_term(term), **options)  # type: ignore[arg-type]


GOLDEN = [
    ("2025-11-14", "3 months", "2026-02-14"),  # a Saturday that is worked: not rolled
    ("2025-11-17", "3 months", "2026-02-24"),  # 17 February lies in the Spring Festival
    ("2025-11-30", "3 months", "2026-02-28"),  # no 30 February: the month's last day, a Saturday that is worked
    ("2026-03-20", "3 months", "2026-06-22"),  # over the Dragon Boat Festival
    ("2026-03-31", "3 months", "2026-06-30"),  # no 31 June
    ("2026-09-18", "7 working days", "2026-09-29"),  # Sunday 20 September is worked, 25-27 are not
    ("2026-09-28", "10 working days", "2026-10-16"),  # National Day; Saturday 10 October is worked
    ("2026-02-12", "5 working days", "2026-02-26"),  # 13, 14 (Saturday), 24, 25, 26 February
]


@pytest.mark.parametrize(("start", "term", "due"), GOLDEN)
def test_golden_case(start: str, term: str, due: str) -> None:
    result = counted(f"{start}T09:00+08:00", term)
    assert result.date == date.fromisoformat(due)
    assert result.instant == parse_instant(f"{due}T00:00+08:00") + 24 * 3600 * 1_000_000
    assert not result.provisional


def test_golden_case_that_crosses_into_an_unannounced_year_is_flagged() -> None:
    assert counted("2026-12-21T09:00+08:00", "10 working days").provisional


def test_the_day_of_the_start_does_not_count_at_whatever_hour_it_is() -> None:
    """Art. 201; the day is that of the calendar's zone, not of UTC."""
    early, late = counted("2026-03-02T00:00+08:00", "1 day"), counted("2026-03-02T23:59:59+08:00", "1 day")
    assert early == late
    assert early.date == date(2026, 3, 3)
    assert counted("2026-03-01T16:00Z", "1 day").date == date(2026, 3, 3)


def test_a_day_ends_at_midnight_or_at_the_hour_given() -> None:
    assert rfc3339(counted("2026-03-02T09:00+08:00", "1 day").instant) == "2026-03-03T16:00:00Z"
    assert rfc3339(counted("2026-03-02T09:00+08:00", "1 day", hour="17:30").instant) == "2026-03-03T09:30:00Z"


def test_hours_run_from_the_instant_and_end_at_one_even_on_a_rest_day() -> None:
    result = counted("2026-02-13T10:30+08:00", "48 hours")
    assert rfc3339(result.instant) == "2026-02-15T02:30:00Z"
    assert (result.date, result.nominal) == (date(2026, 2, 15), date(2026, 2, 15))


def test_hours_look_at_no_calendar_and_are_never_provisional() -> None:
    assert not counted("2027-02-01T10:30+08:00", "48 hours").provisional


def test_one_iso_day_is_a_day_and_not_24_hours() -> None:
    assert rfc3339(counted("2026-03-02T09:00+08:00", "P1D").instant) == "2026-03-03T16:00:00Z"
    assert rfc3339(counted("2026-03-02T09:00+08:00", "PT24H").instant) == "2026-03-03T01:00:00Z"


def test_months_and_years_end_on_the_corresponding_day_or_the_months_last() -> None:
    assert counted("2024-02-29T09:00+08:00", "1 year").nominal == date(2025, 2, 28)
    assert counted("2026-01-31T09:00+08:00", "1 month").nominal == date(2026, 2, 28)
    assert counted("2026-02-28T09:00+08:00", "1 month").nominal == date(2026, 3, 28)


def test_without_rolling_a_rest_day_stays_and_no_notice_is_needed() -> None:
    result = counted("2025-11-17T09:00+08:00", "3 months", roll=False)
    assert result.date == result.nominal == date(2026, 2, 17)
    assert not counted("2026-12-21T09:00+08:00", "3 months", roll=False).provisional


def test_the_nominal_day_is_kept_beside_the_rolled_one() -> None:
    result = counted("2025-11-17T09:00+08:00", "3 months")
    assert (result.nominal, result.date) == (date(2026, 2, 17), date(2026, 2, 24))


def test_counting_back_leaves_out_the_day_itself_and_moves_to_the_working_day_before() -> None:
    meeting = date(2026, 3, 9)
    assert count_back(CN, meeting, parse_term("15 working days")).date == date(2026, 2, 10)
    rolled = count_back(CN, date(2026, 3, 20), parse_term("1 month"), hour="17:30")
    assert (rolled.nominal, rolled.date) == (date(2026, 2, 20), date(2026, 2, 14))
    assert rfc3339(rolled.instant) == "2026-02-14T09:30:00Z"


def test_hours_are_counted_back_from_the_day_or_instant_of_the_day() -> None:
    assert rfc3339(count_back(CN, date(2026, 3, 9), parse_term("48 hours")).instant) == "2026-03-06T16:00:00Z"


def test_a_given_day_that_is_a_rest_day_moves_to_the_next_working_day() -> None:
    assert on_day(CN, date(2026, 2, 17)).date == date(2026, 2, 24)
    assert on_day(CN, date(2026, 2, 14)).date == date(2026, 2, 14)


def test_what_touches_an_unannounced_year_in_either_direction_says_so() -> None:
    assert counted("2026-12-31T09:00+08:00", "1 working day").provisional
    assert not counted("2026-12-30T09:00+08:00", "1 working day").provisional
    assert counted("2026-10-15T09:00+08:00", "3 months").provisional
    assert count_back(CN, date(2027, 1, 5), parse_term("2 working days")).provisional
    assert not count_back(CN, date(2027, 1, 1), parse_term("2 working days")).provisional


def test_every_day_on_the_way_is_told_with_its_reason_and_rule() -> None:
    steps = counted("2026-02-12T09:00+08:00", "5 working days", explain=True).days
    assert [(step.date.day, step.counted, step.rule) for step in steps[:3]] == [
        (12, None, START),
        (13, 1, WORKING_DAYS),
        (14, 2, WORKING_DAYS),
    ]
    skipped = [step for step in steps[1:] if step.counted is None]
    assert [step.date.day for step in skipped] == list(range(15, 24))
    assert {step.reason["zh-CN"] for step in skipped} == {"春节假期周末", "农历除夕", "春节", "春节假期（调休）"}
    assert (steps[-1].date, steps[-1].counted) == (date(2026, 2, 26), 5)


def test_the_roll_is_told_day_by_day() -> None:
    steps = counted("2025-11-17T09:00+08:00", "3 months", explain=True).days
    assert [(step.date.isoformat()[5:], step.works, step.rule) for step in steps] == [
        ("11-17", True, START),
        ("02-17", False, CORRESPONDING),
        *[(f"02-{day}", False, ROLL) for day in (18, 19, 20, 21, 22, 23)],
        ("02-24", True, ROLL),
    ]


@given(DAYS, MINUTES, DAY_TERMS)
def test_a_rolled_due_day_is_worked_and_not_before_the_nominal_one(day: date, minute: int, term: Term) -> None:
    due = count_forward(CN, CN.midnight(day) + minute * 60_000_000, term)
    assert CN.is_working_day(due.date)
    assert due.date >= due.nominal > day
    assert not any(CN.is_working_day(due.nominal + timedelta(days=n)) for n in range((due.date - due.nominal).days))


@given(DAYS, DAY_TERMS)
def test_a_day_counted_back_is_worked_and_not_after_the_nominal_one(day: date, term: Term) -> None:
    due = count_back(CN, day, term)
    assert CN.is_working_day(due.date)
    assert due.date <= due.nominal < day


@given(DAYS, st.integers(1, 300))
def test_n_working_days_on_there_are_n_working_days_between(day: date, n: int) -> None:
    term = Term(n, Unit.WORKING_DAYS)
    assert working_days(CN, day, count_forward(CN, CN.midnight(day), term).date) == n
    back = count_back(CN, day, term).date
    assert working_days(CN, back - timedelta(days=1), day - timedelta(days=1)) == n


@given(DAYS, st.integers(1, 60))
def test_months_end_where_the_calendar_says(day: date, n: int) -> None:
    assert count_forward(CN, CN.midnight(day), Term(n, Unit.MONTHS)).nominal == day + relativedelta(months=n)


@given(DAYS, st.sampled_from([unit for unit in Unit if unit is not Unit.HOURS]), st.integers(1, 60))
def test_a_longer_term_never_ends_earlier(day: date, unit: Unit, n: int) -> None:
    start = CN.midnight(day)
    assert count_forward(CN, start, Term(n, unit)).instant <= count_forward(CN, start, Term(n + 1, unit)).instant


@given(DAYS, DAY_TERMS)
def test_a_provisional_flag_means_a_year_without_a_notice_was_looked_at(day: date, term: Term) -> None:
    due = count_forward(CN, CN.midnight(day), term, explain=True)
    if due.provisional:
        assert any(not CN.announced(step.date.year) for step in due.days)
    elif term.unit is Unit.WORKING_DAYS:
        assert all(CN.announced(step.date.year) for step in due.days[1:])


@given(DAYS, DAY_TERMS)
def test_explaining_changes_nothing_and_tells_each_rest_day_between_nominal_and_due(day: date, term: Term) -> None:
    plain, told = count_forward(CN, CN.midnight(day), term), count_forward(CN, CN.midnight(day), term, explain=True)
    assert (plain.instant, plain.date, plain.nominal, plain.provisional) == (told.instant, told.date, told.nominal, told.provisional)
    assert plain.days == ()
    listed = [step.date for step in told.days]
    assert listed == sorted(set(listed))
    assert listed[-1] == told.date
