"""The `yishi` command: a thin client of the same services that answer over HTTP."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import Annotated, Any

import orjson
import structlog
import typer
from typer.core import TyperGroup
from typer.main import get_command

from api.commands.failing import Exit, exit_code, problem_document, told
from api.commands.here import Here
from api.commands.options import JSON, ZH, language_tag
from api.commands.screen import show_error
from api.logging import set_up_logging
from engine.clock import stopwatch
from engine.errors import YishiError

COMMANDS = {
    "serve": "Serve HTTP until a signal ends it.",
    "init": "Set up the database and publish what is shipped.",
    "new": "Write a commented workflow and its scenarios.",
    "fmt": "Lay out workflow files anew.",
    "lint": "Check workflow files and prove them sound.",
    "schema": "Print the JSON Schema of workflow files.",
    "play": "Play a workflow in the terminal.",
    "simulate": "Draw a year of cases and run them.",
    "test": "Play scenarios.",
    "publish": "Publish workflows, registries and presets.",
    "sandbox": "Where colleagues try a draft.",
    "diagram": "Draw a workflow file.",
    "diff": "Compare two versions of a workflow by meaning.",
    "plan": "Say where each running case would stand.",
    "migrate": "Move running cases to a version.",
    "replay": "Take the acts of the trail again.",
    "case": "Open cases, look at them, act on them.",
    "inbox": "List what lies in an inbox.",
    "indicator": "Count an indicator from the trail.",
    "registry": "The rows of registries, as Excel or CSV.",
    "audit": "Ask the trail what happened.",
    "calendar": "Which days are worked; when a term ends.",
    "clock": "Where the clock stands; moving the manual one.",
    "key": "API keys.",
    "user": "People who sign in at a browser.",
    "config": "Show every setting.",
    "doctor": "Look at everything the service stands on.",
    "demo": "Play a real matter on a manual clock.",
}
"""In the order of the help, each in a few words, so that none is read to list them. Each is the module of that name in `api.commands`."""

QUIET = "warning"
"""What a command has to say it prints; it logs what goes wrong, and more only where YISHI_LOG is set."""

log = structlog.get_logger(__name__)


class Commands(TyperGroup):
    """Finds each command in a module of its own, read when it is asked for; turns our errors into their texts and exit codes."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        # The names are all that suggestions look at.
        self.commands = dict.fromkeys(COMMANDS, None)  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Name the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Find a command, None where there is none of that name."""
        return get_command(import_module(f"api.commands.{cmd_name}").app) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """List the commands without reading their modules, which would load the whole service."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: Any) -> Any:
        """Run a command, and note how it ended."""
        begun, code = stopwatch(), int(Exit.PROBLEMS)
        try:
            done = super().invoke(ctx)
            code = Exit.DONE
        except YishiError as error:
            code = told_error(ctx, error)
            raise typer.Exit(code) from None
        except typer.Exit as ended:
            code = ended.exit_code
            raise
        finally:
            log.info("command", command=ctx.invoked_subcommand, exit_code=int(code), ms=round((stopwatch() - begun) * 1000, 1))
        return done


def told_error(context: Any, error: YishiError) -> Exit:
    """Print an error, as JSON where that was asked for, and give its exit code."""
    place = context.find_object(Here)
    document = problem_document(error, place.language if place else ZH)
    if context.meta.get(JSON):
        typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2), err=True)
    else:
        for line in told(document):
            show_error(line)
    return exit_code(document)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)


@app.callback()
def yishi(
    context: typer.Context,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="TAG",
            envvar=["LC_ALL", "LC_MESSAGES", "LANG"],
            show_envvar=False,
            help="zh-CN or en, for texts and refusals; default: by LANG, else zh-CN.",
        ),
    ] = None,
) -> None:
    """议事: consultation processes as state machines written in YAML.

    With YISHI_URL and YISHI_KEY set, commands ask that server over HTTP; else they open the database themselves. Exit codes: 0 done,
    1 problems found, 2 wrong usage, 3 conflict, 4 refused, 5 not found.
    """
    set_up_logging(QUIET)
    context.obj = place = Here(language_tag(language))
    if "log" in place.settings.model_fields_set:
        set_up_logging(place.settings.log)


def main() -> None:
    """Run the command line; what it reads and prints is UTF-8, whatever the machine's locale says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        arguments = [os.fsencode(argument).decode("utf-8") for argument in sys.argv[1:]]
    except UnicodeDecodeError:
        show_error("usage: expected arguments in UTF-8")
        sys.exit(Exit.USAGE)
    app(arguments, prog_name="yishi")


if __name__ == "__main__":
    main()
