"""Must show 3: of two clients that act on one version of a case exactly one wins; what changes nothing makes no form stale."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.faults.site import Desk, Json, at, done, set_up
from tests.server import NO_TLS, Server, server

ROUNDS = 200
RACERS = ("committee", "office")
RACE = """workflow: race
version: 1
title: {zh-CN: 竞争, en: Race}
language: [zh-CN, en]
calendar: cn
roles: {committee: {zh-CN: 专委会, en: Committee}, office: {zh-CN: 办公室, en: Office}}
data:
  token: {type: int, title: {zh-CN: 编号, en: Token}}
start: {by: [committee, office]}
initial: here
states:
  here:
    title: {zh-CN: 此处, en: Here}
    owner: office
    deadlines:
      answer: {within: 1 working day, basis: default, title: {zh-CN: 答复, en: Answer}, rungs: [{at: 80 %, notify: owner}, {at: due, notify: owner}]}
    actions:
      note: {by: [committee, office], form: [token], title: {zh-CN: 登记, en: Note}}
      move: {by: [committee, office], form: [token], title: {zh-CN: 前往, en: Move}, to: there}
  there:
    title: {zh-CN: 彼处, en: There}
    owner: office
    actions:
      back: {by: [committee, office], form: [token], title: {zh-CN: 返回, en: Back}, to: here}
  over: {final: true, outcome: success, title: {zh-CN: 办结, en: Over}}
anywhere:
  actions:
    end: {by: office, title: {zh-CN: 办结, en: End}, to: over}
"""


@dataclass(frozen=True)
class Nodes:
    """One database and the two servers on it that the racers talk to: the same one, or each a server of its own."""

    desk: Desk
    servers: tuple[Server, Server]

    def open(self) -> Json:
        """Open a case."""
        return done(self.desk.send("office", "POST", "/v1/cases", json={"workflow": "race"}), 201)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def nodes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Two servers on one database, on a manual clock: reminders fire when the test moves it."""
    with ExitStack() as stack:
        url = None
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgresql").database())
        first = stack.enter_context(server(tmp_path_factory.mktemp("first"), url, clock="manual"))
        second = stack.enter_context(server(tmp_path_factory.mktemp("second"), first.database_url, clock="manual", scheduler="false"))
        keys = set_up(first, begin=at("2026-03-02 09:00"), publish={"race.yaml": RACE})
        first.start(wait=False)
        second.start()
        first.wait_until_ready()
        yield Nodes(Desk(first, keys), (first, second))


async def race(nodes: Nodes, addresses: tuple[str, str], case: Json, rounds: int) -> tuple[list[list[httpx2.Response]], Json]:
    """Let both racers act on the same version at once, again and again; each round on the version that the winner of the last one made."""
    answers = []
    async with (
        httpx2.AsyncClient(base_url=addresses[0], headers=nodes.desk.keys[RACERS[0]], timeout=30, verify=NO_TLS) as one,
        httpx2.AsyncClient(base_url=addresses[1], headers=nodes.desk.keys[RACERS[1]], timeout=30, verify=NO_TLS) as other,
    ):
        for number in range(rounds):
            actions = ("move", "note") if case["configuration"] == ["here"] else ("back", "back")
            asked = [
                client.post(
                    f"/v1/cases/{case['id']}/actions/{action}",
                    json={"data": {"token": 2 * number + place}},
                    headers={"If-Match": f'"{case["version"]}"'},
                )
                for place, (client, action) in enumerate(zip((one, other), actions, strict=True))
            ]
            # Who is sent first takes turns.
            turn = 1 if number % 2 else -1
            both = list(await asyncio.gather(*asked[::turn]))[::turn]
            answers.append(both)
            case = next(answer.json() for answer in both if answer.status_code == 200)
    return answers, case


