"""Values of a row put into the steps of a course."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def filled(value: Any, values: Mapping[str, str], cases: Mapping[str, str]) -> Any:
    """Put the values of a row in place of `$NAME`; `$NAME_ref` gives the case of the row it names, or a list where it names several.

    Whole numbers, true and false are such; `[a b]` is a list; `{each: $LIST, as: {…}}` makes an entry of each, in which it is `$it`.
    Raises KeyError for a column the row does not have, and for a row without a case.
    """
    if isinstance(value, dict) and value.keys() == {"each", "as"}:
        return [filled(value["as"], {**values, "it": str(each)}, cases) for each in filled(value["each"], values, cases)]
    if isinstance(value, dict):
        return {key: filled(each, values, cases) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, values, cases) for each in value]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    name = value[1:]
    if "+" in name:
        return "".join(str(filled(part if part.startswith("'") else f"${part}", values, cases)).strip("'") for part in name.split("+"))
    cell = values[name]
    if cell.startswith("[") and cell.endswith("]"):
        return [cases[each] if name.endswith("_ref") else each for each in cell[1:-1].split()]
    if name.endswith("_ref"):
        return cases[cell]
    if cell in {"true", "false"}:
        return cell == "true"
    return int(cell) if (cell.removeprefix("-").isdecimal() and not cell.startswith("0")) or cell == "0" else cell
