"""`query`: what a data item takes from other cases or a registry of this body. Compiled, with what an index can be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.definition import model
from engine.definition.cel_ast import Node, Tree, kind, literal
from engine.definition.datatypes import ACTOR, ATTENDANCE_ENTRY, DataItem, DataType, TypeName, other_case
from engine.definition.declared_data import is_findable
from engine.definition.source import Path

if TYPE_CHECKING:
    from engine.definition.compilation import Compilation
    from engine.definition.expressions import Expression
    from engine.definition.interface import Interface

CASES, ROWS, ACT, ATTENDANCE = "cases", "rows", "act", "attendance"
ROW = "row"
AND, EQUAL, IN = "_&&_", "_==_", "@in"


@dataclass(frozen=True, slots=True)
class Key:
    """A condition that an index can answer: the field of a registry's row, or the item by which cases are found, and what it has to have.

    ``source`` is a path in the view, like ``("data", "member")``, or a constant.
    """

    field: str
    source: tuple[str, ...] | str | int | bool


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """One query. ``kind``: cases, rows of a registry, takings of an act, or entries of an attendance ``over`` names.

    ``each`` is what is taken of a row, an expression or one for each field; None counts. ``fixed_at``: the act that fixes the answer;
    None: it is asked once, at opening. ``row``: the type of what is ranged over. ``keys``: what of ``where`` an index can answer.
    """

    kind: str
    sources: tuple[str, ...]
    over: str
    where: Expression | None
    each: Expression | Mapping[str, Expression] | None
    fixed_at: str | None
    row: DataType
    keys: tuple[Key, ...]


def query(work: Compilation, written: model.DataItem, item: DataItem, path: Path) -> Query | None:
    """Compile the `query` of an item; None, with its problems, where it means nothing."""
    asked = written.query
    assert asked is not None
    others = [other for number, name in enumerate(asked.of) if (other := work.interface(name, (*path, "of", number), or_registry=True))]
    if len(others) < len(asked.of):
        return None
    kind, over = _kind(others, asked.over)
    if kind == ROWS and (len(others) > 1 or asked.over is not None):
        work.report(
            "query.registry", "a query over a registry names that one and has no `over`: its rows are what is ranged over", (*path, "of")
        )
        return None
    row = _row(kind, others)
    seen = {ROW: row}
    where = work.expression(asked.where, "bool", (*path, "where"), seen)
    each = _each(work, asked, item, path, seen)
    return Query(
        kind=kind,
        sources=tuple(asked.of),
        over=over,
        where=where,
        each=each,
        fixed_at=work.act(asked.fixed_at, (*path, "fixed_at")) if asked.fixed_at else None,
        row=row,
        keys=tuple(_indexed(kind, over, others, _keys(where))) if where is not None else (),
    )


def _kind(others: list[Interface], over: str | None) -> tuple[str, str]:
    if any(other.is_registry for other in others):
        return ROWS, ""
    kind, _, name = (over or CASES).partition(".")
    return kind, name


def _row(kind: str, others: list[Interface]) -> DataType:
    """Give the type of what is ranged over; of several workflows, the items that all have alike."""
    first, *more = others
    items = tuple(item for name, item in first.items.items() if all(_has_alike(each, name, item) for each in more))
    if kind == ROWS:
        return DataType(TypeName.RECORD, fields=(*items, DataItem("id", {"en": "id"}, DataType(TypeName.TEXT))))
    if kind == CASES:
        return other_case(items, first.workflow)
    data = DataItem("data", {"en": "data"}, DataType(TypeName.RECORD, fields=items))
    case = DataItem("case", {"en": "case"}, other_case((), first.workflow))
    if kind == ACT:
        at = DataItem("at", {"en": "at"}, DataType(TypeName.DATETIME))
        return DataType(TypeName.RECORD, fields=(case, at, DataItem("actor", {"en": "actor"}, ACTOR), data))
    return DataType(TypeName.RECORD, fields=(case, *ATTENDANCE_ENTRY.fields, data))


def _has_alike(other: Interface, name: str, item: DataItem) -> bool:
    return name in other.items and other.items[name].type.name is item.type.name


def _each(
    work: Compilation, asked: model.Query, item: DataItem, path: Path, seen: Mapping[str, DataType]
) -> Expression | Mapping[str, Expression] | None:
    element = item.type.element
    if element is None:
        if item.type.name is not TypeName.INT or asked.as_ is not None:
            work.report("query.as", f"expected a list with `as`, or an int, which is their number; this is {item.type}", path)
        return None
    if asked.as_ is None:
        work.report("query.as", "missing key `as`: a list says what is taken of each row", path, at_key=True)
        return None
    if isinstance(asked.as_, str):
        return work.expression(asked.as_, element, (*path, "as"), seen)
    found = {}
    for name, text in asked.as_.items():
        field = element.field(name)
        if field is None:
            work.unknown("field", "name.unknown_item", name, [each.id for each in element.struct_fields], (*path, "as", name), at_key=True)
        elif (expression := work.expression(text, field.type, (*path, "as", name), seen)) is not None:
            found[name] = expression
    return found


# --- what an index can answer ---------------------------------------------------------------------------------------


def _keys(where: Expression) -> Iterator[Key]:
    """Give the conditions that must all hold and compare a field of the row with what is known beforehand."""
    waiting = [Tree(where.checked).root]
    while waiting:
        node = waiting.pop()
        if kind(node) != "call":
            continue
        arguments = list(node.call.args)
        if node.call.function == AND:
            waiting += arguments
        elif node.call.function == EQUAL:
            yield from (key for one, other in (arguments, arguments[::-1]) if (key := _key(one, other)) is not None)
        elif node.call.function == IN and (key := _key(arguments[1], arguments[0])) is not None:
            yield key


def _indexed(kind: str, over: str, others: list[Interface], found: Iterator[Key]) -> Iterator[Key]:
    """Give the conditions by which an index finds rows, or the cases they come from, with the fields as the index names them."""
    for key in found:
        data, _, name = key.field.partition(".")
        item = over if kind == ATTENDANCE and key.field == "person" else name
        if kind == ROWS:
            yield key
        elif (data == "data" or item == over) and all(item in other.items and is_findable(other.items[item]) for other in others):
            yield Key(item, key.source)


def _key(field: Node, value: Node) -> Key | None:
    path = _path(field)
    if not path or path[0] != ROW:
        return None
    source: Any = literal(value) if kind(value) == "const" else _path(value)
    if (
        not isinstance(source, str | int | bool | tuple)
        or source == ()
        or (isinstance(source, tuple) and source[0] not in {"data", "case"})
    ):
        return None
    return Key(".".join(path[1:]).removesuffix(".id"), source)


def _path(node: Node) -> tuple[str, ...]:
    """Give the names of a plain read, like ``row.data.unit``; nothing for all else."""
    names: list[str] = []
    while kind(node) == "select" and not node.select.test_only:
        names.append(node.select.field)
        node = node.select.operand
    return (node.ident.name, *reversed(names)) if kind(node) == "ident" else ()
