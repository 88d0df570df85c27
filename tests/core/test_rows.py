"""Rows decided purely: what one command makes of one row, and every reason why it does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.case import Actor
from engine.core.decision import Refused
from engine.core.rows import Action, NewRow, Row, RowCommand, RowDecision, decide, key_given
from engine.definition.registry import RegistryDefinition
from tests.definition.loading import loaded

AREA = """\
registry: area
title: 板块
key: code
kept_by: [office, committee]
fields:
  code:  {type: text, max: 10}
  name:  {type: text}
  towns: {type: int, default: 0}
  share: {type: int, compute: 12 / row.towns}
  label: {type: text, compute: "row.code + row.name"}
"""
OFFICE = Actor("li", frozenset({"office"}), "org")
NEW = NewRow("org", "id-1", "0" * 64)
NOW = 1_770_685_200_000_000


def definition(text: str = AREA) -> RegistryDefinition:
    (found,) = loaded(text).registries
    return found


AREAS, LEDGER = definition(), definition(AREA + "ledger: true\n")


def made(before: Row | NewRow, action: Action, values: dict[str, Any], reason: str | None = "x", now: int = NOW) -> RowDecision:
    decision = decide(AREAS, 3, before, RowCommand(OFFICE, action, values, reason), now)
    assert isinstance(decision, RowDecision), decision
    return decision


def codes(
    before: Row | NewRow,
    action: Action,
    values: dict[str, Any],
    *,
    reason: str | None = "x",
    by: Actor = OFFICE,
    of: RegistryDefinition = AREAS,
) -> list[str]:
    refused = decide(of, 3, before, RowCommand(by, action, values, reason), NOW)
    assert isinstance(refused, Refused), refused
    return [refusal.code for refusal in refused.refusals]


ROW = made(NEW, "add", {"code": "a", "name": "东", "towns": 3}).row


def test_a_new_row_has_its_defaults_the_first_version_and_the_definition_in_force() -> None:
    decision = made(NEW, "add", {"code": "a", "towns": 3})
    assert decision.row == Row("org", "area", "a", "id-1", 1, "0" * 64, 3, {"code": "a", "towns": 3}, NOW, NOW, "li")
    assert decision.delta == {"code": "a", "towns": 3}
    assert (decision.role, decision.before) == ("office", None)


def test_a_delta_names_what_changed_and_none_for_what_is_empty_now() -> None:
    decision = made(ROW, "change", {"name": None, "towns": 4})
    assert decision.delta == {"name": None, "towns": 4}
    assert decision.row.values == {"code": "a", "towns": 4}
    assert decision.row.version == 2


def test_a_row_never_goes_back_in_time() -> None:
    assert made(ROW, "change", {"towns": 4}, now=NOW - 5).row.updated_at == NOW


def test_retiring_and_restoring_change_no_value() -> None:
    retired = made(ROW, "retire", {})
    assert (retired.row.retired_at, retired.delta, retired.changes_nothing) == (NOW, {}, False)
    assert made(retired.row, "restore", {}).row.retired_at is None


def test_every_reason_is_given_at_once() -> None:
    member = Actor("zhao", frozenset({"member"}), "org")
    assert codes(ROW, "change", {"towns": "many", "label": "x"}, reason=None, by=member) == [
        "wrong_role",
        "reason_required",
        "invalid_field",
        "invalid_field",
    ]


@pytest.mark.parametrize(
    ("before", "action", "values", "expected"),
    [
        (ROW, "add", {"code": "a"}, ["row_exists"]),
        (ROW, "restore", {}, ["row_not_retired"]),
        (ROW._replace(retired_at=NOW), "change", {"towns": 1}, ["row_retired"]),
        (ROW, "change", {"code": "b"}, ["invalid_field"]),
        (ROW, "change", {"towns": 0}, ["invalid_field"]),
        (NEW, "add", {}, ["missing_field"]),
        (NEW, "add", {"code": "import"}, ["invalid_field"]),
    ],
)
def test_what_the_row_stands_against_is_refused(before: Row | NewRow, action: Action, values: dict[str, Any], expected: list[str]) -> None:
    assert codes(before, action, values) == expected


def test_a_ledger_is_corrected_and_not_changed() -> None:
    assert codes(ROW, "change", {"towns": 4}, of=LEDGER) == ["ledger"]
    assert isinstance(decide(LEDGER, 3, ROW, RowCommand(OFFICE, "correct", {"towns": 4}, "x"), NOW), RowDecision)


def test_a_key_is_sought_in_the_form_in_which_it_is_stored() -> None:
    assert key_given(AREAS, {"code": "e\u0301"}) == "é"
    assert key_given(AREAS, {"code": 7}) is None
    assert key_given(AREAS, {}) is None


@given(st.lists(st.dictionaries(st.sampled_from(["name", "towns"]), st.sampled_from(["东", 1, 2, None]), max_size=2), max_size=8))
def test_folding_the_deltas_of_any_history_gives_the_row(history: list[dict[str, Any]]) -> None:
    row, folded = ROW, dict(ROW.values)
    for values in history:
        decision = decide(AREAS, 3, row, RowCommand(OFFICE, "change", values, "x"), NOW)
        if isinstance(decision, RowDecision):
            row = decision.row
            folded.update(decision.delta)
            folded = {name: value for name, value in folded.items() if value is not None}
    assert folded == row.values
