"""What an expression must give: a bool, an instant, people, or a value of a declared type. Checked when written and when computed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from engine.definition.cel_ast import Node, Tree, children, kind, literal
from engine.definition.cel_checks import Surroundings, kind_of, option_problem
from engine.definition.cel_folds import mapped_entry
from engine.definition.cel_messages import ExpressionProblem
from engine.definition.cel_types import Structs, element_of
from engine.definition.datatypes import INSTANTS, LISTS, STRINGS, STRUCTS, DataType, TypeName
from engine.errors import did_you_mean

Expected = DataType | Literal["bool", "instant", "people", "any"]
"""``instant``: a date or datetime, given as microseconds. ``people``: an id or a list of ids, given as a list. ``any``: plain JSON."""

_WORDS = {"bool": ("bool",), "instant": ("timestamp",), "people": ("string", "list(string)")}
_SIMPLE = dict.fromkeys(STRINGS, "string") | dict.fromkeys(INSTANTS, "timestamp")
_SIMPLE |= {TypeName.INT: "int", TypeName.DECIMAL: "double", TypeName.BOOL: "bool"}


def problems(tree: Tree, expected: Expected, structs: Structs) -> list[ExpressionProblem]:
    """Give what keeps the (checked) expression from giving what is expected."""
    if isinstance(expected, DataType):
        return list(_unfit(tree.root, expected, tree, structs))
    found = tree.type_of(tree.root)
    if expected == "any" or found in _WORDS[expected] or (expected == "people" and found == "list(dyn)"):
        return []
    wanted = {"bool": "true or false", "instant": "a date or a time", "people": "a person, a unit or a list of them"}[expected]
    return [ExpressionProblem(0, f"expected an expression that gives {wanted}, got {_shown(found, structs)}")]


def gives_persons(tree: Tree, around: Surroundings) -> bool:
    """Say whether a (checked) expression that gives people gives persons; else it gives units."""
    return TypeName.PERSON in _identities(tree.root, tree, around)


def _identities(root: Node, tree: Tree, around: Surroundings) -> set[TypeName]:
    found: set[TypeName] = set()
    for node in _given(root):
        mapped = mapped_entry(node)
        if mapped is not None and kind(mapped) == "ident" and mapped.ident.name == node.comprehension.iter_var:
            found |= _identities(node.comprehension.iter_range, tree, around)  # a filter: the entries are what it ranges over
        elif mapped is not None:
            found |= _identities(mapped, tree, around)
        elif kind(node) == "list" or (kind(node) == "call" and (kind_of(node, tree, around) is None)):
            for part in children(node):
                found |= _identities(part, tree, around)
        elif (declared := kind_of(node, tree, around)) is not None:
            found.add((element_of(declared) or declared).name)
    return found


def _unfit(root: Node, wanted: DataType, tree: Tree, structs: Structs) -> Iterator[ExpressionProblem]:
    for node in _given(root):
        element = element_of(wanted)
        mapped = mapped_entry(node)
        if mapped is not None and element is not None:
            yield from _unfit(mapped, element, tree, structs)
        elif kind(node) == "list" and element is not None:
            for entry in node.list.elements:
                yield from _unfit(entry, element, tree, structs)
        elif kind(node) == "struct" and wanted.name in STRUCTS:
            yield from _unfit_record(node, wanted, tree, structs)
        elif not _fits(tree.type_of(node), wanted, structs):
            hint = _hint(tree.type_of(node), wanted)
            message = f"expected an expression that gives {wanted}, got {_shown(tree.type_of(node), structs)}{hint}"
            yield ExpressionProblem(tree.offset_of(node), message)
        elif wanted.name is TypeName.CHOICE and (problem := option_problem(node, wanted, tree)):
            yield problem


def _given(node: Node) -> Iterator[Node]:
    """Give the nodes a value can come from: both ways of a condition, both halves of a joined list."""
    if kind(node) == "call" and node.call.function == "_?_:_":
        for branch in list(children(node))[1:]:
            yield from _given(branch)
    elif kind(node) == "call" and node.call.function == "_+_" and any(kind(part) in {"list", "comprehension"} for part in node.call.args):
        for part in node.call.args:
            yield from _given(part)
    else:
        yield node


def _unfit_record(node: Node, wanted: DataType, tree: Tree, structs: Structs) -> Iterator[ExpressionProblem]:
    known = [each.id for each in wanted.struct_fields]
    for entry in node.struct.entries:
        key = literal(entry.map_key)
        field = wanted.field(key) if isinstance(key, str) else None
        if not isinstance(key, str):
            yield ExpressionProblem(tree.offset_of(entry.map_key), "expected a field of the record as a constant, like 'unit'")
        elif field is None:
            yield ExpressionProblem(tree.offset_of(entry.map_key), f"the record has no field {key!r}{did_you_mean(key, known)}")
        else:
            yield from _unfit(entry.value, field.type, tree, structs)


def _fits(found: str, wanted: DataType, structs: Structs) -> bool:
    element = element_of(wanted)
    if wanted.name in LISTS and element is not None:
        return found == "list(dyn)" or (found.startswith("list(") and _fits(found[5:-1], element, structs))
    if wanted.name is TypeName.REF and found == "string":
        return True  # the id alone
    if wanted.name in STRUCTS:
        struct = structs.struct(found)
        if wanted.name is TypeName.REF and struct is not None:
            return struct[1].field("id") is not None  # whatever else is known of it, the id is what is kept
        if struct is None:
            return found.startswith("map(string, ")
        return all((own := wanted.field(each.id)) is not None and own.type.name is each.type.name for each in struct[1].struct_fields)
    return found == _SIMPLE.get(wanted.name)


def _hint(found: str, wanted: DataType) -> str:
    if found == "int" and wanted.name is TypeName.DECIMAL:
        return "; int and decimal never mix: write double(n), or 60.0 for 60"
    if found == "double" and wanted.name is TypeName.INT:
        return "; write int(x), which drops the fraction"
    return ""


def _shown(found: str, structs: Structs) -> str:
    return structs.readable(found).replace("double", "decimal").replace("timestamp", "a time")
