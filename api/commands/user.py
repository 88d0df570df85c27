"""`yishi user`: people who sign in at a browser. There is no default password."""

from __future__ import annotations

import secrets
import sys
from typing import Annotated

import typer

from api.commands.gateway import gateway
from api.commands.here import here
from api.commands.options import AsJson, command_app
from api.commands.screen import show_json, show_line, show_table

app = command_app("People who sign in at a browser.")

PASSWORD_BYTES = 15


@app.command("create")
def create(
    context: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Id: what they sign in with, and what the trail shows.")],
    role: Annotated[list[str] | None, typer.Option("--role", metavar="ROLE", help="A role; may be repeated. Default: admin.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="What they are called; default: the id.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="The unit they belong to.")] = None,
    as_json: AsJson = False,
) -> None:
    """Enter a person. The password is asked for on a terminal; elsewhere a random one is made and printed, this once."""
    password, made = ask_or_make_password()
    with gateway(here(context)) as service:
        entered = service.create_person(person, name or person, password, role or ["admin"], unit)
    if as_json:
        show_json({**entered, "password": password} if made else entered)
        return
    show_line(f"{entered['id']}: {', '.join(entered['roles'])}")
    if made:
        show_line(password)


@app.command("list")
def list_people(context: typer.Context, as_json: AsJson = False) -> None:
    """List the people."""
    with gateway(here(context)) as service:
        found = service.people()
    if as_json:
        show_json(found)
        return
    rows = [
        (each["id"], each["name"], ", ".join(each["roles"]), each["unit"], "✓" if each["may_sign_in"] else "") for each in found["people"]
    ]
    show_table(("id", "name", "roles", "unit", "signs in"), rows)


def ask_or_make_password() -> tuple[str, bool]:
    """Give a password, and whether it was made here."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)), False
    return secrets.token_urlsafe(PASSWORD_BYTES), True
