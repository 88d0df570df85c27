"""`yishi diagram`: draw a workflow file."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.commands.failing import Misused
from api.commands.files import content_within
from api.commands.here import Here, here
from api.commands.options import AsJson, command_app, language_tag
from api.commands.screen import show_json, show_line
from api.pictures import pictures_for
from engine.definition.calendar_files import load_calendars
from engine.definition.loader import beside, load
from engine.definition.process import ProcessDefinition
from engine.definition.reader import MAX_BYTES
from engine.errors import DefinitionRefused, did_you_mean
from engine.proof.diagram.building import build
from engine.proof.diagram.mermaid import mermaid

app = command_app()


class Format(StrEnum):
    """What is drawn."""

    SVG = "svg"
    MMD = "mmd"


@app.command()
def diagram_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A workflow file, or - for standard input.")],
    form: Annotated[Format, typer.Option("--format", help="svg: a picture; mmd: text for Mermaid, which needs no elkjs.")] = Format.SVG,
    language: Annotated[
        str | None, typer.Option("--language", metavar="TAG", help="zh-CN or en; default: the language of the command.")
    ] = None,
    workflow: Annotated[str | None, typer.Option("--workflow", metavar="NAME", help="Which workflow of a file that holds several.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="PATH", help="Write to this file instead of printing.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw a workflow file: states, who acts, deadlines. The same picture as the server's and the pages'."""
    place = here(context)
    definition = definition_in(place, file, workflow)
    spoken = language_tag(language) if language else place.language
    drawn = pictures_for(place.settings).svg(definition, spoken) if form is Format.SVG else mermaid(build(definition, spoken))
    if output is not None:
        output.write_text(drawn, "utf-8")
    facts = {"workflow": definition.workflow, "version": definition.version, "language": spoken, "format": form.value}
    if as_json:
        show_json({**facts, "output": str(output)} if output is not None else {**facts, "diagram": drawn})
    elif output is None:
        typer.echo(drawn, nl=False)
    else:
        show_line(str(output))


def definition_in(place: Here, file: Path, workflow: str | None) -> ProcessDefinition:
    """Load a workflow of a file. Raises DefinitionRefused with every problem, Misused where it is not said which one."""
    library = beside(file) if file != Path("-") else None
    loaded = load(content_of(file), str(file), calendars=load_calendars(place.calendars_folder), library=library)
    errors = [problem for problem in loaded.problems if problem.severity == "error"]
    if errors:
        raise DefinitionRefused(errors)
    found = {definition.workflow: definition for definition in loaded.definitions}
    if workflow is None and len(found) == 1:
        return next(iter(found.values()))
    if workflow is None or workflow not in found:
        asked = "say which with --workflow" if workflow is None else f"it has no {workflow!r}{did_you_mean(workflow, found)}"
        raise Misused(f"{file} holds the workflows {', '.join(found) or '(none)'}; {asked}")
    return found[workflow]


def content_of(file: Path) -> bytes:
    """Read a file; of one that is too large only as much as shows that it is. Raises Misused where there is none."""
    if file == Path("-"):
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    if not file.is_file():
        raise Misused(f"expected a workflow file, got the folder {file}" if file.is_dir() else f"there is no file {file}")
    return content_within(file, MAX_BYTES)
