"""Publishing over HTTP, and what is told of a definition that has mistakes."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.api.conftest import PETITION, Site

YAML = {"Content-Type": "application/yaml"}


def publish(site: Site, body: str | bytes, query: str = "", **headers: str) -> httpx2.Response:
    return site.post(f"/v1/definitions{query}", "designer", content=body, headers={**YAML, **headers})


def test_a_version_is_published_once_and_then_never_changes(each_site: Site) -> None:
    again = publish(each_site, PETITION)
    assert again.status_code == 200
    other = publish(each_site, PETITION.replace("5 working days", "6 working days"))
    assert (other.status_code, other.json()["code"]) == (409, "version_published")
    newer = publish(each_site, PETITION.replace("version: 1", "version: 2"))
    assert (newer.status_code, newer.json()["version"]) == (201, 2)
    assert newer.json()["digest"] != again.json()["digest"]
    versions = each_site.get("/v1/definitions/petition", "li").json()["definitions"]
    assert [each["version"] for each in versions] == [2, 1]
    (newest,) = each_site.get("/v1/definitions", "li").json()["definitions"]
    assert (newest["version"], newest["published_by"]) == (2, "designer")
    assert each_site.opened()["definition_version"] == 2
    assert each_site.opened(version=1)["definition_version"] == 1


def test_a_version_is_in_force_from_the_day_that_was_stated(each_site: Site) -> None:
    later = publish(each_site, PETITION.replace("version: 1", "version: 2"), "?effective_from=2199-01-01")
    assert (later.status_code, later.json()["effective_from"]) == (201, "2198-12-31T16:00:00Z")
    versions = each_site.get("/v1/definitions/petition", "li").json()["definitions"]
    assert [(each["version"], each["in_force"]) for each in versions] == [(2, False), (1, True)]
    assert versions[0]["effective_from"] == "2198-12-31T16:00:00Z"
    (opens,) = each_site.get("/v1/definitions", "li").json()["definitions"]
    assert (opens["version"], opens["in_force"]) == (1, True)
    assert each_site.opened()["definition_version"] == 1
    assert each_site.opened(version=2)["definition_version"] == 2
    moved = publish(each_site, PETITION.replace("version: 1", "version: 2"), "?effective_from=2000-01-01T00:00:00%2B08:00")
    assert (moved.status_code, moved.json()["effective_from"]) == (200, "1999-12-31T16:00:00Z")
    assert each_site.opened()["definition_version"] == 2
    stands = publish(each_site, PETITION.replace("version: 1", "version: 2"), "?effective_from=2199-01-01")
    assert (stands.status_code, stands.json()["code"]) == (409, "version_in_force")


def test_before_any_version_is_in_force_opening_tells_when_it_will_be(site: Site) -> None:
    publish(site, PETITION.replace("workflow: petition", "workflow: hearing"), "?effective_from=2199-01-01T00:00:00Z")
    answer = site.post("/v1/cases", "zhao", {"workflow": "hearing", "data": {"topic": "路灯"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_force")
    assert "2199-01-01T00:00:00Z" in answer.json()["detail"]
    assert site.post("/v1/cases", "zhao", {"workflow": "hearing", "version": 1, "data": {"topic": "路灯"}}).status_code == 201


@pytest.mark.parametrize("day", ["2027-02-30", "2027", "0001-01-01", "9999-12-31", "2027-01-01T00:00:00", "next year"])
def test_what_is_no_day_is_refused_with_what_was_expected(site: Site, day: str) -> None:
    answer = publish(site, PETITION.replace("version: 1", "version: 2"), f"?effective_from={day}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert answer.json()["violations"][0]["pointer"] == "effective_from"
    assert site.opened()["definition_version"] == 1


def test_a_dry_run_only_checks(site: Site) -> None:
    answer = publish(site, PETITION.replace("version: 1", "version: 9"), "?dry_run=true")
    assert (answer.status_code, answer.json()["version"]) == (200, 9)
    missing = site.get("/v1/definitions/petition/9", "li").json()
    assert missing["code"] == "not_found"


def test_a_version_is_shown_as_json_or_as_it_was_written(site: Site) -> None:
    seen = site.get("/v1/definitions/petition/1", "zhao").json()
    assert seen["roles"] == {"office": "Office", "member": "Member", "chair": "Chair"}
    assert [state["path"] for state in seen["states"]] == ["received", "handling", "rejected", "done"]
    assert seen["start"]["by"] == ["member"]
    assert seen["start"]["form"]["required"] == ["topic"]
    written = site.get("/v1/definitions/petition/1", "zhao", headers={"Accept": "application/yaml"})
    assert (written.text, written.headers["Content-Type"], written.headers["Vary"]) == (PETITION, "application/yaml", "Accept")


def test_a_definition_may_be_json(site: Site) -> None:
    body = (
        '{"workflow": "tiny", "version": 1, "title": "小", "calendar": "cn", "roles": {"office": "办"}, "start": {"by": "office"},'
        ' "initial": "a", "states": {"a": {"owner": "office", "actions": {"end": {"by": "office", "to": "b"}}},'
        ' "b": {"final": true, "outcome": "success"}}}'
    )
    answer = publish(site, body, **{"Content-Type": "application/json"})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("change", "rule", "line"),
    [
        (("    owner: office\n    deadlines", "    ownr: office\n    deadlines"), "model.unknown_key", 23),
        (("to: handling", "to: handlin"), "name.unknown_state", 28),
        (("data.parts < 10", "data.topic < 10"), "guard.type", 28),
        (("title: {zh-CN: 收到, en: Received}", "title: a\n    title: b"), "yaml.duplicate_key", 23),
    ],
)
def test_every_mistake_is_told_with_its_place(site: Site, change: tuple[str, str], rule: str, line: int) -> None:
    assert PETITION.count(change[0]) == 1
    answer = publish(site, PETITION.replace(*change).replace("version: 1", "version: 2"))
    assert (answer.status_code, answer.json()["code"]) == (422, "definition_refused")
    found = {(problem["rule"], problem["line"]) for problem in answer.json()["problems"] if problem["severity"] == "error"}
    assert (rule, line) in found


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"workflow: \xff\xfe",
        b"[" * 200_000,
        b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (n + 1, n + 1, n, n) for n in range(97, 120)),
        b"!!python/object/apply:os.system ['true']",
        b"- 1",
        b"\x00",
        "workflow: 'a\udc00'".encode("utf-8", "surrogatepass"),
        b"null",
        b"---\n---\n",
    ],
    ids=["empty", "not_utf8", "brackets", "aliases", "python_tag", "list", "nul", "surrogate", "null", "nothing_twice"],
)
def test_what_is_no_definition_is_told_clearly(site: Site, body: bytes) -> None:
    answer = publish(site, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "definition_refused")
    assert all(problem["rule"] and problem["line"] >= 1 for problem in answer.json()["problems"])
    assert site.get("/livez").status_code == 200


def test_a_definition_beyond_the_limit_is_not_read(site: Site) -> None:
    answer = publish(site, b"x" * 50_000_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_another_type_of_body_is_not_guessed_at(site: Site) -> None:
    answer = publish(site, PETITION, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 415
    assert "application/yaml" in answer.json()["detail"]


def test_a_case_needs_a_workflow_that_there_is(site: Site) -> None:
    def detail(**body: Any) -> str:
        answer = site.post("/v1/cases", "zhao", body)
        assert answer.status_code == 404
        return str(answer.json()["detail"])

    assert "did you mean 'petition'" in detail(workflow="petitoin")
    assert "petition 7" in detail(workflow="petition", version=7)


def test_a_reference_of_the_clients_own_is_used_once(each_site: Site) -> None:
    case = each_site.opened(client_ref="文号-1")
    answer = each_site.post("/v1/cases", "zhao", {"workflow": "petition", "data": {"topic": "x"}, "client_ref": "文号-1"})
    assert (answer.status_code, answer.json()["code"], answer.json()["case"]) == (409, "client_ref_taken", case["id"])


def test_opening_is_refused_with_every_reason(site: Site) -> None:
    refused = site.post("/v1/cases", "li", {"workflow": "petition", "data": {"parts": "x"}})
    assert {refusal["code"] for refusal in refused.json()["refusals"]} == {"wrong_role", "missing_field", "invalid_field"}
    assert refused.status_code == 409
    assert site.post("/v1/cases", "li", {"workflow": "petition", "data": {"topic": "x"}}).status_code == 403
    assert site.post("/v1/cases", "zhao", {"workflow": "petition"}).status_code == 422


def test_a_preset_is_taken_and_shown_with_what_cases_open_with(each_site: Site) -> None:
    text = PETITION.replace("workflow: petition", "workflow: tuned").replace(
        "roles:", "settings: {least: {type: int, default: 2, between: [1, 9], basis: rule}}\nroles:", 1
    )
    assert publish(each_site, text).status_code == 201
    assert each_site.get("/v1/definitions/tuned/1", "li").json()["preset"] is None
    preset = "{preset: strict, workflow: tuned, title: {zh-CN: 从严, en: Strict}, basis: rule, settings: {least: 3}}"
    taken, again = publish(each_site, preset), publish(each_site, preset)
    assert [(each.status_code, each.json()["new"]) for each in (taken, again)] == [(201, True), (200, False)]
    assert {key: taken.json()[key] for key in ("preset", "workflow", "version")} == {"preset": "strict", "workflow": "tuned", "version": 1}
    whole = each_site.get("/v1/definitions/tuned/1", "li").json()
    assert (whole["settings"], whole["preset"]["preset"], whole["preset"]["published_by"]) == ({"least": 3}, "strict", "designer")
    refused = publish(each_site, preset.replace("least: 3", "least: 30"))
    assert refused.status_code == 422
    (problem,) = refused.json()["problems"]
    assert (problem["rule"], problem["pointer"]) == ("preset.value", "/settings/least")
    assert problem["message"] == "`least` of `tuned`: expected a value from 1 to 9, got 30"
    assert publish(each_site, preset, "?effective_from=2199-01-01").status_code == 422
