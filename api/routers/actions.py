"""Taking an action: the one route that has to be fast. It reads the request by hand and sends the stored bytes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.auth import authenticated
from api.deps import (
    Desk,
    Headers,
    desk_of,
    expected_version,
    headers_of,
    in_thread,
    instant_of,
    key_of,
    language_in,
    read_model,
    sent,
)
from api.direct import DirectRoute
from api.json_body import fault
from api.openapi import ETAG, IDEMPOTENCY_KEY, IF_MATCH, answer, answers, required, takes
from api.schemas.cases import CaseSeen
from api.schemas.sent import Approve, TakeAction
from engine.runtime.people import Principal
from engine.store.records import DocumentRecord

router = APIRouter(prefix="/v1", tags=["cases"], route_class=DirectRoute)

TAKEN = answer(CaseSeen, "Taken; the case as it stands now.", ETag=ETAG)


@router.post(
    "/cases/{case_id}/actions/{action}",  # noqa: FAST003  what FastAPI does not have to convert costs nothing
    summary="Take an action",
    response_class=Response,
    responses=answers(403, 404, 409, 412, 428, ok=TAKEN),
    openapi_extra=takes(
        TakeAction,
        required=False,
        parameters=(
            {"name": "case_id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "action", "in": "path", "required": True, "schema": {"type": "string"}, "example": "research_report.attach"},
            required(IF_MATCH),
            IDEMPOTENCY_KEY,
        ),
    ),
)
async def act(request: Request) -> Response:
    """Take an action of the configuration, all or nothing, as `GET …/actions` lists it."""
    desk, headers = desk_of(request), headers_of(request)
    principal = await authenticated(request, headers, desk.access)
    expected = expected_version(headers)
    asked, body = await read_model(request, headers, TakeAction)
    path = request.path_params
    case_id, action = path["case_id"], path["action"]
    document = await kept_document(desk, principal, case_id, action, asked.documents[0]) if asked.documents else None
    return sent(
        await desk.application.service.act(
            principal,
            case_id,
            action,
            data=asked.data,
            reason=asked.reason,
            document=document,
            occurred_at=instant_of(asked.occurred_at, "occurred_at"),
            expected=expected,
            key=key_of(request, headers, principal, body),
            language=language_in(headers),
        )
    )


async def kept_document(desk: Desk, principal: Principal, case_id: str, action: str, document_id: str) -> DocumentRecord:
    """Give a document that was uploaded for just this act. Raises NotFound, InvalidInput."""
    row = await in_thread(lambda: desk.reading.document(principal, case_id, document_id))
    if action != f"{row.name}.attach":
        raise fault(
            "/documents",
            "wrong_action",
            f"这份文件只能通过“{row.name}.attach”提交。",
            f"expected the action {row.name}.attach, which is what this document was uploaded for, got {action}",
        )
    if row.seq is not None:
        raise fault("/documents/0", "attached_already", "这份文件已经提交。", f"this document was attached by event {row.seq} already")
    return row


@router.post(
    "/cases/{case_id}/documents/{document}/approve",
    summary="Approve a document",
    response_class=Response,
    responses=answers(403, 404, 409, 412, 428, ok=TAKEN),
    openapi_extra=takes(Approve, required=False, parameters=(required(IF_MATCH), IDEMPOTENCY_KEY)),
)
async def approve(request: Request, case_id: str, document: str) -> Response:
    """Approve the document that is attached now, by its name or its id: the act `X.approve`."""
    desk, headers = desk_of(request), headers_of(request)
    principal = await authenticated(request, headers, desk.access)
    expected = expected_version(headers)
    asked, body = await read_model(request, headers, Approve)
    name = await in_thread(lambda: desk.reading.document_named(principal, case_id, document))
    return await taken(request, headers, desk, principal, case_id, f"{name}.approve", asked.reason, expected, body)


async def taken(
    request: Request,
    headers: Headers,
    desk: Desk,
    principal: Principal,
    case_id: str,
    action: str,
    reason: str | None,
    expected: int | None,
    body: bytes,
) -> Response:
    """Take an action without a form."""
    key = key_of(request, headers, principal, body)
    language = language_in(headers)
    return sent(
        await desk.application.service.act(principal, case_id, action, reason=reason, expected=expected, key=key, language=language)
    )
