"""The trail is append-only: the database itself refuses to change or delete an event."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import DatabaseError

from engine.settings import sandbox_of
from engine.store import log
from engine.store.store import Store
from engine.store.tables import case_event, log_entry
from engine.store.writer import Writer
from tests.store.rows import ORG, event
from tests.store.test_log import seal
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
        "DELETE FROM case_event WHERE seq = 1",
        "UPDATE case_event SET body = '{}'",
        "UPDATE case_event SET hash = 'x' WHERE seq = 2",
        "UPDATE case_event SET recorded_at = recorded_at",
        "INSERT INTO case_event SELECT * FROM case_event WHERE seq = 1",
        "DELETE FROM log_entry",
        "UPDATE log_entry SET log_index = log_index + 1",
        "UPDATE log_entry SET actor = 'li' WHERE seq = 1",
        "INSERT INTO log_entry SELECT * FROM log_entry",
        "INSERT INTO log_entry SELECT org, 2, case_id, seq, 0, 0, '', '', '', '', '' FROM log_entry",
    ],
)
def test_neither_an_event_nor_its_place_is_ever_changed(connection: Connection, writer: Writer, store: Store, statement: str) -> None:
    written = [event(1, 1), event(1, 2)]
    write(writer, *written)
    seal(writer, 1)
    before = rows(store, log_entry)
    with pytest.raises(DatabaseError):
        connection.execute(text(statement))
    connection.rollback()
    assert rows(store, case_event) == [tuple(record) for record in written]
    assert rows(store, log_entry) == before
    assert len(before) == 1


def test_the_refusal_says_what_to_do(connection: Connection, writer: Writer) -> None:
    write(writer, event())
    with pytest.raises(DatabaseError, match="never changed or deleted; correct it with a reversing event"):
        connection.execute(text("DELETE FROM case_event"))


@pytest.mark.parametrize("table", [case_event, log_entry], ids=lambda table: table.name)
def test_of_a_sandbox_rows_may_go_but_none_of_a_body_becomes_one_of_it(
    connection: Connection, writer: Writer, store: Store, table: Table
) -> None:
    sandbox = sandbox_of(ORG)
    write(writer, event(), event(org=sandbox))
    for org in (ORG, sandbox):
        with writer.begin() as batch:
            log.seal(batch, org)
            batch.commit()
    for change in (f"UPDATE {table.name} SET org = '{sandbox}' WHERE org = '{ORG}'", f"UPDATE {table.name} SET actor = 'li'"):
        with pytest.raises(DatabaseError, match="append-only"):
            connection.execute(text(change))
        connection.rollback()
    connection.execute(text(f"DELETE FROM {table.name} WHERE org = '{sandbox}'"))
    connection.commit()
    assert [row[0] for row in rows(store, table)] == [ORG]


def refuses(store: Store, statement: str) -> None:
    writer = store.writer()
    write(writer, event())
    seal(writer)
    writer.close()
    engine = store.dialect.engine(read_only=False, size=1)
    with engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text(statement))
    engine.dispose()
    assert rows(store, case_event) == [tuple(event())]
    assert len(rows(store, log_entry)) == 1


@pytest.mark.parametrize("table", ["case_event", "log_entry"])
def test_nothing_is_replaced(sqlite_store: Store, table: str) -> None:
    """SQLite's REPLACE deletes what is in its way, and by default without asking triggers."""
    refuses(sqlite_store, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


@pytest.mark.parametrize("table", ["case_event", "log_entry"])
def test_nothing_is_emptied(postgresql_store: Store, table: str) -> None:
    refuses(postgresql_store, f"TRUNCATE {table}")
