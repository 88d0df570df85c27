"""The example processes of the documentation are sound, laid out, and do what their scenarios say."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.definition.calendar_files import load_calendars
from engine.proof.formatting import formatted
from engine.proof.lint import lint
from engine.proof.scenario_paths import EFFORT
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_run import Routes, run
from engine.proof.scenario_workflows import Workflows

ROOT = Path(__file__).parents[2]
CALENDARS = load_calendars(ROOT / "workflows" / "calendars")
EXAMPLES = sorted(path for path in (ROOT / "docs" / "examples").glob("*.yaml") if not path.name.endswith(".test.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_sound_and_its_scenarios_pass(path: Path) -> None:
    tests = path.with_suffix(".test.yaml")
    assert lint([path], CALENDARS) == []
    assert all(formatted(each.read_bytes(), each.name) == each.read_text("utf-8") for each in (path, tests))
    read = read_scenarios(tests.read_text("utf-8"), tests.name, Workflows([path], CALENDARS))
    assert read.problems == ()
    results = [run(scenario, Routes(EFFORT)) for scenario in read.scenarios]
    assert results
    assert [(result.scenario.name, result.differences) for result in results if not result.passed] == []
