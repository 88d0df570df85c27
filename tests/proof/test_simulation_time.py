"""Office hours as one line of time: nothing passes at night, at weekends and on holidays; a make-up Saturday is a day like any other."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import parse_instant
from engine.proof.simulation_time import MINUTE, OfficeTime
from tests.definition.loading import CALENDARS

OFFICE = OfficeTime(CALENDARS["cn"], date(2026, 1, 1), "09:00", "17:00")
A_DAY = 8 * 60 * MINUTE


def at(text: str) -> int:
    return parse_instant(f"{text}:00+08:00")


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-02T09:00", 0.5, "2026-03-02T13:00"),
        ("2026-03-02T13:00", 1.0, "2026-03-03T13:00"),
        ("2026-03-06T13:00", 1.0, "2026-03-09T13:00"),  # over a weekend
        ("2026-03-06T22:00", 0.25, "2026-03-09T11:00"),  # nobody works at night
        ("2026-02-13T13:00", 1.0, "2026-02-14T13:00"),  # a make-up Saturday
        ("2026-02-14T13:00", 1.0, "2026-02-24T13:00"),  # over Spring Festival
        ("2026-12-31T13:00", 1.0, "2027-01-04T13:00"),
    ],
)
def test_a_length_is_counted_in_office_hours(start: str, days: float, end: str) -> None:
    assert OFFICE.after(at(start), days) == at(end)
    assert OFFICE.between(at(start), at(end)) == pytest.approx(days)


@given(st.integers(at("2026-01-01T00:00"), at("2027-12-31T00:00")), st.floats(0, 300))
def test_what_lies_so_many_days_later_is_that_far_away_and_within_office_hours(start: int, days: float) -> None:
    end = OFFICE.after(start, days)
    assert end >= start
    assert OFFICE.between(start, end) == pytest.approx(days, abs=2 * MINUTE / A_DAY)
    day = OFFICE.calendar.local_date(end)
    if end != start:
        assert OFFICE.calendar.is_working_day(day)
        assert OFFICE.calendar.end_of(day, "09:00") <= end < OFFICE.calendar.end_of(day, "17:00")


@given(st.integers(at("2026-01-01T00:00"), at("2027-12-31T00:00")), st.integers(0, 400 * 24 * 60 * MINUTE))
def test_time_never_goes_back(start: int, more: int) -> None:
    assert OFFICE.position(start) <= OFFICE.position(start + more)
