"""`yishi new`: a workflow to begin with, and scenarios that test it."""

from __future__ import annotations

import re
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from api.commands.failing import Misused
from api.commands.here import here
from api.commands.options import AsJson, command_app
from api.commands.screen import show_json, show_line
from engine.definition.model.shapes import CEL_WORDS, ID

app = command_app()

PLACEHOLDER = "new_workflow"
"""The id that the templates bear, so that they are workflows themselves."""


class Template(StrEnum):
    """What a new workflow looks like."""

    MINIMAL = "minimal"
    APPROVAL = "approval"
    CONSULTATION = "consultation"


NEXT = {"zh-CN": "下一步", "en": "Next"}


@app.command()
def new_command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Id of the workflow: lower-case letters, digits and _.")],
    template: Annotated[Template, typer.Option("--template", help="What to begin with.")] = Template.MINIMAL,
    folder: Annotated[Path, typer.Option("--into", metavar="FOLDER", help="Where to write it.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a commented workflow, NAME.yaml, and its scenarios, NAME.test.yaml, in the language of the command. Nothing is overwritten."""
    language = here(context).language
    written = write_new(name, template, folder, language)
    if as_json:
        show_json({"written": [str(path) for path in written]})
        return
    for path in written:
        show_line(str(path))
    show_line(f"{NEXT[language]}: yishi play {written[0]}")


def write_new(name: str, template: Template, folder: Path, language: str) -> tuple[Path, Path]:
    """Write both files. Raises Misused for a name that is no id, a folder that is not there and a file that is."""
    if not re.fullmatch(ID, name) or name in CEL_WORDS:
        raise Misused(f"NAME: expected an id: a-z, 0-9 and _, beginning with a letter, and not in, true, false or null; got {name!r}")
    if not folder.is_dir():
        raise Misused(f"--into: there is no folder {folder}")
    workflow, scenarios = folder / f"{name}.yaml", folder / f"{name}.test.yaml"
    if taken := [str(path) for path in (workflow, scenarios) if path.exists()]:
        raise Misused(f"there is {' and '.join(taken)} already; nothing is overwritten")
    for path, kind in ((workflow, "yaml"), (scenarios, "test.yaml")):
        with path.open("x", encoding="utf-8") as stream:
            stream.write(template_text(template, kind, language).replace(PLACEHOLDER, name))
    return workflow, scenarios


def template_text(template: Template, kind: str, language: str) -> str:
    """Give the text of a template: ``kind`` is ``yaml`` for the workflow, ``test.yaml`` for its scenarios."""
    return (files("api.commands") / "templates" / language / f"{template}.{kind}").read_text("utf-8")
