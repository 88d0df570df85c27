"""Taking actions over HTTP: versions, keys, refusals. The heart of it runs on both databases."""

from __future__ import annotations

from typing import Any

import anyio
import httpx2
import pytest

from tests.api.conftest import Site

Case = dict[str, Any]


def codes(answer: httpx2.Response) -> list[str]:
    return [refusal["code"] for refusal in answer.json()["refusals"]]


def test_a_case_goes_its_way(each_site: Site) -> None:
    case = each_site.opened()
    assert (case["configuration"], case["version"], case["owner"]) == (["received"], 1, ["office"])
    accepted = each_site.act(case, "accept")
    assert accepted.status_code == 200
    assert accepted.headers["ETag"] == '"2"'
    assert accepted.json()["configuration"] == ["handling"]
    assert each_site.get(f"/v1/cases/{case['id']}", "zhao").json()["where"] == ["Handling"]


def test_of_two_who_act_on_the_same_version_at_once_exactly_one_wins(each_site: Site) -> None:
    """The other is told the new version, what has changed and by whom."""
    case = each_site.opened()
    url = f"/v1/cases/{case['id']}/actions/accept"
    answers: list[httpx2.Response] = []

    async def both() -> None:
        async def one(who: str) -> None:
            headers = {"Authorization": f"Bearer {each_site.keys[who]}", "If-Match": '"1"'}
            answers.append(await each_site.client.post(url, headers=headers, json={}))

        async with anyio.create_task_group() as group:
            group.start_soon(one, "li")
            group.start_soon(one, "zhao")

    each_site.portal.call(both)
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (200, 412)
    assert lost.headers["ETag"] == won.headers["ETag"] == '"2"'
    problem = lost.json()
    assert (problem["code"], problem["expected"], problem["version"]) == ("stale_version", 1, 2)
    (change,) = problem["changes"]
    winner = {"li", "zhao"} & {change["actor"]}
    assert winner
    assert (change["action"], change["seq"], change["version"]) == ("accept", 2, 2)


def test_a_comment_in_between_does_not_make_a_form_stale(each_site: Site) -> None:
    case = each_site.opened()
    assert each_site.post(f"/v1/cases/{case['id']}/comments", "chair", {"text": "请尽快办理"}).status_code == 200
    assert each_site.act(case, "accept").status_code == 200
    (comment,) = each_site.get(f"/v1/cases/{case['id']}/comments", "li").json()["comments"]
    assert (comment["actor"], comment["text"], comment["seq"]) == ("chair", "请尽快办理", 2)


def test_the_same_request_with_its_key_gets_the_same_bytes(each_site: Site) -> None:
    case = each_site.opened()
    first = each_site.act(case, "accept", key="k-1")
    again = each_site.act(case, "accept", key="k-1")
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert first.headers["ETag"] == again.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(each_site.get(f"/v1/cases/{case['id']}/events", "li").json()["events"]) == 2


def test_requests_with_one_key_at_once_are_carried_out_once(each_site: Site) -> None:
    headers = {"Authorization": f"Bearer {each_site.keys['zhao']}", "Idempotency-Key": "open-1"}
    answers: list[httpx2.Response] = []

    async def eight() -> None:
        async def one() -> None:
            body = {"workflow": "petition", "data": {"topic": "井盖"}}
            answers.append(await each_site.client.post("/v1/cases", headers=headers, json=body))

        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(one)

    each_site.portal.call(eight)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(each_site.get("/v1/cases", "zhao").json()["cases"]) == 1


