"""The description of the interface at `/openapi.json`: what the routes declare, and what all of them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.problems import MEDIA_TYPE
from api.schemas.problem import Problem

Described = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"
BEARER = "apiKey"
OPEN = {"security": [], "x-open": True}
"""For the few routes that ask for no key."""

SAYINGS: Mapping[int, str] = {
    401: "No valid key was sent.",
    403: "The right is missing; or every reason for a refusal is about who asks.",
    404: "There is no such thing, or it is not yours to see; or the workflow has no such action.",
    409: "Refused, with every reason; or it collides with what is there.",
    412: "The case has moved on: `ETag` has its version, `changes` who did what.",
    413: "The body is larger than what is accepted.",
    415: "The body has a media type that is not taken here.",
    422: "What was sent does not have the expected form.",
    428: "`If-Match` is missing.",
    500: "Something went wrong here.",
    503: "The service cannot answer now; `Retry-After` says when to come back. With `outcome_unknown`, ask again with the same key.",
}

IF_MATCH: Described = {
    "name": "If-Match",
    "in": "header",
    "description": 'The ETag of the case as you saw it, like `"7"`.',
    "schema": {"type": "string", "pattern": '^"[0-9]{1,15}"$'},
    "example": '"7"',
}
IDEMPOTENCY_KEY: Described = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same request gives the same bytes again, for seven days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
}
ETAG: Described = {"description": "The version of the case.", "schema": {"type": "string"}}
LOCATION: Described = {"description": "Where the new thing is.", "schema": {"type": "string"}}
LINK: Described = {"description": "The next page (RFC 8288).", "schema": {"type": "string"}}

models: dict[str, type[BaseModel]] = {}
"""Models that routes mention by name; `finish` writes their schemas."""


def named(model: type[BaseModel]) -> Described:
    """Give the reference to a model."""
    models[model.__name__] = model
    return {"$ref": REFERENCE.format(model=model.__name__)}


def answer(model: type[BaseModel], description: str, **headers: Described) -> Described:
    """Describe an answer in JSON. Headers are written with underscores."""
    told: Described = {"description": description, "content": {"application/json": {"schema": named(model)}}}
    if headers:
        told["headers"] = {name.replace("_", "-"): each for name, each in headers.items()}
    return told


def either(description: str, *models: type[BaseModel]) -> Described:
    """Describe an answer in JSON that has the form of one of several models."""
    return {"description": description, "content": {"application/json": {"schema": {"anyOf": [named(model) for model in models]}}}}


def problem_answer(status: int) -> Described:
    """Describe a problem."""
    return {"description": SAYINGS[status], "content": {MEDIA_TYPE: {"schema": named(Problem)}}}


def answers(*statuses: int, **told: Described) -> dict[int | str, Described]:
    """Describe the answers of a route: ``ok=``, ``created=`` or ``gone=`` and the statuses of its problems."""
    success = {"ok": 200, "created": 201, "gone": 204}
    return {**{success[name]: each for name, each in told.items()}, **{status: problem_answer(status) for status in statuses}}


def takes(model: type[BaseModel], *, required: bool = True, parameters: tuple[Described, ...] = ()) -> Described:
    """Describe a body in JSON, and header parameters."""
    body = {"required": required, "content": {"application/json": {"schema": named(model)}}}
    return {"requestBody": body, "parameters": list(parameters)}


def required(parameter: Described) -> Described:
    """Say that a parameter has to be there."""
    return {**parameter, "required": True}


def finish(app: FastAPI, title: str, version: str, description: str) -> None:
    """Make the application describe itself: once, when first asked."""

    def describe() -> Described:
        if app.openapi_schema is None:
            app.openapi_schema = whole(get_openapi(title=title, version=version, description=description, routes=app.routes))
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def whole(schema: Described) -> Described:
    """Add what all routes have in common."""
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    _, definitions = models_json_schema([(model, "serialization") for model in models.values()], ref_template=REFERENCE)
    components.update(definitions["$defs"])
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    schema["components"]["securitySchemes"] = {
        BEARER: {"type": "http", "scheme": "bearer", "description": "An API key, `yk_…`."},
    }
    schema["security"] = [{BEARER: []}]
    for path in schema["paths"].values():
        for operation in path.values():
            in_common(operation)
    return schema


def in_common(operation: Described) -> None:
    """Add the problems that every route may answer with."""
    told: Described = operation["responses"]
    told["422"] = problem_answer(422)
    statuses = {500}
    if not operation.pop("x-open", False):
        statuses |= {401, 503}
    if "requestBody" in operation:
        statuses |= {413, 415}
    for status in statuses:
        told.setdefault(str(status), problem_answer(status))
    operation["responses"] = dict(sorted(told.items()))
