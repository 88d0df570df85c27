"""Where a case can go: an over-approximation of all moves, for rules that ask what can never happen or never end.

Guards are taken to be sometimes true. A state counts as reachable if some order of acts enters it; nothing that a real case can
do is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.definition.effects import Effect, Raise, SetItems
from engine.definition.process import ROOT, Branch, History, Kind, ProcessDefinition, State, Transition, Trigger


@dataclass(frozen=True, slots=True)
class Edge:
    """One way to go: from a leaf by a branch into a leaf. ``spent``: it is what comes after its budget of `cycles`."""

    leaf: str
    transition: Transition
    branch: Branch
    to: str
    spent: bool = False


class Graph:
    """The moves of one definition."""

    def __init__(self, definition: ProcessDefinition) -> None:
        self.definition = definition
        self.states: Mapping[str, State] = definition.states

    # --- states -----------------------------------------------------------------------------------------------------

    def inside(self, path: str) -> Iterator[State]:
        """Give a state and all below it."""
        state = self.states[path]
        return (each for each in self.states.values() if state.first <= each.first <= state.last)

    def leaves(self, path: str) -> list[str]:
        """Give the leaves of a state."""
        return [each.path for each in self.inside(path) if not each.children]

    def entered(self, path: str, leaf: str = ROOT) -> list[str]:
        """Give the leaves that going to a state from a leaf makes active; sister regions, where they are entered on the way."""
        state, found = self.states[path], list(self._down(path))
        for around in state.line[1:]:
            if self.states[around].kind is Kind.PARALLEL and around not in self.states[leaf].line:
                for region in self.states[around].children:
                    if region not in state.line:
                        found.extend(self._down(region))
        return found

    def _down(self, path: str) -> Iterator[str]:
        state = self.states[path]
        if not state.children:
            yield path
        elif state.kind is Kind.PARALLEL:
            for region in state.children:
                yield from self._down(region)
        else:
            yield from self._down(state.initial or state.children[0])

    @cached_property
    def ends(self) -> frozenset[str]:
        """The final states of the top level."""
        return frozenset(child for child in self.states[ROOT].children if self.states[child].kind is Kind.FINAL)

    # --- moves ------------------------------------------------------------------------------------------------------

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Give every move from every leaf, whether or not the leaf can be reached."""
        return tuple(edge for state in self.states.values() for transition in state.transitions for edge in self._edges(transition))

    def _edges(self, transition: Transition) -> Iterator[Edge]:
        for leaf in self.open_in(transition):
            for branch in transition.branches:
                yield from (Edge(leaf, transition, branch, to) for to in self._targets(branch.target, leaf))
                if branch.cycles is not None:
                    yield from (Edge(leaf, transition, branch, to, spent=True) for to in self.entered(branch.cycles.then, leaf))

    def open_in(self, transition: Transition) -> list[str]:
        """Give the leaves in which a transition could be taken."""
        leaves = [leaf for leaf in self.leaves(transition.source) if transition.excluded.isdisjoint(self.states[leaf].line)]
        if transition.trigger is Trigger.DONE and self.states[transition.source].children:
            return [leaf for leaf in leaves if self.states[leaf].kind is Kind.FINAL]
        if transition.source in self.ends:
            return leaves
        return [leaf for leaf in leaves if leaf not in self.ends]

    def _targets(self, target: str | History | None, leaf: str) -> list[str]:
        if target is None:
            return []
        if isinstance(target, str):
            return self.entered(target, leaf)
        if target.of is not None:
            return [*self.leaves(target.of), *(self.entered(target.default, leaf) if target.default else [])]
        # Back to where the case was: any leaf that can lead here was reachable already.
        return []

    @cached_property
    def reachable(self) -> frozenset[str]:
        """Give the leaves that can be active."""
        return self.reached_from(self.entered(ROOT))

    def reached_from(self, begin: Iterable[str], shut: Callable[[Edge], bool] = lambda _: False) -> frozenset[str]:
        """Give the leaves to which some order of acts leads from others, those among them. ``shut``: moves that are left out."""
        outgoing: dict[str, set[str]] = {}
        for edge in self.edges:
            if not shut(edge):
                outgoing.setdefault(edge.leaf, set()).add(edge.to)
        found: set[str] = set()
        waiting = list(begin)
        while waiting:
            leaf = waiting.pop()
            if leaf not in found:
                found.add(leaf)
                waiting.extend(outgoing.get(leaf, ()))
        return frozenset(found)

    def reached_within(self, around: State, leaf: str) -> frozenset[str]:
        """Give the leaves to which moves of a state, or of what is in it, lead from a leaf in it; nothing that holds further out counts."""
        return self.reached_from([leaf], lambda edge: around.path not in self.states[edge.transition.source].line)

    def parts_alone(self, around: State) -> bool:
        """Say whether a state has regions that leave each other alone: nothing in one leads into another one, or out of them all."""
        if around.kind is not Kind.PARALLEL:
            return False
        regions = {leaf: region for region in around.children for leaf in self.leaves(region)}
        inner = (edge for edge in self.edges if edge.leaf in regions and around.path in self.states[edge.transition.source].line[1:])
        return all(regions.get(edge.to) == regions[edge.leaf] for edge in inner)

    @cached_property
    def reachable_edges(self) -> list[Edge]:
        """Give the moves from leaves that can be active."""
        return [edge for edge in self.edges if edge.leaf in self.reachable]

    @cached_property
    def returning_leaves(self) -> frozenset[str]:
        """Give the leaves from which a case may go back to wherever it was before."""
        return frozenset().union(*map(self.open_in, self._returning))

    @cached_property
    def _ways_out(self) -> frozenset[str]:
        moving = {edge.leaf for edge in self.edges if edge.to != edge.leaf}
        return frozenset(moving) | self.returning_leaves

    @cached_property
    def _returning(self) -> tuple[Transition, ...]:
        """The transitions that go back to where the case was before."""
        written = (transition for state in self.states.values() for transition in state.transitions)
        return tuple(transition for transition in written if any(map(_returns, transition.branches)))

    @cached_property
    def reachable_states(self) -> frozenset[str]:
        """Give the states that can be active, outer ones included."""
        return frozenset(path for leaf in self.reachable for path in self.states[leaf].line)

    @cached_property
    def can_end(self) -> frozenset[str]:
        """Give the leaves from which a final state of the top level can be reached. A return by history counts as a way on."""
        incoming: dict[str, set[str]] = {}
        found: set[str] = set()
        waiting = list(self.ends)
        for edge in self.edges:
            incoming.setdefault(edge.to, set()).add(edge.leaf)
        waiting.extend(self.returning_leaves)
        while waiting:
            leaf = waiting.pop()
            if leaf not in found:
                found.add(leaf)
                waiting.extend(incoming.get(leaf, ()))
                # A finished region waits for its sisters: what they can do, the case can do.
                waiting.extend(self._sisters_of(leaf))
        return frozenset(found)

    def _sisters_of(self, leaf: str) -> list[str]:
        line = self.states[leaf].line
        around = [path for path in line[1:] if self.states[path].kind is Kind.PARALLEL]
        return [other for path in around for other in self.leaves(path) if self.states[other].kind is Kind.FINAL]

    def has_way_out(self, leaf: str) -> bool:
        """Say whether some transition could leave a leaf."""
        return leaf in self._ways_out

    # --- effects ----------------------------------------------------------------------------------------------------

    @staticmethod
    def sets(effects: Iterable[Effect]) -> frozenset[str]:
        """Give the items that effects set."""
        return frozenset(item.item for effect in effects if isinstance(effect, SetItems) for item in effect.items)

    @staticmethod
    def raises(effects: Iterable[Effect]) -> frozenset[str]:
        """Give the events that effects raise."""
        return frozenset(effect.event for effect in effects if isinstance(effect, Raise))


def _returns(branch: Branch) -> bool:
    return isinstance(branch.target, History) and branch.target.of is None
