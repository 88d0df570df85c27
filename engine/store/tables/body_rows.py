"""The tables of a body: its processes, people and units, their keys, and the state of the service for it."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from engine.store.tables.case_rows import IN_KEY_ORDER
from engine.store.tables.columns import int_col, int_key, text_col, text_key


class DefinitionRow(SQLModel, table=True):
    """A published version of a process. It never changes; `effective_from`, from when new cases open with it, stands once that is past."""

    __tablename__ = "definition"
    __table_args__ = (Index("ux_definition_digest", "org", "workflow", "digest", unique=True),)
    org: str = text_key()
    workflow: str = text_key()
    version: int = int_key()
    digest: str = text_col()
    title: str = text_col()
    source: str = text_col()
    published_at: int = int_col()
    published_by: str = text_col()
    effective_from: int | None = int_col(optional=True)
    imports: str = text_col()


class PresetRow(SQLModel, table=True):
    """A preset of settings that the body took for a workflow. It never changes; the latest is in force for new cases."""

    __tablename__ = "preset"
    org: str = text_key()
    workflow: str = text_key()
    version: int = int_key()
    preset: str = text_col()
    digest: str = text_col()
    title: str = text_col()
    settings: str = text_col()
    source: str = text_col()
    published_at: int = int_col()
    published_by: str = text_col()


class NumberSeriesRow(SQLModel, table=True):
    """The last number that a series gave in a period."""

    __tablename__ = "number_series"
    __table_args__ = (IN_KEY_ORDER,)
    org: str = text_key()
    series: str = text_key()
    period: str = text_key()
    last: int = int_col()


class PersonRow(SQLModel, table=True):
    """A person who may sign in."""

    __tablename__ = "person"
    org: str = text_key()
    id: str = text_key()
    name: str = text_col()
    password_hash: str | None = text_col(optional=True)
    roles: str = text_col()
    unit: str | None = text_col(optional=True)
    created_at: int = int_col()
    disabled_at: int | None = int_col(optional=True)


class UnitRow(SQLModel, table=True):
    """A unit of the body, or one it works with."""

    __tablename__ = "unit"
    org: str = text_key()
    id: str = text_key()
    title: str = text_col()
    parent: str | None = text_col(optional=True)


class ApiKeyRow(SQLModel, table=True):
    """A key of a system or a person; only its hash is kept."""

    __tablename__ = "api_key"
    __table_args__ = (
        Index("ux_api_key_secret", "org", "secret_sha256", unique=True),
        Index("ix_api_key_secret", "secret_sha256"),  # the secret is all that a request brings: its organisation follows from it
    )
    org: str = text_key()
    id: str = text_key()
    secret_sha256: str = text_col()
    actor: str = text_col()
    roles: str = text_col()
    unit: str | None = text_col(optional=True)
    label: str = text_col()
    created_at: int = int_col()
    expires_at: int | None = int_col(optional=True)
    revoked_at: int | None = int_col(optional=True)


class SessionRow(SQLModel, table=True):
    """A person who is signed in."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_token", "token_sha256"), Index("ix_session_expires", "expires_at"))
    org: str = text_key()
    token_sha256: str = text_key()
    person: str = text_col()
    created_at: int = int_col()
    expires_at: int = int_col()


class ServiceStateRow(SQLModel, table=True):
    """What the service remembers: the manual clock, the head of the log."""

    __tablename__ = "service_state"
    __table_args__ = (IN_KEY_ORDER,)
    org: str = text_key()
    key: str = text_key()
    value: str = text_col()


class LogCursorRow(SQLModel, table=True):
    """How far a consumer has read the log."""

    __tablename__ = "log_cursor"
    __table_args__ = (IN_KEY_ORDER,)
    org: str = text_key()
    consumer: str = text_key()
    position: int = int_col()
