"""Watches every statement that readers and writers send, and finds those that forget the organisation."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from engine.store.postgresql import PostgresqlSession
from engine.store.postgresql_direct import Direct
from engine.store.reader import EVERYWHERE
from engine.store.sqlite import SqliteSession
from engine.store.sqlite_log import LogKeeper
from engine.store.store import Store
from engine.store.tables import metadata

NAMES = "|".join(sorted(metadata.tables, key=len, reverse=True))
INSERTED = re.compile(rf'INSERT INTO "?({NAMES})"?(?: AS \w+)? \("?(\w+)')
NO_ALIAS = "SET|WHERE|JOIN|ON|USING|LEFT|ORDER|RETURNING|LIMIT|FOR"
NAMED = rf'"?\b({NAMES})\b"?'
READ = re.compile(rf"(?:(?:FROM|JOIN|UPDATE) {NAMED}(?!\.)|, {NAMED}(?=\s|$))(?: AS)?(?: (?!{NO_ALIAS})(\w+))?")


def forgotten(statement: str) -> list[str]:
    """Return the tables of a statement that are not narrowed to an organisation."""
    text = " ".join(statement.split())
    if EVERYWHERE in text or text.startswith("--"):
        return []
    missing = [f"{table} in: {text}" for table, first in INSERTED.findall(text) if first != "org"]
    for first, further, alias in READ.findall(text):
        table = first or further
        name = alias or table
        if not re.search(rf'\b{name}\."?org"? (=|IN)|\({name}\."org",|"?{table}"? {name} USING \("org"', text):
            missing.append(f"{table} in: {text}")
    return missing


def watch(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which every statement of a reader or a writer is added from now on."""
    seen: list[str] = []
    execute_direct = Direct.execute
    open_store, open_sqlite, open_postgresql = Store.__init__, SqliteSession.__init__, PostgresqlSession.__init__

    class Recording(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            seen.append(str(query))
            return super().execute(query, *args, **options)

    def store(self: Store, *args: Any, **options: Any) -> None:
        open_store(self, *args, **options)
        event.listen(self._readers, "before_cursor_execute", lambda _c, _k, statement, *_: seen.append(statement))

    def sqlite(self: SqliteSession, connection: Any, driver: Any, keeper: LogKeeper) -> None:
        open_sqlite(self, connection, driver, keeper)
        # How long the log is, is asked after some number of commits, whatever they were.
        connection.set_trace_callback(lambda text: None if text.startswith("PRAGMA wal_checkpoint") else seen.append(text))

    def postgresql(self: PostgresqlSession, connection: Any) -> None:
        connection.cursor_factory = Recording
        open_postgresql(self, connection)

    def direct(self: Direct, text: str, parameters: Any) -> Any:
        seen.append(text)
        return execute_direct(self, text, parameters)

    monkeypatch.setattr(Store, "__init__", store)
    monkeypatch.setattr(Direct, "execute", direct)
    monkeypatch.setattr(SqliteSession, "__init__", sqlite)
    monkeypatch.setattr(PostgresqlSession, "__init__", postgresql)
    return seen
