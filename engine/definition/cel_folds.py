"""The functions over lists, `sum mean min max distinct`, as loops of CEL itself.

They could be functions of ours, but the binding (cel-expr-python 0.1.3) never frees the arguments of a call into Python, so that a
service would grow with every evaluation. As loops they also count against the budget of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.definition.cel_ast import Node, Tree, kind, new_node

OF_NOTHING = "of an empty list"
"""How the name ends of what a function gives that has nothing to choose from; reading it is reading an empty item."""

_ENTRY, _SO_FAR, _LIST = "@entry", "@so_far", "@list"
"""Names of loop variables; no expression can be written with them."""


class Builder:
    """Makes new nodes for a tree."""

    def __init__(self, tree: Tree) -> None:
        self._next = max((node.id for node in tree.nodes), default=0)

    def node(self) -> Node:
        """Make an empty node with an id of its own."""
        self._next += 1
        return new_node(self._next)

    def constant(self, value: float) -> Node:
        """Make a constant."""
        made = self.node()
        setattr(made.const, "bool" if isinstance(value, bool) else "int64" if isinstance(value, int) else "double", value)
        return made

    def variable(self, name: str) -> Node:
        """Make a read of a variable."""
        made = self.node()
        made.ident.name = name
        return made

    def call(self, function: str, *arguments: Node) -> Node:
        """Make a call."""
        made = self.node()
        made.call.function = function
        made.call.args.extend(arguments)
        return made

    def list(self, *entries: Node) -> Node:
        """Make a list."""
        made = self.node()
        made.list.SetInParent()
        made.list.elements.extend(entries)
        return made

    def fold(self, over: Node, start: Node, step: Node, *, entry: str = _ENTRY) -> Node:
        """Make a loop: begin with ``start``, then for each entry become ``step``."""
        return self._loop(over, entry, _SO_FAR, start, step, self.variable(_SO_FAR), goes_on=True)

    def having(self, value: Node, result: Node) -> Node:
        """Make a node that computes the value once, names it ``@list`` and gives the result."""
        return self._loop(self.list(), "@unused", _LIST, value, self.variable(_LIST), result, goes_on=False)

    def _loop(self, over: Node, entry: str, so_far: str, start: Node, step: Node, result: Node, *, goes_on: bool) -> Node:
        made = self.node()
        loop = made.comprehension
        loop.iter_var, loop.accu_var = entry, so_far
        loop.iter_range.CopyFrom(over)
        loop.accu_init.CopyFrom(start)
        loop.loop_condition.CopyFrom(self.constant(goes_on))
        loop.loop_step.CopyFrom(step)
        loop.result.CopyFrom(result)
        return made


def mapped_entry(node: Node) -> Node | None:
    """Give what a `map` or `filter` loop appends at each turn, None for any other node."""
    if kind(node) != "comprehension" or kind(node.comprehension.result) != "ident":
        return None
    step = node.comprehension.loop_step
    if kind(step) == "call" and step.call.function == "_?_:_":
        step = step.call.args[1]
    if kind(step) == "call" and step.call.function == "_+_" and kind(step.call.args[1]) == "list":
        entries = step.call.args[1].list.elements
        return entries[0] if len(entries) == 1 else None
    return None


Expand = Callable[[Builder, Node], Node]


def _sum(zero: float) -> Expand:
    def expand(build: Builder, values: Node) -> Node:
        mapped = mapped_entry(values)
        if mapped is not None:
            # `map` copies what it has at every turn, so adding up as it goes is linear where two loops are quadratic.
            loop, entry = values.comprehension, build.call("_+_", build.variable(_SO_FAR), mapped)
            step = loop.loop_step
            kept = build.call("_?_:_", step.call.args[0], entry, build.variable(_SO_FAR)) if step.call.function == "_?_:_" else entry
            return build.fold(loop.iter_range, build.constant(zero), kept, entry=loop.iter_var)
        return build.fold(values, build.constant(zero), build.call("_+_", build.variable(_SO_FAR), build.variable(_ENTRY)))

    return expand


def _mean(zero: float) -> Expand:
    def expand(build: Builder, values: Node) -> Node:
        total, count = _sum(zero)(build, build.variable(_LIST)), build.call("double", build.call("size", build.variable(_LIST)))
        return build.having(values, _unless_empty(build, "mean", build.call("_/_", build.call("double", total), count)))

    return expand


def _extreme(name: str, sign: str) -> Expand:
    def expand(build: Builder, values: Node) -> Node:
        first = build.call("_[_]", build.variable(_LIST), build.constant(0))
        better = build.call(sign, build.variable(_ENTRY), build.variable(_SO_FAR))
        step = build.call("_?_:_", better, build.variable(_ENTRY), build.variable(_SO_FAR))
        return build.having(values, _unless_empty(build, name, build.fold(build.variable(_LIST), first, step)))

    return expand


def _distinct(build: Builder, values: Node) -> Node:
    seen = build.call("@in", build.variable(_ENTRY), build.variable(_SO_FAR))
    longer = build.call("_+_", build.variable(_SO_FAR), build.list(build.variable(_ENTRY)))
    return build.fold(values, build.list(), build.call("_?_:_", seen, build.variable(_SO_FAR), longer))


def _unless_empty(build: Builder, name: str, result: Node) -> Node:
    is_empty = build.call("_==_", build.call("size", build.variable(_LIST)), build.constant(0))
    return build.call("_?_:_", is_empty, build.variable(f"{name} {OF_NOTHING}"), result)


FOLDS: Mapping[str, Expand] = {
    "sum_int": _sum(0),
    "sum_double": _sum(0.0),
    "mean_int": _mean(0),
    "mean_double": _mean(0.0),
    **{f"min_{word}": _extreme("min", "_<_") for word in ("int", "double", "timestamp")},
    **{f"max_{word}": _extreme("max", "_>_") for word in ("int", "double", "timestamp")},
    **{f"distinct_{word}": _distinct for word in ("bool", "int", "double", "string", "timestamp")},
}
"""By overload id, which the checker chooses by the type of the entries."""
