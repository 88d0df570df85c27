"""Waivers: a comment in the file that lets a finding pass, with the reason for it.

    actions: {…}   # lint: allow choice.gap because the office decides what else there is

It stands on the line of the finding or on a line of its own above it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from engine.definition.source import Document
from engine.errors import MOST_TOLD, Problem, did_you_mean

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
    reasons = {(each.rule, each.about): each.reason for each in reversed(waivers)}
    for problem in found:
        reason = reasons.get((problem.rule, problem.line))
        yield replace(problem, waived=reason) if reason is not None and problem.rule in waivable else problem
    lines = {(problem.rule, problem.line) for problem in found}
    for number, waiver in enumerate(waivers):
        if not waiver.reason:
            yield _problem(document, waiver, f"expected {_WANTED}")
        elif waiver.rule not in waivable:
            near = did_you_mean(waiver.rule, waivable) if number < MOST_TOLD else ""
            yield _problem(document, waiver, f"`{waiver.rule}` is no rule that can be waived{near}")
        elif (waiver.rule, waiver.about) not in lines:
            yield _problem(document, waiver, f"nothing here is found by `{waiver.rule}`: leave the waiver out", severity="warning")


def _problem(document: Document, waiver: Waiver, message: str, severity: str = "error") -> Problem:
    rule = "waiver.unused" if severity == "warning" else "waiver.form"
    return Problem(document.file, waiver.line, waiver.column, rule, message, severity=severity)


def _waivers(document: Document) -> Iterator[Waiver]:
    lines = document.text.splitlines()
    below = _lines_below(lines)
    for number, line in enumerate(lines):
        comment = _WAIVER.search(line)
        if comment is None:
            continue
        form = _FORM.fullmatch(comment["words"].rstrip())
        rule, reason = (form["rule"], form["reason"]) if form else ("", "")
        alone = not line[: comment.start()].strip()
        about = below[number] if alone else number
        yield Waiver(rule, reason, document.first_line + number, comment.start() + 1, document.first_line + about)


def _lines_below(lines: list[str]) -> list[int]:
    """Give for each line the next one that is more than a comment; for what has none below it, itself."""
    found, below = list(range(len(lines))), None
    for number in reversed(range(len(lines))):
        if below is not None:
            found[number] = below
        if lines[number].strip() and not lines[number].lstrip().startswith("#"):
            below = number
    return found
