"""Problems in the forms that people and machines read: text, JSON, SARIF 2.1.0, and GitHub's workflow commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from engine.errors import Problem


def render(problems: Sequence[Problem], form: str) -> str:
    """Render problems as ``text``, ``json``, ``sarif`` or ``github``. Raises ValueError for another form."""
    if form not in FORMS:
        raise ValueError(f"expected the format to be one of {', '.join(FORMS)}, got {form!r}")
    return FORMS[form](problems)


def _text(problems: Sequence[Problem]) -> str:
    return "\n".join(map(str, problems))


def _json(problems: Sequence[Problem]) -> str:
    return _dumped([as_json(problem) for problem in problems])


def as_json(problem: Problem) -> dict[str, Any]:
    """Give a problem as JSON; line and column count from 1, the pointer is RFC 6901."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "rule": problem.rule,
        "severity": problem.severity,
        "message": problem.message,
        "pointer": problem.pointer,
    }


def _sarif(problems: Sequence[Problem]) -> str:
    rules = [{"id": rule} for rule in sorted({problem.rule for problem in problems})]
    driver = {"name": "yishi lint", "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [_sarif_result(problem) for problem in problems]}
    return _dumped({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _sarif_result(problem: Problem) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": problem.file}, "region": {"startLine": problem.line, "startColumn": problem.column}}
    return {
        "ruleId": problem.rule,
        "level": problem.severity,
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": place}],
    }


def _github(problems: Sequence[Problem]) -> str:
    return "\n".join(
        f"::{problem.severity} file={_property(problem.file)},line={problem.line},col={problem.column},title={_property(problem.rule)}"
        f"::{_data(problem.message)}"
        for problem in problems
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _dumped(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


FORMS: Mapping[str, Callable[[Sequence[Problem]], str]] = {"text": _text, "json": _json, "sarif": _sarif, "github": _github}
