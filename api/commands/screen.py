"""What a command prints: tables for people, JSON for programs. Colours only on a terminal, and never with NO_COLOR."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE = 200
"""Columns where nobody looks: a table in a file or a pipe is not cut."""


def console(*, errors: bool = False) -> Console:
    """Give a console on the standard output, or the standard error output."""
    stream = sys.stderr if errors else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else WIDE, highlight=False, soft_wrap=False)


def show_json(value: Any) -> None:
    """Print JSON, indented, in UTF-8."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str), nl=True)


def show_line(text: str, *, style: str = "") -> None:
    """Print a line."""
    console().print(Text(text, style=style), soft_wrap=True)


def show_error(text: str) -> None:
    """Print a line on the standard error output."""
    console(errors=True).print(Text(text), soft_wrap=True)


def show_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table. A cell may be a rich Text; what is neither that nor text is shown as JSON."""
    named = any(heads)
    table = Table(*heads, box=box.SIMPLE_HEAD if named and sys.stdout.isatty() else None, show_header=named, pad_edge=False)
    for row in rows:
        table.add_row(*map(cell_text, row))
    console().print(table)


def cell_text(value: object) -> Text:
    """Give what stands in a cell."""
    if isinstance(value, Text):
        return value
    if value is None:
        return Text("")
    return Text(value if isinstance(value, str) else orjson.dumps(value, default=str).decode())


def show_facts(facts: Mapping[str, object]) -> None:
    """Print names with their values, one to a line; what is empty is left out."""
    show_table(("", ""), [(name, value) for name, value in facts.items() if value not in (None, "", [], {})])
