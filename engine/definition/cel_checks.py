"""What the language asks of an expression beyond CEL's own type check. Every check looks at the tree and reports all it finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.definition.cel_ast import Node, Tree, children, is_null, kind, literal
from engine.definition.cel_functions import HISTORY, HISTORY_NAMES
from engine.definition.cel_messages import ExpressionProblem
from engine.definition.cel_types import Structs, element_of
from engine.definition.datatypes import DataType, TypeName
from engine.errors import did_you_mean

_OF_DATES = frozenset({"getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"})
_OF_HOURS = frozenset({"getHours", "getMinutes", "getSeconds", "getMilliseconds"})
_EQUALITY = frozenset({"_==_", "_!=_"})
_FORBIDDEN = {
    "dyn": "it hides types, and int and decimal never mix: write double(n) or int(x)",
    "type": "types are known when the expression is written",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an expression stands in: its variables by name, those read by field only, and the names history functions take."""

    variables: Mapping[str, DataType]
    by_field: frozenset[str]
    names: Mapping[str, Mapping[str, str]]  # acts, states, deadlines: as written -> in full
    structs: Structs


def problems(tree: Tree, around: Surroundings) -> list[ExpressionProblem]:
    """Give all that is wrong with the tree; of an unchecked one, what can be told without types."""
    found: set[ExpressionProblem] = set()
    for check in (_constants, _history, _zones, _bound_names, _whole_structs, _choices):
        found.update(check(tree, around))
    if tree.checked:
        found.update(_mixtures(tree))
        found.update(_equal_decimals(tree))
    return sorted(found)


def option_problem(constant: Node, choice: DataType, tree: Tree) -> ExpressionProblem | None:
    """Say that a text constant is none of a choice's options, or give None."""
    value = literal(constant)
    if not isinstance(value, str) or choice.options is None or value in choice.options:
        return None
    listed = ", ".join(choice.options)
    return ExpressionProblem(tree.offset_of(constant), f"{value!r} is none of the options {listed}{did_you_mean(value, choice.options)}")


def kind_of(node: Node, tree: Tree, around: Surroundings) -> DataType | None:
    """Give the declared type behind a read of a variable or a field, None for anything computed."""
    match kind(node):
        case "ident":
            return around.variables.get(node.ident.name)
        case "select":
            struct = around.structs.struct(tree.type_of(node.select.operand))
            owner = struct[1] if struct else kind_of(node.select.operand, tree, around)
            item = owner.field(node.select.field) if owner else None
            return item.type if item else None
        case "call" if node.call.function == "_[_]":
            of = kind_of(node.call.args[0], tree, around)
            return element_of(of) if of else None
        case _:
            return None


def _constants(tree: Tree, _: Surroundings) -> Iterator[ExpressionProblem]:
    for node in tree.nodes:
        if is_null(node):
            yield ExpressionProblem(tree.offset_of(node), "there is no null: test with has(data.x) whether an item is filled")
        if kind(node) == "struct" and node.struct.message_name:
            yield ExpressionProblem(tree.offset_of(node), "a record is written as a map: {'unit': …, 'due': …}")
        if kind(node) == "call" and node.call.function in _FORBIDDEN:
            yield ExpressionProblem(tree.offset_of(node), f"`{node.call.function}` is not allowed: {_FORBIDDEN[node.call.function]}")


def _history(tree: Tree, around: Surroundings) -> Iterator[ExpressionProblem]:
    for node in tree.nodes:
        if kind(node) != "call" or node.call.function not in HISTORY_NAMES or node.call.HasField("target"):
            continue
        remembered = HISTORY.get((node.call.function, len(node.call.args)))
        if remembered is None:
            continue  # the checker says how many it takes
        for argument, group in zip(node.call.args, remembered.arguments, strict=True):
            written, known, one = literal(argument), around.names[group], group.removesuffix("s")
            if not isinstance(written, str):
                message = f"expected the name of one {one} as a constant, like {node.call.function}('name')"
                yield ExpressionProblem(tree.offset_of(argument), message)
            elif written not in known:
                yield ExpressionProblem(tree.offset_of(argument), f"there is no {one} {written!r}{did_you_mean(written, known)}")


