"""`yishi clock`: where the clock stands, and moving the manual one."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.gateway import gateway
from api.commands.here import here, instant_given
from api.commands.options import AsJson, command_app
from api.commands.screen import show_facts, show_json

app = command_app("Where the clock stands; moving the manual one.")


@app.command("show")
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Say where the clock stands, and whether it is moved by hand."""
    with gateway(here(context)) as service:
        found = service.clock()
    (show_json if as_json else show_facts)(found)


@app.command("advance")
def advance(
    context: typer.Context,
    to: Annotated[str, typer.Argument(metavar="INSTANT", help="An RFC 3339 time with its zone, like 2026-02-10T09:00:00+08:00.")],
    as_json: AsJson = False,
) -> None:
    """Move the manual clock; everything that is due on the way happens, each thing at its own instant."""
    instant = instant_given(to, "INSTANT")
    with gateway(here(context)) as service:
        found = service.advance_clock(instant)
    (show_json if as_json else show_facts)(found)
