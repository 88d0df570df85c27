"""What happened is done again under another version: the same where nothing that matters differs, and each difference told where it begins."""

from __future__ import annotations

from typing import Any

import pytest

from engine.clock import parse_instant
from engine.core.bridge import bridge
from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision
from engine.definition.loader import load_one
from engine.proof.replay import Divergence, replay, tally
from engine.runtime.recording import Salted, event_body
from engine.runtime.views import put_back
from tests.core.process import DAY, OFFICE, OTHER, Story, calendars, person

BODY = """workflow: matter
version: 1
title: 事项
calendar: cn
roles: {office: 办公室, head: 主任}
data:
  topic: {type: text}
  n: {type: int}
  visits: {type: list, of: record, default: [], fields: {place: {type: text}}}
documents: {report: {title: 报告, attached_by: office}}
start: {by: office, form: [topic]}
initial: open
states:
  open:
    owner: office
    deadlines: {decide: {within: 10 working days, basis: default, rungs: [{at: due, act: lapse}]}}
    actions:
      visit: {by: office, form: [visits+]}
      size_up: {by: office, form: [n]}
      decide: {asked_by: office, by: head, form: [n?], to: work}
      lapse: {by: clock, to: lapsed}
  work:
    owner: office
    actions: {finish: {by: office, requires: [report], choice: [{guard: data.n > 3, to: done}, {to: open, cycles: {at_most: 2, then: lapsed}}]}}
  done: {final: true, outcome: success}
  lapsed: {final: true, outcome: lapsed}
"""
HEAD = person("sun", "head")


def process(*changes: tuple[str, str]) -> Process:
    text = BODY
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return compile_process(load_one(text, "matter.yaml", calendars=calendars()), calendars()["cn"])


FIRST = process()


def bodies(decisions: list[Decision]) -> list[dict[str, Any]]:
    """The events as the trail has them, with what they commit to back in its place."""
    found = []
    for decision in decisions:
        salted = Salted()
        body = event_body(decision, FIRST.definition.committed, salted)
        body = {**body, "delta": {name: dict(section) for name, section in body.get("delta", {}).items()}}
        for pointer, (_, value) in salted.payload.items():
            put_back(body, pointer, value)
        found.append(body)
    return found


def whole_story() -> Story:
    story = Story(FIRST, topic="路灯").wait(DAY).act("visit", OFFICE, visits={"place": "费市"})
    story.wait(DAY).act("visit", OTHER, visits=[{"place": "家苑"}, {"place": "三路"}]).act("size_up", OFFICE, n=5)
    story.wait(DAY).act("decide.ask", OFFICE, n=7).wait(DAY).act("decide", HEAD)
    return story.act("report.attach", OFFICE, document="d1").wait(DAY).act("finish")


def compared(story: Story, *changes: tuple[str, str]) -> tuple[Divergence, ...]:
    return replay(bridge(FIRST, process(*changes)), bodies(story.decisions))


def test_the_same_version_does_the_same() -> None:
    story = whole_story()
    assert story.case.outcome == "success"
    assert compared(story) == ()


def test_a_rung_that_acts_by_the_clock_comes_from_the_version_itself() -> None:
    story = Story(FIRST, topic="路灯").fire("open.decide")
    assert story.case.outcome == "lapsed"
    assert compared(story) == ()
    (place, outcome, term) = compared(story, ("within: 10 working days", "within: 20 working days"))
    assert (place.kind, place.then, place.now) == ("elsewhere", "lapsed", "open")
    assert (outcome.kind, outcome.then, outcome.now) == ("outcome", "lapsed", "running")
    assert (term.kind, term.action, term.then, term.now) == ("in_time", "open.decide", "late", "not late")


def test_a_version_in_which_the_clock_goes_round_for_ever_is_told_where_it_begins() -> None:
    story = Story(FIRST, topic="路灯").fire("open.decide")
    (endless,) = compared(story, ("{at: due, act: lapse}", "{at: start, act: lapse}"), ("{by: clock, to: lapsed}", "{by: clock, to: open}"))
    assert (endless.kind, endless.action, endless.then) == ("elsewhere", "open.decide", "lapsed")
    assert endless.now.startswith("no end after matter open.decide: start 5,000 times, all at ")


def test_a_tighter_guard_refuses_where_it_first_bites() -> None:
    (found,) = compared(whole_story(), ("visit: {by: office,", "visit: {by: office, guard: size(data.visits) < 2,"))
    assert (found.kind, found.seq, found.action, found.now) == ("refused", 3, "visit", "guard_failed")
    assert [refusal.code for refusal in found.refusals] == ["guard_failed"]


def test_a_new_field_that_nobody_filled_in_refuses() -> None:
    (found,) = compared(
        whole_story(),
        ("size_up: {by: office, form: [n]", "size_up: {by: office, form: [n, m]"),
        ("  n: {type: int}", "  n: {type: int}\n  m: {type: int}"),
    )
    assert (found.action, found.now) == ("size_up", "missing_field")


def test_an_earlier_due_day_shows_in_what_ends_late() -> None:
    found = compared(
        whole_story(),
        ("within: 10 working days", "within: 2 working days"),
        ("{at: due, act: lapse}", "{at: 20 working days after, act: lapse}"),
    )
    assert [(each.kind, each.action, each.then, each.now) for each in found] == [("late", "open.decide", "not late", "late")]


def test_another_way_is_told_where_it_begins_and_at_the_end() -> None:
    found = compared(whole_story(), ("guard: data.n > 3", "guard: data.n > 30"))
    assert [(each.kind, each.then, each.now) for each in found] == [("elsewhere", "done", "open"), ("outcome", "success", "running")]


def test_a_renamed_state_and_item_are_the_same_place_and_value() -> None:
    found = compared(
        whole_story(),
        ("version: 1", "version: 2"),
        ("  work:\n", "  working:\n"),
        ("form: [n?], to: work", "form: [m?], to: working"),
        ("  n: {type: int}", "  m: {type: int}"),
        ("form: [n]", "form: [m]"),
        ("guard: data.n > 3", "guard: data.m > 3"),
        (
            "  lapsed: {final: true, outcome: lapsed}\n",
            "  lapsed: {final: true, outcome: lapsed}\nmigrate: {from: 1, states: {work: working}, data: {m: data.n}}\n",
        ),
    )
    assert found == ()


@pytest.mark.parametrize("seq", [1, 2])
def test_a_correction_puts_its_value_in_its_place(seq: int) -> None:
    story = whole_story()
    events = bodies(story.decisions)
    wrong = {**events[3], "kind": "correction", "action": "correction", "delta": {"data": {"n": 9}}, "notes": {"corrects": seq}}
    assert replay(bridge(FIRST, process()), [*events[:4], wrong, *events[4:]]) == ()


def test_cases_are_counted_by_what_differs() -> None:
    when = parse_instant("2026-03-02T09:00:00Z")
    refused = Divergence("refused", 1, when, "x", "taken", "guard_failed")
    assert tally([(), (refused,), (refused, refused)]) == {"same": 1, "refused": 2}
