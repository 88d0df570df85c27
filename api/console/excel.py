"""What the pages list, as Excel: the cases that a filter leaves, and the figures of an indicator."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from api.console.figures import figures_page
from api.console.listing import Filters, Line, Lining
from api.console.responding import PageRoute, words_for
from api.console.sending import session_of
from api.console.texts import Words
from api.deps import Desk, desk_of, in_thread
from engine.errors import NotFound
from engine.runtime.documents import disposition_of, file_name_of
from engine.runtime.people import Principal
from engine.runtime.sheets import MEDIA_TYPES, XLSX
from engine.runtime.sheets.table import write_table

router = APIRouter(route_class=PageRoute, include_in_schema=False)

MOST_LINES = 2_000
"""Cases of one file; what comes after them is said in its last line."""
AT_ONCE = 200
WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})")


@router.get("/cases.xlsx")
async def cases(request: Request) -> Response:
    """Send the cases that the filter of the first page leaves."""
    session = await session_of(request)
    desk, words = desk_of(request), words_for(request)
    head = [words(each) for each in ("number", "subject", "workflow", "state", "due", "overdue", "outcome", "opened")]
    made = await in_thread(
        lambda: write_table(words("cases"), head, case_rows(desk, session.principal, words, Filters.of(request.query_params)))
    )
    return workbook(words("cases"), made)


@router.get("/figures.xlsx")
async def figures(request: Request) -> Response:
    """Send the figures of the indicator that the page of figures shows. Raises NotFound where there is none."""
    session = await session_of(request)
    desk, words = desk_of(request), words_for(request)
    shown = await in_thread(lambda: figures_page(desk, session.principal, words, request.query_params))
    if not shown.title:
        raise NotFound("indicator", shown.chosen)
    rows: list[list[str | int]] = [[number_in(cell) for cell in line.cells] for line in shown.lines]
    rows.append([shown.said])
    return workbook(shown.title, await in_thread(lambda: write_table(shown.title, shown.head, rows)))


def case_rows(desk: Desk, principal: Principal, words: Words, filters: Filters) -> Iterator[list[str]]:
    """Read the cases a page at a time."""
    lining, only, cursor, written = Lining(desk, principal, words), filters.case_filter(desk.application.now()), None, 0
    while written < MOST_LINES:
        found: Mapping[str, Any] = desk.reading.cases(principal, only, words.language, cursor=cursor, limit=AT_ONCE)
        for view in found["cases"]:
            written += 1
            yield row_of(lining.case(view), words)
        if (cursor := found["next"]) is None:
            return
    yield [words("cases_cut", count=MOST_LINES)]


def row_of(line: Line, words: Words) -> list[str]:
    """Write a case as a row."""
    due, overdue = (line.due.text if line.due else ""), (words("yes") if line.overdue else "")
    return [line.number or "", line.subject, line.workflow, line.where, due, overdue, line.outcome, line.since.text]


def number_in(cell: str) -> str | int:
    """Give a whole number as one, so that it can be added up; all else as it is shown."""
    return int(cell) if WHOLE_NUMBER.fullmatch(cell) else cell


def workbook(title: str, content: bytes) -> Response:
    """Send a workbook, to be saved."""
    headers = {"Content-Disposition": disposition_of(file_name_of(f"{title}.xlsx")), "Cache-Control": "private, no-store"}
    return Response(content, media_type=MEDIA_TYPES[XLSX], headers=headers)
