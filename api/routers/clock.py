"""The manual clock, for trials. On the machine's clock these addresses do not exist."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.deps import Desk, Sent, TheDesk, Who, in_thread, instant_of, read_model, shown
from api.openapi import answer, answers, takes
from api.schemas.sent import AdvanceClock
from api.schemas.service import ClockMoved, ClockSeen
from engine.clock import Instant, rfc3339
from engine.scheduler.sweep import advance_clock

router = APIRouter(prefix="/v1", tags=["clock"])


@router.get(
    "/clock", summary="Read the manual clock", response_class=Response, responses=answers(404, ok=answer(ClockSeen, "Where it stands."))
)
def show_clock(desk: TheDesk, _: Who) -> Response:
    """Say where the manual clock stands."""
    return shown({"now": rfc3339(desk.application.manual_clock.now()), "manual": True})


@router.post(
    "/clock/advance",
    summary="Move the manual clock",
    response_class=Response,
    responses=answers(403, 404, 409, ok=answer(ClockMoved, "Moved; everything due on the way has fired.")),
    openapi_extra=takes(AdvanceClock),
)
async def advance(request: Request, headers: Sent, desk: TheDesk, principal: Who) -> Response:
    """Move the clock on, stepping to each due instant in turn. Needs the right `clock`."""
    clock = desk.application.manual_clock  # there is none on the machine's time, whoever asks
    principal.demand("clock")
    asked, _ = await read_model(request, headers, AdvanceClock)
    to = instant_of(asked.to, "to")
    assert to is not None
    await in_thread(lambda: clock.check(to))
    return shown(await in_thread(lambda: moved(desk, to)))


def moved(desk: Desk, to: Instant) -> dict[str, object]:
    """Move the clock; one move at a time."""
    with desk.moving_the_clock:
        done = advance_clock(desk.application, desk.sweep, to)
        return {"now": rfc3339(desk.application.now()), "fired": done.fired, "failed": done.failed}
