"""A small definition's scope and views for the tests of expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from engine.clock import Instant, parse_instant
from engine.definition.calendars import Calendar
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.expressions import Names, Scope, structs_of_case

TEXT, INT, BOOL, DATE = (DataType(name) for name in (TypeName.TEXT, TypeName.INT, TypeName.BOOL, TypeName.DATE))
DECIMAL = DataType(TypeName.DECIMAL, scale=1)
SOURCE = DataType(TypeName.CHOICE, options={"party_gov": {"zh-CN": "党政点题"}, "member": {"zh-CN": "委员荐题"}})


def item(name: str, kind: DataType, default: Any = None) -> DataItem:
    """Declare an item titled by its name."""
    return DataItem(name, {"zh-CN": f"{name}标题", "en": name.title()}, kind, default=default)


TASK = DataType(
    TypeName.RECORD,
    fields=(item("unit", DataType(TypeName.UNIT)), item("demand", TEXT), item("due", DATE), item("n", INT), item("source", SOURCE)),
)
ITEMS = {
    each.id: each
    for each in (
        item("topic", TEXT),
        item("special", BOOL, default=False),
        item("agreed", BOOL),
        item("n", INT),
        item("score", DECIMAL),
        item("source", SOURCE),
        item("proposers", DataType(TypeName.LIST, of=DataType(TypeName.PERSON)), default=[]),
        item("channels", DataType(TypeName.TAGS, options={"media": {}, "leader": {}})),
        item("session_on", DATE),
        item("met_at", DataType(TypeName.DATETIME)),
        item("tasks", DataType(TypeName.LIST, of=TASK), default=[]),
        item("main", TASK),
        item("came", DataType(TypeName.ATTENDANCE)),
    )
}
SETTINGS = {"line": DataType(TypeName.DECIMAL), "term": DataType(TypeName.TERM), "answers": DataType(TypeName.OPTIONS)}
CALENDAR = Calendar("cn", {"zh-CN": "日历"}, ZoneInfo("Asia/Shanghai"), "17:30", frozenset({5, 6}), {}, {}, "cn@test")
SCOPE = Scope(
    structs_of_case(ITEMS, SETTINGS), Names.plain(["call", "submit"], ["topic", "topic.vetting"], ["topic.vetting.decide"]), CALENDAR
)


class CaseView:
    """A view of a case in `topic.vetting`, at 09:00 of 2026-02-10 in Shanghai. `call` was taken twice, `submit` never."""

    def __init__(self, data: Mapping[str, Any] | None = None, was: Mapping[str, Any] | None = None) -> None:
        self.data: Mapping[str, Any] = data or {}
        self.was: Mapping[str, Any] = was or {}
        self.actor: Mapping[str, Any] = {"id": "wang", "role": "office", "organisation": "city"}
        self.case: Mapping[str, Any] = {"id": "c1", "opened_at": "2026-02-01T00:00:00Z"}
        self.settings: Mapping[str, Any] = {"line": "60", "term": "15 working days", "answers": {"a": {"zh-CN": "已解决"}}}
        self.now: Instant = parse_instant("2026-02-10T09:00:00+08:00")
        self.children: Mapping[str, Any] = {}
        self.links: Mapping[str, Any] = {}
        self.parties: Mapping[str, Any] = {}
        self.ballots: Mapping[str, Any] = {}
        self.given: Mapping[str, Any] = {}

    def is_in(self, state: str) -> bool:
        return state in {"topic", "topic.vetting"}

    def count(self, act: str) -> int:
        return 2 if act == "call" else 0

    def count_since(self, act: str, state: str) -> int:
        return 1 if (act, state) == ("call", "topic") else 0

    def last(self, act: str) -> Instant | None:
        return parse_instant("2026-02-09T09:00:00+08:00") if act == "call" else None

    def entered(self, state: str) -> Instant | None:
        return parse_instant("2026-02-08T09:00:00+08:00") if state == "topic" else None

    def overdue(self, deadline: str) -> bool:
        return deadline == "topic.vetting.decide"

    def met(self, deadline: str) -> bool:
        return deadline == ""

    def looked_up(self, target: str, key: str) -> Mapping[str, Any]:
        return {"name": f"{target} {key}"}

    def live(self, item: str) -> Any:
        return self.data.get(item)
