"""PostgreSQL: how connections are set up, and the writer's statements: one for each table, over whole columns, in one round trip."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors as pg
from sqlalchemy import URL, Engine, Table, create_engine
from sqlalchemy.dialects.postgresql import psycopg as psycopg_dialect
from sqlalchemy.sql.expression import Executable

from engine.errors import Overloaded, YishiError
from engine.store import tables
from engine.store.arrays import ColumnArray, Int8Array, TextArray, array_for, register
from engine.store.dialect import CaseKey, IdempotencyKey, Loaded, R, Session
from engine.store.errors import CommitUnknown, ConcurrentWrite, DatabaseUnavailable
from engine.store.layout import TABLES, Change, Write, changing, changing_in_cases, column_names, hold_statement, key_names
from engine.store.records import CaseRecord, IdempotencyRecord, LogCursorRecord, NumberSeriesRecord, ServiceStateRecord

DIALECT = psycopg_dialect.dialect()  # type: ignore[no-untyped-call]
PATIENCE_SECONDS = 30

SETTINGS = (
    # What a writer sends is sought by key whatever the values are; planning it anew would cost more than it brings.
    "SET plan_cache_mode = force_generic_plan",
    f"SET lock_timeout = '{PATIENCE_SECONDS}s'",
    # An answer is given after the commit: what was answered has to be on the disk.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
)

FASTER = (pg.UniqueViolation, pg.SerializationFailure, pg.DeadlockDetected)
GONE = (pg.AdminShutdown, pg.CrashShutdown, pg.CannotConnectNow)
# Refused for now, and certainly not recorded; after a failover another server may be the one that writes.
REFUSED = (pg.DiskFull, pg.OutOfMemory, pg.ReadOnlySqlTransaction)


class PostgresqlDialect:
    """A PostgreSQL database: any number of writers, on any number of nodes."""

    name = "postgresql"

    def __init__(self, url: URL) -> None:
        self._url = url

    def engine(self, *, read_only: bool, size: int = 4) -> Engine:
        """Return an engine with a pool of `size` connections, whose reading transactions see one state of the database."""
        return create_engine(
            self._url.set(drivername="postgresql+psycopg"),
            pool_size=size,
            max_overflow=0,
            pool_pre_ping=True,
            isolation_level="REPEATABLE READ" if read_only else "READ COMMITTED",
            connect_args={"options": "-c default_transaction_read_only=on"} if read_only else {},
        )

    def session(self) -> Session:
        """Open a connection that writes."""
        conninfo = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            return PostgresqlSession(psycopg.connect(conninfo, autocommit=True, prepare_threshold=0))
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(f"The database does not answer: {error}.") from error

    def checkpoint(self) -> None:
        """Do nothing: the server sees to it."""


class PostgresqlSession:
    """A connection that writes."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection
        self._begun = False
        connection.prepared_max = 500
        register(connection)
        for setting in SETTINGS:
            connection.execute(setting)
        self._control, self._cases, self._keys, self._other = (connection.cursor() for _ in range(4))

    @property
    def is_usable(self) -> bool:
        """Whether the connection stands."""
        return not self._connection.closed

    def begin(self) -> None:
        """Begin a transaction: BEGIN itself travels with what comes next."""
        self.rollback()

    def load(self, cases: Collection[CaseKey], idempotency: Collection[IdempotencyKey]) -> Loaded:
        """Read rows by key and hold the cases, in the order of their keys, so that two batches never wait for each other."""
        with self._failing(), self._connection.pipeline():
            self._begin()
            if cases:
                self._cases.execute(SELECT_CASES, _columns(cases, TextArray, TextArray), binary=True)
            if idempotency:
                self._keys.execute(SELECT_IDEMPOTENCY, _columns(idempotency, TextArray, TextArray, TextArray), binary=True)
            # After the cases are held, so that it does not go backwards within a case.
            self._other.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", binary=True)
        (now,) = self._other.fetchall()[0]
        return Loaded(
            [CaseRecord._make(row) for row in self._cases.fetchall()] if cases else [],
            [IdempotencyRecord._make(row) for row in self._keys.fetchall()] if idempotency else [],
            now,
        )

    def hold(self, record: R) -> R:
        """Return the row with the record's key, held until the end; where there is none the record becomes it."""
        with self._failing(), self._connection.pipeline():
            self._begin()
            self._other.execute(HOLD[type(record)], record)
        (row,) = self._other.fetchall()
        return type(record)._make(row)

    def execute(self, statement: Executable) -> list[tuple[Any, ...]]:
        """Execute a Core statement in the transaction and return its rows."""
        compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
        with self._failing(), self._connection.pipeline():
            self._begin()
            self._other.execute(str(compiled), compiled.construct_params())
        return self._other.fetchall() if self._other.description else []

    def commit(self, writes: Iterable[Write]) -> None:
        """Write and commit in one round trip. The first statement that fails keeps all that follow, COMMIT too, from being executed."""
        with self._failing(committing=True), self._connection.pipeline():
            self._begin()
            for write in writes:
                text, arrays = STATEMENTS[write.change, write.record]
                self._control.execute(text, _columns(write.rows, *arrays))
            self._control.execute("COMMIT", prepare=False)
        self._begun = False

    def rollback(self) -> None:
        """Undo what was begun, if anything."""
        if self._begun and self.is_usable:
            try:
                self._control.execute("ROLLBACK", prepare=False)
            except psycopg.Error:  # then the server undoes it, as the connection is gone
                self.close()
        self._begun = False

    def close(self) -> None:
        """Close the connection; the server undoes a transaction that is open."""
        self._connection.close()

    def _begin(self) -> None:
        if not self._begun:
            self._control.execute("BEGIN", prepare=False)
            self._begun = True

    @contextmanager
    def _failing(self, *, committing: bool = False) -> Iterator[None]:
        """Tell apart: another was faster, the database is gone, nobody knows, and our own mistakes, which pass as they are."""
        try:
            yield
        except FASTER as error:
            raise ConcurrentWrite(f"Another writer was faster ({type(error).__name__}); nothing of this batch was recorded.") from error
        except pg.LockNotAvailable as error:
            raise Overloaded(PATIENCE_SECONDS) from error
        except REFUSED as error:
            self.close()
            raise DatabaseUnavailable(f"The database does not take what is to be written: {error}.") from error
        except psycopg.Error as error:
            if not (self._connection.closed or isinstance(error, GONE)):
                raise
            self.close()
            failure: type[YishiError] = CommitUnknown if committing else DatabaseUnavailable
            raise failure(f"The connection to the database broke: {error}.") from error


