"""States and regions, and what holds in all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from engine.definition.model.constructs import Ballot, Children, Parties
from engine.definition.model.shapes import Dotted, Id, OneOrMany, Roles, Shape, TermOrSetting, Text
from engine.definition.model.steps import Action, Effects, Transition
from engine.definition.model.timing import Deadline

Outcome = Literal["success", "partial", "rejected", "withdrawn", "referred", "merged", "lapsed", "failed"]


class State(Shape):
    """A state or a region. With `states` it is compound, with `regions` parallel, with neither a step of its own."""

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    owner: Roles | None = Field(None, description="In whose inbox the case lies; by default the outer state's.")
    initial: Id | None = Field(None, description="The inner state that is entered first.")
    states: dict[Id, State] = Field(default_factory=dict, description="Inner states: what stands here holds in all of them.")
    regions: dict[Id, State] = Field(default_factory=dict, description="Parts that run in parallel, each with its own states.")
    final: Literal[True] | None = Field(None, description="Ends the case, the state around it, or the region.")
    outcome: Outcome | None = Field(None, description="How the case ended; needed on a final state of the top level.")
    entry: Effects | None = Field(None, description="What happens when it is entered.")
    exit: Effects | None = Field(None, description="What happens when it is left.")
    actions: dict[Id, Action] = Field(default_factory=dict, description="The buttons: by whom, with which form, where to.")
    receive: dict[Dotted, Transition] = Field(
        default_factory=dict, description="Reactions to signals, raised events and what parties, children and ballots say."
    )
    always: Transition | None = Field(None, description="Taken by itself as soon as it can be.")
    done: Transition | None = Field(None, description="Taken when all that the state has is complete.")
    deadlines: dict[Id, Deadline] = Field(default_factory=dict, description="Terms that run while the case is here.")
    parties: dict[Id, Parties] = Field(default_factory=dict, description="Units or bodies of which each gives its verdict.")
    ballots: dict[Id, Ballot] = Field(default_factory=dict, description="Votes and ratings.")
    children: dict[Id, Children] = Field(default_factory=dict, description="Cases opened for each row of a list.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that a state is of one kind, and that a final one only ends."""
        yield from inner_states(self.initial, self.states, self.regions)
        if self.final:
            for key in type(self).model_fields:
                if key not in {"title", "final", "outcome", "entry", "deadlines"} and getattr(self, key):
                    yield key, f"a final state has no `{key}`: it may hold title, entry and deadlines only"
        elif self.outcome is not None:
            yield "outcome", "`outcome` needs `final: true`"
        if self.done is not None and not (self.states or self.regions or self.parties or self.ballots or self.children):
            yield "done", "`done` never comes: this state has no states, regions, parties, ballots or children"
        for name, action in self.actions.items():
            if action.except_:
                yield "actions", f"`except` of `{name}` is for actions of `anywhere`"


class Anywhere(Shape):
    """`anywhere`: holds in every state that is not final."""

    actions: dict[Id, Action] = Field(default_factory=dict, description="Actions of every state that is not final.")
    receive: dict[Dotted, Transition] = Field(default_factory=dict, description="Reactions in every state that is not final.")
    deadlines: dict[Id, Deadline] = Field(default_factory=dict, description="Deadlines over the whole case.")


class Reopen(Action):
    """`reopen.X`: the only way out of a final state."""

    from_: OneOrMany[Dotted] = Field(alias="from", description="The final states that can be left.")
    within: TermOrSetting | None = Field(None, description="How long after the end.")
    at_most: int | None = Field(None, ge=1, description="How often.")
    signal: Id | None = Field(None, description="A signal that re-opens it too.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that it leads somewhere."""
        yield from super().mistakes()
        if self.to is None and self.choice is None:
            yield "", "missing key `to`: re-opening leads out of the final state"


def inner_states(initial: str | None, states: dict[str, State], regions: dict[str, State]) -> Iterable[tuple[str, str]]:
    """Check that what has states says which comes first."""
    if states and regions:
        yield "regions", "`regions` and `states` exclude each other: states stand in the regions"
    if states and initial is None:
        yield "states", "missing key `initial`: which of these states comes first"
    if not states and initial is not None:
        yield "initial", "`initial` needs `states`"
    for name, region in regions.items():
        if not region.states:
            yield "regions", f"region `{name}` needs `initial` and `states`"
        if region.final:
            yield "regions", f"region `{name}` cannot be final; its states can"
