"""The checker's complaints in a designer's words, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import did_you_mean

LONGEST = 10_000
"""Characters of one expression."""

TOO_DEEP = (
    "the expression is nested too deeply (the limit is 32 levels): "
    "write a long sum as sum([a, b, …]), a long list of alternatives as x in [a, b, …]"
)

_COMPLAINT = re.compile(r"^(?:[A-Z_]+: )?ERROR: <input>:(-?\d+):(-?\d+): (.*)$", re.MULTILINE)
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_UNDEFINED = re.compile(r"undefined field '([^']*)' not found in struct '([^']*)'")
_OVERLOAD = re.compile(r"found no matching overload for '([^']*)' applied to '(.*)'$")
_SYMBOL = re.compile(r"^_(\W+)_$|^(\W)_$|^@(\w+)$")
_DEPTH = ("recursion", "nested too deeply")


@dataclass(frozen=True, slots=True, order=True)
class ExpressionProblem:
    """One mistake in an expression. ``offset`` counts characters of its text from 0."""

    offset: int
    message: str

    @property
    def column(self) -> int:
        """The place counted from 1, in characters of the whole text."""
        return self.offset + 1


class Glossary:
    """The names a message may suggest: variables, functions, and the fields of each struct by its message's name."""

    def __init__(self, names: Iterable[str], fields: dict[str, tuple[str, list[str]]]) -> None:
        self.names = sorted(names)
        self.fields = fields

    def explain(self, complaint: str) -> str:
        """Say one complaint of the checker in a designer's words."""
        if found := _UNDECLARED.search(complaint):
            if found[1] in self.names:
                return f"`{found[1]}` does not take so many arguments"
            return f"there is no name or function `{found[1]}` here{did_you_mean(found[1], self.names)}"
        if found := _UNDEFINED.search(complaint):
            label, known = self.fields.get(found[2], (found[2], []))
            return f"`{label}` has no field `{found[1]}`{did_you_mean(found[1], known)}"
        if found := _OVERLOAD.search(complaint):
            return self._mismatch(found[1], self._readable(found[2]))
        return self._readable(complaint.removeprefix("Syntax error: ")) if "Syntax error" not in complaint else _syntax(complaint)

    def _mismatch(self, function: str, types: str) -> str:
        shown = function
        if symbol := _SYMBOL.match(function):
            shown = next(part for part in symbol.groups() if part)
        shown = {"?:": "? :", "[]": "[ ]"}.get(shown.replace("_", ""), shown)
        hint = "; int and decimal never mix: write double(n), or 60.0 for 60" if "int" in types and "double" in types else ""
        return f"`{shown}` does not take {types.replace('double', 'decimal')}{hint}"

    def _readable(self, text: str) -> str:
        for name in sorted(self.fields, key=len, reverse=True):
            text = text.replace(name, f"record {self.fields[name][0]}")
        return text


def complaints(report: str, text: str, glossary: Glossary) -> list[ExpressionProblem]:
    """Read all complaints of one report of parser or checker."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    found = {
        ExpressionProblem(
            starts[int(line) - 1] + int(column) - 1 if int(line) > 0 else 0, TOO_DEEP if _is_depth(message) else glossary.explain(message)
        )
        for line, column, message in _COMPLAINT.findall(report)
    }
    if found:
        return sorted(found)
    return [ExpressionProblem(0, TOO_DEEP if _is_depth(report) else report.split("\n", 1)[0])]


def _is_depth(message: str) -> bool:
    return any(word in message for word in _DEPTH)


def _syntax(complaint: str) -> str:
    plain = complaint.split(" expecting {", 1)[0].replace("'<EOF>'", "the end of the expression")
    return plain[0].lower() + plain[1:]
