"""The writer's statements on PostgreSQL: one for all that a batch writes.

The names in them come from our own tables, never from outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Table

from engine.store import tables
from engine.store.layout import TABLES, Change, Write, changing, column_names, hold_statement, key_names
from engine.store.parameters import BIGINT, TEXT, ColumnType, type_of
from engine.store.records import LogCursorRecord, NumberSeriesRecord, ServiceStateRecord

FEW = 3
"""So many rows of a table are sent value by value; more as whole columns, so that one text does for any number of them."""

Types = tuple[ColumnType, ...]


class Part(NamedTuple):
    """What one write becomes in the statement of its batch: terms of its WITH, and what the statement then selects."""

    terms: str
    check: str | None
    types: Types


class Kind(NamedTuple):
    """What decides the text of a write: ``few`` is the number of rows sent value by value, 0 where they are sent as columns."""

    change: Change
    record: type[Any]
    few: int


def statement(writes: Sequence[Write], *, few: int = 0) -> tuple[str, list[bytes | None]]:
    """Put writes together into one statement, with its parameters in binary form. No row is written by two of them."""
    kinds = tuple(Kind(write.change, write.record, len(write.rows) if len(write.rows) <= few else 0) for write in writes)
    text, types = _text(kinds)
    parameters: list[bytes | None] = []
    for kind, write, of in zip(kinds, writes, types, strict=True):
        parameters += values(write.rows, of) if kind.few else columns(write.rows, of)
    return text, parameters


def columns(rows: Iterable[tuple[Any, ...]], types: Iterable[ColumnType]) -> list[bytes]:
    """Turn rows into columns, in binary form."""
    return [kind.many(values) for kind, values in zip(types, zip(*rows, strict=True), strict=True)]


def values(rows: Iterable[tuple[Any, ...]], types: Sequence[ColumnType]) -> list[bytes | None]:
    """Turn rows into their values one after the other, in binary form."""
    return [None if value is None else kind.one(value) for row in rows for kind, value in zip(types, row, strict=True)]


@lru_cache(maxsize=1024)
def _text(kinds: tuple[Kind, ...]) -> tuple[str, tuple[Types, ...]]:
    parts = [_part(kind, place) for place, kind in enumerate(kinds)]
    checks = ", ".join(part.check for part in parts if part.check) or "1"
    return f"WITH {', '.join(part.terms for part in parts)} SELECT {checks}", tuple(part.types for part in parts)


def _part(kind: Kind, place: int) -> Part:
    table = TABLES[kind.record]
    match kind.change:
        case Change.INSERT:
            return Part(f"w{place} AS ({_insert(table, kind.few)})", None, _types(table, column_names(table)))
        case Change.UPSERT:
            return Part(f"w{place} AS ({_upsert(table, kind.few)})", None, _types(table, column_names(table)))
        case Change.DELETE:
            return Part(f"w{place} AS ({_delete(table, kind.few)})", None, _types(table, key_names(table)))
        case Change.UPDATE:
            return _update_cases(kind, place)


def _names(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)


def _types(table: Table, names: Iterable[str]) -> Types:
    return tuple(type_of(table.c[name]) for name in names)


def _rows(types: Types, count: int) -> str:
    """Write where rows come from: so many rows of values, or columns."""
    if count:
        row = ", ".join(f"%s::{kind.array.removesuffix('[]')}" for kind in types)
        return f"(VALUES {', '.join(f'({row})' for _ in range(count))})"
    return f"unnest({', '.join(f'%s::{kind.array}' for kind in types)})"


def _insert(table: Table, count: int) -> str:
    names = column_names(table)
    rows = _rows(_types(table, names), count)
    return f"INSERT INTO {table.name} ({_names(names)}) {rows[1:-1] if count else f'SELECT * FROM {rows}'}"  # noqa: S608


def _upsert(table: Table, count: int) -> str:
    updates = ", ".join(f'"{name}" = excluded."{name}"' for name in changing(table))
    return f"{_insert(table, count)} ON CONFLICT ({_names(key_names(table))}) DO UPDATE SET {updates}"


def _delete(table: Table, count: int) -> str:
    names = key_names(table)
    return (
        f"DELETE FROM {table.name} t USING {_rows(_types(table, names), count)} AS k({_names(names)}) "  # noqa: S608
        f"WHERE ({_names(names, 't.')}) = ({_names(names, 'k.')})"
    )


def _update_cases(kind: Kind, place: int) -> Part:
    """Make the UPDATE of cases; its rows are (*record, expected seq). All fail when one does not stand where it was read."""
    table = tables.cases
    names = column_names(table)
    types = (*_types(table, names), BIGINT)
    updates = ", ".join(f'"{name}" = x."{name}"' for name in changing(table))
    return Part(
        f"x{place} AS MATERIALIZED (SELECT * FROM {_rows(types, kind.few)} AS x({_names(names)}, expected)), "  # noqa: S608
        f"w{place} AS (UPDATE cases t SET {updates} FROM x{place} x "
        "WHERE t.org = x.org AND t.id = x.id AND t.seq = x.expected RETURNING 1)",
        f"expect_rows((SELECT count(*) FROM w{place}), (SELECT count(*) FROM x{place}))",  # noqa: S608
        types,
    )


def _by_keys(table: Table) -> str:
    names = key_names(table)
    keys = f"{_rows(tuple(TEXT for _ in names), 0)} AS k({_names(names)})"
    return f"SELECT {_names(column_names(table), 't.')} FROM {keys} JOIN {table.name} t USING ({_names(names)})"  # noqa: S608


def _one() -> str:
    case, response = _names(column_names(tables.cases), "t."), _names(column_names(tables.idempotency), "i.")
    return (
        f"SELECT {NOW}, {case}, {response} FROM (SELECT) one "  # noqa: S608
        "LEFT JOIN cases t ON t.org = %s AND t.id = %s LEFT JOIN idempotency i ON i.org = %s AND i.scope = %s AND i.key = %s"
    )


NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
SELECT_NOW = f"SELECT {NOW}"
SELECT_ONE = _one()
"""The clock, a case and a stored response, whether there or not: all that a lone command reads."""
SELECT_CASES = f"{_by_keys(tables.cases)} ORDER BY t.org, t.id FOR UPDATE OF t"
SELECT_IDEMPOTENCY = _by_keys(tables.idempotency)
HOLD = {record: hold_statement(TABLES[record], "%s") for record in (LogCursorRecord, NumberSeriesRecord, ServiceStateRecord)}