@pytest.mark.parametrize(("apart", "rounds"), [(False, ROUNDS), (True, ROUNDS // 4)], ids=["one_server", "two_servers"])
def test_of_two_that_act_on_one_version_exactly_one_wins(nodes: Nodes, apart: bool, rounds: int) -> None:
    first, second = nodes.servers
    case = nodes.open()
    answers, last = asyncio.run(race(nodes, (first.url, second.url if apart else first.url), case, rounds))

    assert [sorted(answer.status_code for answer in both) for both in answers] == [[200, 412]] * rounds
    winners = []
    for version, both in enumerate(answers, start=2):
        (won,) = (place for place, answer in enumerate(both) if answer.status_code == 200)
        winner, loser = both[won], both[1 - won]
        winners.append((version, RACERS[won], 2 * (version - 2) + won))
        assert winner.headers["ETag"] == loser.headers["ETag"] == f'"{version}"'
        problem = loser.json()
        assert (problem["code"], problem["expected"], problem["version"]) == ("stale_version", version - 1, version)
        assert [(change["version"], change["actor"]) for change in problem["changes"]] == [(version, RACERS[won])]
    assert {who for _, who, _ in winners} == set(RACERS)

    acts = [event for event in trail(nodes, case["id"]) if event["kind"] == "act"]
    assert [(event["version"], event["actor"]["id"], event["delta"]["data"]["token"]) for event in acts] == winners
    assert last["version"] == rounds + 1


def trail(nodes: Nodes, case_id: str) -> list[Json]:
    """The whole trail of a case, page by page."""
    events: list[Json] = []
    while True:
        path = f"/v1/cases/{case_id}/events?limit=100&after={len(events)}"
        page = done(nodes.desk.send("auditor", "GET", path))["events"]
        events += page
        if not page:
            return events


# --- what makes no form stale ---------------------------------------------------------------------------------------


def act(nodes: Nodes, case: Json, action: str, **more: Any) -> httpx2.Response:
    """Act on a case as it was seen when it was opened."""
    headers = {"If-Match": f'"{case["version"]}"'}
    return nodes.desk.send("office", "POST", f"/v1/cases/{case['id']}/actions/{action}", headers=headers, **more)


def test_a_comment_in_between_makes_no_form_stale(nodes: Nodes) -> None:
    case = nodes.open()
    said = done(nodes.desk.send("committee", "POST", f"/v1/cases/{case['id']}/comments", json={"text": "请尽快"}))
    assert (said["version"], said["seq"]) == (case["version"], case["seq"] + 1)
    assert act(nodes, case, "note", json={"data": {"token": 1}}).status_code == 200


def test_a_reminder_that_fires_in_between_makes_no_form_stale(nodes: Nodes) -> None:
    case = nodes.open()
    now = done(nodes.desk.send("operator", "GET", "/v1/clock"))["now"]
    later = now.replace("2026", "2027")
    assert nodes.desk.advance(later) >= 2
    assert [rung for rung, *_ in nodes.desk.rungs(case["id"])] == ["80 %", "due"]
    taken = act(nodes, case, "note", json={"data": {"token": 1}})
    assert (taken.status_code, taken.json()["version"], taken.json()["seq"]) == (200, 2, 4)


def test_an_act_in_between_does_and_the_answer_says_who_did_what(nodes: Nodes) -> None:
    case = nodes.open()
    done(act(nodes, case, "move", json={"data": {"token": 1}}))
    refused = act(nodes, case, "note", json={"data": {"token": 2}})
    (change,) = refused.json()["changes"]
    assert (refused.status_code, refused.headers["ETag"]) == (412, '"2"')
    assert (change["action"], change["actor"], change["role"], change["seq"]) == ("move", "office", "office", 2)


def test_without_a_version_nothing_is_done(nodes: Nodes) -> None:
    case = nodes.open()
    refused = nodes.desk.send("office", "POST", f"/v1/cases/{case['id']}/actions/note", json={"data": {"token": 1}})
    assert (refused.status_code, refused.json()["code"]) == (428, "version_required")
    assert nodes.desk.case(case["id"])["seq"] == 1
