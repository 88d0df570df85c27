"""Watches every statement that readers and writers send, and finds those that forget the organisation."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from engine.store.postgresql import PostgresqlSession
from engine.store.reader import EVERYWHERE
from engine.store.sqlite import SqliteSession
from engine.store.store import Store
from engine.store.tables import metadata

NAMES = "|".join(sorted(metadata.tables, key=len, reverse=True))
INSERTED = re.compile(rf'INSERT INTO "?({NAMES})"?(?: AS \w+)? \("?org"?,')
READ = re.compile(
    rf'(?:FROM|JOIN|UPDATE|, )\s*"?\b({NAMES})\b"?(?!\.)(?: AS)?(?: (?!SET|WHERE|JOIN|ON|USING|LEFT|ORDER|RETURNING|LIMIT|FOR)(\w+))?'
)


def forgotten(statement: str) -> list[str]:
    """Return the tables of a statement that are not narrowed to an organisation."""
    text = " ".join(statement.split())
    if EVERYWHERE in text or text.startswith("--"):
        return []
    if text.startswith("INSERT"):
        return [] if INSERTED.match(text) else [text]
    missing = []
    for table, alias in READ.findall(text):
        name = alias or table
        if not re.search(rf'\b{name}\."?org"? (=|IN)|\({name}\."org",|"?{table}"? {name} USING \("org"', text):
            missing.append(f"{table} in: {text}")
    return missing


def watch(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which every statement of a reader or a writer is added from now on."""
    seen: list[str] = []
    open_store, open_sqlite, open_postgresql = Store.__init__, SqliteSession.__init__, PostgresqlSession.__init__

    class Recording(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            seen.append(str(query))
            return super().execute(query, *args, **options)

    def store(self: Store, *args: Any, **options: Any) -> None:
        open_store(self, *args, **options)
        event.listen(self._readers, "before_cursor_execute", lambda _c, _k, statement, *_: seen.append(statement))

    def sqlite(self: SqliteSession, connection: Any, driver: Any) -> None:
        open_sqlite(self, connection, driver)
        connection.set_trace_callback(seen.append)

    def postgresql(self: PostgresqlSession, connection: Any) -> None:
        connection.cursor_factory = Recording
        open_postgresql(self, connection)

    monkeypatch.setattr(Store, "__init__", store)
    monkeypatch.setattr(SqliteSession, "__init__", sqlite)
    monkeypatch.setattr(PostgresqlSession, "__init__", postgresql)
    return seen
