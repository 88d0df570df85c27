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

    title: Text | None = None
    owner: Roles | None = None
    initial: Id | None = None
    states: dict[Id, State] = Field(default_factory=dict)
    regions: dict[Id, State] = Field(default_factory=dict)
    final: Literal[True] | None = None
    outcome: Outcome | None = None
    entry: Effects | None = None
    exit: Effects | None = None
    actions: dict[Id, Action] = Field(default_factory=dict)
    receive: dict[Dotted, Transition] = Field(default_factory=dict)
    always: Transition | None = None
    done: Transition | None = None
    deadlines: dict[Id, Deadline] = Field(default_factory=dict)
    parties: dict[Id, Parties] = Field(default_factory=dict)
    ballots: dict[Id, Ballot] = Field(default_factory=dict)
    children: dict[Id, Children] = Field(default_factory=dict)

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

    actions: dict[Id, Action] = Field(default_factory=dict)
    receive: dict[Dotted, Transition] = Field(default_factory=dict)
    deadlines: dict[Id, Deadline] = Field(default_factory=dict)


class Reopen(Action):
    """`reopen.X`: the only way out of a final state."""

    from_: OneOrMany[Dotted] = Field(alias="from")
    within: TermOrSetting | None = None
    at_most: int | None = Field(None, ge=1)
    signal: Id | None = None

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
