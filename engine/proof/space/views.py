"""Regions that have nothing to do with each other, explored one group at a time: sums of positions instead of products.

A *view* leaves all groups of regions out but one. What is left out may be complete at any time, and may lead the case out of the state
with regions at any time. This is sound: what a case can do is seen in some view, so what no view reaches is never reached. And if in
every view the case can be brought to an end from every position, then it can: in any one view, where its way waits for the others to be
complete, these must be able to be, from each of their positions (`Space.done_for_sure`); else that way does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations

from engine.definition.process import ROOT, History, Kind, State, Transition, Trigger
from engine.proof.contexts import is_in
from engine.proof.graph import Graph
from engine.proof.logic.formula import variables
from engine.proof.space.gates import Gates
from engine.proof.space.plan import effects_of

Ignored = frozenset[str]
"""The regions that a view leaves out."""

MOST_TOGETHER = 400
"""Configurations up to which regions are explored together all the same: then data are followed through all of them."""


def views(gates: Gates) -> tuple[Ignored, ...]:
    """Give the views in which a definition is to be explored; one that leaves nothing out where it is small."""
    states = gates.definition.states
    if _configurations(states, ROOT) <= MOST_TOGETHER:
        return (frozenset(),)
    return tuple(dict.fromkeys(_Parting(gates).covers(ROOT)))


def _configurations(states: Mapping[str, State], path: str) -> int:
    state = states[path]
    counts = [_configurations(states, child) for child in state.children]
    if state.kind is not Kind.PARALLEL:
        return sum(counts) or 1
    product = 1
    for count in counts:
        product *= count
    return product


@dataclass(frozen=True, slots=True)
class _Traits:
    """What a region answers to, hears, raises and asks, and the questions that are about it."""

    events: AbstractSet[tuple[Trigger, str]]
    heard: AbstractSet[str]
    raised: AbstractSet[str]
    asked: AbstractSet[str]
    asked_for: AbstractSet[str]


class _Parting:
    """Parts the regions of one definition into groups."""

    def __init__(self, gates: Gates) -> None:
        self.gates, self.states = gates, gates.definition.states
        self._known: dict[str, _Traits] = {}

    def covers(self, path: str) -> list[Ignored]:
        """Give views in which everything below a state is seen once at least."""
        state = self.states[path]
        if state.kind is not Kind.PARALLEL:
            return _side_by_side([self.covers(child) for child in state.children])
        found = []
        for group in self.groups(state):
            out = frozenset(state.children) - group
            found += [ignored | out for ignored in _side_by_side([self.covers(child) for child in sorted(group)])]
        return found

    def groups(self, state: State) -> list[frozenset[str]]:
        """Part the regions of a state into groups that have nothing to do with each other."""
        if not self._can_be_parted(state):
            return [frozenset(state.children)]
        groups = [frozenset({region}) for region in state.children]
        for one, other in combinations(state.children, 2):
            if self._have_to_do(one, other) or self._have_to_do(other, one):
                joined = frozenset().union(*(group for group in groups if not group.isdisjoint({one, other})))
                groups = [joined, *(group for group in groups if group.isdisjoint(joined))]
        return groups

    def _can_be_parted(self, state: State) -> bool:
        """Say whether nothing around a state answers to what goes on in its regions, and no history leads out of them."""
        outer = {event for path in state.line for event in _answered(self.states[path])}
        inside = [spec for region in state.children for spec in self._written(region)]
        raised = {(Trigger.HEAR, event) for region in state.children for event in self._raised(region)}
        return (
            outer.isdisjoint({(spec.trigger, spec.name) for spec in inside if spec.trigger in {Trigger.ACT, Trigger.HEAR}})
            and outer.isdisjoint(raised)
            and not any(isinstance(branch.target, History) for spec in inside for branch in spec.branches)
        )

    def _have_to_do(self, one: str, other: str) -> bool:
        mine, theirs = self._traits(one), self._traits(other)
        return not (
            mine.events.isdisjoint(theirs.events) and mine.raised.isdisjoint(theirs.heard) and mine.asked.isdisjoint(theirs.asked_for)
        )

    def _traits(self, region: str) -> _Traits:
        """Give what regions are compared by, worked out once for each."""
        known = self._known.get(region)
        if known is None:
            events = self._events(region)
            known = self._known[region] = _Traits(
                events=events,
                heard={name for trigger, name in events if trigger is Trigger.HEAR},
                raised=self._raised(region),
                asked={name for spec in self._written(region) for branch in self.gates.of(spec).branches for name in variables(branch)},
                asked_for={is_in(state.path).name for state in self._inside(region)},
            )
        return known

    def _events(self, region: str) -> set[tuple[Trigger, str]]:
        return {event for state in self._inside(region) for event in _answered(state)}

    def _raised(self, region: str) -> frozenset[str]:
        return Graph.raises(effect for state in self._inside(region) for effect in effects_of(state))

    def _written(self, region: str) -> Iterator[Transition]:
        return (spec for state in self._inside(region) for spec in state.transitions if not spec.builtin)

    def _inside(self, region: str) -> Iterator[State]:
        return self.gates.filled.graph.inside(region)


def _answered(state: State) -> Iterator[tuple[Trigger, str]]:
    wanted = (Trigger.ACT, Trigger.HEAR)
    return ((spec.trigger, spec.name) for spec in state.transitions if spec.trigger in wanted and not spec.builtin)


def _side_by_side(covers: list[list[Ignored]]) -> list[Ignored]:
    """Join views of parts so that each view of each part is in one of them."""
    longest = max(map(len, covers), default=1)
    return [frozenset().union(*(cover[min(number, len(cover) - 1)] for cover in covers)) for number in range(longest)]
