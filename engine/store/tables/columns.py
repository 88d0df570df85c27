"""The kinds of column, alike on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine
from sqlmodel import Field

# By code point, not by a language: the order of keys, and so of cursors and of partitions, is the same on both databases.
TEXT = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
INTEGER = BigInteger().with_variant(Integer(), "sqlite")


def text_key() -> Any:
    """Declare a text column of the primary key."""
    return Field(sa_column=Column(TEXT, primary_key=True, nullable=False))


def int_key() -> Any:
    """Declare an integer column of the primary key."""
    return Field(sa_column=Column(INTEGER, primary_key=True, autoincrement=False, nullable=False))


def text_col(*, optional: bool = False) -> Any:
    """Declare a text column; JSON is text too, in canonical form."""
    return _column(TEXT, optional=optional)


def int_col(*, optional: bool = False) -> Any:
    """Declare a column of 64-bit integers; an instant is one, in microseconds since 1970 in UTC."""
    return _column(INTEGER, optional=optional)


def bool_col() -> Any:
    """Declare a column of true and false."""
    return _column(Boolean(), optional=False)


def bytes_col() -> Any:
    """Declare a column of bytes."""
    return _column(LargeBinary(), optional=False)


def _column(kind: TypeEngine[Any], *, optional: bool) -> Any:
    column: Column[Any] = Column(kind, nullable=optional)
    return Field(default=None, sa_column=column) if optional else Field(sa_column=column)
