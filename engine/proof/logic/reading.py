"""Reads a condition off its checked syntax tree: where it is true, where it is false, and what it cannot be evaluated without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from engine.definition.cel_ast import Node, Tree, children, kind, literal
from engine.definition.cel_functions import HISTORY
from engine.definition.cel_guarded import unguarded
from engine.definition.datatypes import LISTS, STRUCTS, DataItem, DataType, TypeName
from engine.definition.expressions import Expression, Scope
from engine.proof.logic.declared import Declared
from engine.proof.logic.formula import ALWAYS, Formula, Meaning, Present, Sort, Sum, Truth, Variable, every, no, some
from engine.proof.logic.terms import (
    Number,
    Words,
    arithmetic,
    compared,
    constant,
    day_of,
    fixed_offset,
    in_seconds,
    just,
    moment_of,
    presence_of,
    same,
    takings,
)

_NUMBERS = {"int": Sort.WHOLE, "uint": Sort.WHOLE, "double": Sort.REAL, "timestamp": Sort.WHOLE}
_SIGNS = {"_<_": ("<", 1), "_<=_": ("<=", 1), "_>_": ("<", -1), "_>=_": ("<=", -1)}


class Reader:
    """Reads the expressions of one definition. ``acts``: the name of an act, as counted, with the ``state.act`` keys it stands for."""

    def __init__(self, scope: Scope, data: Mapping[str, DataItem], acts: Mapping[str, tuple[str, ...]]) -> None:
        self.scope, self.declared, self.acts = scope, Declared(data), acts
        self._meanings: dict[str, Meaning] = {}
        self._inside: list[str] = []  # computed items that are being read: where they need each other, one stays a variable

    def meaning(self, condition: Expression | None) -> Meaning:
        """Read a condition; each text is read once. Where there is none, nothing is asked."""
        if condition is None:
            return ALWAYS
        found = self._meanings.get(condition.text)
        if found is None:
            tree = Tree(condition.checked)
            found = self._meanings[condition.text] = _Condition(self, tree).meaning(tree.root)
        return found

    def people(self, bound: Expression) -> Formula:
        """Say when a role is bound to anybody at all: a person or unit is there, or the list of them is not empty."""
        tree = Tree(bound.checked)
        work = _Condition(self, tree)
        if tree.type_of(tree.root) == "string":
            return work.words(tree.root).present
        size = work.length(tree.root)
        return True if size is None else compared("<", constant(Fraction(0)), size).true

    def assigned(self, item: str, value: Expression, reduce: Callable[[Formula], Formula]) -> Formula:
        """Say what holds of an item once it is set to a value. ``reduce`` puts in what is known of the case."""
        tree = Tree(value.checked)
        work, variable = _Condition(self, tree), self.declared.item(item)
        mine = presence_of(variable)
        match self.declared.data[item].type.name:
            case TypeName.BOOL:
                meaning = work.meaning(tree.root)
                yes, not_ = reduce(meaning.true), reduce(meaning.false)
                return every(mine, Truth(variable) if yes is True else no(Truth(variable)) if not_ is True else True)
            case TypeName.INT | TypeName.DECIMAL | TypeName.DATE | TypeName.DATETIME:
                number = work.number(tree.root)
                is_known = not number.sum.terms and number.unit == variable.unit
                return every(mine, compared("=", Number(just(variable), True), Number(number.sum, True)).true if is_known else True)
            case TypeName.LIST | TypeName.TAGS | TypeName.RECORD | TypeName.REF | TypeName.ATTENDANCE:
                return mine
            case _:
                words = work.words(tree.root).value
                return every(mine, same(Words(variable, True), Words(words, True)).true if isinstance(words, str) else True)

    def computed(self, item: str) -> _Condition | None:
        """Give the expression an item is computed by, None where it is filled in or set."""
        declared = self.declared.data.get(item)
        if declared is None or declared.compute is None or item in self._inside:
            return None
        return _Condition(self, Tree(declared.compute.checked), item)


class _Condition:
    """One expression while it is read. ``item``: the one it computes, if it does."""

    def __init__(self, reader: Reader, tree: Tree, item: str = "") -> None:
        self.reader, self.tree, self.item = reader, tree, item

    def __enter__(self) -> None:
        self.reader._inside.append(self.item)  # noqa: SLF001 they read together

    def __exit__(self, *_: object) -> None:
        self.reader._inside.pop()  # noqa: SLF001

    def _computed(self, node: Node) -> _Condition | None:
        is_item = kind(node) == "select" and not node.select.test_only and _item_of(node) is not None
        return self.reader.computed(node.select.field) if is_item else None

    # --- conditions -------------------------------------------------------------------------------------------------

    def meaning(self, node: Node) -> Meaning:
        """Read a condition."""
        if (computed := self._computed(node)) is not None:
            with computed:
                return computed.meaning(computed.tree.root)
        match kind(node):
            case "const":
                value = literal(node) is True
                return Meaning(value, not value)
            case "select" if node.select.test_only:
                there = self._presence(node)
                return Meaning(there, no(there)) if there is not None else self._opaque_condition(node)
            case "call":
                return self._call(node)
            case _:
                variable = self._variable(node)
                if variable is None or variable.sort is not Sort.BOOL:
                    return self._opaque_condition(node)
                there = presence_of(variable)
                return Meaning(every(there, Truth(variable)), every(there, no(Truth(variable))))

    def _call(self, node: Node) -> Meaning:
        function, parts = node.call.function, list(children(node))
        match function:
            case "!_":
                return self.meaning(parts[0]).negated()
            case "_&&_" | "_||_":
                left, right = (self.meaning(part) for part in parts)
                if function == "_&&_":
                    return Meaning(every(left.true, right.true), some(left.false, right.false))
                return Meaning(some(left.true, right.true), every(left.false, right.false))
            case "_?_:_":
                asked, one, other = (self.meaning(part) for part in parts)
                yes = some(every(asked.true, one.true), every(asked.false, other.true))
                return Meaning(yes, some(every(asked.true, one.false), every(asked.false, other.false)))
            case "_==_" | "_!=_":
                found = self._equal(node, *parts)
                return found if function == "_==_" else found.negated()
            case "_<_" | "_<=_" | "_>_" | "_>=_" if self.tree.type_of(parts[0]) in _NUMBERS:
                sign, direction = _SIGNS[function]
                low, high = self._same_unit(*(self.number(part) for part in parts[::direction]))
                return compared(sign, low, high)
            case "@in" if kind(parts[1]) == "list":
                each = [self._equal(node, parts[0], option) for option in parts[1].list.elements]
                return Meaning(some(*(one.true for one in each)), every(*(one.false for one in each)))
            case "@in":
                found_in, size = self._opaque_condition(node), self.length(parts[1])
                some_there = compared("<", constant(Fraction(0)), size).true if size is not None else True
                return Meaning(every(some_there, found_in.true), found_in.false)
            case "In" | "overdue" | "met":
                asked_of = Variable(self._call_shown(node), Sort.BOOL)
                return Meaning(Truth(asked_of), no(Truth(asked_of)))
            case _:
                return self._opaque_condition(node)

    def _equal(self, node: Node, one: Node, other: Node) -> Meaning:
        match self.tree.type_of(one):
            case "bool":
                left, right = self.meaning(one), self.meaning(other)
                yes = some(every(left.true, right.true), every(left.false, right.false))
                return Meaning(yes, some(every(left.true, right.false), every(left.false, right.true)))
            case "string":
                return same(self.words(one), self.words(other))
            case "int" | "uint" | "timestamp":  # decimals are not compared for equality: they are refused when typed
                return compared("=", *self._same_unit(self.number(one), self.number(other)))
            case _:
                return self._opaque_condition(node)

    def _opaque_condition(self, node: Node) -> Meaning:
        variable = Variable(_key(node), Sort.BOOL, opaque=True, reads=_reads(node))
        there = self._presence_of_reads(node)
        return Meaning(every(there, Truth(variable)), every(there, no(Truth(variable))))

    # --- numbers and times ------------------------------------------------------------------------------------------

    def number(self, node: Node) -> Number:
        """Read a number or a time."""
        if (computed := self._computed(node)) is not None:
            with computed:
                return computed.number(computed.tree.root)
        if kind(node) == "const":
            return constant(Fraction(str(literal(node))))
        found = self._computed_number(node) if kind(node) == "call" else None
        if found is not None:
            return found
        variable = self._variable(node)
        if variable is not None:
            return Number(just(variable), presence_of(variable), variable.unit)
        unit = "second" if self.tree.type_of(node) == "timestamp" else ""
        opaque = Variable(_key(node), _NUMBERS[self.tree.type_of(node)], opaque=True, reads=_reads(node), unit=unit)
        return Number(just(opaque), self._presence_of_reads(node), unit)

    def _computed_number(self, node: Node) -> Number | None:
        function, parts = node.call.function, list(children(node))
        match function:
            case "_+_" | "_-_" | "_*_" if self.tree.type_of(node) == "int":
                return arithmetic(function, self.number(parts[0]), self.number(parts[1]))
            case "-_":
                return arithmetic("_*_", self.number(parts[0]), constant(Fraction(-1)))
            case "double" if self.tree.type_of(parts[0]) == "int":
                return self.number(parts[0])
            case "size":
                return self.length(parts[0])
            case "count":
                return Number(self._takings(node), True)
            case "last" | "entered":
                moment = Variable(self._call_shown(node), Sort.WHOLE, may_be_empty=True, unit="second")
                return Number(just(moment), Present(moment), "second")
            case "date" if all(isinstance(literal(part), int) for part in parts):
                return day_of(*(int(literal(part)) for part in parts))
            case "timestamp" if isinstance(literal(parts[0]), str):
                return moment_of(str(literal(parts[0])))
            case _:
                return None

    def length(self, node: Node) -> Number | None:
        """Read the length of a list or text that is read by name."""
        path, declared = self._declared(node)
        if declared is None:
            return None
        return self.reader.declared.length(path, declared)

    def _same_unit(self, one: Number, other: Number) -> tuple[Number, Number]:
        """Bring a date to seconds where it is compared with a time; where the zone shifts its hours that is not exact."""
        if one.unit == other.unit:
            return one, other
        offset = fixed_offset(self.reader.scope.values.calendar.zone)
        both = (in_seconds(one, offset), in_seconds(other, offset))
        return both if offset is not None else (both[0], Number(just(Variable("a zone that shifts", Sort.WHOLE, opaque=True)), True))

    # --- texts ------------------------------------------------------------------------------------------------------

    def words(self, node: Node) -> Words:
        """Read a text."""
        if (computed := self._computed(node)) is not None:
            with computed:
                return computed.words(computed.tree.root)
        value = literal(node)
        if isinstance(value, str):
            return Words(value, True)
        variable = self._variable(node)
        if variable is not None:
            return Words(variable, presence_of(variable))
        return Words(Variable(_key(node), Sort.TEXT, opaque=True, reads=_reads(node)), self._presence_of_reads(node))

    # --- names ------------------------------------------------------------------------------------------------------

    def _variable(self, node: Node) -> Variable | None:
        """Give the variable behind what is read by name: of the view, or a field of it."""
        path, declared = self._declared(node)
        if declared is None:
            return Variable(path, Sort.WHOLE, unit="day" if path == "today" else "second") if path in {"now", "today"} else None
        return self.reader.declared.variable(path, declared) if declared.name not in LISTS | STRUCTS | {TypeName.OPTIONS} else None

    def _declared(self, node: Node) -> tuple[str, DataType | None]:
        """Give the path of what is read by name, and its type; no type for what is computed."""
        match kind(node):
            case "ident":
                name = str(node.ident.name)
                declared = self.reader.scope.variables.get(name)
                return name, declared if name not in {"now", "today"} else None
            case "select":
                path, owner = self._declared(node.select.operand)
                item = owner.field(node.select.field) if owner is not None else None
                return f"{path}.{node.select.field}", item.type if item is not None else None
            case _:
                return "", None

    def _presence(self, node: Node) -> Formula | None:
        path, declared = self._declared(node)
        if declared is None:
            return None
        computed = self.reader.computed(path.removeprefix("data.")) if path.startswith("data.") else None
        return computed.filled() if computed is not None else presence_of(self.reader.declared.variable(path, declared))

    def filled(self) -> Formula:
        """Say when a computed item has a value."""
        root = self.tree.root
        with self:
            match self.tree.type_of(root):
                case "bool":
                    meaning = self.meaning(root)
                    return some(meaning.true, meaning.false)
                case "string":
                    return self.words(root).present
                case found if found in _NUMBERS:
                    return self.number(root).present
                case _:
                    return self._presence_of_reads(root)

    def _presence_of_reads(self, node: Node) -> Formula:
        """Say which items must be filled for a part that the solver does not look into: those it reads untested."""
        items = unguarded(node, _item_of)
        found = ((item, self.reader.scope.variables["data"].field(item)) for item in sorted(items))
        return every(*(presence_of(self.reader.declared.variable(f"data.{name}", item.type)) for name, item in found if item is not None))

    def _call_shown(self, node: Node) -> str:
        """Write a question to the history with its names in full."""
        return f"{node.call.function}({', '.join(map(repr, self._names(node)))})"

    def _names(self, node: Node) -> list[str]:
        names, groups = self.reader.scope.names, HISTORY[node.call.function, len(node.call.args)].arguments
        return [getattr(names, group)[str(literal(argument))] for group, argument in zip(groups, node.call.args, strict=True)]

    def _takings(self, node: Node) -> Sum:
        """Add up the takings of all acts that a name stands for."""
        act, *since = self._names(node)
        counted = (takings(key, *since) for key in self.reader.acts.get(act, (act,)))
        return Sum(tuple((Fraction(1), variable) for variable in counted), Fraction(0))


def _item_of(node: Node) -> str | None:
    operand = node.select.operand
    return str(node.select.field) if kind(operand) == "ident" and operand.ident.name == "data" else None


def _reads(node: Node) -> frozenset[str]:
    """Name what a part reads: fields of structs by `struct.field`, all else by its first name or function."""
    if kind(node) == "select" and kind(node.select.operand) == "ident":
        return frozenset({f"{node.select.operand.ident.name}.{node.select.field}"})
    own = {"ident": lambda: node.ident.name, "call": lambda: node.call.function}.get(kind(node))
    below = frozenset().union(*(_reads(part) for part in children(node)))
    return below | {own()} if own is not None else below


def _key(node: Node) -> str:
    """Write a tree as a text, the same for the same expression: under it the solver knows what it does not look into."""
    match kind(node):
        case "const":
            return repr(literal(node))
        case "ident":
            return str(node.ident.name)
        case "select":
            return f"{'has ' if node.select.test_only else ''}{_key(node.select.operand)}.{node.select.field}"
        case "comprehension":
            loop = node.comprehension
            return f"loop {loop.iter_var} {' '.join(_key(part) for part in children(node))}"
        case "call":
            return f"{node.call.function}({', '.join(_key(part) for part in children(node))})"
        case "struct":
            fields = (f"{_key(entry.map_key)}: {_key(entry.value)}" for entry in node.struct.entries)
            return f"{{{', '.join(fields)}}}"
        case _:
            return f"[{', '.join(_key(part) for part in children(node))}]"
