"""Two versions of a process, a case that moves from one to the other, and what must hold of it wherever it moved."""

from __future__ import annotations

from typing import Any

from engine.clock import Instant, parse_instant, rfc3339
from engine.core.advance import advance
from engine.core.bridge import Bridge, bridge
from engine.core.case import Case, fold
from engine.core.command import Migrate
from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision, Refused
from engine.definition.loader import load_one
from tests.core.process import OFFICE, Story, calendars

HEAD = """workflow: trial
version: {version}
title: 试
calendar: cn
roles: {{office: 办公室, member: 委员}}
"""
OLD = """
data:
  topic: {type: text, max: 200, default: 路灯}
  kind: {type: choice, options: {a: 甲, b: 乙, c: 丙}}
  n: {type: int}
  gone: {type: text}
  visits: {type: int, compute: count('visit')}
settings: {term: {type: term, default: 15 working days, basis: default}}
documents: {report: {title: 报告}}
start: {by: office, form: [topic?, kind?, n?, gone?]}
initial: draft
states:
  draft: {owner: office, actions: {submit: {by: office, to: vetting}}}
  vetting:
    owner: office
    deadlines:
      decide:
        within: settings.term
        basis: default
        paused_in: [suspended]
        rungs: [{at: 80 %, notify: owner}, {at: due, escalate: member}, {at: 5 working days after, notify: owner}]
        extend: {by: office, add: 5 working days, at_most: 2}
      hours: {within: 48 hours, basis: default, rungs: [{at: due, notify: owner}]}
      dropped: {within: 1 month, basis: default, rungs: [{at: due, notify: owner}]}
    actions:
      visit: {by: office, limit: 3 per case}
      sign: {asked_by: office, by: member, to: work}
      approve: {by: office, to: work}
      back: {by: office, to: draft, cycles: {at_most: 2, then: closed}}
  work: {owner: office, actions: {close: {by: office, to: closed, guard: count('visit') > 0}}}
  suspended: {owner: office, actions: {resume: {by: office, to: {history: deep}}}}
  closed: {final: true, outcome: success}
anywhere: {actions: {suspend: {by: office, to: suspended, except: [suspended]}}}
"""
NEW = """
data:
  topic: {type: text, max: 200, default: 路灯}
  sort: {type: choice, options: {a: 甲, b: 乙}}
  n: {type: int}
  weight: {type: int, default: 1}
  visits: {type: int, compute: count('visit')}
settings: {term: {type: term, default: 20 working days, basis: default}}
documents: {report: {title: 报告}}
start: {by: office, form: [topic?, sort?, n?]}
initial: draft
states:
  draft: {owner: office, actions: {submit: {by: office, to: topic}}}
  topic:
    initial: scrutiny
    owner: member
    deadlines: {whole: {within: 2 months, basis: default, rungs: [{at: due, notify: owner}]}}
    states:
      scrutiny:
        owner: office
        deadlines:
          decide:
            within: settings.term
            basis: default
            paused_in: [suspended]
            rungs: [{at: 50 %, notify: owner}, {at: 80 %, notify: owner}, {at: due, escalate: member}]
            extend: {by: office, add: 5 working days, at_most: 2}
          hours: {within: 72 hours, basis: default, rungs: [{at: due, notify: owner}]}
        actions:
          visit: {by: office, limit: 3 per case}
          approve: {by: office, to: work}
          back: {by: office, to: draft, cycles: {at_most: 2, then: closed}}
  work: {owner: office, actions: {close: {by: office, to: closed, guard: count('visit') > 0}}}
  suspended: {owner: office, actions: {resume: {by: office, to: {history: deep}}}}
  closed: {final: true, outcome: success}
anywhere: {actions: {suspend: {by: office, to: suspended, except: [suspended]}}}
migrate: {from: 1, states: {vetting: topic.scrutiny}, data: {sort: "data.kind == 'c' ? 'b' : data.kind"}}
"""


def version(number: int, body: str) -> Process:
    definition = load_one(HEAD.format(version=number) + body, f"trial{number}.yaml", calendars=calendars())
    return compile_process(definition, calendars()["cn"])


FIRST, SECOND = version(1, OLD), version(2, NEW)
THERE = bridge(FIRST, SECOND)


def moved(case: Case, now: Instant, made: Bridge = THERE, policy: str | None = None) -> Decision:
    outcome = attempted(case, now, made, policy)
    assert isinstance(outcome, Decision), outcome
    assert fold(case.snapshot, outcome.delta) == outcome.case.snapshot
    assert_legal(made.new, outcome.case)
    return outcome


def attempted(case: Case, now: Instant, made: Bridge = THERE, policy: str | None = None) -> Decision | Refused:
    return advance(made.new, case, Migrate(OFFICE, made, policy), now)


def codes(case: Case, now: Instant, made: Bridge = THERE) -> list[str]:
    outcome = attempted(case, now, made)
    assert isinstance(outcome, Refused), outcome
    return [refusal.code for refusal in outcome.refusals]


def assert_legal(process: Process, case: Case) -> None:
    """Every active compound state has one active child, and all live deadlines and tasks are of this version."""
    active = process.tree.active(case.configuration)
    for path in active:
        state = process.states[path]
        if state.kind == "compound":
            assert sum(child in active for child in state.children) == 1
        if state.kind == "parallel":
            assert all(child in active for child in state.children)
    for name in case.snapshot.get("deadlines", {}):
        assert process.definition.deadlines[name].state in active or case.snapshot["deadlines"][name]["status"] == "paused"
    assert {task["state"] for task in case.snapshot.get("tasks", {}).values()} <= set(process.states)


def local(text: str) -> Instant:
    return parse_instant(f"{text}+08:00")


def ledger(case: Case, name: str) -> dict[str, Any]:
    found: dict[str, Any] = case.snapshot["deadlines"][name]
    return found


def rungs(case: Case, name: str) -> dict[str, str | None]:
    """The instants of the rungs that are still to fire."""
    kept = ledger(case, name)
    return {each["at"]: rfc3339(each["instant"]) for each in kept["rungs"] if each["at"] not in kept["fired"]}


def vetting(**data: Any) -> Story:
    """A case in vetting since Monday 2 March 2026, 09:00."""
    return Story(FIRST, **data).act("submit")


DECIDE, HOURS, WHOLE = "topic.scrutiny.decide", "topic.scrutiny.hours", "topic.whole"
