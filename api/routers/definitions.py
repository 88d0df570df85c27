"""Definitions: publishing and looking at what is published."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.deps import JSON, Headers, Language, Sent, TheDesk, Who, day_or_instant_of, desk_of, in_thread, media_type_in, read_body, shown
from api.openapi import answer, answers, either
from api.problems import UnsupportedMediaType
from api.schemas.sent import DefinitionAsked, DiffAsked
from api.schemas.service import (
    DefinitionList,
    DefinitionWhole,
    DiffSeen,
    PublishedPresetSeen,
    PublishedRegistrySeen,
    PublishedSeen,
    PublishedTogether,
    published_view,
)
from engine.runtime.comparing import compare
from engine.runtime.presets import PublishedPreset
from engine.runtime.publishing import publish as publish_all
from engine.runtime.registries import PublishedRegistry
from engine.runtime.registry import Published

router = APIRouter(prefix="/v1", tags=["definitions"])

YAML = "application/yaml"
TAKEN = (YAML, "application/x-yaml", "text/yaml", "text/x-yaml", JSON)
TEXT = {"schema": {"type": "string"}}
TAKES_DEFINITIONS = {"requestBody": {"required": True, "content": {YAML: TEXT, JSON: {"schema": {"type": "object"}}}}}
PUBLISHED = (PublishedSeen, PublishedRegistrySeen, PublishedPresetSeen, PublishedTogether)


@router.post(
    "/definitions",
    summary="Publish a definition",
    status_code=201,
    response_class=Response,
    responses=answers(
        403,
        409,
        ok=either("Nothing new: only checked (`dry_run`), or exactly this is published already.", *PUBLISHED),
        created=either("Published.", *PUBLISHED),
    ),
    openapi_extra=TAKES_DEFINITIONS,
)
async def publish(request: Request, asked: Annotated[DefinitionAsked, Query()], headers: Sent, desk: TheDesk, principal: Who) -> Response:
    """Publish a version of a workflow, or all registries and presets of a file, if lint finds no error. Needs the right `publish`.

    Warnings stand in `problems`. A registry's text is given the next version and is in force at once. So is that of a preset of settings,
    which takes the place of the one before: cases that open from then on have its settings.

    Several YAML documents (parted by `---`) are published together, all or none, so that they may name each other; the answer then
    lists them in `definitions`.

    Publishing the same again does nothing, but with another `effective_from` moves the date of a version that is not in force yet.
    """
    principal.demand("publish")
    application = desk.application
    body, name = await definitions_sent(request, headers)
    begins = day_or_instant_of(asked.effective_from, "effective_from")

    def publish_it() -> tuple[Published | PublishedRegistry | PublishedPreset, ...]:
        return publish_all(application, principal, [(body, name)], effective_from=begins, dry_run=asked.dry_run)

    published = await in_thread(publish_it)
    new = any(each.new for each in published) and not asked.dry_run
    views = [published_view(each) for each in published]
    return shown(views[0] if len(views) == 1 else {"definitions": views}, 201 if new else 200)


async def definitions_sent(request: Request, headers: Headers) -> tuple[bytes, str]:
    """Read a body of YAML or JSON; give it with the name it has in problems. Raises UnsupportedMediaType, TooLarge."""
    media_type = media_type_in(headers)
    if media_type and media_type not in TAKEN:
        raise UnsupportedMediaType(media_type, YAML, JSON)
    body = await read_body(request, headers, desk_of(request).application.settings.body_limit)
    return body, "definition.json" if media_type == JSON else "definition.yaml"


@router.get(
    "/definitions",
    summary="List workflows",
    response_class=Response,
    responses=answers(ok=answer(DefinitionList, "Each workflow in the version that cases open with now.")),
)
def list_workflows(desk: TheDesk, principal: Who, language: Language) -> Response:
    """List the workflows, each in the version that cases open with now; one that is not in force yet in its newest."""
    return shown(desk.catalogue.definitions(principal, language))


@router.get(
    "/definitions/{workflow}",
    summary="List the versions of a workflow",
    response_class=Response,
    responses=answers(404, ok=answer(DefinitionList, "Its versions, the newest first.")),
)
def list_versions(workflow: str, desk: TheDesk, principal: Who, language: Language) -> Response:
    """List the published versions of a workflow, the newest first."""
    return shown(desk.catalogue.definitions(principal, language, workflow))


@router.get(
    "/definitions/{workflow}/{version}/diff",
    summary="Compare two versions",
    response_class=Response,
    responses=answers(403, 404, ok=answer(DiffSeen, "Each difference with its class, its place, and how many running cases it is about.")),
)
def show_differences(
    workflow: str,
    version: Annotated[int, Path(ge=1, le=1_000_000_000)],
    asked: Annotated[DiffAsked, Query()],
    desk: TheDesk,
    principal: Who,
) -> Response:
    """Compare a published version with another by meaning: label only, tightening, loosening, breaks running cases, changes behaviour.

    Needs the right `publish`.
    """
    return shown(compare(desk.application, principal, workflow, asked.against, version))


WHOLE = answer(DefinitionWhole, "The version, or with `Accept: application/yaml` its source as it was published.")
WHOLE["content"][YAML] = TEXT


@router.get("/definitions/{workflow}/{version}", summary="Look at a version", response_class=Response, responses=answers(404, ok=WHOLE))
def show_version(
    workflow: str, version: Annotated[int, Path(ge=1, le=1_000_000_000)], headers: Sent, desk: TheDesk, principal: Who, language: Language
) -> Response:
    """Look at a published version: its states, roles and start form, and its source."""
    row = desk.catalogue.definition(principal, workflow, version)
    accepted = headers.get(b"accept", b"")
    if b"yaml" in accepted and b"json" not in accepted:
        return Response(row.source, media_type=YAML, headers={"Vary": "Accept"})
    return shown(desk.catalogue.described(row, language), headers={"Vary": "Accept"})
