"""JSON Schema (2020-12) of the workflow language, for completion, hover and squiggles in any editor that knows YAML.

Made from the models. It says what can be said of one place of a file: keys, shorthands, patterns, which keys go together. What
hangs on the rest of the file, names and expressions above all, is left to lint.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from engine.definition.json_schemas import DIALECT
from engine.definition.model import Preset, Registry, Workflow
from engine.definition.model.shapes import Cel, Dotted, Id, TermOrSetting, Text
from engine.definition.model.workflow import MEASURES

Schema = dict[str, Any]

DESCRIPTION = "A workflow, a registry or a preset of settings of Yishi. Names and expressions are checked by `yishi lint`."
REFERENCE = "#/$defs/{model}"


@cache
def editor_schema() -> Mapping[str, Any]:
    """Give the schema of a document of a workflow file: of a registry or preset where that key is written, else of a workflow."""
    _, made = models_json_schema(
        [(Workflow, "validation"), (Registry, "validation"), (Preset, "validation")], by_alias=True, ref_template=REFERENCE
    )
    parts = {name: _plain(part) for name, part in made["$defs"].items()}
    for name, rules in TOGETHER.items():
        parts[name] |= rules
    named = {name: _plain(TypeAdapter(kind).json_schema()) for name, kind in WORDS.items()}
    parts = {name: _shortened(part, named) for name, part in parts.items()}
    whole: Schema = {
        "$schema": DIALECT,
        "description": DESCRIPTION,
        "type": "object",
        "if": {"required": ["registry"]},
        "then": {"$ref": REFERENCE.format(model="Registry")},
        "else": {
            "if": {"required": ["preset"]},
            "then": {"$ref": REFERENCE.format(model="Preset")},
            "else": {"$ref": REFERENCE.format(model="Workflow")},
        },
        "$defs": {**named, **parts},
    }
    return MappingProxyType(whole)


# --- which keys go together -----------------------------------------------------------------------------------------


def _one_of(*keys: str) -> Schema:
    return {"oneOf": [{"required": [key]} for key in keys]}


def _not_both(*keys: str) -> Schema:
    return {"not": {"required": list(keys)}}


def _for_type(types: list[str], needed: str) -> Schema:
    return {"if": {"properties": {"type": {"enum": types}}, "required": ["type"]}, "then": {"required": [needed]}}


_STATES = {"dependentRequired": {"initial": ["states"], "states": ["initial"]}, "not": {"required": ["states", "regions"]}}
_BUDGET = {"dependentRequired": {"cycles": ["to"]}}
_CHOICE = {"choice": {"not": {"required": ["to"]}}}
_ACTION = {**_BUDGET, "dependentSchemas": {**_CHOICE, "refuse": {"anyOf": [{"required": ["guard"]}, {"required": ["choice"]}]}}}
_COUNTED = {"from": ["within"], "lead": ["until"]}

_IS_ATTENDANCE: Schema = {"properties": {"type": {"const": "attendance"}}, "required": ["type"]}

TOGETHER: Mapping[str, Schema] = {
    "Workflow": {
        **_STATES,
        "anyOf": [
            {"required": ["states"], "properties": {"states": {"additionalProperties": {"dependentRequired": {"final": ["outcome"]}}}}},
            {"required": ["regions"]},
        ],
    },
    "State": {
        "dependentRequired": {**_STATES["dependentRequired"], "outcome": ["final"]},
        "not": _STATES["not"],
        "if": {"required": ["final"]},
        "then": {"propertyNames": {"enum": ["title", "final", "outcome", "entry", "deadlines"]}},
    },
    "Branch": _BUDGET,
    "Transition": {**_BUDGET, "dependentSchemas": _CHOICE},
    "Action": _ACTION,
    "Reopen": {**_ACTION, "anyOf": [{"required": ["to"]}, {"required": ["choice"]}]},
    "Deadline": {
        **_one_of("within", "until", "rrule"),
        "dependentRequired": {**_COUNTED, "rest_day": ["rrule"], "rrule": ["met_by"]},
        "if": {"properties": {"timer": {"const": True}}, "required": ["timer"]},
        "then": {"not": {"anyOf": [{"required": ["met_by"]}, {"required": ["extend"]}]}},
        "dependentSchemas": {"rrule": {"not": {"required": ["extend"]}, "properties": {"reentry": {"const": "restart"}}}},
    },
    "Closes": {**_one_of("within", "until"), "dependentRequired": _COUNTED},
    "Extend": _one_of("up_to", "add"),
    "Role": _not_both("bound", "superior_of"),
    "Duty": {"minProperties": 1, "maxProperties": 1},
    "Quorum": _one_of("at_least", "more_than"),
    "Ballot": {
        "allOf": [_one_of("voters", "modes"), _one_of("scale", "points")],
        "anyOf": [{"required": ["closes"]}, {"required": ["closed_by"]}],
        "dependentRequired": {"values": ["scale"]},
    },
    "Parties": {"dependentRequired": {"add": ["from"]}},
    "DataItem": {
        "allOf": [
            _for_type(["list", "ref"], "of"),
            _for_type(["choice", "tags"], "options"),
            _for_type(["record"], "fields"),
            _not_both("compute", "query"),
            _not_both("compute", "default"),
            _not_both("query", "default"),
            {"if": _IS_ATTENDANCE, "then": {"not": {"anyOf": [{"required": [key]} for key in ("default", "compute", "query")]}}},
        ]
    },
    "Setting": {"allOf": [_for_type(["choice"], "options")]},
    "Indicator": {
        **_one_of(*MEASURES),
        **_not_both("count", "over"),
        "dependentRequired": {"of": ["share"], "at": ["percentile"], "unit": ["percentile"]},
    },
}
"""What the models check between several keys of one map, as far as a schema can say it."""

# --- from what pydantic writes to what reads well -------------------------------------------------------------------

WORDS: Mapping[str, Any] = {"text": Text, "id": Id, "name": Dotted, "expression": Cel, "term": TermOrSetting}
"""What stands in many places, each defined once."""

_NUMBER = [{"type": "integer"}, {"type": "number"}, {"type": "string"}]


def _plain(schema: Any) -> Any:
    """Drop what pydantic adds and YAML does not have: titles, nulls, empty defaults, decimals written as texts."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made: Schema = {
        key: _plain_values(value) if key in {"properties", "patternProperties"} else _plain(value) for key, value in schema.items()
    }
    made.pop("title", None)
    if made.get("default") in (None, [], {}, False):
        made.pop("default", None)
    ways: list[Schema] = [way for way in made.pop("anyOf", made.pop("oneOf", [])) if way != {"type": "null"}]
    if ways == _NUMBER:
        ways = [{"type": "number"}]
    if len(ways) == 1:
        made = {**ways[0], **made}
    elif ways:
        made["anyOf"] = [inner for way in ways for inner in (way["anyOf"] if way.keys() == {"anyOf"} else [way])]
    if "patternProperties" in made:
        ((pattern, value),) = made.pop("patternProperties").items()
        made["propertyNames"] = {"type": "string", "pattern": pattern, **made.get("propertyNames", {})}
        made["additionalProperties"] = value
    return made


def _plain_values(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: _plain(value) for key, value in properties.items()}


def _shortened(schema: Any, named: Mapping[str, Schema]) -> Any:
    """Refer to the words instead of writing them out everywhere."""
    if isinstance(schema, list):
        return [_shortened(each, named) for each in schema]
    if not isinstance(schema, dict):
        return schema
    for name, word in named.items():
        if all(schema.get(key) == value for key, value in word.items()):
            rest = {key: value for key, value in schema.items() if key not in word}
            return {"$ref": REFERENCE.format(model=name), **rest}
    made = {key: _shortened(value, named) for key, value in schema.items()}
    if isinstance(ways := made.get("anyOf"), list):
        made["anyOf"] = _with_text(ways, named)
    return made


def _with_text(ways: list[Schema], named: Mapping[str, Schema]) -> list[Schema]:
    """Refer to a text within a longer list of ways, where its two forms were joined with the others."""
    two = named["text"]["anyOf"]
    if len(ways) > len(two) and ways[: len(two)] == two:
        return [{"$ref": REFERENCE.format(model="text")}, *ways[len(two) :]]
    return ways
