"""`yishi demo`: the gas matter, played through the one door and read back from the trail."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from api.cli import app
from engine.clock import parse_instant
from engine.errors import DefinitionRefused, YishiError
from engine.runtime.access import administrator_of_this_machine
from engine.runtime.application import opened
from engine.runtime.bootstrap import publish_shipped
from engine.runtime.demonstration import People, Script, read_people, read_scripts
from engine.scheduler.demonstration import DemonstrationFailed, begin_at, play
from engine.settings import Settings
from tests.cli.conftest import ROOT, Yishi

DEMO = ROOT / "workflows" / "demo"


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YISHI_WORKFLOWS", str(ROOT / "workflows"))
        done = CliRunner().invoke(app, ["--language", "zh-CN", "demo", "--json"])
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def entries(story: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry for entry in story["timeline"] if entry["kind"] == kind]


def test_the_matter_is_carried_from_topic_to_evaluation(story: dict[str, Any]) -> None:
    assert story["outcome"] == "success"
    stages = [entry["where"][0].split(" · ")[0] for entry in story["timeline"] if entry["where"]]
    assert list(dict.fromkeys(stages)) == ["议题确定", "调查研究", "议事开展", "成果报送", "跟踪问效", "中止", "质量评价", "办结"]


def test_every_step_of_the_script_is_an_event_or_a_refusal_that_the_script_foretold(story: dict[str, Any]) -> None:
    (script,) = read_scripts(DEMO / "gas_supply.yaml")
    refused = [step.expect_refused for step in script.steps if step.expect_refused]
    assert [code for entry in entries(story, "refused") for code in [entry["refusals"][0]["code"]]] == refused
    assert {"lone_member", "missing_document", "no_score"} <= set(refused)
    acted = [entry for entry in story["timeline"] if entry["kind"] in {"open", "act"}]
    assert len(acted) + len(refused) == len(script.steps)


def test_the_overdue_instruction_escalates_by_itself_each_rung_once_at_its_instant(story: dict[str, Any]) -> None:
    """The instruction was due at the end of 5 March 2026, ten working days after 13 February, over Spring Festival."""
    rungs = [(entry["local"], entry.get("escalated_to")) for entry in entries(story, "rung") if "instruct" in entry["action"]]
    assert rungs == [("2026-03-04 00:00", None), ("2026-03-06 00:00", None), ("2026-03-13 00:00", ["政协主席"])]
    (instructed,) = [entry for entry in story["timeline"] if entry["action"] == "instruct"]
    (late,) = [deadline for deadline in instructed["deadlines"] if deadline["op"] == "late"]
    assert late["local_due"] == "2026-03-05 24:00"


def test_dates_are_told_with_their_reasons(story: dict[str, Any]) -> None:
    counted = [
        deadline for entry in story["timeline"] for deadline in entry["deadlines"] if deadline["op"] in {"armed", "extended", "resumed"}
    ]
    assert all(deadline["why"] for deadline in counted if "due" in deadline)
    (vetting,) = [deadline for deadline in counted if deadline["name"] == "topic.vetting.decide"]
    assert any("国庆节" in why for why in vetting["why"])


def test_the_suspension_moves_the_date_and_does_not_begin_the_term_anew(story: dict[str, Any]) -> None:
    feedback = [d for entry in story["timeline"] for d in entry["deadlines"] if d["name"] == "follow_up.implementing.feedback"]
    assert [(each["op"], each["local_due"]) for each in feedback if each["op"] in {"armed", "paused", "resumed"}] == [
        ("armed", "2026-06-17 24:00"),
        ("paused", "2026-06-17 24:00"),
        ("resumed", "2026-07-01 24:00"),
    ]


def test_the_story_is_in_order_of_time(story: dict[str, Any]) -> None:
    moments = [datetime.fromisoformat(entry["at"]) for entry in story["timeline"]]
    assert all(one <= other for one, other in pairwise(moments))


@pytest.mark.parametrize("columns", ["80", "200"])
def test_people_read_it_as_a_table_whatever_the_width(yishi: Yishi, columns: str) -> None:
    yishi.monkeypatch.setenv("COLUMNS", columns)
    told = yishi("demo")
    assert "\x1b" not in told
    assert all(part in told for part in ("2026-03-13 00:00", "lone_member", "政协主席", "success"))


def test_it_speaks_english_too(yishi: Yishi) -> None:
    assert "Chairperson" in yishi("--language", "en", "demo")


def test_it_is_played_in_a_database_of_its_own_and_leaves_nothing_behind(yishi: Yishi, tmp_path: Path) -> None:
    yishi("demo")
    assert list(tmp_path.iterdir()) == []


def test_it_may_be_kept_in_a_fresh_database_and_never_joins_one_with_cases(yishi: Yishi, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    case = yishi.json("demo", "--database", url)["case"]
    yishi.set(database_url=url, clock="manual")
    assert yishi.json("case", "show", case)["outcome"] == "success"
    assert yishi.refused(3, "demo", "--database", url)["code"] == "clock_refused"


def test_an_unknown_demonstration_is_not_found(yishi: Yishi) -> None:
    assert yishi.refused(5, "demo", "gas")["code"] == "not_found"


# --- the year -------------------------------------------------------------------------------------------------------


def test_a_place_is_played_and_its_figures_stand_beside_those_of_the_source(yishi: Yishi, tmp_path: Path) -> None:
    database = ("--database", f"sqlite:///{tmp_path / 'year.db'}", "--place", "chengde")
    played = yishi.json("demo", "--year", *database)
    assert (played["matters"], played["steps"], played["faults"]) == (19, 76, [])
    assert yishi.json("demo", "--year", *database)["steps"] == 0  # all of it is done
    rows = {each["id"]: each for each in yishi.json("demo", "--figures", *database)["figures"]}
    homes, convenors = rows["chengde.homes"], rows["chengde.convenors"]
    assert (homes["source"], homes["there"], homes["here"], homes["agrees"]) == ("002:103", {"exact": 5}, 5, True)
    assert (convenors["numerator"], convenors["denominator"]) == (23, 23)
    told = yishi("--language", "zh-CN", "demo", "--figures", *database)
    assert all(part in told for part in ("002:103", "党员（委员）之家", "台账行数", "✓", "2项相符"))


def test_a_figure_that_differs_from_the_source_fails_the_command(yishi: Yishi, tmp_path: Path) -> None:
    database = ("--database", f"sqlite:///{tmp_path / 'year.db'}", "--place", "jingxian")
    yishi("demo", "--year", *database, "--share", "10")
    done = yishi.run("--language", "en", "demo", "--figures", *database)
    assert done.exit_code == 1
    assert "✗" in done.stdout
    assert "1 agree, 6 differ" in done.stdout
    assert yishi.refused(3, "demo", "--year", *database)["code"] == "clock_refused"  # it was begun with a tenth


# --- the player -----------------------------------------------------------------------------------------------------

HEAD = {"demo": "x", "title": {"en": "x"}, "workflow": "member_deliberation", "zone": "Asia/Shanghai"}
OPENED = {"at": "2026-03-02 09:00", "by": "member", "open": {"topic": "x", "source": "member"}}


def played(tmp_path: Path, *steps: dict[str, Any]) -> Any:
    script = Script.model_validate({**HEAD, "steps": list(steps)})
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'demo.db'}", clock="manual", workflows=ROOT / "workflows", files=tmp_path / "files"
    )
    with opened(settings) as application:
        begin_at(application, parse_instant("2026-03-02T09:00:00+08:00"))
        publish_shipped(application)
        return play(application, script, read_people(DEMO / "people.yaml"))


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"by": "member", "act": "submit"}, "step 2 of x: expected to be taken, but it was refused: lone_member"),
        (
            {"by": "member", "act": "submit", "expect_refused": "wrong_role"},
            "expected to be refused with wrong_role, but it was refused: lone_m",
        ),
        ({"by": "member", "act": "edit", "expect_refused": "wrong_role"}, "expected to be refused with wrong_role, but it was taken"),
        ({"by": "membr", "act": "edit"}, "there is no person 'membr', did you mean 'member'"),
    ],
)
def test_a_script_that_does_not_come_true_fails_and_names_the_step(tmp_path: Path, step: dict[str, Any], told: str) -> None:
    with pytest.raises(DemonstrationFailed, match=told):
        played(tmp_path, OPENED, step)


def test_time_does_not_run_back_within_a_script(tmp_path: Path) -> None:
    with pytest.raises(YishiError, match="cannot be moved back"):
        played(tmp_path, OPENED, {"at": "2026-03-01 09:00", "by": "member", "act": "edit"})


def test_what_happened_days_ago_is_entered_now_and_counts_from_then(tmp_path: Path) -> None:
    late = {"by": "member", "days_ago": 30, "reason": "补录", "open": {"topic": "x", "source": "member", "special": True}}
    done = played(tmp_path, late, {"by": "member", "days_ago": 29, "reason": "补录", "act": "submit"})
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'demo.db'}", clock="manual", workflows=ROOT / "workflows")
    with opened(settings) as application:
        from engine.runtime.timeline import timeline  # noqa: PLC0415

        told = timeline(application, administrator_of_this_machine(application.org), done.case_id, "en")
    assert [entry["local"] for entry in told[:2]] == ["2026-01-31 09:00", "2026-02-01 09:00"]
    assert told[0]["recorded_at"] == "2026-03-02T01:00:00Z"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"by": "member"}, "exactly one of"),
        ({"by": "member", "act": "a", "comment": "b"}, "exactly one of"),
        ({"by": "member", "attach": "a"}, "go together"),
        ({"by": "member", "act": "a", "at": "2026-13-01 09:00"}, "2026-02-10 09:00"),
        ({"by": "member", "act": "a", "ad": "x"}, "not permitted"),
        ({"by": "member", "act": "a", "days_ago": 3}, "needs a `reason`"),
    ],
)
def test_a_mistake_in_a_script_is_told_with_its_place(tmp_path: Path, step: dict[str, Any], expected: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump({**HEAD, "steps": [step]}, sort_keys=False), "utf-8")
    with pytest.raises(DefinitionRefused) as refused:
        read_scripts(path)
    assert expected in refused.value.problems[0].message
    assert refused.value.problems[0].line > 1


def test_the_people_of_the_demonstration_have_roles_of_the_process_and_units_that_are_there() -> None:
    people: People = read_people(DEMO / "people.yaml")
    assert {person.unit for person in people.people} - {unit.id for unit in people.units} == {None}
    assert {unit.parent for unit in people.units} - {unit.id for unit in people.units} == {None}
