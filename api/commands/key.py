"""`yishi key`: API keys."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.failing import Misused
from api.commands.gateway import gateway
from api.commands.here import here, instant_given
from api.commands.options import AsJson, command_app
from api.commands.screen import show_json, show_line, show_table

app = command_app("API keys.")


@app.command("create")
def create(
    context: typer.Context,
    actor: Annotated[str, typer.Option("--actor", metavar="NAME", help="Who acts with the key: the trail shows this name.")],
    role: Annotated[
        list[str] | None, typer.Option("--role", metavar="ROLE", help="A role of a workflow or of the service; may be repeated.")
    ] = None,
    more: Annotated[
        list[str] | None, typer.Argument(metavar="[ROLE…]", help="More roles, so that --role may be followed by several.")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="The unit whoever acts belongs to.")] = None,
    label: Annotated[str, typer.Option("--label", metavar="TEXT", help="What the key is for.")] = "",
    expires_at: Annotated[
        str | None, typer.Option("--expires-at", metavar="INSTANT", help="When it stops being valid; default: never.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once: only its SHA-256 is kept."""
    roles = [*(role or ()), *(more or ())]
    if not roles:
        raise Misused("expected at least one --role")
    expires = None if expires_at is None else instant_given(expires_at, "--expires-at")
    with gateway(here(context)) as service:
        made = service.create_key(actor, roles, unit, label, expires)
    if as_json:
        show_json({"key": made["key"]})
    else:
        show_line(made["key"])


@app.command("list")
def list_keys(context: typer.Context, as_json: AsJson = False) -> None:
    """List the keys, without their secrets."""
    with gateway(here(context)) as service:
        found = service.keys()
    if as_json:
        show_json(found)
        return
    show_table(
        ("id", "actor", "roles", "unit", "label", "made", "expires", "revoked"),
        [
            (
                key["id"],
                key["actor"],
                ", ".join(key["roles"]),
                key["unit"],
                key["label"],
                key["created_at"],
                key["expires_at"],
                key["revoked_at"],
            )
            for key in found["keys"]
        ],
    )


@app.command("revoke")
def revoke(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="ID", help="Id of the key, from `yishi key list`.")],
    as_json: AsJson = False,
) -> None:
    """Revoke a key: it is not taken any more, on other nodes within seconds."""
    with gateway(here(context)) as service:
        service.revoke_key(key)
    if as_json:
        show_json({"revoked": key})
