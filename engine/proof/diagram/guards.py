"""Conditions as staff say them: a condition becomes a clause of titles and plain words, made from its syntax tree.

It decides nothing. What it cannot say whole it does not say at all, so that no sign of an expression ever stands in a picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.refusals import label
from engine.definition.cel_ast import Node, Tree, kind, literal, walk
from engine.definition.datatypes import DataType, TypeName
from engine.definition.expressions import Expression
from engine.definition.process import ProcessDefinition, Text
from engine.definition.relations import OpenCase
from engine.proof.diagram.words import say

_OPPOSITE = {"_==_": "_!=_", "_!=_": "_==_", "_<_": "_>=_", "_>=_": "_<_", "_>_": "_<=_", "_<=_": "_>_"}
_TURNED = {"_<_": "_>_", "_>_": "_<_", "_<=_": "_>=_", "_>=_": "_<=_"}
_WORDS = {"_==_": "same", "_!=_": "differs", "_<_": "less", "_>=_": "not_less", "_>_": "more", "_<=_": "not_more"}
_OF_DAYS = {"_<_": "earlier", "_>=_": "not_earlier", "_>_": "later", "_<=_": "not_later"}
_DAYS = frozenset({TypeName.DATE, TypeName.DATETIME})
_PEOPLE = frozenset({"actor.id", "actor.unit", "actor.role", "case.opened_by", "case.organisation"})
_OUTCOMES = frozenset({"success", "partial", "rejected", "withdrawn", "referred", "merged", "lapsed", "failed"})

Around = Mapping[str, DataType]
"""The variables of the loops around a node, with what each holds."""


def spoken(condition: Expression, definition: ProcessDefinition, language: str) -> str | None:
    """Say a condition as a clause; None where that cannot be done in plain words."""
    try:
        return _Speaker(definition, language).clause(Tree(condition.checked).root, {})
    except _Unsayable:
        return None


def called(value: Expression, definition: ProcessDefinition, language: str) -> str | None:
    """Name the value an expression gives, like the day a deadline counts from; None where there is no plain name."""
    try:
        return _Speaker(definition, language).noun(Tree(value.checked).root, {})
    except _Unsayable:
        return None


class _Unsayable(Exception):
    """There are no plain words for a part."""


class _Speaker:
    def __init__(self, definition: ProcessDefinition, language: str) -> None:
        self.definition = definition
        self.language = language

    def say(self, word: str, **parts: object) -> str:
        return say(word, self.language, **parts)

    # --- clauses: what is true or not -------------------------------------------------------------------------------

    def clause(self, node: Node, around: Around, *, holds: bool = True) -> str:
        """Say that a condition holds, or that it does not."""
        match kind(node), function_of(node):
            case "call", "!_":
                return self.clause(node.call.args[0], around, holds=not holds)
            case "call", "_&&_" | "_||_":
                return self.joined(node, around, holds=holds)
            case "call", "@in":
                return self.among(node.call.args[0], node.call.args[1], around, holds=holds)
            case "call", function if function in _OPPOSITE:
                sides = (node.call.args[0], node.call.args[1])
                return self.compared(function if holds else _OPPOSITE[function], *sides, around)
            case "call", "In" | "met" | "overdue" as asked:
                word = {"In": "is_in", "met": "was_met", "overdue": "is_overdue"}[asked]
                return self.say(word if holds else f"{word}_not", what=self.remembered(asked, node))
            case "select", _ if node.select.test_only:
                return self.say("is_given" if holds else "is_empty", item=self.field(node, around))
            case "select", _:
                return self.fact(node, around, holds=holds)
            case "comprehension", _:
                return self.of_several(node, around, holds=holds)
            case _:
                raise _Unsayable

    def joined(self, node: Node, around: Around, *, holds: bool) -> str:
        """Join clauses by `and` or `or`."""
        told = self.told(node, holds=holds)
        said = [self.clause(part, around, holds=holds) for part in told]
        if len(said) > 1:
            several = [function_of(part) in {"_&&_", "_||_"} and len(self.told(part, holds=holds)) > 1 for part in told]
            said = [self.say("bracket", what=text) if inner else text for text, inner in zip(said, several, strict=True)]
        return self.say("and" if (node.call.function == "_&&_") == holds else "or").join(said)

    def told(self, node: Node, *, holds: bool) -> list[Node]:
        """Give the parts of a chain that have to be told: that an item is given goes without saying beside a clause about it."""
        parts = list(parts_of(node, node.call.function))
        if not holds or node.call.function != "_&&_":
            return parts
        about = {place for part in parts if not tests(part) for place in map(place_of, walk(part)) if place}
        return [part for part in parts if not (tests(part) and place_of(part) in about)]

    def fact(self, node: Node, around: Around, *, holds: bool) -> str:
        """Say an item that is true or false by itself."""
        title, told = self.of_ballot(node)
        if told in {"quorate", "covered", "closed"}:
            return self.say(told if holds else f"{told}_not", what=title)
        if node.select.field in {"done", "waived"} and self.type_of(node.select.operand, around).name is TypeName.CASE:
            return self.say(node.select.field if holds else f"{node.select.field}_not")
        return self.say("is_so" if holds else "is_not_so", item=self.noun(node, around))

    def compared(self, sign: str, left: Node, right: Node, around: Around) -> str:
        """Say how two values compare."""
        if kind(left) == "const" and kind(right) != "const":
            left, right, sign = right, left, _TURNED.get(sign, sign)
        value, equal = literal(right), sign == "_==_"
        if sign in {"_==_", "_!=_"} and isinstance(value, bool):
            return self.clause(left, around, holds=equal == value)
        if sign in {"_==_", "_!=_"} and isinstance(value, str):
            if place_of(left) == "actor.role":
                return self.say("acts" if equal else "acts_not", who=self.role(value))
            return self.say("is" if equal else "is_not", item=self.noun(left, around), value=self.option(value, left, around))
        if isinstance(value, int) and function_of(left) in {"size", "count"}:
            return self.amount(sign, left, value, around)
        words = _OF_DAYS if self.is_day(left, around) or self.is_day(right, around) else {}
        return self.say(words.get(sign, _WORDS[sign]), a=self.noun(left, around), b=self.noun(right, around))

    def amount(self, sign: str, counted: Node, number: int, around: Around) -> str:
        """Say how many entries a list has, or how often an act was taken: mostly that there is one or none."""
        what, some = (self.remembered("count", counted), "done_act") if function_of(counted) == "count" else ("", "there_is")
        what = what or self.listed_in(counted.call.args[0], around)
        if (sign, number) in {("_>_", 0), ("_>=_", 1), ("_!=_", 0)}:
            return self.say(some, what=what)
        if (sign, number) in {("_==_", 0), ("_<_", 1), ("_<=_", 0)}:
            return self.say(f"{some}_not", what=what)
        return self.say(_WORDS[sign], a=self.noun(counted, around), b=number)

    def among(self, one: Node, several: Node, around: Around, *, holds: bool) -> str:
        """Say whether one value is among several."""
        if kind(several) == "list":
            values = [self.option(value, one, around) for value in map(literal, several.list.elements) if isinstance(value, str)]
            if len(values) != len(several.list.elements):
                raise _Unsayable
            return self.say("is" if holds else "is_not", item=self.noun(one, around), value=self.say("or").join(values))
        value = literal(one)
        said = self.noun(one, around) if value is None else self.option(str(value), several, around)
        return self.say("has" if holds else "has_not", item=self.noun(several, around), value=said)

    def of_several(self, node: Node, around: Around, *, holds: bool) -> str:
        """Say what `all` or `exists` asks of the entries of a list."""
        loop = node.comprehension
        start, step = literal(loop.accu_init), function_of(loop.loop_step)
        if (start, step) not in {(True, "_&&_"), (False, "_||_")}:
            raise _Unsayable
        entry = self.type_of(loop.iter_range, around).element
        if entry is None:
            raise _Unsayable
        every = bool(start) == holds
        asked = self.clause(loop.loop_step.call.args[1], {**around, loop.iter_var: entry}, holds=holds)
        return self.say("every_one" if every else "some_one", what=self.listed_in(loop.iter_range, around), asked=asked)

    # --- nouns: what is compared ------------------------------------------------------------------------------------

    def noun(self, node: Node, around: Around) -> str:
        """Name a value."""
        match kind(node), function_of(node):
            case "select", _ if place_of(node) in _PEOPLE:
                return self.say(place_of(node) or "")
            case "select", _ if self.of_ballot(node)[1] == "mean":
                return self.say("mean", what=self.of_ballot(node)[0])
            case "select", _:
                return self.field(node, around)
            case "ident", _ if node.ident.name in {"today", "now"}:
                return self.say("today" if node.ident.name == "today" else "moment")
            case "const", _ if isinstance(literal(node), int | float):
                return str(literal(node))
            case "call", "size":
                return self.say("number_of", item=self.listed_in(node.call.args[0], around))
            case "call", "count":
                return self.say("times", act=self.remembered("count", node))
            case "call", "date":
                return self.day(*node.call.args, around=around)
            case _:
                raise _Unsayable

    def field(self, node: Node, around: Around) -> str:
        """Name an item, a setting, or what a record holds."""
        if node.select.field == "outcome" and self.type_of(node.select.operand, around).name is TypeName.CASE:
            return self.say("its_outcome")
        return self.say("item", title=self.title_of(node, around))

    def title_of(self, node: Node, around: Around) -> str:
        """Give the title of what a read gives, behind that of the record it is read from."""
        chosen = node.select
        item = self.type_of(chosen.operand, around).field(chosen.field)
        owner, _, name = (place_of(node) or "").partition(".")
        title = self.definition.settings[name].title if owner == "settings" and "." not in name else None
        title = title or (item.title if item is not None else {})
        if not title or title == {"en": chosen.field}:  # it has no title of its own: expressions alone see it
            raise _Unsayable
        said = self.text(title)
        if owner == "was":
            said = self.say("former", item=said)
        inside = kind(chosen.operand) == "select" and (place_of(chosen.operand) or "").startswith(("data.", "was."))
        if inside:
            said = self.say("of", whole=self.title_of(chosen.operand, around), part=said)
        return said

    def day(self, year: Node, month: Node, day: Node, *, around: Around) -> str:
        """Say a day, mostly one of a year that an item holds."""
        numbers, word = (literal(month), literal(day)), "day_of"
        if function_of(year) == "_+_" and literal(year.call.args[1]) == 1:
            year, word = year.call.args[0], "day_of_next"
        if not all(isinstance(number, int) for number in numbers):
            raise _Unsayable
        if literal(year) is not None:
            word = "fixed_day"
        month_name = self.say("months").split()[numbers[0] - 1]
        return self.say(word, year=self.noun(year, around), month=month_name, day=numbers[1])

    def listed_in(self, node: Node, around: Around) -> str:
        """Name a list: an item, the cases of a group or at the other ends of a link, the parties of a group."""
        if function_of(node) == "distinct":
            return self.listed_in(node.call.args[0], around)
        owner, _, name = (place_of(node) or "").partition(".")
        if owner == "children":
            groups = (group for state in self.definition.states.values() for group in state.children_groups)
            return self.say("item", title=self.text(next(group.title for group in groups if group.name == name)))
        if owner == "parties":
            return self.say("item", title=self.text(self.definition.parties[name].title))
        if owner == "links":
            return self.linked(name)
        return self.noun(node, around)

    def of_ballot(self, node: Node) -> tuple[str, str]:
        """Give the title of the ballot a node reads, and which of its facts; empty for all else."""
        owner, _, read = (place_of(node) or "").partition(".")
        name, _, told = read.partition(".")
        return (self.text(self.definition.ballots[name].title), told) if owner == "ballots" else ("", "")

    def linked(self, link: str) -> str:
        """Name the cases at the other ends of a link, by the act that opens them."""
        for state in self.definition.states.values():
            for spec in state.transitions:
                effects = (*spec.effects, *(effect for branch in spec.branches for effect in branch.effects))
                if spec.title and any(isinstance(effect, OpenCase) and effect.link == link for effect in effects):
                    return self.say("opened_by_act", act=self.text(spec.title))
        return self.say("linked")

    # --- names ------------------------------------------------------------------------------------------------------

    def remembered(self, asks: str, node: Node) -> str:
        """Give the title of the act, the state or the deadline that a question to the history names."""
        name = str(literal(node.call.args[0]))
        names, definition = definition_names(self.definition, asks), self.definition
        full = names.get(name, name)
        if asks == "In" and full in definition.states:
            return self.text(definition.states[full].title)
        if asks in {"met", "overdue"} and full in definition.deadlines:
            return self.text(definition.deadlines[full].title)
        if asks == "count":
            for state in definition.states.values():
                for spec in state.transitions:
                    if spec.name in {name, name.rpartition(".")[2]} and spec.title:
                        return self.text(spec.title)
        raise _Unsayable

    def option(self, value: str, of: Node, around: Around) -> str:
        """Give the title of an option of what a value is compared with."""
        place, found = place_of(of) or "", self.type_of(of, around)
        found = found.element or found
        if place == "actor.role":
            return self.role(value)
        if kind(of) == "select" and of.select.field == "outcome" and value in _OUTCOMES:
            return self.say("quoted", what=self.say(value))
        if kind(of) == "select" and of.select.field == "verdict":
            verdicts = {name: title for group in self.definition.parties.values() for name, title in group.verdicts.items()}
            options: Mapping[str, Text] = verdicts
        else:
            options = found.options or {}
        if value not in options:
            raise _Unsayable
        return self.say("quoted", what=self.text(options[value]))

    def role(self, name: str) -> str:
        if name in self.definition.roles:
            return self.text(self.definition.roles[name].title)
        if name == "clock":
            return self.say(name)
        raise _Unsayable

    def text(self, text: Text) -> str:
        return label(text, self.language)

    def is_day(self, node: Node, around: Around) -> bool:
        if kind(node) == "ident":
            return node.ident.name in {"today", "now"}
        return function_of(node) == "date" or (kind(node) == "select" and self.type_of(node, around).name in _DAYS)

    def type_of(self, node: Node, around: Around) -> DataType:
        """Give the type of an item as it was declared, which knows titles and options."""
        match kind(node), function_of(node):
            case "ident", _:
                found = around.get(node.ident.name) or self.definition.scope.variables.get(node.ident.name)
            case "select", _:
                item = self.type_of(node.select.operand, around).field(node.select.field)
                found = item.type if item is not None else None
            case "call", "_[_]":
                found = self.type_of(node.call.args[0], around).element
            case _:
                found = None
        if found is None:
            raise _Unsayable
        return found


def definition_names(definition: ProcessDefinition, asks: str) -> Mapping[str, str]:
    """Give what the constants of a question to the history mean in full."""
    names = definition.scope.names
    return {"In": names.states, "count": names.acts}.get(asks, names.deadlines)


def function_of(node: Node) -> str:
    """Give the function a node calls; empty for all else."""
    return str(node.call.function) if kind(node) == "call" else ""


def parts_of(node: Node, function: str) -> Iterator[Node]:
    """Give what a chain of `&&` or of `||` joins."""
    if function_of(node) != function:
        yield node
        return
    for part in node.call.args:
        yield from parts_of(part, function)


def tests(node: Node) -> bool:
    """Say whether a node is `has()`."""
    return kind(node) == "select" and bool(node.select.test_only)


def place_of(node: Node) -> str | None:
    """Give the names of a read like `data.topic.title`, joined; None for anything else."""
    if kind(node) == "ident":
        return str(node.ident.name)
    if kind(node) != "select":
        return None
    before = place_of(node.select.operand)
    return None if before is None else f"{before}.{node.select.field}"
