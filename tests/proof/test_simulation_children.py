"""Simulated cases that open others: their children are worked on, waited for, and lie on the critical path."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from engine.core.compiled import compile_process
from engine.definition.loader import load
from engine.definition.terms import parse_term
from engine.proof.simulation import simulate
from engine.proof.simulation_cases import Section, Simulated
from engine.proof.simulation_defaults import together
from engine.proof.simulation_path import path
from engine.proof.simulation_report import length, report
from tests.definition.loading import CALENDARS
from tests.proof.simulations import HEAD, MONDAY, assumptions, row

WHOLE = """
roles: {office: 办公室}
data: {units: {type: list, of: unit, default: []}}
start: {by: office, form: [units], guard: size(data.units) > 1}
initial: sharing
states:
  sharing:
    owner: office
    deadlines: {all: {within: 60 working days, basis: default}}
    children: {parts: {workflow: part, for_each: data.units, key: each, with: {unit: each}}}
    done: {to: checking}
  checking: {owner: office, actions: {check: {by: office, to: closed}}}
  closed: {final: true, outcome: success}
---
workflow: part
version: 1
title: 分办件
calendar: cn
roles: {department: {title: 部门, bound: data.unit}}
data: {unit: {type: unit}}
initial: doing
states:
  doing:
    owner: department
    deadlines: {finish: {within: 10 working days, basis: default, rungs: [{at: due, notify: [owner]}]}}
    actions: {finish: {by: department, to: finished}}
  finished: {final: true, outcome: success}
"""


@pytest.fixture(scope="module")
def sharing() -> Simulated:
    loaded = load(HEAD + WHOLE, "desk.yaml", calendars=CALENDARS)
    processes = {each.workflow: compile_process(each, CALENDARS["cn"]) for each in loaded.definitions}
    assumed = {name: replace(each, term=parse_term("6 months")) for name, each in together(processes, MONDAY).items()}
    return simulate(processes["desk"], assumed["desk"], 1, others={"part": (processes["part"], assumed["part"])})


def test_children_are_opened_worked_on_and_waited_for(sharing: Simulated) -> None:
    found = report(sharing)
    parts, whole = found["related"]["part"]["cases"], found["cases"]
    assert whole["opened"] == whole["ended"] + whole["open"] > 50
    assert parts["opened"] == parts["ended"] + parts["open"] > whole["opened"] * 1.5
    assert (found["stuck"], found["related"]["part"]["stuck"]) == ([], [])
    assert row(found["roles"], role="department")["acts"] == parts["ended"], "the workload is that of all workflows together"
    assert 0 < row(found["related"]["part"]["deadlines"], deadline="doing.finish")["overdue"] < 0.3


def test_the_critical_path_goes_through_the_child_that_ended_last(sharing: Simulated) -> None:
    whole = Section(sharing, sharing.main)
    for life in (life for life in whole.lives if life.case.has_ended):
        assert sum(part.days for part in path(whole, life)) == pytest.approx(length(whole, life))
    found = report(sharing)
    assert [each["deadline"] for each in found["critical_path"]] == ["part/doing.finish", None]
    assert [each["deadline"] for each in found["related"]["part"]["critical_path"]] == ["doing.finish"]


def test_with_children_too_the_same_seed_gives_the_same_cases(sharing: Simulated) -> None:
    again = simulate(
        sharing.main.process,
        sharing.main.assumptions,
        1,
        others={plan.name: (plan.process, plan.assumptions) for plan in sharing.plans[1:]},
    )
    assert orjson.dumps(report(again)) == orjson.dumps(report(sharing))


def test_a_child_whose_workflow_is_not_there_keeps_its_parent_waiting_and_nothing_is_lost() -> None:
    whole = load(HEAD + WHOLE, "desk.yaml", calendars=CALENDARS).definitions[0]
    made = compile_process(whole, CALENDARS["cn"])
    found = report(simulate(made, assumptions(made), 1))
    assert found["cases"]["ended"] == 0
    assert row(found["states"], state="sharing")["open"] == found["cases"]["opened"]
