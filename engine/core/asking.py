"""Queries: what a case takes from other cases, or from a registry, of its body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core import refusals as say
from engine.core.undecidable import Undecidable, evaluated
from engine.core.world import Row, World
from engine.definition.datatypes import DataItem
from engine.definition.expressions import EvaluationFailed, Expression, MissingData, View
from engine.definition.queries import ROW, Key, Query


def answer(item: DataItem, view: View, world: World) -> Any:
    """Give what a query gives now: the number of rows, or what is taken of each, in the order of the rows. Raises Undecidable."""
    query = item.query
    assert query is not None
    rows = matching(query, view, world)
    if item.type.element is None:
        return sum(1 for _ in rows)
    return [_taken(query.each, view, row) for row in rows]


def matching(query: Query, view: View, world: World) -> Iterator[Row]:
    """Give the rows that meet `where`. A row in which what it reads is empty does not."""
    equal = {key.field: value for key in query.keys if isinstance(value := known(key, view), str | int)}
    for row in world.ranged(query, equal):
        if query.where is None or _meets(query.where, view, row):
            yield row


def known(key: Key, view: View) -> Any:
    """Give the value a field has to have; None where it is empty. No index finds rows by a list."""
    if not isinstance(key.source, tuple):
        return key.source
    struct, name, *rest = key.source
    value: Any = view.data.get(name) if struct == "data" else view.case.get(name)
    for step in rest:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value["id"] if isinstance(value, Mapping) and "id" in value else value


def _meets(where: Expression, view: View, row: Row) -> bool:
    try:
        return where.evaluate(view, {**view.given, ROW: row}) is True
    except MissingData as missing:
        if missing.item.startswith(f"{ROW}."):
            return False
        raise Undecidable(say.missing_data(missing.item, where.text, None)) from missing
    except EvaluationFailed as failure:
        raise Undecidable(say.guard_undefined(where.text, str(failure))) from failure


def _taken(each: Expression | Mapping[str, Expression] | None, view: View, row: Row) -> Any:
    given = {**view.given, ROW: row}
    if isinstance(each, Expression):
        return evaluated(each, view, given)
    found = {name: evaluated(expression, view, given, optional=True) for name, expression in (each or {}).items()}
    return {name: value for name, value in found.items() if value is not None}
