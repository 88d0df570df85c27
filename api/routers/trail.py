"""What happened: the events and deadlines of a case, and the trail of the organisation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import Language, TheDesk, Who, instant_of, linked, shown
from api.openapi import LINK, answer, answers
from api.schemas.cases import DeadlineList, EventPage, ExplainedDeadline
from api.schemas.sent import AuditFilter, EventFilter
from engine.store import trail

router = APIRouter(prefix="/v1", tags=["trail"])

PAGE = answer(EventPage, "A page of events.", Link=LINK)


@router.get("/cases/{case_id}/events", summary="List the events of a case", response_class=Response, responses=answers(404, ok=PAGE))
def list_events(request: Request, case_id: str, asked: Annotated[EventFilter, Query()], desk: TheDesk, principal: Who) -> Response:
    """List what happened to a case, oldest first."""
    return linked(request, desk.reading.events(principal, case_id, after=asked.after, limit=asked.limit), "after")


@router.get(
    "/cases/{case_id}/deadlines",
    summary="List the deadlines of a case",
    response_class=Response,
    responses=answers(404, ok=answer(DeadlineList, "Live and ended deadlines, in the order of their arming.")),
)
def list_deadlines(case_id: str, desk: TheDesk, principal: Who, language: Language) -> Response:
    """List the deadlines of a case with their rungs."""
    return shown(desk.reading.deadlines(principal, case_id, language))


@router.get(
    "/cases/{case_id}/deadlines/{name}/explain",
    summary="Explain a deadline",
    response_class=Response,
    responses=answers(404, ok=answer(ExplainedDeadline, "How the date came about.")),
)
def explain(case_id: str, name: str, desk: TheDesk, principal: Who, language: Language) -> Response:
    """Tell step by step and day by day why a deadline is due when it is; its name is the full one, like `topic.vetting.decide`."""
    return shown(desk.reading.explain(principal, case_id, name, language))


@router.get("/audit/events", summary="Search the trail", response_class=Response, responses=answers(403, ok=PAGE))
def audit(request: Request, asked: Annotated[AuditFilter, Query()], desk: TheDesk, principal: Who) -> Response:
    """List events of the whole organisation, those recorded last first. Needs the right `audit`."""
    only = trail.EventFilter(
        actor=asked.actor,
        workflow=asked.workflow,
        action=asked.action,
        since=instant_of(asked.start, "from", "query"),
        until=instant_of(asked.end, "to", "query"),
    )
    return linked(request, desk.reading.audit(principal, only, cursor=asked.cursor, limit=asked.limit))
