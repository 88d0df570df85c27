"""Files that are named on the command line."""

from __future__ import annotations

from pathlib import Path

from api.commands.failing import Misused
from engine.runtime.sheets import MEDIA_TYPES


def form_of(file: Path) -> str:
    """Tell by its name whether a file is a workbook or CSV. Raises Misused."""
    form = file.suffix.lower().removeprefix(".")
    if form not in MEDIA_TYPES:
        raise Misused(f"expected a file called *.xlsx or *.csv, got {file.name!r}")
    return form


def content_within(file: Path, most: int) -> bytes:
    """Read a file; of one that is too large only as much as shows that it is."""
    with file.open("rb") as stream:
        return stream.read(most + 1)
