"""Choices: each case has one branch, and each branch a case. What the solver cannot look into is said to be undecided."""

from __future__ import annotations

import pytest

from engine.errors import Problem
from engine.proof.verdicts import Word
from tests.definition.loading import place, rules
from tests.proof.linting import found, judged, small

DATA = """data:
  done: {type: bool, default: false}
  kind: {type: choice, options: {road: 路, lift: 梯, other: 他}}
  low: {type: int, between: [0, 10], default: 0}
  high: {type: int, default: 0}
  score: {type: decimal, scale: 1, between: [0, 100], default: 0}
  on: {type: date, default: 2026-01-01}
  until: {type: date, default: 2026-01-01}
  seen: {type: datetime}
  notes: {type: list, of: text, default: []}
  note: {type: text}
  unit: {type: unit}
  amount: {type: int}
settings: {most: {type: int, default: 5, between: [1, 9], basis: default}}"""


def text_of(*guards: str, form: str = "", before: str = "") -> str:
    """Write a workflow with one act whose branches have these guards; an empty guard is "else"."""
    branches = ", ".join(f'{{guard: "{guard}", to: end, set: {{low: "{n}"}}}}' if guard else "{to: end}" for n, guard in enumerate(guards))
    act = f"  a: {{actions: {{{before}x: {{by: [office, head], form: [{form}], choice: [{branches}]}}}}}}"
    whole = small(act).replace("roles: {office: 办公室}", "roles: {office: 办公室, head: 秘书长}")
    head, rest = whole.split("data: ")[0], whole.split("\n", 7)[7]
    return f"{head}{DATA}\n{rest}"


def of_choice(*guards: str, form: str = "") -> list[Problem]:
    return [each for each in found(text_of(*guards, form=form)) if each.rule.startswith("choice.")]


def rule_ids(*guards: str, form: str = "") -> list[str]:
    return [each.rule for each in of_choice(*guards, form=form)]


EXACT = [
    ["data.done", "!data.done"],
    ["data.kind == 'road'", "data.kind == 'lift'", "data.kind == 'other'"],
    ["data.kind == 'road'", "data.kind != 'road'"],
    ["data.kind in ['road', 'lift']", "!(data.kind in ['road', 'lift'])"],
    ["data.low < 5", "data.low >= 5"],
    ["data.low > 0", "data.low == 0"],
    ["data.low * 2 + 1 < 7", "3 <= data.low"],
    ["data.score < 60.0", "data.score >= 60.0"],
    ["data.low < data.high", "data.low == data.high", "data.low > data.high"],
    ["data.low - data.high < settings.most", "data.low >= data.high + settings.most"],
    ["data.on < date(2026, 7, 1)", "data.on >= date(2026, 7, 1)"],
    ["data.on <= data.until", "data.on > data.until"],
    ["data.on < today", "data.on >= today"],
    ["has(data.unit)", "!has(data.unit)"],
    ["has(data.unit) && data.unit == actor.unit", "!has(data.unit) || data.unit != actor.unit"],
    ["actor.role == 'office'", "actor.role == 'head'"],
    ["size(data.notes) == 0", "size(data.notes) > 0"],
    ["count('x') == 0", "count('x') >= 1"],
    ["In('a')", "!In('a')"],
    ["data.done ? data.low > 3 : data.low > 5", "data.done ? data.low <= 3 : data.low <= 5"],
    ["data.notes.exists(n, n == 'a')", "!data.notes.exists(n, n == 'a')"],
    ["(data.low > 3) == data.done", "(data.low > 3) != data.done"],
]


@pytest.mark.parametrize("guards", EXACT, ids=" | ".join)
def test_branches_that_part_all_cases_are_left_alone(guards: list[str]) -> None:
    found_here = [each for each in rule_ids(*guards, form="kind") if each != "choice.dead"]
    assert found_here == []
    assert all(not each.rule.startswith("choice") for each in judged(text_of(*guards, form="kind")).reasons)


