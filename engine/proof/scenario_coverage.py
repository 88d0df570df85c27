"""What scenarios have shown of a workflow: states entered, actions taken, branches, guards seen true and false, rungs fired.

Only what a scenario says itself counts. The way that is found by itself to where a scenario begins is no test of anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.core.case import EMPTY, Actor, Case, Draft
from engine.core.command import Act, Command, Open
from engine.core.compiled import Process, act_key
from engine.core.decision import Decision, Refused
from engine.core.gates import Gates, Request
from engine.core.interpreter import ALWAYS
from engine.definition.process import ROOT, Branch, Transition, Trigger
from engine.proof.scenario_names import all_transitions
from engine.proof.scenario_play import Played, Position

NOBODY = Actor("", frozenset(), "")
"""Who acts where nobody does."""

KINDS = ("state", "action", "branch", "guard", "rung")


class Item(NamedTuple):
    """One thing to show.

    ``way``: of a branch ``spent`` for where its budget leads, of a guard ``true`` or ``false``, of a rung its `at`.
    """

    kind: str
    id: str
    way: str = ""


class Coverage:
    """What of one workflow has been seen."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.items = tuple(dict.fromkeys(items_of(process)))
        self.seen: set[Item] = set()

    def add(self, seen: Iterable[Item]) -> None:
        """Note what was seen."""
        self.seen.update(seen)

    def of(self, kind: str) -> tuple[int, int]:
        """Give how many of a kind were seen, and how many there are."""
        all_of_kind = [item for item in self.items if item.kind == kind]
        return sum(item in self.seen for item in all_of_kind), len(all_of_kind)

    @property
    def missing(self) -> tuple[Item, ...]:
        """What was not seen, in the order of the workflow."""
        return tuple(item for item in self.items if item not in self.seen)

    def named(self, item: Item) -> str:
        """Name an item as a designer knows it."""
        return named(self.process, item)


# --- what there is --------------------------------------------------------------------------------------------------


def items_of(process: Process) -> Iterator[Item]:
    """List everything a workflow has to show, in document order."""
    yield from (Item("state", path) for path in process.definition.states if path != ROOT)
    for spec in all_transitions(process):
        if spec.trigger is Trigger.ACT:
            yield Item("action", spec.id)
        for branch in spec.branches:
            if len(spec.branches) > 1 or spec.trigger is not Trigger.ACT:
                yield Item("branch", branch.id)
            if branch.cycles is not None:
                yield Item("branch", branch.id, "spent")
        guarded = [spec.id] if spec.guard is not None else []
        guarded += [branch.id for branch in spec.branches if branch.guard is not None]
        yield from (Item("guard", each, way) for each in guarded for way in ("true", "false"))
    for deadline in process.definition.deadlines.values():
        if deadline.guard is not None:
            yield from (Item("guard", deadline.name, way) for way in ("true", "false"))
        yield from (Item("rung", deadline.name, rung.at.text) for rung in deadline.rungs if rung.written)


def named(process: Process, item: Item) -> str:
    """Name an item: a state by its path, an action as ``state.act``, a guard with its text."""
    if item.kind == "state":
        return item.id
    if item.kind == "rung":
        return f"{item.id}: {item.way}"
    if item.kind == "guard" and item.id in process.definition.deadlines:
        return f"{item.id} `{_text(process.definition.deadlines[item.id].guard)}` {item.way}"
    spec, branch = _of(process, item.id)
    name = act_key(spec) if spec.trigger in (Trigger.ACT, Trigger.HEAR) else f"{spec.source}.{spec.trigger.value}".lstrip(".")
    if item.kind == "action":
        return name
    if item.kind == "guard":
        return f"{name} `{_text(spec.guard if branch is None else branch.guard)}` {item.way}"
    assert branch is not None
    if item.way and branch.cycles is not None:
        return f"{name} → {branch.cycles.then} (budget of {branch.cycles.at_most} spent)"
    return f"{name} → {branch.target if isinstance(branch.target, str) else 'history' if branch.target else 'stay'}"


