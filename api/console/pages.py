"""The pages: signing in, the first page, a case, and the forms on it. Every form carries the token of its session and a key of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse

from api.auth import COOKIE, begin_session, end_session
from api.console.acting import ATTACH, Attempt, form_of
from api.console.case_page import around, case_page
from api.console.fields import Sent, read_form, zoned
from api.console.listing import home_page
from api.console.making import make, make_to_attach
from api.console.picture import picture_of
from api.console.responding import LANGUAGE_COOKIE, STYLE, PageRoute, SignInNeeded, page, redirect, style, words_for
from api.console.sending import check_origin, check_page, key_of_form, one, read_fields, session_of, uploaded, version_of
from api.console.texts import LANGUAGES, Words
from api.console.word import WORD
from api.deps import desk_of, in_thread
from api.pictures import PICTURE_HEADERS, SVG
from engine.clock import Instant, parse_instant
from engine.core.refusals import label
from engine.errors import CommandRefused, KeyReused, NotAuthenticated, NotFound, StaleVersion
from engine.runtime.documents import disposition_of, file_name_of, handed_in, media_type_of
from engine.runtime.notices import mark_read
from engine.runtime.reading import Seen
from engine.runtime.sign_in import LONGEST, Session, TooManyAttempts
from engine.store.records import DocumentRecord

router = APIRouter(route_class=PageRoute, include_in_schema=False)

CASE_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BACK = re.compile(rf"/(?:cases/{CASE_ID.pattern})?")
NOTICE = re.compile("([0-9]{1,15}):(-?[0-9]{1,9})")
PROSE = 5_000
ONE_YEAR = 365 * 24 * 3600


# --- coming in and going --------------------------------------------------------------------------------------------


@router.get("/")
async def home(request: Request) -> Response:
    """Show the sign-in form, or what waits for who is signed in."""
    try:
        session = await session_of(request)
    except SignInNeeded as needed:
        message = words_for(request)(needed.text) if COOKIE in request.cookies else ""
        return page(request, "sign_in.html", back="/", message=message, person="")
    desk, words = desk_of(request), words_for(request)
    shown = await in_thread(lambda: home_page(desk, session.principal, words, request.query_params))
    return page(request, "home.html", session=session, home=shown, **await in_thread(lambda: around(desk, session.principal, words)))


@router.post("/notices")
async def read_notices(request: Request) -> Response:
    """Mark as read the notices that the first page has shown."""
    session = await session_of(request)
    sent = await read_fields(request)
    check_page(session, sent)
    if found := NOTICE.fullmatch(one(sent, "until")):
        until = int(found[1]), int(found[2])
        await in_thread(lambda: mark_read(desk_of(request).application, session.principal, until))
    return redirect("/")


@router.get("/sandbox")
async def sandbox(request: Request) -> Response:
    """Show the form to sign in to the sandbox."""
    desk = desk_of(request)
    if not await in_thread(lambda: desk.sandbox.exists(desk.application.org)):
        raise NotFound("sandbox", desk.application.org)
    return page(request, "sign_in.html", back="/", message="", person="", trial=True)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Begin a session."""
    check_origin(request)
    desk, words, sent = desk_of(request), words_for(request), await read_fields(request)
    person, back, trial = one(sent, "person").strip(), back_to(one(sent, "back")), one(sent, "sandbox") == "1"
    work = partial(desk.sign_in.sign_in, person[:LONGEST], one(sent, "password"), sandbox=trial)
    again = partial(page, request, "sign_in.html", back=back, person=person, trial=trial)
    try:
        session = await run_sync(work, limiter=desk.one_password_at_a_time)
    except TooManyAttempts as error:
        waiting = again(429, message=words("too_many", seconds=error.retry_after))
        waiting.headers["Retry-After"] = str(error.retry_after)
        return waiting
    except NotAuthenticated:
        return again(401, message=words("wrong_password"))
    response = redirect(back)
    begin_session(response, session, secure=request.url.scheme == "https", seconds=desk.application.settings.session_hours * 3600)
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session."""
    session = await session_of(request)
    check_page(session, await read_fields(request))
    await in_thread(lambda: desk_of(request).sign_in.sign_out(session.token))
    response = redirect("/")
    end_session(response)
    return response


@router.post("/language")
async def language(request: Request) -> Response:
    """Change the language of the pages."""
    check_origin(request)
    sent = await read_fields(request)
    response = redirect(back_to(one(sent, "back")))
    chosen = one(sent, "language")
    if chosen in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=ONE_YEAR, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https"
        )
    return response


@router.get(STYLE)
async def style_sheet(request: Request) -> Response:
    """Send the style sheet; its address changes with it, so it may be kept."""
    sheet, address = style()
    kept = "public, max-age=31536000, immutable" if address.endswith(f"={request.query_params.get('v')}") else "no-cache"
    return Response(sheet, media_type="text/css; charset=utf-8", headers={"Cache-Control": kept})


# --- a case ---------------------------------------------------------------------------------------------------------


@router.get("/cases/{case_id}")
async def case(request: Request, case_id: str) -> Response:
    """Show a case."""
    session = await session_of(request, back_to(f"/cases/{case_id}"))
    done = request.query_params.get("done", "")
    return await show_case(request, session, case_id, done=done)


@router.get("/cases/{case_id}/diagram.svg")
async def picture(request: Request, case_id: str) -> Response:
    """Draw the process of a case, with where the case is and the way it took."""
    session = await session_of(request, back_to(f"/cases/{case_id}"))
    desk, words = desk_of(request), words_for(request)
    drawn = await in_thread(lambda: picture_of(desk, session.principal, known_id(case_id), words))
    return Response(drawn, media_type=SVG, headers={**PICTURE_HEADERS, "Vary": "Cookie, Accept-Language"})


@router.post("/cases/{case_id}/actions/{action}")
async def act(request: Request, case_id: str, action: str) -> Response:
    """Take an action with the form that was filled in; what is refused comes back with what was typed."""
    session = await session_of(request, back_to(f"/cases/{case_id}"))
    sent = await read_fields(request)
    check_page(session, sent)
    desk, words = desk_of(request), words_for(request)
    seen = await in_thread(lambda: desk.reading.seen(session.principal, known_id(case_id)))
    reason, faults = one(sent, "reason").replace("\r\n", "\n").strip(), dict[str, str]()
    if len(reason) > PROSE:
        faults["reason"] = words("too_long", limit=PROSE, count=len(reason))
    occurred, wrong = moment_of(one(sent, "occurred_at"), seen)
    if wrong:
        faults["occurred_at"] = words("bad_time")
    if faults:
        return await show_case(request, session, case_id, Attempt(action, sent, faults=faults), status=422)
    form = await in_thread(lambda: form_of(seen, session.principal, action, desk.application.now()))
    try:
        await desk.application.service.act(
            session.principal,
            case_id,
            action,
            data=read_form(form, sent, seen.process.calendar.zone),
            reason=reason or None,
            occurred_at=occurred,
            expected=version_of(sent) or 0,
            key=key_of_form(request, session, sent),
            language=words.language,
        )
    except CommandRefused as refused:
        return await show_case(request, session, case_id, Attempt(action, sent, refused.refusals), status=422)
    except StaleVersion as stale:
        since = stale.expected
        changes = await in_thread(lambda: desk.reading.changes_since(session.principal.org, case_id, since))
        return await show_case(request, session, case_id, Attempt(action, sent, stale=changes), status=412)
    except KeyReused:
        return await show_case(request, session, case_id, Attempt(action, sent, note=words("reused")), status=422)
    return redirect(f"/cases/{case_id}?done={quote(action)}")


@router.post("/cases/{case_id}/comments")
async def comment(request: Request, case_id: str) -> Response:
    """Record a comment."""
    session = await session_of(request, back_to(f"/cases/{case_id}"))
    sent = await read_fields(request)
    check_page(session, sent)
    desk, words = desk_of(request), words_for(request)
    text = one(sent, "text").replace("\r\n", "\n").strip()
    wrong = words("comment_empty") if not text else words("too_long", limit=PROSE, count=len(text)) if len(text) > PROSE else ""
    if wrong:
        return await show_case(request, session, case_id, Attempt("comment", sent, faults={"text": wrong}), status=422)
    try:
        await desk.application.service.comment(
            session.principal, known_id(case_id), text, key=key_of_form(request, session, sent), language=words.language
        )
    except KeyReused:
        return await show_case(request, session, case_id, Attempt("comment", sent, note=words("reused")), status=422)
    return redirect(f"/cases/{case_id}?done=comment")


# --- documents ------------------------------------------------------------------------------------------------------


@router.post("/cases/{case_id}/documents")
async def attach(request: Request, case_id: str) -> Response:
    """Attach a file to a case. It is on the disk before any row speaks of it."""
    session = await session_of(request, back_to(f"/cases/{case_id}"))
    desk, words, principal = desk_of(request), words_for(request), session.principal
    await in_thread(lambda: desk.reading.seen(principal, known_id(case_id)))
    async with uploaded(request) as upload:
        sent, file = upload.sent, upload.file
        check_page(session, sent)
        name = one(sent, "document")
        if file is None:
            return await show_case(request, session, case_id, Attempt("document", sent, faults={"file": words("upload_none")}), status=422)

        def keep() -> DocumentRecord:
            stored, kind = desk.documents.of(principal.org).stored(file.file), media_type_of(file.content_type)
            return handed_in(stored, principal, case_id, name, file_name_of(file.filename or ""), kind, at=desk.application.now())

        return await hand_in(request, session, case_id, name, sent, keep, told=lambda row: {**sent, "sha256": [row.sha256]})


@router.get("/cases/{case_id}/documents/{document_id}")
async def download(request: Request, case_id: str, document_id: str) -> Response:
    """Send an attached file, to be saved and never shown in the page's place."""
    session = await session_of(request, back_to(f"/cases/{case_id}"))
    desk = desk_of(request)
    row = await in_thread(lambda: desk.reading.document(session.principal, known_id(case_id), known_id(document_id)))
    path = await in_thread(lambda: desk.documents.of(row.org).path_of(row.sha256))
    headers = {"Content-Disposition": disposition_of(row.filename), "Content-Security-Policy": "sandbox; default-src 'none'"}
    return FileResponse(path, media_type=row.media_type, headers=headers)


