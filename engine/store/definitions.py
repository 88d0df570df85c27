"""Published processes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from engine.clock import Instant
from engine.store.reader import Source, scoped
from engine.store.records import DefinitionRecord
from engine.store.tables import definition


class Edition(NamedTuple):
    """A published version without its text. ``effective_from`` as in `DefinitionRecord`."""

    version: int
    digest: str
    effective_from: Instant | None


class ListedVersion(NamedTuple):
    """A published version without its text; the fields as in `DefinitionRecord`."""

    workflow: str
    version: int
    digest: str
    title: str
    published_at: Instant
    published_by: str
    effective_from: Instant | None


def in_force(row: DefinitionRecord | Edition | ListedVersion, now: Instant) -> bool:
    """Say whether new cases may open with a version that nobody names."""
    return row.effective_from is None or row.effective_from <= now


def get_definition(connection: Connection, org: str, workflow: str, version: int) -> DefinitionRecord | None:
    """Return a version of a process, None where it was not published."""
    row = connection.execute(scoped(definition, org).where(definition.c.workflow == workflow, definition.c.version == version)).first()
    return DefinitionRecord._make(row) if row else None


def newest_definition(connection: Connection, org: str, workflow: str) -> DefinitionRecord | None:
    """Return the version of a process with the greatest number, None where none was published."""
    statement = scoped(definition, org).where(definition.c.workflow == workflow).order_by(definition.c.version.desc()).limit(1)
    row = connection.execute(statement).first()
    return DefinitionRecord._make(row) if row else None


def definition_by_digest(connection: Connection, org: str, workflow: str, digest: str) -> DefinitionRecord | None:
    """Return the version of a process with a digest, None where none was published."""
    row = connection.execute(scoped(definition, org).where(definition.c.workflow == workflow, definition.c.digest == digest)).first()
    return DefinitionRecord._make(row) if row else None


def editions(connection: Connection, org: str, workflow: str) -> tuple[Edition, ...]:
    """Return the versions of a process, the newest first."""
    d = definition.c
    statement = scoped(definition, org).with_only_columns(d.version, d.digest, d.effective_from).where(d.workflow == workflow)
    return tuple(Edition._make(row) for row in connection.execute(statement.order_by(d.version.desc())))


def is_workflow(source: Source, org: str, name: str) -> bool:
    """Say whether a process of that name was published."""
    statement = scoped(definition, org).with_only_columns(definition.c.version).where(definition.c.workflow == name).limit(1)
    return next(iter(source.execute(statement)), None) is not None


def list_definitions(connection: Connection, org: str) -> list[DefinitionRecord]:
    """Return all versions of all processes, by name and then the newest first."""
    statement = scoped(definition, org).order_by(definition.c.workflow, definition.c.version.desc())
    return [DefinitionRecord._make(row) for row in connection.execute(statement)]


def list_versions(connection: Connection, org: str, workflow: str | None = None) -> list[ListedVersion]:
    """Return all versions of one process, or of all, without their texts: by name and then the newest first."""
    columns = [definition.c[name] for name in ListedVersion._fields]
    statement = scoped(definition, org).with_only_columns(*columns).order_by(definition.c.workflow, definition.c.version.desc())
    if workflow is not None:
        statement = statement.where(definition.c.workflow == workflow)
    return [ListedVersion._make(row) for row in connection.execute(statement)]
