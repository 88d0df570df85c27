"""What is answered about the parties of a case, and about the cases it has to do with."""

from __future__ import annotations

from typing import Any

from api.schemas.common import Answered, Json, Moment


class PartySeen(Answered):
    """One party: a unit, a person or a role. `verdict` is null until it signs; `said` is its text. `awaited`: it stands in the way."""

    role: str
    unit: str | None
    person: str | None
    verdict: str | None
    said: str | None
    refuses: bool
    invited_at: Moment
    signed_at: Moment | None
    signed_by: str | None
    waived_at: Moment | None
    awaited: bool
    due: Moment | None
    overdue: bool


class PartyGroupSeen(Answered):
    """One group of parties, of the present stay in its state or else the last. `open`: its parties can sign now."""

    name: str
    title: str
    state: str
    open: bool
    complete: bool
    parties: list[PartySeen]


class PartyGroupList(Answered):
    """The groups of parties of a case."""

    parties: list[PartyGroupSeen]


class RelatedCase(Answered):
    """Another case as it has last told of itself; what it has not told yet is null. `refused`: why it could not be opened."""

    id: str
    organisation: str
    number: str | None
    state: str | None
    outcome: str | None
    done: bool
    overdue: bool
    running: bool
    waived: bool
    refused: list[str]
    opened_at: Moment | None
    told_at: Moment | None
    data: dict[str, Any]


class ChildCase(RelatedCase):
    """A child. `key` tells it apart in its group; `counts_as_done`: it has ended or was waived."""

    key: str
    counts_as_done: bool


class ChildGroupSeen(Answered):
    """One group of children, of the present stay in its state or else the last."""

    name: str
    title: str
    state: str
    cases: list[ChildCase]


class LinkSeen(Answered):
    """One link with the cases at its other end."""

    name: str
    workflows: list[str]
    cases: list[RelatedCase]


class ParentSeen(Answered):
    """The case that opened this one for a row of its own."""

    id: str
    organisation: str
    group: str


class RelatedCases(Answered):
    """All cases that a case has to do with."""

    children: list[ChildGroupSeen]
    links: list[LinkSeen]
    parent: ParentSeen | None


class ItemSeen(Answered):
    """What is rated: its id on a paper, and what it is."""

    id: str
    label: str


class BallotSeen(Answered):
    """A ballot. While it is open only how many have voted is told; `waiting_for_me` are the papers its reader may still hand in."""

    name: str
    title: str
    state: str
    open: bool
    secret: bool
    opened_at: Moment
    closed_at: Moment | None
    voters: int
    voted: int
    waiting_for_me: int
    items: list[ItemSeen]
    result: Json | None


class BallotList(Answered):
    """The ballots of a case."""

    ballots: list[BallotSeen]