@router.get("/cases/{case_id}/documents/{name}/word")
async def word(request: Request, case_id: str, name: str) -> Response:
    """Make a document as Word and send it, to be looked through and changed before it is handed in."""
    session = await session_of(request, back_to(f"/cases/{case_id}"))
    desk, words = desk_of(request), words_for(request)
    made = await in_thread(lambda: make(desk.application, desk.reading, session.principal, known_id(case_id), name, words.language))
    return Response(made.content, media_type=WORD, headers={"Content-Disposition": disposition_of(made.filename)})


@router.post("/cases/{case_id}/documents/{name}/word")
async def attach_word(request: Request, case_id: str, name: str) -> Response:
    """Make a document as Word and attach it, as one act."""
    session = await session_of(request, back_to(f"/cases/{case_id}"))
    sent = await read_fields(request)
    check_page(session, sent)
    desk, words, principal = desk_of(request), words_for(request), session.principal
    files = desk.documents.of(principal.org)
    keep = partial(make_to_attach, desk.application, desk.reading, files, principal, known_id(case_id), name, words.language)
    return await hand_in(request, session, case_id, name, sent, keep)


# --- inside ---------------------------------------------------------------------------------------------------------


async def hand_in(
    request: Request,
    session: Session,
    case_id: str,
    name: str,
    sent: Sent,
    keep: Callable[[], DocumentRecord],
    *,
    told: Callable[[DocumentRecord], Sent] | None = None,
) -> Response:
    """Keep a file and attach it, where the reader may. ``told``: what was asked for with the file, if its content is part of that."""
    desk, words, principal = desk_of(request), words_for(request), session.principal
    try:
        await in_thread(lambda: desk.reading.demand_attaching(principal, case_id, name))
        document = await in_thread(keep)
        key = key_of_form(request, session, sent if told is None else told(document))
        await desk.application.service.act(principal, case_id, f"{name}{ATTACH}", document=document, key=key, language=words.language)
    except CommandRefused as refused:
        return await show_case(request, session, case_id, Attempt("document", sent, refused.refusals), status=422)
    except KeyReused:
        return await show_case(request, session, case_id, Attempt("document", sent, note=words("reused")), status=422)
    return redirect(f"/cases/{case_id}?done={quote(name + ATTACH)}")


