"""What holds on every walk through a process: legal configurations, listed = accepted, the deltas give the snapshot, time goes on."""

from __future__ import annotations

import copy
import gc
from typing import Any

import orjson
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.actions import allowed_actions, list_actions
from engine.core.advance import advance
from engine.core.case import EMPTY, Case, fold
from engine.core.chain import canonical
from engine.core.command import Act, Fire
from engine.core.decision import Decision, Refused
from engine.core.ledger import Ledger
from engine.core.rungs import next_rung
from engine.definition.process import Kind
from tests.core.process import DAY, Story, person, process

WORK = """
duties: [{different_person: [submit, approve]}]
settings: {term: {type: term, default: 10 working days, basis: default}}
data:
  topic: {type: text, max: 50}
  urgent: {type: bool, default: false}
  n: {type: int}
  calls: {type: int, compute: count('call')}
  rows: {type: list, of: record, default: [], fields: {place: {type: text}}}
documents: {report: {title: 报告, attached_by: office, approved_by: clerk, per: work}}
start: {by: [office, member], form: [topic, urgent]}
initial: proposed
states:
  proposed:
    owner: member
    actions: {submit: {by: [office, member], guard: data.urgent || has(data.n), choice: [{guard: data.urgent, to: work}, {to: vetting}]},
              count: {by: office, form: [n]}}
  vetting:
    owner: clerk
    deadlines: {decide: {within: settings.term, basis: default, rungs: [{at: 80 %, notify: [owner]}, {at: due, escalate: office}, {at: 5 days after, act: send_back}]}}
    actions:
      approve: {by: [office, clerk], to: work}
      send_back: {by: [clerk, clock], reason: required, to: proposed, cycles: {at_most: 2, then: over}}
  work:
    owner: office
    deadlines: {report: {within: 1 month, basis: default, paused_in: [suspended], reentry: continue, rungs: [{at: due, notify: [owner]}],
                extend: {asked_by: office, by: clerk, add: 2 weeks, at_most: 2, reason: required}}}
    regions:
      field: {initial: asking, states: {asking: {actions: {call: {by: office, limit: 3 per case}, visit: {by: member, form: [rows+]}, enough: {by: office, guard: data.calls > 0, to: asked}}}, asked: {final: true}}}
      desk: {initial: reading, states: {reading: {actions: {file: {by: [office, clerk], to: filed}}}, filed: {final: true}}}
    done: {to: ready}
  ready:
    owner: office
    actions: {conclude: {by: office, requires: [report], to: over}, again: {by: clerk, to: work, cycles: {at_most: 3, then: over}}}
  suspended: {owner: clerk, actions: {resume: {by: clerk, to: {history: deep}}}}
  over: {final: true, outcome: success}
anywhere: {actions: {suspend: {by: clerk, reason: required, to: suspended, except: [suspended]}, urge: {by: member, limit: 1 per 3 working days, notify: [owner]}}}
"""
PROCESS = process(WORK)
ACTORS = [person("li", "office"), person("wang", "office", "clerk"), person("zhao", "member"), person("sun", "clerk")]
VALUES: dict[str, Any] = {"n": 7, "rows": {"place": "现场"}, "topic": "路灯", "urgent": True}
MOVES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.sampled_from([0, 1, 3, 12, 40])), max_size=25)


def test_a_decision_leaves_nothing_for_the_garbage_collector() -> None:
    """What an act has read and made is given back at once: under load it would else fill memory until a collection."""
    story, command = Story(PROCESS, ACTORS[0], topic="路灯", urgent=False), Act(ACTORS[0], "count", {"n": 7})
    assert isinstance(advance(PROCESS, story.case, command, story.now), Decision)  # and fills what is remembered
    gc.collect()
    gc.disable()
    try:
        advance(PROCESS, story.case, command, story.now)
        assert gc.collect() == 0
    finally:
        gc.enable()


def good_form(status: Any) -> dict[str, Any]:
    return {field.item.id: VALUES[field.item.id] for field in status.form.fields} if status.form else {}


