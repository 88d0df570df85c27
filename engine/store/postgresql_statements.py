"""The writer's statements on PostgreSQL: whole columns in, and one statement for all that a batch writes.

The names in them come from our own tables, never from outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Table

from engine.store import tables
from engine.store.arrays import INT8_ARRAY, TEXT_ARRAY, ArrayType, array_for
from engine.store.layout import TABLES, Change, Write, changing, changing_in_cases, column_names, hold_statement, key_names
from engine.store.records import CaseRecord, LogCursorRecord, NumberSeriesRecord, ServiceStateRecord

Arrays = tuple[ArrayType, ...]


class Part(NamedTuple):
    """What one write becomes in the statement of its batch: terms of its WITH, and what the statement then selects."""

    terms: str
    check: str | None
    arrays: Arrays


def statements(writes: Iterable[Write]) -> Iterator[tuple[str, list[bytes]]]:
    """Put writes together into as few statements as can be, with their parameters: mostly one.

    Within a statement nothing sees what another term of it writes, so what is added and then put, or removed, goes into the next one.
    """
    group: list[Write] = []
    seen: set[type[Any]] = set()
    for write in writes:
        if write.record in seen:
            yield _statement(group)
            group, seen = [], set()
        group.append(write)
        if write.record is not CaseRecord:  # no case is written twice in a batch
            seen.add(write.record)
    if group:
        yield _statement(group)


def columns(rows: Iterable[tuple[Any, ...]], arrays: Iterable[ArrayType]) -> list[bytes]:
    """Turn rows into columns, in binary form."""
    return [array.encode(values) for array, values in zip(arrays, zip(*rows, strict=True), strict=True)]


def _statement(group: list[Write]) -> tuple[str, list[bytes]]:
    text, arrays = _text(tuple((write.change, write.record) for write in group))
    return text, [column for write, kinds in zip(group, arrays, strict=True) for column in columns(write.rows, kinds)]


@lru_cache(maxsize=1024)
def _text(kinds: tuple[tuple[Change, type[Any]], ...]) -> tuple[str, tuple[Arrays, ...]]:
    parts = [_part(change, record, place) for place, (change, record) in enumerate(kinds)]
    checks = ", ".join(part.check for part in parts if part.check) or "1"
    return f"WITH {', '.join(part.terms for part in parts)} SELECT {checks}", tuple(part.arrays for part in parts)


def _part(change: Change, record: type[Any], place: int) -> Part:
    table = TABLES[record]
    match change:
        case Change.INSERT:
            return Part(f"w{place} AS ({_insert(table)})", None, _arrays(table, column_names(table)))
        case Change.UPSERT:
            return Part(f"w{place} AS ({_upsert(table)})", None, _arrays(table, column_names(table)))
        case Change.DELETE:
            return Part(f"w{place} AS ({_delete(table)})", None, _arrays(table, key_names(table)))
        case Change.MOVE | Change.STAY:
            return _update_cases(change, place)


def _names(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)


def _arrays(table: Table, names: Iterable[str]) -> Arrays:
    return tuple(array_for(table.c[name].type) for name in names)


def _unnest(arrays: Iterable[ArrayType]) -> str:
    return f"unnest({', '.join(f'%s::{array.sql}' for array in arrays)})"


def _insert(table: Table) -> str:
    names = column_names(table)
    return f"INSERT INTO {table.name} ({_names(names)}) SELECT * FROM {_unnest(_arrays(table, names))}"  # noqa: S608


def _upsert(table: Table) -> str:
    updates = ", ".join(f'"{name}" = excluded."{name}"' for name in changing(table))
    return f"{_insert(table)} ON CONFLICT ({_names(key_names(table))}) DO UPDATE SET {updates}"


def _delete(table: Table) -> str:
    names = key_names(table)
    return (
        f"DELETE FROM {table.name} t USING {_unnest(_arrays(table, names))} AS k({_names(names)}) "  # noqa: S608
        f"WHERE ({_names(names, 't.')}) = ({_names(names, 'k.')})"
    )


def _update_cases(change: Change, place: int) -> Part:
    """Make the UPDATE of cases; its rows are (*record, expected seq). All fail when one does not stand where it was read."""
    table = tables.cases
    names = column_names(table)
    arrays = (*_arrays(table, names), INT8_ARRAY)
    updates = ", ".join(f'"{name}" = x."{name}"' for name in changing_in_cases(change))
    return Part(
        f"x{place} AS MATERIALIZED (SELECT * FROM {_unnest(arrays)} AS x({_names(names)}, expected)), "  # noqa: S608
        f"w{place} AS (UPDATE cases t SET {updates} FROM x{place} x "
        "WHERE t.org = x.org AND t.id = x.id AND t.seq = x.expected RETURNING 1)",
        f"expect_rows((SELECT count(*) FROM w{place}), (SELECT count(*) FROM x{place}))",  # noqa: S608
        arrays,
    )


def _by_keys(table: Table) -> str:
    names = key_names(table)
    keys = f"{_unnest(TEXT_ARRAY for _ in names)} AS k({_names(names)})"
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
