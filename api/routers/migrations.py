"""Migrations: moving running cases to another version, planned dry first, and back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import Language, Sent, TheDesk, Who, in_thread, read_model, shown
from api.openapi import answer, answers, takes
from api.schemas.migrations import Migrate, MigrationAsked, MigrationSeen, MigrationStanding, asked_for
from engine.runtime.migrating import Migrating

router = APIRouter(prefix="/v1", tags=["migrations"])


@router.get(
    "/migrations",
    summary="Count running cases by version",
    response_class=Response,
    responses=answers(403, 404, ok=answer(MigrationStanding, "How many run at which version, and where.")),
)
def show_standing(asked: Annotated[MigrationAsked, Query()], desk: TheDesk, principal: Who) -> Response:
    """Say how many running cases of a workflow each version has, and in which states. Needs the right `publish`."""
    return shown(Migrating(desk.application).standing(principal, asked.workflow))


@router.post(
    "/migrations",
    summary="Move running cases to a version",
    response_class=Response,
    responses=answers(403, 404, ok=answer(MigrationSeen, "What was done, or with `dry_run` would be done; `next` goes on.")),
    openapi_extra=takes(Migrate),
)
async def migrate(request: Request, headers: Sent, desk: TheDesk, principal: Who, language: Language) -> Response:
    """Move running cases to a version, or put them back; a part at a time. Needs the right `publish`.

    Doing it again does nothing to the cases that are there already.
    """
    principal.demand("publish")
    asked, _ = await read_model(request, headers, Migrate)
    return shown(await in_thread(lambda: asked_for(Migrating(desk.application), principal, asked, language)))