def play(moves: list[tuple[int, int, int]]) -> tuple[Story, list[Case]]:
    """Walk: who, which of the listed actions, and how many days pass before. Rungs that fall due fire on the way."""
    story = Story(PROCESS, ACTORS[0], topic="路灯", urgent=False)
    cases = [story.case]
    for who, which, days in moves:
        fire_due(story, story.now + days * DAY)
        story.now += days * DAY
        actor = ACTORS[who]
        listed = list_actions(PROCESS, story.case, actor, story.now)
        assert [status.name for status in listed if status.allowed] == allowed_actions(PROCESS, story.case, actor, story.now)
        if not listed:
            break
        status = listed[which % len(listed)]
        document = "d1" if status.attaches else None
        outcome = story.attempt(status.name, actor, reason="因为", document=document, **good_form(status))
        check_agreement(status, outcome)
        if isinstance(outcome, Decision):
            story._keep(outcome)
            cases.append(outcome.case)
    return story, cases


def fire_due(story: Story, until: int) -> None:
    for _ in range(20):
        due = [
            (*upcoming, name)
            for name in story.case.snapshot.get("deadlines", EMPTY)
            if (upcoming := next_rung(story.ledger(name))) and upcoming[0] <= until
        ]
        if not due:
            return
        story.fire(min(due)[2])


def check_agreement(status: Any, outcome: Decision | Refused) -> None:
    if isinstance(outcome, Decision):
        assert status.allowed
    elif status.allowed:
        # A listed action is refused only for what its own form decides, never for what was known before.
        assert status.depends_on or {one.code for one in outcome.refusals} <= {"missing_field", "invalid_field"}, (status, outcome)
    else:
        assert [one.code for one in status.refusals] == [one.code for one in outcome.refusals]


@given(MOVES)
@settings(max_examples=120)
def test_configurations_are_legal_on_every_walk(moves: list[tuple[int, int, int]]) -> None:
    for case in play(moves)[1]:
        active = PROCESS.tree.active(case.configuration)
        for path in active:
            state = PROCESS.states[path]
            inside = [child for child in state.children if child in active]
            assert len(inside) == {Kind.COMPOUND: 1, Kind.PARALLEL: len(state.children)}.get(state.kind, 0)


@given(MOVES)
@settings(max_examples=120)
def test_folding_the_deltas_gives_the_snapshot(moves: list[tuple[int, int, int]]) -> None:
    story, _ = play(moves)
    snapshot: dict[str, Any] = {}
    for decision in story.decisions:
        snapshot = fold(snapshot, orjson.loads(orjson.dumps(decision.delta)))

    assert orjson.loads(canonical(story.case.snapshot)) == snapshot


@given(MOVES)
@settings(max_examples=60)
def test_live_deadlines_are_those_of_active_states_or_stand_still(moves: list[tuple[int, int, int]]) -> None:
    for case in play(moves)[1]:
        active = PROCESS.tree.active(case.configuration)
        for name, kept in case.snapshot.get("deadlines", EMPTY).items():
            deadline = PROCESS.definition.deadlines[name]
            assert deadline.state in active or Ledger.from_json(kept).status == "paused"


@given(MOVES)
@settings(max_examples=60)
def test_deciding_is_pure_and_repeatable(moves: list[tuple[int, int, int]]) -> None:
    story, cases = play(moves)
    for case in cases:
        before = copy.deepcopy(case)
        for status in list_actions(PROCESS, case, ACTORS[1], story.now):
            command = Act(ACTORS[1], status.name, good_form(status), "因为")
            assert advance(PROCESS, case, command, story.now) == advance(PROCESS, case, command, story.now)
        assert before == case


@given(MOVES)
@settings(max_examples=40)
def test_snapshots_have_the_same_bytes_as_the_canonical_form_of_rfc_8785(moves: list[tuple[int, int, int]]) -> None:
    story, _ = play(moves)

    assert rfc8785.dumps(orjson.loads(canonical(story.case.snapshot))) == canonical(story.case.snapshot)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(min_codepoint=32, max_codepoint=126)), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(json_values)
def test_canonical_form_is_that_of_rfc_8785_within_the_profile(value: Any) -> None:
    assert rfc8785.dumps(value) == canonical(value)


def test_rung_fire_of_a_deadline_that_is_gone_is_refused_without_reasons() -> None:
    story = Story(PROCESS, topic="x", urgent=True)

    assert Refused(()) == advance(PROCESS, story.case, Fire("vetting.decide", 1, "due", story.now), story.now)
