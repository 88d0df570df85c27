"""Ballots over HTTP: a secret one leaves no trace of who voted how, not in the trail, nor in what is kept of requests."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from api.schemas.groups import BallotList
from engine.store.tables import case_event, event_payload, idempotency
from tests.api.conftest import Site

VOTING = """
workflow: voting
version: 1
title: 表决
calendar: cn
roles: {office: 办公室, member: 委员}
data: {topic: {type: text, max: 100}}
start: {by: office, form: [topic]}
initial: open
states:
  open:
    owner: office
    ballots: {poll: {title: 表决票, voters: [member], scale: {yes_please: 赞成, no_thanks: 反对}, secret: SECRET, closed_by: [office]}}
    done: {to: over}
  over: {final: true, outcome: success}
"""


@pytest.fixture(params=[True, False], ids=["secret", "open"])
def voting(site: Site, request: pytest.FixtureRequest) -> dict[str, Any]:
    text = VOTING.replace("SECRET", str(request.param).lower())
    assert site.post("/v1/definitions", "admin", content=text, headers={"Content-Type": "application/yaml"}).status_code == 201
    for who in ("zhao", "sun"):
        assert site.post("/v1/people", "admin", {"id": who, "name": who, "roles": ["member"]}).status_code == 201
    answer = site.post("/v1/cases", "li", {"workflow": "voting", "data": {"topic": "路灯"}})
    assert answer.status_code == 201, answer.text
    opened: dict[str, Any] = {**answer.json(), "secret": request.param}
    return opened


def ballot(site: Site, case: dict[str, Any], who: str) -> Any:
    (found,) = BallotList.model_validate(site.get(f"/v1/cases/{case['id']}/ballots", who).json()).ballots
    return found


def test_who_holds_a_voting_role_is_on_the_roll_and_votes_once(site: Site, voting: dict[str, Any]) -> None:
    before = ballot(site, voting, "zhao")
    assert (before.open, before.voted, before.waiting_for_me, before.result) == (True, 0, 1, None)

    site.acted(voting, "poll.vote", "zhao", data={"grade": "yes_please"})

    after = ballot(site, voting, "zhao")
    assert (after.voted, after.waiting_for_me, after.result) == (1, 0, None)
    refused = site.act(voting, "poll.vote", "zhao", data={"grade": "no_thanks"})
    assert [each["code"] for each in refused.json()["refusals"]] == ["already_voted"]
    site.acted(voting, "poll.close")
    result = ballot(site, voting, "li").result
    assert (result["cast"], result["counts"]) == (1, {"yes_please": 1, "no_thanks": 0})


def test_until_it_closes_no_reader_learns_what_was_voted_and_of_a_secret_one_nobody_ever_who(site: Site, voting: dict[str, Any]) -> None:
    site.act(voting, "poll.vote", "zhao", key="k-1", data={"grade": "yes_please"})
    seen = [
        site.get(f"/v1/cases/{voting['id']}{path}", "auditor" if path == "/events" else "li").text for path in ("", "/events", "/ballots")
    ]
    assert not any("yes_please" in text for text in seen)

    with site.desk.application.store.read() as reader:
        kept = [str(tuple(row)) for table in (case_event, event_payload, idempotency) for row in reader.execute(select(table)).all()]
    assert any("yes_please" in row for row in kept) is not voting["secret"]


def test_the_hash_kept_of_a_request_does_not_depend_on_the_paper(site: Site, voting: dict[str, Any]) -> None:
    site.act(voting, "poll.vote", "zhao", key="k-1", data={"grade": "yes_please"})
    again = site.act(voting, "poll.vote", "zhao", key="k-1", data={"grade": "no_thanks"})

    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
