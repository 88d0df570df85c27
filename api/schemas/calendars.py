"""A changed calendar and the live deadlines that run on it: what is asked, what would move, what was done."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.common import Answered, Id, Moment, Prose, Sent
from engine.runtime.people import Principal
from engine.runtime.recounting import Recounting


class Recount(Sent):
    """Count live deadlines again on the calendars as they are now, a part at a time."""

    dry_run: bool = Field(description="only say for each case what would move; has to be said, for false moves dates")
    reason: Prose | None = None
    cases: list[Id] = Field(default_factory=list, max_length=500, description="only these")
    limit: int = Field(100, ge=1, le=500, description="at most so many cases; `next` of the answer goes on")
    cursor: str | None = Field(None, max_length=200)


class RungMoved(Answered):
    """A rung that has not fired, before and after."""

    at: str
    old_instant: Moment | None
    new_instant: Moment | None
    was_provisional: bool
    provisional: bool


class DeadlineMoved(Answered):
    """A deadline before and after; `rungs_due` fire at once. Where only the flags differ, the date has become certain or uncertain."""

    name: str
    title: str
    counted_on: str = Field(description="the version of the calendar it was counted on")
    old_due: Moment | None
    new_due: Moment | None
    was_provisional: bool
    provisional: bool
    rungs: list[RungMoved]
    rungs_due: list[str]


class CaseMoved(Answered):
    """A case with deadlines that move."""

    case: str
    number: str | None
    workflow: str
    deadlines: list[DeadlineMoved]


class RecountSeen(Answered):
    """What counting again did, or with `dry_run` would do: `cases` are then those that would change."""

    dry_run: bool
    calendars: dict[str, str] = Field(description="calendar -> the version that is counted on now")
    moved: int
    skipped: int = Field(description="cases that were looked at and stay as they are")
    cases: list[CaseMoved]
    next: str | None


def recounted(recounting: Recounting, principal: Principal, asked: Recount, language: str) -> dict[str, Any]:
    """Do what was asked, over HTTP or at the command line."""
    part: dict[str, Any] = {"only": asked.cases, "cursor": asked.cursor, "limit": asked.limit, "language": language}
    return recounting.preview(principal, **part) if asked.dry_run else recounting.apply(principal, reason=asked.reason, **part)
