"""The forms of what lint found: for people, programs and code reviews."""

from __future__ import annotations

import json

import pytest

from engine.errors import Problem
from engine.proof.report import FORMS, render, told
from engine.proof.verdicts import Report, Verdict, Word

PROBLEM = Problem(
    file="a:b.yaml", line=3, column=7, rule="x.y", message="100% wrong,\nreally", pointer="/a", severity="warning", way=("start", "go")
)
NOTE = Problem(file="a:b.yaml", line=9, column=1, rule="x.z", message="who knows", severity="note")
WAIVED = Problem(file="a:b.yaml", line=9, column=1, rule="x.w", message="wrong", waived="it is meant so")
REPORT = Report((PROBLEM,), (Verdict("a:b.yaml", "w", 2, Word.UNDECIDED, (NOTE, WAIVED)),))
EMPTY = Report((), ())


def test_a_text_line_is_file_line_column_rule_and_message() -> None:
    assert render(REPORT, "text") == "a:b.yaml:3:7: x.y 100% wrong,\nreally"


def test_a_verdict_is_told_with_its_reasons() -> None:
    assert told(REPORT.verdicts[0]).splitlines() == [
        "a:b.yaml: w version 2: undecided",
        "a:b.yaml:9:1: x.z who knows",
        "a:b.yaml:9:1: x.w wrong (waived: it is meant so)",
    ]


def test_json_has_every_part_of_a_problem_and_of_a_verdict() -> None:
    shown = json.loads(render(REPORT, "json"))
    assert shown["problems"] == [
        {
            "file": "a:b.yaml",
            "line": 3,
            "column": 7,
            "rule": "x.y",
            "severity": "warning",
            "message": PROBLEM.message,
            "pointer": "/a",
            "way": ["start", "go"],
        }
    ]
    (verdict,) = shown["verdicts"]
    assert (verdict["workflow"], verdict["version"], verdict["verdict"]) == ("w", 2, "undecided")
    assert [each.get("waived") for each in verdict["reasons"]] == [None, "it is meant so"]


def test_sarif_places_each_result_with_the_way_there_and_what_is_waived() -> None:
    (run,) = json.loads(render(REPORT, "sarif"))["runs"]
    result, note, waived = run["results"]
    assert (result["ruleId"], result["level"]) == ("x.y", "warning")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 7}
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == ["start", "go"]
    assert note["level"] == "note"
    assert waived["suppressions"] == [{"kind": "inSource", "justification": "it is meant so"}]
    assert run["tool"]["driver"]["rules"] == [{"id": "x.w"}, {"id": "x.y"}, {"id": "x.z"}]


def test_github_commands_are_escaped() -> None:
    assert render(REPORT, "github") == "::warning file=a%3Ab.yaml,line=3,col=7,title=x.y::100%25 wrong,%0Areally"


@pytest.mark.parametrize("form", ["text", "github"])
def test_nothing_found_is_nothing_printed(form: str) -> None:
    assert render(EMPTY, form) == ""


def test_an_unknown_form_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=", ".join(FORMS)):
        render(EMPTY, "xml")
