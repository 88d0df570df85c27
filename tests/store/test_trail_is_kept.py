"""The trail is append-only: the database itself refuses to change or delete an event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from engine.store.store import Store
from engine.store.tables import case_event
from engine.store.writer import Writer
from tests.store.rows import event
from tests.store.test_schema import connected
from tests.store.test_writer import rows, write


@pytest.fixture
def connection(migrated_url: str) -> Iterator[Connection]:
    with connected(migrated_url) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM case_event",
        "UPDATE case_event SET body = '{}'",
        "UPDATE case_event SET hash = 'x', log_index = 7 WHERE seq = 2",
        "UPDATE case_event SET recorded_at = recorded_at",
        "UPDATE case_event SET log_index = 3 WHERE seq = 1",
        "UPDATE case_event SET log_index = NULL WHERE seq = 1",
        "INSERT INTO case_event SELECT * FROM case_event WHERE seq = 1",
    ],
)
def test_an_event_is_never_changed(connection: Connection, writer: Writer, store: Store, statement: str) -> None:
    written = [event(1, 1, log_index=1), event(1, 2)]
    write(writer, *written)
    with pytest.raises(DatabaseError):
        connection.execute(text(statement))
    connection.rollback()
    assert rows(store, case_event) == [tuple(record) for record in written]


def test_the_refusal_says_what_to_do(connection: Connection, writer: Writer) -> None:
    write(writer, event())
    with pytest.raises(DatabaseError, match="case_event is append-only.*correct it with a reversing event"):
        connection.execute(text("DELETE FROM case_event"))


def test_an_event_is_not_replaced(connection: Connection, writer: Writer, store: Store) -> None:
    """SQLite's REPLACE deletes what is in its way, and by default without asking triggers."""
    if connection.dialect.name != "sqlite":
        pytest.skip("only SQLite has REPLACE")
    write(writer, event())
    with pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text("INSERT OR REPLACE INTO case_event SELECT * FROM case_event"))
    connection.rollback()
    assert len(rows(store, case_event)) == 1


def test_the_trail_is_not_emptied(connection: Connection, writer: Writer, store: Store) -> None:
    if connection.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    write(writer, event())
    with pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text("TRUNCATE case_event"))
    connection.rollback()
    assert len(rows(store, case_event)) == 1


def test_an_event_gets_its_place_in_the_log_once(connection: Connection, writer: Writer, store: Store) -> None:
    write(writer, event())
    connection.execute(text("UPDATE case_event SET log_index = 5"))
    connection.commit()
    expected: Any = event(log_index=5)
    assert rows(store, case_event) == [tuple(expected)]
