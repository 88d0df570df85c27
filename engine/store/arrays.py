"""Whole columns as one parameter for PostgreSQL, in its binary form.

psycopg would look at every value of a list to guess the type of the array, and give small and large integers different types, which
makes different statements of one. Our columns have a type each.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Any, ClassVar

from psycopg import Connection
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format
from sqlalchemy import BigInteger, Boolean, LargeBinary, Text
from sqlalchemy.types import TypeEngine

HEADER = Struct("!iiIii").pack  # dimensions, has nulls, type of the elements, length, lower bound
LENGTH = Struct("!i").pack
INT8 = Struct("!iq").pack
NULL = LENGTH(-1)


class ColumnArray:
    """The values of one column."""

    __slots__ = ("values",)
    element: ClassVar[int]
    sql: ClassVar[str]

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = tuple(values)


class TextArray(ColumnArray):
    """Texts."""

    __slots__ = ()
    element, sql = 25, "text[]"


class Int8Array(ColumnArray):
    """Integers of 64 bits."""

    __slots__ = ()
    element, sql = 20, "bigint[]"


class BoolArray(ColumnArray):
    """Trues and falses."""

    __slots__ = ()
    element, sql = 16, "boolean[]"


class ByteaArray(ColumnArray):
    """Byte strings."""

    __slots__ = ()
    element, sql = 17, "bytea[]"


class _ArrayDumper(Dumper):
    format = Format.BINARY

    @staticmethod
    def item(value: Any) -> bytes:
        """Write one value: its length, then its bytes."""
        raise NotImplementedError

    def dump(self, obj: ColumnArray) -> Buffer:
        item = self.item
        values = [NULL if value is None else item(value) for value in obj.values]
        return HEADER(1, NULL in values, obj.element, len(values), 1) + b"".join(values)


class _TextDumper(_ArrayDumper):
    oid = 1009

    @staticmethod
    def item(value: Any) -> bytes:
        raw: bytes = value.encode()
        return LENGTH(len(raw)) + raw


class _Int8Dumper(_ArrayDumper):
    oid = 1016

    @staticmethod
    def item(value: Any) -> bytes:
        return INT8(8, value)


class _BoolDumper(_ArrayDumper):
    oid = 1000

    @staticmethod
    def item(value: Any) -> bytes:
        return b"\0\0\0\1\1" if value else b"\0\0\0\1\0"


class _ByteaDumper(_ArrayDumper):
    oid = 1001

    @staticmethod
    def item(value: Any) -> bytes:
        raw: bytes = value
        return LENGTH(len(raw)) + raw


def register(connection: Connection[Any]) -> None:
    """Teach a connection the arrays."""
    for array, dumper in ((TextArray, _TextDumper), (Int8Array, _Int8Dumper), (BoolArray, _BoolDumper), (ByteaArray, _ByteaDumper)):
        connection.adapters.register_dumper(array, dumper)


def array_for(column_type: TypeEngine[Any]) -> type[ColumnArray]:
    """Return the array for a column's type. Raises KeyError for a type that no table of ours has."""
    kinds: dict[type[Any], type[ColumnArray]] = {Text: TextArray, BigInteger: Int8Array, Boolean: BoolArray, LargeBinary: ByteaArray}
    return kinds[type(column_type)]
