"""`yishi publish`: publish workflow files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from api.commands.files import content_within
from api.commands.gateway import Json, gateway
from api.commands.here import day_or_instant_given, here
from api.commands.lint import read_sources
from api.commands.options import AsJson, Files, command_app
from api.commands.screen import show_json, show_line
from engine.definition.reader import MAX_BYTES
from engine.definition.texts import with_texts

app = command_app()


@app.command()
def publish_command(
    context: typer.Context,
    files: Files,
    effective_from: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DAY",
            help="From when new cases open with it: a day like 2027-01-01, or a time with its zone. Default: at once.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and publish nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Publish files of workflows, registries and presets, all or none of them: they may name each other.

    Publishing a version again with another day moves it, as long as the version is not in force. Publishing a preset gives the cases that
    open from now on its settings.
    """
    if effective_from is not None:
        day_or_instant_given(effective_from, "--from")
    with gateway(here(context)) as service:
        published = service.publish(contents_of(files), effective_from=effective_from, dry_run=dry_run)
    if as_json:
        show_json(published)
        return
    show_published(published)


def show_published(published: Sequence[Json]) -> None:
    """Show what was published, with its warnings."""
    for each in published:
        begins = f" from {each['effective_from']}" if each.get("effective_from") else ""
        name = f"{each['preset']} for {each['workflow']}" if "preset" in each else each.get("workflow") or each["registry"]
        show_line(f"{name} {each['version']} {each['digest']}{begins}")
        for problem in each["problems"]:
            show_line(f"  {problem['line']}:{problem['column']}: {problem['rule']} {problem['message']}")


def contents_of(files: Sequence[Path]) -> list[tuple[bytes, str]]:
    """Read the files that were named, with the texts beside them, each with its name. Raises Misused.

    Of one that is too large only as much is read as shows that it is.
    """
    return [_content_of(each) if isinstance(each, Path) else (each[1], each[0]) for each in read_sources(files)]


def _content_of(file: Path) -> tuple[bytes, str]:
    return with_texts(file, content_within(file, MAX_BYTES)), str(file)
