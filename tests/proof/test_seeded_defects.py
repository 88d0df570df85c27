"""Must show 3 of the proofs, in small: a sample of the seeded defects in the shipped workflows. `make prove` seeds them all."""

from __future__ import annotations

import hashlib
from itertools import groupby
from pathlib import Path

import pytest

from engine.definition.reader import read
from tests.prove.defects.__main__ import shipped
from tests.prove.defects.behaviour import behaviours, read_alike
from tests.prove.defects.edits import Drop, Replace, Swap
from tests.prove.defects.judging import QUICK, Court, Judged, Verdict
from tests.prove.defects.operators import OPERATORS, STRUCTURE, VALUE, Mutant, mutants
from tests.prove.defects.tables import Outcome, count, goals, summary, survivors

SURE = frozenset({"begin lost", "final lost", "state lost", "role undeclared"})
"""Operators whose defects the rules find by themselves, every one."""


@pytest.fixture(scope="module", params=shipped(), ids=lambda path: path.stem)
def court(request: pytest.FixtureRequest) -> Court:
    """A court opens only if there is nothing to tell of the unbroken file, and its scenarios pass."""
    return Court(request.param)


def sample(court: Court) -> list[Mutant]:
    """Choose one mutant of every third operator, the same every time; other operators in other files, so that each has its turn."""
    chosen = sorted(mutants(court.charts), key=lambda each: (each.operator, hashlib.sha256(each.id.encode()).digest()))
    one_each = [next(same) for _, same in groupby(chosen, key=lambda each: each.operator)]
    return one_each[len(court.file.stem) % 3 :: 3]


def test_of_a_sample_lint_finds_every_broken_structure_and_most_broken_values(court: Court) -> None:
    outcomes = [Outcome(mutant, court.judge(mutant)) for mutant in sample(court)]
    structure, values = ([each for each in outcomes if each.mutant.breaks == breaks] for breaks in (STRUCTURE, VALUE))
    assert [each for each in outcomes if each.mutant.operator in SURE and each.judged.verdict is not Verdict.RULE] == []
    assert list(survivors(structure)) == []
    assert count(values).found >= 0.8, list(survivors(values))  # of ten or so in each file; `make prove` counts all of them


