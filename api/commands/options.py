"""The options that several commands share, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

JSON = "json"
LANGUAGE = "language"
ZH, EN = "zh-CN", "en"


def command_app(about: str | None = None) -> typer.Typer:
    """Make the app of a command, or with ``about`` that of a group of commands."""
    return typer.Typer(help=about, no_args_is_help=about is not None, add_completion=False, rich_markup_mode=None)


def note_json(context: typer.Context, value: bool) -> bool:
    """Remember that JSON was asked for, so that an error is told in JSON too."""
    context.meta[JSON] = value
    return value


def language_tag(text: str | None) -> str:
    """Choose one of the two languages by a tag or a locale's name; what says nothing, such as C, means zh-CN."""
    return EN if (text or "").lower().startswith("en") else ZH


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.", callback=note_json)]
AsPerson = Annotated[str | None, typer.Option("--as", metavar="PERSON", help="Who acts. Default: cli:USER, after the machine's account.")]
Roles = Annotated[list[str] | None, typer.Option("--role", metavar="ROLE", help="A role the person acts in; may be repeated.")]
Unit = Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="The unit the person belongs to.")]
CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.")]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field", "-f", metavar="NAME=VALUE", help="A field of the form; VALUE is JSON, or text where it is no JSON. May be repeated."
    ),
]
Data = Annotated[
    str | None, typer.Option("--data", metavar="JSON", help="The whole form as a JSON object; @FILE reads a file, - standard input.")
]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="The reason, where one is asked for.")]
OccurredAt = Annotated[
    str | None,
    typer.Option("--occurred-at", metavar="INSTANT", help="When it happened, if not now: an RFC 3339 time with its zone. Needs a reason."),
]
Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Workflow files, folders of them, or - for standard input.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=500, help="The most to show.")]
Cursor = Annotated[str | None, typer.Option("--cursor", metavar="CURSOR", help="Go on from here: the `next` of the page before.")]
Expected = Annotated[
    int | None,
    typer.Option("--expect", metavar="VERSION", help="The version of the case you decided on; default: whatever it is now."),
]
Key = Annotated[
    str | None,
    typer.Option("--idempotency-key", metavar="KEY", help="Makes sure that doing this again with the same key does it once."),
]
