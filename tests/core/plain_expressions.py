"""The little of CEL that random processes use, evaluated without the engine: numbers, booleans, `has`, `In` and `count`.

An expression over an item that is empty has no value; as in CEL, `&&` and `||` absorb that where the other side decides alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, Any]
Memory = Mapping[str, Callable[..., Any]]
"""`In` and `count`: what a case remembers, by the name of the function that asks it."""

_PYTHON = {"&&": " and ", "||": " or ", "!": " not ", "true": "True", "false": "False"}
_CEL = re.compile(r"&&|\|\||!(?!=)|\btrue\b|\bfalse\b")


class NoValue(Exception):
    """The expression reads an item that is empty."""


def evaluate(text: str, data: Values, memory: Memory) -> Any:
    """Evaluate an expression over the items of a case. Raises NoValue."""
    return _value(ast.parse(_CEL.sub(lambda word: _PYTHON[word[0]], text).strip(), mode="eval").body, data, memory)


def items_read(text: str) -> set[str]:
    """Name the items an expression reads."""
    return set(re.findall(r"\bdata\.([a-z_]+)", text))


def _value(node: ast.expr, data: Values, memory: Memory) -> Any:
    match node:
        case ast.Constant(value):
            return value
        case ast.Attribute(attr=item):
            if item not in data:
                raise NoValue(item)
            return data[item]
        case ast.Call(func=ast.Name(id="has"), args=[ast.Attribute(attr=item)]):
            return item in data
        case ast.Call(func=ast.Name(id=name), args=args):
            return memory[name](*(_value(argument, data, memory) for argument in args))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, data, memory)
        case ast.BoolOp(op=op, values=sides):
            return _either_way(sides, isinstance(op, ast.Or), data, memory)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _COMPARISONS[type(op)](_value(left, data, memory), _value(right, data, memory))
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_value(left, data, memory), _value(right, data, memory))
    raise AssertionError(f"this expression is more than random processes use: {ast.dump(node)}")


def _either_way(sides: list[ast.expr], decides: bool, data: Values, memory: Memory) -> bool:
    """Give what one side decides alone, on whichever side it stands, else what all sides say."""
    missing: NoValue | None = None
    for side in sides:
        try:
            if bool(_value(side, data, memory)) is decides:
                return decides
        except NoValue as empty:
            missing = empty
    if missing is not None:
        raise missing
    return not decides


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.Gt: lambda a, b: a > b,
    ast.LtE: lambda a, b: a <= b,
    ast.GtE: lambda a, b: a >= b,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], int]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Mod: lambda a, b: a % b,
}
