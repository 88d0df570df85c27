"""What is answered about cases."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.common import Answered, Json, Moment
from api.schemas.problem import Refusal


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
    period: int | None
    party: str | None
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
    trial: bool = Field(description="it is of a sandbox and does not count")
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


class WordSeen(Answered):
    """A document that can be made as Word with the data of the case, and where."""

    document: str
    title: str
    href: str


class DocumentList(Answered):
    """The documents of a case, and those that can be made."""

    documents: list[DocumentSeen]
    word: list[WordSeen]


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


class ExplainedDeadline(BaseModel):
    """Why a deadline is due when it is, step by step and day by day, with the rule behind each."""

    model_config = ConfigDict(extra="allow")
    name: str
    n: int
    title: str
    basis: str | None
    status: str
    status_text: str
    period: int | None
    party: str | None
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
