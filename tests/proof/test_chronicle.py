"""Chronicles: all that happens in scenarios is written down, compared, and told at the line that is another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.errors import Problem
from engine.proof.chronicle_files import Playing, chronicle_beside, played_with_chronicle, written
from engine.proof.lint import examine
from engine.proof.scenario_paths import EFFORT
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_run import Routes
from engine.proof.scenario_workflows import Folders
from tests.definition.loading import CALENDARS, changed, place
from tests.proof.scenarios import MESSAGE

URGENT = """\
2026-03-02 09:00 in received
  data text = 留言内容; urgent = true; visits = []
  task +owner office
  may office: +assign, +reject ✗ too_urgent, +urge
  may resident: +urge
then reject by office refused: too_urgent
"""
SCENARIOS = """\
- name: a message is answered
  given: {workflow: message, in: answering, at: 2026-03-02 09:00, data: {department: water}}
  when: [{wait: 20 working days}, {report.attach: department}, {answer: {by: department, data: {reply: 已办}}}, {check: {by: office, data: {score: 60}}}]
- name: what is urgent is not rejected
  given: {workflow: message, in: received, at: 2026-03-02 09:00, data: {urgent: true}}
  when: [{reject: {by: office, reason: 重复, refused: [too_urgent]}}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a workflow, its scenarios and their chronicle."""
    (tmp_path / "message.yaml").write_text(MESSAGE, "utf-8")
    (tmp_path / "message.test.yaml").write_text(SCENARIOS, "utf-8")
    chronicle_beside(tmp_path / "message.test.yaml").write_text(
        written(tmp_path / "message.test.yaml", played(tmp_path, anew=True).chronicles), "utf-8"
    )
    return tmp_path


def played(folder: Path, *, anew: bool = False) -> Playing:
    path = folder / "message.test.yaml"
    read = read_scenarios(path, str(path), Folders(CALENDARS).of(path))
    assert read.problems == ()
    return played_with_chronicle(path, read.scenarios, Routes(EFFORT), anew=anew)


def told(folder: Path) -> list[Problem]:
    playing = played(folder)
    assert all(result.passed for result in playing.results)
    return playing.problems


def change(folder: Path, *changes: tuple[str, str]) -> None:
    (folder / "message.yaml").write_text(changed(MESSAGE, *changes), "utf-8")


def test_what_happened_is_told_with_times_terms_refusals_and_what_may_be_done(folder: Path) -> None:
    text = (folder / "message.chronicle.txt").read_text("utf-8")
    assert "== a message is answered" in text
    assert re.search(r"^message\.answer: reply$", text, re.MULTILINE)
    assert re.search(r"^message\.answer\.reply: .*maxLength:", text, re.MULTILINE)
    assert re.search(r"^message\.settings\.term: .*default:15 working days", text, re.MULTILINE)
    assert text.partition("== what is urgent is not rejected\n")[2] == URGENT


def test_played_again_nothing_differs(folder: Path) -> None:
    assert told(folder) == []


def test_another_wording_is_no_difference(folder: Path) -> None:
    change(folder, *((title, f"{title}改") for title in sorted(set(re.findall(r"title: (\S+?)[,}]", MESSAGE)))[:1]))
    assert told(folder) == []


@pytest.mark.parametrize(
    ("written_before", "instead", "expected"),
    [
        (
            "default: 15 working days",
            "default: 16 working days",
            "got due answering.reply 2026-03-24, 80 % 2026-03-19, 5 working days after 2026-03-31",
        ),
        ("requires: [report], ", "", "got may department: +answer, +report.attach"),
        (
            "{at: due, notify: [owner, office]}",
            "{at: due, notify: owner}",
            "expected told department water, office, got told department water",
        ),
        ("by: department, form: [visits+]", "by: [department, office], form: [visits+]", "got may office: +urge, +visit"),
        (
            "guard: data.score < settings.least",
            "guard: data.score <= settings.least",
            "expected then check by office → answered, got then check by office → answering",
        ),
        ("{to: answered}", "{notify: head, to: answered}", "expected ended success, got told head"),
        (
            "{to: answered}\n",
            "{to: filing}\n  filing: {title: 归档, always: {to: answered}}\n",
            "expected then check by office → answered, got then check by office by way of filing → answered",
        ),
    ],
)
def test_what_goes_another_way_is_told_at_its_line_with_both(folder: Path, written_before: str, instead: str, expected: str) -> None:
    change(folder, (written_before, instead))
    problem, *_ = told(folder)
    kept = (folder / "message.chronicle.txt").read_text("utf-8").splitlines()[problem.line - 1].strip()
    assert (problem.rule, problem.file) == ("scenario.chronicle", str(folder / "message.chronicle.txt"))
    assert f"expected {kept}, got " in problem.message
    assert expected in problem.message
    assert "yishi test --write" in problem.message


def test_a_form_that_asks_for_something_else_is_told_with_its_act(folder: Path) -> None:
    change(folder, ("form: [reply]", "form: [reply?]"))
    problem, *_ = told(folder)
    assert "form of message.answer: expected reply, got reply?" in problem.message


def test_scenarios_that_came_or_went_are_told(folder: Path) -> None:
    text = SCENARIOS.replace("what is urgent is not rejected", "nobody rejects what is urgent")
    (folder / "message.test.yaml").write_text(text, "utf-8")
    assert ["nobody rejects what is urgent", "what is urgent is not rejected"] == [
        re.findall(r"'(.*?)'", problem.message)[0] for problem in told(folder)
    ]


def test_lint_refuses_a_workflow_that_does_something_else_than_was_written_down(folder: Path) -> None:
    assert examine([folder / "message.yaml"], CALENDARS, scenarios=True).verdicts[0].word == "proved"
    change(folder, ("default: 15 working days", "default: 16 working days"))
    report = examine([folder / "message.yaml"], CALENDARS, scenarios=True)
    assert {problem.rule for problem in report.problems} == {"scenario.chronicle"}
    assert report.verdicts[0].word == "refused"


def test_without_a_chronicle_none_is_made_and_nothing_compared(folder: Path) -> None:
    chronicle_beside(folder / "message.test.yaml").unlink()
    assert ([], 2) == (played(folder).chronicles, len(played(folder).results))
    change(folder, ("default: 15 working days", "default: 16 working days"))
    assert told(folder) == []


def test_a_difference_stands_where_it_is_in_the_file(folder: Path) -> None:
    path = folder / "message.chronicle.txt"
    text = path.read_text("utf-8").replace("refused: too_urgent", "refused: not_urgent")
    path.write_text(text, "utf-8")
    (problem,) = told(folder)
    assert problem.line == place(text, "refused: not_urgent")[0]