async def show_case(
    request: Request, session: Session, case_id: str, attempt: Attempt | None = None, *, status: int = 200, done: str = ""
) -> Response:
    """Render the page of a case, with what became of a form."""
    desk, words = desk_of(request), words_for(request)
    after = request.query_params.get("after", "")
    begin = int(after) if after.isascii() and after.isdigit() and len(after) <= 15 else None
    shown = await in_thread(lambda: case_page(desk, session.principal, known_id(case_id), words, after=begin, attempt=attempt))
    seen = await in_thread(lambda: desk.reading.seen(session.principal, case_id))
    return page(
        request,
        "case.html",
        status,
        session=session,
        case=shown,
        attempt=attempt,
        attempted=title_of(seen, attempt.what, words) if attempt is not None else "",
        done=done_text(seen, done, words) if done else "",
        may_backdate="backdate" in session.principal.rights,
        prose=PROSE,
        **await in_thread(lambda: around(desk, session.principal, words)),
    )


def title_of(seen: Seen, what: str, words: Words) -> str:
    """Give the title of what was tried."""
    if what in {"comment", "document"}:
        return words("comment" if what == "comment" else "upload")
    return label(next((spec.title for spec in seen.process.transitions.values() if spec.name == what), {"": what}), words.language)


def done_text(seen: Seen, done: str, words: Words) -> str:
    """Say what was done; of what is no act of this process, nothing."""
    if done == "comment":
        return words("comment_done")
    if not any(spec.name == done for spec in seen.process.transitions.values()):
        return ""
    return words("ask_done", title=title_of(seen, done, words))


def known_id(case_id: str) -> str:
    """Give an id that could be one of ours. Raises NotFound for any other text."""
    if not CASE_ID.fullmatch(case_id):
        raise NotFound("case", case_id)
    return case_id


def back_to(path: str) -> str:
    """Give a page of ours to return to; the first one instead of anything else."""
    return path if BACK.fullmatch(path) else "/"


def moment_of(text: str, seen: Seen) -> tuple[Instant | None, bool]:
    """Read when something happened, in the calendar's zone; and whether what was typed is no time."""
    if not text.strip():
        return None, False
    try:
        return parse_instant(zoned(text.strip(), seen.process.calendar.zone)), False
    except ValueError:
        return None, True
