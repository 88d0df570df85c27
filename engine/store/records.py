"""What is read from and written to the tables: one tuple per table, its fields in the order of the columns.

Instants are microseconds since 1970 in UTC. A field that holds JSON is its text: the caller decides when it is worth parsing.
The fields of the primary key come first.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.clock import Instant
from engine.store.derived import CaseIndexRecord, FigureCaseRecord, FigureRecord


class CaseRecord(NamedTuple):
    """A case as it stands. ``configuration`` is a JSON list, ``snapshot`` the JSON object of its sections."""

    org: str
    id: str
    workflow: str
    definition_version: int
    digest: str
    number: str | None
    client_ref: str | None
    state: str
    configuration: str
    outcome: str | None
    version: int
    seq: int
    head: str
    opened_at: Instant
    opened_by: str
    updated_at: Instant
    ended_at: Instant | None
    snapshot: str


class EventRecord(NamedTuple):
    """An event of a case. ``body`` is its canonical JSON, over which ``hash`` was taken."""

    org: str
    case_id: str
    seq: int
    kind: str
    workflow: str
    action: str
    actor: str
    role: str
    occurred_at: Instant
    recorded_at: Instant
    body: str
    hash: str


class UnsealedRecord(NamedTuple):
    """An event that has no place in the log yet; all of it is the key."""

    org: str
    recorded_at: Instant
    case_id: str
    seq: int


class LogEntryRecord(NamedTuple):
    """An event's place in the log, counted from 1 without gaps, and what it is sought by."""

    org: str
    log_index: int
    case_id: str
    seq: int
    recorded_at: Instant
    occurred_at: Instant
    workflow: str
    kind: str
    action: str
    actor: str
    role: str


class PayloadRecord(NamedTuple):
    """What an event commits to: ``payload`` is a JSON object, pointer -> [salt in hex, value]."""

    org: str
    case_id: str
    seq: int
    payload: str


class DeadlineRecord(NamedTuple):
    """A deadline that was armed."""

    org: str
    case_id: str
    n: int
    workflow: str
    name: str
    state: str
    status: str
    due_at: Instant | None
    next_at: Instant | None
    next_rung: str | None
    provisional: bool
    calendar: str
    ledger: str


class RungRecord(NamedTuple):
    """A rung that fired."""

    org: str
    case_id: str
    deadline_n: int
    rung: str
    due_at: Instant
    fired_at: Instant
    seq: int


class TaskRecord(NamedTuple):
    """Work in an inbox, there until it is done; ``kind`` is owner, escalation or asked."""

    org: str
    role: str
    case_id: str
    n: int
    workflow: str
    kind: str
    unit: str | None
    person: str | None
    state: str
    deadline: str | None
    opened_at: Instant


class MessageRecord(NamedTuple):
    """What a case tells another. The key is the sender's."""

    org: str
    case_id: str
    seq: int
    number: int
    to_org: str
    to_case: str
    kind: str
    body: str
    created_at: Instant


class DocumentRecord(NamedTuple):
    """A document; ``seq`` is the event that attached it."""

    org: str
    id: str
    case_id: str
    name: str
    filename: str
    media_type: str
    size: int
    sha256: str
    attached_by: str
    attached_at: Instant
    seq: int | None


class IdempotencyRecord(NamedTuple):
    """What was answered to a request; ``headers`` is JSON, ``body`` the bytes as they were sent."""

    org: str
    scope: str
    key: str
    request_hash: str
    status: int
    headers: str
    body: bytes
    created_at: Instant


class NoticeRecord(NamedTuple):
    """What somebody is to read; ``text`` is a JSON object by language."""

    org: str
    log_index: int
    number: int
    case_id: str
    seq: int
    kind: str
    role: str | None
    unit: str | None
    person: str | None
    text: str
    created_at: Instant
    read_at: Instant | None


class DefinitionRecord(NamedTuple):
    """A published version of a process; ``title`` is a JSON object by language, ``source`` the text as it was published.

    ``effective_from``: from when new cases open with it; None: since it was published. ``imports`` is a JSON object of the other
    workflows it was checked against and their versions.
    """

    org: str
    workflow: str
    version: int
    digest: str
    title: str
    source: str
    published_at: Instant
    published_by: str
    effective_from: Instant | None
    imports: str


class PresetRecord(NamedTuple):
    """A preset that a body took for a workflow; the greatest version is in force. ``title`` and ``settings`` are JSON objects."""

    org: str
    workflow: str
    version: int
    preset: str
    digest: str
    title: str
    settings: str
    source: str
    published_at: Instant
    published_by: str


class RegistryDefinitionRecord(NamedTuple):
    """A published definition of a registry; ``title`` is a JSON object by language, ``source`` the text as it was published."""

    org: str
    name: str
    version: int
    digest: str
    title: str
    source: str
    published_at: Instant
    published_by: str


class RegistryRowRecord(NamedTuple):
    """A row of a registry as it stands. ``id`` is what its events are of, ``version`` the number of the latest, ``head`` its hash.

    ``definition_version`` is the one under which it was last written; ``body`` the canonical JSON of what is filled in.
    """

    org: str
    name: str
    key: str
    id: str
    version: int
    head: str
    definition_version: int
    body: str
    added_at: Instant
    updated_at: Instant
    updated_by: str
    retired_at: Instant | None


class RegistryIndexRecord(NamedTuple):
    """A value by which a row is found; all of it is the key."""

    org: str
    name: str
    field: str
    value: str
    key: str


class NumberSeriesRecord(NamedTuple):
    """The last number that a series gave in a period."""

    org: str
    series: str
    period: str
    last: int


class PersonRecord(NamedTuple):
    """A person who may sign in; ``roles`` is a JSON list."""

    org: str
    id: str
    name: str
    password_hash: str | None
    roles: str
    unit: str | None
    created_at: Instant
    disabled_at: Instant | None


class UnitRecord(NamedTuple):
    """A unit; ``title`` is a JSON object by language."""

    org: str
    id: str
    title: str
    parent: str | None


class ApiKeyRecord(NamedTuple):
    """An API key; ``roles`` is a JSON list."""

    org: str
    id: str
    secret_sha256: str
    actor: str
    roles: str
    unit: str | None
    label: str
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None


class SessionRecord(NamedTuple):
    """A person who is signed in."""

    org: str
    token_sha256: str
    person: str
    created_at: Instant
    expires_at: Instant


class ServiceStateRecord(NamedTuple):
    """What the service remembers."""

    org: str
    key: str
    value: str


class LogCursorRecord(NamedTuple):
    """How far a consumer has read the log."""

    org: str
    consumer: str
    position: int


Record = (
    CaseRecord
    | EventRecord
    | UnsealedRecord
    | LogEntryRecord
    | PayloadRecord
    | DeadlineRecord
    | RungRecord
    | TaskRecord
    | MessageRecord
    | DocumentRecord
    | IdempotencyRecord
    | NoticeRecord
    | DefinitionRecord
    | CaseIndexRecord
    | PresetRecord
    | RegistryDefinitionRecord
    | RegistryRowRecord
    | RegistryIndexRecord
    | FigureRecord
    | FigureCaseRecord
    | NumberSeriesRecord
    | PersonRecord
    | UnitRecord
    | ApiKeyRecord
    | SessionRecord
    | ServiceStateRecord
    | LogCursorRecord
)
"""Any of them."""
