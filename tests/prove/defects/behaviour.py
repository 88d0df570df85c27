"""All that decides what a definition does. A mutant that behaves as the unbroken file is no defect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from engine.definition.datatypes import TypeName
from engine.definition.effects import Notify
from engine.definition.expressions import Expression
from engine.definition.loader import Loaded
from engine.definition.memory import expressions_of
from engine.definition.process import Branch, Deadline, Kind, ProcessDefinition, Refuse, Rung, State, Transition, Trigger
from engine.proof.graph import Graph
from tests.prove.defects.expressions import Token, tokens

COUNTS = frozenset({"size", "count"})
"""Functions that count something."""
ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})

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


def read_alike(text: str, counted: frozenset[str]) -> str:
    """Write an expression so that what cannot differ is equal: what counts something is never below nothing.

    So `size(x) != 0` says what `size(x) > 0` does, and `count('act') <= 0` what `count('act') == 0` does. ``counted``: names of items
    that count. What stands in a sum is left as it is.
    """
    found = tokens(text)
    for number, token in enumerate(found):
        end = _ends(found, number) if token.text in COUNTS else number if token.text in counted else None
        if end is None or end + 2 >= len(found) or found[end + 2].text != "0":
            continue
        around = {found[place].text for place in (number - 1, end + 3) if 0 <= place < len(found)}
        sign = {"!=": "> ", "<=": "=="}.get(found[end + 1].text)
        if sign is not None and not around & ARITHMETIC:
            text = text[: found[end + 1].begin] + sign + text[found[end + 1].end :]  # as long as it was: the other places hold
    return " ".join(text.split())


def _ends(found: list[Token], number: int) -> int | None:
    """Give where the call of a function ends, None where it is none."""
    depth = 0
    for place, token in enumerate(found[number + 1 :], number + 1):
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if depth == 0:
            return place if token.text == ")" else None
    return None


def counted_by(definition: ProcessDefinition) -> frozenset[str]:
    """Name the items that hold how many rows a query gives, or how often an act was taken, and nothing else."""
    queries = (
        name
        for name, item in definition.data.items()
        if item.query is not None and item.type.name is TypeName.INT and item.query.each is None
    )
    computed = (
        name
        for name, item in definition.data.items()
        if item.compute is not None and re.fullmatch(r"(count|size)\([^()]*\)", item.compute.text)
    )
    return frozenset(f"data.{name}" for name in (*queries, *computed))


def owner_in(path: str, graph: Graph) -> tuple[str, ...]:
    """Give whom the word `owner` means as long as a state is active; nobody where that depends on what else is."""
    leaves = [graph.states[leaf] for leaf in graph.leaves(path)]
    alone = all(graph.states[around].kind is not Kind.PARALLEL for leaf in leaves for around in leaf.line)
    return leaves[0].owner if alone and len({leaf.owner for leaf in leaves}) == 1 else ()


def _telling(rung: Rung, owner: tuple[str, ...]) -> Rung:
    """Let a rung tell the owner by the names of its roles: the same people are told."""
    named = (
        replace(each, to=tuple(who for word in each.to for who in (owner if word == "owner" else (word,))))
        if isinstance(each, Notify)
        else each
        for each in rung.effects
    )
    return replace(rung, effects=tuple(named))


def _plain(value: Any, graph: Graph) -> object:
    if isinstance(value, State):
        heard = tuple(each for each in value.transitions if not leaves_no_trace(each, graph.definition))
        value = replace(value, transitions=heard) if heard != value.transitions else value
    if isinstance(value, Deadline) and (owner := owner_in(value.state, graph)):
        value = replace(value, rungs=tuple(each if each.act else _telling(each, owner) for each in value.rungs))
    if isinstance(value, Expression):
        return read_alike(value.text, counted_by(graph.definition))
    if isinstance(value, Branch) and isinstance(value.target, str):
        source = value.id.partition("/")[0]
        inside = value.target in graph.states[source].line
        target = value.target if inside else frozenset(graph.entered(value.target, source))  # they are entered in document order
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
