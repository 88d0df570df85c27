"""A simulated year: repeatable, nothing lost, nothing done that the engine refuses, and what is overloaded shows as overdue."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision
from engine.definition.loader import load_one
from engine.definition.terms import parse_term
from engine.proof import simulation
from engine.proof.simulation import simulate
from engine.proof.simulation_cases import Section, Simulated
from engine.proof.simulation_defaults import default_assumptions
from engine.proof.simulation_model import Assumptions, Even, Likely
from engine.proof.simulation_path import path
from engine.proof.simulation_report import length, report
from tests.definition.loading import CALENDARS
from tests.proof.simulations import DESK, assumptions, daily, process, row

WORKFLOW = Path("workflows/member_deliberation.yaml")


@pytest.fixture(scope="module")
def deliberation() -> Process:
    return compile_process(load_one(WORKFLOW, calendars=CALENDARS), CALENDARS["cn"])


@pytest.fixture(scope="module")
def year(deliberation: Process) -> Simulated:
    return simulate(deliberation, default_assumptions(deliberation), seed=1)


# --- the whole ------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(deliberation: Process, year: Simulated) -> None:
    again, other = (simulate(deliberation, default_assumptions(deliberation), seed) for seed in (1, 2))
    assert orjson.dumps(report(again)) == orjson.dumps(report(year))
    assert orjson.dumps(report(other)["cases"]) != orjson.dumps(report(year)["cases"])


def test_every_case_that_was_opened_has_ended_or_is_open(year: Simulated) -> None:
    found = report(year)
    cases, months = found["cases"], found["months"]
    assert 150 < cases["opened"] < 260
    assert cases["opened"] == cases["ended"] + cases["open"] == sum(month["opened"] for month in months)
    assert (cases["ended"], cases["open"]) == (sum(month["ended"] for month in months), months[-1]["open"])
    assert cases["ended"] == sum(each["cases"] for each in found["outcomes"])
    assert cases["open"] == sum(not life.case.has_ended for life in year.lives)


def test_the_shipped_process_goes_everywhere_and_nobody_is_stuck(deliberation: Process) -> None:
    longer = replace(default_assumptions(deliberation), term=parse_term("20 months"))
    found = report(simulate(deliberation, longer, seed=3))
    assert [each["state"] for each in found["states"] if not each["stays"]] == []
    assert {each["outcome"] for each in found["outcomes"] if each["cases"]} == {"rejected", "withdrawn", "failed", "referred", "success"}
    assert (found["stuck"], found["cases"]["not_opened"]) == ([], {})


def test_how_long_is_simulated_changes_nothing_of_what_happens_first(deliberation: Process, year: Simulated) -> None:
    half = simulate(deliberation, replace(default_assumptions(deliberation), term=parse_term("6 months")), seed=1)
    assert half.main.tally.acts == [taken for taken in year.main.tally.acts if taken.instant < half.end]
    assert half.main.tally.acts


def test_people_act_in_office_hours_and_tasks_are_never_negative(year: Simulated) -> None:
    calendar = year.main.process.calendar
    for taken in year.main.tally.acts:
        day = calendar.local_date(taken.instant)
        assert calendar.is_working_day(day)
        assert calendar.end_of(day, "09:00") <= taken.instant <= calendar.end_of(day, "17:30")
    assert all(count >= 0 for each in report(year)["roles"] for count in each["by_week"]["tasks"])


def test_it_tells_day_by_day_how_far_it_has_come() -> None:
    desk, told = process(DESK), list[tuple[int, int]]()
    simulate(desk, assumptions(desk, term="2 months"), 1, told=lambda done, there: told.append((done, there)))
    assert told == sorted(told)
    assert told[-1] == (61, 61)
    assert len(set(told)) > 20


def test_rungs_of_many_cases_at_one_instant_are_no_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "MOST_BY_ITSELF", 2)
    desk, taken = process(DESK), list[Decision]()
    simulate(desk, assumptions(desk, arrivals=daily(20.0), takes={"waiting": 60.0}, term="2 months"), 1, seen=taken.append)
    assert Counter(each.rung.due for each in taken if each.rung is not None).most_common(1)[0][1] > 10


# --- deadlines ------------------------------------------------------------------------------------------------------


def test_every_deadline_counted_is_one_that_was_armed_and_every_rung_one_that_fired(deliberation: Process) -> None:
    taken: list[Decision] = []
    found = report(simulate(deliberation, default_assumptions(deliberation), seed=4, seen=taken.append))
    armed = Counter(change.name for each in taken for change in each.deadlines if change.op in {"armed", "waiting"})
    fired = Counter((each.action, each.rung.rung) for each in taken if each.rung is not None)
    assert {each["deadline"]: each["armed"] for each in found["deadlines"] if each["armed"]} == armed
    assert {(each["deadline"], each["at"]): each["fired"] for each in found["rungs"] if each["fired"]} == fired
    for each in found["deadlines"]:
        assert each["armed"] == each["met"] + each["late"] + each["running"] + each["other"]
        assert each["past_due"] <= each["running"]


def test_a_stage_that_takes_longer_than_its_term_is_overdue_and_escalates() -> None:
    desk = process(DESK)
    in_time, too_long = (report(simulate(desk, assumptions(desk, takes={"waiting": days}), 1)) for days in (9.0, 12.0))
    assert row(in_time["deadlines"], deadline="waiting.answer")["overdue"] == 0
    assert row(too_long["deadlines"], deadline="waiting.answer")["overdue"] == 1
    assert row(in_time["roles"], role="office")["escalations"] == 0
    assert row(too_long["roles"], role="office")["escalations"] == row(too_long["rungs"], at="due")["fired"] > 0


def test_an_overloaded_stage_shows_as_overdue_though_each_case_takes_little_time() -> None:
    desk = process(DESK)
    busy = {"arrivals": daily(1.0), "takes": {"waiting": 2.0}}
    enough, too_few = (report(simulate(desk, assumptions(desk, **busy, capacity={"office": many}), 1)) for many in (4, 1))
    assert row(enough["deadlines"], deadline="waiting.answer")["overdue"] == 0
    assert row(too_few["deadlines"], deadline="waiting.answer")["overdue"] > 0.7
    assert row(too_few["states"], state="waiting")["waited"]["median"] > 10
    assert too_few["cases"]["open"] > enough["cases"]["open"]


def test_no_more_cases_are_in_hand_than_a_role_has_hands_for() -> None:
    desk = process(DESK)
    found = simulate(desk, assumptions(desk, arrivals=daily(2.0), takes={"waiting": 3.0}, capacity={"office": 3}), 5)
    moments = [(stay.began, 1) for life in found.lives for stay in life.stays if stay.leaf == "waiting" and stay.began is not None]
    moments += [(stay.left, -1) for life in found.lives for stay in life.stays if stay.leaf == "waiting" and stay.left is not None]
    in_hand = 0
    for _, by in sorted(moments):
        in_hand += by
        assert in_hand <= 3


# --- the critical path ----------------------------------------------------------------------------------------------


def test_the_critical_path_of_a_case_is_as_long_as_the_case(year: Simulated) -> None:
    whole, ended = Section(year, year.main), [life for life in year.lives if life.case.has_ended]
    assert len(ended) > 20
    for life in ended:
        assert sum(part.days for part in path(whole, life)) == pytest.approx(length(whole, life))


TWO_OPINIONS = """
roles: {member: 委员, office: 办公室}
start: {by: member}
initial: both
states:
  both:
    regions:
      quick: {initial: a, states: {a: {deadlines: {first: {within: 5 working days, basis: default}}, actions: {give: {by: office, to: done_a}}}, done_a: {final: true}}}
      slow:  {initial: b, states: {b: {deadlines: {second: {within: 20 working days, basis: default}}, actions: {send: {by: office, to: done_b}}}, done_b: {final: true}}}
    done: {to: after}
  after: {actions: {close: {by: office, to: closed}}}
  closed: {final: true, outcome: success}
