"""Lint plays the scenarios beside a workflow: what it tells of one that fails, and when it leaves them alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from engine.definition import loader, reader
from engine.definition.reader import Reading, Source
from engine.proof.lint import examine
from engine.proof.verdicts import Report
from tests.definition.loading import CALENDARS, place
from tests.proof.scenarios import MESSAGE

SCENARIOS = """\
- name: a message is answered
  given: {workflow: message, in: answering, at: 2026-03-02 09:00}
  when: [{report.attach: department}, {answer: {by: department, data: {reply: 已办}}}]
  then: {in: checking, notified: []}
- name: what is urgent is not rejected
  given: {workflow: message, in: received, at: 2026-03-02 09:00, data: {urgent: true}}
  when: [{reject: {by: office, reason: 重复, refused: [too_urgent]}}]
"""
REDIRECTED = MESSAGE.replace("requires: [report], to: checking", "requires: [report], to: answered")


def linted(folder: Path, text: str = MESSAGE, scenarios: str = SCENARIOS, *, played: bool = True) -> Report:
    (folder / "message.yaml").write_text(text, "utf-8")
    (folder / "message.test.yaml").write_text(scenarios, "utf-8")
    return examine([folder / "message.yaml"], CALENDARS, scenarios=played)


def told(report: Report) -> list[str]:
    return [problem.rule for problem in report.problems]


def test_nothing_is_told_of_a_workflow_that_does_what_its_scenarios_say(tmp_path: Path) -> None:
    report = linted(tmp_path)
    assert (told(report), report.verdicts[0].word) == ([], "proved")


def test_a_redirected_target_leaves_a_sound_workflow_and_is_found_by_its_scenario(tmp_path: Path) -> None:
    report = linted(tmp_path, REDIRECTED)
    (failed,) = [problem for problem in report.problems if problem.rule == "scenario.failed"]
    assert (failed.line, failed.column) == place(SCENARIOS, "in: checking", len("in: "))
    assert failed.file == str(tmp_path / "message.test.yaml")
    assert failed.message == "a message is answered: in: expected [checking], got [answered]"
    assert "answer by" in failed.way[-1]
    assert report.verdicts[0].word == "refused"


def test_scenarios_are_left_alone_where_they_are_not_asked_for(tmp_path: Path) -> None:
    assert "scenario.failed" not in told(linted(tmp_path, REDIRECTED, played=False))


def test_what_cannot_run_is_told_once_and_not_played(tmp_path: Path) -> None:
    assert told(linted(tmp_path, MESSAGE.replace("to: checking", "to: cheking"))) == ["name.unknown_state"]


def test_mistakes_in_the_scenarios_themselves_are_told(tmp_path: Path) -> None:
    report = linted(tmp_path, scenarios=SCENARIOS.replace("in: checking", "in: cheking"))
    assert told(report) == ["scenario.unknown_name"]
    assert report.problems[0].file == str(tmp_path / "message.test.yaml")


def test_how_much_more_differs_is_said_and_long_values_are_cut(tmp_path: Path) -> None:
    differing = SCENARIOS.replace("notified: []", f"data: {{reply: {'长' * 300}}}, notified: [office], outcome: success")
    (failed,) = linted(tmp_path, scenarios=differing).problems
    assert failed.message.startswith("a message is answered: data.reply: expected 长长")
    assert failed.message.endswith("…, got 已办; 2 more differ")
    assert len(failed.message) < 300


def test_a_folder_is_read_once_for_all_its_files_and_their_scenarios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is read for what it offers to the others and then for itself, however many there are."""
    read = Counter[str]()

    def counted(source: Source, file: str) -> Reading:
        read[Path(file).name] += 1
        return reader.read(source, file)

    names = ["one", "two", "three", "four"]
    for name in names:
        (tmp_path / f"{name}.yaml").write_text(MESSAGE.replace("workflow: message", f"workflow: {name}"), "utf-8")
        (tmp_path / f"{name}.test.yaml").write_text(SCENARIOS.replace("workflow: message", f"workflow: {name}"), "utf-8")
    monkeypatch.setattr(loader, "read", counted)
    assert examine([tmp_path / f"{name}.yaml" for name in names], CALENDARS, scenarios=True).problems == ()
    assert read == dict.fromkeys((f"{name}.yaml" for name in names), 2)
