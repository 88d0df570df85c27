"""Moving running cases to another version over HTTP: planned, done a part at a time, counted, put back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import PETITION, Site

SECOND = (
    PETITION.replace("version: 1", "version: 2", 1)
    .replace("  received:", "  intake:")
    .replace("initial: received", "initial: intake")
    .replace("within: 5 working days", "within: 10 working days")
    + "migrate: {from: 1, states: {received: intake}, deadlines: {default: recompute}}\n"
)


@pytest.fixture
def two(each_site: Site) -> Site:
    """A site with three petitions of version 1 and a second version."""
    for _ in range(3):
        each_site.opened()
    answer = each_site.post("/v1/definitions", "designer", content=SECOND, headers={"Content-Type": "application/yaml"})
    assert answer.status_code == 201, answer.text
    return each_site


def asked(site: Site, who: str = "designer", **more: Any) -> dict[str, Any]:
    answer = site.post("/v1/migrations", who, {"workflow": "petition", "to": 2, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_plan_tells_each_case_and_moves_none(two: Site) -> None:
    plan = asked(two, dry_run=True)
    assert (plan["moved"], plan["cannot_move"], plan["dry_run"], len(plan["cases"])) == (3, 0, True, 3)
    case = plan["cases"][0]
    assert (case["from"], case["to"], case["from_version"]) == (["received"], ["intake"], 1)
    (deadline,) = case["deadlines"]
    assert (deadline["name"], deadline["was"], deadline["operation"]) == ("intake.vet", "received.vet", "recomputed")
    assert deadline["new_due"] > deadline["old_due"]
    assert two.get(f"/v1/cases/{case['case']}", "li").json()["definition_version"] == 1


def test_what_differs_is_told_with_the_running_cases_it_is_about(two: Site) -> None:
    answer = two.get("/v1/definitions/petition/2/diff?against=1", "designer")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["workflow"], found["old"], found["new"]) == ("petition", 1, 2)
    (looser,) = (each for each in found["differences"] if each["class"] == "loosening")
    assert (looser["old"], looser["new"], looser["state"], looser["running"]) == ("5 working days", "10 working days", "received", 3)
    assert looser["line"] > 1
    assert found["running"]["loosening"] == 3
    asked(two, limit=2)
    assert two.get("/v1/definitions/petition/2/diff?against=1", "designer").json()["running"]["loosening"] == 1
    back = two.get("/v1/definitions/petition/1/diff?against=2", "designer").json()
    assert back["running"]["breaks_running_cases"] == 2


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("li", "petition/2/diff?against=1", 403),
        ("designer", "petition/2/diff?against=7", 404),
        ("designer", "petitions/2/diff?against=1", 404),
        ("designer", "petition/2/diff", 422),
    ],
)
def test_what_cannot_be_compared_is_refused(two: Site, who: str, path: str, status: int) -> None:
    assert two.get(f"/v1/definitions/{path}", who).status_code == status


def test_a_part_is_moved_and_the_cursor_moves_the_rest(two: Site) -> None:
    first = asked(two, limit=2, reason="新规施行")
    assert (first["moved"], first["refused"]) == (2, [])
    counts = two.get("/v1/migrations?workflow=petition", "designer").json()["versions"]
    assert [(each["version"], each["running"], each["states"]) for each in counts] == [(1, 1, {"received": 1}), (2, 2, {"intake": 2})]
    rest = asked(two, limit=2, cursor=first["next"])
    assert (rest["moved"], rest["next"]) == (1, None)
    assert asked(two)["moved"] == 0


def test_the_event_is_in_the_trail_and_the_version_of_the_case_moves(two: Site) -> None:
    (case, *_) = (each["case"] for each in asked(two, dry_run=True)["cases"])
    asked(two, cases=[case], reason="新规施行")
    seen = two.get(f"/v1/cases/{case}", "li").json()
    assert (seen["configuration"], seen["definition_version"], seen["version"]) == (["intake"], 2, 2)
    event = two.get(f"/v1/cases/{case}/events", "li").json()["events"][-1]
    assert (event["kind"], event["action"], event["reason"]) == ("migration", "migrate", "新规施行")
    assert (event["notes"]["from"]["version"], event["notes"]["to"]["version"]) == (1, 2)


def test_what_was_moved_is_put_back(two: Site) -> None:
    asked(two)
    done = asked(two, undo=True, reason="条文有误")
    assert (done["moved"], done["undo"]) == (3, True)
    assert [each["version"] for each in two.get("/v1/migrations?workflow=petition", "designer").json()["versions"]] == [1]


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("li", {"workflow": "petition", "to": 2}, 403),
        ("designer", {"workflow": "petition", "to": 7}, 404),
        ("designer", {"workflow": "petitions", "to": 1}, 404),
        ("designer", {"workflow": "petition", "to": 2, "deadlines": "forget"}, 422),
        ("designer", {"workflow": "petition", "to": 2, "undo": True, "dry_run": True}, 422),
        ("designer", {"workflow": "petition", "to": 2, "cursor": "?"}, 422),
    ],
)
def test_what_cannot_be_asked_is_refused(two: Site, who: str, body: dict[str, Any], status: int) -> None:
    assert two.post("/v1/migrations", who, body).status_code == status
