"""The loader, on what is wrong: names that mean nothing, expressions that do not fit, hard input."""

from __future__ import annotations

import contextlib
import functools
import operator
import random
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.loader import load
from engine.definition.reader import read
from tests.definition.loading import CALENDARS, DELIBERATION, SMALLEST, changed, place, problems, rules, sound

# --- names and expressions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (("start: {by: member", "start: {by: membr"), "name.unknown_role"),
        (("notify: [owner, department_head]", "notify: [owner, departmenthead]"), "name.unknown_role"),
        (("escalate: chair_meeting", "escalate: chair"), "name.unknown_role"),
        (("attached_by: office, approved_by", "attached_by: offic, approved_by"), "name.unknown_role"),
        (("superior_of: department", "superior_of: dept"), "name.unknown_role"),
        (("requires: [report], guard", "requires: [reprot], guard"), "name.unknown_document"),
        (("form: [department], to", "form: [departement], to"), "name.unknown_item"),
        (("set: {score: 70.0}", "set: {scores: 70.0}"), "name.unknown_item"),
        (("publish: {what: [topic, report]", "publish: {what: [topics, report]"), "name.unknown_item"),
        (("[submit, approve]", "[submit, aprove]"), "name.unknown_act"),
        (("met_by: call", "met_by: phone"), "name.unknown_act"),
        (("at: approve}", "at: aproved}"), "name.unknown_act"),
        (("basis: source\n        paused_in: [suspended]", "basis: source\n        paused_in: [suspend]"), "name.unknown_state"),
        (("except: [suspended]", "except: [suspend]"), "name.unknown_state"),
        (("per: session}", "per: sesion}"), "name.unknown_state"),
        (("then: shelved", "then: shelf"), "name.unknown_state"),
        (("initial: proposed", "initial: propose"), "name.unknown_state"),
        (("receive: {over: {}}", "receive: {over: {}, under: {}}"), "name.unknown_event"),
        (("receive: {over: {}}", "receive: {}"), "raise.unheard"),
        (("calendar: cn", "calendar: mars"), "name.unknown_calendar"),
        (('format: "{year}议{n:03}"', 'format: "{jahr}议{n:03}"'), "model.value"),
        (('format: "{year}议{n:03}"', 'format: "{year}议"'), "model.value"),
        (('format: "{year}议{n:03}"', 'format: "{by}{year}议{n:03}"'), "model.value"),
        (('format: "{year}议{n:03}"', 'format: "{by}{year}议{n:03}", by: topik'), "name.unknown_item"),
        (('format: "{year}议{n:03}"', 'format: "{by}{year}议{n:03}", by: topic'), "model.value"),
        (("limit: 1 per person", "limit: 1 per day"), "model.value"),
        (("options: settings.answers", "options: settings.vetting_term"), "name.unknown_list"),
    ],
)
def test_names_that_mean_nothing_are_refused(change: tuple[str, str], rule: str) -> None:
    assert rule in rules(problems(DELIBERATION, change))


def test_a_guard_of_a_wrong_type_is_refused_inside_the_text() -> None:
    text = changed(DELIBERATION, ("guard: data.score < 90.0", "guard: data.score < 90"))
    (found,) = problems(text)
    assert (found.rule, found.line) == ("guard.type", place(text, "guard: data.score < 90}"[:-1])[0])
    assert found.column > place(text, "data.score < 90}"[:-1])[1]
    assert found.pointer == "/states/research/actions/adjust/guard"


def test_a_guard_that_is_no_condition_is_refused() -> None:
    assert rules(problems(DELIBERATION, ("guard: data.score < 90.0", "guard: data.score"))) == ["guard.type"]


def test_an_unknown_field_is_placed_in_the_quoted_text_and_named() -> None:
    text = changed(DELIBERATION, ('"working_days(today, data.session_on) >= 15"', '"working_days(today, data.sesion_on) >= 15"'))
    (found,) = problems(text)
    assert (found.rule, found.line) == ("guard.type", place(text, "data.sesion_on")[0])
    assert "sesion_on" in found.message


