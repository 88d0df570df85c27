"""Must show 2: on a manual clock terms run over, rungs fire once at their instants, and no restart doubles or loses anything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from engine.runtime.application import opened
from engine.runtime.people import Principal
from tests.faults.site import TOPIC, Desk, at, done, set_up, settings_of, utc
from tests.server import Server, server
from tests.storm.check import check
from tests.storm.storm import read

MANY = 130
"""More than one batch of the sweep, so that a kill can come between the commits of one instant."""

# 15 working days from Monday 2 March 2026 end on 23 March, twelve on the 18th; five more end on 30 March, ten on 7 April after Qingming.
RUNGS = [("80 %", "2026-03-19 00:00"), ("5 working days after", "2026-03-31 00:00"), ("10 working days after", "2026-04-08 00:00")]
IN_TRAIL = [(rung, utc(local), utc(local)) for rung, local in RUNGS]


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A server, not started yet, on a manual clock that stands at 9 o'clock of 2 March 2026; on SQLite and on PostgreSQL."""
    with server(tmp_path, database_url, clock="manual") as installation:
        yield Desk(installation, set_up(installation, begin=at("2026-03-02 09:00")))


def test_rungs_fire_once_at_their_instants_whatever_restarts_in_between(desk: Desk) -> None:
    desk.server.start()
    case_id = desk.act("committee", desk.open(), "submit")["id"]
    assert desk.advance(at("2026-03-18 23:59")) == 0
    assert desk.advance(at("2026-03-20 09:00")) == 1
    assert desk.rungs(case_id) == IN_TRAIL[:1]

    desk.server.kill()
    desk.server.start()
    assert done(desk.send("operator", "GET", "/v1/clock"))["now"] == utc("2026-03-20 09:00")
    assert desk.advance(at("2026-03-31 00:00")) == 1
    assert desk.case(case_id)["configuration"] == ["topic.vetting"]

    desk.server.stop()
    desk.server.start()
    assert desk.advance(at("2026-03-31 00:00")) == 0
    desk.advance(at("2026-06-01 09:00"))  # a schedule has opened cases by then, which have rungs of their own
    assert desk.rungs(case_id) == IN_TRAIL
    assert desk.case(case_id)["configuration"] == ["topic.proposed"]
    assert [event["seq"] for event in desk.events(case_id)] == [1, 2, 3, 4, 5]


def test_a_server_that_is_killed_while_the_clock_moves_neither_doubles_nor_loses_a_rung(desk: Desk) -> None:
    installation = desk.server
    with opened(settings_of(installation)) as application:
        clerk = Principal("committee", application.org, frozenset({"committee"}), "committee_social")
        cases = [application.service.open(clerk, "member_deliberation", data=TOPIC["data"]).result().case.id for _ in range(MANY)]
        for case_id in cases:
            application.service.act(clerk, case_id, "submit").result()
    installation.start()

    def advance() -> None:
        with pytest.raises(httpx2.TransportError):
            desk.advance(at("2026-05-01 09:00"))

    moving = threading.Thread(target=advance)
    moving.start()
    while not (fired := len(read(installation.database_url)[2])):
        moving.join(0.02)
        assert moving.is_alive()
    installation.kill()
    moving.join()
    assert 0 < fired < MANY * len(RUNGS)
    installation.start()
    desk.advance(at("2026-05-01 09:00"))

    events, _, rungs = read(installation.database_url)
    assert len([rung for rung in rungs if rung[0] in cases]) == MANY * len(RUNGS)  # a schedule has opened others meanwhile
    verdict = check({}, events, rungs)
    assert verdict.clean, verdict.evidence()
    assert {tuple(desk.rungs(case)) for case in cases[:: MANY // 10]} == {tuple(IN_TRAIL)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_suspending_and_resuming_does_not_begin_the_term_anew(desk: Desk) -> None:
    """Of 15 working days three are used (3–5 March); the other twelve, from 16 March, end on 1 April."""
    desk.server.start()
    case = desk.act("committee", desk.open(), "submit")
    desk.advance(at("2026-03-05 15:00"))
    case = desk.act("office", case, "suspend", reason="等待勘测")
    desk.server.kill()
    desk.server.start()
    assert desk.advance(at("2026-03-16 09:00")) == 0
    case = desk.act("office", case, "resume")
    (vetting,) = case["deadlines"]
    assert (case["configuration"], vetting["name"], vetting["due"]) == (["topic.vetting"], "topic.vetting.decide", "2026-04-01T16:00:00Z")

    explained = done(desk.send("office", "GET", f"/v1/cases/{case['id']}/deadlines/topic.vetting.decide/explain"))
    assert explained["pauses"] == [{"from": utc("2026-03-05 15:00"), "to": "2026-03-16T01:00:00Z", "state": "suspended"}]
    desk.advance(at("2026-04-02 00:00"))
    assert desk.rungs(case["id"]) == [("80 %", "2026-03-27T16:00:00Z", "2026-03-27T16:00:00Z")]


# --- the machine's clock --------------------------------------------------------------------------------------------


def test_a_system_clock_cannot_be_moved_and_its_cases_not_be_taken_to_a_manual_one(tmp_path: Path) -> None:
    with server(tmp_path) as installation:
        desk = Desk(installation, set_up(installation))
        installation.start()
        for who in ("admin", "operator", "office"):
            answer = desk.send(who, "POST", "/v1/clock/advance", json={"to": "2099-01-01T00:00:00Z"})
            assert (answer.status_code, answer.json()["code"]) == (404, "clock_is_not_manual")
        case = desk.open()
        installation.stop()

        assert "needs a database of its own" in started_in_vain(installation, "manual")
        installation.environment["YISHI_CLOCK"] = "system"
        installation.start()
        assert desk.case(case["id"])["seq"] == case["seq"]


def test_a_database_that_was_played_on_a_manual_clock_is_not_continued_on_the_machine_s(tmp_path: Path) -> None:
    with server(tmp_path, clock="manual") as installation:
        desk = Desk(installation, set_up(installation, begin=at("2026-03-02 09:00")))
        installation.start()
        desk.open()
        refuses_to_be_moved(desk)
        installation.stop()
        assert "was played on a manual clock" in started_in_vain(installation, "system")


def refuses_to_be_moved(desk: Desk) -> None:
    """The clock is moved forward only, to a time with its zone, by those who may."""
    for who, to, status, code in (
        ("operator", at("2026-03-01 09:00"), 409, "clock_refused"),
        ("operator", "2026-03-03T09:00:00", 422, "invalid_input"),
        ("office", at("2026-03-03 09:00"), 403, "not_allowed"),
    ):
        answer = desk.send(who, "POST", "/v1/clock/advance", json={"to": to})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert done(desk.send("operator", "GET", "/v1/clock"))["now"] == utc("2026-03-02 09:00")


def started_in_vain(installation: Server, clock: str) -> str:
    """Start a server that must end by itself with an error; give what it says."""
    installation.environment["YISHI_CLOCK"] = clock
    installation.start(wait=False)
    assert installation.process is not None
    assert installation.process.wait(timeout=30) != 0
    installation.process = None
    return (installation.folder / "server.log").read_text("utf-8")
