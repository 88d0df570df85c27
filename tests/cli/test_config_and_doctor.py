from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.settings import Settings
from tests.cli.conftest import OFFICE, Yishi


@pytest.fixture(autouse=True)
def _any_disk_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """How fast the disk of a test machine is says nothing about doctor."""
    monkeypatch.setattr("api.commands.doctor.SLOW_MS", 60_000.0)


def findings(yishi: Yishi, exit_code: int) -> dict[str, Any]:
    done = yishi.run("doctor", "--json")
    assert done.exit_code == exit_code, done.output
    told = json.loads(done.stdout)
    assert told["ok"] == (exit_code == 0)
    return {each["name"]: each for each in told["findings"]}


def test_every_setting_is_listed_with_value_default_and_description(yishi: Yishi) -> None:
    listed = {each["variable"]: each for each in yishi.json("config")}
    assert listed.keys() == {f"YISHI_{name.upper()}" for name in Settings.model_fields}
    assert all(each["description"] for each in listed.values())
    assert (listed["YISHI_CLOCK"]["value"], listed["YISHI_CLOCK"]["default"]) == ("system", "system")
    yishi.set(clock="manual")
    assert {each["variable"]: each for each in yishi.json("config")}["YISHI_CLOCK"]["value"] == "manual"


@pytest.mark.parametrize("url", ["postgresql://li:geheim@db/yishi", "postgresql://db/yishi?user=li&password=geheim"])
def test_secrets_are_masked(yishi: Yishi, url: str) -> None:
    yishi.set(database_url=url, key="yk_geheim")
    for shown in (yishi("config"), yishi("config", "--json")):
        assert "geheim" not in shown
        assert "***" in shown


def test_a_fresh_installation_is_sound(yishi: Yishi) -> None:
    yishi("init")
    found = findings(yishi, 0)
    assert {"sqlite", "pragma journal_mode", "schema", "clock", "calendar cn", "files folder", "expressions", "fdatasync"} <= found.keys()
    assert found["unsealed events"]["found"] == "0"
    assert found["pragma synchronous"]["found"] == "2"


def test_a_database_that_is_not_there_is_a_problem_and_is_not_made(yishi: Yishi, tmp_path: Path) -> None:
    assert findings(yishi, 1)["database"]["ok"] is False
    assert list(tmp_path.iterdir()) == []


def test_the_events_that_wait_for_their_place_are_counted(trial: Yishi) -> None:
    trial("case", "open", "trial", "-f", "topic=路灯", *OFFICE)
    assert findings(trial, 0)["unsealed events"]["found"] == "1"


def test_a_clock_of_the_wrong_kind_is_a_problem(yishi: Yishi) -> None:
    yishi("init")
    yishi.set(clock="manual")
    assert findings(yishi, 1)["clock"]["ok"] is False


def test_broken_calendars_are_a_problem_beside_which_all_else_is_looked_at(yishi: Yishi, tmp_path: Path) -> None:
    yishi("init")
    (tmp_path / "workflows" / "calendars").mkdir(parents=True)
    (tmp_path / "workflows" / "calendars" / "cn.yaml").write_text("calendar: cm\n", "utf-8")
    yishi.set(workflows=str(tmp_path / "workflows"))
    found = findings(yishi, 1)
    assert (found["calendars"]["ok"], found["schema"]["ok"]) == (False, True)


def test_a_folder_that_cannot_be_written_is_a_problem(yishi: Yishi, tmp_path: Path) -> None:
    yishi("init")
    (tmp_path / "file").touch()
    yishi.set(files=str(tmp_path / "folder" / "below"))
    assert findings(yishi, 0)["files folder"]["found"].endswith("can be made")
    yishi.set(files=str(tmp_path / "file" / "below"))
    assert findings(yishi, 1)["files folder"]["ok"] is False


def test_a_disk_that_is_too_slow_is_a_problem(yishi: Yishi) -> None:
    yishi("init")
    yishi.monkeypatch.setattr("api.commands.doctor.SLOW_MS", 0.0)
    assert findings(yishi, 1)["fdatasync"]["ok"] is False


def test_doctor_works_on_both_databases(yishi: Yishi, database_url: str) -> None:
    yishi.set(database_url=database_url)
    yishi("init")
    done = json.loads(yishi.run("doctor", "--json").stdout)
    named = {each["name"]: each for each in done["findings"]}
    assert named["schema"]["ok"] is True
    assert ("postgresql" in named) == database_url.startswith("postgresql")
