"""What the indicators of a workflow range over: a word of `count` or `over`, and the type of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.definition.datatypes import ACTOR, DataItem, DataType, TypeName, record, simple
from engine.definition.indicators import ACT, ATTENDANCE, BALLOT, CASES, CHILDREN, DEADLINE, OUTCOME, ROW, Over
from engine.definition.process import OUTCOMES
from engine.definition.source import Path

if TYPE_CHECKING:
    from engine.definition.compilation import Compilation

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


class Ranging:
    """Gives what there is to range over in one workflow."""

    def __init__(self, work: Compilation, items: Mapping[str, DataItem]) -> None:
        self.work, self.items = work, items
        data = DataType(TypeName.RECORD, fields=tuple(items.values()))
        self._taking = record({"at": simple(TypeName.DATETIME), "actor": ACTOR, "data": data})
        self._papers: dict[str, DataType] = {}

    def __call__(self, written: str | None, path: Path) -> tuple[Over | None, Mapping[str, DataType]]:
        """Give what is meant, cases without a word, and the variables of its expressions; None, with a problem, if it names nothing."""
        over, row = self._over(written or CASES, path)
        return over, {OUTCOME: _OUTCOME} if row is None else {OUTCOME: _OUTCOME, ROW: row}

    def _over(self, written: str, path: Path) -> tuple[Over | None, DataType | None]:
        kind_, _, name = written.partition(".")
        match kind_:
            case "cases":
                return Over(CASES), None
            case "rows":
                self.work.report("indicator.over", "`rows` are those of a registry; a workflow has cases", path)
                return None, None
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
