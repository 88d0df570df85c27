"""Writing a plain table to a workbook: what a page shows, to be sorted and added up elsewhere. It is not read back."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from engine.runtime.sheets.workbook import GUARDED
from engine.runtime.sheets.writing import LONGEST_CELL, WIDTHS, Formats, sheet_name


def write_table(title: str, head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """Give a workbook of one sheet. A text stays a text, whatever it begins with; one that no cell holds is cut."""
    import xlsxwriter  # noqa: PLC0415  a server that exports nothing need not hold it in memory

    stream = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as book:
        sheet, formats = book.add_worksheet(sheet_name(title, "table")), Formats(book)
        sheet.freeze_panes(1, 0)
        last = 0
        for column, heading in enumerate(head):
            sheet.write_string(0, column, heading, formats.heading)
        for last, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(last, column, cell, formats.number(0))
                else:
                    sheet.write_string(last, column, cell[:LONGEST_CELL], formats.quoted if cell[:1] in GUARDED else formats.text)
        sheet.autofit(max_width=WIDTHS[1] * 7)
        sheet.autofilter(0, 0, max(last, 1), max(len(head) - 1, 0))
    return stream.getvalue()
