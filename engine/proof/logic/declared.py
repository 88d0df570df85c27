"""The variables behind what a definition declares: their sorts, their bounds, and whether they may be empty."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from engine.definition.datatypes import LISTS, NUMBERS, DataItem, DataType, TypeName
from engine.proof.logic.formula import Formula, Sort, Truth, Variable, every, no
from engine.proof.logic.terms import Number, Words, compared, constant, days, just, presence_of, same

_ALWAYS_THERE = frozenset(
    {"actor.id", "actor.role", "actor.organisation", "case.id", "case.organisation", "case.opened_at", "case.opened_by"}
)


class Declared:
    """The variables of one definition's declared names."""

    def __init__(self, data: Mapping[str, DataItem]) -> None:
        self.data = data
        self._filled = frozenset(name for name, item in data.items() if item.default is not None)

    def variable(self, path: str, kind: DataType) -> Variable:
        """Give the variable of what is read by a path; of a list or record it is only whether it is there."""
        empty = not self.is_always_there(path)
        match kind.name:
            case TypeName.BOOL:
                return Variable(path, Sort.BOOL, empty)
            case TypeName.INT | TypeName.DECIMAL:
                low, high = (Fraction(bound) for bound in kind.between) if kind.between else (None, None)
                return Variable(path, Sort.WHOLE if kind.name is TypeName.INT else Sort.REAL, empty, low, high)
            case TypeName.DATE:
                low, high = (Fraction(days(bound)) for bound in kind.between) if kind.between else (None, None)
                return Variable(path, Sort.WHOLE, empty, low, high, unit="day")
            case TypeName.DATETIME:
                return Variable(path, Sort.WHOLE, empty, unit="second")
            case TypeName.CHOICE if kind.options is not None and kind.options_setting is None:
                return Variable(path, Sort.TEXT, empty, options=tuple(kind.options))
            case _:
                return Variable(path, Sort.TEXT, empty)

    def is_always_there(self, path: str) -> bool:
        """Say whether what a path reads is never empty."""
        root, _, rest = path.partition(".")
        return root == "settings" or path in _ALWAYS_THERE or (root in {"data", "was"} and rest in self._filled)

    def length(self, path: str, kind: DataType) -> Number:
        """Give the length of a list or text."""
        most = Fraction(kind.max) if kind.max is not None else None
        size = Variable(f"size({path})", Sort.WHOLE, low=Fraction(0), high=most)
        return Number(just(size), presence_of(self.variable(path, kind)))

    def item(self, name: str) -> Variable:
        """Give the variable of a data item."""
        return self.variable(f"data.{name}", self.data[name].type)

    def begins_with(self, name: str) -> Formula:
        """Say what holds of an item before anything was filled in: it has its default, or is empty."""
        item, variable = self.data[name], self.item(name)
        if item.default is None:
            return no(presence_of(variable))
        match item.default:
            case bool():
                return Truth(variable) if item.default else no(Truth(variable))
            case list():
                entries = constant(Fraction(len(item.default)))
                return compared("=", self.length(f"data.{name}", item.type), entries).true
            case _ if variable.sort is Sort.TEXT:
                return same(Words(variable, True), Words(str(item.default), True)).true
            case _ if item.type.name is TypeName.DATE:
                return compared("=", Number(just(variable), True), constant(Fraction(days(item.default)))).true
            case _ if item.type.name in NUMBERS:
                return compared("=", Number(just(variable), True), constant(Fraction(str(item.default)))).true
            case _:
                return True

    def is_filled(self, name: str, *, by_people: bool = False) -> Formula:
        """Say that an item has a value. What people fill in has entries, if it is a list."""
        there, kind = presence_of(self.item(name)), self.data[name].type
        if by_people and kind.name in LISTS:
            return every(there, compared("<", constant(Fraction(0)), self.length(f"data.{name}", kind)).true)
        return there
