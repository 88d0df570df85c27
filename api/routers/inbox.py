"""The inbox: what somebody is to do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import Language, TheDesk, Who, linked
from api.openapi import LINK, answer, answers
from api.schemas.cases import Inbox
from api.schemas.sent import InboxFilter

router = APIRouter(prefix="/v1", tags=["inbox"])


@router.get(
    "/inbox", summary="List my tasks", response_class=Response, responses=answers(ok=answer(Inbox, "Open tasks, oldest first.", Link=LINK))
)
def inbox(request: Request, asked: Annotated[InboxFilter, Query()], desk: TheDesk, principal: Who, language: Language) -> Response:
    """List the open tasks of your roles, your unit and yourself, with where each case stands and whether it is overdue."""
    return linked(request, desk.reading.inbox(principal, language, cursor=asked.cursor, limit=asked.limit))
