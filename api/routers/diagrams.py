"""Pictures of definitions: SVG, and text for Mermaid."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.deps import Desk, Language, TheDesk, Who
from api.openapi import Described, answers
from api.pictures import MERMAID, PICTURE_HEADERS, SVG
from engine.definition.process import ProcessDefinition
from engine.proof.diagram.building import build
from engine.proof.diagram.mermaid import mermaid
from engine.runtime.people import Principal

router = APIRouter(prefix="/v1", tags=["definitions"])

Version = Annotated[int, Path(ge=1, le=1_000_000_000)]


def drawing(description: str, media_type: str) -> Described:
    """Describe an answer that is a picture, or the text of one."""
    return {"description": description, "content": {media_type: {"schema": {"type": "string"}}}}


@router.get(
    "/definitions/{workflow}/{version}/diagram.svg",
    summary="Look at a picture of a version",
    response_class=Response,
    responses=answers(404, 503, ok=drawing("The process as SVG, in the language asked for.", SVG)),
)
def draw_version(workflow: str, version: Version, desk: TheDesk, principal: Who, language: Language) -> Response:
    """Draw a published version: its states, actions, deadlines. It is laid out once; 503 where elkjs is not installed."""
    picture = desk.pictures.svg(definition_of(desk, principal, workflow, version), language)
    return Response(picture, media_type=SVG, headers=PICTURE_HEADERS)


@router.get(
    "/definitions/{workflow}/{version}/diagram.mmd",
    summary="Look at a version as text for Mermaid",
    response_class=Response,
    responses=answers(404, ok=drawing("The same picture as text for Mermaid.", MERMAID)),
)
def write_version(workflow: str, version: Version, desk: TheDesk, principal: Who, language: Language) -> Response:
    """Write a published version as a state diagram of Mermaid."""
    said = mermaid(build(definition_of(desk, principal, workflow, version), language))
    return Response(said, media_type=MERMAID, headers={"Vary": "Accept-Language"})


def definition_of(desk: Desk, principal: Principal, workflow: str, version: int) -> ProcessDefinition:
    """Give a published definition. Raises NotFound."""
    row = desk.catalogue.definition(principal, workflow, version)
    return desk.application.registry.process(row.org, row.workflow, row.version, row.digest).definition
