"""Looking at cases: lists, pages, how one stood, what happened to it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.runtime.rebuilding import rebuilt
from engine.runtime.recording import to_case
from engine.scheduler.sealer import Sealer
from engine.store.cases import get_case
from engine.store.trail import events_of_case
from tests.api.conftest import Site


def seal(site: Site) -> None:
    application = site.desk.application
    Sealer(application).run_once(application.now())


def advance(site: Site, to: str) -> None:
    assert site.post("/v1/clock/advance", "operator", {"to": to}).status_code == 200


def test_lists_go_on_where_the_page_before_ended(each_site: Site) -> None:
    opened = [each_site.opened()["id"] for _ in range(5)]
    found: list[str] = []
    path = "/v1/cases?limit=2&workflow=petition"
    for _ in range(3):
        answer = each_site.get(path, "li")
        found += [case["id"] for case in answer.json()["cases"]]
        if answer.json()["next"] is None:
            assert "Link" not in answer.headers
            break
        path = answer.headers["Link"].removeprefix("<").removesuffix('>; rel="next"')
        assert "limit=2" in path
    assert found == sorted(opened, reverse=True)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("workflow=petition", 3),
        ("workflow=other", 0),
        ("state=received", 1),
        ("state=handling", 1),
        ("state=rejected", 1),
        ("state=rejected&ended=false", 0),
        ("state=received&workflow=petition", 1),
        ("state=nowhere", 0),
        ("client_ref=r-1", 1),
        ("ended=true", 1),
        ("ended=false", 2),
        ("outcome=success", 0),
        ("overdue=true", 0),
    ],
)
def test_lists_are_narrowed(site: Site, query: str, count: int) -> None:
    site.opened(client_ref="r-1")
    site.acted(site.opened(), "accept")
    site.acted(site.opened(), "reject", reason="不属职责范围")
    assert len(site.get(f"/v1/cases?{query}", "li").json()["cases"]) == count


@pytest.mark.parametrize(
    ("path", "name", "code"),
    [
        ("/v1/cases?limt=1", "limt", "unknown_parameter"),
        ("/v1/cases?limit=0", "limit", "wrong_value"),
        ("/v1/cases?limit=x", "limit", "wrong_value"),
        ("/v1/cases?cursor=x", "cursor", "invalid_cursor"),
        ("/v1/cases?cursor=WyJcdTAwMDAiXQ", "cursor", "invalid_cursor"),
        ("/v1/inbox?cursor=W10", "cursor", "invalid_cursor"),
        ("/v1/audit/events?from=yesterday", "from", "wrong_time"),
        ("/v1/audit/events?case=1", "case", "unknown_parameter"),
        ("/v1/calendars/cn/days?from=2026-02-30&to=2026-03-01", "from", "wrong_value"),
        ("/v1/calendars/cn/days?from=2026-02-01", "to", "missing"),
        ("/v1/calendars/cn/days?from=2026-02-02&to=2026-02-01", "to", "wrong_range"),
        ("/v1/calendars/cn/days?from=2000-01-01&to=2026-02-01", "to", "wrong_range"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(site: Site, path: str, name: str, code: str) -> None:
    """A misspelt filter that is ignored shows everything."""
    answer = site.get(path, "admin")
    assert answer.status_code == 422
    (violation,) = answer.json()["violations"]
    assert (violation["in"], violation["pointer"], violation["code"]) == ("query", name, code)


def test_a_case_can_be_seen_as_it_stood(each_site: Site) -> None:
    case = each_site.opened()
    opened = case["opened_at"]
    advance(each_site, "2036-03-03T01:00:00Z")
    case = each_site.acted(case, "accept")
    advance(each_site, "2036-03-04T01:00:00Z")
    case = each_site.acted(case, "hold", data={"held_on": "2036-03-10"})
    url = f"/v1/cases/{case['id']}"
    then = each_site.get(url, "li", params={"as_of": opened}).json()
    assert (then["configuration"], then["version"], then["number"], then["actions"]) == (["received"], 1, None, [])
    assert then["deadlines"][0]["overdue"] is False
    later = each_site.get(url, "li", params={"as_of": "2036-03-03T12:00:00+08:00"})
    assert (later.json()["configuration"], "held_on" in later.json()["data"], later.json()["number"]) == (["handling"], False, "2036微001")
    assert "ETag" not in later.headers
    now = each_site.get(f"{url}?as_of=2036-03-04T09:00:00+08:00", "li").json()  # a + that was not escaped
    assert {**now, "actions": 0} == {**each_site.get(url, "li").json(), "actions": 0}
    before = each_site.get(url, "li", params={"as_of": "2020-01-01T00:00:00Z"})
    assert before.status_code == 404


def test_the_row_of_a_case_is_a_projection_of_its_events(each_site: Site) -> None:
    """Everything that the row says can be made again from the trail."""
    case = each_site.opened(client_ref="r-1", data={"topic": "路灯", "parts": 3})
    case = each_site.acted(case, "note", data={"secret_note": "先现场查看"})
    each_site.post(f"/v1/cases/{case['id']}/comments", "chair", {"text": "请尽快"})
    advance(each_site, "2036-03-03T01:00:00Z")
    case = each_site.acted(case, "reject", reason="不属职责范围")
    with each_site.desk.application.store.read() as reader:
        row = get_case(reader, "default", case["id"])
        assert row is not None
        assert rebuilt(events_of_case(reader, "default", case["id"])) == to_case(row)


def test_what_only_some_may_read_is_hidden_from_others_everywhere(site: Site) -> None:
    case = site.acted(site.opened(), "note", data={"secret_note": "先现场查看"})
    paths = ("", "/events", "/actions", "/comments", "?as_of=2036-01-01T00:00:00Z")
    for who, sees in {"li": True, "auditor": True, "zhao": False, "chair": False, "designer": False}.items():
        seen = "".join(site.get(f"/v1/cases/{case['id']}{path}", who).text for path in paths)
        assert ("先现场查看" in seen) is sees, who
    seal(site)
    assert "先现场查看" in site.get("/v1/audit/events", "auditor").text


def test_events_are_told_in_order_and_in_pages(site: Site) -> None:
    case = site.opened()
    for number in range(4):
        site.post(f"/v1/cases/{case['id']}/comments", "li", {"text": f"第{number}条"})
    first = site.get(f"/v1/cases/{case['id']}/events?limit=3", "zhao")
    assert [event["seq"] for event in first.json()["events"]] == [1, 2, 3]
    following = site.get(first.headers["Link"].removeprefix("<").removesuffix('>; rel="next"'), "zhao").json()
    assert ([event["seq"] for event in following["events"]], following["next"]) == ([4, 5], None)
    assert following["events"][0]["reason"] == "第2条"
    assert following["events"][0]["prev"] == first.json()["events"][-1]["hash"]


def test_an_auditor_searches_the_trail_of_the_organisation(each_site: Site) -> None:
    case = each_site.opened("zhao")
    advance(each_site, "2036-03-03T01:00:00Z")
    each_site.acted(case, "accept", "li")
    advance(each_site, "2036-03-04T01:00:00Z")
    each_site.opened("qian")
    seal(each_site)

    def found(**query: Any) -> list[tuple[str, str]]:
        events = each_site.get("/v1/audit/events", "auditor", params=query).json()["events"]
        return [(event["actor"]["id"], event["action"]) for event in events]

    assert [each for each in found() if each[0] != "clock"] == [("qian", "start"), ("li", "accept"), ("zhao", "start")]
    assert found(actor="li") == [("li", "accept")]
    assert found(**{"from": "2036-03-03T01:00:00Z", "to": "2036-03-04T01:00:00Z"})[-1] == ("li", "accept")
    assert found(action="start", limit=1) == [("qian", "start")]
    assert found(workflow="other") == []
    assert found(**{"from": "2099-01-01T00:00:00Z"}) == []
    assert len(found(to="2099-01-01T00:00:00+08:00")) == len(found())


def test_a_deadline_is_explained_day_by_day_in_the_readers_language(site: Site) -> None:
    advance(site, "2036-03-03T01:00:00Z")
    case = site.opened()
    url = f"/v1/cases/{case['id']}/deadlines"
    explained = site.get(f"{url}/received.vet/explain", "li").json()
    assert explained["due"] == case["deadlines"][0]["due"]
    assert explained["agrees"] is True
    assert [day["counted"] for day in explained["days"] if day["counted"]] == [1, 2, 3, 4, 5]
    assert all(isinstance(step["text"], str) for step in explained["steps"])
    assert "不计入" in site.get(f"{url}/received.vet/explain", "li", language="zh-CN").text
    missing = site.get(f"{url}/recieved.vet/explain", "li").json()
    assert missing["detail"] == "There is no deadline 'recieved.vet', did you mean 'received.vet'?"
    site.acted(case, "accept")
    (ended,) = site.get(url, "li").json()["deadlines"]
    assert (ended["name"], ended["status"]) == ("received.vet", "met")


def test_the_inbox_holds_what_is_to_be_done(site: Site) -> None:
    case = site.opened()
    (task,) = site.get("/v1/inbox", "li").json()["tasks"]
    assert (task["case"], task["role"], task["where"], task["overdue"]) == (case["id"], "office", ["Received"], False)
    assert task["due"] == case["deadlines"][0]["due"]
    assert site.get("/v1/inbox", "zhao").json()["tasks"] == []


def test_the_days_of_a_calendar_say_why(site: Site) -> None:
    days = site.get("/v1/calendars/cn/days?from=2026-02-13&to=2026-02-16", "li", language="zh-CN").json()
    assert [(day["date"], day["works"]) for day in days["days"]] == [
        ("2026-02-13", True),
        ("2026-02-14", True),
        ("2026-02-15", False),
        ("2026-02-16", False),
    ]
    assert "调休" in days["days"][1]["reason"]
    assert site.get("/v1/calendars/de/days?from=2026-02-13&to=2026-02-16", "li").status_code == 404


def test_a_correction_is_a_new_event_and_a_date_needs_two_people(site: Site) -> None:
    case = site.acted(site.acted(site.opened(), "accept"), "hold", data={"held_on": "2036-03-10"})
    url = f"/v1/cases/{case['id']}/corrections"
    corrected = site.post(url, "recorder", {"seq": 1, "reason": "笔误", "data": {"topic": "路灯不亮"}})
    assert corrected.status_code == 200, corrected.text
    assert corrected.json()["data"]["topic"] == "路灯不亮"
    asked = site.post(url, "recorder", {"seq": 3, "reason": "日期有误", "data": {"held_on": "2036-03-11"}}).json()
    assert asked["data"]["held_on"] == "2036-03-10"
    approval = {"seq": 3, "reason": "同意", "approves": asked["seq"]}
    assert site.post(url, "recorder", approval).json()["refusals"][0]["code"] == "duty_conflict"
    assert site.post(url, "second", approval).json()["data"]["held_on"] == "2036-03-11"
    assert site.post(url, "recorder", {"seq": 1, "reason": "x", "data": {"topic": "y"}}, headers={"If-Match": '"1"'}).status_code == 412
