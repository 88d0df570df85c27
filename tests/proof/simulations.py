"""Small workflows to simulate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from engine.core.compiled import Process, compile_process
from engine.definition.loader import load_one
from engine.definition.terms import parse_term
from engine.proof.simulation_defaults import default_assumptions
from engine.proof.simulation_model import Assumptions, Even
from tests.definition.loading import CALENDARS

MONDAY = date(2026, 3, 2)
HEAD = "workflow: desk\nversion: 1\ntitle: 收件\ncalendar: cn\n"

DESK = """
roles: {member: 委员, office: 办公室}
start: {by: member}
initial: waiting
states:
  waiting:
    owner: office
    deadlines: {answer: {within: 10 working days, basis: default, rungs: [{at: due, escalate: office}]}}
    actions: {answer: {by: office, to: answered}}
  answered: {final: true, outcome: success}
"""


def process(body: str) -> Process:
    """Compile a workflow below a common head."""
    return compile_process(load_one(HEAD + body, "desk.yaml", calendars=CALENDARS), CALENDARS["cn"])


def assumptions(made: Process, **changes: Any) -> Assumptions:
    """Give the assumptions about a workflow from a Monday on; ``takes``: how many working days a stay in each state takes, exactly."""
    takes = changes.pop("takes", {})
    term = parse_term(changes.pop("term", "6 months"))
    found = replace(default_assumptions(made, MONDAY), term=term, **changes)
    states = {path: replace(found.states[path], takes=Even(days, days)) for path, days in takes.items()}
    return replace(found, states={**found.states, **states})


def daily(cases: float) -> tuple[float, ...]:
    """Give arrivals of so many cases on every working day."""
    return (cases,) * 7


def row(rows: list[dict[str, Any]], **which: Any) -> dict[str, Any]:
    """Give the one row of a table of the report in which these values stand."""
    (found,) = [each for each in rows if which.items() <= each.items()]
    return found