def _zones(tree: Tree, _: Surroundings) -> Iterator[ExpressionProblem]:
    for node in tree.nodes:
        if kind(node) != "call" or len(node.call.args) or not node.call.HasField("target"):
            continue
        function = node.call.function
        if function in _OF_DATES or (function in _OF_HOURS and tree.type_of(node.call.target) == "timestamp"):
            way_out = "year(d), month(d), day(d), weekday(d)" if function in _OF_DATES else f"{function}('Asia/Shanghai')"
            yield ExpressionProblem(
                tree.offset_of(node), f"{function}() without a zone counts in UTC, which is another day or hour here: use {way_out}"
            )


def _bound_names(tree: Tree, around: Surroundings) -> Iterator[ExpressionProblem]:
    for node in tree.nodes:
        if kind(node) == "comprehension":
            for name in {node.comprehension.iter_var, node.comprehension.iter_var2} & around.variables.keys():
                message = f"`{name}` already has a meaning: choose another name for what is ranged over, like `x`"
                yield ExpressionProblem(tree.offset_of(node), message)


def _whole_structs(tree: Tree, around: Surroundings) -> Iterator[ExpressionProblem]:
    read_by_field = {id_ for node in tree.nodes if kind(node) == "select" for id_ in (node.select.operand.id,)}
    for node in tree.nodes:
        if kind(node) == "ident" and node.ident.name in around.by_field and node.id not in read_by_field:
            name = node.ident.name
            yield ExpressionProblem(tree.offset_of(node), f"`{name}` cannot be used as a whole: name what is read of it, like `{name}.x`")


def _choices(tree: Tree, around: Surroundings) -> Iterator[ExpressionProblem]:
    for node, choice, constants in _compared(tree, around):
        if choice is not None and choice.name is TypeName.CHOICE and node is not None:
            yield from filter(None, (option_problem(constant, choice, tree) for constant in constants))


def _compared(tree: Tree, around: Surroundings) -> Iterator[tuple[Node, DataType | None, list[Node]]]:
    """Give each comparison as (node, type of the one side, constants of the other)."""
    scoped: Mapping[str, DataType] = dict(_ranged_over(tree, around))
    inside = Surroundings({**around.variables, **scoped}, around.by_field, around.names, around.structs)
    for node in tree.nodes:
        if kind(node) != "call" or len(node.call.args) != 2:
            continue
        left, right = node.call.args
        if node.call.function in _EQUALITY:
            yield node, kind_of(left, tree, inside), [right]
            yield node, kind_of(right, tree, inside), [left]
        if node.call.function == "@in":
            of = kind_of(right, tree, inside)
            yield node, element_of(of) if of else None, [left]
            yield node, kind_of(left, tree, inside), list(children(right)) if kind(right) == "list" else []


def _ranged_over(tree: Tree, around: Surroundings) -> Iterator[tuple[str, DataType]]:
    """Give the names of ranged-over elements with their types; a name used for two types is left out of the check of options."""
    found: dict[str, list[DataType]] = {}
    known = dict(around.variables)
    for node in tree.nodes:
        if kind(node) == "comprehension":
            of = kind_of(node.comprehension.iter_range, tree, Surroundings(known, around.by_field, around.names, around.structs))
            element = element_of(of) if of else None
            if element is not None:
                found.setdefault(node.comprehension.iter_var, []).append(element)
                known[node.comprehension.iter_var] = element
    return ((name, kinds[0]) for name, kinds in found.items() if all(each is kinds[0] for each in kinds))


def _mixtures(tree: Tree) -> Iterator[ExpressionProblem]:
    for node in tree.nodes:
        if kind(node) == "list" and tree.type_of(node) == "list(dyn)" and len(node.list.elements) > 1:
            yield ExpressionProblem(tree.offset_of(node), "a list holds entries of one type; int and decimal never mix")
        if kind(node) == "call" and any(tree.type_of(part) == "dyn" for part in children(node)):
            shown = node.call.function.strip("_@")
            message = f"`{shown}` needs a value of one known type; entries of a map of different types cannot be computed with"
            yield ExpressionProblem(tree.offset_of(node), message)


def _equal_decimals(tree: Tree) -> Iterator[ExpressionProblem]:
    for node in tree.nodes:
        if kind(node) == "call" and node.call.function in {*_EQUALITY, "@in"} and tree.type_of(node.call.args[0]) == "double":
            way_out = "compare with < or >=, or compare whole numbers"
            yield ExpressionProblem(tree.offset_of(node), f"decimals are not compared for equality (0.1 + 0.2 is not 0.3): {way_out}")
