"""A YAML document as it was written: plain data, and for every value and key the place where it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import Problem

Path = tuple[str | int, ...]
"""Keys and list indexes from the top of a document, e.g. ``("states", "topic", "actions", "submit", "by", 0)``."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value begins, counted from 1. ``offset`` is the first character of its text after the place (1 within quotes).

    ``offset`` is None where columns within the text do not follow from the source: escapes, folding, block scalars.
    """

    line: int
    column: int
    offset: int | None = 0

    def inside(self, column: int) -> tuple[int, int]:
        """Give line and column of a character of the text, counted from 1; where that is not known, of the text's begin."""
        return self.line, self.column if self.offset is None else self.column + self.offset + column - 1


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file. ``text`` is its own part of the file with LF line ends and no byte order mark, from ``first_line`` on."""

    file: str
    data: Any
    text: str
    values: Mapping[Path, Place]
    keys: Mapping[Path, Place]
    first_line: int = 1

    @property
    def digest(self) -> str:
        """Give the digest by which the text is known, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def resolve(self, path: Sequence[str | int]) -> Path:
        """Give the longest part of a path that the document has. Steps it does not have are passed over: shorthands have fewer."""
        found: Path = ()
        for step in path:
            if (*found, step) in self.values:
                found = (*found, step)
        return found

    def problem(
        self, rule: str, message: str, path: Sequence[str | int], *, severity: str = "error", column: int = 0, at_key: bool = False
    ) -> Problem:
        """Place a problem. ``column`` counts from 1 within the text of the value; ``at_key`` points at the key instead of the value."""
        found = self.resolve(path)
        place = self.keys.get(found) if at_key else None
        place = place or self.values.get(found) or Place(1, 1)
        line, at = place.inside(column) if column else (place.line, place.column)
        return Problem(file=self.file, line=line, column=at, rule=rule, message=message, pointer=pointer(found), severity=severity)


def pointer(path: Sequence[str | int]) -> str:
    """Write a path as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
