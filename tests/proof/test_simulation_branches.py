"""Simulation: where an act with a choice leads, as it was assumed; and cases that open by themselves."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from engine.clock import rfc3339
from engine.proof.simulation import simulate
from engine.proof.simulation_cases import Simulated
from engine.proof.simulation_model import Even
from engine.proof.simulation_reading import Read, read_assumptions
from tests.proof.simulations import assumptions, daily, process

CHOOSING = """
roles: {member: 委员, office: 办公室}
data: {urgent: {type: bool, default: false}, grade: {type: int, between: [1, 9]}}
start: {by: member, form: [urgent]}
initial: waiting
states:
  waiting:
    owner: office
    actions:
      answer:
        by: office
        form: [grade]
        choice: [{guard: data.grade > 8 && data.urgent, to: fast}, {guard: data.grade > 5, to: good}, {to: poor}]
  fast: {final: true, outcome: success}
  good: {final: true, outcome: success}
  poor: {final: true, outcome: partial}
"""
WEEKLY = """
roles: {member: 委员, office: 办公室}
data: {day: {type: date}}
schedules: {weekly: {rrule: FREQ=WEEKLY;BYDAY=MO, hour: "09:00", with: {day: occurrence.date}}}
initial: gathering
states:
  gathering: {owner: office, actions: {send: {by: office, to: sent}}}
  sent: {final: true, outcome: success}
"""


def ends(branches: str) -> Counter[str]:
    made = process(CHOOSING)
    found = read("states: {waiting: {takes: 1, " + branches + "}}")
    assert found.problems == ()
    assumed = replace(found.assumptions["desk"], arrivals=daily(4))
    return Counter(life.case.configuration[0] for life in simulate(made, assumed, 1).lives if life.case.has_ended)


def read(text: str) -> Read:
    made = process(CHOOSING)
    return read_assumptions(f"simulation: desk\n{text}\n", "a.yaml", {"desk": made}, {"desk": assumptions(made)})


def test_a_branch_is_taken_as_often_as_its_weight_says() -> None:
    found = ends("branches: {answer: {good: 1, poor: 3}}")
    share = found["good"] / found.total()
    assert found["fast"] == 0
    assert found.total() > 300
    assert 0.18 < share < 0.32


def test_what_was_filled_in_before_keeps_a_branch_shut_and_another_is_taken() -> None:
    """Half of the cases are not urgent: they cannot go fast, whatever is filled in now."""
    found = ends("branches: {answer: {fast: 1}}")
    assert 0.3 < found["fast"] / found.total() < 0.6
    assert found["good"] + found["poor"] > 0


def test_names_of_acts_and_branches_that_mean_nothing_are_told() -> None:
    told = [problem.message for problem in read("states: {waiting: {branches: {answer: {god: 1}, anser: {good: 1}}}}").problems]
    assert any("there is no state that a branch leads to 'god' here, did you mean 'good'?" in each for each in told)
    assert any("there is no act with a `choice` 'anser' here, did you mean 'answer'?" in each for each in told)
    (none,) = read("states: {waiting: {branches: {answer: {good: 0}}}}").problems
    assert "expected a weight above 0" in none.message


def test_what_is_assumed_of_branches_is_printed_and_read_again() -> None:
    (assumed,) = read("states: {waiting: {branches: {answer: {good: 2, poor: 1}}}}").assumptions.values()
    assert assumed.as_json()["states"]["waiting"]["branches"] == {"answer": {"good": 2.0, "poor": 1.0}}


# --- schedules ------------------------------------------------------------------------------------------------------


def weekly(term: str) -> Simulated:
    made = process(WEEKLY)
    found = assumptions(made, term=term)
    states = {path: replace(each, takes=Even(1, 1)) for path, each in found.states.items()}
    return simulate(made, replace(found, states=states), 1)


def test_cases_of_a_schedule_open_at_their_own_instants_and_nobody_else_opens_any() -> None:
    found = weekly("4 weeks")
    lives = found.lives
    assert (len(lives), found.refused.total()) == (4, 0)
    assert {life.case.opened_by for life in lives} == {"clock"}
    opened = [rfc3339(life.case.opened_at) for life in lives]
    assert [each[10:] for each in opened] == ["T01:00:00Z"] * 4  # nine o'clock here
    assert [life.case.data["day"] for life in lives] == [each[:10] for each in opened]


def test_they_are_worked_on_like_all_others_and_a_longer_time_has_more_of_them() -> None:
    assert all(life.case.has_ended for life in weekly("4 weeks").lives[:3])
    assert len(weekly("8 weeks").lives) == 8
