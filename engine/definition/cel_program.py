"""The runnable form of a checked expression: struct reads and history functions become variables, filled from the view.

Why rewritten: the runtime binds no functions per evaluation, gives defaults for fields that are not set, and cannot tell an empty
list from one never filled. A variable that is absent is an error with its name, for every type alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cel_expr_python import cel

from engine.clock import from_datetime
from engine.definition.cel_ast import Node, Tree, become_variable, children, kind, literal, walk
from engine.definition.cel_checks import Surroundings
from engine.definition.cel_folds import FOLDS, OF_NOTHING, Builder
from engine.definition.cel_functions import HISTORY, Function, Remembered, implementation
from engine.definition.cel_types import Convert, Values, timestamp
from engine.definition.datatypes import DataType, TypeName

FLAT = frozenset({"data", "was", "actor", "case", "settings", "children", "links", "parties", "ballots"})
"""Structs of the view: read by field only, each field a variable."""

NOT_SET = re.compile(r'^(?:UNKNOWN: No value with name|NOT_FOUND: Key not found in map :) "([^"]*)"')
"""The runtime's words for a variable or a key that is absent."""

MOST_KNOWN = 64
"""Answers that a program keeps."""

Load = Callable[[Any, Mapping[str, Any]], Any]
"""Gives a variable's value from the view and the extra variables; None when it is empty."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The runnable expression and where its variables come from. Holds no state between runs."""

    runnable: Any
    loads: tuple[tuple[str, Load], ...]
    computed: Mapping[str, Computed]
    _known: dict[tuple[Any, ...], Any] = field(default_factory=dict, init=False, repr=False)

    def run(self, view: Any, given: Mapping[str, Any]) -> Any:
        """Evaluate to the runtime's value, which may be an error. Raises RuntimeError when its budget of steps is used up.

        What is listed as allowed is asked again when it is taken, mostly of the same values, so the latest answers are kept.
        """
        values = tuple([load(view, given) for _, load in self.loads])
        try:
            answer = self._known.get(values)
        except TypeError:  # a list or a map is among them
            return self._eval(values)
        if answer is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            answer = self._known[values] = self._eval(values)
        return answer

    def _eval(self, values: tuple[Any, ...]) -> Any:
        return self.runnable.eval(data={name: value for (name, _), value in zip(self.loads, values, strict=True) if value is not None})

    def why(self, report: str, view: Any, given: Mapping[str, Any]) -> str:
        """Give the error behind an error: what kept a variable from being computed."""
        found = NOT_SET.search(report)
        computed = self.computed.get(found[1]) if found else None
        return report if computed is None else computed.why(view, given)


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """One argument of a function computed before the run: a variable by its name, or an expression of its own."""

    source: str | Program
    load: Load | None

    def value(self, view: Any, given: Mapping[str, Any]) -> Any:
        """Give the value, None when there is none."""
        if self.load is not None:
            return self.load(view, given)
        answer = self._run(view, given)
        return None if answer.type() == cel.Type.ERROR else answer.plain_value()

    def why(self, view: Any, given: Mapping[str, Any]) -> str | None:
        """Say why there is no value, None when there is one."""
        if isinstance(self.source, str):
            return not_set(self.source) if self.value(view, given) is None else None
        answer = self._run(view, given)
        return self.source.why(str(answer.plain_value()), view, given) if answer.type() == cel.Type.ERROR else None

    def _run(self, view: Any, given: Mapping[str, Any]) -> Any:
        if isinstance(self.source, str):
            raise TypeError(f"the variable {self.source} does not run")
        return self.source.run(view, given)


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """A function of days whose arguments depend on no loop: computed before the run, absent when an argument is."""

    function: Function
    arguments: tuple[Argument, ...]

    def load(self, view: Any, given: Mapping[str, Any]) -> Any:
        """Give the variable's value, None when it cannot be computed."""
        values = [argument.value(view, given) for argument in self.arguments]
        if None in values:
            return None
        try:
            value = self.function.run(*values)
        except (ValueError, OverflowError):
            return None
        return timestamp(from_datetime(value)) if isinstance(value, datetime) else value

    def why(self, view: Any, given: Mapping[str, Any]) -> str:
        """Say why it could not be computed."""
        for argument in self.arguments:
            if (reason := argument.why(view, given)) is not None:
                return reason
        try:
            self.function.run(*(argument.value(view, given) for argument in self.arguments))
        except (ValueError, OverflowError) as error:
            return f"{self.function.name}: {error}"
        return not_set(self.function.name)


