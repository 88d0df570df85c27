"""Scenarios are read with marks: what means nothing is refused at its place, all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.scenarios import MESSAGE, read

GIVEN = "given: {workflow: message, in: received, at: 2026-03-02 09:00}"


def problems(path: Path, text: str) -> list[str]:
    """Give rule, place and message of every problem, as a line."""
    return [f"{each.line}:{each.column} {each.rule} {each.message}" for each in read(path, text).problems]


def one(path: Path, text: str) -> str:
    (found,) = problems(path, text)
    return found


def test_scenarios_stand_in_a_list_or_one_to_a_document(tmp_path: Path) -> None:
    text = f"- {{name: a, {GIVEN}, then: {{in: received}}}}\n- {{name: b, {GIVEN}, then: {{in: received}}}}\n---\nname: c\n{GIVEN}\nthen: {{in: received}}\n"
    found = read(tmp_path, text)
    assert ([each.name for each in found.scenarios], found.problems) == (["a", "b", "c"], ())


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("then: {in: recieved}", "there is no state 'recieved' in 'message', did you mean 'received'?"),
        ("when: [{asign: office}]", "there is no act 'asign' in 'message', did you mean 'assign'?"),
        ("when: [{assign: ofice}]", "there is no role 'ofice' in 'message', did you mean 'office'?"),
        (
            "when: [{assign: {by: office, data: {departement: a}}}]",
            "there is no data item 'departement' in 'message', did you mean 'department'?",
        ),
        (
            "when: [{assign: {by: office, refused: [wrong_rule]}}]",
            "there is no refusal 'wrong_rule' in 'message', did you mean 'wrong_role'?",
        ),
        ("then: {due: {replay: 2026-03-09}}", "there is no deadline 'replay' in 'message', did you mean 'reply'?"),
        ("then: {rungs: ['reply: 70 %']}", "deadline 'answering.reply' has no rung at '70 %'; it has 80 %, due, 5 working days after"),
        ("then: {outcome: sucess}", "there is no outcome 'sucess' in 'message', did you mean 'success'?"),
        ("when: [{wait: 5 workingdays}]", "expected a term like '15 working days'"),
        ("when: [{wait: {til: 2026-03-09 09:00}}]", "unknown key `til`"),
        ("when: [{assign: {by: office, dta: {}}}]", "unknown key `dta`, did you mean 'data'?"),
        ("when: [assign]", "expected a step: a map with one key"),
        ("when: [{assign: office, reject: office}]", "expected a step: a map with one key"),
        ("then: {due: {reply: tomorrow}}", "expected a day like '2026-03-09'"),
        ("then: {due: {reply: 2026-02-30}}", "expected a day like '2026-03-09'"),
        ("wen: []", "unknown key `wen`, did you mean 'when'?"),
        ("then: {}", "expected at least one thing that must hold"),
        ("when: [{repeat: {times: 0, steps: []}}]", "`times`"),
        (
            "when: [{repeat: {times: 1000, steps: [{repeat: {times: 1000, steps: [{urge: office}]}}]}}]",
            "expected at most 10,000 steps, got 1,000,000",
        ),
    ],
)
def test_what_means_nothing_is_refused_with_what_was_meant(tmp_path: Path, scenario: str, said: str) -> None:
    found = problems(tmp_path, f"- name: a\n  {GIVEN}\n  {scenario}\n  {'' if scenario.startswith('then') else 'then: {in: received}'}\n")
    assert any(said in each for each in found), found


def test_a_problem_stands_at_its_line_and_column(tmp_path: Path) -> None:
    found = one(tmp_path, f"- name: a\n  {GIVEN}\n  when:\n    - {{assign: office}}\n  then: {{in: [recieved]}}\n")
    assert found.startswith("5:15 scenario.unknown_name ")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = f"- name: a\n  {GIVEN}\n  when: [{{asign: office}}, {{wait: soon}}]\n  then: {{in: nowhere, due: {{replay: none}}}}\n- name: b\n  {GIVEN}\n"
    assert len(problems(tmp_path, text)) == 5


def test_an_unknown_workflow_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    found = one(tmp_path, "- {name: a, given: {workflow: mesage, at: 2026-03-02 09:00}, then: {outcome: none}}\n")
    assert "there is no workflow 'mesage'" in found


def test_the_newest_version_counts_unless_one_is_named(tmp_path: Path) -> None:
    newer = MESSAGE.replace("version: 1", "version: 2")
    text = "- {name: a, given: {workflow: message, at: 2026-03-02 09:00}, then: {outcome: none}}\n- {name: b, given: {workflow: message, version: 1, at: 2026-03-02 09:00}, then: {outcome: none}}\n"
    assert [each.process.definition.version for each in read(tmp_path, text, MESSAGE, newer).scenarios] == [2, 1]


def test_mistakes_of_the_workflow_itself_are_told_as_such(tmp_path: Path) -> None:
    text = "- {name: a, given: {workflow: workflow0, at: 2026-03-02 09:00}, then: {outcome: none}}\n"
    found = read(tmp_path, text, MESSAGE.replace("workflow: message", "workflow: workflow0").replace("to: answering}", "to: answerin}"))
    assert [each.rule for each in found.problems if each.file != "message.test.yaml"] == ["name.unknown_state"]
    assert found.scenarios == ()


def test_hostile_text_is_refused_like_any_other(tmp_path: Path) -> None:
    found = problems(tmp_path, "- " * 10_000 + "a\n")
    assert [each.split()[1] for each in found] == ["yaml.depth"]
