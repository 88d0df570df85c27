"""PostgreSQL: how connections are set up, and the writer's statements: one for each table, over whole columns, in one round trip."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors as pg
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.dialects.postgresql import psycopg as psycopg_dialect
from sqlalchemy.sql.expression import Executable

from engine.clock import Instant
from engine.errors import Overloaded, YishiError
from engine.store import tables
from engine.store.dialect import CaseKey, IdempotencyKey, Loaded, R, Session, Waiting
from engine.store.errors import CommitUnknown, ConcurrentWrite, DatabaseUnavailable
from engine.store.layout import Write
from engine.store.parameters import TEXT, register
from engine.store.postgresql_direct import Direct, read_int8, readers
from engine.store.postgresql_statements import FEW, HOLD, SELECT_CASES, SELECT_IDEMPOTENCY, SELECT_NOW, SELECT_ONE, columns, statement
from engine.store.reader import EVERYWHERE
from engine.store.records import CaseRecord, IdempotencyRecord

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

READ_ONE = readers([*tables.cases.columns, *tables.idempotency.columns])
CASE_WIDTH = len(CaseRecord._fields)
NO_CASE, NO_KEY = ("", ""), ("", "", "")


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

    def prepare(self) -> None:
        """Do nothing: the server keeps files of its log ready."""

    def checkpoint(self) -> None:
        """Do nothing: the server sees to it."""


class PostgresqlSession:
    """A connection that writes."""

    commits_behind = False

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection
        self._begun = self._lost = False
        connection.prepared_max = 500
        register(connection)
        for setting in SETTINGS:
            connection.execute(setting)
        self._direct = Direct(connection)
        self._control, self._cases, self._keys, self._other = (connection.cursor() for _ in range(4))

    @property
    def is_usable(self) -> bool:
        """Whether the connection stands."""
        return not self._connection.closed

    def begin(self) -> None:
        """Begin a transaction: BEGIN itself travels with what comes next."""
        self.rollback()

    def load(self, cases: Collection[CaseKey], idempotency: Collection[IdempotencyKey]) -> Loaded:
        """Read rows by key and hold the cases, in the order of their keys, so that two batches never wait for each other.

        A lone command is read without holding anything, and needs no BEGIN: that its case stands where it was read is seen to by the
        write. Whoever lost a race that way holds the case the next time.
        """
        if len(cases) <= 1 and len(idempotency) <= 1 and not self._begun and not self._lost:
            return self._load_one(cases, idempotency)
        with self._failing(), self._connection.pipeline():
            self._begin()
            if cases:
                self._cases.execute(SELECT_CASES, columns(cases, (TEXT, TEXT)), binary=True)
            if idempotency:
                self._keys.execute(SELECT_IDEMPOTENCY, columns(idempotency, (TEXT, TEXT, TEXT)), binary=True)
            # After the cases are held, so that it does not go backwards within a case.
            self._other.execute(SELECT_NOW, binary=True)
        (now,) = self._other.fetchall()[0]
        return Loaded(
            [CaseRecord._make(row) for row in self._cases.fetchall()] if cases else [],
            [IdempotencyRecord._make(row) for row in self._keys.fetchall()] if idempotency else [],
            now,
        )

    def _load_one(self, cases: Collection[CaseKey], idempotency: Collection[IdempotencyKey]) -> Loaded:
        case, key = next(iter(cases), NO_CASE), next(iter(idempotency), NO_KEY)
        with self._failing():
            ((now, *row),) = self._direct.execute(SELECT_ONE, [part.encode() for part in (*case, *key)])
        values = [None if raw is None else read(raw) for read, raw in zip(READ_ONE, row, strict=True)]
        return Loaded(
            [] if values[0] is None else [CaseRecord._make(values[:CASE_WIDTH])],
            [] if values[CASE_WIDTH] is None else [IdempotencyRecord._make(values[CASE_WIDTH:])],
            read_int8(now or b""),
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

    def prune_responses(self, before: Instant, limit: int) -> int:
        """Delete the oldest responses: the index knows in which pages they are, and rows are deleted by where they lie."""
        old = "SELECT ctid FROM idempotency WHERE created_at < %s LIMIT %s"
        with self._failing(), self._connection.pipeline():
            self._begin()
            self._other.execute(f"DELETE {EVERYWHERE} FROM idempotency WHERE ctid = ANY(ARRAY({old}))", (before, limit))
        return self._other.rowcount

    def commit(self, writes: Iterable[Write]) -> None:
        """Write and commit in one round trip. The first statement that fails keeps all that follow, COMMIT too, from being executed."""
        with self._failing(committing=True):
            everything = list(writes)
            if self._begun:
                with self._connection.pipeline():
                    if everything:
                        self._control.execute(*statement(everything))
                    self._control.execute("COMMIT", prepare=False)
            elif everything:  # one statement is a transaction of its own
                self._direct.execute(*statement(everything, few=FEW))
        self._begun = self._lost = False

    def commit_behind(self, writes: Iterable[Write]) -> Waiting:
        """Commit at once: what is written and the commit travel together."""
        self.commit(writes)
        return lambda: None

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
            self._lost = True
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
