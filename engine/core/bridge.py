"""Two versions of one workflow put side by side: what each name of the older one is called in the newer one.

Built once for a pair and shared by every case that moves. What it cannot place it says in ``faults``, before any case is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.compiled import Process, act_key
from engine.definition.cel_types import with_row_fields
from engine.definition.expressions import Expression, ExpressionError
from engine.definition.migration_block import MigrationBlock
from engine.definition.process import ROOT, Kind
from engine.definition.shapes import canonicaliser
from engine.errors import did_you_mean

Check = Callable[[Any, Mapping[str, Any] | None], Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What a version's `migrate` gets wrong about the version before. ``path`` is its place below `migrate`."""

    message: str
    path: tuple[str, ...]


States = Mapping[str, str]
"""Path of a state in the older version -> its path here; what is gone is absent."""


@dataclass(frozen=True, slots=True, eq=False)
class Bridge:
    """The way from one version to another. ``block`` is the newer one's `migrate`, or what stands for it where there is none."""

    old: Process
    new: Process
    block: MigrationBlock
    states: States
    acts: Mapping[str, str]  # ``state.act`` that is counted -> the same here
    branches: Mapping[str, str]  # branch with a budget -> the same here
    deadlines: Mapping[str, str]  # full name -> full name here
    values: Mapping[str, Expression]  # item here -> expression over the case as the older version has it
    checks: Mapping[str, Check]  # item here whose type is another than before -> what makes its canonical value
    faults: tuple[Fault, ...]

    def all_states(self, paths: Iterable[str]) -> list[str] | None:
        """Give what several states are called here, in order, each once; None where one of them is gone."""
        found = [self.states.get(path) for path in paths]
        return list(dict.fromkeys(path for path in found if path is not None)) if None not in found else None

    def same_ballot(self, name: str) -> bool:
        """Say whether a ballot is the same vote here: in its state, with the same rules."""
        old, new = self.old.definition.ballots.get(name), self.new.definition.ballots.get(name)
        return old is not None and new is not None and self.states.get(old.state) == new.state and old.rules == new.rules

    def unmapped(self) -> tuple[str, ...]:
        """Name the leaves of the older version in which a case cannot come over: they have no counterpart, or it would end there."""
        running = (state.path for state in self.old.states.values() if not state.children and not ends(self.old, state.path))
        return tuple(path for path in running if path not in self.states or ends(self.new, self.states[path]))

    def dropped_items(self) -> tuple[str, ...]:
        """Name the data items that no case has any more, nor any expression of `migrate` reads."""
        read = {item for expression in self.values.values() for item in expression.reads}
        return tuple(name for name in self.old.definition.data if name not in self.new.definition.data and name not in read)


def ends(process: Process, path: str) -> bool:
    """Say whether a case ends in a state: a final one of the top level."""
    state = process.states[path]
    return state.kind is Kind.FINAL and state.parent == ROOT


def bridge(old: Process, new: Process) -> Bridge:
    """Put two versions of one workflow side by side. Without a `migrate` every name means what it meant, and all due instants stay."""
    block = new.definition.migration or MigrationBlock(old.definition.version, {}, {}, {})
    states = {path: found for path in old.states if (found := _state(old, new, block, path)) is not None}
    values, faults = _values(old, new, block)
    return Bridge(
        old,
        new,
        block,
        states=states,
        acts=dict(_acts(old, new, states)),
        branches=dict(_branches(old, new, states)),
        deadlines=dict(_deadlines(old, new, states)),
        values=values,
        checks=dict(_checks(old, new)),
        faults=(*_unknown_states(old, block), *faults),
    )


def _state(old: Process, new: Process, block: MigrationBlock, path: str) -> str | None:
    """Find a state's new name. One that was given for a state holds for all inside it."""
    around = next((each for each in old.states[path].line if each in block.states), None)
    found = path if around is None else block.states[around] + path[len(around) :]
    return found if found in new.states else None


def _values(old: Process, new: Process, block: MigrationBlock) -> tuple[dict[str, Expression], list[Fault]]:
    values, faults = {}, []
    for name, text in block.data.items():
        try:
            values[name] = old.definition.scope.compile(text, new.definition.data[name].type)
        except ExpressionError as error:
            said = "; ".join(problem.message for problem in error.problems)
            faults.append(Fault(f"`{text}` is no expression over version {old.definition.version}: {said}", ("data", name)))
    return values, faults


def _unknown_states(old: Process, block: MigrationBlock) -> Iterator[Fault]:
    if block.from_version == old.definition.version:
        for path in block.states:
            if path not in old.states:
                yield Fault(f"version {old.definition.version} has no state `{path}`{did_you_mean(path, old.states)}", ("states", path))


def _checks(old: Process, new: Process) -> Iterator[tuple[str, Check]]:
    for name, item in new.definition.data.items():
        before = old.definition.data.get(name)
        if before is None or before.type != item.type:
            yield name, canonicaliser(with_row_fields(item.type))


def _acts(old: Process, new: Process, states: States) -> Iterator[tuple[str, str]]:
    """Let an act go with its state; one that stands elsewhere now is known by its name, if only one has it."""
    here = {act_key(spec): spec.name for spec in new.transitions.values()}
    for spec in old.transitions.values():
        moved = _named(states[spec.source], spec.name) if spec.source in states else ""
        if moved in here:
            yield act_key(spec), moved
        elif len(same := [key for key, name in here.items() if name == spec.name]) == 1:
            yield act_key(spec), same[0]


def _branches(old: Process, new: Process, states: States) -> Iterator[tuple[str, str]]:
    here = {branch.id for spec in new.transitions.values() for branch in spec.branches if branch.cycles is not None}
    for spec in old.transitions.values():
        for branch in spec.branches:
            if spec.source in states and (moved := states[spec.source] + branch.id.removeprefix(spec.source)) in here:
                yield branch.id, moved


def _deadlines(old: Process, new: Process, states: States) -> Iterator[tuple[str, str]]:
    for name, deadline in old.definition.deadlines.items():
        if deadline.state in states:
            moved = _named(states[deadline.state], name.removeprefix(deadline.state).lstrip("."))
            found = new.definition.deadlines.get(moved)
            if found is not None and (found.rrule is None) == (deadline.rrule is None):  # a term and a rule have nothing in common
                yield name, moved


def _named(state: str, name: str) -> str:
    return f"{state}.{name}" if state != ROOT else name
