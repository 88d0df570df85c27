"""`yishi test`: play the designers' own scenarios on a virtual clock and calendar, and say what they have not shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from api.commands.failing import Exit, Misused
from api.commands.here import here
from api.commands.options import AsJson, command_app
from api.commands.screen import console, show_json
from engine.definition.calendar_files import load_calendars
from engine.definition.calendars import Calendar
from engine.definition.workflow_files import SCENARIOS, scenarios_beside
from engine.errors import DefinitionRefused, Problem
from engine.proof.chronicle_files import chronicle_beside, played_with_chronicle, written
from engine.proof.scenario_coverage import Coverage
from engine.proof.scenario_paths import EFFORT
from engine.proof.scenario_propose import NoWay, Proposal, propose
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_report import as_json, as_junit, as_text
from engine.proof.scenario_run import Result, Routes, cover
from engine.proof.scenario_workflows import Folders

app = command_app()

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE…", help="Files NAME.test.yaml, workflow files NAME.yaml that such a file stands beside, or folders."),
]


@app.command()
def play_scenarios(
    files: Files,
    context: typer.Context,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit's XML to this file too.")] = None,
    only: Annotated[str | None, typer.Option("--only", metavar="TEXT", help="Only scenarios with this text in their name.")] = None,
    proposing: Annotated[
        bool, typer.Option("--propose", help="Look for a way to whatever no scenario shows, and print it as a scenario.")
    ] = False,
    effort: Annotated[int, typer.Option("--effort", min=1, metavar="NUMBER", help="Commands tried in one search for a way.")] = EFFORT,
    write: Annotated[
        bool, typer.Option("--write", help="Write what happened beside each file, as NAME.chronicle.txt, to be compared from then on.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell the way of each case, also of those that passed.")] = False,
    json: AsJson = False,
) -> None:
    """Play scenarios; exit with 1 if one of them does not go as it says, or as its chronicle has it. No database is touched."""
    if write and only is not None:
        raise Misused("`--write` writes the chronicle of whole files; leave out `--only`")
    try:
        calendars = load_calendars(here(context).calendars_folder)
    except DefinitionRefused as refused:
        problems, results = list(refused.problems), list[Result]()
    else:
        problems, results = play_files(scenario_files(files), calendars, only, effort, write=write)
    coverages = cover(results) if only is None else ()
    searched = [search(coverage, results, effort) for coverage in coverages] if proposing else []
    if junit is not None:
        junit.write_bytes(as_junit(problems, results))
    if json:
        show_json(as_json(problems, results, coverages, searched))
    else:
        for line in as_text(problems, results, coverages, searched, verbose=verbose):
            typer.echo(line)
    if problems or not all(result.passed for result in results):
        raise typer.Exit(Exit.PROBLEMS)


def scenario_files(files: Iterable[Path]) -> list[Path]:
    """Find the files of scenarios that were meant. Raises Misused for what is not there."""
    found: dict[Path, None] = {}
    for path in files:
        if path.is_dir():
            inside = sorted(path.glob(f"*{SCENARIOS}"))
            if not inside:
                raise Misused(f"expected files of scenarios (*{SCENARIOS}) in the folder {path}, found none")
            found |= dict.fromkeys(inside)
        elif path.name.endswith(SCENARIOS) or not path.name.endswith(".yaml"):
            found[path] = None
        else:
            found[scenarios_beside(path)] = None
    for path in found:
        if not path.is_file():
            raise Misused(f"there is no file {path}")
    return list(found)


def play_files(
    files: Iterable[Path], calendars: Mapping[str, Calendar], only: str | None, effort: int, *, write: bool
) -> tuple[list[Problem], list[Result]]:
    """Play the scenarios of files. Workflows are sought in the folder of each file. ``write``: keep what happened where all went well."""
    problems: list[Problem] = []
    results: list[Result] = []
    routes, folders = Routes(effort), Folders(calendars)
    for path in files:
        read = read_scenarios(path, str(path), folders.of(path))
        chosen = [each for each in read.scenarios if only is None or only in each.name]
        playing = played_with_chronicle(path, chosen, routes, whole=only is None, anew=write)
        results += playing.results
        if write and not read.problems and all(result.passed for result in playing.results):
            chronicle_beside(path).write_text(written(path, playing.chronicles), "utf-8")
        else:
            problems += playing.problems
        problems += read.problems
    return sorted(set(problems)), results


def search(coverage: Coverage, results: Sequence[Result], effort: int) -> tuple[list[Proposal], list[NoWay]]:
    """Look for ways to what was not shown, in cases opened when the first scenario of the workflow is."""
    at = next(each.scenario.given.at for each in results if each.scenario.process is coverage.process)
    screen = console(errors=True)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=screen, transient=True)
    with bar:
        task = bar.add_task("looking for ways", visible=screen.is_terminal)
        return propose(coverage, at, effort, told=lambda done, there: bar.update(task, completed=done, total=there))
