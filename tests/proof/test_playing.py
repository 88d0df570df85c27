"""Playing by hand: offers are what the core takes, undoing goes back exactly, and the way that was played is a scenario that passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import Instant, parse_instant
from engine.core.compiled import Process, compile_process
from engine.definition.loader import load_one
from engine.definition.terms import parse_term
from engine.proof.playing import Playing, playing
from engine.proof.scenario_examples import Examples
from engine.proof.scenario_model import Who
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_relevance import Relevance
from engine.proof.scenario_run import Routes, run
from engine.proof.scenario_workflows import Workflows
from tests.definition.loading import CALENDARS

WORKFLOW = Path("workflows/member_deliberation.yaml")
MORNING: Instant = parse_instant("2026-03-02T09:00:00+08:00")
WAITS = ("1 working day", "5 working days", "1 month", "48 hours")


@pytest.fixture(scope="module")
def process() -> Process:
    return compile_process(load_one(WORKFLOW, calendars=CALENDARS), CALENDARS["cn"])


def opened(process: Process) -> Playing:
    start = playing(process, MORNING)
    (offer,) = [each for each in start.offers() if each.role == "committee"]
    moved, happened = start.act(offer, Who("committee"), {"topic": "路灯", "source": "member"}, None)
    assert happened.played
    return moved


def test_before_a_case_is_open_only_opening_is_offered(process: Process) -> None:
    offers = playing(process, MORNING).offers()
    assert {offer.act for offer in offers} == {"start"}
    assert process.definition.start is not None
    assert [offer.role for offer in offers] == list(process.definition.start.by)


def test_every_act_is_offered_to_every_role_that_may_take_it_and_never_to_the_clock(process: Process) -> None:
    moved = opened(process)
    found = {(offer.act, offer.role): offer.allowed for offer in moved.offers()}
    assert found["submit", "committee"]
    assert not any(role == "clock" for _, role in found)
    assert list(found.values()) == sorted(found.values(), reverse=True), "those that are open come first"


def test_a_refused_act_changes_nothing(process: Process) -> None:
    moved = opened(process)
    (offer,) = moved.offers_of("submit", Who("member"))
    assert [refusal.code for refusal in offer.refusals] == ["lone_member"]
    after, happened = moved.act(offer, Who("member"), {}, None)
    assert after is moved
    assert [refusal.code for refusal in happened.refusals] == ["lone_member"]


def test_time_that_passes_fires_what_is_due(process: Process) -> None:
    moved = opened(process)
    (offer,) = moved.offers_of("submit", Who("committee"))
    moved, _ = moved.act(offer, Who("committee"), {}, None)
    due = moved.next_rung()
    assert due is not None
    early, nothing = moved.wait_until(due - 60_000_000)
    fired, happened = moved.wait_until(due)
    assert (nothing.played, early.fired) == ((), ())
    assert (len(happened.played), fired.fired) == (1, ("topic.vetting.decide: 80 %",))
    assert fired.position.now == due


def test_undoing_is_the_position_before(process: Process) -> None:
    moved = opened(process)
    later, _ = moved.wait_for(parse_term("3 months"))
    assert later.before is moved
    assert later.before.position.case == moved.position.case


def test_without_a_step_there_is_no_scenario(process: Process) -> None:
    assert playing(process, MORNING).scenario("nothing") == ""


@settings(max_examples=25, deadline=None)
@given(choices=st.lists(st.integers(0, 10_000), max_size=14), begin=st.integers(0, 400))
def test_whatever_way_is_played_an_open_act_is_taken_and_the_way_is_a_scenario_that_passes(
    process: Process, choices: list[int], begin: int
) -> None:
    here = playing(process, MORNING + begin * 86_400_000_000 + 12_345)
    examples = Examples(process, Relevance(process), {})
    for choice in choices:
        allowed = [offer for offer in here.offers() if offer.allowed]
        if here.position.case is not None and (choice % 4 == 0 or not allowed):
            here, _ = here.wait_for(parse_term(WAITS[choice % len(WAITS)]))
            continue
        if not allowed:
            break
        offer = allowed[choice % len(allowed)]
        fillings = list(examples.fillings(offer.form, here.position.now))
        data = fillings[choice % len(fillings)]
        after, happened = here.act(offer, Who(offer.role), data, "理由" if offer.reason else None)
        if happened.refusals:
            assert after is here
            assert offer.form is not None, "only what is filled in can still be refused"
        here = after
    text = here.scenario("played")
    if text:
        found = read_scenarios(text, "played.test.yaml", Workflows([WORKFLOW], CALENDARS))
        assert found.problems == ()
        (scenario,) = found.scenarios
        result = run(scenario, Routes(1000))
        assert result.differences == (), text
