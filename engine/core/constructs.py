"""What a state may hold beside states, actions and deadlines: groups of children, of parties, ballots.

Each kind comes and goes with its state and has a say in whether that state is complete. What they keep of a case lies in sections of
their own of its snapshot; what they tell an expression is read from there.
"""

from __future__ import annotations

from typing import Protocol

from engine.definition.process import State


class Construct(Protocol):
    """One kind of construct during one command."""

    def enter(self, state: State) -> None:
        """Begin what a state holds, after its entry effects and its deadlines."""
        ...

    def leave(self, state: State) -> None:
        """End what a state that is left holds."""
        ...

    def is_complete(self, state: State) -> bool:
        """Say whether all that a state holds of this kind is done; true where it holds none."""
        ...