@dataclass(slots=True)
class Reads:
    """What an expression reads: fields by struct, items tested by `has`, the history it asks for, and whether the clock."""

    fields: dict[str, set[str]] = field(default_factory=dict)
    tested: set[str] = field(default_factory=set)
    memory: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    may_be_missing: set[str] = field(default_factory=set)
    clock: bool = False

    def of(self, struct: str) -> frozenset[str]:
        """Give the fields read or tested of one struct of the view."""
        return frozenset(self.fields.get(struct, ()))


@dataclass(slots=True)
class _Rewriting:
    tree: Tree
    around: Surroundings
    values: Values
    runtime: Runtime
    reads: Reads
    build: Builder
    loads: dict[str, Load] = field(default_factory=dict)
    references: dict[int, str] = field(default_factory=dict)
    computed: dict[str, Computed] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()

    def visit(self, node: Node) -> None:
        match kind(node):
            case "select" if self._is_flat(node):
                self._field(node)
            case "call" if remembered := HISTORY.get((node.call.function, len(node.call.args))):
                self._remembered(node, remembered)
            case "call" if (function := self._function_of(node)) is not None and not self._depends_on_a_loop(node):
                self._compute_before(node, function)
            case "ident":
                self._variable(node.ident.name)
            case "comprehension":
                self._loop(node.comprehension)
            case found:
                for child in children(node):
                    self.visit(child)
                if found == "select":
                    self._struct_key(node)
                elif found == "call":
                    self._call(node)

    def _loop(self, loop: Any) -> None:
        self.visit(loop.iter_range)
        self.visit(loop.accu_init)
        outer, self.bound = self.bound, self.bound | {loop.iter_var, loop.iter_var2, loop.accu_var}
        for part in (loop.loop_condition, loop.loop_step, loop.result):
            self.visit(part)
        self.bound = outer

    def _depends_on_a_loop(self, node: Node) -> bool:
        return bool(self.bound) and any(kind(each) == "ident" and each.ident.name in self.bound for each in walk(node))

    def _compute_before(self, node: Node, function: Function) -> None:
        computed = Computed(function, tuple(self._argument(argument) for argument in node.call.args))
        name = f"{function.name}@{node.id}"
        self.computed[name] = computed
        self._read(node, name, computed.load)

    def _argument(self, node: Node) -> Argument:
        work = _Rewriting(self.tree.part(node), self.around, self.values, self.runtime, self.reads, self.build)
        work.visit(work.tree.root)
        if kind(work.tree.root) == "ident" and not work.computed:
            name = work.tree.root.ident.name
            return Argument(name, work.loads[name])
        return Argument(work.program(), None)

    def program(self) -> Program:
        """Give what the rewritten tree runs as."""
        runnable = self.runtime.environment.deserialize(self.tree.serialize(self.references))
        return Program(runnable, tuple(self.loads.items()), self.computed)

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
            self._read(node, f"has({struct}.{name})", _tests(struct, name) if not declared.is_live else lambda _, __: True)
        else:
            self.reads.may_be_missing.add(f"{struct}.{name}")
            convert = self.values.inward(declared.type, name if struct in {"data", "was"} else f"{struct}.{name}")
            self._read(node, f"{struct}.{name}", converted(declared.type, _reads(struct, name, live=declared.is_live), convert))

    def _remembered(self, node: Node, remembered: Remembered) -> None:
        function = node.call.function
        groups = zip(node.call.args, remembered.arguments, strict=True)
        full = tuple(self.around.names[group][str(literal(argument))] for argument, group in groups)
        if (function, full) not in self.reads.memory:
            self.reads.memory.append((function, full))
        name = f"{function}({', '.join(map(repr, full))})"
        self.reads.may_be_missing.add(name)
        ask = remembered.ask
        self._read(node, name, lambda view, _: ask(view, *full))

    def _variable(self, name: str) -> None:
        declared = self.around.variables.get(name)
        if name in {"now", "today"}:
            self.reads.clock = True
        if name == "now":
            self.loads[name] = lambda view, _: timestamp(view.now)
        elif name == "today":
            today = self.values.today
            self.loads[name] = lambda view, _: today(view.now)
        elif declared is not None:
            self.reads.may_be_missing.add(name)
            self.loads[name] = self.runtime.given(name, declared)

    def _struct_key(self, node: Node) -> None:
        struct = self.around.structs.struct(self.tree.type_of(node.select.operand))
        if struct is not None:
            node.select.field = f"{struct[0]}.{node.select.field}"
            self.reads.may_be_missing.add(node.select.field)

    def _function_of(self, node: Node) -> Function | None:
        return self.runtime.known.get(self.tree.overload_of(node))

    def _call(self, node: Node) -> None:
        overload = self.tree.overload_of(node)
        if (expand := FOLDS.get(overload)) is not None:
            self.reads.may_be_missing.add(f"{node.call.function} {OF_NOTHING}")
            node.CopyFrom(expand(self.build, node.call.args[0]))
        elif (function := self._function_of(node)) is not None:
            node.call.function = function.id

    def _read(self, node: Node, name: str, load: Load) -> None:
        become_variable(node, name)
        self.references[node.id] = name
        self.loads[name] = load


