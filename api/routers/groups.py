"""Those who do something together on a case: its parties."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.deps import Language, TheDesk, Who, shown
from api.openapi import answer, answers
from api.schemas.groups import PartyGroupList

router = APIRouter(prefix="/v1", tags=["cases"])


@router.get(
    "/cases/{case_id}/parties",
    summary="List the parties of a case",
    response_class=Response,
    responses=answers(404, ok=answer(PartyGroupList, "Each group with its parties, in the order of their invitation.")),
)
def list_parties(case_id: str, desk: TheDesk, principal: Who, language: Language) -> Response:
    """List who was asked to sign, what each said, and who is still awaited."""
    return shown(desk.reading.parties(principal, case_id, language))
