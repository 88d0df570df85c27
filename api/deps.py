"""What every route stands on: the services behind it, who asks, in which language, and the body as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import orjson
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, Request, Response
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from api.auth import authenticated
from api.json_body import Fault, fault, pointer_to, read_object, type_name
from api.problems import UnsupportedMediaType, language_of
from api.request_meter import RequestMeter
from engine.clock import Instant, parse_day_or_instant, parse_instant
from engine.errors import InvalidInput, TooLarge, VersionRequired, did_you_mean
from engine.proof.diagram.pictures import Pictures
from engine.runtime.access import Access
from engine.runtime.answers import Answer, RequestKey, request_key
from engine.runtime.application import Application
from engine.runtime.catalogue import Catalogue
from engine.runtime.documents import Documents
from engine.runtime.figures import Figures
from engine.runtime.people import Principal
from engine.runtime.reading import Reading
from engine.runtime.row_import import RowImport
from engine.runtime.row_reading import RowReading
from engine.runtime.sandbox import Sandbox
from engine.runtime.sign_in import SignIn
from engine.scheduler.sweep import Sweep

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
Headers = Mapping[bytes, bytes]

JSON = "application/json"
LONGEST_KEY = 200


@dataclass(slots=True)
class Desk:
    """The services behind the routes, put together when the server starts."""

    application: Application
    access: Access
    sign_in: SignIn
    sandbox: Sandbox
    reading: Reading
    rows: RowReading
    figures: Figures
    imports: RowImport
    documents: Documents
    catalogue: Catalogue
    pictures: Pictures
    sweep: Sweep
    meter: RequestMeter
    moving_the_clock: Lock = field(default_factory=Lock)
    one_password_at_a_time: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    """argon2 takes 64 MB each time: more at once would let a guesser fill the memory."""


def desk_of(request: Request) -> Desk:
    """Give the services."""
    desk: Desk = request.app.state.desk
    return desk


async def the_desk(request: Request) -> Desk:
    """Give the services, as a dependency."""
    return desk_of(request)


async def the_principal(request: Request) -> Principal:
    """Authenticate, as a dependency. Raises NotAuthenticated."""
    return await authenticated(request, headers_of(request), desk_of(request).access)


async def the_language(request: Request) -> str:
    """Choose the language, as a dependency."""
    return language_in(headers_of(request))


async def the_headers(request: Request) -> Headers:
    """Give the headers, as a dependency."""
    return headers_of(request)


def headers_of(request: Request) -> Headers:
    """Give the headers by their lower-case names, for many look-ups in one request."""
    return dict(request.scope["headers"])


def language_in(headers: Headers) -> str:
    """Choose the language by `Accept-Language`."""
    return language_of(headers.get(b"accept-language"))


TheDesk = Annotated[Desk, Depends(the_desk)]
Who = Annotated[Principal, Depends(the_principal)]
Language = Annotated[str, Depends(the_language)]
Sent = Annotated[Headers, Depends(the_headers)]


# --- bodies ---------------------------------------------------------------------------------------------------------


async def read_body(request: Request, headers: Headers, limit: int) -> bytes:
    """Read the whole body. Raises TooLarge as soon as that is clear."""
    stated = headers.get(b"content-length")
    if stated is not None and stated.isdigit() and int(stated) > limit:
        raise too_large(limit)
    receive = request.receive
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if len(body) > limit:
            raise too_large(limit)
        return body
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise too_large(limit)
    return b"".join(parts)


def too_large(limit: int) -> TooLarge:
    """Say how much is taken."""
    return TooLarge(f"Expected a body of at most {limit} bytes.")


def media_type_in(headers: Headers) -> str:
    """Give the media type of the body without its parameters, empty where none is stated."""
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")


async def read_model(request: Request, headers: Headers, model: type[M]) -> tuple[M, bytes]:
    """Read a JSON body that has the form of a model, with its bytes. Raises InvalidInput, TooLarge, UnsupportedMediaType."""
    if headers.get(b"content-type", b"application/json") != b"application/json" and media_type_in(headers) != JSON:
        raise UnsupportedMediaType(media_type_in(headers), JSON)
    body = await read_body(request, headers, desk_of(request).application.settings.body_limit)
    return checked(model, read_object(body)), body


def checked(model: type[M], sent: Mapping[str, Any]) -> M:
    """Check an object against a model. Raises InvalidInput with everything that is wrong."""
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        known = [field.alias or name for name, field in model.model_fields.items()]
        raise InvalidInput([violation(each, "body", known) for each in error.errors(include_url=False)]) from None


def violation(error: Mapping[str, Any], place: str, known: list[str]) -> Fault:
    """Tell a mistake that pydantic found in our words. ``known``: the names there are, for a suggestion."""
    path = error["loc"]
    pointer = pointer_to(*path) if place == "body" else str(path[-1]) if path else ""
    match error["type"]:
        case "extra_forbidden":
            near = did_you_mean(str(path[-1]), known) if len(path) == 1 else ""
            what, zh = ("member", "项") if place == "body" else ("parameter", "参数")
            en = f"there is no such {what} here{near}"
            return Fault(pointer, f"unknown_{what}", en, f"没有这一{zh}{near.replace(', did you mean ', '，是否指')}。", place)
        case "missing":
            return Fault(pointer, "missing", "this is required", "必须填写。", place)
        case kind if kind.endswith("_type"):
            said = f"{error['msg'].replace('Input should', 'should')}, got {type_name(error['input'])}"
            return Fault(pointer, "wrong_type", said, f"类型不符：{said}", place)
        case _:
            said = error["msg"].removeprefix("Value error, ")
            return Fault(pointer, "wrong_value", said, f"填写有误：{said}", place)


# --- headers --------------------------------------------------------------------------------------------------------


def expected_version(headers: Headers) -> int:
    """Read `If-Match`. Raises VersionRequired without one, InvalidInput where it is no version of a case."""
    found = stated_version(headers)
    if found is None:
        raise VersionRequired
    return found


def stated_version(headers: Headers) -> int | None:
    """Read `If-Match` where it is sent. Raises InvalidInput where it is no version of a case."""
    raw = headers.get(b"if-match")
    if raw is None:
        return None
    digits = raw[1:-1]
    if raw[:1] == raw[-1:] == b'"' and digits.isdigit() and len(digits) <= 15:
        return int(digits)
    stated = raw.decode("latin-1")
    raise fault(
        "If-Match",
        "wrong_version",
        f'应为查看事项时得到的ETag，如"7"；弱标签和*不适用，实为{stated[:100]}',
        f'expected the ETag of the case as you saw it, like "7" (no weak tag, no *, no list), got {stated[:100]}',
        "header",
    )


def key_of(request: Request, headers: Headers, principal: Principal, body: bytes, *more: str) -> RequestKey | None:
    """Read `Idempotency-Key` where it is sent. ``more``: what else was asked. Raises InvalidInput where it is no key."""
    raw = headers.get(b"idempotency-key")
    if raw is None:
        return None
    key = raw.decode("latin-1")
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise fault(
            "Idempotency-Key",
            "wrong_key",
            f"应为1至{LONGEST_KEY}个可打印的ASCII字符。",
            f"expected 1 to {LONGEST_KEY} printable ASCII characters",
            "header",
        )
    scope = request.scope
    asked = (headers.get(b"if-match", b"").decode("latin-1"), *more)
    return request_key(principal.org, principal.id, scope["method"], scope["path"], key, body, *asked)


def instant_of(text: str | None, name: str, place: str = "body") -> Instant | None:
    """Read a time with its zone. Raises InvalidInput."""
    if text is None:
        return None
    try:
        # An unescaped + of a zone arrives from an address as a blank.
        return parse_instant(text.replace(" ", "+") if place == "query" else text)
    except ValueError as error:
        pointer = f"/{name}" if place == "body" else name
        raise fault(
            pointer, "wrong_time", f"应为带时区的时间，如2026-02-10T09:00:00+08:00，实为“{text[:100]}”。", str(error), place
        ) from None


def day_or_instant_of(text: str | None, name: str) -> date | Instant | None:
    """Read a day, or a time with its zone, in the address. Raises InvalidInput."""
    try:
        return None if text is None else parse_day_or_instant(text.replace(" ", "+"))
    except ValueError as error:
        zh = f"应为日期，如2027-01-01，或带时区的时间，实为“{text}”。"
        raise fault(name, "wrong_time", zh, str(error), "query") from None


# --- answers --------------------------------------------------------------------------------------------------------


def sent(answer: Answer) -> Response:
    """Give the response of a command, byte for byte as it is stored."""
    return Response(answer.body, answer.status, dict(answer.headers), JSON)


def shown(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Give JSON values."""
    return Response(orjson.dumps(value), status, dict(headers or {}), JSON)


def linked(request: Request, page: Mapping[str, Any], parameter: str = "cursor") -> Response:
    """Give a page, with the address of the next one in `Link` (RFC 8288)."""
    following = page["next"]
    if following is None:
        return shown(page)
    query = [*((name, value) for name, value in request.query_params.multi_items() if name != parameter), (parameter, following)]
    return shown(page, headers={"Link": f'<{request.scope["path"]}?{urlencode(query)}>; rel="next"'})


async def in_thread(work: Callable[[], T]) -> T:
    """Do what blocks (files, argon2, a look into the database) beside the event loop."""
    return await run_sync(work)
