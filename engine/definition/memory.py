"""What a case must remember beyond counts: only what this definition ever asks for, so that a case row stays small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.definition.effects import Effects, SetItems
from engine.definition.expressions import Expression
from engine.definition.process import ROOT, Duty, History, Memory, Requirement, State, Transition
from engine.definition.relations import CollectCases, OpenCase, SendSignal


def memory_of(states: Mapping[str, State], duties: Iterable[Duty], others: Iterable[Expression | None]) -> Memory:
    """Work out the memory of a definition. ``others``: expressions that stand outside of states."""
    transitions = [transition for state in states.values() for transition in state.transitions]
    targets = [branch.target for transition in transitions for branch in transition.branches]
    read = [*(each for state in states.values() for each in expressions_of(state)), *(each for each in others if each is not None)]
    return Memory(
        actors=frozenset(act for duty in duties for act in duty.acts),
        recent={_full(each): each.limit.times for each in transitions if each.limit is not None},
        since=frozenset((act, state) for each in read for function, (act, *since) in each.memory if function == "count" for state in since),
        histories=frozenset(target.of for target in targets if isinstance(target, History) and target.of is not None),
    )


def expressions_of(state: State) -> Iterator[Expression]:
    """Give every expression that stands in a state."""
    for transition in state.transitions:
        yield from _of_transition(transition)
    for group in state.children_groups:
        yield from _given(group.for_each, group.key, group.organisation, *(value for _, value in group.given))
        yield from _given(group.done_when if isinstance(group.done_when, Expression) else None)
    for deadline in state.every_deadline:
        yield from _given(deadline.start, deadline.until, deadline.guard)
        for rung in deadline.rungs:
            yield from of_effects(rung.effects)
    for ballot in state.ballots:
        yield from _given(ballot.items, ballot.eligible, *(each for each in ballot.not_own if not isinstance(each, str)))
    yield from _given(*(group.source for group in state.parties))
    yield from of_effects(state.entry)
    yield from of_effects(state.exit)


def _of_transition(transition: Transition) -> Iterator[Expression]:
    yield from _given(transition.guard)
    yield from of_requirements(transition.requires)
    yield from of_effects(transition.effects)
    for branch in transition.branches:
        yield from _given(branch.guard)
        yield from of_effects(branch.effects)


def of_requirements(requirements: Iterable[Requirement]) -> Iterator[Expression]:
    """Give the conditions of `requires`."""
    yield from _given(*(each.when for each in requirements))


def of_effects(effects: Effects) -> Iterator[Expression]:
    """Give what effects compute."""
    for effect in effects:
        match effect:
            case SetItems():
                yield from (item.value for item in effect.items)
            case OpenCase():
                yield from (value for _, value in effect.given)
            case SendSignal():
                yield from _given(effect.to, effect.for_each, *(value for _, value in effect.given))
            case CollectCases():
                yield from _given(effect.where)


def _given(*expressions: Expression | None) -> Iterator[Expression]:
    yield from (each for each in expressions if each is not None)


def _full(transition: Transition) -> str:
    return f"{transition.source}.{transition.name}" if transition.source != ROOT else transition.name
