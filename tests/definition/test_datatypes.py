from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.canonical import Invalid, canonical, rounded
from engine.definition.datatypes import DataItem, DataType, TypeName, bounds
from engine.definition.patterns import matches, pattern_fault
from engine.definition.shapes import canonicaliser

T = TypeName
COLOURS = {"red": {"zh-CN": "红"}, "blue": {"zh-CN": "蓝"}}
PLAIN = DataItem("unit", {"zh-CN": "单位"}, DataType(T.UNIT))
SCORE = DataType(T.DECIMAL, scale=1, between=bounds(T.DECIMAL, 0, 100))


def form_of(kind: DataType, value: Any, settings: dict[str, Any] | None = None) -> Any:
    return canonicaliser(kind)(value, settings)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (DataType(T.TEXT), "e\u0301", "é"),
        (DataType(T.TEXT, max=1), "e\u0301", "é"),
        (DataType(T.TEXT, pattern=r"\d{6}"), "100000", "100000"),
        (DataType(T.INT), 2**53 - 1, 2**53 - 1),
        (SCORE, 85.5, "85.5"),
        (SCORE, "85.5", "85.5"),
        (SCORE, 85, "85.0"),
        (SCORE, "85.50", "85.5"),
        (SCORE, "-0", "0.0"),
        (DataType(T.DECIMAL), "85.50", "85.5"),
        (DataType(T.DECIMAL), "100", "100"),
        (DataType(T.BOOL), False, False),
        (DataType(T.CHOICE, options=COLOURS), "red", "red"),
        (DataType(T.TAGS, options=COLOURS), ["blue", "red"], ["blue", "red"]),
        (DataType(T.TAGS), ["任意"], ["任意"]),
        (DataType(T.DATE), "2024-02-29", "2024-02-29"),
        (DataType(T.DATETIME), "2026-02-10T09:00:00+08:00", "2026-02-10T01:00:00Z"),
        (DataType(T.DATETIME), "2026-02-10T01:00:00.5Z", "2026-02-10T01:00:00.500000Z"),
        (DataType(T.PERSON), "wang", "wang"),
        (DataType(T.LIST, of=DataType(T.PERSON)), ["wang", "wang"], ["wang", "wang"]),
        (DataType(T.RECORD, fields=(PLAIN,)), {"unit": "u"}, {"unit": "u"}),
        (DataType(T.RECORD, fields=(PLAIN,)), {}, {}),
        (DataType(T.REF), "r1", {"id": "r1"}),
    ],
)
def test_a_value_has_one_canonical_form(kind: DataType, value: Any, expected: Any) -> None:
    assert form_of(kind, value) == expected
    assert form_of(kind, expected) == expected, "the canonical form of a canonical form is itself"


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (DataType(T.TEXT), 1, "expected a text, got 1"),
        (DataType(T.TEXT), None, "got null"),
        (DataType(T.TEXT), "a\x00b", "NUL"),
        (DataType(T.TEXT), "议\x00", "NUL"),
        (DataType(T.TEXT), "\ud800", "surrogates"),
        (DataType(T.TEXT), "x" * 20_001, "at most 20000 characters, got 20001"),
        (DataType(T.TEXT, pattern=r"\d{6}"), "1000000", "of the form"),
        (DataType(T.TEXT, pattern="a"), "a\n", "of the form"),
        (DataType(T.INT), 2**53, "below 2^53"),
        (DataType(T.INT), 10**400, "below 2^53"),
        (DataType(T.INT), 1.0, "whole number"),
        (DataType(T.INT), True, "got true"),
        (DataType(T.INT), "1", "whole number"),
        (DataType(T.INT, between=(1, 5)), 6, "from 1 to 5"),
        (SCORE, 85.55, "at most 1 decimal places"),
        (SCORE, 100.1, "from 0 to 100"),
        (SCORE, "1e1", "like 85.5"),
        (SCORE, "85,5", "like 85.5"),
        (SCORE, float("nan"), "got nan"),
        (SCORE, float("inf"), "got inf"),
        (SCORE, True, "got true"),
        (DataType(T.DECIMAL), "1234567890123456", "at most 15 digits"),
        (DataType(T.DECIMAL), 1e300, "at most 15 digits"),
        (DataType(T.DECIMAL), "٣", "like 85.5"),
        (DataType(T.BOOL), 1, "true or false"),
        (DataType(T.CHOICE, options=COLOURS), "rad", "did you mean 'red'"),
        (DataType(T.CHOICE, options=COLOURS), [], "got a list"),
        (DataType(T.TAGS, options=COLOURS), ["red", "red"], "'red' twice"),
        (DataType(T.DATE), "2026-02-29", "a date like"),
        (DataType(T.DATE), "20260210", "a date like"),
        (DataType(T.DATE), "2026-02-10T00:00:00Z", "a date like"),
        (DataType(T.DATE, between=("2026-01-01", "2026-12-31")), "2027-01-01", "from 2026-01-01"),
        (DataType(T.DATETIME), "2026-02-10T09:00:00", "with a zone"),
        (DataType(T.DATETIME), "2026-02-10", "with a zone"),
        (DataType(T.DATETIME), "2026-W07-2T09:00:00Z", "with a zone"),
        (DataType(T.DATETIME), "2026-02-10T25:00:00Z", "with a zone"),
        (DataType(T.DATE), "２０２６-02-10", "a date like"),
        (DataType(T.PERSON), " ", "got an empty text"),
        (DataType(T.LIST, of=DataType(T.INT), max=2), [1, 2, 3], "at most 2"),
        (DataType(T.LIST, of=DataType(T.INT)), [1, "x"], "1: expected a whole number"),
        (DataType(T.RECORD, fields=(PLAIN,)), {"unti": "u"}, "unti"),
    ],
)
def test_what_a_type_does_not_allow_is_refused_with_the_reason(kind: DataType, value: Any, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        form_of(kind, value)
    assert words in str(caught.value)


def test_reasons_are_given_in_both_languages() -> None:
    with pytest.raises(Invalid) as caught:
        canonical(DataType(T.CHOICE, options=COLOURS))("rad", None)
    assert caught.value.texts == {
        "en": "expected one of red, blue, got 'rad', did you mean 'red'?",
        "zh-CN": "应为 red, blue 之一，实为'rad'，是否想写 'red'？",
    }


def test_options_of_a_setting_are_the_cases_own() -> None:
    """A case keeps the settings it opened with."""
    kind = DataType(T.CHOICE, options=COLOURS, options_setting="colours")
    assert form_of(kind, "green", {"colours": {"green": {"zh-CN": "绿"}}}) == "green"
    with pytest.raises(ValueError, match="expected one of green"):
        form_of(kind, "red", {"colours": {"green": {"zh-CN": "绿"}}})


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=200))
def test_any_storable_text_has_a_canonical_form_that_is_stable(text: str) -> None:
    once = form_of(DataType(T.TEXT), text)
    assert form_of(DataType(T.TEXT), once) == once


