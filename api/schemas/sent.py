"""What clients send, in the body and in the address."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.common import Asked, Day, Id, Json, Line, Moment, Name, Prose, Sent


class OpenCase(Sent):
    """Open a case of the newest version in force, or of the one given."""

    workflow: Id
    version: int | None = Field(None, ge=1, le=1_000_000_000)
    data: Json = Field(default_factory=dict, description="the start form")
    client_ref: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        None, description="your own reference, once per workflow: opening again with it answers 409"
    )
    reason: Prose | None = None
    occurred_at: Moment | None = Field(None, description="when it happened, where that is not now; needs the right `backdate` and a reason")


class TakeAction(Sent):
    """Take an action."""

    data: Json = Field(default_factory=dict, description="the form of the action, as `GET …/actions` shows its JSON Schema")
    reason: Prose | None = None
    documents: list[Id] = Field(
        default_factory=list, max_length=1, description="for `X.attach`: the id of a document uploaded with `attach=false`"
    )
    occurred_at: Moment | None = Field(None, description="when it happened, where that is not now; needs the right `backdate` and a reason")


class Approve(Sent):
    """Approve a document."""

    reason: Prose | None = None


class SayComment(Sent):
    """Say something about a case; its version stays."""

    text: Prose


class CorrectEvent(Sent):
    """Set right what an event says wrongly. An outcome, a time and a date need a second person, who sends `approves`."""

    seq: int = Field(ge=1, le=2**53 - 1, description="the event that is wrong")
    reason: Prose
    data: Json = Field(default_factory=dict, description="items with their right values; null empties an item")
    outcome: Id | None = None
    occurred_at: Moment | None = None
    approves: int | None = Field(None, ge=1, le=2**53 - 1, description="the event that asked for this correction")


class AdvanceClock(Sent):
    """Move the manual clock."""

    to: Moment


class CreateKey(Sent):
    """Make an API key."""

    actor: Name
    roles: list[Id] = Field(min_length=1, max_length=50)
    unit: Name | None = None
    label: Line = ""
    expires_at: Moment | None = None


class CreatePerson(Sent):
    """Enter a person; without a password nobody can sign in as them."""

    id: Name
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    roles: list[Id] = Field(max_length=50)
    unit: Name | None = None
    password: str | None = Field(None, min_length=10, max_length=200, json_schema_extra={"writeOnly": True})


class CaseFilter(Asked):
    """Which cases to list, newest first."""

    workflow: Id | None = None
    state: Id | None = Field(None, description="a state of the top level")
    number: Id | None = None
    client_ref: Id | None = None
    outcome: Id | None = None
    ended: bool | None = None
    overdue: bool = Field(False, description="only cases with a deadline that has passed")
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, max_length=200, description="from the `next` of the page before")


class CaseAsked(Asked):
    """How to look at a case."""

    as_of: Moment | None = Field(None, description="the case as it stood at this time, folded from its trail")


class DefinitionAsked(Asked):
    """How to publish."""

    dry_run: bool = Field(False, description="only check: nothing is published")
    effective_from: Day | Moment | None = Field(
        None, description="from when new cases open with it: a day in the calendar's zone, or a time; at once by default"
    )


class DiffAsked(Asked):
    """With what to compare."""

    against: int = Field(ge=1, le=1_000_000_000, description="the version with which to compare, mostly the one before")


class DocumentAsked(Asked):
    """What is said of a document that is sent."""

    document: Id = Field(description="the name of the document in the workflow")
    filename: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(description="of the bytes in the body, in hex")
    attach: bool = Field(True, description="false: only keep it; `documents` of the action `X.attach` then names it")


class EventFilter(Asked):
    """Which events of a case to list, oldest first."""

    after: int = Field(0, ge=0, le=2**53 - 1, description="the seq after which to begin")
    limit: int = Field(100, ge=1, le=500)


class AuditFilter(Asked):
    """Which events of the organisation to list, newest first."""

    actor: Id | None = None
    workflow: Id | None = None
    action: Id | None = None
    start: Moment | None = Field(None, alias="from", description="recorded at this time or later")
    end: Moment | None = Field(None, alias="to", description="recorded before this time")
    limit: int = Field(100, ge=1, le=500)
    cursor: str | None = Field(None, max_length=200, description="from the `next` of the page before")


class InboxFilter(Asked):
    """How much of the inbox to list, oldest first."""

    limit: int = Field(100, ge=1, le=500)
    cursor: str | None = Field(None, max_length=200, description="from the `next` of the page before")


class DaysFilter(Asked):
    """Which days of a calendar to list: at most 3 years of them."""

    start: Day = Field(alias="from")
    end: Day = Field(alias="to")
