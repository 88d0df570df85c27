"""The way in: one database, its writers and its readers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection

from engine.clock import Instant
from engine.store.dialect import dialect_for
from engine.store.partitions import ensure_partitions
from engine.store.writer import Writer

CHECKPOINT_SECONDS = 10
"""How often to do the housekeeping: what is copied more often is mostly what the next acts write anew."""


class Store:
    """A database. ``url`` is ``sqlite:///path/to/file.db`` or ``postgresql://user@host/name``.

    Raises ConfigurationError for any other, and for a SQLite that can lose commits.
    """

    def __init__(self, url: str | URL, *, readers: int = 4) -> None:
        self.dialect = dialect_for(url)
        self._readers = self.dialect.engine(read_only=True, size=readers)

    def writer(self) -> Writer:
        """Return a writer for one thread; its connection is opened by its first batch."""
        return Writer(self.dialect)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a read-only connection for the functions that read, for as long as the block runs; all see one state of the database."""
        with self._readers.connect() as connection:
            yield connection

    def prepare(self) -> None:
        """Make ready for many commits, as a server does; its writer has to be open, for SQLite removes its log with the last connection."""
        self.dialect.prepare()

    def checkpoint(self) -> None:
        """Do the housekeeping that no commit shall pay for. Call it every CHECKPOINT_SECONDS from a thread of its own (SQLite)."""
        self.dialect.checkpoint()

    def ensure_partitions(self, now: Instant) -> list[str]:
        """Make the partitions of the trail for this month and the next three; see `engine.store.partitions`. Call it daily."""
        return ensure_partitions(self.dialect, now)

    def close(self) -> None:
        """Close the readers' connections."""
        self._readers.dispose()
