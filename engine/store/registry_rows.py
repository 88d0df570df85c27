"""Rows of registries: one by its key, many by the values of their fields, as they stand or with all that happened to them.

What `ref` and `query` ask is asked on the connection at hand, a reader's or a batch's: a look by key or by index, not a scan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Select, and_, func

from engine.clock import Instant
from engine.definition.registry import RegistryDefinition, holds, indexed_value
from engine.store.reader import Page, Source, page, scoped
from engine.store.records import RegistryDefinitionRecord, RegistryRowRecord
from engine.store.tables import case_event, registry_definition, registry_index, registry_row
from engine.store.trail import StoredEvent, select_events, stored_event

AT_ONCE = 500
"""Keys that one statement names."""

Json = dict[str, Any]


# --- for expressions ------------------------------------------------------------------------------------------------


def row(source: Source, definition: RegistryDefinition, org: str, key: str, now: Instant) -> Json | None:
    """Give a row as expressions see it, with its ``id`` and what is computed at ``now``; None where there is none, or it is retired."""
    found = get_row(source, org, definition.registry, key)
    return None if found is None or found.retired_at is not None else completed(definition, found, now)


def rows(source: Source, definition: RegistryDefinition, org: str, where: Mapping[str, Any], now: Instant) -> list[Json]:
    """Give the rows whose fields have these values (canonical JSON), by their keys, as expressions see them; those retired are left out.

    A list has a value if it is among its entries, a reference if it is the key of its target. Every field but records and those that
    hang on the day is looked up in the index; the others are compared in what the index gives, or in all rows where it gives nothing.
    """
    statement = current_rows(org, definition, where).order_by(registry_row.c.key)
    found = (completed(definition, RegistryRowRecord._make(each), now) for each in source.execute(statement))
    return [each for each in found if has_values(each, where)]


def completed(definition: RegistryDefinition, record: RegistryRowRecord, now: Instant) -> Json:
    """Give a stored row with what is computed."""
    return definition.complete(record.key, orjson.loads(record.body), now)


def has_values(found: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """Say whether a row has these values."""
    return all(name in found and holds(found[name], wanted) for name, wanted in where.items())


def current_rows(org: str, definition: RegistryDefinition, where: Mapping[str, Any]) -> Select[Any]:
    """Select the rows that are not retired and that the index finds by these values; what it does not know is still to be compared."""
    statement = scoped(registry_row, org).where(registry_row.c.name == definition.registry, registry_row.c.retired_at.is_(None))
    for number, (name, wanted) in enumerate(where.items()):
        if not definition.is_indexed(name):
            continue
        entry = registry_index.alias(f"by{number}")
        same = and_(entry.c.org == registry_row.c.org, entry.c.name == registry_row.c.name, entry.c.key == registry_row.c.key)
        statement = statement.join(entry, same).where(
            entry.c.org == org, entry.c.name == definition.registry, entry.c.field == name, entry.c.value == indexed_value(wanted)
        )
    return statement


# --- rows and their history -----------------------------------------------------------------------------------------


def get_row(source: Source, org: str, registry: str, key: str) -> RegistryRowRecord | None:
    """Return a row, also one that is retired."""
    statement = scoped(registry_row, org).where(registry_row.c.name == registry, registry_row.c.key == key)
    return next((RegistryRowRecord._make(each) for each in source.execute(statement)), None)


def rows_by_key(source: Source, org: str, registry: str, keys: Collection[str]) -> dict[str, RegistryRowRecord]:
    """Return the rows with these keys, those that are retired too."""
    wanted = sorted(set(keys))
    found: dict[str, RegistryRowRecord] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = registry_row.c.key.in_(wanted[start : start + AT_ONCE])
        for each in source.execute(scoped(registry_row, org).where(registry_row.c.name == registry, some)):
            record = RegistryRowRecord._make(each)
            found[record.key] = record
    return found


def all_rows(source: Source, org: str, registry: str) -> list[RegistryRowRecord]:
    """Return all rows, those that are retired too, by their keys."""
    return [RegistryRowRecord._make(each) for each in source.execute(every_row(org, registry).order_by(registry_row.c.key))]


def index_of_rows(source: Source, org: str, registry: str) -> dict[str, frozenset[tuple[str, str]]]:
    """Return by which (field, value) the rows are found, by their keys."""
    i = registry_index.c
    found: dict[str, set[tuple[str, str]]] = {}
    for field, value, key in source.execute(
        scoped(registry_index, org).with_only_columns(i.field, i.value, i.key).where(i.name == registry)
    ):
        found.setdefault(key, set()).add((field, value))
    return {key: frozenset(entries) for key, entries in found.items()}


def page_of_rows(connection: Connection, statement: Select[Any], *, cursor: str | None, limit: int) -> Page[RegistryRowRecord]:
    """Return some of the rows that a statement selects, by their keys."""
    return page(connection, statement, RegistryRowRecord._make, order=[registry_row.c.key], cursor=cursor, limit=limit)


def every_row(org: str, registry: str) -> Select[Any]:
    """Select all rows of a registry, those that are retired too."""
    return scoped(registry_row, org).where(registry_row.c.name == registry)


def events_of_rows(connection: Connection, org: str, ids: Collection[str], until: Instant) -> dict[str, list[StoredEvent]]:
    """Return what happened to rows until an instant, by their ids, each in order."""
    found: dict[str, list[StoredEvent]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), AT_ONCE):
        some = case_event.c.case_id.in_(wanted[start : start + AT_ONCE])
        statement = select_events(org).where(some, case_event.c.recorded_at <= until).order_by(case_event.c.case_id, case_event.c.seq)
        for each in connection.execute(statement):
            stored = stored_event(each)
            found.setdefault(stored.event.case_id, []).append(stored)
    return found


def count_rows(connection: Connection, org: str) -> dict[str, int]:
    """Return how many rows each registry has, without those that are retired."""
    counted = scoped(registry_row, org).with_only_columns(registry_row.c.name, func.count()).where(registry_row.c.retired_at.is_(None))
    return dict(map(tuple, connection.execute(counted.group_by(registry_row.c.name))))


# --- definitions ----------------------------------------------------------------------------------------------------


class InForce(NamedTuple):
    """Which definition of a registry is in force, without its text."""

    version: int
    digest: str


def registry_in_force(source: Source, org: str, registry: str) -> InForce | None:
    """Return which definition of a registry is in force, None where none was published."""
    d = registry_definition.c
    statement = scoped(registry_definition, org).with_only_columns(d.version, d.digest).where(d.name == registry)
    return next((InForce._make(each) for each in source.execute(statement.order_by(d.version.desc()).limit(1))), None)


def get_registry_definition(source: Source, org: str, registry: str, version: int) -> RegistryDefinitionRecord | None:
    """Return a version of a registry's definition, None where it was not published."""
    d = registry_definition.c
    statement = scoped(registry_definition, org).where(d.name == registry, d.version == version)
    return next((RegistryDefinitionRecord._make(each) for each in source.execute(statement)), None)


def list_registries(source: Source, org: str) -> list[RegistryDefinitionRecord]:
    """Return the definitions in force, by the names of the registries."""
    d = registry_definition.c
    statement = scoped(registry_definition, org).order_by(d.name, d.version)
    return list({each.name: each for each in map(RegistryDefinitionRecord._make, source.execute(statement))}.values())
