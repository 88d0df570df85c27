"""What the two databases do differently, as one interface. Only `sqlite.py` and `postgresql.py` know how."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql.expression import Executable

from engine.clock import Instant
from engine.errors import ConfigurationError
from engine.store.layout import Write
from engine.store.records import CaseRecord, IdempotencyRecord, LogCursorRecord, NumberSeriesRecord, ServiceStateRecord

R = TypeVar("R", LogCursorRecord, NumberSeriesRecord, ServiceStateRecord)

CaseKey = tuple[str, str]
"""Organisation and id."""
IdempotencyKey = tuple[str, str, str]
"""Organisation, scope and key."""


Waiting = Callable[[], None]
"""Waits until something is done, and raises what became of it."""


class Loaded(NamedTuple):
    """What a writer read, and locked, at the start of its transaction. ``now`` is the database's clock, where it has one."""

    cases: Sequence[CaseRecord]
    idempotency: Sequence[IdempotencyRecord]
    now: Instant | None


class Session(Protocol):
    """One connection that writes, used by one thread at a time. Every method may raise `DatabaseUnavailable` or `ConcurrentWrite`."""

    commits_behind: bool
    """Whether a commit can go on while the next batch is decided; then cases may be taken from memory too."""

    @property
    def is_usable(self) -> bool:
        """Whether the connection stands."""
        ...

    def begin(self) -> None:
        """Begin a transaction, which takes hold with what is first read or written; then Overloaded may be raised.

        That is when another writer does not let go in time.
        """
        ...

    def load(self, cases: Collection[CaseKey], idempotency: Collection[IdempotencyKey]) -> Loaded:
        """Read rows by key, each key once, and hold the cases until the end."""
        ...

    def hold(self, record: R) -> R:
        """Return the row with the record's key, held until the end; where there is none the record becomes it."""
        ...

    def execute(self, statement: Executable) -> list[tuple[Any, ...]]:
        """Execute a Core statement in the transaction and return its rows."""
        ...

    def prune_responses(self, before: Instant, limit: int) -> int:
        """Delete up to `limit` responses of all organisations stored before an instant, and return how many.

        They have no index by age that an act would have to keep: each database finds the oldest in its own way.
        """
        ...

    def commit(self, writes: Iterable[Write]) -> None:
        """Write and commit. Raises CommitUnknown when nobody knows whether it was."""
        ...

    def commit_behind(self, writes: Iterable[Write]) -> Waiting:
        """Write, and have the commit go on by itself. What is returned waits for it; it raises CommitUnknown as `commit` does."""
        ...

    def rollback(self) -> None:
        """Undo what was begun, if anything."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Dialect(Protocol):
    """A database: how to open it and how to look after it."""

    name: str

    def engine(self, *, read_only: bool, size: int = 4) -> Engine:
        """Return an engine with a pool of `size` connections."""
        ...

    def session(self) -> Session:
        """Open a connection that writes. Raises DatabaseUnavailable."""
        ...

    def prepare(self) -> None:
        """Do beforehand what commits would pay for one by one."""
        ...

    def checkpoint(self) -> None:
        """Move what was committed to where it stays, so that no commit has to."""
        ...


def dialect_for(url: str | URL) -> Dialect:
    """Return the dialect of a database URL: ``sqlite:///path/to/file.db`` or ``postgresql://user@host/name``.

    Raises ConfigurationError for any other.
    """
    expected = "expected YISHI_DATABASE_URL like sqlite:///var/yishi.db or postgresql://user@host/yishi"
    try:
        parsed = make_url(url)
    except ArgumentError:
        # Without the text itself: a password may stand in it.
        raise ConfigurationError(f"{expected}, got something that is no URL") from None
    match parsed.get_backend_name():
        # Each of the two knows this module's types, and brings its own driver, some megabytes that the other one has no use for.
        case "sqlite":
            from engine.store.sqlite import SqliteDialect  # noqa: PLC0415

            return SqliteDialect(parsed)
        case "postgresql":
            from engine.store.postgresql import PostgresqlDialect  # noqa: PLC0415

            return PostgresqlDialect(parsed)
        case other:
            raise ConfigurationError(f"{expected}, got one that begins with {other}:")
