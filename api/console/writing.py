"""How the pages write things: days and instants in the calendar's zone, values by their types, names for ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from typing import Any

from babel.dates import get_timezone_name

from api.console.texts import Words
from engine.clock import Instant, parse_instant, rfc3339, to_datetime
from engine.core.case import CLOCK
from engine.core.compiled import CANCELLED, CANCELLED_TITLE
from engine.core.refusals import label
from engine.core.wording import attendance_in_words
from engine.definition.canonical import options_in_force
from engine.definition.datatypes import INSTANTS, ROW_FIELDS, DataItem, DataType, TypeName
from engine.definition.process import ROOT, ProcessDefinition, RungTime, Text

ROW_STAMPS = tuple(each.id for each in ROW_FIELDS)


@dataclass(frozen=True, slots=True)
class When:
    """An instant for a `time` element: what machines read, and what people do."""

    machine: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as a page shows it: a text, a list of values, pairs of a title and a value, or a table."""

    text: str = ""
    whole: bool = False  # not to be broken over lines
    items: tuple[Shown, ...] = ()
    pairs: tuple[tuple[str, Shown], ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[Shown, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Names of people and units by their ids, as far as they are known."""

    people: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


class Writer:
    """Writes in one language and one time zone."""

    def __init__(self, words: Words, zone: tzinfo, names: Names | None = None) -> None:
        self.words, self.zone = words, zone
        self.language = words.language
        self.names = names or Names()

    # --- time -------------------------------------------------------------------------------------------------------

    def day(self, day: date | str) -> str:
        """Write a day."""
        found = date.fromisoformat(day) if isinstance(day, str) else day
        return f"{found.year}年{found.month}月{found.day}日" if self.words.chinese else f"{found.day} {found:%b} {found.year}"

    def instant(self, instant: Instant | str) -> When:
        """Write an instant to the minute."""
        number = parse_instant(instant) if isinstance(instant, str) else instant
        moment = to_datetime(number).astimezone(self.zone)
        return When(rfc3339(number), f"{self.day(moment.date())} {moment:%H:%M}")

    def due(self, instant: Instant | str) -> When:
        """Write a due instant as people say it: the end of a day is 24:00 of that day, not 00:00 of the next."""
        number = parse_instant(instant) if isinstance(instant, str) else instant
        moment = to_datetime(number).astimezone(self.zone)
        if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
            return self.instant(number)
        return When(rfc3339(number), f"{self.day(to_datetime(number - 1).astimezone(self.zone).date())} 24:00")

    def zone_name(self) -> str:
        """Name the time zone, as in 中国标准时间."""
        return get_timezone_name(self.zone, locale="zh_CN" if self.words.chinese else "en")

    def size(self, count: int) -> str:
        """Write a number of bytes."""
        for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
            if count >= factor:
                return f"{count / factor:.1f}".removesuffix(".0") + f" {unit}"
        return f"{count} B"

    def rung(self, at: RungTime) -> str:
        """Write when a rung fires."""
        if at.share is not None:
            return self.words("rung_share", share=at.share)
        if at.before is not None:
            return self.words("rung_before", term=at.before.text(self.language))
        if at.after is not None:
            return self.words("rung_after", term=at.after.text(self.language))
        return self.words("rung_start" if at.text == "start" else "rung_at_due")

    # --- names ------------------------------------------------------------------------------------------------------

    def text(self, text: Text) -> str:
        """Choose the language of a text of a definition."""
        return label(text, self.language)

    def person(self, person: str) -> str:
        """Name a person, or the clock."""
        return self.words("clock") if person == CLOCK else self.names.people.get(person, person)

    def unit(self, unit: str) -> str:
        """Name a unit."""
        return self.names.units.get(unit, unit)

    def key(self, key: str) -> str:
        """Name what a child is for: a person, a unit, or else the key itself."""
        return self.names.people.get(key) or self.unit(key)

    def role(self, definition: ProcessDefinition, role: str) -> str:
        """Name a role, or one of the words that stand for one."""
        if role in definition.roles:
            return self.text(definition.roles[role].title)
        if role in (CLOCK, "corrector", "migrator", "calendar_keeper"):
            return self.words(role)
        return self.words.known("recipient", role)

    def roles(self, definition: ProcessDefinition, roles: Iterable[str]) -> str:
        """Name several roles."""
        return self.words.listed(list(dict.fromkeys(self.role(definition, role) for role in roles)))

    def place(self, definition: ProcessDefinition, leaves: Iterable[str]) -> str:
        """Name where a case stands: each leaf with the states around it, outer first."""
        return self.words.listed([self.state(definition, leaf) for leaf in leaves])

    def state(self, definition: ProcessDefinition, path: str) -> str:
        """Name a state with those around it; one that this version does not have, by its path."""
        if path not in definition.states:
            return self.text(CANCELLED_TITLE) if path == CANCELLED else path
        line = [each for each in reversed(definition.states[path].line) if each != ROOT]
        return " · ".join(self.text(definition.states[each].title) for each in line)

    # --- values -----------------------------------------------------------------------------------------------------

    def value(self, item: DataItem, value: Any, settings: Mapping[str, Any]) -> Shown:
        """Show the value of a data item."""
        return self._shown(item.type, value, settings)

    def _shown(self, kind: DataType, value: Any, settings: Mapping[str, Any]) -> Shown:
        if isinstance(value, list):
            element = kind.element
            if element is None or not value:
                return Shown(self.words("empty"))
            if kind.name is TypeName.ATTENDANCE:
                return replace(self._table(element, value, settings), text=attendance_in_words(value, self.language))
            if element.fields:
                return self._table(element, value, settings)
            if all(isinstance(each, str) for each in value) and element.name is not TypeName.TEXT:
                return Shown(self.words.listed([self._shown(element, each, settings).text for each in value]))
            return Shown(items=tuple(self._shown(element, each, settings) for each in value))
        if isinstance(value, dict):
            known = {each.id: each for each in kind.struct_fields}
            pairs = [(self._title(known.get(key), key), self._of(known.get(key), each, settings)) for key, each in value.items()]
            return Shown(pairs=tuple(pairs))
        return Shown(self._plain(kind, value, settings), whole=kind.name in INSTANTS)

    def _table(self, record: DataType, rows: list[Any], settings: Mapping[str, Any]) -> Shown:
        """Show a list of records as a table, with when and by whom each row was added, where that is known."""
        own = {each.id for each in record.fields}
        stamped = [each for each in ROW_FIELDS if each.id not in own and any(each.id in row for row in rows)]
        head = [self._title(each, each.id) for each in record.fields] + [self.words(f"row_{each.id}") for each in stamped]
        body = tuple(tuple(self._of(each, row.get(each.id), settings) for each in (*record.fields, *stamped)) for row in rows)
        return Shown(head=tuple(head), rows=body)

    def _of(self, item: DataItem | None, value: Any, settings: Mapping[str, Any]) -> Shown:
        if value is None:
            return Shown()
        return Shown(str(value)) if item is None else self._shown(item.type, value, settings)

    def _title(self, item: DataItem | None, name: str) -> str:
        return name if item is None else self.text(item.title)

    def _plain(self, kind: DataType, value: Any, settings: Mapping[str, Any]) -> str:
        match kind.name:
            case TypeName.BOOL if isinstance(value, bool):
                return self.words("yes" if value else "no")
            case TypeName.CHOICE:
                found = options_in_force(kind, settings).get(str(value))
                return str(value) if found is None else found if isinstance(found, str) else self.text(found)
            case TypeName.DATE:
                return self.day(str(value))
            case TypeName.DATETIME:
                return self.instant(str(value)).text
            case TypeName.PERSON:
                return self.person(str(value))
            case TypeName.UNIT:
                return self.unit(str(value))
            case _:
                return str(value)
