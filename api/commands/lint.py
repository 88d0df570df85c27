"""`yishi lint`: check workflow files and tell every problem, for people, programs and code reviews."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.commands.failing import Exit, Misused
from api.commands.here import here
from api.commands.options import Files, command_app
from engine.definition.calendar_files import load_calendars
from engine.definition.reader import MAX_BYTES
from engine.definition.workflow_files import definition_files, workflow_files
from engine.errors import DefinitionRefused
from engine.proof.lint import examine
from engine.proof.report import render, told
from engine.proof.verdicts import Report

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
    no_scenarios: Annotated[
        bool,
        typer.Option("--no-scenarios", help="Look at the files alone and do not play the scenarios beside them: faster, in an editor."),
    ] = False,
) -> None:
    """Check workflow files, prove them sound and play the scenarios beside them; exit with 1 if there is an error in any.

    Warnings are printed and do not count.

    Of a folder these are its workflows, and the registries and presets in the folders of these names.

    The verdict on each workflow is told on standard error: proved, bounded (too large to look at all), undecided or refused.
    """
    report = checked(here(context).calendars_folder, files, scenarios=not no_scenarios)
    form = Format.JSON if as_json else form
    shown = render(report, form)
    if shown:
        typer.echo(shown)
    if form in {Format.TEXT, Format.GITHUB}:
        for verdict in report.verdicts:
            typer.echo(told(verdict), err=True)
    if any(problem.severity == "error" for problem in report.problems):
        raise typer.Exit(Exit.PROBLEMS)


def checked(calendars: Path, files: Sequence[Path], *, scenarios: bool) -> Report:
    """Check files against the calendars there are. Problems of the calendars themselves go first: all else hangs on them."""
    sources = read_sources(files, definition_files)
    try:
        known = load_calendars(calendars)
    except DefinitionRefused as refused:
        return Report(refused.problems, ())
    return examine(sources, known, scenarios=scenarios)


def read_sources(files: Sequence[Path], in_folder: Callable[[Path], list[Path]] = workflow_files) -> list[Path | tuple[str, bytes]]:
    """Find the files that were named; ``in_folder`` says which of a folder are meant.

    Raises Misused for what is not there and for a folder without workflows.
    """
    sources: list[Path | tuple[str, bytes]] = []
    for path in files:
        if path == STANDARD_INPUT:
            # One byte more than may be shows that there is more.
            sources.append(("-", sys.stdin.buffer.read(MAX_BYTES + 1)))
        elif path.is_dir():
            found = in_folder(path)
            if not found:
                raise Misused(f"expected workflow files (*.yaml) in the folder {path}, found none")
            sources += found
        elif path.exists():
            sources.append(path)
        else:
            raise Misused(f"there is no file {path}")
    return sources