"""


def test_of_parallel_regions_only_the_last_to_finish_lies_on_the_critical_path() -> None:
    made = process(TWO_OPINIONS)
    found = report(simulate(made, assumptions(made, takes={"both.quick.a": 3.0, "both.slow.b": 15.0, "after": 1.0}), 1))
    assert found["cases"]["ended"] > 10
    days = {each["deadline"]: each["days_a_case"] for each in found["critical_path"]}
    assert days == {"both.slow.b.second": pytest.approx(15.0, abs=0.02), None: pytest.approx(1.0, abs=0.02)}
    assert {each["deadline"]: each["leads"] for each in found["critical_path"]} == {"both.slow.b.second": found["cases"]["ended"], None: 0}


# --- what is assumed ------------------------------------------------------------------------------------------------


def assumed(deliberation: Process, **changes: Any) -> Assumptions:
    return replace(default_assumptions(deliberation), **{"term": parse_term("9 months"), "arrivals": daily(0.4), **changes})


@pytest.mark.parametrize(
    ("share", "there", "not_there"),
    [(1.0, "submission.assigning", "deliberation.coordinating"), (0.0, "deliberation.coordinating", "submission.assigning")],
)
def test_a_branch_is_as_likely_as_the_data_it_hangs_on(deliberation: Process, share: float, there: str, not_there: str) -> None:
    agreed = Likely(share, ((True, share), (False, 1 - share)))
    found = report(simulate(deliberation, assumed(deliberation, data={"agreed": agreed}), 1))
    assert row(found["states"], state=there)["stays"] > 0
    assert row(found["states"], state=not_there)["stays"] == 0


def test_ways_without_weight_are_never_taken(deliberation: Process) -> None:
    vetting = replace(default_assumptions(deliberation).states["topic.vetting"], ways={"send_back": 1.0}, takes=Even(1.0, 1.0))
    states = {**default_assumptions(deliberation).states, "topic.vetting": vetting}
    found = report(simulate(deliberation, assumed(deliberation, states=states), 1))
    assert row(found["states"], state="research.preparing")["stays"] == 0
    assert row(found["outcomes"], state="shelved")["cases"] > 40, "the budget of three returns is spent"


def test_cases_come_on_the_weekdays_that_are_said(deliberation: Process) -> None:
    found = simulate(deliberation, assumed(deliberation, arrivals=(3.0, 0, 0, 0, 0, 0, 0)), 1)
    days = Counter(deliberation.calendar.local_date(life.case.opened_at).weekday() for life in found.lives)
    assert set(days) == {0}
    assert 80 < days[0] < 150


def test_only_openers_with_a_weight_open(deliberation: Process) -> None:
    found = simulate(deliberation, assumed(deliberation, openers={"resident": 1.0, "member": 0.0}), 1)
    assert {life.opener.role for life in found.lives} == {"resident"}
    assert {life.case.data["source"] for life in found.lives} == {"public"}, "the guard of the opening is heeded"
