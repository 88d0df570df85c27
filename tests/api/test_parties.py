"""Parties over HTTP: who is asked, how each signs, and what others are told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from api.schemas.groups import PartyGroupList
from engine.scheduler.relay import Relay
from engine.scheduler.sealer import Sealer
from engine.store.tables import notice
from tests.api.conftest import Site, make_key

HANDLING = """
workflow: handling
version: 1
title: {zh-CN: 办理, en: Handling}
language: [zh-CN, en]
calendar: cn
roles:
  office: {zh-CN: 办公室, en: Office}
  co_unit: {title: {zh-CN: 会办单位, en: Co-handling unit}, bound: party}
data:
  co_units: {type: list, of: unit, default: [], title: {zh-CN: 会办单位, en: Units}}
  opinion: {type: text, title: {zh-CN: 意见, en: Opinion}}
start: {by: office, form: [co_units]}
initial: working
states:
  working:
    title: {zh-CN: 办中, en: Working}
    owner: office
    parties:
      co:
        title: {zh-CN: 会办, en: Joint handling}
        role: co_unit
        from: data.co_units
        form: [opinion?]
        verdicts: {agree: {zh-CN: 同意, en: agrees}, disagree: {zh-CN: 不同意, en: disagrees}}
        refusing: [disagree]
        waive: {by: office, reason: required}
        deadlines:
          opinion: {title: {zh-CN: 会办期限, en: Opinion}, within: 10 working days, basis: rule, rungs: [{at: due, notify: [party]}]}
    actions: {reply: {title: {zh-CN: 答复, en: Reply}, by: office, signed: [co], to: replied}}
  replied: {title: {zh-CN: 已答复, en: Replied}, final: true, outcome: success}
"""


@pytest.fixture
def handling(site: Site) -> dict[str, Any]:
    """A case that waits for two units; `finance` and `housing` each have a clerk."""
    assert site.post("/v1/definitions", "admin", content=HANDLING, headers={"Content-Type": "application/yaml"}).status_code == 201
    for unit in ("finance", "housing"):
        site.keys[unit] = site.portal.call(make_key, site.desk, unit, ("co_unit",), unit)
    answer = site.post("/v1/cases", "li", {"workflow": "handling", "data": {"co_units": ["finance", "housing"]}})
    assert answer.status_code == 201, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


def now(site: Site, case: dict[str, Any], who: str = "li") -> dict[str, Any]:
    found: dict[str, Any] = site.get(f"/v1/cases/{case['id']}", who).json()
    return found


def test_who_signed_what_and_who_is_awaited_is_told(site: Site, handling: dict[str, Any]) -> None:
    site.acted(handling, "co.sign", "finance", data={"verdict": "agree", "opinion": "可行"})
    answer = site.get(f"/v1/cases/{handling['id']}/parties", "li")

    told = PartyGroupList.model_validate(answer.json())
    (group,) = told.parties
    assert (group.name, group.title, group.state, group.open, group.complete) == ("co", "Joint handling", "working", True, False)
    signed, awaited = group.parties
    assert (signed.unit, signed.verdict, signed.said, signed.signed_by, signed.awaited) == ("finance", "agree", "agrees", "finance", False)
    assert (awaited.unit, awaited.verdict, awaited.signed_at, awaited.awaited) == ("housing", None, None, True)


def test_the_gate_says_who_is_missing(site: Site, handling: dict[str, Any]) -> None:
    answer = site.act(handling, "reply")

    assert answer.status_code == 409
    (reason,) = answer.json()["refusals"]
    assert (reason["code"], reason["missing"]) == ("awaiting_parties", ["finance", "housing"])


def test_a_signature_makes_an_older_form_stale(site: Site, handling: dict[str, Any]) -> None:
    site.acted(handling, "co.sign", "finance", data={"verdict": "agree"})

    assert site.act(handling, "co.waive", data={"party": "housing"}, reason="职责无关").status_code == 412


def test_the_list_of_actions_says_which_parties_can_be_waived(site: Site, handling: dict[str, Any]) -> None:
    found = site.get(f"/v1/cases/{handling['id']}/actions", "li").json()
    waive = next(each for each in found["actions"] if each["name"] == "co.waive")

    assert waive["form"]["properties"]["party"]["enum"] == ["finance", "housing"]
    assert site.acted(handling, "co.waive", data={"party": "housing"}, reason="职责无关")


def test_each_party_finds_its_task_and_only_its_own(site: Site, handling: dict[str, Any]) -> None:
    assert [task["kind"] for task in site.get("/v1/inbox", "finance").json()["tasks"]] == ["party"]

    site.acted(handling, "co.sign", "finance", data={"verdict": "agree"})

    assert site.get("/v1/inbox", "finance").json()["tasks"] == []
    assert [task["unit"] for task in site.get("/v1/inbox", "housing").json()["tasks"]] == ["housing"]


def test_all_signed_opens_the_way(site: Site, handling: dict[str, Any]) -> None:
    for unit in ("finance", "housing"):
        handling = site.acted(handling, "co.sign", unit, data={"verdict": "agree"})

    assert site.acted(now(site, handling), "reply")["outcome"] == "success"


def test_each_party_has_a_deadline_that_is_explained_and_swept(site: Site, handling: dict[str, Any]) -> None:
    site.acted(handling, "co.sign", "finance", data={"verdict": "agree"})
    listed = site.get(f"/v1/cases/{handling['id']}/deadlines", "li").json()["deadlines"]
    assert [(each["name"], each["party"], each["status"]) for each in listed] == [
        ("working.co.opinion", "finance", "met"),
        ("working.co.opinion", "housing", "running"),
    ]
    told = site.get(f"/v1/cases/{handling['id']}/deadlines/working.co.opinion@housing/explain", "li").json()
    assert (told["party"], told["due_date"]) == ("housing", listed[1]["due_date"])

    assert site.post("/v1/clock/advance", "operator", {"to": listed[1]["due"]}).json()["fired"] == 1

    application = site.desk.application
    Sealer(application).run_once(application.now())
    Relay(application).run_once(application.now())
    with application.store.read() as reader:
        notices = reader.execute(select(notice)).all()
    assert [(each.role, each.unit) for each in notices] == [("co_unit", "housing")]
    group = site.get(f"/v1/cases/{handling['id']}/parties", "li").json()["parties"][0]
    assert [(party["unit"], party["overdue"]) for party in group["parties"]] == [("finance", False), ("housing", True)]


def test_strangers_are_told_nothing(site: Site, handling: dict[str, Any]) -> None:
    assert site.get(f"/v1/cases/{handling['id']}/parties", "stranger").status_code == 404
