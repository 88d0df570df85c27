"""What lint found in the forms that people and machines read: text, JSON, SARIF 2.1.0, and GitHub's workflow commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from engine.errors import Problem
from engine.proof.verdicts import Report, Verdict


def render(report: Report, form: str) -> str:
    """Render what lint found as ``text``, ``json``, ``sarif`` or ``github``. Raises ValueError for another form.

    Text and GitHub's commands are the problems alone, a line for each; JSON and SARIF have the verdicts as well.
    """
    if form not in FORMS:
        raise ValueError(f"expected the format to be one of {', '.join(FORMS)}, got {form!r}")
    return FORMS[form](report)


def told(verdict: Verdict) -> str:
    """Tell a verdict in a line, and under it why the file is not proved."""
    reasons = (f"{each}{_waiver(each)}" for each in verdict.reasons)
    return "\n".join([str(verdict), *reasons])


def _waiver(problem: Problem) -> str:
    return f" (waived: {problem.waived})" if problem.waived else ""


def _text(report: Report) -> str:
    return "\n".join(map(str, report.problems))


def _json(report: Report) -> str:
    return _dumped({"problems": [as_json(each) for each in report.problems], "verdicts": [_verdict(each) for each in report.verdicts]})


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "file": verdict.file,
        "workflow": verdict.workflow,
        "version": verdict.version,
        "verdict": verdict.word,
        "reasons": [as_json(each) for each in verdict.reasons],
    }


def as_json(problem: Problem) -> dict[str, Any]:
    """Give a problem as JSON; line and column count from 1, the pointer is RFC 6901, the way is the acts that lead there."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "rule": problem.rule,
        "severity": problem.severity,
        "message": problem.message,
        "pointer": problem.pointer,
        **({"way": problem.way} if problem.way else {}),
        **({"waived": problem.waived} if problem.waived else {}),
    }


def _sarif(report: Report) -> str:
    shown = (*report.problems, *(reason for verdict in report.verdicts for reason in verdict.reasons))
    rules = [{"id": rule} for rule in sorted({problem.rule for problem in shown})]
    driver = {"name": "yishi lint", "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(problem) for problem in shown],
        "properties": {"verdicts": [_verdict(each) for each in report.verdicts]},
    }
    return _dumped({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _sarif_result(problem: Problem) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": problem.file}, "region": {"startLine": problem.line, "startColumn": problem.column}}
    result: dict[str, Any] = {
        "ruleId": problem.rule,
        "level": problem.severity,
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": place}],
    }
    if problem.way:
        steps = [{"location": {"message": {"text": act}}} for act in problem.way]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if problem.waived:
        result["suppressions"] = [{"kind": "inSource", "justification": problem.waived}]
    return result


def _github(report: Report) -> str:
    return "\n".join(
        f"::{problem.severity} file={_property(problem.file)},line={problem.line},col={problem.column},title={_property(problem.rule)}"
        f"::{_data(problem.message)}"
        for problem in report.problems
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _dumped(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


FORMS: Mapping[str, Callable[[Report], str]] = {"text": _text, "json": _json, "sarif": _sarif, "github": _github}
