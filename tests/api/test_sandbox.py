"""The sandbox over HTTP: drafts, keys of its own, a clean start; nothing of it is seen from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.conftest import PETITION, Site
from tests.api.test_documents import REPORT, files, upload

DRAFT = PETITION.replace("version: 1", "version: 2", 1)
YAML = {"Content-Type": "application/yaml"}


def publish(site: Site, text: str, who: str = "designer") -> httpx2.Response:
    return site.post("/v1/sandbox/definitions", who, content=text, headers=YAML)


def admitted(site: Site, name: str, *roles: str, who: str = "designer") -> str:
    """Make a key for the sandbox, to be used under another name in this test."""
    answer = site.post("/v1/sandbox/keys", who, {"actor": name, "roles": list(roles)})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    site.keys[f"{name} inside"] = answer.json()["key"]
    return f"{name} inside"


def test_a_draft_is_tried_with_a_key_of_the_sandbox_and_the_body_sees_nothing(each_site: Site) -> None:
    answer = publish(each_site, DRAFT)
    assert answer.status_code == 201, answer.text
    assert ([each["version"] for each in answer.json()["definitions"]], answer.json()["trials_gone"]) == ([2], 0)
    assert publish(each_site, DRAFT).status_code == 200
    zhao, li = admitted(each_site, "zhao", "member"), admitted(each_site, "li", "office")
    case = each_site.opened(zhao)
    assert (case["definition_version"], case["trial"]) == (2, True)
    assert each_site.acted(case, "accept", li)["state"] == "handling"
    assert [each["id"] for each in each_site.get("/v1/cases", li).json()["cases"]] == [case["id"]]

    assert each_site.get("/v1/cases", "auditor").json()["cases"] == []
    assert each_site.get(f"/v1/cases/{case['id']}", "auditor").status_code == 404
    assert each_site.get("/v1/definitions/petition/2", "designer").status_code == 404
    real = each_site.opened()
    assert (real["definition_version"], real["trial"]) == (1, False)
    assert each_site.get(f"/v1/cases/{real['id']}", li).status_code == 404


def test_a_changed_draft_says_how_many_trials_went_with_the_one_before(site: Site) -> None:
    publish(site, DRAFT)
    case = site.opened(admitted(site, "zhao", "member"))
    changed = publish(site, DRAFT.replace("5 working days", "6 working days"))
    assert (changed.status_code, changed.json()["trials_gone"]) == (201, 1)
    assert site.get(f"/v1/cases/{case['id']}", "zhao inside").status_code == 404


def test_a_draft_with_mistakes_is_told_like_any_other(site: Site) -> None:
    answer = publish(site, DRAFT.replace("to: handling", "to: handlin"))
    assert (answer.status_code, answer.json()["code"]) == (422, "definition_refused")


def test_a_reset_ends_the_keys_of_the_sandbox_and_its_cases(each_site: Site) -> None:
    publish(each_site, DRAFT)
    zhao = admitted(each_site, "zhao", "member")
    each_site.opened(zhao)
    found = each_site.post("/v1/sandbox/reset", "designer")
    assert (found.status_code, found.json()) == (200, {"organisation": "default~sandbox", "people": 0, "definitions": 1})
    each_site.desk.access._known.clear()  # a key is remembered for some seconds
    assert each_site.get("/v1/cases", zhao).status_code == 401
    again = admitted(each_site, "zhao", "member")
    assert each_site.opened(again)["definition_version"] == 1


def test_a_reset_takes_the_files_of_the_sandbox_and_leaves_those_of_the_body(site: Site, tmp_path: Path) -> None:
    publish(site, DRAFT)
    zhao, li = admitted(site, "zhao", "member"), admitted(site, "li", "office")
    trial, real = site.acted(site.opened(zhao), "accept", li), site.acted(site.opened(), "accept")
    tried, done = upload(site, trial, li), upload(site, real)
    assert (tried.status_code, done.status_code) == (200, 200)
    assert site.get(f"/v1/cases/{trial['id']}/documents/{tried.json()['documents']['report']['id']}", li).content == REPORT
    assert 2 == len(files(tmp_path / "files"))
    assert site.post("/v1/sandbox/reset", "designer").status_code == 200
    assert 1 == len(files(tmp_path / "files"))
    assert site.get(f"/v1/cases/{real['id']}/documents/{done.json()['documents']['report']['id']}", "li").content == REPORT


def test_with_a_key_of_the_sandbox_the_calls_of_administrators_are_about_the_sandbox(site: Site) -> None:
    publish(site, DRAFT)
    root = admitted(site, "root", "admin", who="admin")
    made = site.post("/v1/people", root, {"id": "probe", "name": "试", "password": "correct horse battery", "roles": ["office"]})
    assert made.status_code == 201, made.text
    assert [each["id"] for each in site.get("/v1/people", root).json()["people"]] == ["probe"]
    assert site.get("/v1/people", "admin").json()["people"] == []
    assert {each["actor"] for each in site.get("/v1/keys", root).json()["keys"]} == {"root"}
    assert site.post("/v1/definitions", root, content=DRAFT.replace("version: 2", "version: 3"), headers=YAML).status_code == 201
    assert site.get("/v1/definitions/petition/3", "admin").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"), [("POST", "/v1/clock/advance", {"to": "2199-01-01T00:00:00Z"}), ("GET", "/metrics", None)]
)
def test_the_installation_is_out_of_its_reach(site: Site, method: str, path: str, body: Any) -> None:
    publish(site, DRAFT)
    root = admitted(site, "root", "admin", who="admin")
    assert site.send(method, path, root, json=body).status_code == 403


def test_a_right_is_passed_on_by_who_has_it(site: Site) -> None:
    publish(site, DRAFT)
    refused = site.post("/v1/sandbox/keys", "designer", {"actor": "li", "roles": ["auditor"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
