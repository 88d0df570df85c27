"""What a refusal says in Chinese is Chinese: the English of the same refusal, or of a library, is not in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from engine.core.advance import advance
from engine.core.command import Act, Correct
from engine.core.decision import Outcome, Refused
from tests.core.process import OFFICE, START, Story, process

ENGLISH = re.compile(r"[A-Za-z]{2,}")
NAMES = {"data", "outcome", "seen", "who"}
"""Names of what is sent, where they stand for a place."""

DEFINITION = process(
    """
data:
  n: {type: int, title: 份数}
  double: {type: int, title: 两倍, compute: data.n * 2}
  on: {type: date, title: 日期}
  tasks: {type: list, of: record, title: 任务, default: [], fields: {who: {type: text, title: 谁}}}
start: {by: office, form: [n?]}
initial: a
states:
  a:
    actions:
      plain: {by: office}
      divide: {by: office, guard: 6 / data.n > 1}
      list: {by: office, form: [tasks]}
      plan: {by: office, form: [on], to: b}
      end: {by: office, to: closed}
  b: {owner: office, deadlines: {d: {until: data.on, basis: rule, rungs: [{at: due, notify: [owner]}]}}, actions: {end: {by: office, to: closed}}}
  closed: {final: true, outcome: success}
"""
)


def refused() -> Iterator[tuple[str, Outcome]]:
    case = Story(DEFINITION, n=0).case

    def said(command: Any) -> Outcome:
        return advance(DEFINITION, case, command, START)

    yield "no form", said(Act(OFFICE, "plain", {"seen": 1}))
    yield "a guard that has no value", said(Act(OFFICE, "divide"))
    yield "not a list", said(Act(OFFICE, "list", {"tasks": "x"}))
    yield "an unknown field", said(Act(OFFICE, "list", {"tasks": [{"seen": "x"}]}))
    yield "a day beyond all calendars", said(Act(OFFICE, "plan", {"on": "9998-01-01"}))
    yield "nothing to correct", said(Correct(OFFICE, 1, "错"))
    yield "an outcome before the end", said(Correct(OFFICE, 1, "错", outcome="success"))
    yield "a computed item", said(Correct(OFFICE, 1, "错", data={"double": 3}))
    yield "a wrong value", said(Correct(OFFICE, 1, "错", data={"n": "x"}))
    yield "a wrong value inside", said(Correct(OFFICE, 1, "错", data={"tasks": [{"who": 3}]}))
    yield "no object", said(Correct(OFFICE, 1, "错", data={"tasks": [3]}))


@pytest.mark.parametrize(("what", "outcome"), [*refused()])
def test_a_refusal_in_chinese_has_no_english_in_it(what: str, outcome: Outcome) -> None:
    assert isinstance(outcome, Refused), what
    for refusal in outcome.refusals:
        assert not {*ENGLISH.findall(refusal.message["zh-CN"])} - NAMES, refusal.message["zh-CN"]
        assert ENGLISH.search(refusal.message["en"])
