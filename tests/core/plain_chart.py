"""A workflow as a tree of states, laid out from the plain data a YAML parser gives: what `tests.core.appendix_d` walks on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Shape = Mapping[str, Any]


@dataclass(eq=False)
class State:
    """A state of the document. Two states are the same only if they are one."""

    path: str
    parent: State | None
    shape: Shape
    order: int
    children: list[State] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)

    @property
    def is_atomic(self) -> bool:
        return not self.children

    @property
    def is_final(self) -> bool:
        return bool(self.shape.get("final"))

    @property
    def is_parallel(self) -> bool:
        return bool(self.shape.get("regions"))

    @property
    def is_compound(self) -> bool:
        return bool(self.shape.get("states"))

    def __repr__(self) -> str:
        return self.path or "(root)"


@dataclass(eq=False)
class Transition:
    """A transition of the document, with its ways: the branches of `choice`, or itself as its only one."""

    id: str
    source: State
    event: str
    shape: Shape

    @property
    def ways(self) -> list[Shape]:
        return list(self.shape.get("choice") or [{key: value for key, value in self.shape.items() if key != "guard"}])


class Taken(NamedTuple):
    """An enabled transition and the way it goes."""

    transition: Transition
    way: int

    @property
    def id(self) -> str:
        return f"{self.transition.id}#{self.way}"

    @property
    def shape(self) -> Shape:
        return self.transition.ways[self.way]


def proper_ancestors(state: State, below: State | None = None) -> Iterator[State]:
    """`getProperAncestors`: innermost first, up to but not including ``below``."""
    around = state.parent
    while around is not None and around is not below:
        yield around
        around = around.parent


def is_descendant(state: State, of: State) -> bool:
    return of in proper_ancestors(state)


def entry_order(states: Iterable[State]) -> list[State]:
    return sorted(states, key=lambda state: state.order)


def exit_order(states: Iterable[State]) -> list[State]:
    return entry_order(states)[::-1]


class Chart:
    """The document: states, transitions, and what its names mean."""

    def __init__(self, workflow: Shape) -> None:
        self.workflow = workflow
        self.states: dict[str, State] = {}
        anywhere = workflow.get("anywhere", {})
        self.root = self._lay_out("", None, {**workflow, **{key: anywhere.get(key, {}) for key in ("actions", "receive", "deadlines")}})
        self.final = [state for state in self.root.children if state.is_final]

    def _lay_out(self, path: str, parent: State | None, shape: Shape) -> State:
        state = self.states[path] = State(path, parent, shape, len(self.states))
        for kind, word in (("actions", "act"), ("receive", "hear")):
            for name, each in shape.get(kind, {}).items():
                state.transitions.append(Transition(f"{path}/{word}:{name}", state, f"{word}:{name}", each))
        for kind, event in (("always", "always:"), ("done", f"done:{path}")):
            if kind in shape:
                state.transitions.append(Transition(f"{path}/{kind}:{kind}", state, event, shape[kind]))
        for name, child in (shape.get("regions") or shape.get("states") or {}).items():
            state.children.append(self._lay_out(f"{path}.{name}" if path else name, state, child))
        return state

    def find(self, name: str, scope: State) -> State:
        """Find what a name means in a state: among its children, its siblings, its ancestors' siblings. Raises KeyError."""
        first = name.split(".", 1)[0]
        for around in (scope, *proper_ancestors(scope)):
            prefix = f"{around.path}." if around.path else ""
            if prefix + first in self.states:
                return self.states[prefix + name]
        raise KeyError(name)

    def initial(self, state: State) -> State:
        return self.find(state.shape["initial"], state)

    def deadlines(self, state: State) -> Iterator[tuple[str, Shape]]:
        """Give the deadlines of a state by full name."""
        for name, shape in state.shape.get("deadlines", {}).items():
            yield (f"{state.path}.{name}" if state.path else name), shape


def as_list(written: str | list[str] | None) -> list[str]:
    """Read what may be written as one word or as a list of them."""
    return [written] if isinstance(written, str) else list(written or ())
