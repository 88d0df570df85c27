"""What tests of lint stand on: linting a text, a small workflow to write states into, the formulas of a guard."""

from __future__ import annotations

from engine.errors import Problem
from engine.proof.lint import examine, lint
from engine.proof.verdicts import Verdict
from tests.definition.loading import CALENDARS, changed


def found(text: str | bytes, *changes: tuple[str, str]) -> list[Problem]:
    """Lint a text after some changes."""
    return lint([("w.yaml", changed(text, *changes) if isinstance(text, str) else text)], CALENDARS)


def small(states: str, anywhere: str = "") -> str:
    """Make a small workflow of some states."""
    return f"""
workflow: small
version: 1
title: 例
calendar: cn
roles: {{office: 办公室}}
data: {{note: {{type: text}}, amount: {{type: int}}, done: {{type: bool, default: false}}}}
start: {{by: office}}
initial: a
states:
{states}
  end: {{final: true, outcome: success}}
{anywhere}
"""


def judged(text: str, *changes: tuple[str, str]) -> Verdict:
    """Lint a text after some changes and give the verdict."""
    (verdict,) = examine([("w.yaml", changed(text, *changes))], CALENDARS).verdicts
    return verdict
