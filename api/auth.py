"""Who asks: an API key in `Authorization: Bearer`, or for the pages a session in a cookie."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from anyio.to_thread import run_sync
from fastapi import Request, Response

from api.log import KEY, ORG
from engine.errors import NotAuthenticated
from engine.runtime.access import Access
from engine.runtime.people import Principal
from engine.runtime.sign_in import Session, SignIn

COOKIE = "yishi_session"
CSRF_FIELD = "csrf"


async def authenticated(request: Request, headers: Mapping[bytes, bytes], access: Access) -> Principal:
    """Say who sends an API key. Raises NotAuthenticated.

    A key that was shown a moment ago is known without a look into the database; that look never happens on the event loop.
    """
    scheme, _, shown = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"bearer" or not shown:
        raise NotAuthenticated
    secret = shown.decode("latin-1").strip()
    principal = access.known(secret)
    if principal is None:
        principal = await run_sync(access.authenticate, secret)
    request.scope[KEY], request.scope[ORG] = principal.key, principal.org
    return principal


async def signed_in(request: Request, sign_in: SignIn) -> Session:
    """Say who sends the cookie of a session. Raises NotAuthenticated."""
    token = request.cookies.get(COOKIE)
    if not token:
        raise NotAuthenticated("Sign in first.")
    session = sign_in.known(token)
    if session is None:
        session = await run_sync(sign_in.session, token)
    request.scope[KEY], request.scope[ORG] = session.principal.key, session.principal.org
    return session


def begin_session(response: Response, session: Session, *, secure: bool, seconds: int) -> None:
    """Send the cookie: no script reads it, no other site sends it."""
    response.set_cookie(COOKIE, session.token, max_age=seconds, path="/", httponly=True, samesite="strict", secure=secure)


def end_session(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def same_page(session: Session, shown: str) -> None:
    """See that a form was sent from a page of ours: it holds the token of the session. Raises NotAuthenticated."""
    if not hmac.compare_digest(session.csrf.encode(), shown.encode("utf-8", "replace")):
        raise NotAuthenticated("This form is not from a page of your session; load the page again.")
