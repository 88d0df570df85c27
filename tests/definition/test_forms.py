from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.datatypes import DataType, TypeName, bounds
from engine.definition.forms import Form, FormField
from tests.definition.case_views import ITEMS, item

SCORED = item("score", DataType(TypeName.DECIMAL, scale=1, between=bounds(TypeName.DECIMAL, 0, 100)))
START = Form(
    (FormField(ITEMS["topic"]), FormField(ITEMS["source"]), FormField(ITEMS["proposers"]), FormField(ITEMS["special"], optional=True))
)
FILLED: dict[str, Any] = {"topic": "议题", "source": "member", "proposers": ["wang"]}


def refused(form: Form, data: dict[str, Any]) -> list[tuple[str, str]]:
    values, refusals = form.validate(data)
    assert values == {}, "what is refused gives no values"
    return [(each.code, each.facts["field"]) for each in refusals]


def test_a_filled_form_gives_its_values() -> None:
    assert START.validate(FILLED) == (FILLED, [])
    assert START.validate({**FILLED, "special": True}) == ({**FILLED, "special": True}, [])


def test_all_mistakes_are_told_at_once() -> None:
    assert refused(START, {"topic": 1, "source": "x", "surce": "member"}) == [
        ("invalid_field", "topic"),
        ("invalid_field", "source"),
        ("missing_field", "proposers"),
        ("invalid_field", "surce"),
    ]


@pytest.mark.parametrize("empty", ["", " \n", []])
def test_what_must_be_filled_in_is_not_filled_by_nothing(empty: Any) -> None:
    assert refused(START, {**FILLED, "topic": empty}) == [("missing_field", "topic")]


def test_an_optional_field_left_empty_is_left_out() -> None:
    form = Form((FormField(ITEMS["topic"], optional=True),))
    assert form.validate({"topic": ""}) == ({}, [])
    assert form.validate({}) == ({}, [])


def test_null_is_no_value() -> None:
    assert refused(START, {**FILLED, "special": None}) == [("invalid_field", "special")]


def test_an_unknown_field_is_refused_with_the_nearest_known_one() -> None:
    _, (refusal,) = START.validate({**FILLED, "specail": True})
    assert refusal.message["en"] == "there is no such field here, did you mean 'special'?"
    assert refusal.message["zh-CN"] == "没有这一项，是否想写 'special'？"


def test_records_are_checked_to_the_last_field() -> None:
    form = Form((FormField(ITEMS["tasks"]),))
    assert refused(form, {"tasks": [{"unit": "u", "dew": "2026-02-10"}, {"due": "2026-2-1", "n": "1"}, 3]}) == [
        ("invalid_field", "tasks.0.dew"),
        ("invalid_field", "tasks.1.due"),
        ("invalid_field", "tasks.1.n"),
        ("invalid_field", "tasks.2"),
    ]
    _, refusals = form.validate({"tasks": [{"dew": "x"}]})
    assert "did you mean 'due'" in refusals[0].message["en"]


def test_a_client_cannot_write_who_added_a_row_and_when() -> None:
    form = Form((FormField(ITEMS["tasks"], adds_row=True),))
    assert refused(form, {"tasks": [{"unit": "u", "by": "li"}]}) == [("invalid_field", "tasks.0.by")]


def test_rows_are_added_one_or_several_and_come_as_a_list() -> None:
    form = Form((FormField(ITEMS["tasks"], adds_row=True),))
    assert form.validate({"tasks": {"unit": "u"}}) == ({"tasks": [{"unit": "u"}]}, [])
    assert form.validate({"tasks": [{"unit": "u"}, {"unit": "v"}]}) == ({"tasks": [{"unit": "u"}, {"unit": "v"}]}, [])
    assert refused(form, {"tasks": []}) == [("missing_field", "tasks")]


