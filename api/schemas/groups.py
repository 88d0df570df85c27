"""What is answered about the parties of a case."""

from __future__ import annotations

from api.schemas.common import Answered, Moment


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
