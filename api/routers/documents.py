"""Documents: the bytes are streamed to disk first, then the case is told, in the act `X.attach`."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse

from api.console.making import make, make_to_attach
from api.console.word import WORD
from api.deps import Headers, Language, Sent, TheDesk, Who, in_thread, key_of, media_type_in, sent, shown, stated_version, too_large
from api.openapi import ETAG, IDEMPOTENCY_KEY, IF_MATCH, answer, answers
from api.schemas.cases import CaseSeen, DocumentList, DocumentSeen
from api.schemas.sent import DocumentAsked
from engine.runtime.documents import Documents, Incoming, Stored, disposition_of, file_name_of, handed_in, keep_row, media_type_of

router = APIRouter(prefix="/v1", tags=["documents"])

ANY_BYTES = {"schema": {"type": "string", "format": "binary"}}
WRITE_AT_ONCE = 1 << 20


@router.post(
    "/cases/{case_id}/documents",
    summary="Hand in a document",
    response_class=Response,
    responses=answers(
        403,
        404,
        409,
        412,
        ok=answer(CaseSeen, "Attached; the case as it stands now.", ETag=ETAG),
        created=answer(DocumentSeen, "Kept, not attached (`attach=false`)."),
    ),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": ANY_BYTES, "*/*": ANY_BYTES}},
        "parameters": [IF_MATCH, IDEMPOTENCY_KEY],
    },
)
async def attach(
    request: Request,
    case_id: str,
    asked: Annotated[DocumentAsked, Query()],
    headers: Sent,
    desk: TheDesk,
    principal: Who,
    language: Language,
) -> Response:
    """Send the bytes of a document in the body, with its media type in `Content-Type`; they are kept if their SHA-256 is the one stated."""
    expected, media_type = stated_version(headers), media_type_of(media_type_in(headers))
    filename = file_name_of(asked.filename)
    key = key_of(request, headers, principal, asked.sha256.encode(), asked.document, filename, media_type, str(asked.attach))
    if key is None:  # with a key it may be an answer to repeat, whatever holds now
        await in_thread(lambda: desk.reading.demand_attaching(principal, case_id, asked.document))
    else:
        await in_thread(lambda: desk.reading.seen(principal, case_id))
    stored = await received(request, headers, desk.documents.of(principal.org), asked.sha256)
    at = await in_thread(desk.application.now)
    row = handed_in(stored, principal, case_id, asked.document, filename, media_type, at=at)
    if not asked.attach:
        demand = partial(desk.reading.demand_attaching, principal, case_id, asked.document)
        return sent(await keep_row(desk.application.lane, row, key, demand))
    return sent(
        await desk.application.service.act(
            principal, case_id, f"{asked.document}.attach", document=row, expected=expected, key=key, language=language
        )
    )


async def received(request: Request, headers: Headers, documents: Documents, sha256: str) -> Stored:
    """Stream the body to disk. Raises TooLarge, DigestMismatch; then nothing is kept."""
    stated = headers.get(b"content-length", b"")
    if stated.isdigit() and int(stated) > documents.limit:
        raise too_large(documents.limit)
    incoming = await in_thread(documents.receive)
    try:
        await streamed(request, incoming)
        return await in_thread(lambda: incoming.keep(sha256))
    finally:
        await in_thread(incoming.discard)


async def streamed(request: Request, incoming: Incoming) -> None:
    """Write what arrives, some of it at a time, never on the event loop."""
    waiting = bytearray()
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        waiting += message.get("body", b"")
        more = message.get("more_body", False)
        if len(waiting) >= WRITE_AT_ONCE or not more:
            chunk, waiting = bytes(waiting), bytearray()
            await in_thread(lambda chunk=chunk: incoming.write(chunk))  # type: ignore[misc]


@router.get(
    "/cases/{case_id}/documents",
    summary="List the documents of a case",
    response_class=Response,
    responses=answers(404, ok=answer(DocumentList, "The documents, in the order in which they were handed in.")),
)
def list_documents(case_id: str, desk: TheDesk, principal: Who, language: Language) -> Response:
    """List what was handed in for a case, and which documents can be made as Word with its data."""
    made = desk.reading.templates(principal, case_id, language)
    links = [{**each, "href": f"/v1/cases/{case_id}/documents/{each['document']}/word"} for each in made]
    return shown({**desk.reading.documents(principal, case_id), "word": links})


@router.get(
    "/cases/{case_id}/documents/{document}",
    summary="Fetch a document",
    response_class=Response,
    responses={
        **answers(404),
        200: {"description": "Its bytes, with the media type it was handed in with.", "content": {"*/*": ANY_BYTES}},
        206: {"description": "A part of its bytes.", "content": {"*/*": ANY_BYTES}},
        416: {"description": "There is no such part.", "content": {"text/plain": {"schema": {"type": "string"}}}},
    },
)
def fetch(case_id: str, document: str, desk: TheDesk, principal: Who) -> Response:
    """Fetch the bytes of a document by its id. A browser saves them and never shows them."""
    row = desk.reading.document(principal, case_id, document)
    return FileResponse(desk.documents.of(row.org).path_of(row.sha256), headers=safe(row.filename, row.sha256), media_type=row.media_type)


@router.get(
    "/cases/{case_id}/documents/{document}/word",
    summary="Make a document as Word",
    response_class=Response,
    responses={
        **answers(404),
        200: {
            "description": "A Word file (.docx) with what you may see of the case; equal data give equal bytes.",
            "content": {WORD: ANY_BYTES},
        },
    },
)
def word(case_id: str, document: str, desk: TheDesk, principal: Who, language: Language) -> Response:
    """Make a document by its name from its template and the case as it stands, in the language asked for. Nothing is kept of it."""
    made = make(desk.application, desk.reading, principal, case_id, document, language)
    digest = hashlib.sha256(made.content).hexdigest()
    return Response(made.content, headers={**safe(made.filename, digest), "Vary": "Accept-Language"}, media_type=WORD)


@router.post(
    "/cases/{case_id}/documents/{document}/word",
    summary="Make a document as Word and hand it in",
    response_class=Response,
    responses=answers(403, 404, 409, 412, ok=answer(CaseSeen, "Made and attached; the case as it stands now.", ETag=ETAG)),
    openapi_extra={"parameters": [IF_MATCH, IDEMPOTENCY_KEY]},
)
async def attach_word(
    request: Request, case_id: str, document: str, headers: Sent, desk: TheDesk, principal: Who, language: Language
) -> Response:
    """Make a document from its template and attach it, as one act."""
    expected, key = stated_version(headers), key_of(request, headers, principal, b"", document)
    if key is None:  # with a key it may be an answer to repeat, whatever holds now
        await in_thread(lambda: desk.reading.demand_attaching(principal, case_id, document))
    work = partial(make_to_attach, desk.application, desk.reading, desk.documents.of(principal.org), principal, case_id, document, language)
    row = await in_thread(work)
    return sent(
        await desk.application.service.act(
            principal, case_id, f"{document}.attach", document=row, expected=expected, key=key, language=language
        )
    )


def safe(filename: str, digest: str) -> dict[str, str]:
    """Give the headers by which a browser saves a file and never shows it."""
    return {
        "Content-Disposition": disposition_of(filename),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-cache",
        "ETag": f'"{digest}"',
    }
