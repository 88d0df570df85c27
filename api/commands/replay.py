"""`yishi replay`: do again what happened to the cases of a workflow, under a version that is not in force yet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TextColumn

from api.commands.failing import Exit, Misused
from api.commands.gateway import Person
from api.commands.here import here, instant_given
from api.commands.local import LocalGateway
from api.commands.moving import Workflow
from api.commands.options import AsJson, command_app
from api.commands.screen import console, show_json, show_line
from engine.definition.loader import load_one
from engine.runtime.replaying import Replaying

app = command_app()


@app.command()
def replay_command(
    context: typer.Context,
    workflow: Workflow,
    against: Annotated[
        Path, typer.Option("--against", metavar="FILE", help="The file of the version to try, which need not be published.")
    ],
    since: Annotated[
        str | None, typer.Option("--since", metavar="INSTANT", help="Only cases opened at this time or later; default: all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take every act of the trail again under another version and list where that refuses it, goes elsewhere or is late; exit with 1 if so.

    Acts are taken with their forms, by whom and when they were taken; reminders and acts by the clock come from the other version's own
    deadlines. After a refusal nothing more is said of a case. Nothing is recorded. It reads the database, so it needs one here.
    """
    place = here(context)
    if place.settings.url is not None:
        raise Misused("`replay` reads the trail of a database opened here; unset YISHI_URL")
    if not against.is_file():
        raise Misused(f"there is no file {against}")
    begin = 0 if since is None else instant_given(since, "--since")
    with LocalGateway.opened(place.settings, Person(), place.language) as local:
        application = local.application
        replaying = Replaying(application, load_one(against, str(against), calendars=application.calendars))
        screen = console(errors=True)
        with Progress(
            TextColumn("{task.completed} cases"), console=screen, transient=True, disable=as_json or not screen.is_terminal
        ) as bar:
            task = bar.add_task(workflow, total=None)
            found = replaying.replay(local.principal, workflow, begin, place.language, lambda count: bar.advance(task, count))
    if as_json:
        show_json(found)
    else:
        for each in found["different"]:
            show_line(f"{each['case']} {each['number'] or ''}".rstrip(), style="bold")
            for one in each["divergences"]:
                show_line(f"  {one['seq']} {one['at']} {one['action']}: {one['kind']}: then {one['then']}, now {one['now']}")
                for refusal in one["refusals"]:
                    show_line(f"    {refusal['code']}: {refusal['message']}")
        counts = ", ".join(f"{count} {kind}" for kind, count in found["counts"].items())
        show_line(f"{found['cases']} cases against version {found['against']}: {counts}")
    if found["different"]:
        raise typer.Exit(Exit.PROBLEMS)
