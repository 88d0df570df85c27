"""Filling in a form at the terminal: one field after the other, each checked as it is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from engine.core.refusals import label
from engine.definition.canonical import options_in_force
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.forms import Form, FormField

GIVES_UP = "."
"""Typed instead of a value: the act is not taken after all."""

YES = frozenset({"true", "yes", "y", "是", "对"})
NO = frozenset({"false", "no", "n", "否", "不"})
BETWEEN_ENTRIES = re.compile(r"\s*[,，、;；]\s*")

WORDS: Mapping[str, Mapping[str, str]] = {
    "zh-CN": {
        "optional": "可不填",
        "row": "第{n}行，首项留空则结束",
        "adds": "添一行",
        "bool": "是/否",
        "date": "日期，如 2026-03-09",
        "datetime": "时间，如 2026-03-09T09:00:00+08:00",
        "several": "多个以逗号分开",
        "reason": "理由",
    },
    "en": {
        "optional": "may stay empty",
        "row": "row {n}, the first field left empty ends it",
        "adds": "adds a row",
        "bool": "y/n",
        "date": "a day like 2026-03-09",
        "datetime": "a time like 2026-03-09T09:00:00+08:00",
        "several": "several are parted by commas",
        "reason": "reason",
    },
}

Ask = Callable[[str], str]
"""Asks for a line. Raises EOFError where there is no more."""

Say = Callable[[str], None]


class GivenUp(Exception):
    """The person does not want to go on with the form."""


class Asking:
    """Asks for the fields of a form."""

    def __init__(self, ask: Ask, say: Say, language: str, settings: Mapping[str, Any]) -> None:
        self.ask_line, self.say, self.language, self.settings = ask, say, language, settings
        self.words = WORDS[language]

    def form(self, form: Form | None) -> dict[str, Any]:
        """Ask for every field until it is good. Raises GivenUp, and EOFError where the input ends."""
        found: dict[str, Any] = {}
        for field in form.fields if form is not None else ():
            value = self.field(field)
            if value is not None:
                found[field.item.id] = value
        return found

    def reason(self, wanted: str | None) -> str | None:
        """Ask for the reason, again and again where it is required."""
        if wanted is None:
            return None
        hint = "" if wanted == "required" else f" ({self.words['optional']})"
        while True:
            text = self.line(f"{self.words['reason']}{hint}")
            if text or wanted != "required":
                return text or None

    def field(self, field: FormField) -> Any:
        """Ask for one field until its own check finds nothing wrong with it; None where it stays empty."""
        alone = Form((field,))
        while True:
            value = self.value(field)
            given = {} if value in (None, "", []) else {field.item.id: value}
            _, faults = alone.validate(given, self.settings)
            if not faults:
                return given.get(field.item.id)
            for fault in faults:
                self.say(f"{fault.facts['field']}: {label(fault.message, self.language)}")

    def value(self, field: FormField) -> Any:
        """Ask once for what a field holds."""
        item, kind = field.item, field.kind
        element = kind.element
        if element is not None and element.name is TypeName.RECORD:
            if field.adds_row:
                return self.record(item, element, self.words["adds"], needed=not field.optional)
            return self.rows(item, element)
        if kind.name is TypeName.RECORD:
            return self.record(item, kind, "", needed=not field.optional)
        adds = field.adds_row and element is not None
        text = self.line(self.prompt(item, element if adds and element is not None else kind, optional=field.optional))
        return self.read(text, element if adds and element is not None else kind)

    def rows(self, item: DataItem, kind: DataType) -> list[Any]:
        """Ask for the rows of a list of records."""
        found: list[Any] = []
        while (row := self.record(item, kind, self.words["row"].format(n=len(found) + 1), needed=False)) is not None:
            found.append(row)
        return found

    def record(self, item: DataItem, kind: DataType, hint: str, *, needed: bool) -> dict[str, Any] | None:
        """Ask for a record, field by field; where it is not needed, an empty first field means none."""
        self.say(f"{label(item.title, self.language)} ({hint})" if hint else label(item.title, self.language))
        found: dict[str, Any] = {}
        for number, each in enumerate(kind.struct_fields):
            text = self.line("  " + self.prompt(each, each.type, optional=False))
            if not text and number == 0 and not needed:
                return None
            if text:
                found[each.id] = self.read(text, each.type)
        return found

    def line(self, prompt: str) -> str:
        """Ask for a line."""
        text = self.ask_line(f"{prompt}: ").strip()
        if text == GIVES_UP:
            raise GivenUp
        return text

    # --- one value --------------------------------------------------------------------------------------------------

    def prompt(self, item: DataItem, kind: DataType, *, optional: bool) -> str:
        """Say what is asked for, and how it is written."""
        hints = [each for each in (self.hint(kind), self.words["optional"] if optional else "") if each]
        return f"{label(item.title, self.language)} {item.id}" + (f" ({'; '.join(hints)})" if hints else "")

    def hint(self, kind: DataType) -> str:
        """Say how a value of a type is written."""
        match kind.name:
            case TypeName.BOOL | TypeName.DATE | TypeName.DATETIME:
                return self.words[kind.name.value]
            case TypeName.CHOICE:
                options = options_in_force(kind, self.settings).items()
                return ", ".join(f"{n} {key} {label(text, self.language)}" for n, (key, text) in enumerate(options, 1))
            case TypeName.LIST | TypeName.TAGS:
                inner = self.hint(kind.element) if kind.element is not None else ""
                return "; ".join(filter(None, (inner, self.words["several"])))
            case TypeName.INT | TypeName.DECIMAL if kind.between is not None:
                return f"{kind.between[0]}–{kind.between[1]}"
            case TypeName.TEXT:
                return ""
            case _:
                return str(kind)

    def read(self, text: str, kind: DataType) -> Any:
        """Read a value as it is typed; what it cannot be is left as it is, and told by the form."""
        if text[:1] in {"[", "{"} and kind.name is not TypeName.TEXT:
            return json_or_text(text)
        match kind.name:
            case TypeName.BOOL:
                return True if text.lower() in YES else False if text.lower() in NO else text
            case TypeName.INT:
                return int(text) if re.fullmatch(r"[-+]?[0-9]{1,18}", text) else text
            case TypeName.CHOICE:
                return self.choice(text, kind)
            case TypeName.LIST | TypeName.TAGS if kind.element is not None:
                return [self.read(part, kind.element) for part in BETWEEN_ENTRIES.split(text) if part]
            case _:
                return text

    def choice(self, text: str, kind: DataType) -> str:
        """Read an option: by its number, its key or its text."""
        options = options_in_force(kind, self.settings)
        if text in options:
            return text
        if text.isdecimal() and 1 <= int(text) <= len(options):
            return list(options)[int(text) - 1]
        return next((key for key, title in options.items() if text in title.values()), text)


def json_or_text(text: str) -> Any:
    """Read JSON; what is none stays text."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
