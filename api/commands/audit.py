"""`yishi audit`: what was done."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.case import person_given, show_next
from api.commands.failing import Misused
from api.commands.gateway import gateway
from api.commands.here import here, instant_given
from api.commands.options import AsJson, AsPerson, Cursor, Limit, Roles, Unit, command_app
from api.commands.screen import show_json, show_table

app = command_app("Ask the trail what happened.")

CaseOption = Annotated[str | None, typer.Option("--case", metavar="CASE", help="Only of this case, the oldest first.")]


@app.callback()  # else an app with one command is that command
def group() -> None:
    """Ask the trail what happened."""


@app.command("show")
def show(
    context: typer.Context,
    case: CaseOption = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Only what this person did.")] = None,
    workflow: Annotated[str | None, typer.Option("--workflow", help="Only cases of this workflow.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="Only this action.")] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="INSTANT", help="Recorded at this time or later.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="INSTANT", help="Recorded before this time.")] = None,
    after: Annotated[int, typer.Option("--after", metavar="SEQ", help="With --case: the seq after which to begin.")] = 0,
    limit: Limit = 100,
    cursor: Cursor = None,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Show events: those of a case from its opening on, or those of the whole organisation, recorded last first."""
    place = here(context)
    since = None if start is None else instant_given(start, "--from")
    until = None if end is None else instant_given(end, "--to")
    narrowing = {"actor": actor, "workflow": workflow, "action": action, "from": since, "to": until}
    if case is not None and any(value is not None for value in (*narrowing.values(), cursor)):
        raise Misused("--case goes with --after and --limit alone")
    with gateway(place, person_given(as_person, role, unit)) as service:
        found = service.events(case, after, limit) if case is not None else service.audit({**narrowing, "limit": limit, "cursor": cursor})
    if as_json:
        show_json(found)
        return
    rows = [
        (
            event["recorded_at"],
            event["case"] if "case" in event else f"{event['registry']}/{event['key']}",
            event["seq"],
            event["kind"],
            event["action"],
            event["actor"]["id"],
            event["actor"]["role"],
            " / ".join(event.get("after", ())),
        )
        for event in found["events"]
    ]
    show_table(("recorded", "case", "seq", "kind", "action", "actor", "role", "then in"), rows)
    if case is None:
        show_next(found)
