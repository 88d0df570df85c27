"""Forms there and back: what a page shows of a value and what is read from it again are the same value."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.fields import PREFIX, Drawing, Field, Kind, read_form, typed_rows
from api.console.texts import Words
from api.console.writing import Writer
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.forms import Form, FormField

ZONE = ZoneInfo("Asia/Shanghai")
OPTIONS = {"a": {"zh-CN": "甲"}, "b": {"zh-CN": "乙"}, "c": {"zh-CN": "丙"}}


def item(name: str, kind: DataType) -> DataItem:
    return DataItem(name, {"zh-CN": name}, kind)


def simple(name: TypeName, **more: Any) -> DataType:
    return DataType(name, **more)


RECORD = simple(
    TypeName.RECORD,
    fields=(
        item("place", simple(TypeName.TEXT)),
        item("n", simple(TypeName.INT)),
        item("ok", simple(TypeName.BOOL)),
        item("on", simple(TypeName.DATE)),
    ),
)
KINDS = {
    "text": simple(TypeName.TEXT),
    "line": simple(TypeName.TEXT, max=50),
    "n": simple(TypeName.INT),
    "score": simple(TypeName.DECIMAL, scale=2),
    "ok": simple(TypeName.BOOL),
    "kind": simple(TypeName.CHOICE, options=OPTIONS),
    "tags": simple(TypeName.TAGS, options=OPTIONS),
    "kinds": simple(TypeName.LIST, of=simple(TypeName.CHOICE, options=OPTIONS)),
    "people": simple(TypeName.LIST, of=simple(TypeName.PERSON)),
    "numbers": simple(TypeName.LIST, of=simple(TypeName.INT)),
    "on": simple(TypeName.DATE),
    "at": simple(TypeName.DATETIME),
    "clerk": simple(TypeName.PERSON),
    "unit": simple(TypeName.UNIT),
    "record": RECORD,
    "rows": simple(TypeName.LIST, of=RECORD),
}
FORM = Form(tuple(FormField(item(name, kind), optional=True) for name, kind in KINDS.items()))

# Browsers send line breaks as CRLF and a text area begins behind one; controls and surrogates are for others to refuse.
words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)
prose = st.lists(words, min_size=1, max_size=4).map("\n".join)
whole = st.integers(-(2**53) + 1, 2**53 - 1)
days = st.dates(date(1990, 1, 1), date(2100, 1, 1)).map(str)
keys = st.sampled_from(sorted(OPTIONS))
rows = st.fixed_dictionaries({}, optional={"place": prose, "n": whole, "ok": st.booleans(), "on": days}).filter(bool)
moments = st.datetimes(datetime.fromisoformat("1992-01-01"), datetime.fromisoformat("2100-01-01")).map(
    lambda moment: f"{moment.replace(second=0, microsecond=0):%Y-%m-%dT%H:%M:%SZ}"
)
VALUES = {
    "text": prose,
    "line": words,
    "n": whole,
    "score": st.decimals(-1000, 1000, places=2).map(lambda number: f"{number + 0:.2f}"),
    "ok": st.booleans(),
    "kind": keys,
    "tags": st.lists(keys, min_size=1, unique=True),
    "kinds": st.lists(keys, min_size=1, unique=True),
    "people": st.lists(words, min_size=1, max_size=5),
    "numbers": st.lists(whole, min_size=1, max_size=5),
    "on": days,
    "at": moments,
    "clerk": words,
    "unit": words,
    "record": rows,
    "rows": st.lists(rows, min_size=1, max_size=4),
}


def sent_by(fields: tuple[Field, ...]) -> dict[str, list[str]]:
    """What a browser sends of the fields as they stand."""
    sent: dict[str, list[str]] = {}
    for field in fields:
        if field.kind is Kind.GROUP:
            sent |= sent_by(field.fields)
        elif field.kind in {Kind.CHECKS, Kind.YES_NO}:
            known = {option.value for option in field.options} or {"true", "false"}
            if ticked := [value for value in field.values if value in known]:
                sent[field.name] = ticked
        else:
            sent[field.name] = [field.value.replace("\n", "\r\n")]
    return sent


def drawn(present: dict[str, Any], typed: dict[str, list[str]] | None = None) -> tuple[Field, ...]:
    return Drawing(Writer(Words("zh-CN"), ZONE), {}, present, typed, {}).fields(FORM)


def canonical(data: dict[str, Any]) -> dict[str, Any]:
    values, refusals = FORM.validate(data)
    assert refusals == []
    return values


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_values_go_to_the_page_and_come_back_the_same(data: dict[str, Any]) -> None:
    stored = canonical(data)
    assert canonical(read_form(FORM, sent_by(drawn(stored)), ZONE)) == stored


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_what_was_typed_comes_back_as_it_was_typed(data: dict[str, Any]) -> None:
    sent = sent_by(drawn(canonical(data)))
    again = {name: values for name, values in sent_by(drawn({}, sent)).items() if values != [""]}
    assert again == {name: values for name, values in sent.items() if values != [""]}


def test_an_empty_page_sends_nothing() -> None:
    assert read_form(FORM, sent_by(drawn({})), ZONE) == {}


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("n", "zwölf"),
        ("n", "1.5"),
        ("n", "１２"),
        ("n", "9" * 30),
        ("score", "viel"),
        ("on", "2026-02-30"),
        ("at", "morgen"),
        ("kind", "z"),
    ],
)
def test_what_is_no_value_is_left_for_the_service_to_refuse(name: str, typed: str) -> None:
    data = read_form(FORM, {f"{PREFIX}.{name}": [typed]}, ZONE)
    assert data == {name: typed}
    _, refusals = FORM.validate(data)
    assert [refusal.facts["field"] for refusal in refusals] == [name]


def test_a_local_time_gets_the_zone_of_the_calendar() -> None:
    assert canonical(read_form(FORM, {"data.at": ["2026-02-10T09:00"]}, ZONE)) == {"at": "2026-02-10T01:00:00Z"}


def test_what_has_to_be_stated_anew_is_not_filled_in_beforehand() -> None:
    form = Form((FormField(item("ok", KINDS["ok"])), FormField(item("n", KINDS["n"]), optional=True)))
    fields = Drawing(Writer(Words("zh-CN"), ZONE), {}, {"ok": True, "n": 3}, None, {}).fields(form)
    assert [(field.name, field.values, field.required) for field in fields] == [("data.ok", (), True), ("data.n", ("3",), False)]
    assert fields[1].hint == "留空则保持原值"


@pytest.mark.parametrize("name", ["data.rows.99999.n", "data.rows.x.n", "data.rowsx.1.n", "data.rows.-1.n"])
def test_rows_that_no_page_has_are_not_counted(name: str) -> None:
    assert typed_rows({name: ["1"]}, "data.rows") == 0
