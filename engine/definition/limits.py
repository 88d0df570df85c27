"""How large a workflow may be: far beyond any process that people run, and far below what would keep a server from its other work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.definition.model import Workflow
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
MOST_PATTERNS = 50
MOST_EXPRESSIONS = 3_000
MOST_OF_EXPRESSIONS = 200_000
"""Characters of all expressions together."""


@dataclass(slots=True)
class Measure:
    """How much of expressions there is, which are what takes longest to check."""

    expressions: int = 0
    characters: int = 0

    @property
    def is_over(self) -> bool:
        """Say whether there is too much of it."""
        return self.expressions > MOST_EXPRESSIONS or self.characters > MOST_OF_EXPRESSIONS

    def add(self, text: str) -> str | None:
        """Count one more; give a message when it is the first that is too much."""
        over = self.is_over
        self.expressions += 1
        self.characters += len(text)
        if over or not self.is_over:
            return None
        return (
            f"expected at most {MOST_EXPRESSIONS:,} expressions with {MOST_OF_EXPRESSIONS:,} characters in a workflow, got more; "
            "part it into several workflows"
        )


def too_many(workflow: Workflow) -> Iterator[tuple[str, Path]]:
    """Give what there is too much of: a message and its place."""
    sites = list(_states({**workflow.states, **workflow.regions}))
    holders: list[State | Anywhere] = [*sites, *([workflow.anywhere] if workflow.anywhere else [])]
    counted: tuple[tuple[str, int, int, Path], ...] = (
        ("states", len(sites), MOST_STATES, ("states",)),
        (
            "actions and deadlines",
            sum(len(each.actions) + len(each.receive) + len(each.deadlines) for each in holders),
            MOST_ACTIONS,
            ("states",),
        ),
        ("actions, counted for each state in which they hold,", _moves(workflow), MOST_MOVES, ("states",)),
        ("settings", len(workflow.settings), MOST_DECLARED, ("settings",)),
        ("roles", len(workflow.roles), MOST_DECLARED, ("roles",)),
        ("documents", len(workflow.documents), MOST_ACTIONS, ("documents",)),
        ("data items", _items(workflow.data), MOST_DECLARED, ("data",)),
        ("acts in duties", sum(len(acts) for duty in workflow.duties for _, acts in duty.given()), MOST_ACTIONS, ("duties",)),
        ("patterns", _patterns(workflow.data), MOST_PATTERNS, ("data",)),
    )
    for what, found, most, path in counted:
        if found > most:
            yield f"expected at most {most:,} {what} in a workflow, got {found:,}; part it into several workflows", path


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
