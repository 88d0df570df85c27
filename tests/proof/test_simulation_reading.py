"""A file of assumptions: laid over the defaults, every mistake at its place and all at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from engine.core.compiled import Process, compile_process
from engine.definition.loader import load, load_one
from engine.proof.simulation_defaults import default_assumptions, first_of_january, together
from engine.proof.simulation_model import Assumptions, Even, Skewed
from engine.proof.simulation_reading import Read, read_assumptions
from tests.definition.loading import CALENDARS


@pytest.fixture(scope="module")
def deliberation() -> Process:
    return compile_process(load_one(Path("workflows/member_deliberation.yaml"), calendars=CALENDARS), CALENDARS["cn"])


def both(process: Process) -> tuple[dict[str, Process], dict[str, Assumptions]]:
    return {"member_deliberation": process}, {"member_deliberation": default_assumptions(process)}


def read(process: Process, text: str) -> Assumptions:
    found = read_assumptions("simulation: member_deliberation\n" + text, "a.yaml", *both(process))
    assert found.problems == ()
    return found.assumptions["member_deliberation"]


def problems(process: Process, text: str) -> list[str]:
    found = read_assumptions(text, "a.yaml", *both(process))
    return [str(problem) for problem in found.problems]


def test_what_is_not_said_stays_as_by_default(deliberation: Process) -> None:
    default = default_assumptions(deliberation)
    found = read(deliberation, "states: {vetting: {takes: 3, basis: measured}}\n")
    assert found.states["topic.vetting"].takes == Even(3, 3)
    assert found.states["topic.vetting"].ways == default.states["topic.vetting"].ways
    assert (found.states["topic.vetting"].basis, found.states["topic.raised"]) == ("measured", default.states["topic.raised"])
    assert (found.begin, found.term, found.arrivals, found.people) == (default.begin, default.term, default.arrivals, default.people)


def test_what_is_assumed_can_be_written_changed_and_read_again(deliberation: Process) -> None:
    text = "arrivals: {monday: 2, friday: 1.5}\ncapacity: {office: 20}\ndata: {agreed: 0.75, source: {member: 2}, score: {between: [40, 90]}}\n"
    found = read(deliberation, text)
    written = yaml.safe_dump(found.as_json(), allow_unicode=True)
    assert read(deliberation, written) == found
    assert read(deliberation, yaml.safe_dump(default_assumptions(deliberation).as_json())) == default_assumptions(deliberation)


def test_every_kind_of_assumption_is_read(deliberation: Process) -> None:
    found = read(
        deliberation,
        """
from: 2025-06-01
for: 6 months
hours: ["08:30", "17:00"]
arrivals: 10
openers: {member: 3, resident: 1}
basis: measured
people: {office: 7}
capacity: {office: 20, department: 4}
data: {agreed: 0.75, units_solved: [1, 2.5]}
states:
  topic.vetting: {takes: {median: 8, p90: 14.5}, ways: {approve: 0.7, send_back: 0.3}, meanwhile: {urge: 0.2}}
  implementing:  {takes: {between: [20, 60]}}
