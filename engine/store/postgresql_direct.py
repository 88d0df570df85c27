"""Statements of a lone command, executed on libpq itself: a third of the driver's cost, which for one command is most of it.

Parameters and results are in binary form. While the server works no lock of the interpreter is held.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import count
from struct import Struct
from typing import Any, cast

import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus
from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, Text

INT8 = Struct("!q").unpack
MOST_PREPARED = 200
DONE = {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}


class Direct:
    """The prepared statements of one connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._pgconn = connection.pgconn
        self._prepared: dict[str, bytes] = {}
        self._numbers = count(1)

    def execute(self, text: str, parameters: Sequence[bytes | None]) -> list[tuple[bytes | None, ...]]:
        """Execute a statement with ``%s`` for its parameters and return its rows. Raises psycopg's errors."""
        try:
            return self._execute(text, parameters)
        except errors.InvalidSqlStatementName:  # the driver forgets all prepared statements after some commands, also ours
            self._prepared.clear()
            return self._execute(text, parameters)

    def _execute(self, text: str, parameters: Sequence[bytes | None]) -> list[tuple[bytes | None, ...]]:
        name = self._prepared.get(text) or self._prepare(text)
        result = self._pgconn.exec_prepared(
            name, cast("Sequence[bytes]", parameters), [1] * len(parameters), 1
        )  # None is NULL, which its type forgets
        self._check(result)
        return [tuple(result.get_value(row, column) for column in range(result.nfields)) for row in range(result.ntuples)]

    def _prepare(self, text: str) -> bytes:
        name = b"yishi_%d" % next(self._numbers)
        numbers = count(1)
        if len(self._prepared) >= MOST_PREPARED:
            oldest = next(iter(self._prepared))
            self._check(self._pgconn.exec_(b"DEALLOCATE " + self._prepared.pop(oldest)))
        self._check(self._pgconn.prepare(name, re.sub("%s", lambda _: f"${next(numbers)}", text).encode()))
        self._prepared[text] = name
        return name

    @staticmethod
    def _check(result: psycopg.pq.abc.PGresult) -> None:
        if result.status not in DONE:
            raise errors.error_from_result(result, "utf-8")


def readers(columns: Sequence[Column[Any]]) -> list[Callable[[bytes], Any]]:
    """Return what reads the binary form of each column."""
    kinds: dict[type[Any], Callable[[bytes], Any]] = {Text: bytes.decode, BigInteger: read_int8, Boolean: b"\1".__eq__, LargeBinary: bytes}
    return [kinds[type(column.type)] for column in columns]


def read_int8(raw: bytes) -> int:
    """Read the binary form of an integer of 64 bits."""
    return int(INT8(raw)[0])
