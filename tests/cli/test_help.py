"""`yishi --help`: every command in a line, at once."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

from api.cli import COMMANDS
from tests.cli.conftest import Yishi

COMMAND_LINE = "import sys; sys.argv = ['yishi', '--help']; from api.cli import main\ntry: main()\nexcept SystemExit: print(*sys.modules)"


def test_the_list_names_every_command_there_is(yishi: Yishi) -> None:
    modules = [path.stem for path in Path("api/commands").glob("*.py") if hasattr(import_module(f"api.commands.{path.stem}"), "app")]
    assert sorted(modules) == sorted(COMMANDS)
    listed = yishi("--help").partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)


def test_the_list_is_shown_without_loading_the_service() -> None:
    shown = subprocess.run([sys.executable, "-c", COMMAND_LINE], capture_output=True, text=True, check=True)
    loaded = shown.stdout.splitlines()[-1].split()
    assert "api.cli" in loaded
    assert not {"sqlalchemy", "fastapi", "cel_expr_python", "api.commands.serve"} & {*loaded}
