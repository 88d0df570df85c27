"""Compiles indicators, of a workflow or a registry: every expression typed, everything that is wrong told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from engine.definition import model
from engine.definition.cel_ast import Node, Tree, kind, walk
from engine.definition.cel_functions import TIME_IN
from engine.definition.datatypes import INSTANTS, NUMBERS, STRINGS, DataItem, DataType, TypeName
from engine.definition.indicators import (
    ALL,
    COUNT,
    DISTINCT,
    PERCENTILE,
    RANK,
    SHARE,
    YES_NO,
    Indicator,
    Over,
    Part,
    Quota,
)
from engine.definition.model.workflow import MEASURES
from engine.definition.process import Setting, Text
from engine.definition.source import Path
from engine.definition.terms import Unit

if TYPE_CHECKING:
    from engine.definition.cel_results import Expected
    from engine.definition.expressions import Expression, Scope

MEDIAN = (Decimal(50),)
SETTINGS = "settings."

Ranged = Callable[[str | None, Path], tuple[Over | None, Mapping[str, DataType]]]
"""Gives what a word of `count` or `over` names, and the variables that its expressions see beside the case."""


class Work(Protocol):
    """What indicators are compiled for: a workflow or a registry on its way."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Give the languages."""
        ...

    @property
    def scope(self) -> Scope | None:
        """Give the typed names of expressions."""
        ...

    def report(self, rule: str, message: str, path: Sequence[str | int], *, column: int = 0, at_key: bool = False) -> None:
        """Note a problem at its place."""
        ...

    def unknown(self, kind: str, rule: str, name: str, known: Iterable[str], path: Sequence[str | int]) -> None:
        """Report a name that means nothing."""
        ...

    def text(self, text: Mapping[str, str] | None, otherwise: str) -> Text:
        """Give a text by language."""
        ...

    def roles(self, names: Iterable[str] | None, path: Path) -> tuple[str, ...]:
        """Check that roles are declared."""
        ...

    def expression(
        self, text: str | None, expects: Expected, path: Sequence[str | int], variables: Mapping[str, DataType] | None = None
    ) -> Expression | None:
        """Compile an expression; None, with its problems, if it is wrong or there is none."""
        ...


class Indicators:
    """Compiles the indicators of one file. ``items``: those that a figure may give away; ``scheduled``: it has schedules."""

    def __init__(
        self, work: Work, ranged: Ranged, items: Mapping[str, DataItem], settings: Mapping[str, Setting], *, scheduled: bool
    ) -> None:
        self.work, self.ranged, self.items, self.settings, self.scheduled = work, ranged, items, settings, scheduled

    def all(self, written: Mapping[str, model.Indicator]) -> dict[str, Indicator]:
        """Give those that mean something; what is wrong with the others is reported."""
        return {name: made for name, each in written.items() if (made := self._indicator(name, each)) is not None}

    def _indicator(self, name: str, written: model.Indicator) -> Indicator | None:
        work, path = self.work, ("indicators", name)
        measure = next(each for each in MEASURES if getattr(written, each) is not None)
        said_at = (*path, COUNT) if measure == COUNT else (*path, "over")
        over, seen = self.ranged(written.count if measure == COUNT else written.over, said_at)
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
            on=self._expression(written.on, "instant", (*path, "on"), seen),
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
        if quota.pace == "schedule" and not self.scheduled:
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
            settings={str(key): amount.removeprefix(SETTINGS) for key, amount in amounts.items() if isinstance(amount, str)},
        )

    def _amount(self, amount: Any, path: Path) -> Decimal | None:
        if not isinstance(amount, str):
            return Decimal(amount)
        name = amount.removeprefix(SETTINGS)
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
