"""Waivers: a comment in the file that lets a finding pass, with the reason for it.

    actions: {…}   # lint: allow choice.gap because the office decides what else there is

It stands on the line of the finding or on a line of its own above it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from engine.definition.source import Document
from engine.errors import Problem, did_you_mean

_WAIVER = re.compile(r"(?:^|(?<=\s))#\s*lint:\s*(?P<words>.*)$")
_FORM = re.compile(r"allow\s+(?P<rule>[a-z_]+\.[a-z_]+)\s+because\s+(?P<reason>\S.*)")
_WANTED = "`# lint: allow RULE because …`, the reason in words"


@dataclass(frozen=True, slots=True)
class Waiver:
    """One comment: which rule it lets pass, why, the line it stands on and the line it is about."""

    rule: str
    reason: str
    line: int
    column: int
    about: int


def waive(problems: Iterable[Problem], document: Document, waivable: Collection[str]) -> Iterator[Problem]:
    """Mark the problems of a document that a comment lets pass; report comments that are not understood or let nothing pass."""
    waivers, found = list(_waivers(document)), list(problems)
    for problem in found:
        by = next((each for each in waivers if (each.rule, each.about) == (problem.rule, problem.line)), None)
        yield replace(problem, waived=by.reason) if by is not None and problem.rule in waivable else problem
    lines = {(problem.rule, problem.line) for problem in found}
    for waiver in waivers:
        if not waiver.reason:
            yield _problem(document, waiver, f"expected {_WANTED}")
        elif waiver.rule not in waivable:
            yield _problem(document, waiver, f"`{waiver.rule}` is no rule that can be waived{did_you_mean(waiver.rule, waivable)}")
        elif (waiver.rule, waiver.about) not in lines:
            yield _problem(document, waiver, f"nothing here is found by `{waiver.rule}`: leave the waiver out", severity="warning")


def _problem(document: Document, waiver: Waiver, message: str, severity: str = "error") -> Problem:
    rule = "waiver.unused" if severity == "warning" else "waiver.form"
    return Problem(document.file, waiver.line, waiver.column, rule, message, severity=severity)


def _waivers(document: Document) -> Iterator[Waiver]:
    lines = document.text.splitlines()
    for number, line in enumerate(lines):
        comment = _WAIVER.search(line)
        if comment is None:
            continue
        form = _FORM.fullmatch(comment["words"].rstrip())
        rule, reason = (form["rule"], form["reason"]) if form else ("", "")
        alone = not line[: comment.start()].strip()
        below = next((after for after in range(number + 1, len(lines)) if not _says_nothing(lines[after])), number)
        about = below if alone else number
        yield Waiver(rule, reason, document.first_line + number, comment.start() + 1, document.first_line + about)


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")
