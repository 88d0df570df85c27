"""Where a search shall lead, and the steps of a way that leads there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.clock import Instant
from engine.core.case import EMPTY
from engine.core.command import Command, Open
from engine.core.compiled import Process
from engine.core.decision import Refused
from engine.definition.process import ROOT, Trigger
from engine.proof.scenario_coverage import Item, observed
from engine.proof.scenario_model import START, Who
from engine.proof.scenario_play import Played, Position, command_for, play, wait


class Taken(NamedTuple):
    """One step of a way: an act by somebody, or waiting until an instant (``who`` None). ``refused``: the codes it is refused with."""

    name: str
    who: Who | None
    data: Mapping[str, Any] = EMPTY
    reason: str | None = None
    until: Instant | None = None
    refused: tuple[str, ...] = ()

    def play(self, process: Process, position: Position, settings: Mapping[str, Any]) -> Iterator[Played]:
        """Play the step from a position; gives nothing where it is refused."""
        if self.until is not None:
            yield from wait(process, position, self.until)
            return
        outcome = play(process, position, self.command(process, position, settings))
        if not isinstance(outcome, Refused):
            yield outcome
            yield from wait(process, outcome.after, outcome.after.now)

    def command(self, process: Process, position: Position, settings: Mapping[str, Any]) -> Command:
        """Make the command of an act."""
        assert self.who is not None
        document = self.name.endswith(".attach")
        return command_for(process, position, self.name, self.who, self.data, reason=self.reason, document=document, settings=settings)


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a way shall lead. ``near``: leaves of which, for each group, one must come close; ``of``: the act it is about, if it is one."""

    name: str
    holds: Callable[[Position], bool]
    shown_by: Callable[[Played], bool] | None = None
    near: tuple[frozenset[str], ...] = ()
    act: str | None = None
    refusal: Item | None = None  # a guard that shall be seen false
    timely: bool = False  # it takes the clock: to try acts alone is of no use


def opened() -> Goal:
    """Ask for a case that is open."""
    return Goal("an opened case", lambda position: position.case is not None)


def standing_in(process: Process, states: tuple[str, ...]) -> Goal:
    """Ask for a case in which all of some states are active."""
    wanted = set(states)

    def holds(position: Position) -> bool:
        return position.case is not None and process.tree.active(position.case.configuration) >= wanted

    return Goal(f"in {', '.join(states)}", holds, near=tuple(frozenset(_leaves(process, state)) for state in states))


def taking(process: Process, name: str) -> Goal:
    """Ask for an act to be taken."""
    leaves = frozenset(leaf for spec in process.transitions.values() if spec.name == name for leaf in _leaves(process, spec.source))

    def shown_by(played: Played) -> bool:
        return name == (START if isinstance(played.command, Open) else getattr(played.command, "name", None))

    return Goal(f"{name} taken", lambda _: False, shown_by, (leaves,) if leaves else (), act=name)


def showing(process: Process, item: Item) -> Goal:
    """Ask for something that coverage lists."""
    source, act = ROOT, None
    if item.kind == "state":
        source = item.id
    elif item.kind == "rung" or item.id in process.definition.deadlines:
        source = process.definition.deadlines[item.id].state
    else:
        spec = process.transitions.get(item.id.rpartition("#")[0] if "#" in item.id else item.id)
        source, act = (spec.source, spec.name if spec.trigger is Trigger.ACT else None) if spec is not None else (ROOT, START)
    leaves = frozenset(_leaves(process, source))
    refusal = item if item.kind == "guard" and item.way == "false" and act is not None else None
    timely = item.kind == "rung"
    return Goal(str(item), lambda _: False, lambda played: item in observed(process, played), (leaves,), act, refusal, timely)


def stem(act: str) -> str:
    """Give the act that is asked for or declined."""
    return act.removesuffix(".ask").removesuffix(".decline")


def _leaves(process: Process, path: str) -> Iterator[str]:
    return (leaf for leaf, state in process.states.items() if not state.children and path in state.line)