class Runtime:
    """What runs rewritten expressions: the functions of one definition. It declares no variables, their values have types enough."""

    def __init__(self, known: Mapping[str, Function], values: Values) -> None:
        self.known, self.values = known, values
        self.environment = cel.NewEnv(functions=[implementation(each) for each in known.values()])
        self._given: dict[tuple[str, int], tuple[DataType, Load]] = {}  # by identity; the type is kept, so that no other takes its place

    def program(self, tree: Tree, around: Surroundings) -> tuple[Program, Reads]:
        """Make the checked tree runnable. The tree is changed and of no use afterwards."""
        work = _Rewriting(tree, around, self.values, self, Reads(), Builder(tree))
        work.visit(tree.root)
        return work.program(), work.reads

    def given(self, name: str, kind: DataType) -> Load:
        """Give how an extra variable is filled; made once, for a struct may have hundreds of fields and each expression read it."""
        known = self._given.get((name, id(kind)))
        if known is None:
            known = self._given[name, id(kind)] = kind, converted(kind, _given(name), self.values.inward(kind, name))
        return known[1]


def not_set(name: str) -> str:
    """Say that a variable is absent, in the runtime's own words."""
    return f'UNKNOWN: No value with name "{name}" found in Activation'


def _tests(struct: str, name: str) -> Load:
    if struct == "data":
        return lambda view, _: name in view.data
    return lambda view, _: name in getattr(view, struct)


def _reads(struct: str, name: str, *, live: bool) -> Load:
    if live:
        return lambda view, _: view.live(name) if (fixed := getattr(view, struct).get(name)) is None else fixed
    if struct == "data":
        return lambda view, _: view.data.get(name)
    return lambda view, _: getattr(view, struct).get(name)


def _given(name: str) -> Load:
    return lambda _, given: given.get(name)


def converted(kind: DataType, load: Load, convert: Convert | None) -> Load:
    """Let a value go in as the runtime takes it; where it holds refs, with what is read of the cases and rows they point to."""
    if convert is None:
        return load
    if kind.reads_others:
        return lambda view, given: None if (value := load(view, given)) is None else convert(looked_up(kind, value, view))
    return lambda view, given: None if (value := load(view, given)) is None else convert(value)


def looked_up(kind: DataType, value: Any, view: Any) -> Any:
    """Give a value with what its refs point to; of what is not there only the id is known."""
    element = kind.element
    if not kind.reads_others:
        return value
    if element is not None:
        return [looked_up(element, each, view) for each in value]
    if kind.name is TypeName.REF:
        found = view.looked_up(kind.target, value["id"])
        return {**{field.id: found[field.id] for field in kind.fields if field.id in found}, "id": value["id"]}
    types = {field.id: field.type for field in kind.struct_fields}
    return {name: looked_up(types[name], each, view) if name in types else each for name, each in value.items()}
