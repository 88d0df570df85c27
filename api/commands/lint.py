"""`yishi lint`: check workflow files and tell every problem, for people, programs and code reviews."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.failing import Exit, Misused
from api.commands.here import here
from api.commands.options import Files
from api.commands.screen import show_json, show_line
from engine.definition.calendar_files import load_calendars
from engine.definition.reader import MAX_BYTES
from engine.errors import DefinitionRefused, Problem
from engine.proof.lint import lint
from engine.runtime.bootstrap import workflow_files

STANDARD_INPUT = Path("-")


class Format(StrEnum):
    """How problems are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def lint_command(
    context: typer.Context,
    files: Files,
    form: Annotated[Format, typer.Option("--format", help="How to print problems.")] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Check workflow files; exit with 1 if there is an error in any. Warnings are printed and do not count."""
    problems = find_problems(here(context).calendars_folder, files)
    FORMATS[Format.JSON if as_json else form](problems)
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(Exit.PROBLEMS)


def find_problems(calendars: Path, files: Sequence[Path]) -> list[Problem]:
    """Check files against the calendars there are. Problems of the calendars themselves go first: all else hangs on them."""
    sources = read_sources(files)
    try:
        known = load_calendars(calendars)
    except DefinitionRefused as refused:
        return list(refused.problems)
    return lint(sources, known)


def read_sources(files: Sequence[Path]) -> list[Path | tuple[str, bytes]]:
    """Find the files that were named. Raises Misused for what is not there and for a folder without workflows."""
    sources: list[Path | tuple[str, bytes]] = []
    for path in files:
        if path == STANDARD_INPUT:
            # One byte more than may be shows that there is more.
            sources.append(("-", sys.stdin.buffer.read(MAX_BYTES + 1)))
        elif path.is_dir():
            found = workflow_files(path)
            if not found:
                raise Misused(f"expected workflow files (*.yaml) in the folder {path}, found none")
            sources += found
        elif path.exists():
            sources.append(path)
        else:
            raise Misused(f"there is no file {path}")
    return sources


# --- forms ----------------------------------------------------------------------------------------------------------


def as_text(problems: Iterable[Problem]) -> None:
    """Print a line for each problem: ``file:line:col: RULE message``."""
    for problem in problems:
        warning = "warning: " if problem.severity == "warning" else ""
        show_line(f"{problem.file}:{problem.line}:{problem.column}: {problem.rule} {warning}{one_line(problem.message)}")


def as_list(problems: Iterable[Problem]) -> None:
    """Print a JSON list."""
    show_json([problem_facts(problem) for problem in problems])


def as_github(problems: Iterable[Problem]) -> None:
    """Print commands that GitHub turns into remarks beside the lines."""
    for problem in problems:
        place = f"file={escaped(problem.file, ',:')},line={problem.line},col={problem.column},title={escaped(problem.rule, ',:')}"
        show_line(f"::{problem.severity} {place}::{escaped(problem.message)}")


def as_sarif(problems: Iterable[Problem]) -> None:
    """Print SARIF 2.1.0, which code review tools read."""
    found = list(problems)
    show_json(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": {"name": "yishi", "rules": [{"id": rule} for rule in sorted({each.rule for each in found})]}},
                    "columnKind": "unicodeCodePoints",
                    "results": [sarif_result(problem) for problem in found],
                }
            ],
        }
    )


def sarif_result(problem: Problem) -> dict[str, Any]:
    """Give one problem as a result of SARIF."""
    region = {"startLine": problem.line, "startColumn": problem.column}
    return {
        "ruleId": problem.rule,
        "level": problem.severity,
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": Path(problem.file).as_posix()}, "region": region}}],
    }


def problem_facts(problem: Problem) -> dict[str, Any]:
    """Give one problem as JSON values."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "rule": problem.rule,
        "severity": problem.severity,
        "message": problem.message,
        "pointer": problem.pointer,
    }


def one_line(text: str) -> str:
    """Put a message on one line."""
    return " ".join(text.split())


def escaped(text: str, more: str = "") -> str:
    """Escape a text as GitHub's workflow commands want it."""
    return "".join(f"%{ord(sign):02X}" if sign in f"%\r\n{more}" else sign for sign in text)


FORMATS: Mapping[Format, Callable[[Iterable[Problem]], None]] = {
    Format.TEXT: as_text,
    Format.JSON: as_list,
    Format.SARIF: as_sarif,
    Format.GITHUB: as_github,
}
