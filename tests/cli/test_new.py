from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.commands.new import PLACEHOLDER, Template, template_text
from engine.definition.reader import read
from engine.proof.formatting import formatted
from engine.proof.formatting_tree import comments
from tests.cli.conftest import Yishi

LANGUAGES = ("zh-CN", "en")
EACH = [(language, template) for language in LANGUAGES for template in Template]


@pytest.mark.parametrize(("language", "template"), EACH)
def test_what_is_written_lints_clean_and_passes_its_own_scenarios(yishi: Yishi, tmp_path: Path, language: str, template: Template) -> None:
    printed = yishi("--language", language, "new", "street_lights", "--template", template, "--into", str(tmp_path))
    workflow, scenarios = tmp_path / "street_lights.yaml", tmp_path / "street_lights.test.yaml"
    assert printed.splitlines()[:2] == [str(workflow), str(scenarios)]
    assert yishi("lint", str(workflow)) == ""
    (passed, *_) = yishi("test", str(scenarios)).splitlines()
    assert passed.endswith("scenarios passed")
    assert PLACEHOLDER not in workflow.read_text("utf-8") + scenarios.read_text("utf-8")


@pytest.mark.parametrize(("language", "template"), EACH)
def test_a_template_is_commented_and_laid_out_as_fmt_would(language: str, template: Template) -> None:
    for kind, least in (("yaml", 5), ("test.yaml", 1)):
        text = template_text(template, kind, language)
        assert formatted(text) == text
        assert len(list(comments(text))) >= least


def shape(value: Any) -> Any:
    """Leave out what is said in words: texts, languages, and the data of scenarios."""
    if isinstance(value, dict):
        return {
            key: shape(each)
            for key, each in value.items()
            if key not in {"language", "title", "text", "name", "data", "format", "number", "reason"}
        }
    if isinstance(value, list):
        return [shape(each) for each in value]
    return value if isinstance(value, str) and value.isascii() and " " not in value else type(value).__name__


@pytest.mark.parametrize("template", Template)
def test_the_templates_of_both_languages_are_one_process(template: Template) -> None:
    """Labels written as plain texts differ, so they are compared by what they stand beside."""
    found = []
    for language in LANGUAGES:
        (document,) = read(template_text(template, "yaml", language), "w.yaml").documents
        found.append(shape({key: value for key, value in document.data.items() if key not in {"roles", "lists"}}))
    assert found[0] == found[1]


def test_minimal_is_what_one_gets_without_asking_for_more(yishi: Yishi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    yishi("new", "x")
    assert (tmp_path / "x.yaml").read_text("utf-8") == template_text(Template.MINIMAL, "yaml", "zh-CN").replace(PLACEHOLDER, "x")


@pytest.mark.parametrize("there", ["x.yaml", "x.test.yaml"])
def test_nothing_is_overwritten_and_nothing_is_written_by_half(yishi: Yishi, tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine", "utf-8")
    problem = yishi.refused(2, "new", "x", "--into", str(tmp_path))
    assert there in problem["detail"]
    assert [(path.name, path.read_text("utf-8")) for path in tmp_path.iterdir()] == [(there, "mine")]


@pytest.mark.parametrize("name", ["Street Lights", "路灯", "in", "1st", "../x", ""])
def test_a_name_that_is_no_id_is_wrong_usage(yishi: Yishi, tmp_path: Path, name: str) -> None:
    assert "expected an id" in yishi.refused(2, "new", name, "--into", str(tmp_path))["detail"]


def test_a_folder_that_is_not_there_is_wrong_usage(yishi: Yishi, tmp_path: Path) -> None:
    assert "no folder" in yishi.refused(2, "new", "x", "--into", str(tmp_path / "gone"))["detail"]