def _columns(rows: Iterable[tuple[Any, ...]], *arrays: Callable[[Any], ColumnArray]) -> list[ColumnArray]:
    return [array(values) for array, values in zip(arrays, zip(*rows, strict=True), strict=True)]


# The names in all these statements come from our own tables, never from outside.


def _names(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)


def _arrays(table: Table, names: Iterable[str]) -> list[type[ColumnArray]]:
    return [array_for(table.c[name].type) for name in names]


def _unnest(arrays: Iterable[type[ColumnArray]]) -> str:
    return f"unnest({', '.join(f'%s::{array.sql}' for array in arrays)})"


def _by_keys(table: Table) -> str:
    names = key_names(table)
    keys = f"{_unnest(TextArray for _ in names)} AS k({_names(names)})"
    return f"SELECT {_names(column_names(table), 't.')} FROM {keys} JOIN {table.name} t USING ({_names(names)})"  # noqa: S608


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


def _update_cases(change: Change) -> str:
    """Make the UPDATE of cases; its rows are (*record, expected seq). Fails as a whole when one does not stand where it was read."""
    table = tables.cases
    names = column_names(table)
    updates = ", ".join(f'"{name}" = x."{name}"' for name in changing_in_cases(change))
    return (
        f"WITH x AS MATERIALIZED (SELECT * FROM {_unnest([*_arrays(table, names), Int8Array])} AS x({_names(names)}, expected)), "  # noqa: S608
        f"changed AS (UPDATE cases t SET {updates} FROM x WHERE t.org = x.org AND t.id = x.id AND t.seq = x.expected RETURNING 1) "
        "SELECT expect_rows((SELECT count(*) FROM changed), (SELECT count(*) FROM x))"
    )


SELECT_CASES = f"{_by_keys(tables.cases)} ORDER BY t.org, t.id FOR UPDATE OF t"
SELECT_IDEMPOTENCY = _by_keys(tables.idempotency)
HOLD = {record: hold_statement(TABLES[record], "%s") for record in (LogCursorRecord, NumberSeriesRecord, ServiceStateRecord)}
STATEMENTS: dict[tuple[Change, type[Any]], tuple[str, list[type[ColumnArray]]]] = {}
for _record, _table in TABLES.items():
    STATEMENTS[Change.INSERT, _record] = _insert(_table), _arrays(_table, column_names(_table))
    STATEMENTS[Change.DELETE, _record] = _delete(_table), _arrays(_table, key_names(_table))
    STATEMENTS[Change.UPSERT, _record] = _upsert(_table), _arrays(_table, column_names(_table))
for _change in (Change.MOVE, Change.STAY):
    STATEMENTS[_change, CaseRecord] = _update_cases(_change), [*_arrays(tables.cases, column_names(tables.cases)), Int8Array]
