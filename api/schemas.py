"""What is sent and what is answered, as OpenAPI shows it.

What is sent is checked against these models; answers are made elsewhere and compared with them in tests.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\w.@:+-]+$")]
Line = Annotated[str, StringConstraints(max_length=200)]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=5_000, pattern=r"\S")]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), Field(json_schema_extra={"format": "date"})]
Json = dict[str, Any]


class Sent(BaseModel):
    """What a client sends: nothing is coerced, unknown members are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Answered(BaseModel):
    """What the service answers: exactly this."""

    model_config = ConfigDict(extra="forbid")


# --- sent -----------------------------------------------------------------------------------------------------------


class OpenCase(Sent):
    """Open a case of the newest published version, or of the one given."""

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


# --- asked for in the address ---------------------------------------------------------------------------------------


class Asked(BaseModel):
    """What may stand in an address after the question mark: nothing else does."""

    model_config = ConfigDict(extra="forbid")


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


# --- answered -------------------------------------------------------------------------------------------------------


class Violation(Answered):
    """One mistake in what was sent."""

    in_: Literal["body", "query", "path", "header"] = Field(alias="in")
    pointer: str = Field(description="a JSON Pointer into the body, or the name of the header or parameter")
    code: str
    message: str


class Refusal(BaseModel):
    """One reason why an action is not taken."""

    model_config = ConfigDict(extra="allow")
    code: str
    message: str
    guard: str | None = None
    missing: str | None = None
    role: list[str] | None = None
    until: str | None = None


class DefinitionProblem(Answered):
    """One mistake in a definition."""

    rule: str
    message: str
    line: int
    column: int
    pointer: str
    severity: Literal["error", "warning"]


class Change(Answered):
    """One event since the version that was seen."""

    seq: int
    version: int
    kind: str
    action: str
    actor: str
    role: str
    recorded_at: Moment


