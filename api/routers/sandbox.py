"""The sandbox: where colleagues try a draft, and from where nothing reaches the body."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.deps import Sent, TheDesk, Who, in_thread, read_model, shown
from api.openapi import answer, answers, takes
from api.routers.definitions import TAKES_DEFINITIONS, definitions_sent
from api.schemas.sandbox import CreateSandboxKey, DraftsSeen, SandboxSeen, drafts_view, sandbox_view
from api.schemas.service import KeyMade
from engine.runtime.sandbox import RIGHT

router = APIRouter(prefix="/v1/sandbox", tags=["sandbox"])


@router.post(
    "/definitions",
    summary="Publish drafts in the sandbox",
    status_code=201,
    response_class=Response,
    responses=answers(
        403,
        ok=answer(DraftsSeen, "Nothing new: exactly these drafts are there already."),
        created=answer(DraftsSeen, "Published in the sandbox."),
    ),
    openapi_extra=TAKES_DEFINITIONS,
)
async def publish_drafts(request: Request, headers: Sent, desk: TheDesk, principal: Who) -> Response:
    """Publish drafts in the sandbox, which is made if there is none; the body knows nothing of them. Needs the right `publish`.

    A draft may change under the same version: it takes the place of the one before, whose trials go.
    """
    principal.demand(RIGHT)
    body, name = await definitions_sent(request, headers)
    drafted = await in_thread(lambda: desk.sandbox.publish(principal, [(body, name)]))
    return shown(drafts_view(drafted), 201 if any(each.new for each in drafted.published) else 200)


@router.post(
    "/reset",
    summary="Make the sandbox as new",
    response_class=Response,
    responses=answers(403, ok=answer(SandboxSeen, "The sandbox as it begins.")),
)
def reset(desk: TheDesk, principal: Who) -> Response:
    """Make the sandbox, or make it as new: cases, drafts, keys and sessions go; people and definitions come from the body again.

    Needs the right `publish`.
    """
    return shown(sandbox_view(desk.sandbox.reset(principal)))


@router.post(
    "/keys",
    summary="Make a key for the sandbox",
    status_code=201,
    response_class=Response,
    responses=answers(403, created=answer(KeyMade, "Made. It is shown this once.")),
    openapi_extra=takes(CreateSandboxKey),
)
async def create_key(request: Request, headers: Sent, desk: TheDesk, principal: Who) -> Response:
    """Make a key for the sandbox, with any roles of processes and those of your rights that you pass on. Needs the right `publish`."""
    principal.demand(RIGHT)
    asked, _ = await read_model(request, headers, CreateSandboxKey)
    made = await in_thread(lambda: desk.sandbox.create_key(principal, asked.actor, asked.roles, unit=asked.unit, label=asked.label))
    return shown({"id": made.id, "key": made.secret}, 201, {"Cache-Control": "no-store"})
