"""Indicators: which there are, and their figures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.deps import Language, TheDesk, Who, day_or_instant_of, shown
from api.openapi import answer, answers
from api.schemas.indicators import FigureAnswer, IndicatorAsked, IndicatorList
from engine.runtime.figures import Asked

router = APIRouter(prefix="/v1", tags=["indicators"])


@router.get(
    "/indicators",
    summary="List indicators",
    response_class=Response,
    responses=answers(ok=answer(IndicatorList, "The indicators of the workflows you take part in.")),
)
def list_indicators(desk: TheDesk, principal: Who, language: Language) -> Response:
    """List the indicators you may ask for, by workflow and in the order of its file."""
    return shown(desk.figures.indicators(principal, language))


@router.get(
    "/indicators/{key}",
    summary="Count an indicator",
    response_class=Response,
    responses=answers(404, ok=answer(FigureAnswer, "The figures, of each workflow that has an indicator of this key.")),
)
def count_indicator(key: str, asked: Annotated[IndicatorAsked, Query()], desk: TheDesk, principal: Who, language: Language) -> Response:
    """Count an indicator over a time, as the trail stood at an instant.

    A share always comes with its numerator and denominator. Empty cells of a closed list are shown.
    """
    times = Asked(
        since=day_or_instant_of(asked.start, "from"),
        until=day_or_instant_of(asked.end, "to"),
        as_of=day_or_instant_of(asked.as_of, "as_of"),
    )
    return shown(desk.figures.figures(principal, key, times, language, workflow=asked.workflow))
