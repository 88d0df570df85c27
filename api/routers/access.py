"""Keys and people, for administrators."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from api.deps import Sent, TheDesk, Who, in_thread, instant_of, read_model, shown
from api.openapi import answer, answers, takes
from api.schemas.sent import CreateKey, CreatePerson
from api.schemas.service import KeyList, KeyMade, PersonList, PersonSeen

router = APIRouter(prefix="/v1", tags=["access"])


@router.post(
    "/keys",
    summary="Make an API key",
    status_code=201,
    response_class=Response,
    responses=answers(403, created=answer(KeyMade, "Made. It is shown this once.")),
    openapi_extra=takes(CreateKey),
)
async def create_key(request: Request, headers: Sent, desk: TheDesk, principal: Who) -> Response:
    """Make a key for somebody, with roles and a unit. Needs the right `keys`."""
    principal.demand("keys")
    asked, _ = await read_model(request, headers, CreateKey)
    expires_at = instant_of(asked.expires_at, "expires_at")
    made = await in_thread(
        lambda: desk.access.create(principal, asked.actor, asked.roles, unit=asked.unit, label=asked.label, expires_at=expires_at)
    )
    return shown({"id": made.id, "key": made.secret}, 201, {"Cache-Control": "no-store"})


@router.get("/keys", summary="List the API keys", response_class=Response, responses=answers(403, ok=answer(KeyList, "Without secrets.")))
def list_keys(desk: TheDesk, principal: Who) -> Response:
    """List the keys, those that were revoked too. Needs the right `keys`."""
    return shown({"keys": desk.access.list(principal)})


@router.delete(
    "/keys/{key}",
    summary="Revoke an API key",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "Revoked."}, **answers(403, 404)},
)
def revoke_key(key: str, desk: TheDesk, principal: Who) -> Response:
    """Revoke a key: at once here, within seconds on other nodes. Needs the right `keys`."""
    desk.access.revoke(principal, key)
    return Response(status_code=204)


@router.post(
    "/people",
    summary="Enter a person",
    status_code=201,
    response_class=Response,
    responses=answers(403, 409, created=answer(PersonSeen, "Entered.")),
    openapi_extra=takes(CreatePerson),
)
async def create_person(request: Request, headers: Sent, desk: TheDesk, principal: Who) -> Response:
    """Enter a person with roles and a unit. Needs the right `people`."""
    principal.demand("people")
    asked, _ = await read_model(request, headers, CreatePerson)

    def create() -> dict[str, object]:
        return desk.sign_in.create_person(principal, asked.id, asked.name, asked.password, asked.roles, unit=asked.unit)

    return shown(await run_sync(create, limiter=desk.one_password_at_a_time), 201)


@router.get(
    "/people", summary="List the people", response_class=Response, responses=answers(403, ok=answer(PersonList, "The people, by id."))
)
def list_people(desk: TheDesk, principal: Who) -> Response:
    """List the people. Needs the right `people`."""
    return shown({"people": desk.sign_in.people(principal)})
