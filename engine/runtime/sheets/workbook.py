"""Reading a file that somebody sends: an Excel workbook (.xlsx) or CSV, as rows of cells. Nothing in it is trusted before it is measured.

A workbook is a ZIP of XML. A small one can unpack to gigabytes, and two cells far apart make a reader lay out the whole plane between
them, so every part is unpacked once with a limit, and its cells are looked at, before the reader sees it. A formula counts by the value
that was saved with it; a cell with an error is refused, for the reader would take it for an empty one.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from engine.core.refusals import EN, ZH
from engine.errors import Text, YishiError, did_you_mean
from engine.runtime.sheets import CSV
from engine.runtime.sheets.cells import Cell

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

MOST_BYTES = 20_000_000
MOST_UNPACKED = 200_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 500
MOST_CELLS = 2_000_000
"""Of the rectangle that holds them all."""
MOST_ERRORS = 100

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
CHUNK = 1 << 20
LONGEST_TAG = 1 << 20

CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br\s*=\s*["']([A-Za-z]{1,4})([0-9]{1,9})["'][^>]*>""")
ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["']([0-9]{1,9})["']""")
ANY_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
ENCODED = re.compile(rb"""<\?xml[^>]*\bencoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)
SHEET = re.compile(rb"""<(?:\w+:)?sheet\s[^>]*?:id\s*=\s*["']([^"']+)["']""")
RELATION = re.compile(rb"""<(?:\w+:)?Relationship\s[^>]*>""")
ATTRIBUTE = re.compile(rb"""\b(Id|Target)\s*=\s*["']([^"']+)["']""")


class FileRefused(YishiError):
    """The file cannot be read as a table."""

    code = "file_refused"

    def __init__(self, zh: str, en: str) -> None:
        self.texts: Text = {ZH: zh, EN: en}
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class Table:
    """What was read: the sheet's name, and its rows, each with its number from 1; those that are empty are left out.

    ``errors``: cells (column from 0, row from 1) that hold an error value. ``untyped``: all cells are texts.
    """

    sheet: str
    rows: list[tuple[int, list[Cell]]]
    untyped: bool
    errors: frozenset[tuple[int, int]] = field(default=frozenset())


def read_table(data: bytes, form: str, sheet: str | None = None) -> Table:
    """Read the sheet that is named, or the first one with anything in it. Raises FileRefused."""
    if len(data) > MOST_BYTES:
        raise FileRefused(
            f"文件超过{MOST_BYTES}字节，请分开导入", f"expected at most {MOST_BYTES} bytes, got {len(data)}; import it in parts"
        )
    table = read_csv(data) if form == CSV else read_xlsx(data, sheet)
    if len(table.rows) > MOST_ROWS + 1:
        raise FileRefused(
            f"最多{MOST_ROWS}行，实为{len(table.rows) - 1}行，请分开导入",
            f"expected at most {MOST_ROWS} rows, got {len(table.rows) - 1}; import them in parts",
        )
    if not table.rows:
        raise FileRefused("文件中没有内容", "expected a row of headings and rows below it, got nothing")
    return table


def column_letter(number: int) -> str:
    """Give the letter by which Excel calls a column, counted from 0."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


# --- CSV ------------------------------------------------------------------------------------------------------------


def read_csv(data: bytes) -> Table:
    """Read CSV in UTF-8, or in GB 18030 as older Excel saves it; parted by commas, or by tabs or semicolons if the headings are."""
    text = decoded(data)
    if "\x00" in text:
        raise FileRefused("文件不是CSV文本", "expected CSV, got something that is no text")
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    rows: list[tuple[int, list[Cell]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            if len(cells) > MOST_COLUMNS:
                raise too_wide()
            if any(cell.strip() for cell in cells):
                rows.append((number, [unguarded(cell) for cell in cells]))
    except csv.Error as error:
        raise FileRefused(f"CSV第{reader.line_num}行无法读取", f"line {reader.line_num} is no CSV: {error}") from None
    return Table(CSV, rows, untyped=True)


def decoded(data: bytes) -> str:
    """Give the text of a file."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused("文件编码应为UTF-8或GB 18030", "expected CSV in UTF-8 or GB 18030")


GUARDED = frozenset("=+-@\t\r")
"""A text that begins with one of these would be a formula in the program that opens a CSV file."""


def guarded(text: str) -> str:
    """Put an apostrophe before a text that would be a formula."""
    return f"'{text}" if text[:1] in GUARDED or text[:1] == "'" else text


def unguarded(text: str) -> str:
    """Take the apostrophe off that `guarded` has put there."""
    return text[1:] if text[:1] == "'" and (text[1:2] in GUARDED or text[1:2] == "'") and len(text) > 1 else text


def too_wide() -> FileRefused:
    """Say how many columns there may be."""
    return FileRefused(f"最多{MOST_COLUMNS}列", f"expected at most {MOST_COLUMNS} columns")


# --- workbooks ------------------------------------------------------------------------------------------------------


def read_xlsx(data: bytes, sheet: str | None) -> Table:
    """Read a workbook."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415  a server that is sent none need not hold it in memory

    measured = measure(data)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            names = book.sheet_names
            if sheet is not None and sheet not in names:
                near = did_you_mean(sheet, names)
                raise FileRefused(f"没有工作表“{sheet}”", f"there is no sheet {sheet!r}{near}")
            for name in names if sheet is None else [sheet]:
                rows = filled_rows(book.get_sheet_by_name(name))
                errors = measured.errors(names.index(name))
                if rows or errors:
                    return Table(name, rows, untyped=False, errors=errors)
    except (CalamineError, OSError, ValueError) as error:
        raise unreadable() from error
    return Table(names[0] if names else "", [], untyped=False)


def filled_rows(sheet: CalamineSheet) -> list[tuple[int, list[Cell]]]:
    """Give the rows with anything in them, with their numbers; the reader leaves out empty columns before the first with anything in it."""
    left: list[Cell] = [""] * sheet.start[1] if sheet.start is not None else []
    numbered = ((number, [*left, *cells]) for number, cells in enumerate(sheet.iter_rows(), 1))
    return [(number, cells) for number, cells in numbered if any(cell is not None and cell != "" for cell in cells)]


def unreadable() -> FileRefused:
    """Say that this is no workbook."""
    return FileRefused(
        "文件不是Excel工作簿（.xlsx），或已损坏、已加密", "expected an Excel workbook (.xlsx) that is whole and not encrypted"
    )


@dataclass(frozen=True, slots=True)
class Part:
    """What was seen of a part: cells (column from 0, row from 1) with an error, and whether every cell says where it is."""

    errors: frozenset[tuple[int, int]] = frozenset()
    addressed: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """The parts of a workbook, and which of them are its sheets, in their order."""

    parts: dict[str, Part]
    sheets: list[str]

    def errors(self, sheet: int) -> frozenset[tuple[int, int]]:
        """Give the cells of a sheet that hold an error. Raises FileRefused for a sheet whose cells do not say where they are."""
        part = self.parts.get(self.sheets[sheet]) if sheet < len(self.sheets) else None
        if part is None or not part.addressed:
            raise unreadable()
        return part.errors


def measure(data: bytes) -> Measured:
    """Unpack every part once, within limits, and look where the cells are. Raises FileRefused."""
    unpacked = Unpacked(MOST_UNPACKED)
    parts: dict[str, Part] = {}
    kept: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if not {"[Content_Types].xml", WORKBOOK, RELATIONS} <= set(archive.namelist()):
                raise unreadable()
            for part in archive.infolist():
                with archive.open(part) as stream:
                    if part.filename in {WORKBOOK, RELATIONS}:
                        kept[part.filename] = b"".join(unpacked.chunks(stream))
                    seen = look_at_cells(unpacked.chunks(stream))
                    # Of two parts of one name a reader may take either.
                    known = parts.get(part.filename, Part())
                    parts[part.filename] = Part(known.errors | seen.errors, known.addressed and seen.addressed)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise unreadable() from error
    measured = Measured(parts, order_of_sheets(kept[WORKBOOK], kept[RELATIONS]))
    for number in range(len(measured.sheets)):
        measured.errors(number)
    return measured


@dataclass(slots=True)
class Unpacked:
    """Unpacks parts until there is more than a limit."""

    left: int

    def chunks(self, stream: IO[bytes]) -> Iterator[bytes]:
        """Give what a part holds, some of it at a time. Raises FileRefused past the limit."""
        while chunk := stream.read(CHUNK):
            self.left -= len(chunk)
            if self.left < 0:
                raise FileRefused(
                    f"文件解压后超过{MOST_UNPACKED}字节", f"expected a workbook that unpacks to at most {MOST_UNPACKED} bytes"
                )
            yield chunk


def look_at_cells(chunks: Iterable[bytes]) -> Part:
    """Find cells that lie too far out, and those with an error."""
    errors: set[tuple[int, int]] = set()
    rest, rows, lowest, right, addressed, begun = b"", 0, 0, 0, True, False
    for chunk in chunks:
        text = rest + chunk
        cut = text.rfind(b">") + 1
        text, rest = text[:cut], text[cut:]
        if len(rest) > LONGEST_TAG:
            rest, addressed = b"", False  # a picture; in a sheet it would be a tag without an end
        if b"<!DOCTYPE" in text or (not begun and ENCODED.search(text[:1000])):
            raise unreadable()
        begun = True
        rows += len(ANY_ROW.findall(text))
        lowest = max([lowest, rows, *(int(found) for found in ROW.findall(text))])
        cells = list(CELL.finditer(text))
        addressed = addressed and len(cells) == len(ANY_CELL.findall(text))
        for found in cells:
            column, row = column_number(found[1]), int(found[2])
            lowest, right = max(lowest, row), max(right, column + 1)
            if len(errors) < MOST_ERRORS and ERROR.search(found[0]):
                errors.add((column, row))
        check_area(lowest, right)
    return Part(frozenset(errors), addressed)


def check_area(rows: int, columns: int) -> None:
    """Refuse cells far out: a reader lays out the whole rectangle. Some room is left for headings and empty rows between."""
    if columns > MOST_COLUMNS:
        raise too_wide()
    if rows > 2 * MOST_ROWS or rows * columns > MOST_CELLS:
        raise FileRefused(
            f"内容远至第{rows}行、{column_letter(columns)}列，最多{MOST_ROWS}行、{MOST_CELLS}格",
            f"there is something as far out as row {rows} column {column_letter(columns)}; at most {MOST_ROWS} rows and {MOST_CELLS} cells",
        )


def column_number(letters: bytes) -> int:
    """Read a column's letters, from 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def order_of_sheets(workbook: bytes, relations: bytes) -> list[str]:
    """Give the parts of the sheets in the order of the workbook."""
    targets: dict[bytes, str] = {}
    for found in RELATION.findall(relations):
        told = dict(ATTRIBUTE.findall(found))
        if told.keys() >= {b"Id", b"Target"}:
            target = told[b"Target"].decode("utf-8", "replace").removeprefix("/")
            targets[told[b"Id"]] = target if target.startswith("xl/") else f"xl/{target}"
    return [targets.get(sheet, "") for sheet in SHEET.findall(workbook)]
