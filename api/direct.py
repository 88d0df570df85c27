"""Routes of which FastAPI converts nothing: the function reads the request itself and gives the response."""

from __future__ import annotations

from inspect import signature
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import request_response


class DirectRoute(APIRoute):
    """A route like any other, also in the description of the interface. Where its function asks for the request alone, it just gets it.

    What FastAPI does beforehand and afterwards for dependencies and models is then left out; it costs as much as the function itself.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if [*signature(self.endpoint).parameters] == ["request"]:
            self.app = request_response(self.endpoint)
