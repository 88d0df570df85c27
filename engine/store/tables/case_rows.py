"""The tables of cases: where a case stands, its trail, its deadlines and tasks, and what it sends to others.

Every key begins with the organisation. Small rows that are sought by their key alone lie in the key's tree (`WITHOUT ROWID`) on SQLite.
Tables that are updated keep room in their pages on PostgreSQL.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from engine.store.tables.columns import bool_col, bytes_col, int_col, int_key, text_col, text_key

IN_KEY_ORDER = {"sqlite_with_rowid": False}
ROOM_FOR_UPDATES = {"postgresql_with": {"fillfactor": 80}}
NOT_ENDED = "ended_at IS NULL"


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Declare an index over the rows that meet a condition."""
    return Index(name, *columns, unique=unique, sqlite_where=sql(where), postgresql_where=sql(where))


class CaseRow(SQLModel, table=True):
    """A case as it stands: a projection of its events, which a test rebuilds from them."""

    __tablename__ = "cases"
    __table_args__ = (
        partial("ux_cases_client_ref", "org", "workflow", "client_ref", where="client_ref IS NOT NULL", unique=True),
        partial("ux_cases_number", "org", "workflow", "number", where="number IS NOT NULL", unique=True),
        Index("ix_cases_workflow", "org", "workflow", "id"),
        # No act touches these but one that ends or re-opens a case.
        partial("ix_cases_open", "org", "id", where=NOT_ENDED),
        partial("ix_cases_open_workflow", "org", "workflow", "id", where=NOT_ENDED),
        ROOM_FOR_UPDATES,
    )
    org: str = text_key()
    id: str = text_key()
    workflow: str = text_col()
    definition_version: int = int_col()
    digest: str = text_col()
    number: str | None = text_col(optional=True)
    client_ref: str | None = text_col(optional=True)
    state: str = text_col()
    configuration: str = text_col()
    outcome: str | None = text_col(optional=True)
    version: int = int_col()
    seq: int = int_col()
    head: str = text_col()
    opened_at: int = int_col()
    opened_by: str = text_col()
    updated_at: int = int_col()
    ended_at: int | None = int_col(optional=True)
    snapshot: str = text_col()


class CaseIndexRow(SQLModel, table=True):
    """A person, unit or other thing by which a case is found. Nothing is taken out: a case stays findable by what it had once."""

    __tablename__ = "case_index"
    __table_args__ = (IN_KEY_ORDER,)
    org: str = text_key()
    workflow: str = text_key()
    item: str = text_key()
    value: str = text_key()
    case_id: str = text_key()
    seq: int = int_col()


class EventRow(SQLModel, table=True):
    """An event of a case. Append-only: the database refuses every change. It is sought by its key alone; the log has the other indexes."""

    __tablename__ = "case_event"
    __table_args__ = ({"postgresql_partition_by": "RANGE (case_id)"},)
    org: str = text_key()
    case_id: str = text_key()
    seq: int = int_key()
    kind: str = text_col()
    workflow: str = text_col()
    action: str = text_col()
    actor: str = text_col()
    role: str = text_col()
    occurred_at: int = int_col()
    recorded_at: int = int_col()
    body: str = text_col()
    hash: str = text_col()


class UnsealedRow(SQLModel, table=True):
    """An event that has no place in the log yet: written with it, deleted by the sealer. The key is the order of sealing."""

    __tablename__ = "unsealed"
    __table_args__ = (IN_KEY_ORDER,)
    org: str = text_key()
    recorded_at: int = int_key()
    case_id: str = text_key()
    seq: int = int_key()


class LogEntryRow(SQLModel, table=True):
    """An event's place in the log, and by what auditors seek it. Append-only. The sealer writes many at once: no act pays for them."""

    __tablename__ = "log_entry"
    __table_args__ = (
        Index("ux_log_entry_event", "org", "case_id", "seq", unique=True),
        Index("ix_log_entry_recorded", "org", "recorded_at", "log_index"),
        Index("ix_log_entry_actor", "org", "actor", "recorded_at", "log_index"),
        IN_KEY_ORDER,
    )
    org: str = text_key()
    log_index: int = int_key()
    case_id: str = text_col()
    seq: int = int_col()
    recorded_at: int = int_col()
    occurred_at: int = int_col()
    workflow: str = text_col()
    kind: str = text_col()
    action: str = text_col()
    actor: str = text_col()
    role: str = text_col()


