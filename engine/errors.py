"""Every way in which the engine says no. One catalogue: the docstring of a class is its message's first half.

A refusal is not a failure: the core returns `Refusal` values and never raises for a business "no". The exceptions here carry
such values, and everything else that can go wrong, to the edge, where HTTP and the command line give them their form.
"""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a definition. Lines and columns count from 1; ``pointer`` is a JSON Pointer (RFC 6901).

    ``way``: the acts that lead to it from the opening, in order, where it is about behaviour. ``waived``: why it is let pass.
    """

    file: str
    line: int
    column: int
    rule: str
    message: str
    pointer: str = ""
    severity: str = "error"  # error | warning | note
    way: tuple[str, ...] = ()
    waived: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.rule} {self.message}"


MOST_TOLD = 200
"""Problems of one file that are told at once: nobody reads more, and a file of nothing but mistakes must not fill an answer."""


def told(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Give the problems that are told, by place: of each file so many, errors before all else, then how many more there are."""
    by_file: dict[str, list[Problem]] = {}
    for problem in sorted(problems):
        by_file.setdefault(problem.file, []).append(problem)
    return tuple(each for found in by_file.values() for each in (_gravest(found) if len(found) > MOST_TOLD else found))


def _gravest(found: list[Problem]) -> Iterable[Problem]:
    by_gravity = sorted(found, key=lambda each: each.severity != "error")
    first, rest = by_gravity[:MOST_TOLD], by_gravity[MOST_TOLD:]
    yield from sorted(first)
    message = f"and {len(rest):,} more problems in this file, at least, which are told once these are mended"
    yield replace(rest[0], rule="model.more_problems", message=message, pointer="", way=(), waived="")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why an act is not taken: a stable code, a text by language, and the facts behind it (JSON values)."""

    code: str
    message: Text
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Violation:
    """One mistake in what was sent, at a JSON Pointer into the body."""

    pointer: str
    code: str
    message: str


class YishiError(Exception):
    """Something went wrong."""

    code = "error"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or (type(self).__doc__ or "").strip())
        self.detail = str(self)


class DefinitionRefused(YishiError):
    """The definition has mistakes and was not published."""

    code = "definition_refused"

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = list(problems)
        self.problems = told(found)
        super().__init__(f"{len(found)} problem(s) in the definition; nothing was published.")


class VersionPublished(YishiError):
    """This version is published already with another content; a published version never changes. ``problems``: what differs."""

    code = "version_published"

    def __init__(self, detail: str, problems: tuple[Problem, ...] = ()) -> None:
        self.problems = problems
        super().__init__(detail)


class VersionInForce(YishiError):
    """New cases open with this version already; the date from which they do stands."""

    code = "version_in_force"


class NotInForce(YishiError):
    """No version of the workflow is in force yet; name one to open a case with it."""

    code = "not_in_force"

    def __init__(self, workflow: str, version: int, since: str) -> None:
        self.workflow, self.version, self.since = workflow, version, since
        super().__init__(f"New cases of {workflow!r} open from {since} on; name version {version} to open one with it before.")


class CommandRefused(YishiError):
    """The act was refused; nothing was recorded."""

    code = "refused"

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("Refused: " + "; ".join(refusal.code for refusal in self.refusals) + ".")


class NotFound(YishiError):
    """There is no such thing, or it is not yours to see."""

    code = "not_found"

    def __init__(self, kind: str, name: str, known: Iterable[str] = ()) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"There is no {kind} {name!r}{did_you_mean(name, known) or '.'}")


class VersionRequired(YishiError):
    """An act must say which version of the case or row it was decided on: send `If-Match` with the ETag you saw."""

    code = "version_required"


class StaleVersion(YishiError):
    """The case, or the row, has moved on since you saw it."""

    code = "stale_version"

    def __init__(self, expected: int, actual: int, changes: tuple[Mapping[str, Any], ...] = ()) -> None:
        self.expected, self.actual, self.changes = expected, actual, changes
        super().__init__(f"Expected version {expected}, found version {actual}; look at it again, then decide.")


class KeyReused(YishiError):
    """This idempotency key was used for another request; use a new key for a new request."""

    code = "idempotency_key_reused"


class OutcomeUnknown(YishiError):
    """The commit failed half-way; ask again with the same idempotency key to learn whether it was recorded."""

    code = "outcome_unknown"


class Overloaded(YishiError):
    """Too many requests are waiting; come back after the time given."""

    code = "overloaded"

    def __init__(self, retry_after: int = 1) -> None:
        self.retry_after = retry_after
        super().__init__()


class NotAuthenticated(YishiError):
    """Say who you are: send `Authorization: Bearer` with a valid key."""

    code = "not_authenticated"


class NotAllowed(YishiError):
    """Your roles do not give you this right."""

    code = "not_allowed"

    def __init__(self, right: str) -> None:
        self.right = right
        super().__init__(f"This needs the right {right!r}, which none of your roles gives.")


class InvalidInput(YishiError):
    """What was sent does not have the expected form."""

    code = "invalid_input"

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(f"{v.pointer or '/'}: {v.message}" for v in self.violations))


class TooLarge(YishiError):
    """What was sent is larger than what is accepted."""

    code = "too_large"


class ClockIsNotManual(YishiError):
    """The clock of this service is the system's and cannot be moved; start it with YISHI_CLOCK=manual on a fresh database."""

    code = "clock_is_not_manual"


class ClockRefused(YishiError):
    """The manual clock cannot be used or moved like this."""

    code = "clock_refused"


class ConfigurationError(YishiError):
    """The configuration is not usable."""

    code = "configuration"


MOST_COMPARED = 60
"""Names that one nobody knows is compared with: those that begin alike and are as long come first."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give ``, did you mean 'x'?`` for the nearest known name, or nothing."""
    likely = heapq.nsmallest(MOST_COMPARED, known, key=lambda each: (each[:1] != name[:1], abs(len(each) - len(name))))
    near = difflib.get_close_matches(name, likely, n=1, cutoff=0.6)
    return f", did you mean {near[0]!r}?" if near else ""
