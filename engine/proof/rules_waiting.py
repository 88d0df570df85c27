"""Rules about what a case waits for: another case that may end without a word, and terms of others that outlast its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definition.expressions import Expression
from engine.definition.process import Kind, ProcessDefinition, State, Trigger
from engine.definition.relations import ChildGroup
from engine.errors import YishiError
from engine.proof.rules import WARNING, Finding, Subject, rule
from engine.proof.silence import silent_way
from engine.proof.space.exploring import Space, done

SURELY_TOLD = (".ended", ".gathered", ".refused", ".cancelled")
"""What the service itself tells a case, be the other one ever so silent."""


@rule("wait.no_word", WARNING)
def waits_for_a_word(subject: Subject) -> Iterator[Finding]:
    """Find states that only the word of another case leads out of, where that case may end without giving it."""
    seen = set[str]()
    for space in subject.spaces:
        words = _words(space)
        for number, leaf in _held_by(space, words) if words else ():
            awaited = frozenset(name for name, _ in space.commands[number] if name in words)
            why = None if leaf in seen or not awaited else _why_none_may_come(subject, awaited)
            seen.add(leaf)
            if why is not None:
                shown = " or ".join(f"`{name}`" for name in sorted(awaited))
                text = f"only {shown} leads on from `{leaf}`, and {why}; receive `<link>.ended` too, or give people an act that leads on"
                yield Finding(text, subject.state_place(leaf), way=space.way(number))


@rule("wait.children", WARNING)
def waits_for_children(subject: Subject) -> Iterator[Finding]:
    """Find groups of children that may all have ended, and yet never be done, where nothing else leads on."""
    for state in subject.graph.states.values():
        for group in state.children_groups:
            end = _end_that_leaves_it_open(subject, group)
            if end is None:
                continue
            for space in subject.spaces:
                held = next((number for number, _ in _held_by(space, {done(state.path)}) if state.path in space.active(number)), None)
                if held is not None:
                    text = f"a child that ends in `{end}` does not meet `done_when`, and nothing else leads on from `{state.path}`"
                    place = (*subject.state_place(state.path), "children", group.name, "done_when")
                    yield Finding(f"{text}: the case never ends", place, at_key=False, way=space.way(held))
                    break


def _words(space: Space) -> frozenset[str]:
    """Name what other cases may tell, and need not."""
    events = {event for events in space.plan.names_at.values() for event in events}
    acts = {name for trigger, name in events if trigger is Trigger.ACT}
    heard = {name for trigger, name in events if trigger is Trigger.HEAR and not name.endswith(SURELY_TOLD)}
    return frozenset(heard - acts)


def _held_by(space: Space, commands: frozenset[str] | set[str]) -> Iterator[tuple[int, str]]:
    """Give the positions from which a case can be brought to an end, but not without some commands: the nearest first."""
    if space.is_partial:
        return
    alone = space.doubting(frozenset(commands)).can_end
    for number in sorted(space.can_end - alone):
        yield number, space.positions[number].leaves[0]


def _why_none_may_come(subject: Subject, awaited: frozenset[str]) -> str | None:
    """Say why none of the words may come; None where one of them must."""
    signals = subject.definition.signals
    if awaited.isdisjoint(signals):
        return "whether another case ever does that is its own choice"
    for sender in dict.fromkeys(sender for name in sorted(awaited & signals.keys()) for sender in signals[name].senders):
        other = subject.beside(sender)
        way = None if other is None else silent_way(other, awaited)
        if way is not None:
            return f"`{sender}` may end without sending it ({', '.join(way)})"
    return None


def _end_that_leaves_it_open(subject: Subject, group: ChildGroup) -> str | None:
    """Give an end of the children with which, were all of them there, their group is not done."""
    other = subject.beside(group.workflow)
    if other is None or not isinstance(group.done_when, Expression):
        return None
    waivable = any(spec.name == f"{group.name}.waive" for spec in subject.definition.states[group.state].transitions)
    return next((end.path for end in _ends(other) if not _is_done_with(group, end, waivable=waivable)), None)


def _ends(definition: ProcessDefinition) -> Iterator[State]:
    return (state for state in definition.states.values() if state.kind is Kind.FINAL and state.outcome is not None)


def _is_done_with(group: ChildGroup, end: State, *, waivable: bool) -> bool:
    """Say whether a group may be done once its one child has ended so. What hangs on more than that may be."""
    child: dict[str, Any] = {
        "id": "child",
        "key": "child",
        "state": end.path,
        "outcome": end.outcome,
        "done": True,
        "overdue": False,
        "data": {},
    }
    return any(_holds(group, {**child, "waived": waived}) for waived in {False, waivable})


def _holds(group: ChildGroup, child: Mapping[str, Any]) -> bool:
    assert isinstance(group.done_when, Expression)
    try:
        return group.done_when.holds(_Told({group.name: [child]}))  # type: ignore[arg-type]  # of a case only its children are known
    except YishiError:
        return True


@dataclass(frozen=True, slots=True)
class _Told:
    """All that is known of a case: what its children have told."""

    children: Mapping[str, Any]
    data: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    now: int = 0
