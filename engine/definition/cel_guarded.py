"""Which items an expression reads without having made sure, by `has()`, that they are filled.

Both sides of `&&` and `||` guard each other: an error on one side is absorbed when the other decides. So `data.x > 3 && has(data.x)`
is as good as the other order. Source: CEL, logical operators are commutative in errors.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.definition.cel_ast import Node, children, kind

Facts = frozenset[str]


def unguarded(root: Node, item_of: Callable[[Node], str | None]) -> Facts:
    """Give the items read at a place where they may be empty. ``item_of`` names the item that a select reads or tests."""
    return _unguarded(root, frozenset(), item_of)


def _unguarded(node: Node, sure: Facts, item_of: Callable[[Node], str | None]) -> Facts:
    if kind(node) == "select" and (item := item_of(node)) is not None:
        return frozenset() if node.select.test_only or item in sure else frozenset({item})
    parts = list(children(node))
    function = node.call.function if kind(node) == "call" else ""
    if function in {"_&&_", "_||_"}:
        left, right = parts
        known = function == "_&&_"
        from_left, from_right = _facts(left, known, item_of), _facts(right, known, item_of)
        return _unguarded(left, sure | from_right, item_of) | _unguarded(right, sure | from_left, item_of)
    if function == "_?_:_":
        condition, then, other = parts
        return (
            _unguarded(condition, sure, item_of)
            | _unguarded(then, sure | _facts(condition, True, item_of), item_of)
            | _unguarded(other, sure | _facts(condition, False, item_of), item_of)
        )
    return frozenset().union(*(_unguarded(part, sure, item_of) for part in parts))


def _facts(node: Node, outcome: bool, item_of: Callable[[Node], str | None]) -> Facts:
    """Give the items that are filled whenever the condition has that outcome."""
    if kind(node) == "select" and node.select.test_only:
        item = item_of(node)
        return frozenset({item}) if outcome and item is not None else frozenset()
    if kind(node) != "call":
        return frozenset()
    function, parts = node.call.function, list(children(node))
    if function == "!_":
        return _facts(parts[0], not outcome, item_of)
    if function in {"_&&_", "_||_"}:
        left, right = (_facts(part, outcome, item_of) for part in parts)
        # A true `&&` and a false `||` mean both sides; the other two mean one of them, we do not know which.
        return left | right if (function == "_&&_") == outcome else left & right
    return frozenset()
