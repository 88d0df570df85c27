"""Forms on the command line: single fields, or a whole object from the line, a file or the standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from api.commands.failing import Misused
from api.commands.gateway import Act
from api.commands.here import instant_given
from api.json_body import read_json, read_object
from engine.errors import InvalidInput


def act_given(
    data: str | None,
    fields: list[str] | None,
    reason: str | None,
    occurred_at: str | None,
    *,
    expected: int | None = None,
    key: str | None = None,
) -> Act:
    """Put together what is sent with an action. Raises Misused and InvalidInput."""
    moment = None if occurred_at is None else instant_given(occurred_at, "--occurred-at")
    return Act(form_given(data, fields), reason, moment, expected, key)


def form_given(data: str | None, fields: list[str] | None) -> dict[str, Any]:
    """Read a form; single fields are laid over the whole."""
    form = {} if data is None else read_object(content_of(data))
    for field in fields or ():
        name, equals, value = field.partition("=")
        if not equals or not name:
            raise Misused(f"--field: expected NAME=VALUE, got {field!r}")
        form[name] = value_of(value)
    return form


def content_of(data: str) -> bytes:
    """Give the bytes that ``--data`` names: itself, ``@FILE``, or ``-`` for the standard input."""
    if data == "-":
        return sys.stdin.buffer.read()
    if data.startswith("@"):
        path = Path(data[1:])
        if not path.is_file():
            raise Misused(f"--data: there is no file {path}")
        return path.read_bytes()
    return data.encode()


def value_of(text: str) -> Any:
    """Read a value as JSON; what is no JSON is text, and so is a number that JSON would not give back as it was written."""
    try:
        value = read_json(text.encode())
    except InvalidInput:
        return text
    return text if isinstance(value, float) else value