class Problem(Answered):
    """What went wrong (RFC 9457). `type` and `code` are stable; texts follow `Accept-Language`."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    violations: list[Violation] | None = None
    refusals: list[Refusal] | None = None
    problems: list[DefinitionProblem] | None = None
    changes: list[Change] | None = None
    expected: int | None = None
    version: int | None = None
    right: str | None = None
    case: str | None = None
    sha256: str | None = None


class RungSeen(Answered):
    """One rung of a deadline."""

    at: str
    instant: Moment | None
    fired: Moment | None
    recorded_only: bool | None = None


class DeadlineSeen(Answered):
    """One deadline of a case."""

    name: str
    title: str
    n: int
    status: str
    basis: str | None
    timer: bool
    due: Moment | None
    due_date: date | None
    nominal_date: date | None
    provisional: bool
    overdue: bool
    rungs: list[RungSeen]


class DocumentAttached(Answered):
    """The document that is attached now under a name, with who approved it."""

    id: str
    sha256: str
    size: int
    media_type: str
    at: Moment
    seq: int
    by: str
    approved_by: str | None = None
    approved_at: Moment | None = None


class CaseSeen(Answered):
    """A case as its reader may see it."""

    id: str
    workflow: str
    definition_version: int
    title: str
    number: str | None
    client_ref: str | None
    state: str
    configuration: list[str]
    where: list[str]
    owner: list[str]
    data: Json
    documents: dict[str, DocumentAttached]
    deadlines: list[DeadlineSeen]
    actions: list[str]
    pending_messages: list[Json]
    outcome: str | None
    version: int
    seq: int
    opened_at: Moment
    opened_by: str
    updated_at: Moment
    ended_at: Moment | None


class CaseListed(Answered):
    """A case in a list."""

    id: str
    workflow: str
    title: str
    number: str | None
    client_ref: str | None
    state: str
    configuration: list[str]
    where: list[str]
    outcome: str | None
    version: int
    due: Moment | None
    overdue: bool
    opened_at: Moment
    opened_by: str
    updated_at: Moment
    ended_at: Moment | None


class CasePage(Answered):
    """A page of cases; `next` is the cursor of the page that follows, null on the last."""

    cases: list[CaseListed]
    next: str | None


class ActionSeen(Answered):
    """One action of the configuration: allowed with the JSON Schema of its form, or refused with every reason."""

    name: str
    title: str
    allowed: bool
    by: list[str]
    form: Json | None = None
    reason: Literal["required", "optional"] | None = None
    attaches: bool | None = None
    depends_on: list[str] | None = None
    refusals: list[Refusal] | None = None


class ActionList(Answered):
    """Every action of the configuration."""

    version: int
    actions: list[ActionSeen]


class EventSeen(BaseModel):
    """An event with what it commits to, as far as its reader may see it; its form is fixed by the trail."""

    model_config = ConfigDict(extra="allow")
    seq: int
    kind: str
    action: str
    occurred_at: Moment
    recorded_at: Moment
    hash: str


class EventPage(Answered):
    """A page of events; `next` follows on."""

    events: list[EventSeen]
    next: str | None


class DeadlineList(Answered):
    """The deadlines of a case, live ones and ended ones."""

    deadlines: list[DeadlineSeen]


class DocumentSeen(Answered):
    """A document that was handed in; `seq` is the event that attached it, null while it waits for that."""

    id: str
    name: str
    filename: str
    media_type: str
    size: int
    sha256: str
    attached_by: str
    attached_at: Moment
    seq: int | None


class DocumentList(Answered):
    """The documents of a case."""

    documents: list[DocumentSeen]


class CommentSeen(Answered):
    """A comment; `text` is null once it was redacted."""

    seq: int
    actor: str
    text: str | None
    recorded_at: Moment


class CommentList(Answered):
    """The comments on a case, oldest first."""

    comments: list[CommentSeen]


class TaskSeen(Answered):
    """Work that lies in an inbox."""

    case: str
    n: int
    workflow: str
    title: str
    number: str | None
    where: list[str]
    kind: str
    role: str
    unit: str | None
    person: str | None
    state: str
    deadline: str | None
    due: Moment | None
    overdue: bool
    opened_at: Moment


class Inbox(Answered):
    """A page of the open tasks of a person, oldest first."""

    tasks: list[TaskSeen]
    next: str | None


class PublishedSeen(Answered):
    """What publishing answers; `problems` are warnings."""

    workflow: str
    version: int
    digest: str
    problems: list[DefinitionProblem]


class DefinitionSeen(Answered):
    """A published version."""

    workflow: str
    version: int
    digest: str
    title: str
    published_at: Moment
    published_by: str


class DefinitionList(Answered):
    """Published versions."""

    definitions: list[DefinitionSeen]


class StateSeen(Answered):
    """A state of a workflow."""

    path: str
    title: str
    kind: str
    owner: list[str]
    outcome: str | None


class DefinitionWhole(DefinitionSeen):
    """A published version with what a client needs of it, and its source."""

    states: list[StateSeen]
    roles: dict[str, str]
    start: Json | None
    source: str


class DaySeen(Answered):
    """A day of a calendar."""

    date: date
    works: bool
    kind: str
    reason: str
    provisional: bool


class DayList(Answered):
    """Days of a calendar."""

    calendar: str
    version: str
    zone: str
    closing: str
    days: list[DaySeen]


class ClockSeen(Answered):
    """Where the manual clock stands."""

    now: Moment
    manual: bool


class ClockMoved(Answered):
    """What moving the clock did: rungs that fired, and rungs that failed and are tried again."""

    now: Moment
    fired: int
    failed: int


class ExplainedDeadline(BaseModel):
    """Why a deadline is due when it is, step by step and day by day, with the rule behind each."""

    model_config = ConfigDict(extra="allow")
    name: str
    n: int
    title: str
    basis: str | None
    status: str
    status_text: str
    overdue: bool
    nominal_date: date | None
    due_date: date | None
    due: Moment | None
    provisional: bool
    agrees: bool
    steps: list[Json]
    days: list[Json]
    pauses: list[Json]
    extensions: list[Json]
    rungs: list[Json]
    rules: dict[str, str]


class KeyMade(Answered):
    """A new key. It is shown this once."""

    id: str
    key: str


class KeySeen(Answered):
    """An API key, without its secret."""

    id: str
    actor: str
    roles: list[str]
    unit: str | None
    label: str
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None


class KeyList(Answered):
    """The API keys."""

    keys: list[KeySeen]


class PersonSeen(Answered):
    """A person."""

    id: str
    name: str
    roles: list[str]
    unit: str | None
    may_sign_in: bool
    created_at: Moment


class PersonList(Answered):
    """The people."""

    people: list[PersonSeen]


class Health(Answered):
    """Whether the service works."""

    status: Literal["ok", "unavailable"]