def _of(process: Process, branch_or_transition: str) -> tuple[Transition, Branch | None]:
    for spec in all_transitions(process):
        if spec.id == branch_or_transition:
            return spec, None
        for branch in spec.branches:
            if branch.id == branch_or_transition:
                return spec, branch
    raise KeyError(branch_or_transition)


def _text(guard: object) -> str:
    return str(getattr(guard, "text", guard))


# --- what one command shows -----------------------------------------------------------------------------------------


def observed(process: Process, played: Played) -> set[Item]:
    """Give what a command that was taken has shown."""
    before, command, decision = played.before, played.command, played.decision
    return {*_moved(process, before, decision), *_guards_asked(process, before, command, decision), *_guards_of_deadlines(process, played)}


def _moved(process: Process, before: Case | None, decision: Decision) -> Iterator[Item]:
    used: dict[str, int] = {}
    cycles = before.snapshot.get("cycles", EMPTY) if before is not None else EMPTY
    for step in decision.steps:
        yield from (Item("state", path) for path in step.entered)
        for id_ in step.taken:
            transition = id_.rpartition("#")[0]
            spec = process.transitions.get(transition)
            if spec is None or spec.trigger is Trigger.ACT:
                yield Item("action", transition)
            if spec is None:
                continue
            branch = next(each for each in spec.branches if each.id == id_)
            if branch.cycles is not None and cycles.get(id_, 0) + used.get(id_, 0) >= branch.cycles.at_most:
                yield Item("branch", id_, "spent")
            else:
                yield Item("branch", id_)
            used[id_] = used.get(id_, 0) + 1
    if decision.rung is not None:
        yield Item("rung", decision.action, decision.rung.rung)
    yield from (Item("guard", id_, str(passed).lower()) for id_, passed in decision.guards.items())


def _guards_asked(process: Process, before: Case | None, command: Command, decision: Decision) -> Iterator[Item]:
    """Guards of eventless transitions are false wherever a case comes to rest; that of the opening was true."""
    if isinstance(command, Open) and process.opening is not None and process.opening.guard is not None:
        yield Item("guard", process.opening.id, "true")
    case = decision.case
    if process.eventless and not case.has_ended and (before is None or decision.steps):
        gates = Gates(process, case, Draft(case.snapshot), case.configuration, decision.recorded_at, Request(NOBODY))
        process.select(case.configuration, ALWAYS, gates)
        yield from (Item("guard", id_, str(passed).lower()) for id_, passed in gates.guards.items())


def _guards_of_deadlines(process: Process, played: Played) -> Iterator[Item]:
    decision, after = played.decision, played.after.case
    if after is None:
        return
    entered = {path for step in decision.steps for path in step.entered} | ({ROOT} if played.before is None else set())
    armed = {change.name for change in decision.deadlines}
    live = {kept["name"] for kept in after.snapshot.get("deadlines", EMPTY).values()}
    for deadline in process.definition.deadlines.values():
        if deadline.guard is not None and deadline.state in entered:
            yield Item("guard", deadline.name, "true" if deadline.name in armed or deadline.name in live else "false")


def observed_refusal(process: Process, position: Position, command: Command, refused: Refused) -> set[Item]:
    """Give the guards that an act was refused by: false is seen where nothing else stood in the way."""
    codes = [refusal.code for refusal in refused.refusals]
    if isinstance(command, Open):
        opening = process.opening
        own = opening.refuse.code if opening is not None and opening.refuse is not None else "guard_failed"
        return {Item("guard", opening.id, "false")} if opening is not None and opening.guard is not None and codes == [own] else set()
    before = position.case
    if not isinstance(command, Act) or before is None:
        return set()
    request = Request(command.actor, command.data, command.reason, command.document is not None, world=position.world())
    gates = Gates(process, before, Draft(before.snapshot), before.configuration, position.now, request)
    _, reasons = process.select(before.configuration, f"act:{command.name}", gates)
    seen: set[Item] = set()
    for spec, why in reasons.items():
        asked = [spec.id, *(branch.id for branch in spec.branches)]
        if len(why) == 1:
            seen.update(Item("guard", each, "false") for each in asked if gates.guards.get(each) is False)
    return seen
