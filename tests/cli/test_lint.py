from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.application import TRIAL
from tests.cli.conftest import ROOT, Yishi

BROKEN = TRIAL.replace("to: work}", "to: wrk}")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN, "utf-8")
    return path


def place(text: str, part: str) -> tuple[int, int]:
    before = text[: text.index(part)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def test_the_shipped_workflows_pass(yishi: Yishi) -> None:
    assert yishi("lint", str(ROOT / "workflows")) == ""


def test_a_problem_is_a_line_with_file_line_column_and_rule(yishi: Yishi, broken: Path) -> None:
    done = yishi.run("lint", str(broken))
    line, column = place(BROKEN, "wrk}")
    assert done.exit_code == 1
    assert done.stdout.startswith(f"{broken}:{line}:{column}: name.unknown_state ")
    assert "'work'" in done.stdout


def test_standard_input_is_a_file(yishi: Yishi) -> None:
    done = yishi.run("lint", "-", stdin=BROKEN)
    assert done.exit_code == 1
    assert done.stdout.startswith("-:")
    assert yishi("lint", "-", stdin=TRIAL) == ""


def test_of_a_folder_its_workflows_are_checked_and_nothing_else(yishi: Yishi, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(TRIAL, "utf-8")
    (tmp_path / "good.test.yaml").write_text("[]\n", "utf-8")
    (tmp_path / "good.note.yaml").write_text("title: Good\n", "utf-8")
    assert yishi("lint", str(tmp_path)) == ""
    (tmp_path / "bad.yaml").write_text(BROKEN, "utf-8")
    assert yishi.run("lint", str(tmp_path)).exit_code == 1


def test_the_problems_of_all_files_are_told_at_once(yishi: Yishi, broken: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("workflow: [", "utf-8")
    found = json.loads(yishi.run("lint", str(broken), str(other), "--format", "json").stdout)["problems"]
    assert {each["file"] for each in found} == {str(broken), str(other)}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("json", '"rule": "name.unknown_state"'),
        ("sarif", '"version": "2.1.0"'),
        ("github", "::error file="),
        ("text", "name.unknown_state"),
    ],
)
def test_every_form_tells_the_problem_and_exits_with_1(yishi: Yishi, broken: Path, form: str, expected: str) -> None:
    done = yishi.run("lint", str(broken), "--format", form)
    assert done.exit_code == 1
    assert expected in done.stdout


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_without_problems_json_is_still_json(yishi: Yishi, form: str) -> None:
    json.loads(yishi("lint", "-", "--format", form, stdin=TRIAL))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[" * 200_000, b"a" * 50_000_000], ids=["not UTF-8", "brackets", "50 MB"])
def test_what_is_hardly_a_file_is_a_problem_and_no_crash(yishi: Yishi, content: bytes) -> None:
    done = yishi.run("lint", "-", stdin=content)
    assert (done.exit_code, done.stdout.count("\n")) == (1, 1)


def test_a_file_that_is_not_there_and_a_folder_without_workflows_are_wrong_usage(yishi: Yishi, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert yishi.run("lint", str(tmp_path / "gone.yaml")).exit_code == 2
    assert yishi.run("lint", str(empty)).exit_code == 2


def test_publishing_what_does_not_pass_tells_the_problems_and_publishes_nothing(yishi: Yishi, broken: Path) -> None:
    problem = yishi.refused(1, "publish", str(broken))
    assert problem["problems"][0]["rule"] == "name.unknown_state"
    assert yishi.refused(5, "case", "open", "trial")["code"] == "not_found"


def test_publishing_again_is_no_change_and_another_content_a_conflict(yishi: Yishi, tmp_path: Path) -> None:
    path = tmp_path / "trial.yaml"
    path.write_text(TRIAL, "utf-8")
    assert yishi.json("publish", str(path)) == yishi.json("publish", str(path))
    path.write_text(TRIAL.replace("max: 200", "max: 100"), "utf-8")
    refused = yishi.refused(3, "publish", str(path))
    assert (refused["code"], [each["rule"] for each in refused["problems"]]) == ("version_published", ["version.changed"])
    path.write_text(TRIAL.replace("title: 试", "title: 变", 1), "utf-8")
    told = yishi.run("publish", "--dry-run", str(path))
    assert told.exit_code == 3
    assert ":3:1: version.label_changed `/title` was '试' in the published version 1 and is '变': only a label" in told.output
    path.write_text(TRIAL + "# said again\n", "utf-8")
    assert yishi.refused(3, "publish", str(path))["problems"] == []


def test_a_version_is_published_for_a_later_day(yishi: Yishi, tmp_path: Path) -> None:
    path = tmp_path / "trial.yaml"
    path.write_text(TRIAL, "utf-8")
    yishi("publish", str(path))
    path.write_text(TRIAL.replace("version: 1", "version: 2", 1), "utf-8")
    assert "from 2198-12-31T16:00:00Z" in yishi("publish", str(path), "--from", "2199-01-01")
    assert yishi.json("case", "open", "trial", "-f", "topic=路灯", "--as", "li", "--role", "office")["definition_version"] == 1
    assert yishi.run("publish", str(path), "--from", "tomorrow").exit_code == 2
    assert yishi.json("publish", str(path), "--from", "2020-01-01")[0]["effective_from"] == "2019-12-31T16:00:00Z"
    assert yishi.json("case", "open", "trial", "-f", "topic=路灯", "--as", "li", "--role", "office")["definition_version"] == 2
    assert yishi.refused(3, "publish", str(path), "--from", "2199-01-01")["code"] == "version_in_force"


def test_a_dry_run_publishes_nothing(yishi: Yishi) -> None:
    assert yishi.run("publish", "-", "--dry-run", stdin=TRIAL).exit_code == 0
    assert yishi.refused(5, "case", "open", "trial")["code"] == "not_found"


def test_texts_beside_a_workflow_are_checked_and_published_with_it(yishi: Yishi, tmp_path: Path) -> None:
    path = tmp_path / "trial.yaml"
    path.write_text(TRIAL.replace("title: 试\n", "title: 试\nlanguage: [zh-CN, en]\n"), "utf-8")
    beside = tmp_path / "trial.en.yaml"
    beside.write_text("titel: A trial\n", "utf-8")
    assert "trial.en.yaml:1:1: text.unknown_path" in yishi.run("lint", str(path)).stdout
    beside.write_text("title: A trial\n", "utf-8")
    (first,) = yishi.json("publish", str(path))
    beside.write_text("title: Another trial\n", "utf-8")
    refused = yishi.refused(3, "publish", str(path))
    assert [each["rule"] for each in refused["problems"]] == ["version.label_changed"]
    beside.write_text("# as it was\ntitle: A trial\n", "utf-8")
    assert yishi.json("publish", str(path))[0]["digest"] == first["digest"]
