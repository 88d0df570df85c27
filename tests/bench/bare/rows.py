"""The rows that the service writes for an act, taken from its own database, so that a bare program can write the very same.

The service plays one case; what each step changed in the tables is found by comparing them before and after. It becomes statements
as one would write by hand: INSERT for a new row, UPDATE of the columns that changed, DELETE, with the case's id and the time left open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Table

from engine.store.tables import metadata

APPENDED = frozenset({"case_event", "unsealed", "event_payload", "idempotency"})
"""Tables whose earlier rows no later step touches: a copied case can do without them."""
INSTANTS = frozenset({"occurred_at", "recorded_at", "updated_at", "created_at", "opened_at", "fired_at"})
"""Columns that say when something was done: there the time of the copy belongs."""

Row = tuple[Any, ...]
Tables = Mapping[str, Mapping[Row, Row]]
"""Table -> key -> row."""


class Connection(Protocol):
    """What SQLite's and PostgreSQL's drivers have in common."""

    def execute(self, text: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Write:
    """A statement with its values; at `case_at` the template's id is replaced by the copy's, at `now_at` stands the time."""

    text: str
    values: Row
    case_at: tuple[int, ...]
    now_at: tuple[int, ...]

    def values_for(self, template: str, case_id: str, now: int) -> list[Any]:
        values = list(self.values)
        for place in self.case_at:
            value = values[place]
            values[place] = (
                value.replace(template, case_id) if isinstance(value, str) else value.replace(template.encode(), case_id.encode())
            )
        for place in self.now_at:
            values[place] = now
        return values


def read_tables(connection: Connection) -> Tables:
    """Read everything; there is but one case."""
    return {
        table.name: {
            tuple(row[n] for n in keys): tuple(row) for row in connection.execute(f"SELECT {names(table)} FROM {table.name}").fetchall()
        }
        for table in metadata.sorted_tables
        if (keys := [n for n, column in enumerate(table.columns) if column.primary_key])
    }


def names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def changes(before: Tables, after: Tables, template: str, since: int, mark: str) -> list[Write]:
    """Give the statements that lead from one state to the other. `since` is the instant before it, `mark` the driver's placeholder."""
    found = []
    for table in sorted(metadata.sorted_tables, key=lambda each: each.name != "cases"):
        old, new = before[table.name], after[table.name]
        found += [delete(table, row, template, since, mark) for key, row in old.items() if key not in new]
        found += [insert(table, row, template, since, mark) for key, row in new.items() if key not in old]
        found += [update(table, old[key], row, template, since, mark) for key, row in new.items() if key in old and old[key] != row]
    return found


def insert(table: Table, row: Row, template: str, since: int, mark: str) -> Write:
    marks = ", ".join([mark] * len(row))
    return write(
        f"INSERT INTO {table.name} ({names(table)}) VALUES ({marks})", zip(table.columns.keys(), row, strict=True), template, since
    )


def update(table: Table, old: Row, row: Row, template: str, since: int, mark: str) -> Write:
    """Change what differs, in the row with that key; of a case only if it stands at the version that was read."""
    columns = list(zip(table.columns.keys(), old, row, strict=True))
    changed = [(name, new) for name, was, new in columns if was != new]
    guards = {column.name for column in table.columns if column.primary_key} | ({"version"} if table.name == "cases" else set())
    found = [(f"was {name}", was) for name, was, _ in columns if name in guards]
    sets = ", ".join(f'"{name}" = {mark}' for name, _ in changed)
    where = " AND ".join(f'"{name.removeprefix("was ")}" = {mark}' for name, _ in found)
    return write(f"UPDATE {table.name} SET {sets} WHERE {where}", [*changed, *found], template, since)


def delete(table: Table, row: Row, template: str, since: int, mark: str) -> Write:
    key = [(f"was {column.name}", value) for column, value in zip(table.columns, row, strict=True) if column.primary_key]
    where = " AND ".join(f'"{name.removeprefix("was ")}" = {mark}' for name, _ in key)
    return write(f"DELETE FROM {table.name} WHERE {where}", key, template, since)


def write(text: str, named: Any, template: str, since: int) -> Write:
    values = list(named)
    mine = [n for n, (_, value) in enumerate(values) if holds(value, template)]
    now = [n for n, (name, value) in enumerate(values) if name in INSTANTS and value is not None and value >= since]
    return Write(text, tuple(value for _, value in values), tuple(mine), tuple(now))


def holds(value: Any, template: str) -> bool:
    return template in value if isinstance(value, str) else template.encode() in value if isinstance(value, bytes) else False


def copies(template: str, count: int) -> list[str]:
    """Give ids for copies of a case: of the same month, so of the same partition."""
    return [f"{template[:24]}{number:012x}" for number in range(count)]


def standing(tables: Tables, template: str, mark: str) -> list[Write]:
    """Give the statements that set a copy where the template stands."""
    return [
        found
        for table in metadata.sorted_tables
        if table.name not in APPENDED
        for row in tables[table.name].values()
        if (found := insert(table, row, template, 2**62, mark)).case_at
    ]
