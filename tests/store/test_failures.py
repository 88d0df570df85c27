"""When it goes wrong: what was recorded is known, or it is said that nobody knows; and the writer works again afterwards."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from engine.errors import OutcomeUnknown
from engine.store.cases import get_case
from engine.store.errors import CommitUnknown, ConcurrentWrite, DatabaseUnavailable
from engine.store.store import Store
from engine.store.tables import case_event, cases
from engine.store.writer import Batch, Writer
from tests.store.rows import ORG, case, case_id, event
from tests.store.test_writer import act, rows, write


class BreaksAt:
    """A cursor whose disk fails at one statement."""

    def __init__(self, cursor: Any, statement: str, error: Exception) -> None:
        self._cursor, self._statement, self._error = cursor, statement, error

    def execute(self, statement: str, *parameters: Any) -> Any:
        if statement == self._statement:
            raise self._error
        return self._cursor.execute(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


@pytest.fixture
def sqlite_writer(sqlite_store: Store) -> Writer:
    return sqlite_store.writer()


@pytest.fixture
def postgresql_writer(postgresql_store: Store) -> Writer:
    return postgresql_store.writer()


def end_connection(store: Store, batch: Batch) -> None:
    """Have the server end the batch's connection, as when it is shut down."""
    session: Any = batch._session
    victim = session._connection.info.backend_pid
    engine = store.dialect.engine(read_only=False, size=1)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(%s, 5000)", (victim,))
    engine.dispose()


def test_a_commit_that_fails_on_sqlite_is_of_unknown_outcome(sqlite_writer: Writer) -> None:
    write(sqlite_writer, case())
    with sqlite_writer.begin() as batch:
        session: Any = batch._session
        session._cursor = BreaksAt(session._cursor, "COMMIT", session._driver.OperationalError("disk I/O error"))
        act(batch)
        with pytest.raises(CommitUnknown, match="disk I/O error") as failure:
            batch.commit()
    assert isinstance(failure.value, OutcomeUnknown)
    with sqlite_writer.begin() as batch:
        assert batch.case(ORG, case_id(1)) == case()
    sqlite_writer.close()


def test_a_commit_that_fails_behind_is_of_unknown_outcome_and_the_next_batch_records_nothing_on_top_of_it(sqlite_writer: Writer) -> None:
    write(sqlite_writer, case())
    with sqlite_writer.begin() as batch:
        session: Any = batch._session
        session._cursor = BreaksAt(session._cursor, "COMMIT", session._driver.OperationalError("disk I/O error"))
        act(batch)
        wait = batch.commit_behind()
    with sqlite_writer.begin() as batch:
        batch.assume([(ORG, case_id(1))])
        act(batch)
        with pytest.raises((DatabaseUnavailable, ConcurrentWrite)):  # the latter where the commit had failed before this began
            batch.commit()
    with pytest.raises(CommitUnknown, match="disk I/O error"):
        wait()
    with sqlite_writer.begin() as batch:
        assert batch.case(ORG, case_id(1)) == case()
    sqlite_writer.close()


def test_a_full_disk_records_nothing_of_the_batch(sqlite_writer: Writer, sqlite_store: Store) -> None:
    write(sqlite_writer, case())
    with sqlite_writer.begin() as batch:
        session: Any = batch._session
        (pages,) = session._connection.execute("PRAGMA page_count").fetchone()
        session._connection.execute(f"PRAGMA max_page_count = {pages + 5}")
        act(batch)
        batch.add(event(1, 3, body="x" * 100_000))
        with pytest.raises(DatabaseUnavailable, match="full"):
            batch.commit()
        session._connection.execute("PRAGMA max_page_count = 4294967294")
    assert rows(sqlite_store, cases) == [tuple(case())]
    assert rows(sqlite_store, case_event) == []
    write(sqlite_writer, event())
    sqlite_writer.close()


def test_a_connection_that_breaks_at_the_commit_is_of_unknown_outcome(postgresql_writer: Writer, postgresql_store: Store) -> None:
    write(postgresql_writer, case())
    with postgresql_writer.begin() as batch:
        act(batch)
        end_connection(postgresql_store, batch)
        with pytest.raises(CommitUnknown):
            batch.commit()
    with postgresql_writer.begin() as batch:
        assert batch.case(ORG, case_id(1)) == case()
    postgresql_writer.close()


def test_a_connection_that_breaks_before_the_commit_has_recorded_nothing(postgresql_writer: Writer, postgresql_store: Store) -> None:
    write(postgresql_writer, case())
    with postgresql_writer.begin() as batch:
        assert batch.case(ORG, case_id(1)) is not None
        end_connection(postgresql_store, batch)
        with pytest.raises(DatabaseUnavailable):
            batch.case(ORG, case_id(2))
    write(postgresql_writer, case(2))
    assert len(rows(postgresql_store, cases)) == 2
    postgresql_writer.close()


def test_readers_go_on_after_the_server_ended_their_connections(postgresql_store: Store, postgresql_writer: Writer) -> None:
    write(postgresql_writer, case())
    with postgresql_store.read() as connection:
        assert get_case(connection, ORG, case_id(1)) is not None
    with postgresql_writer.begin() as batch:
        batch.load()
        session: Any = batch._session
        session._connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND datname = current_database()"
        )
    with postgresql_store.read() as connection:
        assert get_case(connection, ORG, case_id(1)) is not None
    postgresql_writer.close()


def test_our_own_mistakes_are_not_taken_for_anothers_speed(writer: Writer, store: Store) -> None:
    """A missing value is a mistake in the code: nobody shall try again."""
    broken: Any = event(actor=None)
    with pytest.raises(Exception, match=r"(?i)not.null") as failure:
        write(writer, case(), broken)
    assert isinstance(failure.value, psycopg.Error) or type(failure.value).__name__ == "IntegrityError"
    assert rows(store, cases) == []
    write(writer, case())


def test_a_database_that_does_not_answer_is_said_so() -> None:
    writer = Store("postgresql://nobody@/nothing?host=/nowhere").writer()
    with pytest.raises(DatabaseUnavailable, match="does not answer"):
        writer.begin()
