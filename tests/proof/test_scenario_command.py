"""`yishi test`: what it prints, writes and exits with."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.proof.scenarios import MESSAGE

ROOT = Path(__file__).resolve().parents[2]

GOOD = "- {name: good, given: {workflow: message, in: received, at: 2026-03-02 09:00}, when: [{assign: {by: office, data: {department: water}}}], then: {in: answering}}\n"
BAD = "- {name: 'bad <&>', given: {workflow: message, in: received, at: 2026-03-02 09:00}, then: {in: answering}}\n"
BROKEN = "- {name: broken, given: {workflow: message, in: recieved, at: 2026-03-02 09:00}, then: {in: answering}}\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("YISHI_WORKFLOWS", str(ROOT / "workflows"))
    (tmp_path / "message.yaml").write_text(MESSAGE, "utf-8")
    return tmp_path


def yishi_test(place: Path, scenarios: str, *arguments: str) -> Result:
    (place / "message.test.yaml").write_text(scenarios, "utf-8")
    done = CliRunner().invoke(app, ["test", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.mark.parametrize("named", ["", "message.yaml", "message.test.yaml"])
def test_a_folder_a_workflow_and_a_file_of_scenarios_may_be_named(place: Path, named: str) -> None:
    done = yishi_test(place, GOOD, str(place / named))
    assert done.exit_code == 0, done.output
    assert "1 of 1 scenarios passed" in done.stdout
    assert "message 1: states 1/5" in done.stdout
    assert "  not shown: action received.reject" in done.stdout.splitlines()


def test_a_failure_is_told_at_its_place_with_the_way_it_went(place: Path) -> None:
    done = yishi_test(place, GOOD + BAD, str(place))
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    begin = lines.index("FAILED  bad <&>")
    column = BAD.index("answering}") + 1
    assert lines[begin + 1 : begin + 6] == [
        f"  {place / 'message.test.yaml'}:2:{column}: in",
        "    expected  [answering]",
        "    got       [received]",
        "  the way the case went:",
        "    2026-03-02 09:00  start by resident → received [found]",
    ]


def test_problems_of_the_file_are_told_like_those_of_lint(place: Path) -> None:
    done = yishi_test(place, BROKEN + GOOD, str(place))
    assert done.exit_code == 1
    assert done.stdout.startswith(f"{place / 'message.test.yaml'}:1:{BROKEN.index('recieved') + 1}: scenario.unknown_name ")
    assert "1 of 1 scenarios passed, 1 problems" in done.stdout


def test_json_has_results_coverage_and_problems(place: Path) -> None:
    done = yishi_test(place, GOOD + BAD + BROKEN, str(place), "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["passed"]) == (1, False)
    assert [(each["name"], each["passed"], each["line"]) for each in told["scenarios"]] == [("good", True, 1), ("bad <&>", False, 2)]
    (difference,) = told["scenarios"][1]["differences"]
    assert (difference["what"], difference["expected"], difference["got"]) == ("in", ["answering"], ["received"])
    assert told["coverage"][0]["states"] == {"seen": 1, "all": 5}
    assert [each["rule"] for each in told["problems"]] == ["scenario.unknown_name"]


def test_junit_has_a_failure_for_each_scenario_that_fails_and_an_error_for_each_problem(place: Path) -> None:
    yishi_test(place, GOOD + BAD + BROKEN, str(place), "--junit", str(place / "junit.xml"))
    suite = ET.parse(place / "junit.xml").getroot().find("testsuite")  # noqa: S314  we wrote it ourselves
    assert suite is not None
    assert {name: suite.get(name) for name in ("tests", "failures", "errors")} == {"tests": "3", "failures": "1", "errors": "1"}
    cases = {case.get("name"): [child.tag for child in case] for case in suite}
    assert cases == {"good": [], "bad <&>": ["failure"], "scenario.unknown_name in line 3": ["error"]}
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "the way the case went" in (failure.text or "")


def test_proposals_are_scenarios_that_pass(place: Path) -> None:
    proposed = yishi_test(place, GOOD, str(place), "--propose").stdout
    text = "\n".join(line for line in proposed.splitlines() if line.startswith((" ", "-")))
    done = yishi_test(place, GOOD + text, str(place))
    assert done.exit_code == 0, done.output
    assert "states 5/5, actions 8/8, branches 3/3, guards 4/4, rungs 3/3" in done.stdout


def test_some_scenarios_may_be_chosen_by_name(place: Path) -> None:
    done = yishi_test(place, GOOD + BAD, str(place), "--only", "good")
    assert (done.exit_code, done.stdout) == (0, "1 of 1 scenarios passed\n")


@pytest.mark.parametrize("named", ["gone.test.yaml", "gone.yaml"])
def test_a_file_that_is_not_there_is_a_wrong_use(place: Path, named: str) -> None:
    done = yishi_test(place, GOOD, str(place / named))
    assert done.exit_code == 2
    assert "gone.test.yaml" in done.output


def test_the_shipped_scenarios_pass_and_show_everything(place: Path) -> None:
    """Every state, action, branch, guard and rung of the shipped workflows, negative cases included.

    Left out are the cases of democratic supervision: what happens to an issue only in its third weekly report is not played yet.
    """
    done = yishi_test(place, GOOD, str(ROOT / "workflows"), "--json")
    told = json.loads(done.stdout)
    assert [each["name"] for each in told["scenarios"] if not each["passed"]] == []
    assert (done.exit_code, told["problems"]) == (0, [])
    missing = {each["workflow"]: each["missing"] for each in told["coverage"]}
    assert missing.keys() > {"member_deliberation", "proposal", "inspection", "micro_session", "opinion_menu"}
    for supervision in ("supervision_issue", "special_report", "supervision_task", "measure_check"):
        missing.pop(supervision)
    assert {name: left for name, left in missing.items() if left} == {}
