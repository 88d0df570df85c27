"""What may come of one command, as a tree: who decides what comes next, and where it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

REFUSED, UNSETTLED = -1, -2
"""Ends of a command after which the case stands where it stood: a gate is shut, or it does not come to rest."""


class Decider(Enum):
    """Who decides between the branches of a tree."""

    PEOPLE = "people"  # who acts, when, and what is filled in: what is to happen can be chosen
    FACTS = "facts"  # what is already the case, and not known here: any of it must be reckoned with
    BUDGET = "budget"  # how often it was done before: the first as long as it lasts, then the second, for sure
    PERHAPS = "perhaps"  # may happen, but nothing may be built on it


@dataclass(frozen=True, slots=True)
class Fork:
    """A point at which it is decided how the command goes on."""

    decider: Decider
    ways: tuple[Tree, ...]


Tree = int | Fork
"""A number is the position that is reached, or REFUSED or UNSETTLED."""


class Open(Exception):
    """A decision that the script of a run does not hold yet."""

    def __init__(self, decider: Decider, options: int) -> None:
        super().__init__()
        self.decider, self.options = decider, options


class TooMany(Exception):
    """One command takes more steps, in all the ways it can go, than are looked at."""


class Script:
    """The decisions of one run of a command, in their order."""

    def __init__(self, decisions: tuple[int, ...]) -> None:
        self._decisions = iter(decisions)

    def decide(self, decider: Decider, options: int) -> int:
        """Give the number of the option that is taken. Raises Open where that was not decided yet."""
        if options == 1 and decider is not Decider.PERHAPS:
            return 0
        found = next(self._decisions, None)
        if found is None:
            raise Open(decider, options)
        return found


Result = TypeVar("Result")


def all_runs(run: Callable[[Script], int]) -> Tree:
    """Run a command in every way it can go."""

    def tree(decisions: tuple[int, ...]) -> Tree:
        try:
            return run(Script(decisions))
        except Open as fork:
            decider, options = fork.decider, fork.options
        return Fork(decider, tuple(tree((*decisions, option)) for option in range(options)))

    return tree(())


def ends(tree: Tree) -> Iterator[int]:
    """Give every end of a tree, from left to right."""
    if isinstance(tree, int):
        yield tree
    else:
        for way in tree.ways:
            yield from ends(way)


def leads(tree: Tree, into: Callable[[int], bool]) -> bool:
    """Say whether people can bring it about that a command ends at a position of that kind, whatever the facts are."""
    if isinstance(tree, int):
        return tree >= 0 and into(tree)
    match tree.decider:
        case Decider.PEOPLE:
            return any(leads(way, into) for way in tree.ways)
        case Decider.PERHAPS:
            return False
        case _:
            return all(leads(way, into) for way in tree.ways)


def may_lead(tree: Tree, into: Callable[[int], bool]) -> bool:
    """Say whether a command ends at a position of that kind if all goes as one would have it."""
    return any(end >= 0 and into(end) for end in ends(tree))


def when_spent(tree: Tree, into: Callable[[int], bool], again: Callable[[int], bool]) -> bool:
    """Say the same of a command that is given again and again until its budgets are spent: in between it need only come back."""
    if isinstance(tree, int):
        return tree >= 0 and into(tree)
    match tree.decider:
        case Decider.PEOPLE:
            return any(when_spent(way, into, again) for way in tree.ways)
        case Decider.PERHAPS:
            return False
        case Decider.FACTS:
            return all(when_spent(way, into, again) for way in tree.ways)
        case Decider.BUDGET:
            first, then = tree.ways
            return leads(first, again) and when_spent(then, into, again)
