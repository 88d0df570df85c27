"""`yishi diff`: compare two versions of a workflow by what their differences mean."""

from __future__ import annotations

from collections.abc import Sequence
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
from engine.proof.diff import Finding, Version, diff, version_of, with_running
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
    live: Annotated[bool, typer.Option("--live", help="Count the running cases of the old version that each difference is about.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare two versions of a workflow: label only, tightening, loosening, breaks running cases, or changes behaviour.

    Exits with 1 if something breaks running cases that `migrate` in the new version does not take care of.
    """
    place = here(context)
    calendars = load_calendars(place.calendars_folder)
    before, after = (version_of(load(path, str(path), calendars=calendars), str(path)) for path in (found(old), found(new)))
    findings = diff(before, after, calendars)
    if live:
        findings = counted(place, before, findings)
    if as_json:
        show_json([finding.as_json() for finding in findings])
    else:
        show(findings)
    if any(finding.kind is Class.BREAKS for finding in findings):
        raise typer.Exit(Exit.PROBLEMS)


def found(path: Path) -> Path:
    """Check that a file is there. Raises Misused."""
    if not path.is_file():
        raise Misused(f"there is no file {path}")
    return path


def counted(place: Here, before: Version, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Add how many cases of the old version run where each difference is about."""
    with gateway(place) as service:
        versions = service.migrations(before.definition.workflow)["versions"]
    running = {each["version"]: each for each in versions}.get(before.definition.version)
    return with_running(findings, running["states"] if running else {}, running["running"] if running else 0)


def show(findings: Sequence[Finding]) -> None:
    """Show the findings, those of a class together."""
    for kind, words in WORDS.items():
        mine = [finding for finding in findings if finding.kind is kind]
        if mine:
            show_line(f"{words} ({len(mine)})", style="bold")
        for finding in mine:
            show_line(line_of(finding))
    if not findings:
        show_line("no difference in meaning")


def line_of(finding: Finding) -> str:
    """Tell one difference."""
    changed = f"{short(finding.old)} -> {short(finding.new)}" if (finding.old, finding.new) != (None, None) else ""
    note = f" ({finding.note})" if finding.note else ""
    running = "" if finding.running is None else f" [{finding.running} running]"
    return f"  {finding.file}:{finding.line}:{finding.column}: {finding.pointer} {changed}{note}{running}".rstrip()


def short(value: Any) -> str:
    """Give a value in a few characters."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
