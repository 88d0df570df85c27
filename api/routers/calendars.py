"""Calendars: which days are worked, and by whose notice."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.deps import Language, TheDesk, Who, shown
from api.json_body import fault
from api.openapi import answer, answers
from api.schemas.sent import DaysFilter
from api.schemas.service import DayList

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


def day_of(text: str, name: str) -> date:
    """Read a date. Raises InvalidInput."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        said = f"expected a date like 2026-02-10, got {text!r}"
        raise fault(name, "wrong_value", f"应为日期，如2026-02-10，实为“{text}”。", said, "query") from None
