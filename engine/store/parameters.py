"""Values and whole columns as parameters for PostgreSQL, in its binary form.

psycopg would look at every value of a list to guess the type of the array, and give small and large integers different types, which
makes different statements of one. Our columns have a type each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format
from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, Text

HEADER = Struct("!iiIii").pack  # dimensions, has nulls, type of the elements, length, lower bound
LENGTH = Struct("!i").pack
INT8 = Struct("!q").pack
NULL = LENGTH(-1)


class ColumnType(NamedTuple):
    """A type of column: the array of it in SQL, what writes one value, and what writes many as an array."""

    array: str
    one: Callable[[Any], bytes]
    many: Callable[[Sequence[Any]], bytes]


def _column_type(array: str, element: int, one: Callable[[Any], bytes]) -> ColumnType:
    def many(values: Sequence[Any]) -> bytes:
        parts = [HEADER(1, None in values, element, len(values), 1)]
        for value in values:
            if value is None:
                parts.append(NULL)
            else:
                raw = one(value)
                parts += (LENGTH(len(raw)), raw)
        return Encoded(b"".join(parts))

    return ColumnType(array, one, many)


class Encoded(bytes):
    """A parameter that is in binary form already; its type follows from the statement."""

    __slots__ = ()


class _EncodedDumper(Dumper):
    format = Format.BINARY
    oid = 0

    def dump(self, obj: Encoded) -> Buffer:
        return obj


TEXT = _column_type("text[]", 25, str.encode)
BIGINT = _column_type("bigint[]", 20, INT8)
BOOL = _column_type("boolean[]", 16, lambda value: b"\1" if value else b"\0")
BYTEA = _column_type("bytea[]", 17, bytes)
COLUMN_TYPES: dict[type[Any], ColumnType] = {Text: TEXT, BigInteger: BIGINT, Boolean: BOOL, LargeBinary: BYTEA}


def register(connection: Connection[Any]) -> None:
    """Teach a connection to send what is encoded as it is."""
    connection.adapters.register_dumper(Encoded, _EncodedDumper)


def type_of(column: Column[Any]) -> ColumnType:
    """Return the type of a column. Raises KeyError for one that no table of ours has."""
    return COLUMN_TYPES[type(column.type)]
