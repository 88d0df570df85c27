"""Small workflows and their scenarios, read and played, for the tests of scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.clock import parse_instant
from engine.proof.scenario_coverage import Coverage
from engine.proof.scenario_paths import EFFORT
from engine.proof.scenario_propose import NoWay, Proposal, propose
from engine.proof.scenario_reading import ScenarioFile, read_scenarios
from engine.proof.scenario_run import Result, Routes, cover, run
from engine.proof.scenario_workflows import Workflows
from tests.core.process import calendars

MESSAGE = """
workflow: message
version: 1
title: 群众留言
calendar: cn
number: {series: message, per: year, format: "{year}留{n:03}", at: assign}
roles: {resident: 群众, office: 政协办公室, head: 秘书长, department: {title: 承办部门, bound: data.department}}
settings:
  term: {type: term, default: 15 working days, basis: default}
  least: {type: decimal, default: 60, basis: default}
data:
  text:       {type: text, title: 留言内容, max: 500}
  urgent:     {type: bool, default: false}
  department: {type: unit}
  reply:      {type: text}
  score:      {type: decimal, scale: 1, between: [0, 100]}
  visits:     {type: list, of: record, default: [], fields: {place: {type: text}}}
documents: {report: {title: 报告, attached_by: department, per: answering}}
start: {by: resident, form: [text, urgent?]}
initial: received
states:
  received:
    owner: office
    actions:
      assign: {by: office, form: [department], notify: initiator, to: answering}
      reject: {by: office, guard: "!data.urgent", refuse: {code: too_urgent, text: 急件}, reason: required, to: rejected}
  answering:
    owner: department
    deadlines:
      reply: {within: settings.term, basis: default, rungs: [{at: 80 %, notify: owner}, {at: due, notify: [owner, office]}, {at: 5 working days after, escalate: head}]}
    actions:
      visit:  {by: department, form: [visits+]}
      answer: {by: department, form: [reply], requires: [report], to: checking}
  checking:
    owner: office
    actions:
      check:
        by: office
        form: [score]
        choice:
          - {guard: data.score < settings.least, to: answering, cycles: {at_most: 2, then: rejected}}
          - {to: answered}
  rejected: {final: true, outcome: rejected}
  answered: {final: true, outcome: success}
anywhere:
  actions:
    urge: {by: [office, resident], notify: owner, limit: 1 per 3 working days}
"""


def folder(path: Path, *workflows: str) -> Workflows:
    """Write workflows into a folder and give them as scenarios find them."""
    files = []
    for number, text in enumerate(workflows or (MESSAGE,)):
        files.append(path / f"workflow{number}.yaml")
        files[-1].write_text(text, "utf-8")
    return Workflows(files, calendars())


def read(path: Path, text: str, *workflows: str) -> ScenarioFile:
    """Read scenarios."""
    return read_scenarios(text, "message.test.yaml", folder(path, *workflows))


def results(path: Path, text: str, *workflows: str) -> list[Result]:
    """Play scenarios that are sound in themselves."""
    found = read(path, text, *workflows)
    assert found.problems == ()
    routes = Routes(EFFORT)
    return [run(scenario, routes) for scenario in found.scenarios]


def passes(path: Path, text: str, *workflows: str) -> Result:
    """Play one scenario, which must pass; a failure shows its differences and the way it went."""
    (result,) = results(path, text, *workflows)
    assert result.differences == (), result.story
    return result


def differences(path: Path, text: str, *workflows: str) -> list[tuple[str, object, object]]:
    """Play one scenario that must fail; give what differs."""
    (result,) = results(path, text, *workflows)
    assert not result.passed
    return [(each.what, each.expected, each.got) for each in result.differences]


def coverage(played: Sequence[Result]) -> Coverage:
    """Give the coverage of the one workflow that was played."""
    (found,) = cover(played)
    return found


def proposals(workflows: Workflows, name: str, effort: int = EFFORT) -> tuple[Coverage, list[Proposal], list[NoWay]]:
    """Look for ways to everything in a workflow that no scenario has shown anything of."""
    empty = Coverage(workflows.find(name))
    return empty, *propose(empty, parse_instant("2026-03-02T09:00:00+08:00"), effort)
