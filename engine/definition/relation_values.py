"""Values that go to another case: typed by what that workflow declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.definition.compilation import Compilation, Step
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.expressions import Expression
from engine.definition.interface import Interface
from engine.definition.relations import Given
from engine.definition.source import Path
from engine.errors import did_you_mean


def given(
    work: Compilation, written: Mapping[str, str], other: Interface, path: Path, variables: Mapping[str, DataType] | None = None
) -> Given:
    """Type what another case is given: items of its data, without those it derives."""
    types = {name: item.type for name, item in other.items.items()}
    return values(work, written, types, f"data item in `{other.workflow}`", path, variables)


def values(
    work: Compilation,
    written: Mapping[str, str],
    types: Mapping[str, DataType],
    kind: str,
    path: Path,
    variables: Mapping[str, DataType] | None = None,
) -> Given:
    """Type what is given by name."""
    found: list[tuple[str, Expression]] = []
    for name, text in written.items():
        if name not in types:
            work.unknown(kind, "name.unknown_item", name, types, (*path, name), at_key=True)
            continue
        expression = work.expression(text, types[name], (*path, name), variables)
        if expression is not None:
            found.append((name, expression))
    return tuple(found)


def ranged_over(
    work: Compilation,
    text: str,
    items: Mapping[str, DataItem],
    path: Sequence[Step],
    variables: Mapping[str, DataType] | None = None,
) -> tuple[Expression, DataType] | None:
    """Compile what `for_each` ranges over, and give the type of its entries: as declared where it is an item, else the checker's."""
    name = text.removeprefix("data.")
    element = items[name].type.element if text == f"data.{name}" and name in items else None
    if element is None:
        found = work.expression(text, "any", path, variables)
        element = found.gives.element if found is not None and found.gives is not None else None
        if found is not None and element is None:
            work.report("expression.type", f"expected a list to range over, got `{text}`{did_you_mean(name, items)}", path)
    rows = None if element is None else work.expression(text, DataType(TypeName.LIST, of=element), path, variables)
    return None if rows is None or element is None else (rows, element)