GAPS = [
    (["data.done", "data.low > 3"], "data.done false"),
    (["data.kind == 'road'", "data.kind == 'lift'"], "data.kind = 'other'"),
    (["data.low < 5", "data.low > 5"], "data.low = 5"),
    (["data.low < data.high", "data.low > data.high"], "data.low = "),
    (["data.on < date(2026, 7, 1)", "data.on > date(2026, 7, 1)"], "data.on = 2026-07-01"),
    (["data.score < 59.9", "data.score > 60.0"], "data.score = "),
    (["actor.role == 'office'", "actor.role == 'office' && data.done"], "actor.role = 'head'"),
]


@pytest.mark.parametrize(("guards", "example"), GAPS, ids=str)
def test_a_gap_is_found_with_a_case_that_falls_into_it(guards: list[str], example: str) -> None:
    gaps = [each for each in of_choice(*guards, form="kind") if each.rule == "choice.gap"]
    assert [each.severity for each in gaps] == ["warning"]
    assert example in gaps[0].message


OVERLAPS = [
    (["data.done", "data.low > 3", "!data.done && data.low <= 3"], "data.done true"),
    (["data.low >= 5", "data.low <= 5"], "data.low = 5"),
    (["data.low <= data.high", "data.low >= data.high"], "data.low = "),
]


@pytest.mark.parametrize(("guards", "example"), OVERLAPS, ids=str)
def test_a_case_that_two_branches_claim_is_found(guards: list[str], example: str) -> None:
    (overlap,) = [each for each in of_choice(*guards) if each.rule == "choice.overlap"]
    assert example in overlap.message
    assert "branch 1" in overlap.message


def test_with_an_else_the_order_decides_on_purpose() -> None:
    assert rule_ids("data.low > 7", "data.low > 3", "") == []
    assert rule_ids("data.done", "data.low > 3", "") == []


DEAD = [
    ["data.low > 3", "data.low > 7", ""],  # the general one before the special one
    ["data.low > 10", ""],  # beyond `between`
    ["data.kind == 'road'", "data.kind != 'road'", ""],
    ["data.low < data.high", "data.low + 1 <= data.high", ""],
    ["", "data.done"],
    ["!In('a')", ""],
    ["actor.role == 'clerk'", ""],
]


@pytest.mark.parametrize("guards", DEAD, ids=str)
def test_a_branch_that_is_never_taken_is_found(guards: list[str]) -> None:
    assert rule_ids(*guards, form="kind") == ["choice.dead"]


def test_what_the_form_demands_is_known_to_be_there() -> None:
    assert rule_ids("has(data.amount) && data.amount > 3", "has(data.amount) && data.amount <= 3", form="amount") == []
    assert "choice.gap" in rule_ids("has(data.amount) && data.amount > 3", "has(data.amount) && data.amount <= 3", form="amount?")


OPAQUE = ["data.notes.exists(n, n == 'a')", "data.notes.exists(n, n == 'b')"]


def test_what_the_solver_cannot_look_into_is_undecided_and_no_problem() -> None:
    assert rule_ids(*OPAQUE) == []
    verdict = judged(text_of(*OPAQUE))
    assert verdict.word is Word.UNDECIDED
    assert {each.rule for each in verdict.reasons} == {"choice.gap", "choice.overlap", "state.no_end"}
    assert {each.severity for each in verdict.reasons} == {"note"}


def test_a_gap_that_is_there_whatever_the_opaque_part_says_is_found() -> None:
    assert "choice.gap" in rule_ids("data.done && data.notes.exists(n, n == 'a')", "data.done && data.low > 3")


def test_a_gap_stands_at_the_guard_of_the_last_branch() -> None:
    text = small(
        "  a: {actions: {x: {by: office, form: [amount], choice: [{guard: data.done, to: end}, {guard: data.amount > 3, to: a}]}}}"
    )
    (gap,) = [each for each in found(text) if each.rule == "choice.gap"]
    assert (gap.line, gap.column) == place(text, "data.amount > 3")


def test_always_may_have_no_branch_that_holds() -> None:
    text = small(
        "  a: {always: {choice: [{guard: data.done, to: end}, {guard: '!data.done && count(\"x\") > 3', to: end}]}, "
        "actions: {x: {by: office, set: {done: 'true'}}}}"
    )
    assert rules(found(text)) == []
