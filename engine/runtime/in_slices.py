"""Doing one piece of work for each of many cases, beside the clerks: in small bulk slices, broken off and begun again at any time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.errors import CommandRefused
from engine.runtime.lane import BULK_SLICE, Pending
from engine.runtime.views import refusal_views
from engine.store.reader import Page
from engine.store.records import CaseRecord

Json = dict[str, Any]
Progress = Callable[[int], None]

PAGE = 500
MOVED, SKIPPED, CANNOT = "moved", "skipped", "cannot_move"


def in_slices(
    page: Callable[[str | None, int], Page[CaseRecord]],
    work: Callable[[CaseRecord], Pending],
    *,
    cursor: str | None,
    limit: int | None,
    language: str,
    progress: Progress | None,
) -> Json:
    """Do a piece of work for each case of ``page(after, most)``, a slice at a time, so that what waits for the lane never piles up.

    The work answers MOVED or SKIPPED; what is refused is told with its reasons. At most ``limit`` cases, then ``next`` says where to
    go on. ``progress`` is told how many were looked at more.
    """
    counts = {MOVED: 0, SKIPPED: 0, CANNOT: 0}
    refused: list[Json] = []
    left = limit
    while left is None or left > 0:
        found = page(cursor, PAGE if left is None else min(PAGE, left))
        for begin in range(0, len(found.items), BULK_SLICE):
            rows = found.items[begin : begin + BULK_SLICE]
            for row, pending in [(row, work(row)) for row in rows]:
                try:
                    counts[pending.result()] += 1
                except CommandRefused as refusal:
                    counts[CANNOT] += 1
                    refused.append({"case": row.id, "number": row.number, "refusals": refusal_views(refusal.refusals, language)})
            if progress is not None:
                progress(len(rows))
        left = None if left is None else left - len(found.items)
        cursor = found.cursor
        if cursor is None:
            break
    return {**counts, "cases": [], "refused": refused, "next": cursor}
