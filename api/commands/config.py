"""`yishi config`: every setting with its value, its default and what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from pydantic.fields import FieldInfo
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from api.commands.here import here
from api.commands.options import AsJson, command_app
from api.commands.screen import show_json, show_table
from engine.settings import PREFIX, Settings

app = command_app()

MASK = "***"


@app.command()
def config_command(context: typer.Context, as_json: AsJson = False) -> None:
    """Show every setting: the variable, its value, its default and what it is for. Secrets are masked."""
    listed = list(settings_listed(here(context).settings))
    if as_json:
        show_json(listed)
        return
    show_table(
        ("variable", "value", "default", ""),
        [
            (each["variable"], each["value"], "" if each["value"] == each["default"] else each["default"], each["description"])
            for each in listed
        ],
    )


def settings_listed(settings: Settings) -> Iterator[dict[str, Any]]:
    """List the settings in the order in which they are declared."""
    for name, field in Settings.model_fields.items():
        yield {
            "variable": f"{PREFIX}{name.upper()}",
            "value": shown(field, getattr(settings, name)),
            "default": shown(field, field.default),
            "description": field.description,
        }


def shown(field: FieldInfo, value: Any) -> Any:
    """Give a value as it may be shown: without secrets, and without the password in an address."""
    if value is None:
        return None
    if not field.repr:
        return MASK
    if isinstance(value, str) and "://" in value:
        return without_password(value)
    return value if isinstance(value, str | int | float | bool) else str(value)


def without_password(url: str) -> str:
    """Mask the password in an address, also where it stands among the parameters."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return MASK
    secret = {name: MASK for name in parsed.query if "pass" in name.lower()}
    return parsed.update_query_dict(secret).render_as_string(hide_password=True)
