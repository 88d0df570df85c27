"""The page of figures: one indicator, at first the first, and a time; every figure with what it is a share of, from, to and as of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from api.console.case_page import around
from api.console.responding import PageRoute, page, words_for
from api.console.sending import session_of
from api.console.texts import Words
from api.console.writing import Writer
from api.deps import Desk, day_or_instant_of, desk_of, in_thread
from engine.runtime.figures import Asked
from engine.runtime.people import Principal

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Json = Mapping[str, Any]
DAY = 10
SPANS = {
    (True, True): "figures_within",
    (True, False): "figures_since",
    (False, True): "figures_until",
    (False, False): "figures_ever",
}
"""How a time is said, by whether it has a beginning and an end."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An indicator that may be chosen, as ``workflow:key``."""

    value: str
    text: str
    group: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table, cell by cell; ``marked``: it is behind its quota."""

    cells: tuple[str, ...]
    marked: bool = False


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """What the page shows. ``chosen``, ``start``, ``end`` and ``as_of`` are what stands in the form."""

    choices: tuple[Choice, ...]
    chosen: str
    start: str
    end: str
    as_of: str
    title: str
    said: str
    head: tuple[str, ...]
    lines: tuple[Line, ...]


@router.get("/figures")
async def figures(request: Request) -> Response:
    """Show the indicators, and the figures of the one that is chosen; of the first where none is."""
    session = await session_of(request)
    desk, words = desk_of(request), words_for(request)
    shown = await in_thread(lambda: figures_page(desk, session.principal, words, request.query_params))
    return page(request, "figures.html", session=session, figures=shown, **await in_thread(lambda: around(desk, session.principal, words)))


def figures_page(desk: Desk, principal: Principal, words: Words, query: Mapping[str, str]) -> FiguresPage:
    """Put the page together. Blocks. Raises InvalidInput for a day that is none or is to come, NotFound for an unknown indicator."""
    listed = desk.figures.indicators(principal, words.language)["indicators"]
    known = (Choice(f"{each['workflow']}:{each['key']}", each["title"], each["workflow_title"]) for each in listed)
    choices = tuple(sorted(known, key=lambda each: each.group.lower()))
    start, end, as_of = (query.get(name, "")[:DAY] for name in ("from", "to", "as_of"))
    chosen = query.get("indicator", "")[:200] or next((each.value for each in choices), "")
    title = said = ""
    head, lines = (), ()  # type: tuple[str, ...], tuple[Line, ...]
    if chosen:
        workflow, _, key = chosen.partition(":")
        days = [day_or_instant_of(text or None, name) for text, name in ((start, "from"), (end, "to"), (as_of, "as_of"))]
        (view,) = desk.figures.figures(principal, key, Asked(*days), words.language, workflow=workflow)["indicators"]
        title, said = f"{view['workflow_title']} · {view['title']}", span_said(view, Writer(words, ZoneInfo(view["zone"])))
        head, lines = without_empty(head_of(view, words), lines_of(view, words))
    return FiguresPage(choices, chosen, start, end, as_of, title, said, head, lines)


def span_said(view: Json, writer: Writer) -> str:
    """Say of which time the figures are, and as of when."""
    start = None if view["from"] is None else writer.instant(view["from"]).text
    end = None if view["to"] is None else writer.due(view["to"]).text
    span = SPANS[start is not None, end is not None]
    return writer.words(span, start=start, end=end, as_of=writer.due(view["as_of"]).text)


def head_of(view: Json, words: Words) -> tuple[str, ...]:
    """Give the heads of the table."""
    parted = [part["title"] for part in view["by"]]
    if view["measure"] == "rank":
        return (words("figures_period"), *parted, words("figures_place"), words("figures_name"), words("figures_value"))
    return (
        words("figures_period"),
        *parted,
        *(words(f"figures_{name}") for name in ("of", "value", "numerator", "denominator", "left_out", "expected")),
    )


def lines_of(view: Json, words: Words) -> list[Line]:
    """Give the lines of the table."""
    lines = []
    whole = [words("figures_all")] * len(view["by"])
    each_period = [(figure["period"] or "", [part["label"] for part in figure["by"]], figure) for figure in view["figures"]]
    together = [(words("figures_all") if view["per"] else "", whole, figure) for figure in view["whole"]]
    for period, cell, figure in (*each_period, *together):
        before = (period, *cell)
        if view["measure"] == "rank":
            lines += [Line((*before, str(each["place"]), each["number"] or each["name"], each["value"])) for each in figure["places"]]
            continue
        quota = figure.get("quota")
        what = figure["of"] or (f"P{figure['at']}" if figure["at"] else "")
        counts = ("" if each is None else str(each) for each in (figure["numerator"], figure["denominator"], figure["left_out"] or None))
        expected = "" if quota is None else f"{quota['expected']} / {quota['at_least']}"
        lines.append(Line((*before, what, figure["shown"], *counts, expected), marked=quota is not None and quota["behind"]))
    return lines


def without_empty(head: Sequence[str], lines: Sequence[Line]) -> tuple[tuple[str, ...], tuple[Line, ...]]:
    """Leave out the columns in which nothing stands."""
    kept = [place for place in range(len(head)) if any(line.cells[place] for line in lines)]
    return tuple(head[place] for place in kept), tuple(Line(tuple(line.cells[place] for place in kept), line.marked) for line in lines)
