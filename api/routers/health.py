"""Health: the only addresses that are open to everybody."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Response
from sqlalchemy.exc import SQLAlchemyError

from api.deps import TheDesk, shown
from api.openapi import OPEN, answer
from api.schemas.service import Health
from engine.store.cases import has_cases

log = structlog.get_logger(__name__)

router = APIRouter(tags=["health"])


@router.get(
    "/livez", summary="Is it alive?", response_class=Response, responses={200: answer(Health, "The process answers.")}, openapi_extra=OPEN
)
async def livez() -> Response:
    """Say that the process answers."""
    return shown({"status": "ok"})


@router.get(
    "/readyz",
    summary="Is it ready?",
    response_class=Response,
    responses={200: answer(Health, "The database answers."), 503: answer(Health, "The database does not answer.")},
    openapi_extra=OPEN,
)
def readyz(desk: TheDesk) -> Response:
    """Say whether the database answers."""
    try:
        with desk.application.store.read() as reader:
            has_cases(reader)
    except SQLAlchemyError as failure:
        log.warning("not_ready", error=type(failure).__name__)
        return shown({"status": "unavailable"}, 503)
    return shown({"status": "ok"})
