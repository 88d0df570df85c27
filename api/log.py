"""One line per request, and nothing in it that tells of a person.

A line holds the address as it is declared (never the one that was asked for, whose parts may name somebody), and the id of the key.
"""

from __future__ import annotations

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.json_body import fault
from api.problems import language_of, problem, problem_of
from api.request_meter import RequestMeter
from engine.clock import stopwatch

KEY = "yishi.key"
"""Where authentication leaves the id of the key in the scope of the request."""
ORG = "yishi.org"
"""The organisation of whoever was recognised."""
ERROR = "yishi.error"
"""Where the error handlers leave the code of the problem."""


class RequestLog:
    """The outermost layer: notes how each request ended, and answers for what nobody else caught."""

    def __init__(self, app: ASGIApp, meter: RequestMeter) -> None:
        self.app, self.meter = app, meter
        self.log = structlog.get_logger(__name__).bind()  # put together once, not for every line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin = stopwatch()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if has_nul(scope):
                await refuse_nul(scope, receive, noted)
            else:
                await self.app(scope, receive, noted)
        except Exception as failure:
            self.log.exception("http.failed", error=type(failure).__name__, route=route_of(scope))
            if status:
                raise
            await problem("internal_error", language_of(header(scope, b"accept-language"))).response()(scope, receive, noted)
        finally:
            took, route = stopwatch() - begin, route_of(scope)
            self.meter.note(scope["method"], route, status, took)
            self.log.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                ms=round(took * 1000, 2),
                key=scope.get(KEY),
                code=scope.get(ERROR),
            )


def route_of(scope: Scope) -> str:
    """Give the address as it is declared."""
    route = scope.get("route")
    return str(getattr(route, "path", "-"))


def header(scope: Scope, name: bytes) -> bytes | None:
    """Give the first header of a name."""
    return next((value for key, value in scope["headers"] if key == name), None)


def has_nul(scope: Scope) -> bool:
    """Say whether NUL stands in the address: no name holds it, and no database takes it."""
    return b"%00" in scope.get("raw_path", b"") or b"%00" in scope["query_string"] or "\x00" in scope["path"]


async def refuse_nul(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer that NUL is refused."""
    refusal = fault("", "nul_character", "地址中含有NUL字符。", "expected an address without NUL", "path")
    await problem_of(refusal, language_of(header(scope, b"accept-language"))).response()(scope, receive, send)
