"""The pages about HTTP say what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi.routing import APIRoute

from api.app import create_app
from api.problems import ABOUT_INPUT, ABOUT_WHO, KINDS
from engine.runtime.people import RIGHTS
from engine.settings import Settings

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
CALL = re.compile(r"^\| `(GET|POST|DELETE|PUT|PATCH) (/\S+)` \|", re.MULTILINE)
CODE = re.compile(r"^\| `(\w+)` \| ([\d, or]+) \|", re.MULTILINE)
ROLE = re.compile(r"^\| `(\w+)` \| ([a-z, ]+) \|$", re.MULTILINE)


def test_the_page_names_every_route_and_no_other() -> None:
    app = create_app(Settings())
    routes = {
        (method, route.path_format)
        for route in app.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods or ()
    }
    assert set(CALL.findall((REFERENCE / "http.md").read_text("utf-8"))) == routes


def test_the_page_names_the_rights_of_every_role() -> None:
    told = {role: frozenset(rights.split(", ")) for role, rights in ROLE.findall((REFERENCE / "http.md").read_text("utf-8"))}
    assert told == dict(RIGHTS)


def test_the_page_names_every_error_with_its_status() -> None:
    told = {
        code: {int(status) for status in re.findall(r"\d+", statuses)}
        for code, statuses in CODE.findall((REFERENCE / "http-errors.md").read_text("utf-8"))
    }
    assert told.pop("refused") == {403, 404, 409, 422}
    assert told == {code: {kind.status} for code, kind in KINDS.items() if code != "refused"}


def test_the_page_names_the_refusals_that_have_a_status_of_their_own() -> None:
    page = (REFERENCE / "http-errors.md").read_text("utf-8")
    for status, codes in ((403, ABOUT_WHO), (422, ABOUT_INPUT)):
        (line,) = [line for line in page.splitlines() if line.startswith(f"| {status} | every reason")]
        assert set(re.findall(r"`(\w+)`", line)) == codes
