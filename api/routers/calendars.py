"""Calendars: which days are worked, and by whose notice; and what runs on them when they change."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import Language, Sent, TheDesk, Who, in_thread, read_model, shown
from api.json_body import fault
from api.openapi import answer, answers, takes
from api.schemas.calendars import Recount, RecountSeen, recounted
from api.schemas.sent import DaysFilter
from api.schemas.service import DayList
from engine.runtime.recounting import RIGHT, Recounting

router = APIRouter(prefix="/v1", tags=["calendars"])


@router.get(
    "/calendars/{calendar}/days",
    summary="List the days of a calendar",
    response_class=Response,
    responses=answers(404, ok=answer(DayList, "The days, from one to the other, both included.")),
)
def list_days(calendar: str, asked: Annotated[DaysFilter, Query()], desk: TheDesk, _: Who, language: Language) -> Response:
    """List days with whether they are worked, why, and whether that may still change."""
    return shown(desk.catalogue.days(calendar, day_of(asked.start, "from"), day_of(asked.end, "to"), language))


@router.post(
    "/calendars/recounts",
    summary="Count live deadlines again",
    response_class=Response,
    responses=answers(403, ok=answer(RecountSeen, "What was done, or with `dry_run` would be done; `next` goes on.")),
    openapi_extra=takes(Recount),
)
async def recount(request: Request, headers: Sent, desk: TheDesk, principal: Who, language: Language) -> Response:
    """Count live deadlines again on the calendars as they are now, after a notice was entered or a file put right.

    Needs the right `calendars`. Doing it again does nothing: what stands as the calendar says is passed over. Rungs that fired stay fired.
    """
    principal.demand(RIGHT)
    asked, _ = await read_model(request, headers, Recount)
    return shown(await in_thread(lambda: recounted(Recounting(desk.application), principal, asked, language)))


def day_of(text: str, name: str) -> date:
    """Read a date. Raises InvalidInput."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        said = f"expected a date like 2026-02-10, got {text!r}"
        raise fault(name, "wrong_value", f"应为日期，如2026-02-10，实为“{text}”。", said, "query") from None
