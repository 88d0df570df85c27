"""How pages are answered: templates with everything escaped, headers that let a browser do nothing else, errors as pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from api.console.texts import LANGUAGES, Words
from api.deps import headers_of, language_in
from api.log import ERROR, ORG
from api.problems import problem_of
from engine.errors import NotAuthenticated, NotFound, OutcomeUnknown, YishiError
from engine.settings import is_sandbox

FOLDER = Path(__file__).parent
STYLE = "/console/style.css"
LANGUAGE_COOKIE = "yishi_language"

HEADERS = {
    # Nothing but our own style sheet and pictures: a text that slipped through unescaped could neither run nor send anything.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class SignInNeeded(NotAuthenticated):
    """A page was asked for by somebody who is not signed in; after signing in it is shown."""

    def __init__(self, back: str, text: str = "sign_in_first") -> None:
        super().__init__("Sign in first.")
        self.back, self.text = back, text


class WrongForm(YishiError):
    """A form was sent that is not of a page of this session."""

    code = "wrong_form"


class PageRoute(APIRoute):
    """A route that answers people: errors become pages, and every answer has the headers above."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give the handler."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response = await handle(request)
            except YishiError as error:
                request.scope[ERROR] = error.code
                response = error_page(request, error)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return answer


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Load the templates: every value is escaped, and a name that does not exist is an error."""
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@lru_cache(maxsize=1)
def style() -> tuple[bytes, str]:
    """Read the style sheet; give it with the address that changes when it does."""
    sheet = (FOLDER / "style.css").read_bytes()
    return sheet, f"{STYLE}?v={hashlib.sha256(sheet).hexdigest()[:12]}"


def words_for(request: Request) -> Words:
    """Choose the language: as chosen on a page before, else as the browser asks, else Chinese."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return Words(chosen if chosen in LANGUAGES else language_in(headers_of(request)))


def page(request: Request, template: str, status: int = 200, **shown: Any) -> HTMLResponse:
    """Render a page."""
    words = words_for(request)
    trial = is_sandbox(request.scope.get(ORG, ""))
    context = {"t": words, "style": style()[1], "here": request.url.path, "session": None, "trial": trial, **shown}
    return HTMLResponse(
        templates().get_template(template).render(context), status, {"Content-Language": words.language, "Vary": "Cookie, Accept-Language"}
    )


def redirect(to: str) -> RedirectResponse:
    """Send the browser on after a form was taken, so that loading the page again sends nothing twice."""
    return RedirectResponse(to, 303)


def error_page(request: Request, error: YishiError) -> Response:
    """Tell of an error on a page."""
    words = words_for(request)
    match error:
        case SignInNeeded():
            return page(request, "sign_in.html", 401, back=error.back, message=words(error.text), person="")
        case NotAuthenticated():
            return page(request, "sign_in.html", 401, back="/", message=words("session_ended"), person="")
        case WrongForm():
            return page(request, "error.html", 403, title=words("error"), text=words("forbidden_form"))
        case NotFound():
            return page(request, "error.html", 404, title=words("not_found"), text=words("not_found_text"))
        case OutcomeUnknown():
            return page(request, "error.html", 503, title=words("error"), text=words("unknown_outcome"))
        case _:
            problem = problem_of(error, words.language)
            text = str(problem.document.get("detail") or "")
            return page(request, "error.html", problem.status, title=str(problem.document["title"]), text=text)
