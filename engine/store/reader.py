"""What all reading has in common: the organisation's predicate, and pages that begin where the last one ended."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import orjson
from sqlalchemy import Column, Connection, Row, Select, Table, literal, select, tuple_

from engine.errors import InvalidInput, Violation

T = TypeVar("T")

EVERYWHERE = "/* every organisation */"
"""Stands in the few statements that look across organisations, so that they can be told from those that may not."""


class Page(NamedTuple, Generic[T]):
    """Some of many. ``cursor`` asks for what follows; None when nothing does."""

    items: list[T]
    cursor: str | None


class Source(Protocol):
    """Where rows are read: a reader's connection or a batch, which then sees what was committed before it began."""

    def execute(self, statement: Any, /) -> Iterable[Any]:
        """Execute a Core statement and give its rows."""
        ...


def scoped(table: Table, org: str, *also: Any) -> Select[Any]:
    """Select the rows of one organisation: the only way in which a table is read for somebody."""
    return select(table, *also).where(table.c.org == org)


def everywhere(*what: Any) -> Select[Any]:
    """Select rows of all organisations. For the sweep, the sealer, pruning, and finding the organisation that a secret belongs to."""
    return select(*what).prefix_with(EVERYWHERE)


def page(
    connection: Connection,
    statement: Select[Any],
    make: Callable[[Row[Any]], T],
    *,
    order: Sequence[Column[Any]],
    descending: bool = False,
    cursor: str | None = None,
    limit: int,
) -> Page[T]:
    """Read at most `limit` rows in the order of columns that are unique together, after the row that `cursor` names.

    The columns have to be among those selected. Raises InvalidInput when the cursor is not one of ours.
    """
    if cursor is not None:
        place = tuple_(*(literal(value, column.type) for value, column in zip(read_cursor(cursor, order), order, strict=True)))
        statement = statement.where(tuple_(*order) < place if descending else tuple_(*order) > place)
    statement = statement.order_by(*(column.desc() if descending else column.asc() for column in order)).limit(limit + 1)
    rows = connection.execute(statement).all()
    more = len(rows) > limit
    last = rows[limit - 1]._mapping if more else None  # noqa: SLF001  documented; the underscore keeps it apart from columns
    return Page([make(row) for row in rows[:limit]], write_cursor([last[column] for column in order]) if last else None)


def pages(look: Callable[[str | None], Page[T]], cursor: str | None = None) -> Iterator[list[T]]:
    """Give what stands on one page after another, from a cursor on; ``look`` reads the page that a cursor asks for."""
    while True:
        found = look(cursor)
        yield found.items
        cursor = found.cursor
        if cursor is None:
            return


def write_cursor(values: Sequence[str | int]) -> str:
    """Write a place in an order as an opaque text that is safe in a URL."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).decode().rstrip("=")


def read_cursor(text: str, order: Sequence[Column[Any]]) -> list[str | int]:
    """Read what `write_cursor` wrote for an order. Raises InvalidInput for anything else."""
    try:
        values = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        expected = [column.type.python_type for column in order]
        if isinstance(values, list) and [type(value) for value in values] == expected and all(_fits(value) for value in values):
            return values
    except (binascii.Error, ValueError):
        pass
    raise InvalidInput(
        [Violation("/cursor", "invalid_cursor", "expected a cursor as it stood in a page of this list; leave it out to begin")]
    )


def _fits(value: str | int) -> bool:
    """Say whether a database can compare the value: an integer of 64 bits, a text without NUL."""
    return "\0" not in value if isinstance(value, str) else abs(value) < 2**63
