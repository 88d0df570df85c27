"""Cases: opening, looking, commenting, correcting."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import Language, Sent, TheDesk, Who, in_thread, instant_of, key_of, linked, read_model, sent, shown, stated_version
from api.openapi import ETAG, IDEMPOTENCY_KEY, IF_MATCH, LINK, LOCATION, answer, answers, takes
from api.schemas.cases import ActionList, CasePage, CaseSeen, CommentList
from api.schemas.sent import CaseAsked, CaseFilter, CorrectEvent, OpenCase, SayComment
from engine.runtime.reading import ClientRefTaken
from engine.store import cases
from engine.store.errors import ConcurrentWrite

router = APIRouter(prefix="/v1", tags=["cases"])

NOW = answer(CaseSeen, "The case as it stands now.", ETag=ETAG)


@router.post(
    "/cases",
    summary="Open a case",
    status_code=201,
    response_class=Response,
    responses=answers(403, 404, 409, created=answer(CaseSeen, "Opened.", ETag=ETAG, Location=LOCATION)),
    openapi_extra=takes(OpenCase, parameters=(IDEMPOTENCY_KEY,)),
)
async def open_case(request: Request, headers: Sent, desk: TheDesk, principal: Who, language: Language) -> Response:
    """Open a case of the newest version in force of a workflow, or of the one given."""
    asked, body = await read_model(request, headers, OpenCase)
    key = key_of(request, headers, principal, body)
    application, reading = desk.application, desk.reading
    # Looked up beside the loop; the service then finds it in memory.
    await in_thread(lambda: application.registry.opening(principal.org, asked.workflow, asked.version)(application.now()))
    try:
        opened = await application.service.open(
            principal,
            asked.workflow,
            version=asked.version,
            data=asked.data,
            client_ref=asked.client_ref,
            reason=asked.reason,
            occurred_at=instant_of(asked.occurred_at, "occurred_at"),
            key=key,
            language=language,
        )
    except ConcurrentWrite:
        reference = asked.client_ref
        if reference is None:
            raise
        found = await in_thread(lambda: reading.case_of_reference(principal.org, asked.workflow, reference))
        if found is None:
            raise
        raise ClientRefTaken(reference, found) from None
    return sent(opened)


@router.get("/cases", summary="List cases", response_class=Response, responses=answers(ok=answer(CasePage, "A page of cases.", Link=LINK)))
def list_cases(request: Request, asked: Annotated[CaseFilter, Query()], desk: TheDesk, principal: Who, language: Language) -> Response:
    """List the cases that are yours to see, those opened last first."""
    only = cases.CaseFilter(
        workflow=asked.workflow,
        state=asked.state,
        outcome=asked.outcome,
        ended=asked.ended,
        overdue_at=desk.application.now() if asked.overdue else None,
        number=asked.number,
        client_ref=asked.client_ref,
    )
    return linked(request, desk.reading.cases(principal, only, language, cursor=asked.cursor, limit=asked.limit))


@router.get("/cases/{case_id}", summary="Look at a case", response_class=Response, responses=answers(404, ok=NOW))
def show_case(case_id: str, asked: Annotated[CaseAsked, Query()], desk: TheDesk, principal: Who, language: Language) -> Response:
    """Look at a case as it stands, or as it stood at a time (then without an ETag: nothing can be done with it)."""
    instant = instant_of(asked.as_of, "as_of", "query")
    if instant is not None:
        return shown(desk.reading.case_as_of(principal, case_id, instant, language))
    view = desk.reading.case(principal, case_id, language)
    return shown(view, headers={"ETag": f'"{view["version"]}"'})


@router.get(
    "/cases/{case_id}/actions",
    summary="List the actions of a case",
    response_class=Response,
    responses=answers(404, ok=answer(ActionList, "Every action of the configuration.", ETag=ETAG)),
)
def list_actions(case_id: str, desk: TheDesk, principal: Who, language: Language) -> Response:
    """List what can be done now: allowed with the JSON Schema of its form, or refused with the reasons the act itself would give."""
    found = desk.reading.actions(principal, case_id, language)
    return shown(found, headers={"ETag": f'"{found["version"]}"'})


@router.get(
    "/cases/{case_id}/comments",
    summary="List the comments on a case",
    response_class=Response,
    responses=answers(404, ok=answer(CommentList, "The comments, oldest first.")),
)
def list_comments(case_id: str, desk: TheDesk, principal: Who) -> Response:
    """List what was said about a case."""
    return shown(desk.reading.comments(principal, case_id))


@router.post(
    "/cases/{case_id}/comments",
    summary="Comment on a case",
    response_class=Response,
    responses=answers(404, ok=NOW),
    openapi_extra=takes(SayComment, parameters=(IDEMPOTENCY_KEY,)),
)
async def comment(request: Request, case_id: str, headers: Sent, desk: TheDesk, principal: Who, language: Language) -> Response:
    """Say something about a case. Its version stays, so that no open form becomes stale."""
    asked, body = await read_model(request, headers, SayComment)
    key = key_of(request, headers, principal, body)
    return sent(await desk.application.service.comment(principal, case_id, asked.text, key=key, language=language))


@router.post(
    "/cases/{case_id}/corrections",
    summary="Correct an event",
    response_class=Response,
    responses=answers(403, 404, 409, 412, ok=NOW),
    openapi_extra=takes(CorrectEvent, parameters=(IF_MATCH, IDEMPOTENCY_KEY)),
)
async def correct(request: Request, case_id: str, headers: Sent, desk: TheDesk, principal: Who, language: Language) -> Response:
    """Set right what an event says wrongly, by a new event. Needs the right `correct`; an outcome, a time or a date needs two people."""
    asked, body = await read_model(request, headers, CorrectEvent)
    return sent(
        await desk.application.service.correct(
            principal,
            case_id,
            asked.seq,
            asked.reason,
            data=asked.data,
            outcome=asked.outcome,
            occurred_at=instant_of(asked.occurred_at, "occurred_at"),
            approves=asked.approves,
            expected=stated_version(headers),
            key=key_of(request, headers, principal, body),
            language=language,
        )
    )
