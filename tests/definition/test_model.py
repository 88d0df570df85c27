"""The model: every key of the language, every shorthand; what is wrong is said at its place, in one wording, all at once."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from engine.definition import model
from engine.errors import Problem
from tests.definition.loading import DELIBERATION, SMALLEST, changed, place, problems, rules


def one(text: str, *changes: tuple[str, str]) -> Problem:
    """Give the only problem of a text after some changes."""
    (found,) = problems(text, *changes)
    return found


def test_an_unknown_key_is_refused_with_the_nearest_known_one() -> None:
    text = changed(SMALLEST, ("reason: required", "reasons: required"))
    found = one(text)
    assert (found.rule, (found.line, found.column)) == ("model.unknown_key", place(text, "reasons"))
    assert "did you mean 'reason'" in found.message
    assert found.pointer == "/states/received/actions/reject/reasons"


def test_an_unknown_key_hides_no_other_mistake() -> None:
    found = problems(SMALLEST, ("reason: required", "reasons: required"), ("to: answered}", "to: answerd}"))
    assert rules(found) == ["model.unknown_key", "name.unknown_state"]


def test_a_wrong_type_is_refused_with_what_was_expected_and_found() -> None:
    text = changed(SMALLEST, ("version: 1", "version: one"))
    found = one(text)
    assert found.message == "expected `version` to be a whole number, got 'one'"
    assert (found.line, found.column) == place(text, "version: one", len("version: "))


def test_a_wrong_value_is_refused_in_the_one_wording() -> None:
    found = one(SMALLEST, ("15 working days", "30 dayz"))
    assert found.rule == "model.value"
    assert found.message.startswith("expected `within` to be a term like '15 working days'")
    assert found.message.endswith("got '30 dayz'")


def test_a_missing_key_is_named() -> None:
    found = one(SMALLEST, ("calendar: cn ", "# "))
    assert (found.rule, found.message) == ("model.missing_key", "missing key `calendar`")


def test_a_key_without_a_value_is_refused() -> None:
    assert rules(problems(SMALLEST + "anywhere:\n")) == ["model.no_value"]


def test_all_mistakes_are_told_at_once() -> None:
    found = problems(
        SMALLEST,
        ("version: 1", "version: 0"),
        ("15 working days", "soon"),
        ("max: 500", "max: many"),
        ("by: resident, form", "by: Resident, form"),
    )
    assert rules(found) == ["model.value", "model.type", "model.value", "model.value"]
    assert [each.line for each in found] == sorted(each.line for each in found)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (("initial: received ", "# "), "model.shape"),  # states without `initial`
        (("final: true, outcome: rejected", "final: true"), "model.shape"),  # a case must end with an outcome
        (("final: true, outcome: rejected", "outcome: rejected"), "model.shape"),
        (("final: true, outcome: rejected", "final: true, outcome: gone"), "model.value"),
        (("to: rejected", "to: rejected, choice: [{to: answering}]"), "model.shape"),
        (("to: rejected", "choice: []"), "model.shape"),
        (("reason: required, to: rejected", "cycles: {at_most: 2, then: rejected}"), "model.shape"),
        (("within: 15 working days, basis", "within: 15 working days, until: data.x, basis"), "model.shape"),
        (("within: 15 working days, basis", "basis"), "model.shape"),
        (("{at: 80 %, notify", "{at: due, notify"), "model.shape"),  # two rungs of one identity
        (("at: 80 %", "at: 180 %"), "model.value"),
        (("at: 80 %", "at: 3 days around"), "model.value"),
        (("form: [reply]", "form: [reply!]"), "model.value"),
        (("form: [reply]", "form: reply"), "model.type"),
        (("reject: {by: office, reason", "reject: {reason"), "model.missing_key"),
        (("title: 不予受理, final", "title: {chinese: 不予受理}, final"), "model.value"),
        (("title: 不予受理, final", "title: 12, final"), "model.value"),
        (("type: unit", "type: units"), "model.value"),
        (("type: unit", "type: list"), "model.shape"),
        (("type: unit", "type: choice"), "model.shape"),
        (("type: unit", "type: record"), "model.shape"),
        (("type: unit", "type: unit, max: 3"), "model.shape"),
        (("assign: {by", "Assign: {by"), "model.value"),
        (("assign: {by", "in: {by"), "model.value"),  # a word of CEL is no id
        (("by: office, reason: required, to", "by: office, refuse: {code: no, text: 否}, to"), "model.shape"),
        (("{title: 不予受理, final", "{actions: {x: {by: office}}, final"), "model.shape"),
        (("owner: department\n", "owner: department\n    done: {to: answered}\n"), "model.shape"),
    ],
)
def test_what_has_no_meaning_is_refused(change: tuple[str, str], rule: str) -> None:
    assert rule in rules(problems(SMALLEST, change))


def test_a_basis_is_asked_of_a_deadline_but_not_of_a_timer() -> None:
    assert rules(problems(SMALLEST, (", basis: default", ""))) == ["term.no_basis"]
    assert problems(SMALLEST, ("basis: default", "timer: true")) == ()


def workflow(**keys: object) -> model.Workflow:
    """Make the smallest possible workflow with some keys."""
    least = {
        "workflow": "w",
        "version": 1,
        "title": "例",
        "calendar": "cn",
        "roles": {"office": "办公室"},
        "initial": "a",
        "states": {"a": {"final": True, "outcome": "success"}},
    }
    return model.Workflow.model_validate({**least, **keys})


def test_shorthands_mean_what_they_stand_for() -> None:
    made = workflow(
        roles={"office": "办公室", "head": {"zh-CN": "领导", "en": "Head"}, "unit": {"title": "单位", "bound": "data.unit"}},
        start={"by": "office", "form": ["a", "b?"], "requires": ["report", {"letter": "data.x"}], "set": {"done": False, "n": 3}},
    )
    assert made.roles["head"].title == {"zh-CN": "领导", "en": "Head"}
    assert made.roles["office"].title == {model.OWN_LANGUAGE: "办公室"}
    assert made.roles["unit"].bound == "data.unit"
    assert made.start is not None
    assert made.start.by == ("office",)
    assert [(each.document, each.when) for each in made.start.requires] == [("report", None), ("letter", "data.x")]
    assert made.start.set == {"done": "false", "n": "3"}
    assert made.language == ("zh-CN",)


def test_a_target_is_a_name_or_a_memory() -> None:
    made = workflow(
        states={
            "a": {
                "actions": {
                    "x": {"by": "office", "to": "b"},
                    "y": {"by": "office", "to": {"history": "shallow", "of": "b", "default": "a"}},
                }
            },
            "b": {"final": True, "outcome": "success"},
        }
    )
    x, y = made.states["a"].actions.values()
    assert x.to == "b"
    assert y.to == model.History(history="shallow", of="b", default="a")


def test_a_workflow_cannot_be_changed_once_made() -> None:
    with pytest.raises(ValueError, match="frozen"):
        workflow().version = 2  # type: ignore[misc]


def test_parties_ballots_and_children_are_read_in_full() -> None:
    text = SMALLEST.replace(
        "  answering:\n    owner: department\n",
        """  answering:
    owner: department
    parties:
      co: {role: co_unit, from: data.units, form: [reply], verdicts: {agree: 同意, no: 不同意}, refusing: [noo], waive: {by: office}}
    ballots:
      poll: {voters: [resident], scale: {good: 好}, values: {good: 100}, secret: yes, quorum: {more_than: 1/2}, closed_by: [office]}
    children:
      tasks: {workflow: unit_task, for_each: data.tasks, key: each.unit, copy: all, when_left: drop}
""",
    )
    found = problems(text)
    assert [(each.rule, each.message.split(",")[0]) for each in found] == [
        ("model.shape", "expected `refusing` to name verdicts (agree"),
        ("model.type", "expected `secret` to be true or false"),
        ("model.value", "expected `when_left` to be 'cancel' or 'keep'"),
    ]


def test_the_model_gives_a_json_schema_of_the_whole_language() -> None:
    schema = TypeAdapter(model.Workflow).json_schema()
    assert {"State", "Action", "Deadline", "Parties", "Ballot", "Children", "Indicator"} <= schema["$defs"].keys()
    assert schema["properties"]["roles"]


def test_the_fixture_uses_what_it_claims_to() -> None:
    assert problems(DELIBERATION) == ()
