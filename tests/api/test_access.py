"""Who may come in, and what they may do there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.routing import APIRoute

from engine.clock import SECOND, FixedClock, SystemClock, rfc3339
from engine.errors import InvalidInput, NotAuthenticated
from engine.proof.rules_people import RESERVED
from engine.runtime.access import Access, administrator_of_this_machine, digest
from engine.runtime.people import RIGHTS
from engine.store.access import list_api_keys
from tests.api.conftest import Site

OPEN = {"/livez", "/readyz"}

NEEDS = {
    ("POST", "/v1/definitions"): "publish",
    ("GET", "/v1/audit/events"): "audit",
    ("POST", "/v1/clock/advance"): "clock",
    ("POST", "/v1/keys"): "keys",
    ("GET", "/v1/keys"): "keys",
    ("DELETE", "/v1/keys/{key}"): "keys",
    ("POST", "/v1/people"): "people",
    ("GET", "/v1/people"): "people",
    ("POST", "/v1/cases/{case_id}/corrections"): "correct",
    ("POST", "/v1/migrations"): "publish",
    ("POST", "/v1/sandbox/definitions"): "publish",
    ("POST", "/v1/sandbox/reset"): "publish",
    ("POST", "/v1/sandbox/keys"): "publish",
    ("POST", "/v1/calendars/recounts"): "calendars",
    ("GET", "/metrics"): "metrics",
}
"""The routes that ask for a right. All others ask whether the case is yours to see, or only who you are."""


def routes(site: Site) -> list[tuple[str, str]]:
    """Every route but the pages, which ask for a session."""
    described = [route for route in site.app.routes if isinstance(route, APIRoute) and route.include_in_schema]
    return [(method, route.path) for route in described for method in sorted(route.methods or ())]


def test_nothing_is_open_without_a_key_but_health(site: Site) -> None:
    closed = [(method, path) for method, path in routes(site) if path not in OPEN]
    assert len(closed) > 20
    for method, path in closed:
        answer = site.send(method, path)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), (method, path)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    for path in OPEN:
        assert site.get(path).json() == {"status": "ok"}


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer yk_x", f"Bearer yk_{'A' * 43}", f"Basic yk_{'A' * 43}", "Bearer \xff", f"Bearer  {'x' * 5000}"]
)
def test_what_is_no_valid_key_opens_nothing(site: Site, header: str) -> None:
    assert site.get("/v1/cases", headers={"Authorization": header.encode("latin-1")}).status_code == 401


@pytest.mark.parametrize(("route", "right"), NEEDS.items(), ids=lambda part: " ".join(part) if isinstance(part, tuple) else part)
def test_a_route_that_needs_a_right_refuses_everybody_without_it(site: Site, route: tuple[str, str], right: str) -> None:
    method, path = route
    case = site.opened()
    path = path.replace("{case_id}", case["id"]).replace("{key}", "none")
    body: Any = {"seq": 1, "reason": "笔误", "data": {"topic": "路灯"}} if right == "correct" else {}
    for who in ("li", "zhao", "stranger"):
        answer = site.send(method, path, who, json=body)
        assert (answer.status_code, answer.json()["right"]) == (403, right), who


def test_no_process_may_name_a_role_that_carries_a_right() -> None:
    assert RIGHTS.keys() <= RESERVED


def test_every_route_that_needs_a_right_exists(site: Site) -> None:
    assert NEEDS.keys() <= set(routes(site))


def test_a_case_that_is_not_yours_to_see_is_not_there(site: Site) -> None:
    """A 403 would tell that it exists."""
    case = site.opened()
    of_a_case = [(method, path) for method, path in routes(site) if "{case_id}" in path]
    assert len(of_a_case) >= 12
    bodies = {"comments": {"text": "x"}, "corrections": {"seq": 1, "reason": "x", "data": {"topic": "x"}}}
    for method, path in of_a_case:
        if path.endswith("corrections"):
            continue  # needs its right first
        real = path.replace("{case_id}", case["id"]).format(action="accept", document="report", name="received.vet")
        query = (
            {"document": "report", "filename": "a", "sha256": "0" * 64}
            if (method, path.rpartition("/")[2]) == ("POST", "documents")
            else {}
        )
        body = bodies.get(path.rpartition("/")[2], {})
        answer = site.send(
            method, real, "stranger", json=body if method == "POST" and not query else None, params=query, headers={"If-Match": '"1"'}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path, answer.text)
    assert site.get("/v1/cases", "stranger").json() == {"cases": [], "next": None}


def test_who_opened_a_case_may_follow_it_whatever_becomes_of_their_roles(site: Site) -> None:
    case = site.opened("zhao")
    key = site.post("/v1/keys", "admin", {"actor": "zhao", "roles": ["retired"]}).json()["key"]
    site.keys["zhao_retired"] = key
    assert site.get(f"/v1/cases/{case['id']}", "zhao_retired").status_code == 200
    assert [each["id"] for each in site.get("/v1/cases", "zhao_retired").json()["cases"]] == [case["id"]]
    assert site.get(f"/v1/cases/{case['id']}", "auditor").status_code == 200


def test_a_key_is_shown_once_and_kept_as_a_digest(each_site: Site) -> None:
    made = each_site.post("/v1/keys", "admin", {"actor": "wang", "roles": ["office", "office"], "unit": "u1", "label": "收发系统"})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    key = made.json()
    listed = each_site.get("/v1/keys", "admin")
    assert key["key"] not in listed.text
    (found,) = [each for each in listed.json()["keys"] if each["id"] == key["id"]]
    assert (found["actor"], found["roles"], found["unit"], found["label"]) == ("wang", ["office"], "u1", "收发系统")
    with each_site.desk.application.store.read() as reader:
        assert digest(key["key"]) in {row.secret_sha256 for row in list_api_keys(reader, "default")}


def test_a_revoked_key_opens_nothing_from_then_on(each_site: Site) -> None:
    made = each_site.post("/v1/keys", "admin", {"actor": "wang", "roles": ["office"]}).json()
    each_site.keys["wang"] = made["key"]
    assert each_site.get("/v1/inbox", "wang").status_code == 200
    assert each_site.send("DELETE", f"/v1/keys/{made['id']}", "admin").status_code == 204
    assert each_site.get("/v1/inbox", "wang").status_code == 401
    assert each_site.send("DELETE", f"/v1/keys/{made['id']}", "admin").status_code == 204
    assert each_site.send("DELETE", "/v1/keys/none", "admin").status_code == 404


def test_a_key_ends_at_its_hour_even_if_it_was_just_shown(site: Site) -> None:
    application = site.desk.application
    clock = FixedClock(SystemClock().now())
    access = Access(application.store, application.lane, clock)
    operator = administrator_of_this_machine("default")
    made = access.create(operator, "wang", ["office"], expires_at=clock.now() + SECOND)
    assert access.authenticate(made.secret).id == "wang"
    assert access.known(made.secret) is not None
    clock.instant += SECOND
    assert access.known(made.secret) is None
    with pytest.raises(NotAuthenticated):
        access.authenticate(made.secret)
    with pytest.raises(InvalidInput, match="after"):
        access.create(operator, "wang", ["office"], expires_at=clock.now())


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"actor": "a b"}, "/actor"),
        ({"actor": "clock"}, "/actor"),
        ({"roles": []}, "/roles"),
        ({"roles": ["Office"]}, "/roles/0"),
        ({"roles": ["office", "clock"]}, "/roles/1"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "tomorrow"}, "/expires_at"),
        ({"lable": "x"}, "/lable"),
    ],
)
def test_a_key_for_nobody_is_not_made(site: Site, change: dict[str, Any], pointer: str) -> None:
    answer = site.post("/v1/keys", "admin", {"actor": "wang", "roles": ["office"], **change})
    assert answer.status_code == 422
    assert [violation["pointer"] for violation in answer.json()["violations"]] == [pointer]


def test_people_are_entered_once_and_their_passwords_are_shown_to_nobody(each_site: Site) -> None:
    person = {"id": "sun", "name": "孙", "roles": ["office"], "unit": "u1", "password": "a long enough one"}
    entered = each_site.post("/v1/people", "admin", person)
    assert entered.status_code == 201
    assert entered.json()["may_sign_in"] is True
    assert each_site.post("/v1/people", "admin", person).json()["code"] == "person_exists"
    listed = each_site.get("/v1/people", "admin")
    assert [each["id"] for each in listed.json()["people"]] == ["sun"]
    assert "password" not in listed.text
    assert "argon2" not in listed.text


def test_a_manual_clock_moves_and_the_machines_does_not_exist(start: Callable[..., Site]) -> None:
    site = start(clock="system")
    for answer in (site.get("/v1/clock", "admin"), site.post("/v1/clock/advance", "li", {"to": "2099-01-01T00:00:00Z"})):
        assert (answer.status_code, answer.json()["code"]) == (404, "clock_is_not_manual")


def test_moving_the_clock_fires_what_is_due_on_the_way(each_site: Site) -> None:
    case = each_site.opened()
    due = case["deadlines"][0]["due"]
    eighty, last = (rung["instant"] for rung in case["deadlines"][0]["rungs"])
    moved = each_site.post("/v1/clock/advance", "operator", {"to": "2036-01-01T08:00:00+08:00"})
    assert moved.json() == {"now": "2036-01-01T00:00:00Z", "fired": 2, "failed": 0}
    assert each_site.post("/v1/clock/advance", "operator", {"to": "2035-01-01T00:00:00Z"}).json()["code"] == "clock_refused"
    rungs = [event for event in each_site.get(f"/v1/cases/{case['id']}/events", "li").json()["events"] if event["kind"] == "rung"]
    assert [(event["notes"]["rung"], event["occurred_at"]) for event in rungs] == [("80 %", eighty), ("due", last)]
    (task,) = each_site.get("/v1/inbox", "chair").json()["tasks"]
    assert (task["kind"], task["overdue"], task["due"]) == ("escalation", True, due)
    assert [each["id"] for each in each_site.get("/v1/cases?overdue=true", "li").json()["cases"]] == [case["id"]]
    assert each_site.act(case, "accept").status_code == 200, "a reminder makes no form stale"
    assert rfc3339(each_site.desk.application.now()) == "2036-01-01T00:00:00Z"
