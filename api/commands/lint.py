"""`yishi lint`: check workflow files and tell every problem, for people, programs and code reviews."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.commands.failing import Exit, Misused
from api.commands.here import here
from api.commands.options import Files, command_app
from engine.definition.calendar_files import load_calendars
from engine.definition.reader import MAX_BYTES
from engine.errors import DefinitionRefused, Problem
from engine.proof.lint import lint
from engine.proof.report import render
from engine.runtime.bootstrap import workflow_files

app = command_app()

STANDARD_INPUT = Path("-")


class Format(StrEnum):
    """How problems are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@app.command()
def lint_command(
    context: typer.Context,
    files: Files,
    form: Annotated[Format, typer.Option("--format", help="How to print problems.")] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Check workflow files; exit with 1 if there is an error in any. Warnings are printed and do not count."""
    problems = find_problems(here(context).calendars_folder, files)
    shown = render(problems, Format.JSON if as_json else form)
    if shown:
        typer.echo(shown)
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
