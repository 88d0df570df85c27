"""Scenarios in which cases have to do with one another: played in memory as the service plays them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_run import Result, Routes, cover, run
from engine.proof.scenario_workflows import Workflows
from tests.core.process import calendars
from tests.runtime.test_gathering import PROPOSALS
from tests.runtime.test_queries import MEMBERS, WORK
from tests.runtime.test_relations import MATTER
from tests.runtime.test_told_numbers import GIVEN_BY, PLAN

HEAD = """- name: trial
  given: {workflow: matter, at: 2026-03-02 09:00, by: [{start: {by: office, data: {topic: 天然气}}}]}
  when:
  - share_out: {by: office, data: {tasks: [{unit: housing, demand: 接入}, {unit: roads, demand: 开挖}]}}
"""


def played(folder: Path, text: str, *workflows: str) -> Result:
    """Play the one scenario of a text against workflows that stand beside it."""
    files = []
    for number, workflow in enumerate(workflows):
        files.append(folder / f"w{number}.yaml")
        files[-1].write_text(workflow, "utf-8")
    read = read_scenarios(text, "trial.test.yaml", Workflows(files, calendars()))
    assert not read.problems, read.problems
    (scenario,) = read.scenarios
    return run(scenario, Routes(10_000))


def differences(result: Result) -> list[tuple[str, object, object]]:
    return [(each.what, each.expected, each.got) for each in result.differences]


def test_children_act_and_their_parent_hears_it(tmp_path: Path) -> None:
    steps = """  - then: {in: [following], children: {tasks: {housing: doing, roads: doing}}}
  - elsewhere: {children: tasks, key: housing, steps: [{spend: {by: department, data: {spent: 7}}}, {then: {data: {spent: 7}}}]}
  - then: {data: {spent: 7}}
  - elsewhere: {children: tasks, key: housing, steps: [{finish: department}, {then: {outcome: success}}]}
  - elsewhere: {children: tasks, key: roads, steps: [{finish: {by: {role: department, unit: housing}, refused: [not_bound]}}, {finish: department}]}
  then: {in: [closed], data: {pressed: 2}, children: {tasks: {housing: finished, roads: finished}}}
"""
    result = played(tmp_path, HEAD + steps, MATTER)
    assert [] == differences(result)
    parent, child = cover([result])
    assert {"matter", "unit_task"} == {each.process.definition.workflow for each in (parent, child)}
    assert any("done" in item.id for item in result.seen if item.kind == "branch")


def test_deadlines_of_all_cases_fire_in_order_of_time(tmp_path: Path) -> None:
    steps = """  - wait: 10 working days
  - elsewhere: {children: tasks, key: roads, steps: [{then: {due: {finish: running}}}]}
  then: {in: [following]}
"""
    result = played(tmp_path, HEAD + steps, MATTER)
    assert [] == differences(result)
    assert 2 == sum("unit_task: clock" in line for line in result.story)


@pytest.mark.parametrize("at", GIVEN_BY, ids=GIVEN_BY.values())
def test_parent_and_linked_case_know_a_number_from_the_act_that_gives_it(tmp_path: Path, at: str) -> None:
    text = f"""- name: trial
  given: {{workflow: plan, at: 2026-03-02 09:00, by: [{{start: {{by: office, data: {{units: [housing]}}}}}}]}}
  when:
  - elsewhere: {{children: tasks, key: housing, steps: [{{jot: office}}]}}
  - then: {{data: {{known: [""]}}}}
  - elsewhere:
      children: tasks
      key: housing
      steps: [{{{at}: office}}, {{then: {{number: 2026任1}}}}, {{elsewhere: {{links: notes, steps: [{{then: {{data: {{known: [2026任1]}}}}}}]}}}}]
  then: {{data: {{known: [2026任1]}}}}
"""
    assert [] == differences(played(tmp_path, text, PLAN.replace("AT", at)))


def test_what_a_child_does_not_do_is_told_with_its_place(tmp_path: Path) -> None:
    result = played(tmp_path, HEAD + "  then: {children: {tasks: {housing: finished, roads: doing}}}\n", MATTER)
    assert [("children tasks housing", "finished", "doing")] == differences(result)


def test_what_a_child_has_told_is_compared_too(tmp_path: Path) -> None:
    steps = "  - elsewhere: {children: tasks, key: housing, steps: [{spend: {by: department, data: {spent: 7}}}]}\n"
    told = "  then: {children: {tasks: {housing: {in: doing, data: {spent: 8}}, roads: {data: {spent: 0}}}}}\n"
    assert [("children tasks housing: data.spent", 8, 7)] == differences(played(tmp_path, HEAD + steps + told, MATTER))
    unread = "  then: {children: {tasks: {housing: {data: {speng: 7}}, roads: doing}}}\n"
    with pytest.raises(AssertionError, match=r"no item that .*did you mean 'spent'"):
        played(tmp_path, HEAD + unread, MATTER)


def test_nobody_opens_by_hand_what_only_other_cases_open(tmp_path: Path) -> None:
    text = """- name: trial
  given: {workflow: unit_task, at: 2026-03-02 09:00}
  when: [{start: {by: STARTER, data: {unit: housing, demand: 接入}}}]
