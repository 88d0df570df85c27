"""One cell: from what stands in it to a value of a field, and back. What was typed as text stays text, a date a date, a number a number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from engine.clock import from_datetime, parse_instant, rfc3339, to_datetime
from engine.core.refusals import EN, ZH, label
from engine.definition.datatypes import IDENTITIES, DataType, TypeName
from engine.errors import Text, did_you_mean

Cell = str | float | bool | date | datetime | time | timedelta | None
"""What a reader of files gives; numbers are floats, as Excel has no others."""

EXACT_DIGITS = 15
"""Digits of a number that Excel keeps; what is longer, such as an identity card's number, must be typed as text."""

SEPARATORS = re.compile(r"[、,，;；\n]")
DAY = re.compile(r"(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?")
MOMENT = re.compile(r"(\S+)[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")
WHOLE = re.compile(r"[-+]?\d{1,16}")
NUMBER = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
SHORTENED = re.compile(r"\d(?:\.\d+)?[eE]\+\d{2}")
TRUE = frozenset({"是", "true", "yes", "y", "1", "√", "对"})
TEXTS = IDENTITIES | {TypeName.TEXT, TypeName.REF}
FALSE = frozenset({"否", "false", "no", "n", "0", "×", "错"})


class CellFault(Exception):
    """A cell does not hold what its field takes; ``expected`` says what that is."""

    def __init__(self, zh: str, en: str) -> None:
        self.expected: Text = {ZH: zh, EN: en}
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the cells of one registry. ``zone``: that of its calendar, for times without one.

    ``untyped``: all cells are texts, as in CSV, so that a long number which a program has shortened looks like one.
    """

    zone: ZoneInfo
    untyped: bool = False

    def value(self, kind: DataType, cell: Cell) -> Any:
        """Give what a cell says, None where it is empty; the type itself is checked later. Raises CellFault."""
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return None
        if isinstance(cell, str) and "\x00" in cell:
            raise CellFault("不含NUL字符的文本", "a text without NUL")
        element = kind.element
        return self._simple(kind, cell) if element is None else self._list(kind, element, cell)

    def _simple(self, kind: DataType, cell: Cell) -> Any:
        if self.untyped and isinstance(cell, str) and kind.name in TEXTS and SHORTENED.fullmatch(cell.strip()):
            raise too_long()
        match kind.name:
            case TypeName.TEXT:
                return as_text(cell)
            case name if name in IDENTITIES or name is TypeName.REF:
                return as_text(cell).strip()
            case TypeName.INT:
                return as_whole(cell)
            case TypeName.DECIMAL:
                return as_decimal(cell)
            case TypeName.BOOL:
                return as_bool(cell)
            case TypeName.CHOICE:
                return as_option(kind, cell)
            case TypeName.DATE:
                return as_day(cell)
            case TypeName.DATETIME:
                return self._moment(cell)
            case _:
                return as_json(cell)

    def _list(self, kind: DataType, element: DataType, cell: Cell) -> list[Any]:
        text = cell.strip() if isinstance(cell, str) else ""
        if text.startswith("["):
            found = as_json(cell)
            if isinstance(found, list):
                return found
        if element.name in {TypeName.RECORD, TypeName.ATTENDANCE}:
            raise CellFault("JSON列表，如 [{…}]", "a list in JSON, like [{…}]")
        if not isinstance(cell, str):
            return [self._simple(element, cell)]
        # Free text may hold any separator but the end of its line.
        parts = cell.split("\n") if element.name is TypeName.TEXT and kind.name is TypeName.LIST else SEPARATORS.split(cell)
        return [self._simple(element, part.strip()) for part in parts if part.strip()]

    def _moment(self, cell: Cell) -> str:
        if isinstance(cell, datetime):
            return rfc3339(from_datetime(cell.replace(tzinfo=self.zone)))
        if isinstance(cell, date):
            return rfc3339(from_datetime(datetime(cell.year, cell.month, cell.day, tzinfo=self.zone)))
        if isinstance(cell, str):
            text = plain(cell)
            try:
                if found := MOMENT.fullmatch(text):
                    day = date.fromisoformat(as_day(found[1]))
                    local = datetime(day.year, day.month, day.day, int(found[2]), int(found[3]), int(found[4] or 0), tzinfo=self.zone)
                    return rfc3339(from_datetime(local))
                return rfc3339(parse_instant(text))
            except ValueError:
                pass
        raise CellFault("日期和时间，如 2026-02-10 09:00", "a day and a time, like 2026-02-10 09:00")


def plain(text: str) -> str:
    """Give a text with full-width digits and signs as usual ones, without blanks around it."""
    return unicodedata.normalize("NFKC", text).strip()


def as_text(cell: Cell) -> str:
    """Read a text. Raises CellFault for a number that Excel may have shortened."""
    match cell:
        case str():
            return cell
        case bool():
            raise CellFault("文本", "a text")
        case float() | int():
            if cell == int(cell) and abs(cell) >= 10**EXACT_DIGITS:
                raise too_long()
            return str(int(cell)) if cell == int(cell) else format(cell, f".{EXACT_DIGITS}g")
        case datetime():
            return cell.isoformat(" ")
        case date():
            return cell.isoformat()
        case _:
            raise CellFault("文本", "a text")


def too_long() -> CellFault:
    """Say why a long number is not taken."""
    return CellFault(
        f"文本；长编号须先将单元格设为“文本”格式再填写，Excel的数字只保留{EXACT_DIGITS}位",
        f"a text: format the cell as text before typing a long number, for Excel keeps {EXACT_DIGITS} digits of a number",
    )


def as_whole(cell: Cell) -> int:
    """Read a whole number."""
    if isinstance(cell, float | int) and not isinstance(cell, bool) and cell == int(cell) and abs(cell) < 10**EXACT_DIGITS:
        return int(cell)
    if isinstance(cell, str) and WHOLE.fullmatch(plain(cell).replace(",", "")):
        return int(plain(cell).replace(",", ""))
    raise CellFault("整数", "a whole number")


def as_decimal(cell: Cell) -> str:
    """Read a decimal: of a number what Excel shows of it, so that 0.1 is 0.1."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return format(Decimal(format(cell, f".{EXACT_DIGITS}g")), "f")
    if isinstance(cell, str) and NUMBER.fullmatch(plain(cell)):
        return plain(cell).replace(",", "")
    raise CellFault("小数，如 85.5", "a decimal number, like 85.5")


