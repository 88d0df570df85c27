"""The JSON Schema of workflow files: it agrees with the models it is made from, says what every key is for, and is what is committed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from engine.definition.editor_schema import TOGETHER, editor_schema
from engine.definition.model.shapes import Shape
from engine.definition.reader import read
from tests.definition.loading import DELIBERATION, FIXTURES, SMALLEST, changed, loaded

COMMITTED = Path("docs/reference/workflow.schema.json")
SCHEMA = dict(editor_schema())
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)
REGISTRY = "registry: area\ntitle: 板块\nkey: code\nkept_by: office\nfields: {code: {type: text}}\n"
WORKFLOW_FILES = sorted([*Path("workflows").glob("*.yaml"), *FIXTURES.glob("*.yaml"), *Path("api/commands/templates").rglob("*.yaml")])
YAML_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


def documents(text: str) -> list[Any]:
    reading = read(text, "w.yaml")
    assert reading.problems == ()
    return [as_json(document.data) for document in reading.documents]


def mistakes(text: str) -> list[str]:
    return [f"{error.instance_path}: {error.message}" for document in documents(text) for error in VALIDATOR.iter_errors(document)]


def schemas(part: Any, path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(part, dict):
        yield path, part
        for key, value in part.items():
            yield from schemas(value, f"{path}/{key}")
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from schemas(value, f"{path}/{number}")


def models() -> Iterator[type[Shape]]:
    found, waiting = set[type[Shape]](), list(Shape.__subclasses__())
    while waiting:
        if (model := waiting.pop()) not in found and model.__module__.startswith("engine.definition.model"):
            found.add(model)
            waiting += model.__subclasses__()
            yield model


# --- the schema itself ----------------------------------------------------------------------------------------------


def test_it_is_a_schema_of_draft_2020_12() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(json.loads(json.dumps(SCHEMA)))


def test_the_committed_file_is_what_is_generated() -> None:
    """Whoever changes the language: `yishi schema > docs/reference/workflow.schema.json`."""
    assert json.loads(COMMITTED.read_text("utf-8")) == SCHEMA


def test_every_reference_leads_somewhere() -> None:
    wanted = {part["$ref"].removeprefix("#/$defs/") for _, part in schemas(SCHEMA) if isinstance(part.get("$ref"), str)}
    assert wanted == SCHEMA["$defs"].keys()


def test_every_key_of_the_language_says_what_it_is_for() -> None:
    silent = [f"{model.__name__}.{name}" for model in models() for name, field in model.model_fields.items() if not field.description]
    assert silent == []


def test_what_a_key_is_for_is_shown_with_the_key() -> None:
    action = SCHEMA["$defs"]["Action"]["properties"]
    assert action["by"]["description"] == "Who may take it: roles, clock, parent, anyone."
    assert all(key["description"] for name in TOGETHER for key in SCHEMA["$defs"][name]["properties"].values())


def test_nothing_of_how_python_sees_it_is_left() -> None:
    """No null, which the language does not have, no made-up titles, no keys by their Python names."""
    for path, part in schemas(SCHEMA):
        assert part.get("type") != "null", path
        if path.endswith("/properties"):
            assert not any(key.endswith("_") for key in part), path
        elif path != "#" and not path.endswith("/dependentRequired"):
            assert not isinstance(part.get("title"), str), path


@pytest.mark.parametrize(
    ("kind", "key", "values"), [("Deadline", "basis", ["source", "rule", "default"]), ("Action", "reason", ["required", "optional"])]
)
def test_closed_lists_are_offered(kind: str, key: str, values: list[str]) -> None:
    assert SCHEMA["$defs"][kind]["properties"][key]["enum"] == values


# --- what is right --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", WORKFLOW_FILES, ids=str)
def test_every_workflow_there_is_passes(path: Path) -> None:
    if not path.name.endswith(".test.yaml"):
        assert mistakes(path.read_text("utf-8")) == []


def test_a_registry_passes() -> None:
    assert mistakes(REGISTRY) == []


def test_the_examples_of_the_guides_pass() -> None:
    guides = [*Path("docs/guide").rglob("designers.md")]
    blocks = [block for guide in guides for block in YAML_BLOCK.findall(guide.read_text("utf-8"))]
    whole = [block for block in blocks if block.startswith("workflow:")]
    assert len(whole) >= len(guides)
    for block in whole:
        assert mistakes(block) == []


SHORT_AND_LONG = [
    ("notify: [owner, office]", "notify: owner"),
    ("form: [department]", "form: [department?]"),
    ("form: [text]", "form: [text+]"),
    ("assign: {by: office,", "assign: {by: [office, resident],"),
    ("office: 政协办公室", "office: {zh-CN: 政协办公室, en: Office}"),
    ("office: 政协办公室", "office: {title: 政协办公室}"),
    ("office: 政协办公室", "office: {title: {zh-CN: 政协办公室, en: Office}, bound: data.department}"),
    ("title: 群众留言", "title: {zh-CN: 群众留言, en: Message}"),
    ("within: 15 working days", "within: settings.term"),
    ("within: 15 working days", "within: P3M"),
    ("within: 15 working days", "until: data.day, lead: 3 days"),
    ("at: 80 %", "at: 3 working days before"),
    ("reason: required, to: rejected", "requires: [report, {minutes: data.agreed}], to: {history: deep}"),
    ("reason: required, to: rejected", "choice: [{guard: true, to: rejected}, {to: answering, cycles: {at_most: 2, then: rejected}}]"),
    ("max: 500", "default: []"),
    ("type: text, title: 答复", "type: choice, options: {a: 甲, b: {zh-CN: 乙, en: B}}"),
    ("type: text, title: 答复", "type: decimal, scale: 1, between: [0, 99.5]"),
]


@pytest.mark.parametrize(("long", "short"), SHORT_AND_LONG, ids=[short for _, short in SHORT_AND_LONG])
def test_each_way_of_writing_something_passes(long: str, short: str) -> None:
    assert mistakes(changed(SMALLEST, (long, short))) == []


# --- what is wrong --------------------------------------------------------------------------------------------------

BROKEN = [
    ("version: 1", "versoin: 1"),
    ("version: 1", "version: '1'"),
    ("version: 1", "version: 0"),
    ("workflow: resident_message", "workflow: Resident Message"),
    ("workflow: resident_message", "workflow: in"),
    ("calendar: cn", ""),
    ("calendar: cn", "calendar:"),
    ("title: 群众留言", "title: 3"),
    ("title: 群众留言", "title: {Chinese: 群众留言}"),
    ("title: 群众留言", "title: ' '"),
    ("office: 政协办公室", "Office: 政协办公室"),
    ("office: 政协办公室", "office: {bound: data.department}"),
    ("office: 政协办公室", "office: {title: 政协办公室, bound: data.department, superior_of: resident}"),
    ("type: text, title: 答复", "type: txt, title: 答复"),
    ("type: text, title: 答复", "type: list, title: 答复"),
    ("type: text, title: 答复", "type: choice, title: 答复"),
    ("type: text, title: 答复", "title: 答复"),
    ("max: 500", "default: '', compute: data.reply"),
    ("max: 500", "max: many"),
    ("form: [department]", "form: [department*]"),
    ("form: [department]", "form: department"),
    ("initial: received", ""),
    ("initial: received", "initial: topic.received"),
    ("assign: {by: office, ", "assign: {"),
    ("assign: {by: office, ", "assign: {by: office, gaurd: data.x, "),
    ("reason: required, to: rejected", "reason: maybe, to: rejected"),
    ("reason: required, to: rejected", "to: rejected, choice: [{to: answering}]"),
    ("reason: required, to: rejected", "cycles: {at_most: 2, then: rejected}"),
    ("reason: required, to: rejected", "refuse: {code: late, text: 晚了}, to: rejected"),
    ("reason: required, to: rejected", "to: {history: deepest}"),
    ("reason: required, to: rejected", "requires: [{report: true, minutes: true}], to: rejected"),
    ("reason: required, to: rejected", "limit: often, to: rejected"),
    ("reason: required, to: rejected", "except: [], guard: [data.x], to: rejected"),
    ("within: 15 working days", "within: 15 dayz"),
    ("within: 15 working days", "within: 15"),
    ("within: 15 working days", "within: 15 working days, until: data.day"),
    ("within: 15 working days", "hour: '17:00'"),
    ("within: 15 working days", "within: 15 working days, lead: 3 days"),
    ("within: 15 working days", "rrule: FREQ=WEEKLY"),
    ("type: unit, title: 承办部门}", "type: attendance, default: []}"),
    ("type: unit, title: 承办部门}", "type: attendance, compute: data.reply}"),
    ("type: unit, title: 承办部门}", "type: attendance, late_after: 9 o'clock}"),
    ("within: 15 working days", "rrule: FREQ=HOURLY, met_by: answer"),
    ("within: 15 working days", "rrule: every Friday, met_by: answer"),
    ("within: 15 working days", "rrule: FREQ=WEEKLY, met_by: answer, extend: {by: office, add: 3 days}"),
    ("within: 15 working days", "rrule: FREQ=WEEKLY, met_by: answer, reentry: continue"),
    ("within: 15 working days", "rrule: FREQ=WEEKLY, met_by: answer, rest_day: sunday"),
    ("within: 15 working days", "within: 15 working days, rest_day: next"),
    ("within: 15 working days", "within: 15 working days, timer: true, met_by: answer"),
    ("within: 15 working days", "within: 15 working days, hour: 17:60"),
    ("basis: default", "basis: usual"),
    ("at: 80 %", "at: 80"),
    ("at: 80 %", "at: 180 %"),
    ("final: true, outcome: rejected", "final: true"),
    ("final: true, outcome: rejected", "final: true, outcome: done"),
    ("final: true, outcome: rejected", "outcome: rejected"),
    ("final: true, outcome: rejected", "final: true, outcome: rejected, owner: office"),
]


@pytest.mark.parametrize(("right", "wrong"), BROKEN, ids=[wrong or f"without {right}" for right, wrong in BROKEN])
def test_what_is_broken_is_told_by_the_schema_and_by_the_loader(right: str, wrong: str) -> None:
    text = changed(SMALLEST, (right, wrong))
    assert mistakes(text)
    assert any(problem.severity == "error" for problem in loaded(text).problems)


def test_a_registry_without_a_key_is_told() -> None:
    assert mistakes(REGISTRY.replace("key: code\n", ""))


def test_a_wrong_id_is_told_in_the_words_of_the_language() -> None:
    told = SCHEMA["$defs"]["id"]["errorMessage"]
    assert told.startswith("expected an id: a-z, 0-9 and _")


def test_taking_any_required_key_away_is_told() -> None:
    """For each map of a whole workflow: without a key that its model requires, the schema refuses it too."""
    (whole,) = documents(DELIBERATION)
    for key in ("workflow", "version", "title", "calendar", "roles"):
        assert not VALIDATOR.is_valid({name: value for name, value in whole.items() if name != key}), key
