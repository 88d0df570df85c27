"""A changed calendar at the command line: what it would move, and counting again."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.cli.conftest import OFFICE, ROOT, Yishi
from tests.notices import enter_notice, late_in_the_year


@pytest.fixture
def waiting(yishi: Yishi, request: pytest.FixtureRequest) -> tuple[Yishi, str]:
    """A case whose term runs into a year that is not announced, and calendars of the test's own."""
    folder = yishi.folder / "workflows"
    shutil.copytree(ROOT / "workflows" / "calendars", folder / "calendars")
    yishi.set(workflows=str(folder), clock="manual")
    trial = request.getfixturevalue("trial")
    trial("clock", "advance", late_in_the_year())
    return trial, str(trial.json("case", "open", "trial", "-f", "topic=路灯", *OFFICE)["id"])


def test_without_a_change_there_is_nothing_to_do(waiting: tuple[Yishi, str]) -> None:
    yishi, _ = waiting
    assert yishi("calendar", "changes").strip() == "0 would change"
    assert yishi("calendar", "recount").strip() == "0 changed, 0 as they were"


def test_what_a_notice_moves_is_shown_and_then_counted_again(waiting: tuple[Yishi, str]) -> None:
    yishi, case = waiting
    before = yishi.json("case", "show", case, *OFFICE)["deadlines"][0]["due"]
    enter_notice(yishi.folder / "workflows")
    done = yishi.run("calendar", "changes")
    assert done.exit_code == 1
    assert case in done.stdout
    assert f"{before} ?" in done.stdout
    assert "1 would change" in done.stdout
    found = json.loads(yishi.run("calendar", "changes", "--json").stdout)
    moved = found["cases"][0]["deadlines"][0]["new_due"]
    assert yishi("calendar", "recount", "--reason", "国务院办公厅通知").strip() == "1 changed, 0 as they were"
    assert yishi.json("case", "show", case, *OFFICE)["deadlines"][0]["due"] == moved > before
    assert yishi("calendar", "changes").strip() == "0 would change"
    assert yishi.json("calendar", "recount")["moved"] == 0


def test_a_notice_can_be_looked_at_before_it_is_entered(waiting: tuple[Yishi, str]) -> None:
    yishi, _ = waiting
    draft = yishi.folder / "draft"
    shutil.copytree(yishi.folder / "workflows", draft)
    enter_notice(draft)
    yishi.set(workflows=str(draft))
    assert yishi.run("calendar", "changes").exit_code == 1
    yishi.set(workflows=str(yishi.folder / "workflows"))
    assert yishi.run("calendar", "changes").exit_code == 0


def test_doctor_says_that_live_deadlines_were_counted_on_an_older_calendar(waiting: tuple[Yishi, str]) -> None:
    yishi, _ = waiting
    enter_notice(yishi.folder / "workflows")
    done = yishi.run("doctor", "--json")
    assert done.exit_code == 1
    found = {each["name"]: each for each in json.loads(done.stdout)["findings"]}["calendar changes"]
    assert (found["ok"], found["found"]) == (False, "live deadlines that would move: 1, of cases: 1; see `yishi calendar changes`")
    yishi("calendar", "recount")
    assert yishi.run("doctor").exit_code == 0


def test_only_named_cases_are_counted(waiting: tuple[Yishi, str]) -> None:
    yishi, case = waiting
    other = str(yishi.json("case", "open", "trial", "-f", "topic=电梯", *OFFICE)["id"])
    enter_notice(yishi.folder / "workflows")
    assert yishi.json("calendar", "recount", "--case", other)["moved"] == 1
    assert [each["case"] for each in json.loads(yishi.run("calendar", "changes", "--json").stdout)["cases"]] == [case]
