"""What is written in a workflow file, by kind and with its path: states, moves, deadlines, expressions, roles.

It looks at the plain data and not at the compiled definition, since it is the text that is broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from engine.definition.reader import read
from engine.definition.source import Path
from tests.prove.defects.edits import Text, texts

Found = Iterator[tuple[Path, Any]]


class Chart:
    """One workflow of a file."""

    def __init__(self, file: str, text: Text, data: Mapping[str, Any]) -> None:
        self.file, self.text, self.data = file, text, data

    # --- states -----------------------------------------------------------------------------------------------------

    @cached_property
    def states(self) -> Mapping[Path, Mapping[str, Any]]:
        """All states and regions, in document order."""
        return dict(_states(self.data, ()))

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """The dotted names of the states that have none inside them."""
        return tuple(dotted(path) for path, state in self.states.items() if not state.get("states") and not state.get("regions"))

    @property
    def holders(self) -> Found:
        """Give what holds actions and deadlines: states, and `anywhere`."""
        yield from self.states.items()
        if "anywhere" in self.data:
            yield ("anywhere",), self.data["anywhere"]

    # --- transitions ------------------------------------------------------------------------------------------------

    @property
    def transitions(self) -> Found:
        """Give actions, what is received, `always`, `done` and re-openings."""
        for path, holder in self.holders:
            for key in ("actions", "receive"):
                yield from children(holder, path, key)
            yield from (((*path, key), holder[key]) for key in ("always", "done") if key in holder)
        yield from children(self.data, (), "reopen")

    @property
    def branches(self) -> Found:
        """Give the branches of choices."""
        for path, transition in self.transitions:
            yield from many(transition, path, "choice")

    @property
    def moves(self) -> Found:
        """Give all that has a target of its own: transitions without a choice, and branches."""
        yield from ((path, each) for path, each in self.transitions if "choice" not in each)
        yield from self.branches

    @property
    def acts(self) -> Found:
        """Give what people take: actions, re-openings, the opening."""
        for path, holder in self.holders:
            yield from children(holder, path, "actions")
        yield from children(self.data, (), "reopen")
        if "start" in self.data:
            yield ("start",), self.data["start"]

    @property
    def act_names(self) -> tuple[str, ...]:
        """The names of the actions as written."""
        return tuple(dict.fromkeys(str(path[-1]) for path, _ in self.acts if path != ("start",)))

    # --- time -------------------------------------------------------------------------------------------------------

    @property
    def deadlines(self) -> Found:
        """Give deadlines, those of parties among them."""
        for path, holder in self.holders:
            yield from children(holder, path, "deadlines")
            for party_path, party in children(holder, path, "parties"):
                yield from children(party, party_path, "deadlines")

    @property
    def rungs(self) -> Found:
        """Give the rungs of deadlines."""
        for path, deadline in self.deadlines:
            yield from many(deadline, path, "rungs")

    # --- groups -----------------------------------------------------------------------------------------------------

    def groups(self, key: str) -> Found:
        """Give the `children`, `parties` or `ballots` of states."""
        for path, state in self.states.items():
            yield from children(state, path, key)

    @property
    def grants(self) -> Found:
        """Give what is granted by somebody beside actions: extensions, and `add`, `remove` and `waive` of groups."""
        yield from (((*path, "extend"), each["extend"]) for path, each in self.deadlines if "extend" in each)
        for key in ("children", "parties"):
            for path, group in self.groups(key):
                yield from (((*path, right), group[right]) for right in ("add", "remove", "waive") if right in group)

    # --- effects and expressions ------------------------------------------------------------------------------------

    @property
    def effects(self) -> Found:
        """Give all that has effects: transitions, branches, entries, exits, rungs, the opening."""
        yield from self.transitions
        yield from self.branches
        for path, state in self.states.items():
            yield from (((*path, key), state[key]) for key in ("entry", "exit") if key in state)
        yield from self.rungs
        if "start" in self.data:
            yield ("start",), self.data["start"]

    @property
    def conditions(self) -> Found:
        """Give the expressions that decide something: guards, conditions of documents and of groups."""
        for path, each in (*self.transitions, *self.branches, *self.deadlines):
            yield from present(each, path, "guard")
        if "start" in self.data:
            yield from present(self.data["start"], ("start",), "guard")
        for path, act in self.acts:
            for place, required in many(act, path, "requires"):
                if isinstance(required, Mapping):
                    yield from (((*place, key), when) for key, when in required.items())
        for path, group in self.groups("children"):
            if group.get("done_when") not in (None, "all", "any", "majority"):
                yield from present(group, path, "done_when")
        for path, group in self.groups("ballots"):
            yield from present(group, path, "eligible")

    @property
    def values(self) -> Found:
        """Give the expressions that make a value: what is set, computed, handed over."""
        for path, each in self.effects:
            yield from children(each, path, "set")
        for path, item in children(self.data, (), "data"):
            yield from present(item, path, "compute")
        for path, each in self.deadlines:
            for key in ("until", "from"):
                yield from present(each, path, key)

    # --- names ------------------------------------------------------------------------------------------------------

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that are declared."""
        return tuple(self.data.get("roles", ()))

    @property
    def rights(self) -> Found:
        """Give every single role that may do something, or in whose inbox a case lies."""
        for path, act in (*self.acts, *self.grants):
            for key in ("by", "asked_by"):
                yield from many(act, path, key)
        yield from many(self.data, (), "owner")
        for path, state in self.states.items():
            yield from many(state, path, "owner")
        for path, document in children(self.data, (), "documents"):
            for key in ("attached_by", "approved_by"):
                yield from many(document, path, key)
        for path, group in self.groups("parties"):
            yield from many(group, path, "role")
        for path, group in self.groups("ballots"):
            for key in ("voters", "closed_by", "counted_by"):
                yield from many(group, path, key)


def charts(text: str, file: str) -> list[Chart]:
    """Give the workflows of a file; registries have no states and are left out."""
    documents = zip(texts(text), read(text, file).documents, strict=True)
    return [Chart(file, part, document.data) for part, document in documents if "workflow" in document.data]


def _states(holder: Mapping[str, Any], path: Path) -> Found:
    for key in ("states", "regions"):
        for inner, state in children(holder, path, key):
            yield inner, state
            yield from _states(state, inner)


def children(holder: Any, path: Path, key: str) -> Found:
    """Give the entries of a map below a key."""
    found = holder.get(key) if isinstance(holder, Mapping) else None
    if isinstance(found, Mapping):
        yield from (((*path, key, name), each) for name, each in found.items())


def many(holder: Any, path: Path, key: str) -> Found:
    """Give the entries of a list below a key, or the single value that stands for one."""
    found = holder.get(key) if isinstance(holder, Mapping) else None
    if isinstance(found, list):
        yield from (((*path, key, number), each) for number, each in enumerate(found))
    elif found is not None:
        yield (*path, key), found


def present(holder: Mapping[str, Any], path: Path, key: str) -> Found:
    """Give the value of a key that is there."""
    if key in holder:
        yield (*path, key), holder[key]


def keys(found: Iterable[tuple[Path, Any]], *names: str) -> Found:
    """Give the values of some keys of what was found."""
    for path, each in found:
        for name in names:
            yield from present(each, path, name)


def dotted(path: Path) -> str:
    """Give the name of a state from its path in the file."""
    return ".".join(str(step) for step in path[1::2])
