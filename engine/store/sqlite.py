"""SQLite: the driver, how connections are set up, and the writer's statements."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BindParameter,
    Column,
    ColumnElement,
    Engine,
    QueuePool,
    Table,
    bindparam,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.expression import Executable

from engine.clock import Instant
from engine.errors import ConfigurationError, Overloaded
from engine.store import tables
from engine.store.dialect import CaseKey, IdempotencyKey, Loaded, R, Session, Waiting
from engine.store.errors import CommitUnknown, ConcurrentWrite, DatabaseUnavailable
from engine.store.layout import TABLES, Change, Write, changing, column_names, hold_statement, key_names
from engine.store.reader import EVERYWHERE
from engine.store.records import CaseRecord, IdempotencyRecord, LogCursorRecord, NumberSeriesRecord, ServiceStateRecord
from engine.store.sqlite_log import LogKeeper, make_room

DIALECT = sqlite.dialect()
OLDEST = (3, 51, 3)
"""Versions before this one can lose commits when the write-ahead log is reset."""
PATIENCE_SECONDS = 30
# A safety net only: the log is begun anew long before it has so many pages (160 MB), see `engine.store.sqlite_log`. SQLite's own 1,000
# pages make every seventieth act wait for a checkpoint, and cost more in all: the same pages are copied again and again.
AUTOCHECKPOINT_PAGES = 40_000

SAFETY = (
    "journal_mode=WAL",  # one fsync a commit, and readers never wait
    "synchronous=FULL",  # NORMAL loses the last commits on a power cut
    "foreign_keys=ON",
    "recursive_triggers=ON",  # or INSERT OR REPLACE would delete past the triggers that keep the trail
    f"wal_autocheckpoint={AUTOCHECKPOINT_PAGES}",  # and SQLite's own small cache: it is searched through with each page that is split
)

Statement = tuple[str, Callable[[tuple[Any, ...]], tuple[Any, ...]] | None]
"""The text, and what puts a row's values into its order, where that is another one."""


def choose_driver(candidates: Iterable[str] = ("pysqlite3.dbapi2", "sqlite3.dbapi2")) -> Any:
    """Return the first driver whose SQLite is new enough. Raises ConfigurationError when none is."""
    found = []
    for name in candidates:
        try:
            driver = importlib.import_module(name)
        except ImportError:
            continue
        if driver.sqlite_version_info >= OLDEST:
            return driver
        found.append(f"{driver.sqlite_version} in {name.partition('.')[0]}")
    raise ConfigurationError(
        f"expected SQLite {'.'.join(map(str, OLDEST))} or newer (older ones can lose commits), found {' and '.join(found) or 'none'}; "
        "install the package pysqlite3, or a newer system library, or use PostgreSQL"
    )


def take_as_they_are(driver: Any) -> None:
    """Spare values that SQLite knows the question whether they adapt themselves.

    The driver asks it of every value but numbers and texts, and learns the answer from an error that it raises and catches: two
    microseconds for each NULL, of which a row has several. Adapters that give back what they get answer at once.
    """
    driver.register_adapter(type(None), dict[None, None]().get)
    driver.register_adapter(bytes, bytes)
    driver.register_adapter(bool, int)


