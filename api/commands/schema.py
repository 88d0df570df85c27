"""`yishi schema`: the JSON Schema of workflow files, for editors."""

from __future__ import annotations

from api.commands.options import AsJson, command_app
from api.commands.screen import show_json
from engine.definition.editor_schema import editor_schema

app = command_app()


@app.command()
def schema_command(as_json: AsJson = False) -> None:  # noqa: ARG001  it is JSON anyway; programs that always ask for it are not refused
    """Print the JSON Schema (2020-12) of workflow files, for completion and hover in an editor."""
    show_json(dict(editor_schema()))
