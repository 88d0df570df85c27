"""Where a transition leads: arithmetic on the tree of states, as in Appendix D of the SCXML recommendation."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from engine.core.case import Configuration
from engine.core.machine import Chosen
from engine.definition.process import ROOT, Branch, History, Kind, State, Transition

in_document_order = attrgetter("first")


class Memories(NamedTuple):
    """What history targets ask: leaves below a state when it was last left; leaves active before a state was entered."""

    history: Mapping[str, list[str]]
    behind: Mapping[str, list[str]]


class Move(NamedTuple):
    """What a branch with a target does to the tree: all below ``domain`` is left, then these are entered, outer first.

    ``restored``: the paths of what is entered because a history remembers it, not anew.
    """

    domain: State
    entered: tuple[State, ...]
    restored: frozenset[str] = frozenset()


class Route(NamedTuple):
    """What a step does to a configuration: ``exited`` inner and later first, ``entered`` outer and earlier first, and where it leads."""

    exited: tuple[State, ...]
    entered: tuple[State, ...]
    exits: tuple[str, ...]  # their paths
    entries: tuple[str, ...]
    restored: frozenset[str]
    after: Configuration


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The states of a definition by path, in document order, the root first."""

    states: Mapping[str, State]

    def goals(self, source: State, target: str | History, memories: Memories) -> list[State]:
        """Say what a target stands for: the state itself or, for a history, what is remembered."""
        if isinstance(target, str):
            return [self.states[target]]
        if target.of is None:
            return [self.states[leaf] for leaf in memories.behind.get(source.path, [])] or [self.states[ROOT]]
        leaves = memories.history.get(target.of)
        if not leaves:
            return [self.states[target.default or target.of]]
        if target.deep:
            return [self.states[leaf] for leaf in leaves]
        if not self.states[target.of].children:
            return [self.states[target.of]]
        lines = [self.states[leaf].line for leaf in leaves]
        return [self.states[child] for child in dict.fromkeys(line[line.index(target.of) - 1] for line in lines)]

    def move(self, spec: Transition, branch: Branch, target: str | History, memories: Memories, domain: State | None = None) -> Move:
        """Find the innermost compound state that stays, unless it is given, and all that is entered below it."""
        source = self.states[spec.source]
        goals = self.goals(source, target, memories)
        if domain is None:
            around = [self.states[path] for path in (source.line[1:] if branch.reenter else source.line)]
            domain = next(
                (state for state in around if state.kind is Kind.COMPOUND and all(goal.is_below(state) for goal in goals)),
                self.states[ROOT],
            )
        entered = self.entry_set(domain, goals)
        if isinstance(target, str):
            return Move(domain, entered)
        return Move(domain, entered, frozenset(state.path for state in entered if self.is_restored(state, source, target, goals, memories)))

    def is_restored(self, state: State, source: State, target: History, goals: list[State], memories: Memories) -> bool:
        """Say whether a history remembers a state that is entered; what is around `of`, and what has no memory yet, is entered anew."""
        if target.of is None:
            remembered = bool(memories.behind.get(source.path))
        else:
            remembered = bool(memories.history.get(target.of)) and target.of in state.line
        return remembered and any(state.path in goal.line for goal in goals)

    def entry_set(self, domain: State, goals: Iterable[State]) -> tuple[State, ...]:
        """Give the goals and all that is entered with them below the domain, outer first, in document order."""
        entered: dict[str, State] = {}
        incomplete: deque[State] = deque()

        def enter(states: Iterable[State]) -> None:
            for goal in states:
                for path in goal.line:
                    if path == domain.path:
                        break
                    if path not in entered:
                        entered[path] = self.states[path]
                        incomplete.append(self.states[path])

        enter(goals)
        if not entered:  # the goal is the domain itself: enter what it enters by default
            incomplete.append(domain)
        while incomplete:
            state = incomplete.popleft()
            if state.kind is Kind.PARALLEL:
                enter(self.states[child] for child in state.children if child not in entered)
            elif state.kind is Kind.COMPOUND and state.initial and not any(child in entered for child in state.children):
                enter([self.states[state.initial]])
        return tuple(sorted(entered.values(), key=in_document_order))

    def without_conflicts(self, chosen: Iterable[Chosen], move: Callable[[Chosen], Move | None]) -> list[Chosen]:
        """Where two exit sets meet, the transition whose source lies inside the other's wins, else the first."""
        kept: list[Chosen] = []
        for one in chosen:
            rivals = [other for other in kept if _meet(move(one), move(other))]
            if all(self.states[one.spec.source].is_below(self.states[rival.spec.source]) for rival in rivals):
                kept = [other for other in kept if other not in rivals] + [one]
        return kept

    def exit_set(self, configuration: Configuration, domains: Iterable[State]) -> list[State]:
        """Give the active states below any of the domains, inner and later ones first."""
        domains = list(domains)
        active = {path for leaf in configuration for path in self.states[leaf].line} if domains else set[str]()
        exited = [state for state in (self.states[path] for path in active) if any(state.is_below(domain) for domain in domains)]
        return sorted(exited, key=in_document_order, reverse=True)

    def route(self, configuration: Configuration, moves: tuple[Move, ...]) -> Route:
        """Put the moves of one step together."""
        exited = self.exit_set(configuration, [move.domain for move in moves])
        entered = sorted((state for move in moves for state in move.entered), key=in_document_order)
        exits = tuple(state.path for state in exited)
        after = [leaf for leaf in configuration if leaf not in exits] + [state.path for state in entered if not state.children]
        return Route(
            exited=tuple(exited),
            entered=tuple(entered),
            exits=exits,
            entries=tuple(state.path for state in entered),
            restored=frozenset(path for move in moves for path in move.restored),
            after=tuple(sorted(after, key=lambda leaf: self.states[leaf].first)),
        )

    def active(self, configuration: Configuration) -> set[str]:
        """Give the paths of all active states, the root included."""
        return {path for leaf in configuration for path in self.states[leaf].line}

    def composites(self, configuration: Configuration) -> Iterator[State]:
        """Give the active states that have states or constructs, inner ones before outer, sisters in document order."""
        active = sorted((self.states[path] for path in self.active(configuration)), key=lambda state: (state.last, -state.first))
        return (state for state in active if (state.children or state.has_constructs) and state.path != ROOT)


def _meet(one: Move | None, other: Move | None) -> bool:
    """Say whether two exit sets meet: one domain holds the other then, for both are active."""
    if one is None or other is None:
        return False
    a, b = one.domain, other.domain
    return a is b or a.is_below(b) or b.is_below(a)


# A case goes few ways in its life, and others went them before it.
@lru_cache(maxsize=4096)
def route(tree: Tree, configuration: Configuration, moves: tuple[Move, ...]) -> Route:
    """Give `Tree.route`, worked out once."""
    return tree.route(configuration, moves)