def test_a_value_that_does_not_suit_its_item_is_refused() -> None:
    assert rules(problems(DELIBERATION, ("set: {special: false}", "set: {special: \"'no'\"}"))) == ["expression.type"]


def test_a_name_in_an_expression_may_be_the_end_of_a_path() -> None:
    """`vetting` is topic.vetting where no other state is called so; the core is asked with the full name."""
    definition = sound(
        changed(
            DELIBERATION,
            ("count('hold_symposium', 'research') > 0", "count('hold_symposium', 'vetting') > 0 && !overdue('vetting.decide')"),
        )
    )
    assert definition.memory.since == {("hold_symposium", "topic.vetting")}


OTHERS = """---
workflow: other
version: 1
title: 另
calendar: cn
roles: {office: 办公室}
data: {text: {type: text}, n: {type: int}}
links: {back: {workflow: resident_message, inverse: ahead}}
signals: {called: {from: other, carries: {text: text}}}
initial: a
states: {a: {actions: {end: {by: office, to: b}}}, b: {final: true, outcome: success}}
"""


@pytest.mark.parametrize(
    ("written", "rule", "says"),
    [
        ("links: {ahead: {workflow: othr, inverse: back}}", "name.unknown_workflow", "did you mean 'other'?"),
        ("links: {ahead: {workflow: other, inverse: bac}}", "link.no_inverse", "did you mean 'back'?"),
        ("links: {beside: {workflow: other, inverse: back}}", "link.other_inverse", "`back` is `ahead` of resident_message"),
        ("links: {ahead: {workflow: other, inverse: back, read: [txt]}}", "name.unknown_item", "did you mean 'text'?"),
        ("signals: {x: {from: othr}}", "name.unknown_workflow", "did you mean 'other'?"),
    ],
)
def test_what_is_said_of_another_workflow_must_be_true_of_it(written: str, rule: str, says: str) -> None:
    found = [each for each in problems(SMALLEST + OTHERS, ("initial: received", f"{written}\ninitial: received")) if each.rule == rule]
    assert [says in each.message for each in found] == [True]


@pytest.mark.parametrize(
    ("effect", "rule"),
    [
        ("open: {link: ahed}", "name.unknown_link"),
        ("open: {link: ahead, with: {txt: data.text}}", "name.unknown_item"),
        ("open: {link: ahead, with: {n: data.text}}", "expression.type"),
        ("send: {signal: caled, to: links.ahead}", "name.unknown_signal"),
        ("send: {signal: called, to: links.ahead}", "send.not_from_here"),
        ("send: {signal: called, to: data.reply == data.text}", "send.to_whom"),
        ("collect: {link: ahead, in: [c]}", "name.unknown_state"),
        ("collect: {link: ahead, pick: 3..2}", "model.value"),
        ("collect: {link: ahead, where: row.data.n > 'x'}", "guard.type"),
    ],
)
def test_effects_on_other_cases_are_checked_against_their_workflow(effect: str, rule: str) -> None:
    links = ("initial: received", "links: {ahead: {workflow: other, inverse: back}}\ninitial: received")
    assert rule in rules(problems(SMALLEST + OTHERS, links, ("notify: [initiator]", effect)))


# --- hard input -----------------------------------------------------------------------------------------------------

MADE_UP = [None, True, -1, 0.5, "", "x", "settings.x", "data.topic", "{", [], ["a", "b"], {}, {"a": 1}, {"to": "research"}]


@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_no_change_to_a_sound_file_makes_the_loader_raise(chance: random.Random, changes: int) -> None:
    """Whatever a designer breaks, the answer is a list of problems or a definition."""
    (document,) = read(DELIBERATION, "w.yaml").documents
    data: Any = yaml.load(DELIBERATION, Loader=yaml.CSafeLoader)
    for path in chance.sample(sorted(document.values, key=str)[1:], changes):
        with contextlib.suppress(KeyError, IndexError, TypeError):  # an earlier change took this place away
            functools.reduce(operator.getitem, path[:-1], data)[path[-1]] = chance.choice(MADE_UP)
    found = load(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "w.yaml", calendars=CALENDARS)
    assert found.problems or found.definitions
