"""What browsers send: forms, files, and whether it comes from a page of ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import orjson
from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.auth import COOKIE, CSRF_FIELD, same_page, signed_in
from api.console.fields import Sent
from api.console.responding import SignInNeeded, WrongForm
from api.deps import LONGEST_KEY, desk_of, headers_of, read_body, too_large
from api.json_body import fault
from api.problems import UnsupportedMediaType
from engine.errors import NotAuthenticated
from engine.runtime.answers import RequestKey, request_key
from engine.runtime.sign_in import Session

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
MOST_FIELDS = 2_000
BESIDES_THE_FILE = 65_536
OURS = frozenset({"csrf", "key", "version"})
"""Fields of every form that belong to the page, not to what was typed."""


async def session_of(request: Request, back: str = "/") -> Session:
    """Say who looks at a page. Raises SignInNeeded, which leads back to the page afterwards."""
    try:
        return await signed_in(request, desk_of(request).sign_in)
    except NotAuthenticated:
        raise SignInNeeded(back, "session_ended" if COOKIE in request.cookies else "sign_in_first") from None


async def read_fields(request: Request) -> Sent:
    """Read a form. Raises TooLarge, UnsupportedMediaType, InvalidInput."""
    stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if stated != URLENCODED:
        raise UnsupportedMediaType(stated, URLENCODED)
    body = await read_body(request, headers_of(request), desk_of(request).application.settings.body_limit)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise fault("", "wrong_form", "应为UTF-8编码的表单。", "expected a form in UTF-8 of at most 2000 fields") from None
    return gathered(pairs)


def gathered(pairs: list[tuple[str, str]]) -> Sent:
    """Put the values of each name together. Raises InvalidInput for NUL, which no database takes."""
    sent: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\x00" in value or "\x00" in name:
            raise fault("", "nul_character", "内容含有无法保存的字符。", "expected texts without NUL")
        sent.setdefault(name, []).append(value)
    return sent


def one(sent: Sent, name: str) -> str:
    """Give the one value of a field, empty where there is none."""
    return next(iter(sent.get(name, ())), "")


def check_page(session: Session, sent: Sent) -> None:
    """See that a form comes from a page of this session. Raises WrongForm."""
    try:
        same_page(session, one(sent, CSRF_FIELD))
    except NotAuthenticated:
        raise WrongForm from None


def check_origin(request: Request) -> None:
    """See that a form without a session comes from this site: else a foreign page could sign somebody in as another. Raises WrongForm."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site not in (None, "same-origin", "none"):
        raise WrongForm
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise WrongForm


def key_of_form(request: Request, session: Session, sent: Sent) -> RequestKey | None:
    """Give the idempotency key of a form: sent twice by a double click, it is taken once."""
    key = one(sent, "key")
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        return None
    typed = {name: list(values) for name, values in sorted(sent.items()) if name not in OURS}
    principal = session.principal
    return request_key(principal.org, principal.id, "POST", request.url.path, key, orjson.dumps(typed), one(sent, "version"))


def version_of(sent: Sent) -> int | None:
    """Give the version of the case that the form was made for; None where there is none that could be right."""
    text = one(sent, "version")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


# --- files ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Upload:
    """A form with a file. ``file`` is None where none was chosen."""

    sent: Sent
    file: UploadFile | None


@asynccontextmanager
async def uploaded(request: Request) -> AsyncIterator[Upload]:
    """Read a form with a file into the folder for passing things. Raises TooLarge, UnsupportedMediaType, InvalidInput."""
    stated = request.headers.get("content-type", "")
    if stated.partition(";")[0].strip().lower() != MULTIPART:
        raise UnsupportedMediaType(stated[:100], MULTIPART)
    limit = desk_of(request).documents.limit
    parser = MultiPartParser(request.headers, limited(request, limit), max_files=1, max_fields=20, max_part_size=BESIDES_THE_FILE)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise fault("", "wrong_form", "表单不完整或有误。", f"expected a whole form with one file: {error.message}") from None
    try:
        items = form.multi_items()
        files = [value for _, value in items if isinstance(value, UploadFile) and value.filename]
        yield Upload(gathered([(name, value) for name, value in items if isinstance(value, str)]), files[0] if files else None)
    finally:
        await form.close()


async def limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Pass the body on, up to a limit. Raises TooLarge."""
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and int(stated) > limit + BESIDES_THE_FILE:
        raise too_large(limit)
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit + BESIDES_THE_FILE:
            raise too_large(limit)
        yield chunk
