"""`yishi inbox`: what is to be done."""

from __future__ import annotations

import typer

from api.commands.case import due_text, person_given, show_next
from api.commands.failing import Misused
from api.commands.gateway import gateway
from api.commands.here import here
from api.commands.options import AsJson, AsPerson, Cursor, Limit, Roles, Unit, command_app
from api.commands.screen import show_json, show_table

app = command_app()


@app.command()
def inbox_command(
    context: typer.Context,
    limit: Limit = 100,
    cursor: Cursor = None,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """List what lies in an inbox, the oldest first."""
    place = here(context)
    person = person_given(as_person, role, unit)
    if place.settings.url is None and not person.is_given:
        raise Misused("say whose inbox: --as PERSON, or --role ROLE and --unit UNIT")
    with gateway(place, person) as service:
        found = service.inbox(limit, cursor)
    if as_json:
        show_json(found)
        return
    rows = [
        (task["case"], task["number"], " / ".join(task["where"]), task["kind"], task["role"], due_text(task)) for task in found["tasks"]
    ]
    show_table(("case", "number", "where", "kind", "role", "due"), rows)
    show_next(found)
