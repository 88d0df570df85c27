"""Those who do something together on a case: its parties, and the cases it has to do with."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.deps import Language, TheDesk, Who, shown
from api.openapi import answer, answers
from api.schemas.groups import BallotList, PartyGroupList, RelatedCases

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


@router.get(
    "/cases/{case_id}/children",
    summary="List the cases that a case has to do with",
    response_class=Response,
    responses=answers(404, ok=answer(RelatedCases, "Its children by group, the other ends of its links, and its parent.")),
)
def list_related(case_id: str, desk: TheDesk, principal: Who, language: Language) -> Response:
    """List the children of a case, the cases at the other ends of its links and its parent, as they have told of themselves."""
    return shown(desk.reading.related(principal, case_id, language))


@router.get(
    "/cases/{case_id}/ballots",
    summary="List the ballots of a case",
    response_class=Response,
    responses=answers(404, ok=answer(BallotList, "Each ballot that is open or closed.")),
)
def list_ballots(case_id: str, desk: TheDesk, principal: Who, language: Language) -> Response:
    """List what is voted on: how many have voted while it is open, the result once it is closed. Who voted how is never told."""
    return shown(desk.reading.ballots(principal, case_id, language))
