from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.application import TRIAL
from tests.cli.conftest import Yishi

ROUGH = "workflow:   rough # why\nroles: { office : 办公室 }\n"
SMOOTH = "workflow: rough  # why\nroles: {office: 办公室}\n"


@pytest.fixture
def rough(tmp_path: Path) -> Path:
    path = tmp_path / "rough.yaml"
    path.write_text(ROUGH, "utf-8")
    return path


def test_a_file_is_written_anew_and_named(yishi: Yishi, rough: Path) -> None:
    assert yishi("fmt", str(rough)) == f"{rough}\n"
    assert rough.read_text("utf-8") == SMOOTH
    assert yishi("fmt", str(rough)) == ""
    assert [path.name for path in rough.parent.iterdir()] == ["rough.yaml"]


def test_the_rights_of_a_file_stay_and_a_link_stays_a_link(yishi: Yishi, rough: Path) -> None:
    rough.chmod(0o640)
    link = rough.with_name("link.yaml")
    link.symlink_to(rough)
    yishi("fmt", str(link))
    assert link.is_symlink()
    assert (rough.read_text("utf-8"), rough.stat().st_mode & 0o777) == (SMOOTH, 0o640)


def test_check_writes_nothing_and_says_by_its_exit_code_what_would_change(yishi: Yishi, rough: Path) -> None:
    done = yishi.run("fmt", "--check", str(rough))
    assert (done.exit_code, done.stdout) == (1, f"{rough}\n")
    assert rough.read_text("utf-8") == ROUGH
    yishi("fmt", str(rough))
    assert yishi("fmt", "--check", str(rough)) == ""


def test_standard_input_goes_to_standard_output(yishi: Yishi) -> None:
    assert yishi("fmt", "-", stdin=ROUGH) == SMOOTH
    assert yishi.run("fmt", "-", "--check", stdin=ROUGH).exit_code == 1
    assert yishi("fmt", "-", "--check", stdin=SMOOTH) == ""


def test_of_a_folder_its_workflows_are_laid_out(yishi: Yishi, rough: Path) -> None:
    yishi("fmt", str(rough.parent))
    assert rough.read_text("utf-8") == SMOOTH


def test_what_is_not_sound_is_told_and_left_and_the_others_are_done(yishi: Yishi, rough: Path) -> None:
    broken = rough.with_name("broken.yaml")
    broken.write_text("a: 1\na: 2\n", "utf-8")
    done = yishi.run("fmt", str(broken), str(rough))
    assert done.exit_code == 1
    assert done.stderr.startswith(f"{broken}:2:1: yaml.duplicate_key ")
    assert (broken.read_text("utf-8"), rough.read_text("utf-8")) == ("a: 1\na: 2\n", SMOOTH)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[" * 200_000, b"a" * 5_000_000], ids=["not UTF-8", "brackets", "5 MB"])
def test_what_is_hardly_a_file_is_a_problem_and_no_crash(yishi: Yishi, content: bytes) -> None:
    done = yishi.run("fmt", "-", stdin=content)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)


def test_json_names_every_file_with_its_problems(yishi: Yishi, rough: Path) -> None:
    broken = rough.with_name("broken.yaml")
    broken.write_text("a: [", "utf-8")
    found = json.loads(yishi.run("fmt", "--json", str(rough), str(broken)).stdout)
    assert [(each["file"], each["changed"], [one["rule"] for one in each["problems"]]) for each in found] == [
        (str(rough), True, []),
        (str(broken), False, ["yaml.syntax"]),
    ]


def test_a_workflow_that_was_laid_out_is_as_sound_as_before(yishi: Yishi) -> None:
    assert yishi("lint", "-", stdin=yishi("fmt", "-", stdin=TRIAL)) == yishi("lint", "-", stdin=TRIAL)