@pytest.mark.parametrize("other", ["body", "version"])
def test_a_key_is_not_taken_for_another_request(each_site: Site, other: str) -> None:
    case = each_site.opened()
    each_site.act(case, "accept", key="k-1")
    answer = (
        each_site.act({**case, "version": 2}, "accept", key="k-1")
        if other == "version"
        else each_site.act(case, "accept", key="k-1", data={})
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"


def test_a_key_belongs_to_who_sent_it(site: Site) -> None:
    """Two people may choose the same key; neither sees the other's answer."""
    case = site.opened()
    site.act(case, "accept", "li", key="1")
    assert site.act(case, "accept", "zhao", key="1").status_code == 412


def test_a_refusal_is_decided_afresh(site: Site) -> None:
    """Only what was done is kept with a key: what hindered it may be gone."""
    case = site.opened()
    refused = site.act(case, "finish", key="k")
    assert refused.status_code == 409
    case = site.acted(case, "accept")
    assert site.act(case, "finish", key="k").json()["refusals"] != refused.json()["refusals"]


@pytest.mark.parametrize("key", ["", "x" * 201, "键", "a\tb"])
def test_a_key_that_is_none_is_refused(site: Site, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    answer = site.post("/v1/cases", "zhao", {"workflow": "petition", "data": {"topic": "x"}}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["violations"][0]["pointer"] == "Idempotency-Key"


def test_an_action_without_a_version_is_not_taken(site: Site) -> None:
    case = site.opened()
    answer = site.post(f"/v1/cases/{case['id']}/actions/accept", "li", {})
    assert answer.status_code == 428
    assert answer.json()["code"] == "version_required"
    assert site.get(f"/v1/cases/{case['id']}", "li").json()["version"] == 1


@pytest.mark.parametrize("tag", ["*", 'W/"1"', "1", '"1", "2"', '"-1"', '"1.0"', '""', '"9999999999999999"', "'1'", '"１"'.encode()])
def test_only_a_version_as_it_was_shown_is_taken(site: Site, tag: str | bytes) -> None:
    """`*` and weak tags would mean: whatever it is by now."""
    case = site.opened()
    answer = site.post(f"/v1/cases/{case['id']}/actions/accept", "li", {}, headers={"If-Match": tag})
    assert answer.status_code == 422
    (violation,) = answer.json()["violations"]
    assert (violation["in"], violation["pointer"], violation["code"]) == ("header", "If-Match", "wrong_version")


@pytest.mark.parametrize(
    ("who", "action", "body", "status", "refusals"),
    [
        ("li", "acept", {}, 404, ["unknown_action"]),
        ("zhao", "reject", {"reason": "不属职责"}, 403, ["wrong_role"]),
        ("li", "reject", {}, 422, ["reason_required"]),
        ("li", "note", {}, 422, ["missing_field"]),
        ("li", "note", {"data": {"secret_note": 5}}, 422, ["invalid_field"]),
        ("zhao", "reject", {}, 409, ["wrong_role", "reason_required"]),
        ("li", "finish", {}, 409, ["not_here"]),
    ],
)
def test_the_status_of_a_refusal_follows_from_its_reasons(
    site: Site, who: str, action: str, body: Case, status: int, refusals: list[str]
) -> None:
    case = site.opened()
    answer = site.act(case, action, who, **body)
    assert (answer.status_code, codes(answer)) == (status, refusals)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert site.get(f"/v1/cases/{case['id']}", "li").json()["seq"] == 1


def test_a_guard_refuses_with_the_designers_own_code_and_words(site: Site) -> None:
    case = site.opened(data={"topic": "路灯", "parts": 12})
    (refusal,) = site.act(case, "accept").json()["refusals"]
    assert refusal == {"code": "too_many_parts", "message": "Too many parts", "guard": "data.parts < 10"}
    zh = site.post(f"/v1/cases/{case['id']}/actions/accept", "li", {}, headers={"If-Match": '"1"'}, language="zh-CN").json()
    assert zh["refusals"][0] == {"code": "too_many_parts", "message": "份数过多", "guard": "data.parts < 10"}


def test_the_list_and_the_refused_act_give_the_same_reasons(site: Site) -> None:
    case = site.acted(site.opened(), "accept")
    listed = {each["name"]: each for each in site.get(f"/v1/cases/{case['id']}/actions", "li").json()["actions"]}
    assert listed["hold"]["allowed"]
    assert listed["hold"]["form"]["required"] == ["held_on"]
    refused = site.act(case, "finish")
    assert listed["finish"]["refusals"] == refused.json()["refusals"]
    assert set(codes(refused)) == {"missing_document", "duty_conflict"}


def test_the_list_names_the_version_it_was_made_for(site: Site) -> None:
    case = site.opened()
    answer = site.get(f"/v1/cases/{case['id']}/actions", "li")
    assert answer.headers["ETag"] == '"1"'
    assert answer.json()["version"] == 1


def test_an_unknown_member_is_refused_with_the_one_that_was_meant(site: Site) -> None:
    """A member that is silently ignored is a form that was not filled in."""
    answer = site.act(site.opened(), "accept", "li", dta={})
    assert answer.status_code == 422
    assert answer.json()["violations"] == [
        {"in": "body", "pointer": "/dta", "code": "unknown_member", "message": "there is no such member here, did you mean 'data'?"}
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"data": {"secret_note": NaN}}', "not_json"),
        (b'{"data": {"secret_note": "\\ud800"}}', "lone_surrogate"),
        (b'{"data": {"secret_note": "\\u0000"}}', "nul_character"),
        (b'{"data": {"secret_note": 1e400}}', "infinite"),
        (b'{"data": {"secret_note": "a", "secret_note": "b"}}', "duplicate_member"),
        (b'{"data": {"secret_note": "\xff"}}', "not_utf8"),
        (b"[]", "wrong_type"),
        (b'{"data": []}', "wrong_type"),
        (b'{"reason": "  "}', "wrong_value"),
        (b'{"documents": ["a", "b"]}', "wrong_value"),
        (b'{"occurred_at": "2026-02-30T00:00:00Z"}', "wrong_time"),
        (b'{"occurred_at": "2026-02-10T09:00:00"}', "wrong_time"),
    ],
)
def test_what_is_no_good_json_is_told_clearly_and_changes_nothing(site: Site, body: bytes, code: str) -> None:
    case = site.opened()
    headers = {"If-Match": '"1"', "Content-Type": "application/json"}
    answer = site.post(f"/v1/cases/{case['id']}/actions/note", "li", content=body, headers=headers)
    assert answer.status_code == 422
    assert [violation["code"] for violation in answer.json()["violations"]] == [code]
    assert site.acted(case, "note", data={"secret_note": "好"})["seq"] == 2


def test_a_body_of_another_type_is_not_guessed_at(site: Site) -> None:
    """It also keeps a form on somebody else's page from acting: those cannot send this type."""
    case = site.opened()
    headers = {"If-Match": '"1"', "Content-Type": "text/plain"}
    answer = site.post(f"/v1/cases/{case['id']}/actions/accept", "li", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("stated", [True, False])
def test_a_body_beyond_the_limit_is_not_read_to_its_end(start: Any, stated: bool) -> None:
    site: Site = start(body_limit=2_000)
    case = site.opened()
    body = b'{"reason": "' + b"x" * 5_000 + b'"}'

    async def pieces() -> Any:
        for place in range(0, len(body), 1_000):
            yield body[place : place + 1_000]

    headers = {"If-Match": '"1"', "Content-Type": "application/json"}
    answer = site.post(f"/v1/cases/{case['id']}/actions/accept", "li", content=body if stated else pieces(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_an_empty_body_asks_for_nothing_more(site: Site) -> None:
    case = site.opened()
    assert site.post(f"/v1/cases/{case['id']}/actions/accept", "li", headers={"If-Match": '"1"'}).status_code == 200


def test_to_say_that_it_happened_earlier_needs_a_right_and_a_reason(site: Site) -> None:
    case = site.opened()
    earlier = case["opened_at"]
    assert site.act(case, "accept", "li", occurred_at=earlier, reason="纸质签批").json()["code"] == "not_allowed"
    assert codes(site.act(case, "accept", "recorder", occurred_at=earlier)) == ["reason_required"]
    site.acted(case, "accept", "recorder", occurred_at=earlier, reason="纸质签批")
    event = site.get(f"/v1/cases/{case['id']}/events", "li").json()["events"][-1]
    assert event["occurred_at"] == earlier
    assert event["reason"] == "纸质签批"


def test_nul_in_an_address_is_refused_everywhere(site: Site) -> None:
    for path in ("/v1/cases/%00", "/v1/cases?workflow=%00", "/v1/definitions/a%00b/1"):
        answer = site.get(path, "li")
        assert (answer.status_code, answer.json()["violations"][0]["code"]) == (422, "nul_character")


def test_an_action_with_a_name_of_any_letters_is_merely_unknown(site: Site) -> None:
    case = site.opened()
    answer = site.act(case, "%E5%8A%9E%E7%BB%93.%F0%9F%8E%89%FF")
    assert (answer.status_code, codes(answer)) == (404, ["unknown_action"])
