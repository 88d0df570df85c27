"""All that decides what a definition does. A mutant that behaves as the unbroken file is no defect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from engine.definition.expressions import Expression
from engine.definition.loader import Loaded
from engine.definition.process import Branch, ProcessDefinition, Refuse
from engine.proof.graph import Graph

TOLD_ONLY = frozenset({"source", "digest", "title", "languages", "scope", "indicators", "basis"})
"""What people read of a definition, and its identity: nothing that happens depends on it."""


def behaviours(loaded: Loaded) -> list[object]:
    """Give the behaviour of all workflows of a file."""
    return [behaviour(definition) for definition in loaded.definitions]


def behaviour(definition: ProcessDefinition) -> object:
    """Give all that decides what a definition does, so that two of the same behaviour are equal.

    Not every two that behave alike are found equal by it, but what it finds equal does.
    """
    return _plain(definition, Graph(definition))


def _plain(value: Any, graph: Graph) -> object:
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, Branch) and isinstance(value.target, str):
        source = value.id.partition("/")[0]
        inside = value.target in graph.states[source].line
        target = value.target if inside else tuple(graph.entered(value.target, source))
        return (target, *(_plain(getattr(value, each.name), graph) for each in fields(value) if each.name != "target"))
    if isinstance(value, Refuse):
        return value.code
    if is_dataclass(value) and not isinstance(value, type):
        shown = [each.name for each in fields(value) if each.name not in TOLD_ONLY and not each.name.startswith("_")]
        return (type(value).__name__, *(_plain(getattr(value, name), graph) for name in shown))
    if isinstance(value, Mapping):
        return tuple((key, _plain(each, graph)) for key, each in value.items())
    if isinstance(value, frozenset | set):
        return frozenset(_plain(each, graph) for each in value)
    if isinstance(value, list | tuple):
        return tuple(_plain(each, graph) for each in value)
    return value
