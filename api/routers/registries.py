"""Registries: their rows, read, changed by who keeps them, and exchanged as Excel or CSV."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.convertors import Convertor, register_url_convertor

from api.deps import (
    Language,
    Sent,
    TheDesk,
    Who,
    day_or_instant_of,
    expected_version,
    in_thread,
    key_of,
    linked,
    media_type_in,
    read_body,
    read_model,
    sent,
    shown,
)
from api.openapi import ETAG, IDEMPOTENCY_KEY, IF_MATCH, LINK, LOCATION, answer, answers, required, takes
from api.problems import UnsupportedMediaType
from api.schemas.registries import (
    AddRow,
    ChangeRow,
    ExportAsked,
    GiveReason,
    ImportAsked,
    ImportReport,
    RegistryList,
    RowAsked,
    RowPage,
    RowsAsked,
    RowSeen,
    RowWhole,
)
from engine.core.rows import Action
from engine.runtime.documents import disposition_of
from engine.runtime.row_export import exported
from engine.runtime.row_reading import RowFilter
from engine.runtime.sheets import MEDIA_TYPES
from engine.runtime.sheets.workbook import MOST_BYTES

router = APIRouter(prefix="/v1/registries", tags=["registries"])


class RowKey(Convertor[str]):
    """The key of a row in an address; what is reserved there is none."""

    regex = "(?!(?:import|export)(?:/|$))[^/]+"

    def convert(self, value: str) -> str:
        """Give the key."""
        return value

    def to_string(self, value: str) -> str:
        """Give what stands in the address."""
        return value


register_url_convertor("row_key", RowKey())

FORMS = {media_type: form for form, media_type in MEDIA_TYPES.items()}
BYTES = {"schema": {"type": "string", "format": "binary"}}
FILES = dict.fromkeys(FORMS, BYTES)


def only(asked: RowsAsked | ExportAsked) -> RowFilter:
    """Read which rows are asked for in the address. Raises InvalidInput."""
    return RowFilter(dict(each.split(":", 1) for each in asked.where), day_or_instant_of(asked.as_of, "as_of"), asked.retired)


@router.get(
    "",
    summary="List registries",
    response_class=Response,
    responses=answers(ok=answer(RegistryList, "The registries you may look at, by name.")),
)
def list_registries(desk: TheDesk, principal: Who, language: Language) -> Response:
    """List the registries with their fields and how many rows they have."""
    return shown(desk.rows.registries(principal, language))


@router.get(
    "/{registry}",
    summary="List the rows of a registry",
    response_class=Response,
    responses=answers(404, ok=answer(RowPage, "A page of rows, by their keys.", Link=LINK)),
)
def list_rows(
    request: Request, registry: str, asked: Annotated[RowsAsked, Query()], desk: TheDesk, principal: Who, language: Language
) -> Response:
    """List rows: all, or those whose fields have some values; now, or as they stood."""
    return linked(request, desk.rows.rows(principal, registry, only(asked), language, cursor=asked.cursor, limit=asked.limit))


@router.post(
    "/{registry}",
    summary="Add a row",
    status_code=201,
    response_class=Response,
    responses=answers(403, 404, 409, created=answer(RowSeen, "Added.", ETag=ETAG, Location=LOCATION)),
    openapi_extra=takes(AddRow, parameters=(IDEMPOTENCY_KEY,)),
)
async def add(request: Request, registry: str, headers: Sent, desk: TheDesk, principal: Who) -> Response:
    """Add a row; only who keeps the registry may."""
    asked, body = await read_model(request, headers, AddRow)
    key = key_of(request, headers, principal, body)
    return sent(await desk.application.rows.add(principal, registry, asked.data, reason=asked.reason, key=key))


@router.get(
    "/{registry}/export",
    summary="Export the rows of a registry",
    response_class=Response,
    responses={**answers(404), 200: {"description": "The rows, computed fields too.", "content": FILES}},
)
def export(registry: str, asked: Annotated[ExportAsked, Query()], desk: TheDesk, principal: Who, language: Language) -> Response:
    """Export rows as an Excel workbook or as CSV, with headings in your language; it can be imported again as it is."""
    content = exported(desk.application, principal, registry, only(asked), asked.format, language)
    safe = {
        "Content-Disposition": disposition_of(f"{registry}.{asked.format}"),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }
    return Response(content, headers=safe, media_type=MEDIA_TYPES[asked.format])


@router.post(
    "/{registry}/import",
    summary="Import rows",
    response_class=Response,
    responses=answers(403, 404, ok=answer(ImportReport, "What was done, or with `dry_run` would be.")),
    openapi_extra={"requestBody": {"required": True, "content": FILES}, "parameters": [IDEMPOTENCY_KEY]},
)
async def import_rows(
    request: Request, registry: str, asked: Annotated[ImportAsked, Query()], headers: Sent, desk: TheDesk, principal: Who
) -> Response:
    """Import an Excel workbook or CSV, all of it or nothing: a file with mistakes is refused with every bad cell in `faults`.

    A row with a new key is added, one that differs is changed, one that is equal is left alone.
    """
    media_type = media_type_in(headers)
    if media_type not in FORMS:
        raise UnsupportedMediaType(media_type, *FORMS)
    body = await read_body(request, headers, MOST_BYTES)
    said = (asked.reason, asked.sheet or "", str(asked.dry_run), media_type)
    key = key_of(request, headers, principal, body, *said)
    table = await in_thread(lambda: desk.imports.table(body, FORMS[media_type], asked.sheet))
    if asked.dry_run:
        return shown(await in_thread(lambda: desk.imports.try_out(principal, registry, table, asked.reason)))
    prepared = await in_thread(lambda: desk.imports.attempt(principal, registry, table, asked.reason))
    return sent(await desk.imports.run(principal, registry, prepared, key))


@router.get(
    "/{registry}/{row:row_key}",
    summary="Look at a row",
    response_class=Response,
    responses=answers(404, ok=answer(RowWhole, "The row with its history.", ETag=ETAG)),
)
def show(registry: str, row: str, asked: Annotated[RowAsked, Query()], desk: TheDesk, principal: Who) -> Response:
    """Look at a row: as it stands or stood, and everything that happened to it until then."""
    seen = desk.rows.row(principal, registry, row, day_or_instant_of(asked.as_of, "as_of"))
    return shown(seen, headers={"ETag": f'"{seen["version"]}"'})


def alters(method: str, path: str, action: Action, model: type[ChangeRow | GiveReason], about: str) -> None:
    """Declare a way to alter a row, decided on the version that was seen. ``path``: what follows the row in the address."""

    async def alter(request: Request, registry: str, row: str, headers: Sent, desk: TheDesk, principal: Who) -> Response:
        asked, body = await read_model(request, headers, model)
        return sent(
            await desk.application.rows.alter(
                principal,
                registry,
                row,
                action,
                values=asked.data if isinstance(asked, ChangeRow) else {},
                reason=asked.reason,
                expected=expected_version(headers),
                key=key_of(request, headers, principal, body),
            )
        )

    router.add_api_route(
        "/{registry}/{row:row_key}" + path,
        alter,
        methods=[method],
        name=action,
        summary=f"{action.capitalize()} a row",
        description=about,
        response_class=Response,
        responses=answers(403, 404, 409, 412, 428, ok=answer(RowSeen, "The row as it stands now.", ETag=ETAG)),
        openapi_extra=takes(model, parameters=(required(IF_MATCH), IDEMPOTENCY_KEY)),
    )


alters("PATCH", "", "change", ChangeRow, "Say that some fields are otherwise from now on. The rows of a ledger are corrected instead.")
alters("POST", "/corrections", "correct", ChangeRow, "Say that some fields were entered wrongly; what was entered stays in the history.")
alters(
    "POST",
    "/retire",
    "retire",
    GiveReason,
    "Take a row out of use: it is neither listed nor found by expressions any more, and its key is not given again.",
)
alters("POST", "/restore", "restore", GiveReason, "Take a retired row into use again.")
