"""From an exception to the problem it is told as. The one place where errors become HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError  # noqa: A004  the pool's own
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from api.deps import desk_of, headers_of, in_thread, language_in, violation
from api.log import ERROR, ORG
from api.problems import Problem, problem, problem_of
from engine.errors import InvalidInput, StaleVersion, YishiError
from engine.store.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

HANG_UP = 499
"""Not sent to anybody: the client is gone. It stands in the log."""


def handle_errors(app: FastAPI) -> None:
    """Tell every error as a problem document."""
    app.add_exception_handler(YishiError, refuse)
    app.add_exception_handler(RequestValidationError, refuse_parameters)
    app.add_exception_handler(HTTPException, refuse_address)
    app.add_exception_handler(ClientDisconnect, hang_up)
    for kind in (OperationalError, InterfaceError, TimeoutError):
        app.add_exception_handler(kind, tell_no_database)


async def refuse(request: Request, error: Exception) -> Response:
    """Tell an error of ours."""
    assert isinstance(error, YishiError)
    if isinstance(error, StaleVersion):
        error = await with_changes(request, error)
    return told(request, problem_of(error, language_in(headers_of(request))))


async def with_changes(request: Request, error: StaleVersion) -> StaleVersion:
    """Add who has done what since; whoever is told of a stale version has been found to see the case or row."""
    desk, org, path = desk_of(request), request.scope[ORG], request.path_params
    changes: tuple[Mapping[str, Any], ...] = ()
    if "case_id" in path:
        changes = await in_thread(lambda: desk.reading.changes_since(org, path["case_id"], error.expected))
    elif "row" in path:
        changes = await in_thread(lambda: desk.rows.changes_since(org, path["registry"], path["row"], error.expected))
    return StaleVersion(error.expected, error.actual, changes)


async def refuse_parameters(request: Request, error: Exception) -> Response:
    """Tell what FastAPI finds wrong in an address."""
    assert isinstance(error, RequestValidationError)
    known = known_parameters(request)
    faults = [violation({**each, "loc": each["loc"][1:]}, str(each["loc"][0]), known) for each in error.errors()]
    return told(request, problem_of(InvalidInput(faults), language_in(headers_of(request))))


def known_parameters(request: Request) -> list[str]:
    """Name what may stand in the address after the question mark."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    names: list[str] = []
    for parameter in getattr(dependant, "query_params", ()):
        model = parameter.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            names += [field.alias or name for name, field in model.model_fields.items()]
        else:
            names.append(parameter.alias)
    return names


async def refuse_address(request: Request, error: Exception) -> Response:
    """Tell that there is no such address, or none for this method."""
    assert isinstance(error, HTTPException)
    language = language_in(headers_of(request))
    code = {404: "no_such_route", 405: "method_not_allowed"}.get(error.status_code)
    if code is None:
        return told(request, problem("internal_error", language))
    headers = {"Allow": ", ".join(methods_here(request))} if error.status_code == 405 else None
    return told(request, problem(code, language, headers=headers))


def methods_here(request: Request) -> list[str]:
    """Name every method of an address: several routes may share it."""
    found: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


async def tell_no_database(request: Request, error: Exception) -> Response:
    """Tell that a look into the database failed; what is written answers for itself."""
    log.warning("database.unavailable", error=type(error).__name__)
    return told(request, problem_of(DatabaseUnavailable(), language_in(headers_of(request))))


async def hang_up(_: Request, __: Exception) -> Response:
    """Answer nobody."""
    return Response(status_code=HANG_UP)


def told(request: Request, found: Problem) -> Response:
    """Give the response, and leave its code for the log."""
    request.scope[ERROR] = found.document["code"]
    return found.response()
