"""`yishi diagram`: the picture of a file, also where the file has just been written and nothing is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import pictures
from tests.application import TRIAL
from tests.cli.conftest import ROOT, Yishi

SHIPPED = str(ROOT / "workflows" / "member_deliberation.yaml")


@pytest.fixture(autouse=True)
def cache(yishi: Yishi) -> Path:
    """A folder of the test's own for layouts."""
    yishi.set(cache=str(yishi.folder / "cache"))
    return yishi.folder / "cache"


def test_a_workflow_is_drawn_as_svg_in_both_languages(yishi: Yishi, cache: Path) -> None:
    chinese, english = yishi("diagram", SHIPPED), yishi("diagram", SHIPPED, "--language", "en")
    assert chinese.startswith("<svg ")
    assert "主席会议审定" in chinese
    assert "Vetting" in english
    assert yishi("--language", "en", "diagram", SHIPPED) == english
    assert len(list((cache / "pictures").iterdir())) == 2


def test_a_workflow_is_written_for_mermaid(yishi: Yishi) -> None:
    assert "stateDiagram-v2" in yishi("diagram", SHIPPED, "--format", "mmd")


def test_standard_input_is_drawn_and_a_file_is_written(yishi: Yishi, tmp_path: Path) -> None:
    path = tmp_path / "trial.svg"
    assert yishi("diagram", "-", "-o", str(path), stdin=TRIAL).strip() == str(path)
    assert path.read_text("utf-8") == yishi("diagram", "-", stdin=TRIAL)


def test_json_holds_the_picture(yishi: Yishi) -> None:
    told = yishi.json("diagram", SHIPPED, "--format", "mmd")
    assert {name: told[name] for name in ("workflow", "version", "language", "format")} == {
        "workflow": "member_deliberation",
        "version": 1,
        "language": "zh-CN",
        "format": "mmd",
    }
    assert "stateDiagram-v2" in told["diagram"]


def test_of_a_file_with_several_workflows_it_is_said_which(yishi: Yishi, tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(TRIAL + "\n---\n" + TRIAL.replace("workflow: trial", "workflow: other", 1), "utf-8")
    assert "--workflow" in yishi.refused(2, "diagram", str(path), "--format", "mmd")["detail"]
    assert yishi.json("diagram", str(path), "--format", "mmd", "--workflow", "other")["workflow"] == "other"
    assert "did you mean" in yishi.refused(2, "diagram", str(path), "--format", "mmd", "--workflow", "othr")["detail"]


def test_a_file_with_mistakes_is_not_drawn_and_all_are_told(yishi: Yishi) -> None:
    done = yishi.run("diagram", "-", stdin=TRIAL.replace("to: work}", "to: wrk}"))
    assert done.exit_code == 1
    assert "name.unknown_state" in done.stderr


def test_a_file_that_is_not_there_is_wrong_usage(yishi: Yishi, tmp_path: Path) -> None:
    assert yishi.run("diagram", str(tmp_path / "gone.yaml")).exit_code == 2
    assert yishi.run("diagram", str(tmp_path)).exit_code == 2


def test_without_elkjs_it_says_what_to_run(yishi: Yishi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "ASSETS", tmp_path)
    problem = yishi.refused(1, "--language", "en", "diagram", SHIPPED)
    assert problem["code"] == "drawing_unavailable"
    assert "make assets" in problem["detail"]
    assert "stateDiagram-v2" in yishi("diagram", SHIPPED, "--format", "mmd")
