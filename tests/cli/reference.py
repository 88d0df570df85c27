"""Writes the reference pages from the code: `python -m tests.cli.reference`. A test says when they are out of date."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from typer.main import get_command

from api.cli import app
from api.commands.failing import CODES, Exit
from engine.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
CLI = ROOT / "docs" / "reference" / "cli.md"
CONFIGURATION = ROOT / "docs" / "reference" / "configuration.md"

MEANINGS = {
    Exit.DONE: "done",
    Exit.PROBLEMS: "problems were found, or something failed",
    Exit.USAGE: "wrong usage, or a setting that is wrong",
    Exit.CONFLICT: "conflict: the case has moved on, the version is published, the reference is taken",
    Exit.REFUSED: "refused by a guard or for want of a right; every reason is printed",
    Exit.NOT_FOUND: "there is no such thing, or it is not yours to see",
}


def commands(command: Any, context: Any, name: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield every command below one, with its full name and context."""
    if not hasattr(command, "list_commands"):
        yield name, command, context
        return
    for each in command.list_commands(context):
        inner = command.get_command(context, each)
        yield from commands(inner, type(context)(inner, info_name=each, parent=context), f"{name} {each}")


def all_commands() -> list[tuple[str, Any, Any]]:
    """Return every command there is."""
    root = get_command(app)
    return list(commands(root, root.make_context("yishi", [], resilient_parsing=True), "yishi"))


def option_names(parameter: Any) -> str:
    """Write the names of an option, with what follows it."""
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    if parameter.secondary_opts:
        names += " / " + ", ".join(f"`{name}`" for name in parameter.secondary_opts)
    kind = parameter.type_descriptor.annotation
    takes = "" if parameter.is_flag else f" `{parameter.metavar or ('NUMBER' if kind is int or kind == int | None else 'TEXT')}`"
    return names + takes


def option_help(parameter: Any) -> str:
    """Write what an option is for, with its choices and its default."""
    told = parameter.help or ""
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        told += " One of " + ", ".join(f"`{choice.value}`" for choice in kind) + "."
    if not parameter.is_flag and parameter.default is not None and parameter.default not in ("", [], ()):
        told += f" Default: `{getattr(parameter.default, 'value', parameter.default)}`."
    return (told + (" Required." if parameter.required else "")).replace("|", "\\|")


def section(name: str, command: Any) -> Iterator[str]:
    """Write one command."""
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and each.name != "help"]
    line = " ".join([name, *(each.metavar or each.name.upper() for each in arguments)])
    yield from (f"## {name}", "", f"`{line}`", "", " ".join((command.help or "").split()), "")
    if arguments or options:
        yield from ("| | |", "|---|---|")
        yield from (f"| `{each.metavar or each.name.upper()}` | {each.help or ''} |" for each in arguments)
        yield from (f"| {option_names(each)} | {option_help(each)} |" for each in options)
        yield ""


def cli_page() -> str:
    """Write the page of the command line."""
    lines = [
        "# The command line",
        "",
        "This page is written from the program: `python -m tests.cli.reference`.",
        "",
        "With `YISHI_URL` and `YISHI_KEY` set, the commands for cases, inboxes, the trail, calendars, the clock, keys, users and publishing ask that",
        "server over HTTP, and the key says who acts. Without, they open the database of `YISHI_DATABASE_URL` as one more writer, and whoever may do so",
        "is trusted: `--as PERSON --role ROLE` says who acts, `--as PERSON` alone takes the roles entered for that person, and without either the",
        "trail shows `cli:` and the account of the machine.",
        "",
        "`yishi --language zh-CN|en …` chooses the language of texts and refusals; without it `LC_ALL`, `LC_MESSAGES` and `LANG` are asked, and then it is",
        "zh-CN. Codes never change with it. Colours are for terminals only and never shown where `NO_COLOR` is set. `--json` prints JSON, also of an",
        "error, which goes to the standard error output as a problem document (RFC 9457).",
        "",
        "| exit code | says | of errors with the code |",
        "|---|---|---|",
        *(
            f"| {code.value} | {meaning} | {', '.join(f'`{each}`' for each in CODES if CODES[each] is code)} |"
            for code, meaning in MEANINGS.items()
        ),
        "",
        "A refusal with `unknown_action` exits with 5.",
        "",
    ]
    for name, command, _ in all_commands():
        lines += section(name, command)
    return "\n".join(lines).rstrip() + "\n"


def configuration_page() -> str:
    """Write the page of the settings."""
    lines = [
        "# Configuration",
        "",
        "This page is written from the program: `python -m tests.cli.reference`.",
        "",
        f"Settings are environment variables with the prefix `{PREFIX}`. One that does not exist, or has a value that cannot be, is an error, so that a typing",
        "mistake never goes unnoticed. `yishi config` shows all with their present values; secrets are masked.",
        "",
        "| variable | default | |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    CLI.write_text(cli_page(), "utf-8")
    CONFIGURATION.write_text(configuration_page(), "utf-8")
