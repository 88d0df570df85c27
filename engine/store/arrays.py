"""Whole columns as one parameter for PostgreSQL, in its binary form.

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
from sqlalchemy import BigInteger, Boolean, LargeBinary, Text
from sqlalchemy.types import TypeEngine

HEADER = Struct("!iiIii").pack  # dimensions, has nulls, type of the elements, length, lower bound
LENGTH = Struct("!i").pack
INT8 = Struct("!iq").pack
NULL = LENGTH(-1)


class ArrayType(NamedTuple):
    """A type of column: its name in SQL and what writes values of it as an array."""

    sql: str
    encode: Callable[[Sequence[Any]], bytes]


def _array(sql: str, element: int, item: Callable[[Any], bytes]) -> ArrayType:
    of_one = HEADER(1, 0, element, 1, 1)

    def encode(values: Sequence[Any]) -> bytes:
        if len(values) == 1 and values[0] is not None:
            return Encoded(of_one + item(values[0]))
        items = [NULL if value is None else item(value) for value in values]
        return Encoded(HEADER(1, NULL in items, element, len(items), 1) + b"".join(items))

    return ArrayType(sql, encode)


class Encoded(bytes):
    """A parameter that is in binary form already; its type follows from the statement."""

    __slots__ = ()


class _EncodedDumper(Dumper):
    format = Format.BINARY
    oid = 0

    def dump(self, obj: Encoded) -> Buffer:
        return obj


def _text(value: str) -> bytes:
    raw = value.encode()
    return LENGTH(len(raw)) + raw


def _int8(value: int) -> bytes:
    return INT8(8, value)


def _bool(value: bool) -> bytes:
    return b"\0\0\0\1\1" if value else b"\0\0\0\1\0"


def _bytea(value: bytes) -> bytes:
    return LENGTH(len(value)) + value


TEXT_ARRAY = _array("text[]", 25, _text)
INT8_ARRAY = _array("bigint[]", 20, _int8)
BOOL_ARRAY = _array("boolean[]", 16, _bool)
BYTEA_ARRAY = _array("bytea[]", 17, _bytea)


def register(connection: Connection[Any]) -> None:
    """Teach a connection to send what is encoded as it is."""
    connection.adapters.register_dumper(Encoded, _EncodedDumper)


def array_for(column_type: TypeEngine[Any]) -> ArrayType:
    """Return the array for a column's type. Raises KeyError for a type that no table of ours has."""
    kinds: dict[type[Any], ArrayType] = {Text: TEXT_ARRAY, BigInteger: INT8_ARRAY, Boolean: BOOL_ARRAY, LargeBinary: BYTEA_ARRAY}
    return kinds[type(column_type)]
