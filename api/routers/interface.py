"""The description of the interface, for whoever may come in."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.deps import Who, shown

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
def describe(request: Request, _: Who) -> Response:
    """Describe the interface (OpenAPI 3.1)."""
    return shown(request.app.openapi())