def test_values_come_in_canonical_form() -> None:
    form = Form((FormField(SCORED), FormField(ITEMS["met_at"])))
    assert form.validate({"score": 85, "met_at": "2026-02-10T09:00:00+08:00"}) == ({"score": "85.0", "met_at": "2026-02-10T01:00:00Z"}, [])


@pytest.mark.parametrize("name", ["copy", "json", "schema", "model_config", "validate", "_x", "class"])
def test_an_item_may_have_any_name(name: str) -> None:
    form = Form((FormField(item(name, ITEMS["topic"].type)),))
    assert form.validate({name: "x"}) == ({name: "x"}, [])


def test_options_are_those_of_the_case() -> None:
    kind = DataType(TypeName.CHOICE, options={"a": {"en": "A"}}, options_setting="answers")
    form = Form((FormField(item("answer", kind)),))
    settings = {"answers": {"b": {"en": "B", "zh-CN": "乙"}}}
    assert form.validate({"answer": "b"}, settings) == ({"answer": "b"}, [])
    assert form.json_schema("zh-CN", settings)["properties"]["answer"]["oneOf"] == [{"const": "b", "title": "乙"}]
    assert form.validate({"answer": "a"}, settings)[1][0].code == "invalid_field"


def test_a_schema_is_in_the_readers_language() -> None:
    schema = START.json_schema("zh-CN")
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["required"] == ["topic", "source", "proposers"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["topic"] == {"title": "topic标题", "type": "string", "maxLength": 20_000, "minLength": 1}
    assert schema["properties"]["source"]["enum"] == ["party_gov", "member"]
    assert schema["properties"]["source"]["oneOf"][0] == {"const": "party_gov", "title": "党政点题"}
    assert START.json_schema("en")["properties"]["topic"]["title"] == "Topic"
    assert START.json_schema("fr")["properties"]["topic"]["title"] == "topic标题", "a language there is no text in gets the first there is"


ALL = Form(
    (
        *(FormField(each, optional=True) for each in ITEMS.values() if each.id not in {"came", "score", "tasks"}),
        FormField(SCORED, optional=True),
        FormField(ITEMS["tasks"], optional=True, adds_row=True),
    )
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "unit": st.sampled_from(["u", "v", 1]),
        "due": st.sampled_from(["2026-02-10", "2026-02-30", "soon"]),
        "n": st.integers(-3, 3) | st.just(2**60),
        "source": st.sampled_from(["member", "x"]),
    },
)
SENT = st.fixed_dictionaries(
    {},
    optional={
        "topic": st.sampled_from(["议题", "x" * 20_001, 3, None]),
        "special": st.booleans() | st.none() | st.integers(0, 1),
        "n": st.integers() | st.booleans() | st.just(1.5),
        "score": st.sampled_from(["85.5", "85.55", "x", 85.5, 85, 101, -1, True, "85.50", "+1"]),
        "source": st.sampled_from(["member", "party_gov", "other"]),
        "proposers": st.lists(st.sampled_from(["wang", "li", 1]), min_size=1, max_size=3),
        "channels": st.lists(st.sampled_from(["media", "leader", "x"]), min_size=1, max_size=3),
        "session_on": st.sampled_from(["2026-02-10", "2026-02-30", "10.2.2026"]),
        "met_at": st.sampled_from(["2026-02-10T09:00:00+08:00", "2026-02-10T09:00:00Z", "2026-02-10T09:00:00", "x"]),
        "tasks": RECORDS | st.lists(RECORDS, min_size=1, max_size=2),
        "main": RECORDS,
        "nope": st.just(1),
    },
)


@given(SENT)
def test_the_schema_and_the_validation_agree(data: dict[str, Any]) -> None:
    """A client that checks by the schema is never surprised."""
    validator = jsonschema_rs.Draft202012Validator(ALL.json_schema("en"), validate_formats=True)
    _, refusals = ALL.validate(data)
    assert validator.is_valid(data) == (not refusals)