""",
    )
    assert (found.begin, str(found.term), found.opens, found.closes) == (date(2025, 6, 1), "6 months", "08:30", "17:00")
    assert (found.arrivals, found.openers, found.basis) == ((2.0,) * 7, {"member": 3.0, "resident": 1.0}, "measured")
    assert (found.people["office"], found.people["leader"], found.capacity) == (7, 3, {"office": 20, "department": 4})
    assert (found.data["agreed"].values, found.data["units_solved"].written) == (((True, 0.75), (False, 0.25)), [1, "2.5"])
    vetting = found.states["topic.vetting"]
    assert (vetting.takes, vetting.ways, vetting.meanwhile) == (Skewed(8.0, 14.5), {"approve": 0.7, "send_back": 0.3}, {"urge": 0.2})
    assert found.states["follow_up.implementing"].takes == Even(20.0, 60.0)


def test_a_day_of_the_weekend_that_is_worked_is_like_the_mean_of_the_others(deliberation: Process) -> None:
    assert read(deliberation, "arrivals: {monday: 2, tuesday: 1}\n").arrivals == (2.0, 1.0, 0.0, 0.0, 0.0, 1.5, 1.5)
    assert read(deliberation, "arrivals: {monday: 2, saturday: 0}\n").arrivals == (2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0 / 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("simulation: other\n", "1:13: simulation.assumption these assumptions are about 'other', not about member_deliberation"),
        ("simulation: member_deliberation\nstates: {veting: {}}\n", "2:10: simulation.assumption there is no state 'veting' in 'member_deliberation', did you mean 'vetting'?"),
        ("simulation: member_deliberation\nstates: {topic: {}}\n", "2:10: simulation.assumption 'topic' is no state in which a case waits: it has states of its own, is final, or is never reached"),
        ("simulation: member_deliberation\nstates: {vetting: {ways: {aprove: 1}}}\n", "2:27: simulation.assumption there is no act that leads away 'aprove' here, did you mean 'approve'?"),
        ("simulation: member_deliberation\nstates: {vetting: {takes: {median: 3}}}\n", "2:27: simulation.assumption expected `median` with `p90`, or `between`"),
        ("simulation: member_deliberation\nstates: {vetting: {takes: {between: [3, 2]}}}\n", "2:37: simulation.assumption expected two numbers, the smaller one first"),
        ("simulation: member_deliberation\nstates: {vetting: {takes: soon}}\n", "2:27: simulation.assumption expected `takes` to be a number from 0 to 1,000,000, got 'soon'"),
        ("simulation: member_deliberation\nopeners: {leader: 1}\n", "2:11: simulation.assumption there is no role that may open a case 'leader' here; there is committee, liaison, sector, member, office, resident"),
        ("simulation: member_deliberation\ndata: {agreed: 2}\n", "2:16: simulation.assumption expected `agreed` to be the chance that it is true, from 0 to 1, got 2"),
        ("simulation: member_deliberation\ndata: {source: {membre: 2}}\n", "2:16: simulation.assumption expected `source` to be a map of its options; there is no 'membre', did you mean 'member'?, got a map"),
        ("simulation: member_deliberation\ndata: {agred: 1}\n", "2:8: simulation.assumption there is no data item 'agred' here, did you mean 'agreed'?"),
        ("simulation: member_deliberation\nfrom: 2026-02-30\n", "2:7: simulation.assumption expected a day that exists, got '2026-02-30': day is out of range for month"),
        ('simulation: member_deliberation\nhours: ["17:00", "09:00"]\n', "2:8: simulation.assumption expected two times of day, the earlier one first"),
        ("simulation: member_deliberation\narivals: 3\n", "2:1: simulation.assumption unknown key `arivals`, did you mean 'arrivals'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place_with_what_was_meant(deliberation: Process, text: str, told: str) -> None:
    assert problems(deliberation, text) == [f"a.yaml:{told}"]


def test_all_mistakes_are_told_at_once(deliberation: Process) -> None:
    assert len(problems(deliberation, "simulation: member_deliberation\npeople: {ofice: 1}\ndata: {agreed: x, agred: 1}\n")) == 3


RELATED = """
workflow: whole
version: 1
title: 全件
calendar: cn
roles: {office: 办公室}
data: {units: {type: list, of: unit, default: []}}
start: {by: office, form: [units]}
initial: sharing
states:
  sharing: {children: {parts: {workflow: part, for_each: data.units, key: each, with: {unit: each}}}, done: {to: closed}}
  closed: {final: true, outcome: success}
---
workflow: part
version: 1
title: 分办件
calendar: cn
roles: {department: {title: 部门, bound: data.unit}}
data: {unit: {type: unit}, late: {type: bool, default: false}}
initial: doing
states:
  doing: {actions: {finish: {by: department, form: [late?], to: finished}}}
  finished: {final: true, outcome: success}
"""


def related(text: str) -> Read:
    loaded = load(RELATED, "whole.yaml", calendars=CALENDARS)
    processes = {each.workflow: compile_process(each, CALENDARS["cn"]) for each in loaded.definitions}
    return read_assumptions(text, "a.yaml", processes, together(processes, date(2026, 1, 1)))


def test_each_workflow_has_a_document_of_its_own_and_people_are_those_of_the_body() -> None:
    found = related("simulation: whole\npeople: {department: 7}\n---\nsimulation: part\nstates: {doing: {takes: 4}}\n")
    assert found.problems == ()
    assert found.assumptions["part"].states["doing"].takes == Even(4, 4)
    assert {name: each.people for name, each in found.assumptions.items()} == {
        name: {"office": 3, "department": 7} for name in ("whole", "part")
    }


def test_when_and_how_many_is_told_of_the_workflow_that_is_simulated() -> None:
    problems = related("simulation: part\narrivals: 3\nfrom: 2026-01-01\n---\nsimulation: prt\n").problems
    assert [str(problem) for problem in problems] == [
        "a.yaml:2:1: simulation.assumption `arrivals` is told of 'whole', the workflow that is simulated",
        "a.yaml:3:1: simulation.assumption `from` is told of 'whole', the workflow that is simulated",
        "a.yaml:5:13: simulation.assumption these assumptions are about 'prt', not about whole, part, did you mean 'part'?",
    ]


def test_it_begins_in_the_last_year_whose_notice_is_out(deliberation: Process) -> None:
    assert first_of_january(deliberation.calendar) == date(2026, 1, 1)
    assert not deliberation.calendar.announced(2027)
