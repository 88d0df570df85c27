"""How the records lie in the tables, and which statements the writer makes of that. Shared by both databases."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, auto
from typing import Any, NamedTuple

from sqlalchemy import Table

from engine.store import derived, records, tables

TABLES: dict[type[Any], Table] = {
    records.CaseRecord: tables.cases,
    records.EventRecord: tables.case_event,
    records.UnsealedRecord: tables.unsealed,
    records.LogEntryRecord: tables.log_entry,
    records.PayloadRecord: tables.event_payload,
    records.DeadlineRecord: tables.deadline,
    records.RungRecord: tables.rung,
    records.TaskRecord: tables.task,
    records.MessageRecord: tables.message,
    records.DocumentRecord: tables.document,
    records.IdempotencyRecord: tables.idempotency,
    records.NoticeRecord: tables.notice,
    records.DefinitionRecord: tables.definition,
    derived.CaseIndexRecord: tables.case_index,
    records.PresetRecord: tables.preset,
    records.RegistryDefinitionRecord: tables.registry_definition,
    records.RegistryRowRecord: tables.registry_row,
    records.RegistryIndexRecord: tables.registry_index,
    derived.FigureRecord: tables.figure,
    derived.FigureCaseRecord: tables.figure_case,
    records.NumberSeriesRecord: tables.number_series,
    records.PersonRecord: tables.person,
    records.UnitRecord: tables.unit,
    records.ApiKeyRecord: tables.api_key,
    records.SessionRecord: tables.session,
    records.ServiceStateRecord: tables.service_state,
    records.LogCursorRecord: tables.log_cursor,
}

ORDER = {record: place for place, record in enumerate(TABLES)}
"""In which order the tables are written, so that two writers never wait for each other in a ring."""
KEY_WIDTH = {record: len(table.primary_key.columns) for record, table in TABLES.items()}

# What a row keeps from its first writing on. Leaving it out of an UPDATE spares the indexes it stands in.
FIXED = {
    tables.cases: {"workflow", "client_ref", "opened_at", "opened_by"},
    tables.deadline: {"workflow", "name", "state"},
    tables.registry_row: {"id", "added_at"},
}


class Change(IntEnum):
    """What is done with rows."""

    INSERT = auto()
    UPSERT = auto()
    UPDATE = auto()  # a case, whose row is (*record, expected seq)
    DELETE = auto()  # rows are keys


class Write(NamedTuple):
    """Rows of one table to be written with one statement. Unless it inserts or deletes, no key comes twice."""

    change: Change
    record: type[Any]
    rows: Sequence[tuple[Any, ...]]


def column_names(table: Table) -> list[str]:
    """Give the names of all columns, in the order of the record's fields."""
    return [column.name for column in table.columns]


def key_names(table: Table) -> list[str]:
    """Give the names of the key's columns, of which the organisation is the first."""
    return [column.name for column in table.primary_key.columns]


def changing(table: Table) -> list[str]:
    """Give the names of the columns that an update sets."""
    fixed = FIXED.get(table, set()) | set(key_names(table))
    return [name for name in column_names(table) if name not in fixed]


def hold_statement(table: Table, parameter: str) -> str:
    """Make the statement that returns the row with a key, held, and where there is none writes it; alike on both databases.

    `parameter` is the driver's placeholder. Setting the last column to what it is holds the row.
    """
    names = column_names(table)
    columns = ", ".join(f'"{name}"' for name in names)
    return (
        f"INSERT INTO {table.name} AS t ({columns}) VALUES ({', '.join(parameter for _ in names)}) "  # noqa: S608  names of our own tables
        f'ON CONFLICT ({", ".join(key_names(table))}) DO UPDATE SET "{names[-1]}" = t."{names[-1]}" RETURNING {columns}'
    )
