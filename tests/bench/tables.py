"""The two tables of a program that keeps only the least: where a case stands, and what was done to it."""

from __future__ import annotations

import itertools
import sqlite3  # under this name child.py has put the library the service itself uses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.consultation import FIRST, OPENED

if TYPE_CHECKING:
    import psycopg

CASES = 1_000
"""Cases are taken in turn; each is back where it began after its twelve steps."""

SQLITE = """
CREATE TABLE cases(id INTEGER PRIMARY KEY, state TEXT NOT NULL, version INTEGER NOT NULL, changed_at TEXT NOT NULL);
CREATE TABLE events(id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  source TEXT NOT NULL, target TEXT NOT NULL, at TEXT NOT NULL, remark TEXT NOT NULL);
CREATE INDEX events_of_case ON events(case_id, id);
"""
POSTGRES = """
CREATE TABLE cases(id bigint PRIMARY KEY, state text NOT NULL, version int NOT NULL, changed_at timestamptz NOT NULL);
CREATE TABLE events(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, case_id bigint NOT NULL, actor text NOT NULL, action text NOT NULL,
  source text NOT NULL, target text NOT NULL, at timestamptz NOT NULL, remark jsonb NOT NULL);
CREATE INDEX events_of_case ON events(case_id, id);
"""


def case_ids() -> Iterator[int]:
    """Give the cases in turn, for ever."""
    return itertools.cycle(range(1, CASES + 1))


def connect_sqlite(path: Path) -> sqlite3.Connection:
    """Open a file as the service does: write-ahead log, an fsync with every commit. Transactions are written out by the caller."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def fill_sqlite(path: Path) -> None:
    """Create the two tables and their cases."""
    connection = connect_sqlite(path)
    connection.executescript(SQLITE)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO cases VALUES (?, ?, 0, ?)", ((case, FIRST, OPENED.isoformat()) for case in range(1, CASES + 1)))
    connection.execute("COMMIT")
    connection.close()


def fill_postgres(connection: psycopg.Connection) -> None:
    """Create the two tables and their cases."""
    connection.execute(POSTGRES, prepare=False)
    connection.execute("INSERT INTO cases SELECT n, %s, 0, %s FROM generate_series(1, %s) n", (FIRST, OPENED, CASES))
    connection.execute("ANALYZE cases")
