"""Shows the case in which a formula holds, in the designer's own names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from engine.proof.logic.formula import Assignment, Atom, Compare, Formula, Present, Same, Sum, Truth, Value, Variable, variables

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


def shown_fact(atom: Atom, *, holds: bool) -> str:
    """Write that an atom holds, or that it does not."""
    match atom:
        case Present(variable):
            return f"{variable.name} {'filled' if holds else 'empty'}"
        case Truth(variable):
            return f"{variable.name} {'true' if holds else 'false'}"
        case Same(left, right):
            other = repr(right) if isinstance(right, str) else right.name
            return f"{left.name} {'=' if holds else 'other than'} {other}"
        case Compare(sign, total):
            contrary = {"=": "other than", "<=": ">", "<": ">="}
            return f"{_left(total)} {sign if holds else contrary[sign]} {_right(total)}"


def _left(total: Sum) -> str:
    written = ""
    for factor, variable in total.terms:
        times = "" if abs(factor) == 1 else f"{abs(factor)} * "
        joint = " - " if factor < 0 else " + "
        written += f"{joint if written else '-' if factor < 0 else ''}{times}{variable.name}"
    return written


def _right(total: Sum) -> str:
    units = {variable.unit for _, variable in total.terms}
    return _number(-total.constant, units.pop() if len(units) == 1 and len(total.terms) == 1 else "")


def _number(value: Fraction, unit: str) -> str:
    try:
        if unit == "day":
            return str(EPOCH + timedelta(days=int(value)))
        if unit == "second":
            return datetime.fromtimestamp(int(value), UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return str(value)
    return str(value) if value.denominator == 1 else f"{float(value):g}"
