"""A body chooses a preset with `yishi publish`, and `yishi lint` looks at those of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.application import TRIAL
from tests.cli.conftest import ROOT, Yishi

TUNED = TRIAL.replace("roles:", "settings: {least: {type: int, default: 2, between: [1, 9], basis: rule}}\nroles:", 1)
STRICT = "{preset: strict, workflow: trial, title: 从严, basis: rule, settings: {least: 3}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "presets").mkdir()
    (tmp_path / "trial.yaml").write_text(TUNED, "utf-8")
    (tmp_path / "presets" / "strict.yaml").write_text(STRICT, "utf-8")
    return tmp_path


def test_a_preset_is_chosen_by_publishing_its_file(yishi: Yishi, folder: Path) -> None:
    yishi("publish", str(folder / "trial.yaml"))
    said = yishi("publish", str(folder / "presets" / "strict.yaml"))
    assert said.startswith("strict for trial 1 ")


def test_publishing_a_folder_chooses_no_preset(yishi: Yishi, folder: Path) -> None:
    assert "strict" not in yishi("publish", str(folder))


def test_lint_looks_at_the_presets_of_a_folder(yishi: Yishi, folder: Path) -> None:
    assert yishi("lint", str(folder)) == ""
    path = folder / "presets" / "strict.yaml"
    path.write_text(STRICT.replace("least: 3", "leest: 3"), "utf-8")
    done = yishi.run("lint", str(folder))
    assert done.exit_code == 1
    assert done.stdout == f"{path}:1:70: name.unknown_setting `trial` has no setting `leest`, did you mean 'least'?\n"


def test_a_scenario_begins_with_a_preset(yishi: Yishi, folder: Path) -> None:
    scenarios = folder / "trial.test.yaml"
    scenario = "{name: %s, given: {workflow: trial, at: 2026-03-02 09:00, preset: %s}, then: {in: received}}\n"
    scenarios.write_text("- " + scenario % ("a", "strict") + "- " + scenario % ("b", "strickt"), "utf-8")
    done = yishi.run("test", str(scenarios))
    assert done.exit_code == 1
    assert "2:68: scenario.preset expected a preset of 'trial' without mistakes, got 'strickt': there is none of that name" in done.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "workflows" / "presets").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_presets_are_named_like_their_files_and_can_be_chosen(yishi: Yishi, path: Path) -> None:
    yishi("init")
    assert yishi("publish", str(path)).startswith(f"{path.stem} for ")
