from __future__ import annotations

import re
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from engine.definition.workflow_files import workflow_files
from engine.runtime.access import Access
from engine.runtime.application import opened
from engine.runtime.bootstrap import publish_shipped, read_secrets
from engine.runtime.sign_in import SignIn
from engine.settings import load_settings
from tests.application import TRIAL
from tests.cli.conftest import ROOT, Yishi


def test_the_shipped_workflows_are_published_once(yishi: Yishi) -> None:
    first, second = yishi.json("init"), yishi.json("init")
    written = {
        name for path in workflow_files(ROOT / "workflows") for name in re.findall(r"^workflow: (\w+)", path.read_text(), re.MULTILINE)
    }
    assert sorted(each["workflow"] for each in first["published"]) == sorted(written)
    assert "member" in {each["registry"] for each in first["registries"]}
    for kind in ("published", "registries"):
        assert {each["new"] for each in first[kind]} == {True}
        assert {each["new"] for each in second[kind]} == {False}


def test_neither_scenarios_nor_demonstrations_nor_texts_are_workflows(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "a.test.yaml", "a.en.yaml", "demo/c.yaml", "notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in workflow_files(tmp_path)] == ["a.yaml", "b.yaml"]


def test_folders_that_are_missing_are_made(yishi: Yishi, tmp_path: Path) -> None:
    yishi.set(database_url=f"sqlite:///{tmp_path}/a/b/yishi.db")
    yishi("init")
    assert (tmp_path / "a" / "b" / "yishi.db").is_file()


def test_the_problems_of_all_workflows_are_told_at_once(yishi: Yishi, tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "calendars").symlink_to(ROOT / "workflows" / "calendars")
    for name in ("one", "two"):
        (tmp_path / "w" / f"{name}.yaml").write_text(TRIAL.replace("workflow: trial", f"workflow: {name}").replace("to: work}", "to: wrk}"))
    yishi.set(workflows=str(tmp_path / "w"))
    found = yishi.refused(1, "init")["problems"]
    assert len([each for each in found if each["rule"] == "name.unknown_state"]) == 2


def test_what_is_not_published_is_told_with_the_name_of_its_file(yishi: Yishi, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(f"workflow: {name}\nversion: x\n", "utf-8")
    done = yishi.run("publish", str(tmp_path / "one.yaml"), str(tmp_path / "two.yaml"))
    assert done.exit_code == 1
    assert [f"{tmp_path / name}:2:10: model.type" in done.stderr for name in ("one.yaml", "two.yaml")] == [True, True]


def test_without_a_folder_of_workflows_it_is_wrong_usage(yishi: Yishi, tmp_path: Path) -> None:
    yishi.set(workflows=str(tmp_path / "gone"))
    assert yishi.run("init").exit_code == 2


def test_publishing_works_on_both_databases(yishi: Yishi, database_url: str) -> None:
    yishi.set(database_url=database_url)
    with opened(load_settings()) as application:
        assert all(each.new for each in publish_shipped(application).workflows)
        assert not any(each.new for each in publish_shipped(application).workflows)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """An installation with the demonstration; twenty passwords take seconds, so it is made once and copied."""
    folder = tmp_path_factory.mktemp("installed")
    with pytest.MonkeyPatch.context() as patch:
        facts: dict[str, Any] = Yishi(folder, patch).json("init", "--demo")
    return folder, facts


@pytest.fixture
def demo(installed: tuple[Path, dict[str, Any]], yishi: Yishi) -> dict[str, Any]:
    folder, facts = installed
    shutil.copytree(folder, yishi.folder, dirs_exist_ok=True)
    return {**facts, "keys_file": str(yishi.folder / "demo-keys.env")}


def test_demo_people_get_random_passwords_and_keys_that_only_the_owner_can_read(demo: dict[str, Any], tmp_path: Path) -> None:
    keys = read_secrets(tmp_path / "demo-keys.env")
    assert keys.keys() == {each["person"].upper() for each in demo["sign_ins"]}
    assert demo["key"] == keys["OFFICE"]
    assert len({each["password"] for each in demo["sign_ins"]}) == len(demo["sign_ins"])
    for name in ("demo-keys.env", "demo-passwords.env"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    with opened(load_settings()) as application:
        who = Access(application.store, application.lane).authenticate(keys["HOUSING"])
        assert (who.id, who.unit) == ("housing", "housing_bureau")
        assert who.roles >= {"department", "main_unit"}
        sign_in = SignIn(application.store, application.lane, application.org, session_hours=1)
        office = next(each for each in demo["sign_ins"] if each["person"] == "office")
        assert sign_in.sign_in("office", office["password"]).principal.id == "office"


def test_a_second_run_keeps_people_keys_and_cases(demo: dict[str, Any], yishi: Yishi) -> None:
    again = yishi.json("init", "--demo")
    assert {**again, "published": [], "registries": []} == {**demo, "published": [], "registries": []}
    assert {each["id"] for each in yishi.json("case", "list")["cases"]} == set(demo["cases"])


def test_another_database_gets_keys_of_its_own(demo: dict[str, Any], yishi: Yishi, tmp_path: Path) -> None:
    yishi.set(database_url=f"sqlite:///{tmp_path / 'other.db'}")
    again = yishi.json("init", "--demo")
    assert again["key"] != demo["key"]
    assert len(again["cases"]) == len(demo["cases"])


def test_the_demo_cases_stand_in_several_stages_and_one_is_overdue_and_was_escalated(demo: dict[str, Any], yishi: Yishi) -> None:
    found = yishi.json("case", "list")["cases"]
    assert len({case["state"] for case in found}) >= 3
    (overdue,) = yishi.json("case", "list", "--overdue")["cases"]
    assert overdue["id"] in demo["cases"]
    assert "escalation" in {task["kind"] for task in yishi.json("inbox", "--as", "chairperson")["tasks"]}


def test_people_see_how_to_get_in(demo: dict[str, Any], yishi: Yishi) -> None:
    told = yishi("init", "--demo")
    assert all(part in told for part in ("http://127.0.0.1:8000", demo["key"], demo["sign_ins"][0]["password"], "demo-keys.env"))
