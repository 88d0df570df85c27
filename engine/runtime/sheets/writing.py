"""Writing rows to a file that Excel opens: a workbook in which every cell has its type, or CSV.

Whatever people have written into a row stays text in both: nothing of it becomes a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.core.refusals import label
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.registry import RegistryDefinition
from engine.runtime.sheets.cells import EXACT_DIGITS, Cell, Writer, shown, words
from engine.runtime.sheets.workbook import GUARDED, FileRefused, guarded

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LONGEST_CELL = 32_767
"""Characters of a cell in Excel."""
LONGEST_LIST = 255
"""Characters of the choices that Excel offers for a cell."""
FIRST_DAY = date(1900, 3, 1)
"""Before it Excel counts a day that never was."""
WIDTHS = (10, 60)
NOT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


@dataclass(frozen=True, slots=True)
class Output:
    """What is written: the fields in their order, the texts in a language, times in a zone."""

    definition: RegistryDefinition
    fields: tuple[str, ...]
    language: str
    zone: ZoneInfo

    @property
    def items(self) -> list[DataItem]:
        """Give the fields."""
        return [self.definition.fields[name] for name in self.fields]

    @property
    def headings(self) -> list[str]:
        """Give the headings of the columns."""
        return [label(item.title, self.language) for item in self.items]

    def cells(self, row: Mapping[str, Any]) -> Iterator[Cell | int | Decimal]:
        """Give the cells of a row."""
        writer = Writer(self.zone, self.language)
        return (writer.cell(item.type, row.get(item.id)) for item in self.items)


def write_csv(output: Output, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Write CSV in UTF-8 with a byte order mark, by which Excel knows it, a line at a time."""
    line = io.StringIO(newline="")
    writer = csv.writer(line)

    def written(cells: Iterable[str]) -> bytes:
        line.seek(0)
        line.truncate()
        writer.writerow(cells)
        return line.getvalue().encode()

    yield b"\xef\xbb\xbf" + written(map(guarded, output.headings))
    for row in rows:
        yield written(guarded(cell) if isinstance(cell, str) else shown(cell) for cell in output.cells(row))


def write_xlsx(output: Output, rows: Iterable[Mapping[str, Any]], stream: IO[bytes]) -> None:
    """Write a workbook. Raises FileRefused for a text that no cell can hold."""
    import xlsxwriter  # noqa: PLC0415  a server that exports nothing need not hold it in memory

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as book:
        sheet = book.add_worksheet(sheet_name(label(output.definition.title, output.language), output.definition.registry))
        formats = Formats(book)
        sheet.freeze_panes(1, 1)
        for column, item in enumerate(output.items):
            heading = formats.computed if item.id in output.definition.computed else formats.heading
            sheet.set_column(column, column, width(item), formats.of(item.type))
            sheet.write_string(0, column, label(item.title, output.language), heading)
            offer(sheet, column, item.type, output.language)
        last = 0
        for last, row in enumerate(rows, 1):
            for column, (item, cell) in enumerate(zip(output.items, output.cells(row), strict=True)):
                write(sheet, last, column, cell, formats, item.type)
        sheet.autofilter(0, 0, max(last, 1), len(output.fields) - 1)


class Formats:
    """How cells look. A column of texts is formatted as text, so that what is typed into it later stays as it was typed."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._numbers: dict[int, Format] = {}
        self.heading: Format = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.computed: Format = book.add_format({"bold": True, "italic": True, "bottom": 1, "font_color": "#777777", "valign": "top"})
        self.text: Format = book.add_format({"num_format": "@", "valign": "top"})
        self.quoted: Format = book.add_format({"num_format": "@", "valign": "top", "quote_prefix": True})
        self.day: Format = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        self.moment: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top"})

    def number(self, places: int) -> Format:
        """Give the format of numbers with so many places after the point."""
        if places not in self._numbers:
            shape = "0" + ("." + "0" * places if places else "")
            self._numbers[places] = self._book.add_format({"num_format": shape, "valign": "top"})
        return self._numbers[places]

    def of(self, kind: DataType) -> Format:
        """Give the format of a column."""
        match kind.name:
            case TypeName.INT:
                return self.number(0)
            case TypeName.DECIMAL:
                return self.number(kind.scale or 0) if kind.scale is not None else self._book.add_format({"valign": "top"})
            case TypeName.DATE:
                return self.day
            case TypeName.DATETIME:
                return self.moment
            case _:
                return self.text


def write(sheet: Worksheet, row: int, column: int, cell: Cell | int | Decimal, formats: Formats, kind: DataType) -> None:
    """Write one cell. Raises FileRefused for a text that is too long."""
    match cell:
        case None:
            return
        case datetime():
            done = sheet.write_datetime(row, column, cell, formats.moment)
        case date() if cell >= FIRST_DAY:
            done = sheet.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), formats.day)  # noqa: DTZ001  Excel knows no zones
        case int() if abs(cell) < 10**EXACT_DIGITS:
            done = sheet.write_number(row, column, cell, formats.number(0))
        case Decimal():
            done = sheet.write_number(row, column, float(cell), formats.of(kind))
        case _:
            text = shown(cell)
            done = sheet.write_string(row, column, text, formats.quoted if text[:1] in GUARDED else formats.text)
            if len(text) > LONGEST_CELL:
                done = -2
    if done == -2:
        raise FileRefused(
            f"第{row + 1}行有超过{LONGEST_CELL}字的内容，Excel单元格放不下，请导出CSV",
            f"row {row + 1} has a text of more than {LONGEST_CELL} characters, which no cell of Excel holds; export CSV",
        )


def offer(sheet: Worksheet, column: int, kind: DataType, language: str) -> None:
    """Let Excel offer what a cell may say, where that is a short list."""
    choices = words(kind, language)
    if choices and len(",".join(choices)) <= LONGEST_LIST and not any("," in choice for choice in choices):
        sheet.data_validation(1, column, 1_000_000, column, {"validate": "list", "source": choices, "error_type": "warning"})


def width(item: DataItem) -> int:
    """Choose the width of a column by its heading and type."""
    least, most = WIDTHS
    longest = max((sum(2 if ord(each) > 0x2E80 else 1 for each in text) for text in item.title.values()), default=least)
    return min(most, max(longest + 4, 30 if item.type.name in {TypeName.TEXT, TypeName.TAGS, TypeName.LIST} else least))


def sheet_name(title: str, otherwise: str) -> str:
    """Give a name that Excel allows for a sheet: 31 characters, without some signs."""
    return title.translate(NOT_IN_NAMES).strip(" '")[:31].strip(" '") or otherwise[:31]
