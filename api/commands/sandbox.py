"""`yishi sandbox`: where colleagues try a draft, and from where nothing reaches the body."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.failing import Misused
from api.commands.gateway import gateway
from api.commands.here import here
from api.commands.options import AsJson, Files, command_app
from api.commands.publish import contents_of, show_published
from api.commands.screen import show_json, show_line

app = command_app("Where colleagues try a draft; nothing from it reaches the body.")


@app.command("publish")
def publish(context: typer.Context, files: Files, as_json: AsJson = False) -> None:
    """Publish drafts in the sandbox, which is made if there is none; the body knows nothing of them.

    A draft may change under the same version: it then takes the place of the one before, whose trials go.
    """
    with gateway(here(context)) as service:
        drafted = service.publish_drafts(contents_of(files))
    if as_json:
        show_json(drafted)
        return
    show_published(drafted["definitions"])
    if drafted["trials_gone"]:
        show_line(f"trials of the drafts before that are gone: {drafted['trials_gone']}")


@app.command("reset")
def reset(context: typer.Context, as_json: AsJson = False) -> None:
    """Make the sandbox as new: cases, drafts, keys and sessions go; people, units and definitions come from the body again."""
    with gateway(here(context)) as service:
        found = service.reset_sandbox()
    if as_json:
        show_json(found)
    else:
        show_line(f"{found['organisation']}: {found['people']} people, {found['definitions']} definitions")


@app.command("key")
def key(
    context: typer.Context,
    actor: Annotated[str, typer.Option("--actor", metavar="NAME", help="Who acts with the key: the trail shows this name.")],
    role: Annotated[
        list[str] | None, typer.Option("--role", metavar="ROLE", help="A role of a draft, or a right of your own; may be repeated.")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="The unit whoever acts belongs to.")] = None,
    label: Annotated[str, typer.Option("--label", metavar="TEXT", help="What the key is for.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key for the sandbox and print it, this once. With YISHI_URL and this key, all commands work in the sandbox."""
    if not role:
        raise Misused("expected at least one --role")
    with gateway(here(context)) as service:
        made = service.create_sandbox_key(actor, role, unit, label)
    if as_json:
        show_json({"key": made["key"]})
    else:
        show_line(made["key"])
