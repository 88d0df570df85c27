"""`ballots.all(b, …)` and `ballots.exists(b, …)`: what is asked of each ballot, written out for every one.

Each ballot has a type of its own, with other grades and items, so no loop of CEL can range over them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_OVER = re.compile(r"\bballots\.(all|exists)\(\s*([a-z]\w*)\s*,")
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_JOINED = {"all": " && ", "exists": " || "}


class Spread:
    """An expression written out, and where each part of it stood."""

    def __init__(self, text: str, ballots: Sequence[str]) -> None:
        self.text = text
        self._parts: list[tuple[int, int, int]] = []  # from, to, and by how much what stands behind has moved on
        self._starts: list[int] = []
        if ballots and "ballots." in text:
            self._write_out(text, ballots)

    def offset(self, place: int) -> int:
        """Say where a place of the written-out text stands in what was written: what was made of a loop, at the loop."""
        moved = 0
        for (start, end, by), written in zip(self._parts, self._starts, strict=True):
            if start <= place < end:
                return written
            if place >= end:
                moved = by
        return place - moved

    def _write_out(self, text: str, ballots: Sequence[str]) -> None:
        hidden = _TEXT.sub(lambda found: "_" * len(found[0]), text)  # what stands in quotes is no expression
        made, behind = "", 0
        for found in _OVER.finditer(hidden):
            end = _closing(hidden, found.end())
            if found.start() < behind or end is None:
                continue
            body, name = text[found.end() : end], found[2]
            each = (_of_one(body, name, ballot) for ballot in ballots)
            made += text[behind : found.start()]
            start = len(made)
            made += f"({_JOINED[found[1]].join(f'({one})' for one in each)})"
            behind = end + 1
            self._parts.append((start, len(made), len(made) - behind))
            self._starts.append(found.start())
        self.text = made + text[behind:]


def _closing(text: str, start: int) -> int | None:
    """Find the bracket that closes what was opened before ``start``."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return None


def _of_one(body: str, name: str, ballot: str) -> str:
    one = re.sub(rf"\bballots\[\s*{name}\s*\]", f"ballots.{ballot}", body)
    return re.sub(rf"(?<![\w.']){name}\b(?!')", f"'{ballot}'", one)
