"""The runnable form of a checked expression: struct reads and history functions become variables, filled from the view.

Why rewritten: the runtime binds no functions per evaluation, gives defaults for fields that are not set, and cannot tell an empty
list from one never filled. A variable that is absent is an error with its name, for every type alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cel_expr_python import cel

from engine.definition.cel_ast import Node, Tree, become_variable, children, kind, literal
from engine.definition.cel_checks import Surroundings
from engine.definition.cel_functions import HISTORY, Function, Remembered, implementation
from engine.definition.cel_types import Convert, Values, timestamp

FLAT = frozenset({"data", "was", "actor", "case", "settings"})
"""Structs of the view: read by field only, each field a variable."""

Load = Callable[[Any, Mapping[str, Any]], Any]
"""Gives a variable's value from the view and the extra variables; None when it is empty."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The runnable expression and where its variables come from. Holds no state between runs."""

    runnable: Any
    loads: tuple[tuple[str, Load], ...]
    may_be_missing: frozenset[str]

    def run(self, view: Any, variables: Mapping[str, Any] | None) -> Any:
        """Evaluate to the runtime's value, which may be an error. Raises RuntimeError when its budget of steps is used up."""
        given = variables or {}
        inputs = {}
        for name, load in self.loads:
            value = load(view, given)
            if value is not None:
                inputs[name] = value
        return self.runnable.eval(data=inputs)


@dataclass(slots=True)
class Reads:
    """What an expression reads: fields by struct, items tested by `has`, and the history it asks for."""

    fields: dict[str, set[str]] = field(default_factory=dict)
    tested: set[str] = field(default_factory=set)
    memory: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def of(self, struct: str) -> frozenset[str]:
        """Give the fields read or tested of one struct of the view."""
        return frozenset(self.fields.get(struct, ()))


@dataclass(slots=True)
class _Rewriting:
    tree: Tree
    around: Surroundings
    values: Values
    known: Mapping[str, Function]
    reads: Reads = field(default_factory=Reads)
    loads: dict[str, Load] = field(default_factory=dict)
    references: dict[int, str] = field(default_factory=dict)
    may_be_missing: set[str] = field(default_factory=set)

    def visit(self, node: Node) -> None:
        match kind(node):
            case "select" if self._is_flat(node):
                self._field(node)
            case "call" if remembered := HISTORY.get((node.call.function, len(node.call.args))):
                self._remembered(node, remembered)
            case "ident":
                self._variable(node.ident.name)
            case found:
                for child in children(node):
                    self.visit(child)
                if found == "select":
                    self._struct_key(node)
                elif found == "call":
                    self._function(node)

    def _is_flat(self, node: Node) -> bool:
        operand = node.select.operand
        return kind(operand) == "ident" and operand.ident.name in FLAT

    def _field(self, node: Node) -> None:
        struct, name, tested = node.select.operand.ident.name, node.select.field, node.select.test_only
        declared = self.around.variables[struct].field(name)
        if declared is None:
            raise LookupError(f"{struct}.{name} passed the check and is not declared")
        self.reads.fields.setdefault(struct, set()).add(name)
        if tested:
            if struct == "data":
                self.reads.tested.add(name)
            self._read(node, f"has({struct}.{name})", _tests(struct, name))
        else:
            self.may_be_missing.add(f"{struct}.{name}")
            convert = self.values.inward(declared.type, name if struct in {"data", "was"} else f"{struct}.{name}")
            self._read(node, f"{struct}.{name}", _reads(struct, name, convert))

    def _remembered(self, node: Node, remembered: Remembered) -> None:
        function = node.call.function
        groups = zip(node.call.args, remembered.arguments, strict=True)
        full = tuple(self.around.names[group][str(literal(argument))] for argument, group in groups)
        if (function, full) not in self.reads.memory:
            self.reads.memory.append((function, full))
        name = f"{function}({', '.join(map(repr, full))})"
        self.may_be_missing.add(name)
        ask = remembered.ask
        self._read(node, name, lambda view, _: ask(view, *full))

    def _variable(self, name: str) -> None:
        declared = self.around.variables.get(name)
        if name == "now":
            self.loads[name] = lambda view, _: timestamp(view.now)
        elif name == "today":
            today = self.values.today
            self.loads[name] = lambda view, _: today(view.now)
        elif declared is not None:
            self.may_be_missing.add(name)
            self.loads[name] = _given(name, self.values.inward(declared, name))

    def _struct_key(self, node: Node) -> None:
        struct = self.around.structs.struct(self.tree.type_of(node.select.operand))
        if struct is not None:
            node.select.field = f"{struct[0]}.{node.select.field}"
            self.may_be_missing.add(node.select.field)

    def _function(self, node: Node) -> None:
        chosen = self.known.get(self.tree.overload_of(node))
        if chosen is not None:
            node.call.function = chosen.id

    def _read(self, node: Node, name: str, load: Load) -> None:
        become_variable(node, name)
        self.references[node.id] = name
        self.loads[name] = load


class Runtime:
    """What runs rewritten expressions: the functions of one definition. It declares no variables, their values have types enough."""

    def __init__(self, known: Mapping[str, Function], values: Values) -> None:
        self._known, self._values = known, values
        self._environment = cel.NewEnv(functions=[implementation(each) for each in known.values()])

    def program(self, tree: Tree, around: Surroundings) -> tuple[Program, Reads]:
        """Make the checked tree runnable. The tree is changed and of no use afterwards."""
        work = _Rewriting(tree, around, self._values, self._known)
        work.visit(tree.root)
        runnable = self._environment.deserialize(tree.serialize(work.references))
        return Program(runnable, tuple(work.loads.items()), frozenset(work.may_be_missing)), work.reads


def _tests(struct: str, name: str) -> Load:
    if struct == "data":
        return lambda view, _: name in view.data
    return lambda view, _: name in getattr(view, struct)


def _reads(struct: str, name: str, convert: Convert | None) -> Load:
    if convert is not None:
        return lambda view, _: None if (value := getattr(view, struct).get(name)) is None else convert(value)
    if struct == "data":
        return lambda view, _: view.data.get(name)
    return lambda view, _: getattr(view, struct).get(name)


def _given(name: str, convert: Convert | None) -> Load:
    if convert is None:
        return lambda _, given: given.get(name)
    return lambda _, given: None if (value := given.get(name)) is None else convert(value)