@given(st.decimals(-100_000, 100_000, places=4), st.integers(0, 3))
def test_computed_decimals_are_rounded_half_up(number: Decimal, scale: int) -> None:
    expected = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    assert Decimal(rounded(float(number), scale)) == expected
    assert not rounded(float(number), scale).startswith("-0.0" if not expected else "?")


@given(st.integers(-(10**14), 10**14), st.integers(0, 9))
def test_a_decimal_is_the_same_number_in_an_expression(digits: int, scale: int) -> None:
    """Up to 15 digits a double keeps what was typed."""
    typed = Decimal(digits).scaleb(-scale)
    kept = form_of(DataType(T.DECIMAL, scale=scale), format(typed, "f"))
    assert Decimal(kept) == typed
    assert rounded(float(kept), scale) == kept


@pytest.mark.parametrize(
    ("kind", "key", "words"),
    [
        (DataType(T.INT, max=3), "max", "belongs to"),
        (DataType(T.TEXT, scale=1), "scale", "belongs to decimal"),
        (DataType(T.LIST), "of", "a list needs `of`"),
        (DataType(T.LIST, of=DataType(T.TAGS)), "of", "cannot hold lists"),
        (DataType(T.RECORD), "fields", "a record needs `fields`"),
        (DataType(T.CHOICE), "options", "a choice needs `options`"),
        (DataType(T.DECIMAL, scale=10), "scale", "0 to 9"),
        (DataType(T.INT, between=(5, 1)), "between", "the lower bound first"),
        (DataType(T.TEXT, pattern="(a"), "pattern", "regular expression"),
        (DataType(T.TEXT, max=0), "max", "at least 1"),
    ],
)
def test_a_faulty_declaration_is_told_at_its_key(kind: DataType, key: str, words: str) -> None:
    assert [(found, words in message) for found, message in kind.faults()] == [(key, True)]


@pytest.mark.parametrize("kind", [DataType(T.TEXT, max=5, pattern="a+"), SCORE, DataType(T.LIST, of=DataType(T.RECORD, fields=(PLAIN,)))])
def test_a_sound_declaration_has_no_faults(kind: DataType) -> None:
    assert kind.faults() == []


@pytest.mark.parametrize("pattern", ["a)(b", "(?<=a)b", "[", "a{1001}", "x" * 501])
def test_patterns_that_re2_does_not_know_are_faulty(pattern: str) -> None:
    assert pattern_fault(pattern)


def test_a_pattern_stands_for_the_whole_text() -> None:
    assert matches("ab", "a|ab")
    assert not matches("xab", "ab")


def test_a_pattern_that_makes_others_hang_is_quick() -> None:
    assert not matches("a" * 20_000 + "!", "(a+)+")


def test_bounds_are_of_the_items_type() -> None:
    assert bounds(T.DECIMAL, "0.5", 1) == (Decimal("0.5"), Decimal(1))
    with pytest.raises(ValueError, match="two values of type int"):
        bounds(T.INT, "a", 1)
