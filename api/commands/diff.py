"""`yishi diff`: compare two versions of a workflow by what their differences mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.commands.failing import Exit, Misused
from api.commands.gateway import gateway
from api.commands.here import Here, here
from api.commands.options import AsJson, command_app
from api.commands.screen import show_json, show_line
from engine.definition.calendar_files import load_calendars
from engine.definition.loader import load
from engine.errors import did_you_mean
from engine.proof.diff import Standing, Version, diff, report, versions_of
from engine.proof.diff_changes import Class

app = command_app()

WORDS = {
    Class.BREAKS: "breaks running cases",
    Class.TIGHTENING: "tightening",
    Class.LOOSENING: "loosening",
    Class.OTHER: "changes behaviour",
    Class.LABEL: "label only",
}
LONGEST = 60


@app.command()
def diff_command(
    context: typer.Context,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The file of the old version.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The file of the new version.")],
    workflow: Annotated[str | None, typer.Option("--workflow", metavar="NAME", help="Which workflow of files that hold several.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Count the running cases of the old version that each difference is about.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare two versions of a workflow: label only, tightening, loosening, breaks running cases, or changes behaviour.

    Exits with 1 if something breaks running cases that `migrate` in the new version does not take care of.
    """
    place = here(context)
    calendars = load_calendars(place.calendars_folder)
    olds, news = (versions_of(load(a_file(path), str(path), calendars=calendars)) for path in (old, new))
    name = shared_name(olds, news, workflow)
    before, after = olds[name], news[name]
    findings = diff(before, after, calendars)
    found = report(findings, standing(place, before) if live else None)
    if as_json:
        show_json(found)
    else:
        show(found)
    if any(finding.kind is Class.BREAKS for finding in findings):
        raise typer.Exit(Exit.PROBLEMS)


def shared_name(old: Iterable[str], new: Collection[str], named: str | None) -> str:
    """Give the name of the workflow that both files hold. Raises Misused where there is none, and where it is not said which."""
    shared = [name for name in old if name in new]
    if named is None and len(shared) == 1:
        return shared[0]
    if named is None or named not in shared:
        asked = "say which with --workflow" if named is None else f"{named!r} is not among them{did_you_mean(named, shared)}"
        raise Misused(f"both files hold the workflows {', '.join(shared)}; {asked}" if shared else "no workflow stands in both files")
    return named


def a_file(path: Path) -> Path:
    """Check that a file is there. Raises Misused."""
    if not path.is_file():
        raise Misused(f"there is no file {path}")
    return path


def standing(place: Here, before: Version) -> list[Standing]:
    """Ask where the cases of the old version run."""
    with gateway(place) as service:
        versions = service.migrations(before.definition.workflow)["versions"]
    places = [place for each in versions if each["version"] == before.definition.version for place in each["places"]]
    return [Standing(frozenset(each["states"]), each["running"]) for each in places]


def show(found: Mapping[str, Any]) -> None:
    """Show the differences, those of a class together, with how many running cases the class is about."""
    for kind, words in WORDS.items():
        mine = [each for each in found["differences"] if each["class"] == kind.value]
        if mine:
            running = "" if found["running"] is None else f", {found['running'][kind.value]} running cases"
            show_line(f"{words} ({len(mine)}{running})", style="bold")
        for each in mine:
            show_line(line_of(each))
    if not found["differences"]:
        show_line("no difference in meaning")


def line_of(found: Mapping[str, Any]) -> str:
    """Tell one difference."""
    changed = f"{short(found['old'])} -> {short(found['new'])}" if (found["old"], found["new"]) != (None, None) else ""
    note = f" ({found['note']})" if found["note"] else ""
    running = "" if found["running"] is None else f" [{found['running']} running]"
    return f"  {found['file']}:{found['line']}:{found['column']}: {found['path']} {changed}{note}{running}".rstrip()


def short(value: Any) -> str:
    """Give a value in a few characters."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
