"""Ways are found by trying, through the core itself: what is found can be done, what is not found is said to be so."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.clock import parse_instant
from engine.proof.scenario_coverage import KINDS, items_of
from engine.proof.scenario_goals import standing_in
from engine.proof.scenario_paths import EFFORT, Finder, NotFound
from engine.proof.scenario_play import Position
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_run import Routes, cover, run
from tests.proof.scenarios import MESSAGE, folder, proposals

START = Position(None, parse_instant("2026-03-02T09:00:00+08:00"))

HEAD = "workflow: trial\nversion: 1\ntitle: 试\ncalendar: cn\nroles: {office: 办公室, member: 委员}\n"

REGIONS = (
    HEAD
    + """
start: {by: office}
initial: work
states:
  work:
    owner: office
    regions:
      draft: {initial: writing, states: {writing: {actions: {write: {by: office, raise: written, to: done}}}, done: {final: true}}}
      check: {initial: waiting, states: {waiting: {receive: {written: {to: reading}}}, reading: {actions: {accept: {by: member, to: done}}}, done: {final: true}}}
    done: {to: closed}
  paused: {owner: office, actions: {resume: {by: office, to: {history: deep}}}}
  closed: {final: true, outcome: success}
anywhere: {actions: {pause: {by: office, to: paused, except: [paused]}}}
reopen: {again: {by: office, from: [closed], within: 12 months, at_most: 1, reason: required, to: work}}
"""
)

PEOPLE = (
    HEAD
    + """
duties: [{different_person: [propose, decide]}]
data: {day: {type: date}, amount: {type: int}, kind: {type: choice, options: {small: 小, large: 大}}, sure: {type: bool}, note: {type: text}}
start: {by: office}
initial: open
states:
  open:
    owner: office
    deadlines: {act_on_it: {within: 5 working days, basis: default, rungs: [{at: due, act: lapse}]}}
    actions:
      propose: {by: office, form: [amount, kind, day, sure, note?], to: proposed}
      lapse: {by: clock, to: lapsed}
  proposed:
    owner: office
    actions:
      decide:
        asked_by: office
        by: office
        guard: "data.kind == 'large' && data.amount > 41 && data.sure && working_days(today, data.day) >= 7"
        to: decided
      retract: {by: office, to: open, cycles: {at_most: 2, then: lapsed}}
  lapsed: {final: true, outcome: lapsed}
  decided: {final: true, outcome: success}
"""
)

BLOCKED = (
    HEAD
    + """
data: {code: {type: text, max: 6}}
start: {by: office}
initial: open
states:
  open: {owner: office, actions: {enter: {by: office, form: [code], guard: "data.code.matches('^[0-9]{6}$') && data.code.endsWith('7')", to: closed}, drop: {by: office, to: dropped}}}
  dropped: {final: true, outcome: withdrawn}
  closed: {final: true, outcome: success}
"""
)

WORKFLOWS = {"message": MESSAGE, "regions": REGIONS, "people": PEOPLE}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_what_is_proposed_passes_and_covers_the_workflow(tmp_path: Path, name: str) -> None:
    """Regions, histories, raised events, re-opening, duties, two persons, budgets, the clock: each is found a way to, without a hint."""
    workflows = folder(tmp_path, WORKFLOWS[name])
    coverage, found, lost = proposals(workflows, "message" if name == "message" else "trial")
    assert [each.name for each in lost] == []
    read = read_scenarios("".join(each.text for each in found), "proposed.test.yaml", workflows)
    assert read.problems == ()
    played = [run(each, Routes(EFFORT)) for each in read.scenarios]
    assert [(each.scenario.name, each.differences) for each in played if not each.passed] == []
    (shown,) = cover(played)
    assert [shown.named(item) for item in shown.missing] == []
    assert {kind for kind in KINDS if coverage.of(kind)[1]} >= {"state", "action"}


def test_what_cannot_be_reached_is_said_to_be_so(tmp_path: Path) -> None:
    """No example value meets the pattern: the search looks at all that its values lead to and says that these were all."""
    _, found, lost = proposals(folder(tmp_path, BLOCKED), "trial")
    assert {each.name for each in lost} == {
        "closed",
        "open.enter",
        "open.enter `data.code.matches('^[0-9]{6}$') && data.code.endsWith('7')` true",
    }
    assert all(each.exhausted and "all that example values lead to" in each.why for each in lost)
    assert "dropped" in {each.name for each in found}


def test_a_search_that_was_cut_short_says_so(tmp_path: Path) -> None:
    process = folder(tmp_path, MESSAGE).find("message")
    found = Finder(process, {}, {}, effort=3).find(START, standing_in(process, ("answered",)))
    assert isinstance(found, NotFound)
    assert not found.exhausted
    assert "allow more" in found.why


def test_a_way_has_no_step_that_could_be_left_out(tmp_path: Path) -> None:
    process = folder(tmp_path, MESSAGE).find("message")
    way = Finder(process, {}, {}).find(START, standing_in(process, ("answered",)))
    assert not isinstance(way, NotFound)
    assert [taken.name for taken in way] == ["start", "assign", "report.attach", "answer", "check"]


def test_a_way_is_the_same_every_time(tmp_path: Path) -> None:
    process = folder(tmp_path, PEOPLE).find("trial")
    goal = standing_in(process, ("decided",))
    assert Finder(process, {}, {}).find(START, goal) == Finder(process, {}, {}).find(START, goal)


def test_given_data_are_what_a_way_fills_in(tmp_path: Path) -> None:
    process = folder(tmp_path, MESSAGE).find("message")
    way = Finder(process, {"department": "water", "score": 70}, {}).find(START, standing_in(process, ("answered",)))
    assert not isinstance(way, NotFound)
    assert {name: value for taken in way for name, value in taken.data.items() if name in {"department", "score"}} == {
        "department": "water",
        "score": 70,
    }


def test_items_are_listed_in_document_order_and_each_once(tmp_path: Path) -> None:
    process = folder(tmp_path, MESSAGE).find("message")
    items = list(items_of(process))
    assert len(items) == len(set(items))
    assert [item.id for item in items if item.kind == "state"] == ["received", "answering", "checking", "rejected", "answered"]


def test_ways_lead_through_what_each_party_says(tmp_path: Path) -> None:
    """To a dispute by a verdict that refuses, out of it by another one, and to the end by all signatures."""
    text = """
workflow: handling
version: 1
title: 会办
calendar: cn
roles: {office: 办公室, co_unit: {title: 会办单位, bound: party}}
data: {co_units: {type: list, of: unit, default: []}}
start: {by: office, form: [co_units], guard: data.co_units.size() > 1}
initial: handling
states:
  handling:
    initial: working
    parties: {co: {role: co_unit, from: data.co_units, verdicts: {agree: 同意, disagree: 不同意}, refusing: [disagree]}}
    receive: {co.refused: {to: handling.dispute}}
    states:
      working: {actions: {finish: {by: office, signed: [co], to: over}}}
      dispute: {actions: {settle: {by: office, guard: "parties.co.all(p, p.verdict != 'disagree')", to: working}}}
  over: {final: true, outcome: success}
"""
    empty, found, lost = proposals(folder(tmp_path, text), "handling")
    assert lost == []
    shown = {item for proposal in found for item in proposal.shows}
    assert {item.id for item in empty.missing} == {item.id for item in shown}
    assert len(found) < 8
