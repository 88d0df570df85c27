"""Versions that are adopted and not in force: sound, shown by scenarios, and different from the version before in what they mean to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.definition.calendar_files import load_calendars
from engine.definition.workflow_files import COMING, workflow_files
from engine.proof.lint import examine
from engine.proof.scenario_paths import EFFORT
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_run import Result, Routes, run
from engine.proof.scenario_workflows import Folders
from tests.town import WORKFLOWS

CALENDARS = load_calendars(WORKFLOWS / "calendars")
FILES = workflow_files(WORKFLOWS / COMING)


def played(path: Path) -> tuple[list[str], list[Result]]:
    """Play scenarios with the versions to come; also give what is wrong with them then."""
    read = read_scenarios(path, path.name, Folders(CALENDARS).of(FILES[0]))
    routes = Routes(EFFORT)
    return [each.message for each in read.problems], [run(each, routes) for each in read.scenarios]


def test_versions_to_come_are_proved_sound_beside_what_is_in_force() -> None:
    report = examine(FILES, CALENDARS)
    assert report.problems == ()
    assert {(each.workflow, each.version, each.word) for each in report.verdicts} == {
        ("member_deliberation", 2, "proved"),
        ("department_task", 1, "proved"),
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_their_scenarios_pass(path: Path) -> None:
    problems, results = played(path.with_suffix(".test.yaml"))
    assert results
    assert problems == []
    assert [(each.scenario.name, each.differences) for each in results if not each.passed] == []


def test_the_second_version_of_member_deliberation_changes_what_it_means_to_and_nothing_else() -> None:
    """The scenarios of version 1, played with version 2."""
    problems, results = played(WORKFLOWS / "member_deliberation.test.yaml")
    assert problems == ["there is no refusal 'no_score' in 'member_deliberation', did you mean 'not_here'?"]  # it is `not_evaluated` now
    assert len(results) > 50
    assert {each.scenario.name for each in results if not each.passed} == {
        # four months instead of three to carry a result out
        "a committee's topic is carried from its proposal to its closing",
        "a department that runs over gets a mark in the assessment",
        "more time is not given when it is asked for too late",
        "nor is the department",
        # the residents' ballot, which closes by itself and without which no case is closed
        "a score that is not given is chased",
        "a low score sends the work back twice, the third time it is referred upwards",
        "the pass mark passes",
        # an evaluation that has begun is not suspended
        "the evaluation waits while the case is suspended",
    }
