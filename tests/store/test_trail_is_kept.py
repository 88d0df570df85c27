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
    with pytest.raises(DatabaseError, match="never changed or deleted; correct it with a reversing event"):
        connection.execute(text("DELETE FROM case_event"))


def refuses(store: Store, statement: str) -> None:
    writer = store.writer()
    write(writer, event())
    writer.close()
    engine = store.dialect.engine(read_only=False, size=1)
    with engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text(statement))
    engine.dispose()
    assert rows(store, case_event) == [tuple(event())]


def test_an_event_is_not_replaced(sqlite_store: Store) -> None:
    """SQLite's REPLACE deletes what is in its way, and by default without asking triggers."""
    refuses(sqlite_store, "INSERT OR REPLACE INTO case_event SELECT * FROM case_event")


def test_the_trail_is_not_emptied(postgresql_store: Store) -> None:
    refuses(postgresql_store, "TRUNCATE case_event")


def test_an_event_gets_its_place_in_the_log_once(connection: Connection, writer: Writer, store: Store) -> None:
    write(writer, event())
    connection.execute(text("UPDATE case_event SET log_index = 5"))
    connection.commit()
    expected: Any = event(log_index=5)
    assert rows(store, case_event) == [tuple(expected)]
