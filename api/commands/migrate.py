"""`yishi migrate`: move the running cases of a workflow to a version, or put them back."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from api.commands.failing import Exit, Misused
from api.commands.gateway import Gateway, Json, gateway
from api.commands.here import here
from api.commands.moving import Cases, Deadlines, To, Workflow, asked, joined, parts, show_refused
from api.commands.options import AsJson, Reason, command_app
from api.commands.screen import console, show_json, show_line

app = command_app()


@app.command()
def migrate_command(
    context: typer.Context,
    workflow: Workflow,
    to: To,
    deadlines: Deadlines = None,
    case: Cases = None,
    reason: Reason = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Put back the cases that were moved to this version and to which nothing has happened since.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Move the running cases of other versions to this one; exit with 1 if one cannot move.

    Broken off, it is simply begun again: whoever is there already is passed over. Look at `yishi plan` first.
    """
    if undo and deadlines:
        raise Misused("--deadlines says how cases move; --undo puts back what was there")
    request = asked(workflow, to, deadlines, case, reason=reason, undo=undo or None)
    with gateway(here(context)) as service:
        done = joined(followed(service, request, as_json=as_json))
    if as_json:
        show_json(done)
    else:
        show_refused(done["refused"])
        word = "put back" if undo else "moved"
        show_line(f"{done['moved']} {word}, {done['skipped']} there already, {done['cannot_move']} cannot")
    if done["cannot_move"]:
        raise typer.Exit(Exit.PROBLEMS)


def followed(service: Gateway, request: Json, *, as_json: bool) -> list[Json]:
    """Go through all parts, with a bar for whoever looks on."""
    counts = service.migrations(request["workflow"])["versions"]
    running = sum(each["running"] for each in counts if (each["version"] == request["to"]) is bool(request.get("undo")))
    screen = console(errors=True)
    done: list[Json] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True, disable=as_json or not screen.is_terminal) as bar:
        task = bar.add_task(request["workflow"], total=len(request.get("cases", ())) or running)
        for part in parts(service.migrate, request):
            done.append(part)
            bar.advance(task, part["moved"] + part["skipped"] + part["cannot_move"])
    return done
