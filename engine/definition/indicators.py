"""`indicators`: figures over all cases of a workflow, compiled. What is counted, which of it, parted by what, and what is to be reached.

What is counted are rows: a case, the taking of an act, an entry of an attendance, a paper of a ballot, a deadline that has come, a
child, the other end of a link, a row of a list. Expressions see the case, and where it is not the case itself that counts, its `row`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.definition import model
from engine.definition.cel_ast import Node, Tree, kind, walk
from engine.definition.cel_functions import TIME_IN
from engine.definition.datatypes import ACTOR, INSTANTS, NUMBERS, STRINGS, DataItem, DataType, TypeName, record, simple
from engine.definition.model.workflow import MEASURES
from engine.definition.process import OUTCOMES, Text
from engine.definition.source import Path
from engine.definition.terms import Unit

if TYPE_CHECKING:
    from engine.definition.compilation import Compilation
    from engine.definition.expressions import Expression

CASES, ACT, ATTENDANCE, BALLOT, DEADLINE, CHILDREN, LINKS, DATA = (
    "cases",
    "act",
    "attendance",
    "ballot",
    "deadline",
    "children",
    "links",
    "data",
)
COUNT, SHARE, SUM, MEAN, RANK, DISTINCT, PERCENTILE = "count", "share", "sum", "mean", "rank", "distinct", "percentile"
ROW, OUTCOME = "row", "outcome"
MEDIAN = (Decimal(50),)
ALL = ""
"""The name of a denominator that has none."""

YES_NO: Mapping[str, Text] = {"true": {"zh-CN": "是", "en": "yes"}, "false": {"zh-CN": "否", "en": "no"}}
_OUTCOME = DataType(TypeName.CHOICE, options={each: {"en": each} for each in OUTCOMES})
_DEADLINE = record(
    {
        "status": DataType(
            TypeName.CHOICE, options={each: {"en": each} for each in ("running", "waiting", "paused", "met", "late", "missed")}
        ),
        "met": simple(TypeName.BOOL),
        "due": simple(TypeName.DATETIME),
        "period": simple(TypeName.INT),
        "party": simple(TypeName.TEXT),
    }
)
_PAPER = {
    "ballot": simple(TypeName.TEXT),
    "mode": simple(TypeName.TEXT),
    "item": simple(TypeName.TEXT),
    "valid": simple(TypeName.BOOL),
    "points": simple(TypeName.DECIMAL),
}


@dataclass(frozen=True, slots=True)
class Over:
    """What is ranged over: its ``kind``, and the ``name`` of the act, deadline, list … in full; no name for cases and all ballots."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}" if self.name else self.kind


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One of the things an indicator is parted by. ``options``: all values there are, if that is a closed list."""

    text: str
    title: Text
    value: Expression
    options: Mapping[str, Text] | None


@dataclass(frozen=True, slots=True)
class Quota:
    """What is to be reached: one number, or one for each value of `by`. ``pace``: linear, schedule or none; ``warn``: role ids."""

    at_least: Mapping[str, Decimal]  # ALL -> the one number
    pace: str | None
    warn: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Indicator:
    """One indicator.

    ``value``: what is measured, a bool for `share`, nothing for `count`. ``of``: the denominators by name, None: all. ``since``: the
    first day that counts. ``at``: percentiles. ``unit``: that of `time_in`. ``reads``: items of the case that its figures may give away.
    """

    name: str
    title: Text
    measure: str
    over: Over
    value: Expression | None
    of: Mapping[str, Expression | None]
    where: Expression | None
    by: tuple[Part, ...]
    per: str | None
    since: date | None
    at: tuple[Decimal, ...]
    unit: Unit | None
    shown_as: str | None
    quota: Quota | None
    parts: bool
    reads: frozenset[str] = field(default=frozenset())

    @property
    def expressions(self) -> Iterator[Expression]:
        """Every expression of it."""
        found = (self.where, self.value, *self.of.values(), *(part.value for part in self.by))
        yield from (each for each in found if each is not None)


class Indicators:
    """Compiles the indicators of one workflow."""

    def __init__(self, work: Compilation, items: Mapping[str, DataItem], settings: Mapping[str, Any]) -> None:
        self.work, self.items, self.settings = work, items, settings
        data = DataType(TypeName.RECORD, fields=tuple(items.values()))
        self._taking = record({"at": simple(TypeName.DATETIME), "actor": ACTOR, "data": data})
        self._papers: dict[str, DataType] = {}

    def all(self) -> dict[str, Indicator]:
        """Give those that mean something; what is wrong with the others is reported."""
        return {name: made for name, written in self.work.workflow.indicators.items() if (made := self._indicator(name, written))}

    def _indicator(self, name: str, written: model.Indicator) -> Indicator | None:
        work, path = self.work, ("indicators", name)
        measure = next(each for each in MEASURES if getattr(written, each) is not None)
        said_at = (*path, COUNT) if measure == COUNT else (*path, "over")
        over, row = self._over((written.count if measure == COUNT else written.over) or CASES, said_at)
        seen = {OUTCOME: _OUTCOME} if row is None else {OUTCOME: _OUTCOME, ROW: row}
        if over is None:
            return None
        value = self._value(measure, written, path, seen)
        of = self._denominators(written, path, seen) if measure == SHARE else {}
        by = tuple(self._parts(written, path, seen))
        return Indicator(
            name=name,
            title=work.text(written.title, name),
            measure=measure,
            over=over,
            value=value,
            of=of,
            where=self._expression(written.where, "bool", (*path, "where"), seen),
            by=by,
            per=written.per,
            since=self._since(written.from_, (*path, "from")),
            at=tuple(map(Decimal, written.at)) if written.at else MEDIAN,
            unit=Unit(written.unit) if written.unit is not None else None,
            shown_as=written.shown_as,
            quota=self._quota(written, (*path, "quota")),
            parts=written.parts,
            reads=self._given_away(measure, over, value, by),
        )

    def _given_away(self, measure: str, over: Over, value: Expression | None, by: tuple[Part, ...]) -> frozenset[str]:
        """Name the items whose single values can be read off the figures: those it is parted by, and those told or ranked one by one."""
        told = [part.value for part in by] + ([value] if value is not None and measure in {RANK, DISTINCT, PERCENTILE} else [])
        fields = {name for each in told for name in _fields_read(Tree(each.checked).root)}
        return frozenset(fields & self.items.keys()) | ({over.name} & self.items.keys() if told else frozenset())

    # --- what is ranged over ----------------------------------------------------------------------------------------

    def _over(self, written: str, path: Path) -> tuple[Over | None, DataType | None]:
        """Give what a word of `count` or `over` names, and the type of its rows; None, with a problem, where it names nothing."""
        kind_, _, name = written.partition(".")
        match kind_:
            case "cases":
                return Over(CASES), None
            case "act":
                act = self.work.act(name, path)
                return (None if act is None else Over(ACT, act)), self._taking
            case "ballot":
                return self._ballot(name, path)
            case "deadline":
                known = self.work.scope.names.deadlines if self.work.scope is not None else {}
                return self._named(DEADLINE, name, known, "deadline", "name.unknown_deadline", path), _DEADLINE
            case "children" | "links":
                return self._related(kind_, name, path)
            case _:
                return self._list(kind_, name, path)

    def _named(self, of: str, name: str, known: Mapping[str, str], what: str, rule: str, path: Path) -> Over | None:
        if name not in known:
            self.work.unknown(what, rule, name, known, path)
            return None
        return Over(of, known[name])

    def _related(self, word: str, name: str, path: Path) -> tuple[Over | None, DataType | None]:
        scope = self.work.scope
        declared = scope.variables.get(word) if scope is not None else None
        item = declared.field(name) if declared is not None else None
        if item is None:
            known = [each.id for each in declared.fields] if declared is not None else []
            what, rule = ("group of children", "name.unknown_children") if word == CHILDREN else ("link", "name.unknown_link")
            self.work.unknown(what, rule, name, known, path)
            return None, None
        return Over(word, name), item.type.element

    def _list(self, word: str, name: str, path: Path) -> tuple[Over | None, DataType | None]:
        item = self.items.get(name)
        if item is None:
            self.work.unknown("data item", "name.unknown_item", name, self.items, path)
            return None, None
        is_attendance = item.type.name is TypeName.ATTENDANCE
        if item.type.element is None or (word == ATTENDANCE and not is_attendance):
            wanted = "an attendance" if word == ATTENDANCE else "a list"
            self.work.report("indicator.over", f"expected {wanted} to range over, `{name}` is {item.type}", path)
            return None, None
        return Over(word, name), item.type.element

    def _ballot(self, name: str, path: Path) -> tuple[Over | None, DataType | None]:
        shapes = {each: ballot for site in self.work.states for each, ballot in site.shape.ballots.items()}
        if name and name not in shapes:
            self.work.unknown("ballot", "name.unknown_ballot", name, shapes, path)
            return None, None
        if name not in self._papers:
            grades = [self._grades(shapes[each].scale) for each in ([name] if name else shapes)]
            known = {key: {"en": key} for each in grades for key in each}
            grade = DataType(TypeName.CHOICE, options=known) if known else simple(TypeName.TEXT)
            self._papers[name] = record({**_PAPER, "grade": grade})
        return Over(BALLOT, name), self._papers[name]

    def _grades(self, scale: Any) -> list[str]:
        if isinstance(scale, Mapping):
            return list(scale)
        word, _, name = str(scale or "").partition(".")
        return list(self.work.lists.get(name, ())) if word == "lists" else []

    # --- expressions ------------------------------------------------------------------------------------------------

    def _expression(self, text: str | None, expects: Any, path: Path, seen: Mapping[str, DataType]) -> Expression | None:
        found = self.work.expression(text, expects, path, seen)
        if found is None:
            return None
        for word in ("actor", "was"):
            if any(each.startswith(f"{word}.") for each in found.may_be_missing):
                way_out = "; who took an act is `row.actor`, over act.X" if word == "actor" else ""
                self.work.report("indicator.moment", f"`{word}` belongs to an act, and nobody acts when a figure is counted{way_out}", path)
        if "now" in _names(Tree(found.checked).root):
            self.work.report("indicator.moment", "a figure holds for a day: write `today`, which changes once a day", path)
        return found

    def _value(self, measure: str, written: model.Indicator, path: Path, seen: Mapping[str, DataType]) -> Expression | None:
        if measure == COUNT:
            return None
        at = (*path, measure)
        found = self._expression(getattr(written, measure), "bool" if measure == SHARE else "any", at, seen)
        if found is None or measure == SHARE:
            return found
        allowed = STRINGS | NUMBERS | INSTANTS | {TypeName.BOOL} if measure == DISTINCT else NUMBERS
        if found.gives is None or found.gives.name not in allowed - ({TypeName.DECIMAL} if measure == DISTINCT else set()):
            wanted = "a text, a whole number, a date or true/false" if measure == DISTINCT else "a number"
            self.work.report("indicator.value", f"`{measure}` needs an expression that gives {wanted}, got {_shown(found)}", at)
        asks_time = any(function == TIME_IN for function, _ in found.memory)
        if asks_time and written.unit is None:
            self.work.report("indicator.unit", "`time_in` needs `unit`: hours, days, weeks, months, years or working days", at)
        if written.unit is not None and not asks_time:
            self.work.report("indicator.unit", "`unit` is that of `time_in('state')`, which nothing asks for here", (*path, "unit"))
        return found

    def _denominators(self, written: model.Indicator, path: Path, seen: Mapping[str, DataType]) -> dict[str, Expression | None]:
        if written.of is None:
            return {ALL: None}
        if isinstance(written.of, str):
            return {ALL: self._expression(written.of, "bool", (*path, "of"), seen)}
        return {name: self._expression(text, "bool", (*path, "of", name), seen) for name, text in written.of.items()}

    def _parts(self, written: model.Indicator, path: Path, seen: Mapping[str, DataType]) -> Iterator[Part]:
        texts = () if written.by is None else (written.by,) if isinstance(written.by, str) else tuple(written.by)
        for number, text in enumerate(texts):
            at = (*path, "by") if isinstance(written.by, str) else (*path, "by", number)
            found = self._expression(text, "any", at, seen)
            if found is None:
                continue
            if found.gives is None or found.gives.name not in STRINGS | {TypeName.INT, TypeName.BOOL}:
                message = f"`by` needs an expression that gives a text, a whole number or true/false, got {_shown(found)}"
                self.work.report("indicator.value", message, at)
            item = self._read(Tree(found.checked).root, seen)
            title = item.title if item is not None else {self.work.languages[0]: text}
            yield Part(text, title, found, _closed(item.type if item is not None else found.gives))

    def _read(self, node: Node, seen: Mapping[str, DataType]) -> DataItem | None:
        """Give the item behind a plain read, like ``data.kind`` or ``row.data.grade``; None for all else."""
        if kind(node) == "ident":
            declared = seen.get(node.ident.name)
            return DataItem(node.ident.name, {"en": node.ident.name}, declared) if declared is not None else None
        if kind(node) != "select" or node.select.test_only:
            return None
        operand = node.select.operand
        variables = self.work.scope.variables if self.work.scope is not None else {}
        if kind(operand) == "ident":
            owner = seen.get(operand.ident.name) or variables.get(operand.ident.name)
        else:
            inner = self._read(operand, seen)
            owner = inner.type if inner is not None else None
        return owner.field(node.select.field) if owner is not None else None

    # --- what is to be reached --------------------------------------------------------------------------------------

    def _since(self, text: str | None, path: Path) -> date | None:
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.work.report("indicator.from", f"expected a day like 2026-01-01, got {text!r}", path)
            return None

    def _quota(self, written: model.Indicator, path: Path) -> Quota | None:
        quota = written.quota
        if quota is None:
            return None
        work = self.work
        if quota.pace is not None and written.per is None:
            work.report("indicator.quota", "`pace` asks how much is expected by now, so `per` must say in which time", (*path, "pace"))
        if quota.pace is not None and (written.share is not None or written.mean is not None):
            work.report("indicator.quota", "a share or a mean does not grow with time: leave `pace` out", (*path, "pace"))
        if quota.pace == "schedule" and not work.workflow.schedules:
            work.report("indicator.quota", "`pace: schedule` goes by the `schedules` of the workflow, and there are none", (*path, "pace"))
        if written.rank is not None or written.percentile is not None:
            work.report("indicator.quota", "a quota is a number to be reached: a rank or a percentile has none", path, at_key=True)
        amounts = quota.at_least if isinstance(quota.at_least, Mapping) else {ALL: quota.at_least}
        if isinstance(quota.at_least, Mapping) and not (isinstance(written.by, str) or (written.by and len(written.by) == 1)):
            work.report("indicator.quota", "a number for each value needs one `by` that gives the values", (*path, "at_least"))
        found = {str(key): self._amount(amount, (*path, "at_least")) for key, amount in amounts.items()}
        return Quota(
            at_least={key: amount for key, amount in found.items() if amount is not None},
            pace=quota.pace,
            warn=work.roles(quota.warn, (*path, "warn")),
        )

    def _amount(self, amount: Any, path: Path) -> Decimal | None:
        if not isinstance(amount, str):
            return Decimal(amount)
        name = amount.removeprefix("settings.")
        setting = self.settings.get(name)
        if setting is None:
            self.work.unknown("setting", "name.unknown_setting", name, self.settings, path)
            return None
        if setting.kind.name not in {TypeName.INT, TypeName.DECIMAL}:
            self.work.report("indicator.quota", f"expected a setting that is a number, `{name}` is {setting.kind.name}", path)
            return None
        return Decimal(str(setting.value))


def _names(node: Node) -> set[str]:
    return {each.ident.name for each in walk(node) if kind(each) == "ident"}


def _fields_read(node: Node) -> set[str]:
    return {each.select.field for each in walk(node) if kind(each) == "select"}


def _closed(found: DataType | None) -> Mapping[str, Text] | None:
    """Give all values of a type, if they are a closed list."""
    if found is not None and found.name is TypeName.BOOL:
        return YES_NO
    return found.options if found is not None else None


def _shown(found: Expression) -> str:
    return str(found.gives) if found.gives is not None else "something else"