"""
    assert [] == differences(played(tmp_path, text.replace("STARTER", "clock"), MATTER))
    assert [("start", "taken")] == [each[:2] for each in differences(played(tmp_path, text.replace("STARTER", "department"), MATTER))]


def test_other_cases_are_there_from_the_beginning(tmp_path: Path) -> None:
    text = """- name: trial
  given:
    workflow: proposal
    at: 2026-03-02 09:00
    by: [{start: {by: office, data: {subject: 一, category: economy}}}]
    cases: {second: {workflow: proposal, by: [{start: {by: office, data: {subject: 二, category: economy}}}]}}
  when:
  - merge: {by: office, data: {pick: [second]}}
  - then: {links: {merged: 1}}
  - elsewhere: {case: second, steps: [{then: {in: [waiting]}}]}
  - accept: office
  - unmerge: {by: office, data: {pick: [second]}}
  - elsewhere: {case: second, steps: [{then: {in: [review]}}]}
  then: {links: {merged: 0}}
"""
    assert [] == differences(played(tmp_path, text, PROPOSALS))


def test_rows_of_registries_and_other_cases_answer_queries(tmp_path: Path) -> None:
    text = """- name: trial
  given:
    workflow: assessment
    at: 2026-03-02 09:00
    by: [{start: {by: office, data: {member: zhao, year: 2026}}}]
    registries: {seat: [{code: zhao, sector: 经济, in_office: true}, {code: wu, sector: 文化, in_office: false}]}
    cases: {one: {workflow: suggestion, by: [{start: {by: office, data: {author: zhao, authors: [zhao]}}}, {adopt: office}]}}
  when: [{score: office}]
  then: {data: {adopted: 1, written: 1, points: 4, seats: [{who: zhao, sector: 经济}]}}
"""
    assert [] == differences(played(tmp_path, text, MEMBERS, WORK))


VISIT = """workflow: visit
version: 1
title: 走访
calendar: cn
roles: {office: 办公室, host: {title: 受访委员, bound: data.seat.code}}
data: {seat: {type: ref, of: seat, read: [code, sector]}, sector: {type: text}}
start: {by: office, form: [seat]}
initial: planned
states:
  planned: {actions: {go: {by: host, set: {sector: data.seat.sector}, to: gone}}}
  gone: {final: true, outcome: success}
"""


@pytest.mark.parametrize(("row", "found"), [("wu", []), ("zhao", [("data.seat", "zhao", {"id": "wu"})])])
def test_a_row_is_named_by_its_key_and_whoever_a_role_is_bound_to_by_it_acts(
    tmp_path: Path, row: str, found: list[tuple[str, object, object]]
) -> None:
    text = f"""- name: trial
  given:
    workflow: visit
    at: 2026-03-02 09:00
    in: planned
    data: {{seat: wu}}
    registries: {{seat: [{{code: zhao, sector: 经济, in_office: true}}, {{code: wu, sector: 文化, in_office: false}}]}}
  when: [{{go: host}}]
  then: {{data: {{seat: {row}, sector: 文化}}}}
"""
    assert found == differences(played(tmp_path, text, MEMBERS, WORK, VISIT))


SITTING = """workflow: sitting
version: 1
title: 会议
calendar: cn
roles: {office: 办公室}
data: {seats: {type: list, of: person, query: {of: seat, where: row.in_office, as: row.code, fixed_at: begin}}}
start: {by: office}
initial: called
states:
  called: {actions: {begin: {by: office, guard: size(data.seats) < 1, to: sitting}, call_off: {by: office, to: gone}}}
  sitting: {final: true, outcome: success}
  gone: {final: true, outcome: withdrawn}
"""


def test_a_guard_that_asks_a_live_query_is_seen_false_where_it_refuses(tmp_path: Path) -> None:
    text = """- name: trial
  given: {workflow: sitting, in: called, at: 2026-03-02 09:00, registries: {seat: [{code: zhao, sector: 经济, in_office: true}]}}
  when: [{begin: {by: office, refused: [guard_failed]}}]
  then: {in: [called]}
"""
    result = played(tmp_path, text, MEMBERS, SITTING)
    assert [] == differences(result)
    assert [item.way for item in result.seen if item.kind == "guard"] == ["false"]


def test_a_row_that_is_given_has_the_defaults_of_its_registry(tmp_path: Path) -> None:
    text = """- name: trial
  given: {workflow: sitting, in: called, at: 2026-03-02 09:00, registries: {seat: [{code: zhao, sector: 经济}]}}
  when: [{begin: {by: office, refused: [guard_failed]}}, {call_off: office}]
  then: {in: [gone]}
"""
    seats = MEMBERS.replace("in_office: {type: bool}", "in_office: {type: bool, default: true}")
    assert [] == differences(played(tmp_path, text, seats, SITTING))


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("elsewhere: {children: taks, key: a, steps: [{then: {links: {}}}]}", "did you mean 'tasks'?"),
        ("elsewhere: {children: tasks, key: a, steps: [{finsh: department}]}", "did you mean 'finish'?"),
        ("elsewhere: {children: tasks, steps: [{finish: department}]}", "go together"),
        ("elsewhere: {links: notes, case: x, steps: [{file: office}]}", "expected one of children, links, case and parent"),
    ],
)
def test_names_in_another_case_are_those_of_its_workflow(tmp_path: Path, step: str, says: str) -> None:
    (tmp_path / "w.yaml").write_text(MATTER, "utf-8")
    read = read_scenarios(f"{HEAD}  - {step}\n", "trial.test.yaml", Workflows([tmp_path / "w.yaml"], calendars()))
    assert any(says in problem.message for problem in read.problems), read.problems
