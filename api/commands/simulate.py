"""`yishi simulate`: draw a year of cases and run them through the engine, to see what a process does to those who carry it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from api.commands.diagram import definition_in
from api.commands.failing import Exit, Misused
from api.commands.here import Here, here, term_given
from api.commands.options import AsJson, command_app
from api.commands.screen import console, show_error, show_json
from api.commands.simulate_screen import Screen
from engine.core.compiled import Process, compile_process
from engine.definition.calendar_files import load_calendars
from engine.definition.terms import Unit
from engine.definition.workflow_files import workflow_files
from engine.errors import YishiError
from engine.proof.scenario_play import Endless
from engine.proof.scenario_workflows import Workflows
from engine.proof.simulation import simulate
from engine.proof.simulation_cases import Simulated
from engine.proof.simulation_defaults import related, together
from engine.proof.simulation_model import Assumptions
from engine.proof.simulation_reading import read_assumptions
from engine.proof.simulation_report import report

app = command_app()

MOST_A_WEEK = 100_000.0


class GoesRound(YishiError):
    """The clock, or messages to and fro, go round for ever, so that the year has no end."""

    code = "simulation_endless"

    def __init__(self, endless: Endless) -> None:
        super().__init__(f"{endless}; give the loop `cycles`, or put time or an act by somebody into it")


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
    if process.opening is None and not definition.schedules:
        raise Misused(
            f"{definition.workflow!r} has no `start` and no schedule: its cases are opened by others, so there is nothing to draw"
        )
    others = beside(place, file)
    processes = {definition.workflow: process, **related(process, others.known)}
    assumptions = assumed(processes, file, assume, begin_given(begin), others)
    assumptions[definition.workflow] = options_over(assumptions[definition.workflow], begin_given(begin), term, per_week)
    if showing:
        show_assumptions(assumptions, json=json)
        return
    try:
        found = report(run(processes, assumptions, seed, silent=json))
    except Endless as endless:
        raise GoesRound(endless) from None
    if json:
        show_json(found)
    else:
        Screen(processes, place.language).show(found)


def beside(place: Here, file: Path) -> Workflows:
    """Give the workflows and registries that stand beside a file, or in it; beside the standard input stands nothing."""
    files = () if file == Path("-") else dict.fromkeys((*workflow_files(file.parent), file))
    return Workflows(files, load_calendars(place.calendars_folder))


def begin_given(text: str | None) -> date | None:
    """Read the first day. Raises Misused."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misused(f"--from: expected a day like '2026-01-01', got {text!r}") from None


def assumed(
    processes: Mapping[str, Process], file: Path, assume: Path | None, begin: date | None, others: Workflows
) -> dict[str, Assumptions]:
    """Give what is assumed: the defaults, and over them what a file says. Prints what is wrong with the file and ends with 1."""
    try:
        defaults = together(processes, begin)
    except ValueError as error:
        raise Misused(f"{error}, with --from") from None
    if assume is None:
        return defaults
    if assume == Path("-") and file == Path("-"):
        raise Misused("the standard input can hold the workflow or the assumptions, not both")
    if assume != Path("-") and not assume.is_file():
        raise Misused(f"there is no file {assume}")
    content = sys.stdin.buffer.read() if assume == Path("-") else assume.read_bytes()
    found = read_assumptions(content, str(assume), processes, defaults, others.registry)
    for problem in found.problems:
        show_error(str(problem))
    if found.problems:
        raise typer.Exit(Exit.PROBLEMS)
    return dict(found.assumptions)


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


def run(processes: Mapping[str, Process], assumptions: Mapping[str, Assumptions], seed: int, *, silent: bool) -> Simulated:
    """Simulate, with a bar that counts the days where somebody looks."""
    screen = console(errors=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True, disable=silent or not screen.is_terminal) as bar:
        (name, process), *others = processes.items()
        task = bar.add_task(name, total=None)
        return simulate(
            process,
            assumptions[name],
            seed,
            others={other: (each, assumptions[other]) for other, each in others},
            told=lambda done, there: bar.update(task, completed=done, total=there),
        )


def show_assumptions(assumptions: Mapping[str, Assumptions], *, json: bool) -> None:
    """Print what is assumed as a file that can be changed and read again: a document for each workflow."""
    main = next(iter(assumptions))
    documents = [{"simulation": name, **each.as_json(alone=name == main)} for name, each in assumptions.items()]
    if json:
        show_json(documents)
    else:
        text = yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False, default_flow_style=None, width=140)
        typer.echo(text, nl=False)
