"""The schema of the workflow language, for editors: open like the description of the interface, since an editor cannot sign in."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Response

from api.openapi import OPEN
from engine.definition.editor_schema import editor_schema

router = APIRouter(tags=["definitions"])

TYPE = "application/schema+json"
FOR_AN_HOUR = {"Cache-Control": "public, max-age=3600"}


@router.get(
    "/workflow.schema.json",
    summary="Look at the schema of the workflow language",
    response_class=Response,
    responses={200: {"description": "JSON Schema, draft 2020-12.", "content": {TYPE: {"schema": {"type": "object"}}}}},
    openapi_extra=OPEN,
)
async def workflow_schema() -> Response:
    """Give the JSON Schema of workflow files, for completion and hover in an editor."""
    return Response(orjson.dumps(dict(editor_schema())), media_type=TYPE, headers=FOR_AN_HOUR)
