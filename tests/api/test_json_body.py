"""What comes in as JSON: everything a database or an auditor's program could not read alike is refused, and told where."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.json_body import DEEPEST, EXACT, Fault, read_json, read_object
from engine.errors import InvalidInput

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NUMBERS = st.integers(1 - EXACT, EXACT - 1) | st.floats(-1e15, 1e15, allow_nan=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def refused(body: bytes) -> Fault:
    with pytest.raises(InvalidInput) as caught:
        read_json(body)
    (fault,) = caught.value.violations
    assert isinstance(fault, Fault)
    assert fault.zh
    return fault


@given(VALUES)
def test_whatever_json_can_say_is_read_as_it_is(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value


@given(st.dictionaries(TEXT, VALUES, min_size=1, max_size=4), st.data())
def test_a_member_that_is_given_twice_is_found_wherever_it_is(members: dict[str, Any], data: st.DataObject) -> None:
    """Two readers could take one the first, the other the last: what was signed would not be what was done."""
    name = data.draw(st.sampled_from(sorted(members)))
    pairs = [*members.items(), (name, data.draw(VALUES))]
    twice = "{" + ",".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs) + "}"
    outer = data.draw(st.sampled_from(["%s", '{"a": [1, %s]}', '[{"x": ": ", "y": %s}]']))
    fault = refused((outer % twice).encode() if "%s" in outer else twice.encode())
    assert fault.code == "duplicate_member"
    assert repr(name) in fault.message


def test_colons_in_texts_do_not_hide_a_member_given_twice() -> None:
    assert refused(b'{"a": "x: y \\" : z", "a": 1}').code == "duplicate_member"
    assert read_json(b'{"a": "x: y \\" : z", "b": "\\\\"}') == {"a": 'x: y " : z', "b": "\\"}


def test_a_name_written_in_two_ways_is_still_the_same_name() -> None:
    assert refused(b'{"\\u0061": 1, "a": 2}').code == "duplicate_member"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a": NaN}', "not_json"),
        (b'{"a": Infinity}', "not_json"),
        (b'{"a": -Infinity}', "not_json"),
        (b'{"a": 1e400}', "infinite"),
        (b'{"a": "\\ud800"}', "lone_surrogate"),
        (b'{"a": "\\udc00 \\ud800"}', "lone_surrogate"),
        (b'{"a": "\xed\xa0\x80"}', "not_utf8"),
        (b'{"a": "\xff"}', "not_utf8"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b'{"a": "\\u0000"}', "nul_character"),
        (b'{"a\\u0000": 1}', "nul_character"),
        (b'{"a": "\x00"}', "control_character"),
        (b'{"a": 1,}', "not_json"),
        (b'{"a": 1} {}', "not_json"),
        (b"{'a': 1}", "not_json"),
        (b'{"a": 9007199254740992}', "too_precise"),
        (b'{"a": 123456789012345678901234567890}', "too_precise"),
        (b"[" * 40 + b"]" * 40, "too_deep"),
        (b"[" * 200_000, "not_json"),
    ],
)
def test_what_cannot_be_read_alike_everywhere_is_refused(body: bytes, code: str) -> None:
    assert refused(body).code == code


def test_a_refusal_points_at_the_place() -> None:
    assert refused(b'{"data": {"rows": [{"a/b": "\\u0000"}]}}').pointer == "/data/rows/0/a~1b"
    assert "line 2, column 6" in refused(b'{\n"a": NaN}').message


def test_nesting_is_taken_up_to_the_limit() -> None:
    body = b"[" * DEEPEST + b"]" * DEEPEST
    assert isinstance(read_json(body), list)
    assert refused(b"[" + body + b"]").code == "too_deep"


def test_an_empty_body_is_an_empty_object() -> None:
    assert read_object(b"") == {}


@pytest.mark.parametrize(("body", "named"), [(b"[]", "an array"), (b"null", "null"), (b'"x"', "a string"), (b"1", "a number")])
def test_a_body_that_is_no_object_is_refused_by_what_it_is(body: bytes, named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        read_object(body)
