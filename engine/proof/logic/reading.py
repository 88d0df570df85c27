"""Reads a condition off its checked syntax tree: where it is true, where it is false, and what it cannot be evaluated without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from engine.definition.cel_ast import Node, Tree, children, kind, literal
from engine.definition.cel_guarded import unguarded
from engine.definition.datatypes import LISTS, STRUCTS, DataItem, DataType, TypeName
from engine.definition.expressions import Expression, Scope
from engine.proof.logic.formula import Compare, Formula, Meaning, Present, Same, Sort, Sum, Truth, Variable, every, no, some

DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_ALWAYS_THERE = frozenset({"actor.id", "actor.role", "actor.organisation", "case.id", "case.organisation", "case.opened_at"})
_NUMBERS = {"int": Sort.WHOLE, "uint": Sort.WHOLE, "double": Sort.REAL, "timestamp": Sort.WHOLE}
_SIGNS = {"_<_": ("<", 1), "_<=_": ("<=", 1), "_>_": ("<", -1), "_>=_": ("<=", -1)}


@dataclass(frozen=True, slots=True)
class Number:
    """A number, a date (in days) or a time (in seconds), with what must be filled for it to have a value."""

    sum: Sum
    present: Formula
    unit: str = ""  # "", day or second


@dataclass(frozen=True, slots=True)
class Words:
    """A text, with what must be filled for it to have a value."""

    value: Variable | str
    present: Formula


class Reader:
    """Reads the conditions of one definition. ``filled``: items that are never empty, because they have a default."""

    def __init__(self, scope: Scope, data: Mapping[str, DataItem]) -> None:
        self.scope = scope
        self.filled = frozenset(name for name, item in data.items() if item.default is not None)
        self._meanings: dict[str, Meaning] = {}

    def meaning(self, condition: Expression) -> Meaning:
        """Read a condition; each text is read once."""
        found = self._meanings.get(condition.text)
        if found is None:
            tree = Tree(condition.checked)
            found = self._meanings[condition.text] = _Condition(self, tree).meaning(tree.root)
        return found


class _Condition:
    """One condition while it is read."""

    def __init__(self, reader: Reader, tree: Tree) -> None:
        self.reader, self.tree = reader, tree

    # --- conditions -------------------------------------------------------------------------------------------------

    def meaning(self, node: Node) -> Meaning:
        """Read a condition."""
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
                there = _presence_of(variable)
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
                return _compared(sign, low, high)
            case "@in" if kind(parts[1]) == "list":
                each = [self._equal(node, parts[0], option) for option in parts[1].list.elements]
                return Meaning(some(*(one.true for one in each)), every(*(one.false for one in each)))
            case "In" | "overdue" | "met":
                asked_of = self._history(node, Sort.BOOL)
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
                return _same(self.words(one), self.words(other))
            case "int" | "uint" | "timestamp":  # decimals are not compared for equality: they are refused when typed
                return _compared("=", *self._same_unit(self.number(one), self.number(other)))
            case _:
                return self._opaque_condition(node)

    def _opaque_condition(self, node: Node) -> Meaning:
        variable = Variable(_key(node), Sort.BOOL, opaque=True)
        there = self._presence_of_reads(node)
        return Meaning(every(there, Truth(variable)), every(there, no(Truth(variable))))

    # --- numbers and times ------------------------------------------------------------------------------------------

    def number(self, node: Node) -> Number:
        """Read a number or a time."""
        if kind(node) == "const":
            return _constant(Fraction(str(literal(node))))
        found = self._computed_number(node) if kind(node) == "call" else None
        if found is not None:
            return found
        variable = self._variable(node)
        if variable is not None:
            return Number(_just(variable), _presence_of(variable), variable.unit)
        unit = "second" if self.tree.type_of(node) == "timestamp" else ""
        opaque = Variable(_key(node), _NUMBERS[self.tree.type_of(node)], opaque=True, unit=unit)
        return Number(_just(opaque), self._presence_of_reads(node), unit)

    def _computed_number(self, node: Node) -> Number | None:
        function, parts = node.call.function, list(children(node))
        match function:
            case "_+_" | "_-_" | "_*_" if self.tree.type_of(node) == "int":
                return _arithmetic(function, self.number(parts[0]), self.number(parts[1]))
            case "-_":
                return _arithmetic("_*_", self.number(parts[0]), _constant(Fraction(-1)))
            case "double" if self.tree.type_of(parts[0]) == "int":
                return self.number(parts[0])
            case "size":
                return self._length(parts[0])
            case "count":
                return Number(_just(self._history(node, Sort.WHOLE)), True)
            case "last" | "entered":
                moment = self._history(node, Sort.WHOLE)
                return Number(_just(moment), Present(moment), "second")
            case "date" if all(isinstance(literal(part), int) for part in parts):
                return _day_of(*(int(literal(part)) for part in parts))
            case "timestamp" if isinstance(literal(parts[0]), str):
                return _moment_of(str(literal(parts[0])))
            case _:
                return None

    def _length(self, node: Node) -> Number | None:
        """Read the length of a list or text that is read by name."""
        path, declared = self._declared(node)
        if declared is None:
            return None
        most = Fraction(declared.max) if declared.max is not None else None
        there = _presence_of(self._declared_variable(path, declared))
        return Number(_just(Variable(f"size({path})", Sort.WHOLE, low=Fraction(0), high=most)), there)

    def _same_unit(self, one: Number, other: Number) -> tuple[Number, Number]:
        """Bring a date to seconds where it is compared with a time; where the zone shifts its hours that is not exact."""
        if one.unit == other.unit:
            return one, other
        offset = fixed_offset(self.reader.scope.values.calendar.zone)
        both = (_in_seconds(one, offset), _in_seconds(other, offset))
        return both if offset is not None else (both[0], Number(_just(Variable("a zone that shifts", Sort.WHOLE, opaque=True)), True))

    # --- texts ------------------------------------------------------------------------------------------------------

    def words(self, node: Node) -> Words:
        """Read a text."""
        value = literal(node)
        if isinstance(value, str):
            return Words(value, True)
        variable = self._variable(node)
        if variable is not None:
            return Words(variable, _presence_of(variable))
        return Words(Variable(_key(node), Sort.TEXT, opaque=True), self._presence_of_reads(node))

    # --- names ------------------------------------------------------------------------------------------------------

    def _variable(self, node: Node) -> Variable | None:
        """Give the variable behind what is read by name: of the view, or a field of it."""
        path, declared = self._declared(node)
        if declared is None:
            return Variable(path, Sort.WHOLE, unit="day" if path == "today" else "second") if path in {"now", "today"} else None
        return self._declared_variable(path, declared) if declared.name not in LISTS | STRUCTS | {TypeName.OPTIONS} else None

    def _declared_variable(self, path: str, declared: DataType) -> Variable:
        """Give the variable of a path; of a list or record only whether it is there."""
        empty = not self._is_always_there(path)
        match declared.name:
            case TypeName.BOOL:
                return Variable(path, Sort.BOOL, empty)
            case TypeName.INT | TypeName.DECIMAL:
                low, high = (Fraction(bound) for bound in declared.between) if declared.between else (None, None)
                return Variable(path, Sort.WHOLE if declared.name is TypeName.INT else Sort.REAL, empty, low, high)
            case TypeName.DATE:
                low, high = (Fraction(_days(bound)) for bound in declared.between) if declared.between else (None, None)
                return Variable(path, Sort.WHOLE, empty, low, high, unit="day")
            case TypeName.DATETIME:
                return Variable(path, Sort.WHOLE, empty, unit="second")
            case TypeName.CHOICE if declared.options is not None and declared.options_setting is None:
                return Variable(path, Sort.TEXT, empty, options=tuple(declared.options))
            case _:
                return Variable(path, Sort.TEXT, empty)

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

    def _is_always_there(self, path: str) -> bool:
        root, _, rest = path.partition(".")
        return root == "settings" or path in _ALWAYS_THERE or (root in {"data", "was"} and rest in self.reader.filled)

    def _presence(self, node: Node) -> Formula | None:
        path, declared = self._declared(node)
        if declared is None:
            return None
        return _presence_of(self._declared_variable(path, declared))

    def _presence_of_reads(self, node: Node) -> Formula:
        """Say which items must be filled for a part that the solver does not look into: those it reads untested."""
        items = unguarded(node, _item_of)
        found = ((item, self.reader.scope.variables["data"].field(item)) for item in sorted(items))
        return every(*(_presence_of(self._declared_variable(f"data.{name}", item.type)) for name, item in found if item is not None))

    def _history(self, node: Node, sort: Sort) -> Variable:
        shown = f"{node.call.function}({', '.join(repr(literal(part)) for part in node.call.args)})"
        if node.call.function in {"last", "entered"}:
            return Variable(shown, sort, may_be_empty=True, unit="second")
        return Variable(shown, sort, low=Fraction(0) if node.call.function == "count" else None)


# --- small readings -------------------------------------------------------------------------------------------------


def fixed_offset(zone: ZoneInfo) -> int | None:
    """Give how many seconds a zone is ahead of UTC; None for one whose clocks are changed."""
    found = {datetime(year, month, 1, tzinfo=zone).utcoffset() for year in (2000, 2020, 2040) for month in (1, 4, 7, 10)}
    only = found.pop() if len(found) == 1 else None
    return int(only.total_seconds()) if only is not None else None


def _in_seconds(number: Number, offset: int | None) -> Number:
    if number.unit != "day":
        return number
    return Number(number.sum.scaled(Fraction(DAY), Fraction(-(offset or 0))), number.present, "second")


def _compared(sign: str, left: Number, right: Number) -> Meaning:
    difference, there = left.sum.plus(right.sum, -1), every(left.present, right.present)
    if not difference.terms:
        value = difference.constant
        answer = value == 0 if sign == "=" else value < 0 or (sign == "<=" and value == 0)
        return Meaning(every(there, answer), every(there, not answer))
    compare = Compare(sign, difference)
    return Meaning(every(there, compare), every(there, no(compare)))


def _same(left: Words, right: Words) -> Meaning:
    there = every(left.present, right.present)
    if isinstance(left.value, str):
        left, right = right, left
    if isinstance(left.value, str):
        answer: Formula = left.value == right.value
    elif left.value == right.value:
        answer = True
    else:
        answer = Same(left.value, right.value)
    return Meaning(every(there, answer), every(there, no(answer)))


def _constant(value: Fraction, unit: str = "") -> Number:
    return Number(Sum((), value), True, unit)


def _arithmetic(sign: str, left: Number, right: Number) -> Number | None:
    """Add, subtract or multiply ints; a product of two that are not known is not linear."""
    there = every(left.present, right.present)
    if sign != "_*_":
        return Number(left.sum.plus(right.sum, 1 if sign == "_+_" else -1), there)
    factor, of = (right, left) if not right.sum.terms else (left, right)
    return Number(of.sum.scaled(factor.sum.constant), there) if not factor.sum.terms else None


def _just(variable: Variable) -> Sum:
    return Sum(((Fraction(1), variable),), Fraction(0))


def _presence_of(variable: Variable) -> Formula:
    return Present(variable) if variable.may_be_empty else True


def _days(text: str) -> int:
    return date.fromisoformat(text).toordinal() - _EPOCH


def _day_of(year: int, month: int, day: int) -> Number | None:
    try:
        return _constant(Fraction(date(year, month, day).toordinal() - _EPOCH), "day")
    except ValueError:
        return None


def _moment_of(text: str) -> Number | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _constant(Fraction(int(moment.astimezone(UTC).timestamp())), "second") if moment.tzinfo else None


def _item_of(node: Node) -> str | None:
    operand = node.select.operand
    return str(node.select.field) if kind(operand) == "ident" and operand.ident.name == "data" else None


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
