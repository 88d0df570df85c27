"""The act that gives a case its number tells it: to its parent and to the cases it is linked with; on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.case import Case
from engine.runtime.recording import TRIAL_NUMBER, to_case
from engine.settings import sandbox_of
from engine.store.cases import get_case
from tests.application import ADMIN, OFFICE, ORG, START, Trial

PLAN = """workflow: plan
version: 1
title: 计划
calendar: cn
roles: {office: 办公室}
data:
  units: {type: list, of: text}
  known: {type: list, of: text, compute: "children.tasks.map(t, t.number)"}
start: {by: office, form: [units]}
initial: going
states:
  going:
    owner: office
    children: {tasks: {workflow: task, for_each: data.units, key: each}}
    actions: {stop: {by: office, to: over}}
  over: {final: true, outcome: success}
---
workflow: task
version: 1
title: 任务
calendar: cn
number: {series: task, per: year, format: "{year}任{n}", at: AT}
roles: {office: 办公室}
links: {notes: {workflow: note, inverse: origin}}
initial: doing
states:
  doing:
    owner: office
    actions:
      jot: {by: office, open: {link: notes}}
      accept: {by: office}
      finish: {by: office, to: finished}
  finished: {final: true, outcome: success}
---
workflow: note
version: 1
title: 记录
calendar: cn
roles: {office: 办公室}
data: {known: {type: list, of: text, compute: "links.origin.map(o, o.number)"}}
links: {origin: {workflow: task, inverse: notes}}
initial: written
states:
  written: {owner: office, actions: {file: {by: office, to: filed}}}
  filed: {final: true, outcome: success}
"""
GIVEN_BY = {"accept": "changes nothing else", "finish": "ends the case"}
"""Acts of a task that can give it its number, and what they do beside that."""


def found(office: Trial, org: str, case_id: str) -> Case:
    with office.app.store.read() as reader:
        row = get_case(reader, org, case_id)
    assert row is not None
    return to_case(row)


def related(office: Trial, at: str, org: str = ORG) -> tuple[Case, Case, Case]:
    """A plan, its task, which gets its number at an act, and a note linked with the task."""
    office.app.registry.publish_all(replace(ADMIN, org=org), [(PLAN.replace("AT", at), "plan.yaml")], START)
    clerk = replace(OFFICE, org=org)
    plan = office.app.service.open(clerk, "plan", data={"units": ["housing"]}).result().case
    (task,) = found(office, org, plan.id).snapshot["children"]
    office.act(task, "jot", clerk)
    (entry,) = found(office, org, task).snapshot["links"].values()
    return plan, found(office, org, task), found(office, org, entry["id"])


@pytest.mark.parametrize("at", GIVEN_BY, ids=GIVEN_BY.values())
def test_parent_and_linked_case_know_a_number_from_the_act_that_gives_it(office: Trial, at: str) -> None:
    plan, task, note = related(office, at)
    assert [[""], [""]] == [office.case(each.id).data["known"] for each in (plan, note)]
    office.act(task, at)

    assert "2026任1" == office.case(task.id).number
    assert [["2026任1"], ["2026任1"]] == [office.case(each.id).data["known"] for each in (plan, note)]


def test_parent_knows_a_number_that_is_given_at_the_opening(office: Trial) -> None:
    plan, _, note = related(office, "start")
    assert [["2026任1"], ["2026任1"]] == [office.case(each.id).data["known"] for each in (plan, note)]


def test_what_has_a_number_tells_it_once(office: Trial) -> None:
    plan, task, note = related(office, "accept")
    office.act(task, "accept")
    before = [office.case(each.id).seq for each in (plan, note)]
    office.act(task, "accept")

    assert before == [office.case(each.id).seq for each in (plan, note)]


def test_in_a_sandbox_the_number_of_the_trial_is_told(office: Trial) -> None:
    here = sandbox_of(ORG)
    plan, task, note = related(office, "accept", here)
    office.act(task, "accept", replace(OFFICE, org=here))

    assert [[f"{TRIAL_NUMBER}2026任1"]] * 2 == [found(office, here, each.id).data["known"] for each in (plan, note)]