def test_a_court_does_not_open_on_a_file_of_which_there_is_something_to_tell(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(WORKFLOW.replace("to: done", "to: don"), "utf-8")
    with pytest.raises(ValueError, match=r"is not clean: name\.unknown_state"):
        Court(broken)


# --- a small court --------------------------------------------------------------------------------------------------

WORKFLOW = """\
workflow: small
version: 1
title: 例
calendar: cn
roles: {office: 办公室, head: 秘书长}
data:
  note: {type: text}
  amount: {type: int, default: 0}
start: {by: office, form: [note?]}
initial: open
states:
  open:
    owner: office
    actions:
      weigh: {by: office, form: [amount]}
      close:
        by: [office, head]   # either
        guard: data.amount >= 3
        to: done
  done: {final: true, outcome: success}
"""
SCENARIOS = """\
- name: three are enough
  given: {workflow: small, in: open, at: 2026-03-02 09:00}
  when:
    - {weigh: {by: office, data: {amount: 2}}}
    - {close: {by: office, refused: [guard_failed]}}
    - {weigh: {by: office, data: {amount: 3}}}
    - {close: head}
  then: {in: done, outcome: success}
"""


@pytest.fixture
def small(tmp_path: Path) -> Court:
    (tmp_path / "small.yaml").write_text(WORKFLOW, "utf-8")
    (tmp_path / "small.test.yaml").write_text(SCENARIOS, "utf-8")
    return Court(tmp_path / "small.yaml")


def test_what_is_asked_of_every_mutant_first_explores_nothing(small: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.proof.rules.explore_all", pytest.fail)
    assert small.told(small.load(WORKFLOW), QUICK) == ""


def judged(court: Court, what: str) -> Judged:
    (mutant,) = (each for each in mutants(court.charts) if each.what == what)
    return court.judge(mutant)


def test_lint_comes_first_then_the_scenarios_and_what_neither_sees_survives(small: Court) -> None:
    assert judged(small, "without initial") == (Verdict.RULE, "model.shape")
    assert judged(small, 'guard: data.amount >= 3 → "data.amount > 3"') == (Verdict.SCENARIO, "three are enough")
    assert judged(small, "0: note? → note") == (Verdict.SURVIVED, "")


def test_what_behaves_as_before_is_no_defect(small: Court) -> None:
    renamed = WORKFLOW.replace("例", "别的名字").replace("[office, head]   # either", "[office, head]")
    assert behaviours(small.load(renamed)) == small.behaviour
    assert behaviours(small.load(WORKFLOW.replace("default: 0", "default: 1"))) != small.behaviour


def test_a_target_that_enters_the_same_states_is_the_same(small: Court) -> None:
    regions = "both: {regions: {one: {initial: a, states: {a: {}}}, two: {initial: b, states: {b: {}, c: {}}}}}"
    text = WORKFLOW.replace("        to: done\n", "        to: both\n").replace("  done: {", f"  {regions}\n  done: {{")
    whole, first, other = (behaviours(small.load(text.replace("to: both", f"to: {to}"))) for to in ("both", "both.two.b", "both.two.c"))
    assert whole == first != other


def test_who_owns_a_state_is_told_by_either_name(small: Court) -> None:
    late = "    deadlines: {late: {within: 3 days, basis: default, rungs: [{at: due, notify: [owner, head]}]}}\n    actions:\n"
    text = WORKFLOW.replace("    actions:\n", late)
    owner, office, other = (behaviours(small.load(text.replace("[owner, head]", f"[{who}, head]"))) for who in ("owner", "office", "head"))
    assert owner == office != other


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("size(data.rows) > 0", "size(data.rows) != 0", True),
        ("count('close') == 0 && data.amount > 0", "count('close') <= 0 && data.amount > 0", True),
        ("size(data.rows.filter(r, size(r) > 0)) == 0", "size(data.rows.filter(r, size(r) != 0)) <= 0", True),
        ("data.times > 0 ? 1 : 0", "data.times != 0 ? 1 : 0", True),
        ("data.amount > 0", "data.amount != 0", False),
        ("size(data.rows) - size(data.others) > 0", "size(data.rows) - size(data.others) != 0", False),
        ("size(data.rows) > 0", "size(data.rows) >= 0", False),
        ("size(data.rows) != 0 - data.amount", "size(data.rows) > 0 - data.amount", False),
    ],
)
def test_what_counts_something_is_never_below_nothing(one: str, other: str, alike: bool) -> None:
    counted = frozenset({"data.times"})
    assert (read_alike(one, counted) == read_alike(other, counted)) is alike


def test_survivors_are_told_with_their_places_and_the_goal_counts_broken_values(small: Court) -> None:
    outcomes = [Outcome(mutant, small.judge(mutant)) for mutant in mutants(small.charts)]
    assert any(line.startswith(f"{small.file}:15:") for line in survivors(outcomes))
    values = count(each for each in outcomes if each.mutant.breaks == VALUE)
    assert goals(outcomes) is (values.found >= 0.9)
    assert f"value: {values.seeded} defects" in summary(outcomes)


# --- changes to a text ----------------------------------------------------------------------------------------------


def test_a_mutant_differs_from_its_file_in_one_place_and_is_still_yaml(court: Court) -> None:
    before = [each.data for each in read(court.file, str(court.file)).documents]
    for mutant in sample(court):
        reading = read(mutant.text, str(court.file))
        assert reading.problems == (), mutant
        after = [each.data for each in reading.documents]
        ((old, new),) = ((old, new) for old, new in zip(before, after, strict=True) if old != new)
        assert {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)} == {mutant.path[0]}


def test_every_operator_names_its_source() -> None:
    names = ("Chow", "Fabbri", "Aichernig", "Estero-Botía", "Mouelhi", "Black", "Ammann")
    assert [each.name for each in OPERATORS.values() if not any(name in (each.seeds.__doc__ or "") for name in names)] == []


def test_edits_keep_comments_and_leave_no_empty_map_behind(small: Court) -> None:
    text = small.charts[0].text
    by = ("states", "open", "actions", "close", "by")
    assert "by: [head]   # either" in text.apply(Drop((*by, 0)))
    assert "by: [office]   # either" in text.apply(Drop((*by, 1)))
    assert "by: [head, office]   # either" in text.apply(Swap((*by, 0), (*by, 1)))
    assert "guard: data.note\n" in text.apply(Replace((*by[:-1], "guard"), "data.note"))
    assert "\nstart: {by: office}\n" in text.apply(Drop(("start", "form", 0)))