class SqliteDialect:
    """A SQLite database: one file, one writer at a time, any number of readers."""

    name = "sqlite"

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
            raise ConfigurationError("expected the path of a file, like sqlite:///var/yishi.db: a database in memory keeps nothing")
        self._driver = choose_driver()
        take_as_they_are(self._driver)
        self._path = Path(url.database)

    def connect(self, *, read_only: bool) -> Any:
        """Open a connection of the driver; its transactions are begun and ended by hand."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = self._driver.connect(
            str(self._path), timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        for pragma in (*SAFETY, "query_only=ON") if read_only else SAFETY:
            connection.execute(f"PRAGMA {pragma}")
        if (mode := connection.execute("PRAGMA journal_mode").fetchone()[0]) != "wal":
            raise ConfigurationError(
                f"expected the file system of {self._path.parent} to allow SQLite's WAL, got journal mode {mode}; use a local disk"
            )
        return connection

    def engine(self, *, read_only: bool, size: int = 4) -> Engine:
        """Return an engine with a pool of `size` connections, whose transactions see one state of the database."""
        engine = create_engine(
            "sqlite://",
            module=self._driver,
            creator=lambda: self.connect(read_only=read_only),
            pool_size=size,
            max_overflow=0,
            poolclass=QueuePool,
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE"))
        return engine

    def session(self) -> Session:
        """Open a connection that writes."""
        try:
            return SqliteSession(self.connect(read_only=False), self._driver, LogKeeper(lambda: self.connect(read_only=False)))
        except self._driver.OperationalError as error:
            raise DatabaseUnavailable(f"The database file {self._path} cannot be opened: {error}.") from error

    def prepare(self) -> None:
        """Give the log its working length, which a server's commits then overwrite."""
        with closing(self.connect(read_only=False)) as connection:
            make_room(connection, self._path)

    def checkpoint(self) -> None:
        """Copy the log into the file without making anybody wait."""
        with closing(self.connect(read_only=False)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


class SqliteSession:
    """A connection that writes. The database has no clock of its own, and `BEGIN IMMEDIATE` holds every row there is.

    While a commit goes on behind, the connection is in use: whatever comes next on it waits for its end.
    """

    commits_behind = True

    def __init__(self, connection: Any, driver: Any, keeper: LogKeeper) -> None:
        self._connection = connection
        self._driver = driver
        self._keeper = keeper
        self._cursor = connection.cursor()
        self._begun = False
        self._committer = ThreadPoolExecutor(1, "commit")
        self._behind: Future[None] | None = None

    @property
    def is_usable(self) -> bool:
        """Whether the connection stands."""
        return self._connection is not None

    def begin(self) -> None:
        """Begin a transaction: BEGIN itself comes with what is first read or written."""
        self.rollback()

    def load(self, cases: Collection[CaseKey], idempotency: Collection[IdempotencyKey]) -> Loaded:
        """Read rows by key."""
        execute = self._in_transaction().execute
        try:
            found_cases = [CaseRecord._make(row) for key in cases if (row := execute(SELECT_CASE, key).fetchone())]
            found_keys = [IdempotencyRecord._make(row) for key in idempotency if (row := execute(SELECT_IDEMPOTENCY, key).fetchone())]
        except self._driver.OperationalError as error:
            raise DatabaseUnavailable(f"The database does not answer: {error}.") from error
        return Loaded(found_cases, found_keys, None)

    def hold(self, record: R) -> R:
        """Return the row with the record's key; where there is none the record becomes it."""
        (row,) = self._in_transaction().execute(HOLD[type(record)], record).fetchall()
        return type(record)._make(row)

    def execute(self, statement: Executable) -> list[tuple[Any, ...]]:
        """Execute a Core statement in the transaction and return its rows."""
        compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
        values = compiled.construct_params()
        cursor = self._in_transaction().execute(str(compiled), [values[name] for name in compiled.positiontup or ()])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def prune_responses(self, before: Instant, limit: int) -> int:
        """Delete the oldest responses: rows are written in the order of time, and row ids count up."""
        oldest = "SELECT rowid FROM idempotency ORDER BY rowid LIMIT ?"
        statement = f"DELETE {EVERYWHERE} FROM idempotency WHERE rowid IN ({oldest}) AND created_at < ?"
        return int(self._in_transaction().execute(statement, (limit, before)).rowcount)

    def commit(self, writes: Iterable[Write]) -> None:
        """Write and commit."""
        self._write(writes)
        self._begun = False
        self._commit()

    def commit_behind(self, writes: Iterable[Write]) -> Waiting:
        """Write, and commit in a thread of its own: while the disk works the next batch is decided."""
        self._write(writes)
        self._begun = False
        self._behind = self._committer.submit(self._commit)
        return self._behind.result

    def _in_transaction(self) -> Any:
        """Give the cursor in the transaction, beginning it after the commit that goes on, and waiting for the one writer there may be.

        Raises Overloaded after 30 s, and DatabaseUnavailable when the commit before broke the connection.
        """
        if self._begun:
            return self._cursor
        if self._behind is not None:
            self._behind.exception()  # what became of it is told to whoever waits for it
            self._behind = None
        if self._connection is None:
            raise DatabaseUnavailable("The connection broke with the commit before.")
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
        except self._driver.OperationalError as error:
            if "locked" in str(error):
                raise Overloaded(PATIENCE_SECONDS) from error
            self.close()
            raise DatabaseUnavailable(f"The database does not answer: {error}.") from error
        self._begun = True
        return self._cursor

    def _write(self, writes: Iterable[Write]) -> None:
        cursor = self._in_transaction()
        try:
            for change, record, rows in writes:
                text, order = STATEMENTS[change, record]
                count = cursor.executemany(text, rows if order is None else map(order, rows)).rowcount
                if count != len(rows):
                    self._complete(change, record, rows, count)
        except self._driver.IntegrityError as error:
            if not str(error).startswith("UNIQUE constraint"):
                raise
            raise ConcurrentWrite(f"Another writer was faster ({error}); nothing of this batch was recorded.") from error
        except self._driver.OperationalError as error:  # the disk is full, say
            raise DatabaseUnavailable(f"The database does not take what is to be written: {error}.") from error

    def _commit(self) -> None:
        try:
            self._cursor.execute("COMMIT")
        except self._driver.Error as error:
            self._disconnect()
            raise CommitUnknown(f"The commit failed: {error}.") from error
        self._keeper.committed(self._cursor)

    def _complete(self, change: Change, record: type[Any], rows: Sequence[tuple[Any, ...]], count: int) -> None:
        """Write what the first statement left: rows that are new, and cases of which an indexed column changes. Raises ConcurrentWrite."""
        if change is Change.UPSERT:
            self._cursor.executemany(INSERT_MISSING[record], rows)
        elif change is Change.UPDATE:
            text, order = UPDATE_WITH_INDEXES
            count += self._cursor.executemany(text, rows if order is None else map(order, rows)).rowcount
            if count != len(rows):
                raise ConcurrentWrite(f"Expected to change {len(rows)} case(s), {count} stood where they were read; nothing was recorded.")

    def rollback(self) -> None:
        """Undo what was begun, if anything."""
        if self._begun and self._connection is not None and self._connection.in_transaction:
            self._cursor.execute("ROLLBACK")
        self._begun = False

    def close(self) -> None:
        """Close the connection, after the commit that goes on; a transaction that is open is undone."""
        self._committer.shutdown()
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._keeper.close()
            self._connection.close()
            self._connection = None


def _text(statement: Any) -> str:
    return str(statement.compile(dialect=DIALECT))


def _select_by_key(table: Table) -> str:
    return _text(select(table).where(*(table.c[name] == bindparam(name) for name in key_names(table))))


SELECT_CASE = _select_by_key(tables.cases)
SELECT_IDEMPOTENCY = _select_by_key(tables.idempotency)
HOLD = {record: hold_statement(TABLES[record], "?") for record in (LogCursorRecord, NumberSeriesRecord, ServiceStateRecord)}


def _update(table: Table, changed: Iterable[str], **guards: str) -> Statement:
    """Make an UPDATE by key; `guards` are columns that must have the value of a further field of the row."""
    names = [*column_names(table), *(name for name in guards.values() if name not in table.c)]
    matching = {**{name: name for name in key_names(table)}, **guards}
    statement = (
        update(table)
        .where(*(_is(table.c[column], bindparam(f"old_{name}")) for column, name in matching.items()))
        .values({name: bindparam(f"new_{name}") for name in changed})
        .compile(dialect=DIALECT)
    )
    return str(statement), itemgetter(*(names.index(name[4:]) for name in statement.positiontup or ()))


def _is(column: Column[Any], value: BindParameter[Any]) -> ColumnElement[bool]:
    return column.is_not_distinct_from(value) if column.nullable else column == value


def _delete(table: Table) -> str:
    return _text(delete(table).where(*(table.c[name] == bindparam(name) for name in key_names(table))))


# SQLite writes the entries of every index that an UPDATE names a column of, changed or not. So cases are first updated without those
# columns, where they stay as they are, which is nearly always; the few where they change are left over for the second statement.
INDEXED_IN_CASES = ("number", "ended_at")
UPDATE_WITH_INDEXES = _update(tables.cases, changing(tables.cases), seq="expected")
STATEMENTS: dict[tuple[Change, type[Any]], Statement] = {
    (Change.UPDATE, CaseRecord): _update(
        tables.cases,
        [name for name in changing(tables.cases) if name not in INDEXED_IN_CASES],
        seq="expected",
        **{name: name for name in INDEXED_IN_CASES},
    )
}
# An UPSERT is an UPDATE, as most rows are there, and an INSERT of what was not: a third faster than ON CONFLICT DO UPDATE.
INSERT_MISSING: dict[type[Any], str] = {}
for _record, _table in TABLES.items():
    STATEMENTS[Change.INSERT, _record] = _text(insert(_table)), None
    STATEMENTS[Change.DELETE, _record] = _delete(_table), None
    if changing(_table):
        STATEMENTS[Change.UPSERT, _record] = _update(_table, changing(_table))
    INSERT_MISSING[_record] = _text(sqlite.insert(_table).on_conflict_do_nothing(index_elements=key_names(_table)))
