"""All that decides what a definition does. A mutant that behaves as the unbroken file is no defect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from engine.definition.expressions import Expression
from engine.definition.loader import Loaded
from engine.definition.memory import expressions_of
from engine.definition.process import Branch, ProcessDefinition, Refuse, State, Transition, Trigger
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


def leaves_no_trace(transition: Transition, definition: ProcessDefinition) -> bool:
    """Say whether a reaction could as well not be there.

    That a case at the other end of a link ended is heard or passed over, and nobody is told which. So a reaction to it that leads nowhere,
    does nothing, hides none of an outer state, meets no deadline and is asked for by no expression only puts a title into the trail.
    """
    if transition.trigger is not Trigger.HEAR or not transition.name.endswith(".ended"):
        return False
    outer = (each for path in definition.states[transition.source].line[1:] for each in definition.states[path].transitions)
    names = {transition.name, f"{transition.source}.{transition.name}"}
    asked = (name for state in definition.states.values() for each in expressions_of(state) for _, given in each.memory for name in given)
    met = (deadline.met_by for deadline in definition.deadlines.values())
    does = (*transition.effects, *(effect for branch in transition.branches for effect in branch.effects))
    stays = all(branch.target is None and not branch.reenter for branch in transition.branches)
    return stays and not does and transition.name not in {each.name for each in outer} and names.isdisjoint([*asked, *met])


def _plain(value: Any, graph: Graph) -> object:
    if isinstance(value, State):
        heard = tuple(each for each in value.transitions if not leaves_no_trace(each, graph.definition))
        value = replace(value, transitions=heard) if heard != value.transitions else value
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
