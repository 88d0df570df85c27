"""`yishi simulate`: draw a year of cases and run them through the engine, to see what a process does to those who carry it."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from api.commands.diagram import definition_in
from api.commands.failing import Exit, Misused
from api.commands.here import here, term_given
from api.commands.options import AsJson, command_app
from api.commands.screen import console, show_error, show_json
from api.commands.simulate_screen import Screen
from engine.core.compiled import Process, compile_process
from engine.definition.calendar_files import load_calendars
from engine.definition.terms import Unit
from engine.proof.simulation import simulate
from engine.proof.simulation_cases import Simulated
from engine.proof.simulation_defaults import default_assumptions
from engine.proof.simulation_model import Assumptions
from engine.proof.simulation_reading import read_assumptions
from engine.proof.simulation_report import report

app = command_app()

MOST_A_WEEK = 100_000.0


@app.command()
def simulate_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A workflow file, or - for standard input.")],
    workflow: Annotated[str | None, typer.Option("--workflow", metavar="NAME", help="Which workflow of a file that holds several.")] = None,
    assume: Annotated[
        Path | None, typer.Option("--assume", metavar="FILE", help="What to assume, in YAML; what it leaves out stays as by default.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="NUMBER", help="Chooses the chance: the same number, the same cases.")] = 1,
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help="The first day; default: the first of January of the last year whose notice is out."),
    ] = None,
    term: Annotated[str | None, typer.Option("--for", metavar="TERM", help="How long, like '6 months'; default: 1 year.")] = None,
    per_week: Annotated[
        float | None,
        typer.Option(
            "--per-week", min=0, max=MOST_A_WEEK, metavar="NUMBER", help="Cases that come in a week of five working days; default: 4."
        ),
    ] = None,
    showing: Annotated[
        bool, typer.Option("--show-assumptions", help="Print what would be assumed, as YAML to be changed and given to --assume, and stop.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Draw a year of cases and run them through the engine on the real calendar: throughput, overdue deadlines, workload, dwell times.

    People act in the hours of working days, rungs fire at their instants, and nothing is done that the engine refuses. Nothing is recorded.
    """
    place = here(context)
    definition = definition_in(place, file, workflow)
    process = compile_process(definition, load_calendars(place.calendars_folder)[definition.calendar])
    if process.opening is None:
        raise Misused(f"{definition.workflow!r} has no `start`: its cases are opened by others, so there is nothing to draw")
    assumptions = options_over(assumed(process, file, assume, begin_given(begin)), begin_given(begin), term, per_week)
    if showing:
        show_assumptions(definition.workflow, assumptions, json=json)
        return
    found = report(run(process, assumptions, seed, silent=json))
    if json:
        show_json(found)
    else:
        Screen(process, place.language).show(found)


def begin_given(text: str | None) -> date | None:
    """Read the first day. Raises Misused."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misused(f"--from: expected a day like '2026-01-01', got {text!r}") from None


def assumed(process: Process, file: Path, assume: Path | None, begin: date | None) -> Assumptions:
    """Give what is assumed: the defaults, and over them what a file says. Prints what is wrong with the file and ends with 1."""
    try:
        defaults = default_assumptions(process, begin)
    except ValueError as error:
        raise Misused(f"{error}, with --from") from None
    if assume is None:
        return defaults
    if assume == Path("-") and file == Path("-"):
        raise Misused("the standard input can hold the workflow or the assumptions, not both")
    if assume != Path("-") and not assume.is_file():
        raise Misused(f"there is no file {assume}")
    content = sys.stdin.buffer.read() if assume == Path("-") else assume.read_bytes()
    found = read_assumptions(content, str(assume), process, defaults)
    for problem in found.problems:
        show_error(str(problem))
    if found.problems:
        raise typer.Exit(Exit.PROBLEMS)
    return found.assumptions


def options_over(assumptions: Assumptions, begin: date | None, term: str | None, per_week: float | None) -> Assumptions:
    """Lay the options over all else. Raises Misused."""
    if begin is not None:
        assumptions = replace(assumptions, begin=begin)
    if per_week is not None:
        assumptions = replace(assumptions, arrivals=(per_week / 5,) * 7)
    if term is not None:
        given = term_given(term, "--for")
        if given.unit is Unit.HOURS:
            raise Misused(f"--for: expected days, weeks, months or years, got {term!r}")
        assumptions = replace(assumptions, term=given)
    return assumptions


def run(process: Process, assumptions: Assumptions, seed: int, *, silent: bool) -> Simulated:
    """Simulate, with a bar that counts the days where somebody looks."""
    screen = console(errors=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True, disable=silent or not screen.is_terminal) as bar:
        task = bar.add_task(process.definition.workflow, total=None)
        return simulate(process, assumptions, seed, told=lambda done, there: bar.update(task, completed=done, total=there))


def show_assumptions(workflow: str, assumptions: Assumptions, *, json: bool) -> None:
    """Print what is assumed as a file that can be changed and read again."""
    content: dict[str, Any] = {"simulation": workflow, **assumptions.as_json()}
    if json:
        show_json(content)
    else:
        typer.echo(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, default_flow_style=None, width=140), nl=False)
