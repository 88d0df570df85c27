"""The description at /openapi.json is true: a generator of requests finds no answer that it does not announce."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.app import create_app
from engine.runtime.access import administrator_of_this_machine
from engine.runtime.people import Principal
from engine.runtime.publishing import publish
from tests.api.conftest import PETITION, Site, settings_for
from tests.registers import A1, AGREEMENT

EVERYTHING = ("admin", "office", "member", "chair")
OPEN = frozenset({"/livez", "/readyz", "/", "/sandbox", "/sign-in", "/language", "/console/style.css"})
"""Health, and for browsers the forms to sign in with, the language they are in, and their style sheet."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
CONFIGURATION = """
[parameters]
"path.case_id" = "{case}"
"path.action" = "{action}"
"path.registry" = "agreement"
"path.row" = "A1"
"path.workflow" = "petition"
"path.calendar" = "cn"
"path.name" = "received.vet"
"path.document" = "report"
"query.document" = "report"

[checks.missing_required_header]
expected-statuses = [401, 403, 404, 422, 428]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428]
"""


def operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_route_is_described_with_its_problems(site: Site) -> None:
    schema = site.get("/openapi.json", "stranger").json()
    assert schema["openapi"].startswith("3.1")
    for method, path, operation in operations(schema):
        told = operation["responses"]
        assert operation["summary"], (method, path)
        assert any(status.startswith("2") for status in told), (method, path)
        if path.startswith("/v1/"):
            assert {"401", "422", "500", "503"} <= told.keys(), (method, path)
            assert "security" not in operation
        for status, answer in told.items():
            if status[0] in "45" and path.startswith("/v1/") and status != "416":
                assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
        if "requestBody" in operation:
            assert {"413", "415"} <= told.keys(), (method, path)


def test_the_description_is_for_whoever_has_a_key(site: Site) -> None:
    answer = site.get("/openapi.json")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_nothing_but_health_and_the_way_in_is_open(site: Site) -> None:
    """Every address of the program is tried without a key; what people see signed out shows nothing but the sign-in form."""
    for route in site.app.routes:
        assert isinstance(route, APIRoute), route
        for method in route.methods or ():
            path = re.sub(r"\{\w+\}", "1", route.path_format)
            answer = site.send(method, path, headers={"Origin": "http://yishi.test"})
            if route.path not in OPEN:
                assert answer.status_code == 401, (method, path, answer.status_code)


def test_the_fast_route_is_described_like_any_other(site: Site) -> None:
    """It reads the request by hand, so nothing would be known of it unless it were said."""
    operation = site.get("/openapi.json", "stranger").json()["paths"]["/v1/cases/{case_id}/actions/{action}"]["post"]
    required = {parameter["name"] for parameter in operation["parameters"] if parameter.get("required")}
    assert required == {"case_id", "action", "If-Match"}
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/TakeAction"}
    assert {"200", "403", "404", "409", "412", "413", "415", "422", "428", "503"} <= operation["responses"].keys()
    assert operation["responses"]["200"]["headers"].keys() == {"ETag"}


def test_every_reference_leads_somewhere(site: Site) -> None:
    schema = site.get("/openapi.json", "stranger").json()

    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for inner in part.values():
                yield from references(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from references(inner)

    found = set(references(schema))
    assert found
    assert {each.removeprefix("#/components/schemas/") for each in found} <= schema["components"]["schemas"].keys()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve on a free port of the loopback, as in production but for the thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, loop="uvloop", http="httptools", access_log=False, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        give_up = time.monotonic() + 30
        while not server.started and thread.is_alive() and time.monotonic() < give_up:
            thread.join(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("action", ["accept", "note", "report.attach"])
def test_no_request_gets_an_answer_that_is_not_announced(tmp_path: Path, action: str) -> None:
    """Requests are made from the description, good ones and bad ones, with a key that may do everything."""
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'site.db'}", tmp_path))
    with served(app) as url:
        desk = app.state.desk
        operator = administrator_of_this_machine("default")
        key = desk.access.create(operator, "root", EVERYTHING).secret
        root = Principal("root", "default", frozenset(EVERYTHING))
        application = desk.application
        application.registry.publish(root, PETITION, "petition.yaml", application.now())
        publish(application, root, [(AGREEMENT, "registers.yaml")])
        application.rows.add(root, "agreement", A1).result()
        case = application.service.open(root, "petition", data={"topic": "路灯"}).result().json()["id"]
        (tmp_path / "schemathesis.toml").write_text(CONFIGURATION.format(case=case, action=action))
        program = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", "schemathesis.toml", "run", f"{url}/openapi.json"]
        options = [
            "--header",
            f"Authorization: Bearer {key}",
            "--checks",
            ",".join(CHECKS),
            "--max-examples",
            "10",
            "--seed",
            "1",
            "--no-color",
        ]
        found = subprocess.run([*program, *options], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False)
    assert found.returncode == 0, found.stdout[-8_000:] + found.stderr[-2_000:]
