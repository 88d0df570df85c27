from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.terms import Term, Unit, parse_term

TERMS = st.builds(Term, st.integers(1, 100), st.sampled_from(Unit))


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("15 working days", Term(15, Unit.WORKING_DAYS)),
        ("1 working day", Term(1, Unit.WORKING_DAYS)),
        ("3 months", Term(3, Unit.MONTHS)),
        ("48 hours", Term(48, Unit.HOURS)),
        ("2 weeks", Term(2, Unit.WEEKS)),
        ("1 year", Term(1, Unit.YEARS)),
        ("7 days", Term(7, Unit.DAYS)),
        ("P3M", Term(3, Unit.MONTHS)),
        ("P15D", Term(15, Unit.DAYS)),
        ("PT48H", Term(48, Unit.HOURS)),
        ("P2W", Term(2, Unit.WEEKS)),
        ("P1Y", Term(1, Unit.YEARS)),
        ("P1Y6M", Term(18, Unit.MONTHS)),
        ("P1W2D", Term(9, Unit.DAYS)),
    ],
)
def test_terms_of_the_language_and_of_iso_8601_are_read(text: str, term: Term) -> None:
    assert parse_term(text) == term


def test_a_day_is_never_read_as_hours() -> None:
    """P1D ends with a day, PT24H at an instant: two different terms."""
    assert parse_term("P1D") == Term(1, Unit.DAYS)
    assert parse_term("P1D") != parse_term("PT24H")
    assert parse_term("1 day") != parse_term("24 hours")


@pytest.mark.parametrize(
    "text",
    [
        "", "30 dayz", "15", "days", "0 days", "-1 days", "1.5 days", "15  workingdays", " 3 months", "3 months ", "1 month\n",
        "P", "PT", "P1.5D", "PT30M", "P1M15D", "P1DT2H", "P0D", "p3m", "three months", "３ months", "999999999 years", "9999999999 days",
    ],
)  # fmt: skip
def test_what_is_no_term_is_refused_with_what_was_expected_and_found(text: str) -> None:
    with pytest.raises(ValueError, match="expected a term like '15 working days'") as caught:
        parse_term(text)
    assert f"got '{text[:60]}'" in str(caught.value)


def test_a_mixed_iso_duration_says_why_it_is_refused() -> None:
    with pytest.raises(ValueError, match="one unit at a time"):
        parse_term("P1M15D")


def test_a_term_is_positive_and_within_a_century() -> None:
    with pytest.raises(ValueError, match="1 to 100 years, got 101"):
        Term(101, Unit.YEARS)
    with pytest.raises(ValueError, match="got 0"):
        Term(0, Unit.DAYS)


def test_a_term_is_said_in_both_languages() -> None:
    assert str(Term(15, Unit.WORKING_DAYS)) == "15 working days"
    assert str(Term(1, Unit.MONTHS)) == "1 month"
    assert Term(15, Unit.WORKING_DAYS).text("zh-CN") == "15个工作日"
    assert Term(3, Unit.MONTHS).text("zh-CN") == "3个月"
    assert Term(1, Unit.WORKING_DAYS).text("en") == "1 working day"


def test_terms_of_different_units_can_be_ordered_for_the_bounds_of_a_setting() -> None:
    texts = ["12 hours", "1 day", "1 working day", "1 week", "15 working days", "1 month", "1 year"]
    lengths = [parse_term(text).typical_minutes for text in texts]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) == len(lengths)


@given(TERMS)
def test_what_is_written_is_read_back(term: Term) -> None:
    assert parse_term(str(term)) == term


@given(st.one_of(st.text(max_size=40), st.from_regex(r"P?T?[0-9]{1,12} ?[A-Za-z ]{1,14}", fullmatch=True)))
def test_any_text_is_a_term_or_a_plain_refusal(text: str) -> None:
    try:
        term = parse_term(text)
    except ValueError as refusal:
        said = str(refusal)
    else:
        said = ""
        assert parse_term(str(term)) == term
    assert not said or said.startswith("expected a term like")
