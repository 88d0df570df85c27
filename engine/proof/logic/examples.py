"""Shows the case in which a formula holds, in the designer's own names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from engine.proof.logic.formula import Assignment, Formula, Value, Variable, variables

EPOCH = date(1970, 1, 1)


def shown(example: Assignment, formula: Formula) -> str:
    """Write an example as ``data.amount = 3, data.kind empty``; what does not matter is left out."""
    used: Mapping[str, Variable] = variables(formula)
    return ", ".join(_one(name, value, used[name]) for name, value in example.items() if name in used and not used[name].opaque)


def _one(name: str, value: Value | None, variable: Variable) -> str:
    if value is None:
        return f"{name} empty"
    match value:
        case bool():
            return f"{name} {'true' if value else 'false'}"
        case str():
            return f"{name} = {value!r}"
        case _:
            return f"{name} = {_number(Fraction(value), variable.unit)}"


def _number(value: Fraction, unit: str) -> str:
    try:
        if unit == "day":
            return str(EPOCH + timedelta(days=int(value)))
        if unit == "second":
            return datetime.fromtimestamp(int(value), UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return str(value)
    return str(value) if value.denominator == 1 else f"{float(value):g}"
