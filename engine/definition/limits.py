"""How large a workflow may be: far beyond any process that people run, and far below what would keep a server from its other work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.definition.model import Workflow
from engine.definition.model.declarations import DataItem
from engine.definition.model.states import Anywhere, State
from engine.definition.source import Path

MOST_STATES = 500
MOST_ACTIONS = 1_000
"""Actions, deadlines and signals that are received, of all states together: each has a name of its own."""
MOST_DECLARED = 2_000
"""Settings, roles, documents, data items, with the fields of records: an expression knows each of them."""


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
        ("settings", len(workflow.settings), MOST_DECLARED, ("settings",)),
        ("roles", len(workflow.roles), MOST_DECLARED, ("roles",)),
        ("documents", len(workflow.documents), MOST_ACTIONS, ("documents",)),
        ("data items", _items(workflow.data), MOST_DECLARED, ("data",)),
    )
    for what, found, most, path in counted:
        if found > most:
            yield f"expected at most {most:,} {what} in a workflow, got {found:,}; part it into several workflows", path


def _states(shapes: Mapping[str, State]) -> Iterator[State]:
    for shape in shapes.values():
        yield shape
        yield from _states({**shape.states, **shape.regions})


def _items(items: Mapping[str, DataItem]) -> int:
    return len(items) + sum(_items(item.fields) for item in items.values() if item.fields)
