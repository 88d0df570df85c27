"""Figures from facts: exact, every cell of a closed list shown, every share with both of its counts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core import periods
from engine.core.figures import lasted
from engine.core.story import Stay
from engine.core.totals import Group, Place, percentile, places, total
from engine.definition.calendar_files import load_calendars
from engine.definition.terms import Unit
from tests.application import ROOT

CN = load_calendars(ROOT / "workflows" / "calendars")["cn"]


def ranked(*values: str | None) -> list[Place]:
    return list(places(Group("", "[]", "", value, f"case {n}", 1) for n, value in enumerate(values)))


def test_equal_values_share_a_place_and_the_next_ones_are_left_out() -> None:
    assert [(1, "case 1"), (1, "case 3"), (3, "case 0"), (4, "case 2")] == [each[:2] for each in ranked("80", "90", "-1", "90.0")]


def test_what_has_no_value_has_no_place() -> None:
    assert [(1, "case 1")] == [each[:2] for each in ranked(None, "5")]


def test_a_sum_of_decimals_is_exact() -> None:
    assert total({"0.1": 10}) == Decimal(1)


@given(st.lists(st.integers(-1000, 1000), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_least_value_that_so_many_reach(values: list[int], at: int) -> None:
    counts = {str(value): values.count(value) for value in values}
    found = int(percentile(counts, Decimal(at)) or "")

    assert Fraction(sum(value <= found for value in values), len(values)) >= Fraction(at, 100)
    assert Fraction(sum(value < found for value in values), len(values)) < Fraction(at, 100)


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.integers(0, 800),
    st.sampled_from(["day", "week", "month", "quarter", "half_year", "year"]),
)
def test_periods_follow_each_other_without_a_gap_and_their_names_in_order(first: date, days: int, per: str) -> None:
    last = date.fromordinal(first.toordinal() + days)
    named = list(periods.between(per, first, last))
    every = dict.fromkeys(periods.name_of(per, date.fromordinal(n)) for n in range(first.toordinal(), last.toordinal() + 1))

    assert named == list(every) == sorted(named)
    assert list(periods.from_name(per, named[0], last)) == named


@pytest.mark.parametrize(
    ("unit", "expected"),
    [(Unit.WORKING_DAYS, "5"), (Unit.DAYS, "14"), (Unit.WEEKS, "2"), (Unit.HOURS, "337"), (Unit.MONTHS, "0.5")],
)
def test_how_long_a_stay_lasted_is_told_in_each_unit(unit: Unit, expected: str) -> None:
    begin = CN.midnight(date(2026, 2, 14)) + 9 * 3_600_000_000  # a Saturday that is worked, before Spring Festival
    stay = Stay(begin, CN.midnight(date(2026, 2, 28)) + 10 * 3_600_000_000)

    assert lasted(stay, CN, unit) == Decimal(expected)


def test_a_part_of_a_period_goes_by_its_days_or_by_its_occurrences() -> None:
    assert periods.part_gone("year", date(2026, 7, 2), None) == Fraction(182, 365)
    occurrences = [date(2026, month, 21) for month in (2, 4, 6, 8, 10, 12)]
    assert [periods.part_gone("year", date(2026, *day), occurrences) for day in ((2, 21), (2, 22), (12, 31))] == [0, Fraction(1, 6), 1]
    assert periods.part_gone("year", date(2026, 7, 2), []) == 0