def as_bool(cell: Cell) -> bool:
    """Read yes or no."""
    if isinstance(cell, bool):
        return cell
    word = plain(cell).casefold() if isinstance(cell, str) else format(cell, "g") if isinstance(cell, float | int) else ""
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise CellFault("是或否", "yes or no")


def as_option(kind: DataType, cell: Cell) -> str:
    """Read an option by its id or by its text in any language."""
    options = kind.options or {}
    wanted = plain(as_text(cell))
    for name, texts in options.items():
        if wanted == name or wanted.casefold() in {plain(text).casefold() for text in texts.values()}:
            return name
    near = did_you_mean(wanted, [*options, *(text for texts in options.values() for text in texts.values())])
    zh, en = "、".join(label(texts, ZH) for texts in options.values()), ", ".join(label(texts, EN) for texts in options.values())
    raise CellFault(f"以下之一：{zh}{near.replace(', did you mean ', '；是否应为')}", f"one of {en}{near}")


def as_day(cell: Cell) -> str:
    """Read a day."""
    if isinstance(cell, datetime):
        if cell.time() == time():
            return cell.date().isoformat()
    elif isinstance(cell, date):
        return cell.isoformat()
    elif isinstance(cell, str) and (found := DAY.fullmatch(plain(cell))):
        try:
            return date(*(int(part) for part in found.groups())).isoformat()
        except ValueError:
            pass
    raise CellFault("日期，如 2026-02-10", "a day, like 2026-02-10")


def as_json(cell: Cell) -> Any:
    """Read what is written as JSON."""
    try:
        return orjson.loads(cell) if isinstance(cell, str) else None
    except orjson.JSONDecodeError:
        raise CellFault("JSON", "JSON") from None


# --- and back -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the cells of one registry in a language."""

    zone: ZoneInfo
    language: str

    def cell(self, kind: DataType, value: Any) -> Cell | int | Decimal:
        """Give what a value looks like in a cell; a number, a day and a time are given as such, all else as text."""
        if value is None or kind.element is not None:
            return None if value is None or kind.element is None else self._list(kind, kind.element, value)
        match kind.name:
            case TypeName.INT:
                return int(value)
            case TypeName.DECIMAL:
                return Decimal(value)
            case TypeName.DATE:
                return date.fromisoformat(value)
            case TypeName.DATETIME:
                local = to_datetime(parse_instant(value)).astimezone(self.zone).replace(tzinfo=None)
                # A fraction of a second does not survive Excel's count of days.
                return str(value) if local.microsecond else local
            case _:
                return self._text(kind, value)

    def _text(self, kind: DataType, value: Any) -> str:
        match kind.name:
            case TypeName.BOOL:
                return words(kind, self.language)[0 if value else 1]
            case TypeName.CHOICE:
                return label(kind.options[value], self.language) if kind.options and value in kind.options else str(value)
            case TypeName.REF:
                return str(value["id"])
            case TypeName.RECORD:
                return orjson.dumps(value).decode()
            case _:
                return str(value)

    def _list(self, kind: DataType, element: DataType, values: list[Any]) -> str:
        """Join a list so that it is read back as it was; where that cannot be, write it as JSON."""
        if element.name is TypeName.RECORD:
            return orjson.dumps(values).decode()
        parts = [shown(self.cell(element, value)) for value in values]
        lines = element.name is TypeName.TEXT and kind.name is TypeName.LIST
        split: Callable[[str], list[str]] = (lambda text: text.split("\n")) if lines else SEPARATORS.split
        joined = ("\n" if lines else "、").join(parts)
        whole = [part.strip() for part in split(joined)] == parts and all(parts) and not joined.startswith("[")
        return joined if whole else orjson.dumps(values).decode()


def shown(cell: Cell | int | Decimal) -> str:
    """Write what stands in a cell as text: in a file of text, or in a message."""
    match cell:
        case None:
            return ""
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            return str(int(cell)) if cell == int(cell) and abs(cell) < 10**EXACT_DIGITS else format(cell, f".{EXACT_DIGITS}g")
        case Decimal():
            return format(cell, "f")
        case datetime():
            return cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def words(kind: DataType, language: str) -> list[str]:
    """Give what a cell of this type may say, where that is a short list: for the lists that Excel offers."""
    if kind.name is TypeName.BOOL:
        return ["是", "否"] if language == ZH else ["yes", "no"]
    options: Mapping[str, Text] = kind.options or {}
    return [label(texts, language) for texts in options.values()] if kind.name is TypeName.CHOICE else []
