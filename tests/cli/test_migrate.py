"""Versions at the command line: what differs, what moving would do, moving, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.application import TRIAL
from tests.cli.conftest import OFFICE, Yishi

SECOND = (
    TRIAL.replace("version: 1", "version: 2", 1)
    .replace("initial: received", "initial: intake")
    .replace("  received:", "  intake:")
    .replace("within: 5 working days", "within: 10 working days")
    + "migrate: {from: 1, states: {received: intake}, deadlines: {default: recompute}}\n"
)


@pytest.fixture
def files(yishi: Yishi) -> tuple[Path, Path]:
    old, new = yishi.folder / "one.yaml", yishi.folder / "two.yaml"
    old.write_text(TRIAL, "utf-8")
    new.write_text(SECOND, "utf-8")
    return old, new


@pytest.fixture
def moving(trial: Yishi, files: tuple[Path, Path], open_case: Callable[[], str]) -> tuple[Yishi, str]:
    """A running case of version 1, and version 2 published."""
    case = open_case()
    trial("publish", str(files[1]))
    return trial, case


def test_diff_tells_each_difference_with_its_class_and_place(yishi: Yishi, files: tuple[Path, Path]) -> None:
    shown = yishi("diff", *map(str, files))
    assert "loosening (1)" in shown
    assert f"{files[1]}:19:" in shown
    assert "5 working days -> 10 working days" in shown
    assert "renamed; its cases come over" in shown


def test_diff_fails_when_running_cases_break(yishi: Yishi, files: tuple[Path, Path]) -> None:
    without = files[1]
    without.write_text(SECOND[: SECOND.index("migrate:")], "utf-8")
    done = yishi.run("diff", *map(str, files), "--json")
    assert done.exit_code == 1
    broken = [each for each in json.loads(done.stdout)["differences"] if each["class"] == "breaks_running_cases"]
    assert [(each["state"], each["running"]) for each in broken] == [("received", None)]


def test_diff_counts_the_running_cases_of_a_database(moving: tuple[Yishi, str], files: tuple[Path, Path]) -> None:
    found = moving[0].json("diff", *map(str, files), "--live")
    assert {each["running"] for each in found["differences"] if each["state"] == "received"} == {1}
    assert found["running"] == {"loosening": 1, "changes_behaviour": 1}
    shown = moving[0]("diff", *map(str, files), "--live")
    assert "loosening (1, 1 running cases)" in shown


def test_diff_compares_the_workflow_that_both_files_hold(yishi: Yishi, files: tuple[Path, Path]) -> None:
    other = TRIAL.replace("workflow: trial", "workflow: other")
    files[1].write_text(f"{SECOND}---\n{other}", "utf-8")
    assert "loosening (1)" in yishi("diff", *map(str, files))

    files[0].write_text(f"{TRIAL}---\n{other}", "utf-8")
    several = yishi.run("diff", *map(str, files))
    assert (several.exit_code, "trial, other; say which with --workflow" in several.output) == (2, True)
    assert "no difference in meaning" in yishi("diff", *map(str, files), "--workflow", "other")
    unknown = yishi.run("diff", *map(str, files), "--workflow", "tria")
    assert (unknown.exit_code, "did you mean 'trial'?" in unknown.output) == (2, True)
    files[1].write_text(TRIAL.replace("workflow: trial", "workflow: third"), "utf-8")
    assert yishi.run("diff", *map(str, files)).exit_code == 2


def test_diff_of_a_file_that_is_not_there_or_has_mistakes_fails(yishi: Yishi, files: tuple[Path, Path]) -> None:
    assert yishi.run("diff", str(files[0]), "gone.yaml").exit_code == 2
    files[1].write_text("workflow: x\n", "utf-8")
    assert yishi.run("diff", *map(str, files)).exit_code == 1


def test_a_plan_shows_where_each_case_goes_and_its_dates(moving: tuple[Yishi, str]) -> None:
    yishi, case = moving
    shown = yishi("plan", "trial", "--to", "2")
    assert f"{case} version 1: received -> intake" in " ".join(shown.split())
    assert "received.accept -> intake.accept" in shown
    assert "1 would move, 0 cannot" in shown
    planned = yishi.json("plan", "trial", "--to", "2", "--deadlines", "keep")["cases"][0]["deadlines"][0]
    assert planned["old_due"] == planned["new_due"]


def test_cases_are_moved_and_put_back(moving: tuple[Yishi, str]) -> None:
    yishi, case = moving
    assert yishi("migrate", "trial", "--to", "2", "--reason", "新规施行").strip() == "1 moved, 0 there already, 0 cannot"
    assert yishi.json("case", "show", case, *OFFICE)["definition_version"] == 2
    assert yishi("migrate", "trial", "--to", "2").strip() == "0 moved, 0 there already, 0 cannot"
    assert yishi("migrate", "trial", "--to", "2", "--undo").strip() == "1 put back, 0 there already, 0 cannot"
    assert yishi.json("case", "show", case, *OFFICE)["configuration"] == ["received"]


def test_a_case_that_cannot_move_is_told_and_fails_the_command(moving: tuple[Yishi, str], files: tuple[Path, Path]) -> None:
    yishi, case = moving
    files[1].write_text(SECOND[: SECOND.index("migrate:")].replace("version: 2", "version: 3"), "utf-8")
    yishi("publish", str(files[1]))
    for command in ("plan", "migrate"):
        done = yishi.run(command, "trial", "--to", "3")
        assert done.exit_code == 1
        assert case in done.stdout
        assert "no_such_state" in done.stdout


def test_wrong_use_and_what_is_not_there(moving: tuple[Yishi, str]) -> None:
    yishi, _ = moving
    assert yishi.run("migrate", "trial", "--to", "9").exit_code == 5
    assert yishi.run("migrate", "trial", "--to", "2", "--undo", "--deadlines", "keep").exit_code == 2
    assert yishi.run("plan", "trial", "--to", "2", "--deadlines", "forget").exit_code == 2
    assert yishi.run("plan", "trial", "--to", "2", "--case", "none").exit_code == 0


def test_what_happened_is_done_again_under_a_draft(moving: tuple[Yishi, str], files: tuple[Path, Path]) -> None:
    yishi, case = moving
    yishi("case", "act", case, "accept", "-f", "n=3", *OFFICE)
    assert yishi("replay", "trial", "--against", str(files[1])).strip() == "1 cases against version 2: 1 same"
    draft = files[1]
    draft.write_text(SECOND.replace("accept: {by: office, form: [n]", "accept: {by: office, form: [n], guard: data.n > 5"), "utf-8")
    done = yishi.run("replay", "trial", "--against", str(draft), "--since", "2020-01-01T00:00:00Z", "--json")
    assert done.exit_code == 1
    (different,) = json.loads(done.stdout)["different"]
    assert (different["case"], [each["now"] for each in different["divergences"]]) == (case, ["guard_failed"])
    assert yishi.json("replay", "trial", "--against", str(files[0]), "--since", "2100-01-01T00:00:00Z")["cases"] == 0
    assert yishi.run("replay", "trial", "--against", "gone.yaml").exit_code == 2
