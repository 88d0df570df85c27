"""How large the workflows and registries of a file may be together.

Far beyond any process that people run, and far below what would keep a server from its other work. All that stands in one file counts
together: else several workflows would be the way round each of the bounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.definition.model import Registry, Workflow
from engine.definition.model.declarations import DataItem
from engine.definition.model.states import Anywhere, State
from engine.definition.source import Path

MOST_STATES = 500
MOST_ACTIONS = 1_000
"""Actions, deadlines and signals that are received, of all states together: each has a name of its own."""
MOST_MOVES = 30_000
"""What can be taken somewhere, counted once for each step in which it can be: an action of `anywhere` holds in all of them."""
MOST_DECLARED = 2_000
"""Settings, roles, documents, data items, with the fields of records: an expression knows each of them."""
MOST_FIELDS = 500
"""Fields of registries, with those of records: a row goes as a whole into each expression that reads it."""
MOST_PATTERNS = 50
MOST_EXPRESSIONS = 3_000
MOST_OF_EXPRESSIONS = 200_000
"""Characters of all expressions together."""


@dataclass(slots=True)
class Measure:
    """How much there is of what takes time to check, in all documents of a file as far as they have been looked at."""

    expressions: int = 0
    characters: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_over(self) -> bool:
        """Say whether there is too much of expressions."""
        return self.expressions > MOST_EXPRESSIONS or self.characters > MOST_OF_EXPRESSIONS

    def add(self, text: str) -> str | None:
        """Count one expression more; give a message when it is the first that is too much."""
        over = self.is_over
        self.expressions += 1
        self.characters += len(text)
        if over or not self.is_over:
            return None
        return _too_many("expressions", MOST_EXPRESSIONS, f"more, or more than {MOST_OF_EXPRESSIONS:,} characters of them")

    def too_many(self, shape: Workflow | Registry) -> Iterator[tuple[str, Path]]:
        """Count what is in one document more; give what there is too much of by now: a message and its place."""
        counted = _of_workflow(shape) if isinstance(shape, Workflow) else _of_registry(shape)
        for what, found, most, path in counted:
            self.counts[what] += found
            if found and self.counts[what] > most:
                yield _too_many(what, most, f"{self.counts[what]:,}"), path


def _too_many(what: str, most: int, got: str) -> str:
    return f"expected at most {most:,} {what} in a file, got {got}; part it into several workflows or registries, each in a file of its own"


_Count = tuple[str, int, int, Path]


def _of_workflow(workflow: Workflow) -> Iterator[_Count]:
    sites = list(_states({**workflow.states, **workflow.regions}))
    holders: list[State | Anywhere] = [*sites, *([workflow.anywhere] if workflow.anywhere else [])]
    transitions = sum(len(each.actions) + len(each.receive) + len(each.deadlines) for each in holders)
    yield "states", len(sites), MOST_STATES, ("states",)
    yield "actions and deadlines", transitions, MOST_ACTIONS, ("states",)
    yield "actions, counted for each state in which they hold,", _moves(workflow), MOST_MOVES, ("states",)
    yield "settings", len(workflow.settings), MOST_DECLARED, ("settings",)
    yield "roles", len(workflow.roles), MOST_DECLARED, ("roles",)
    yield "documents", len(workflow.documents), MOST_ACTIONS, ("documents",)
    yield "data items", _items(workflow.data), MOST_DECLARED, ("data",)
    yield "acts in duties", sum(len(acts) for duty in workflow.duties for _, acts in duty.given()), MOST_ACTIONS, ("duties",)
    yield "patterns", _patterns(workflow.data), MOST_PATTERNS, ("data",)


def _of_registry(registry: Registry) -> Iterator[_Count]:
    yield "fields", _items(registry.fields), MOST_FIELDS, ("fields",)
    yield "patterns", _patterns(registry.fields), MOST_PATTERNS, ("fields",)


def _moves(workflow: Workflow) -> int:
    """Count every way of a transition once for each innermost state in which it holds."""
    return _inside(workflow, workflow.anywhere)[1]


def _inside(state: State | Workflow, holder: State | Anywhere | None) -> tuple[int, int]:
    """Give how many innermost states there are in a state, and how many moves. ``holder``: what has the actions that hold in all of it."""
    inside = [_inside(each, each) for each in (*state.states.values(), *state.regions.values())]
    leaves = sum(leaves for leaves, _ in inside) or 1
    return leaves, sum(moves for _, moves in inside) + leaves * _ways(holder)


def _ways(holder: State | Anywhere | None) -> int:
    if holder is None:
        return 0
    own = [holder.always, holder.done] if isinstance(holder, State) else []
    transitions = [*holder.actions.values(), *holder.receive.values(), *(each for each in own if each is not None)]
    return sum(len(each.choice or (each,)) for each in transitions)


def _states(shapes: Mapping[str, State]) -> Iterator[State]:
    for shape in shapes.values():
        yield shape
        yield from _states({**shape.states, **shape.regions})


def _patterns(items: Mapping[str, DataItem]) -> int:
    return sum((item.pattern is not None) + _patterns(item.fields or {}) for item in items.values())


def _items(items: Mapping[str, DataItem]) -> int:
    return len(items) + sum(_items(item.fields) for item in items.values() if item.fields)