class PayloadRow(SQLModel, table=True):
    """What an event only commits to: free text and sensitive values with their salts, by pointer. Deleted on redaction."""

    __tablename__ = "event_payload"
    __table_args__ = (IN_KEY_ORDER,)
    org: str = text_key()
    case_id: str = text_key()
    seq: int = int_key()
    payload: str = text_col()


class DeadlineRow(SQLModel, table=True):
    """A deadline that was armed. `next_at` is the instant of the next rung, while there is one to fire."""

    __tablename__ = "deadline"
    __table_args__ = (
        partial("ix_deadline_next", "next_at", "org", "case_id", "n", where="next_at IS NOT NULL"),
        {**IN_KEY_ORDER, **ROOM_FOR_UPDATES},
    )
    org: str = text_key()
    case_id: str = text_key()
    n: int = int_key()
    workflow: str = text_col()
    name: str = text_col()
    state: str = text_col()
    status: str = text_col()
    due_at: int | None = int_col(optional=True)
    next_at: int | None = int_col(optional=True)
    next_rung: str | None = text_col(optional=True)
    provisional: bool = bool_col()
    calendar: str = text_col()
    ledger: str = text_col()


class RungRow(SQLModel, table=True):
    """The proof that a rung fired, once."""

    __tablename__ = "rung"
    __table_args__ = (IN_KEY_ORDER,)
    org: str = text_key()
    case_id: str = text_key()
    deadline_n: int = int_key()
    rung: str = text_key()
    due_at: int = int_col()
    fired_at: int = int_col()
    seq: int = int_col()


class TaskRow(SQLModel, table=True):
    """Work that lies in somebody's inbox now: what is done is deleted, the trail tells of it. `kind` is owner, escalation or asked."""

    __tablename__ = "task"
    __table_args__ = (IN_KEY_ORDER,)
    org: str = text_key()
    role: str = text_key()
    case_id: str = text_key()
    n: int = int_key()
    workflow: str = text_col()
    kind: str = text_col()
    unit: str | None = text_col(optional=True)
    person: str | None = text_col(optional=True)
    state: str = text_col()
    deadline: str | None = text_col(optional=True)
    opened_at: int = int_col()


class MessageRow(SQLModel, table=True):
    """What a case tells another: written with the sender's event, deleted in the commit that applies it."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_receiver", "to_org", "to_case"),)
    org: str = text_key()
    case_id: str = text_key()
    seq: int = int_key()
    number: int = int_key()
    to_org: str = text_col()
    to_case: str = text_col()
    kind: str = text_col()
    body: str = text_col()
    created_at: int = int_col()


class DocumentRow(SQLModel, table=True):
    """A document that was handed in. `seq` is the event that attached it; without one it waits for that."""

    __tablename__ = "document"
    __table_args__ = (Index("ix_document_case", "org", "case_id"),)
    org: str = text_key()
    id: str = text_key()
    case_id: str = text_col()
    name: str = text_col()
    filename: str = text_col()
    media_type: str = text_col()
    size: int = int_col()
    sha256: str = text_col()
    attached_by: str = text_col()
    attached_at: int = int_col()
    seq: int | None = int_col(optional=True)


class IdempotencyRow(SQLModel, table=True):
    """What was answered to a request that carried a key.

    Pruning finds the oldest by a summary of each range of pages on PostgreSQL, and by the row id, which counts up, on SQLite.
    """

    __tablename__ = "idempotency"
    __table_args__ = (Index("ix_idempotency_created", "created_at", postgresql_using="brin").ddl_if(dialect="postgresql"),)
    org: str = text_key()
    scope: str = text_key()
    key: str = text_key()
    request_hash: str = text_col()
    status: int = int_col()
    headers: str = text_col()
    body: bytes = bytes_col()
    created_at: int = int_col()


class NoticeRow(SQLModel, table=True):
    """What somebody is to read, made from the log."""

    __tablename__ = "notice"
    __table_args__ = (partial("ix_notice_unread", "org", "role", "log_index", where="read_at IS NULL"),)
    org: str = text_key()
    log_index: int = int_key()
    number: int = int_key()
    case_id: str = text_col()
    seq: int = int_col()
    kind: str = text_col()
    role: str | None = text_col(optional=True)
    unit: str | None = text_col(optional=True)
    person: str | None = text_col(optional=True)
    text: str = text_col()
    created_at: int = int_col()
    read_at: int | None = int_col(optional=True)
