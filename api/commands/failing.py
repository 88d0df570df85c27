"""How a command fails: every error with its text and the exit code it stands for, mapped here and nowhere else.

An error of this process and one that a server answered with are the same thing here: a problem document (RFC 9457).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

from engine.errors import DefinitionRefused, VersionPublished, YishiError


class Exit(IntEnum):
    """What the exit code says. Scripts rely on it."""

    DONE = 0
    PROBLEMS = 1
    USAGE = 2
    CONFLICT = 3
    REFUSED = 4
    NOT_FOUND = 5


CODES: Mapping[str, Exit] = {
    "configuration": Exit.USAGE,
    "invalid_input": Exit.USAGE,
    "too_large": Exit.USAGE,
    "file_refused": Exit.USAGE,
    "unsupported_media_type": Exit.USAGE,
    "usage": Exit.USAGE,
    "stale_version": Exit.CONFLICT,
    "version_required": Exit.CONFLICT,
    "version_published": Exit.CONFLICT,
    "version_in_force": Exit.CONFLICT,
    "not_in_force": Exit.CONFLICT,
    "client_ref_taken": Exit.CONFLICT,
    "person_exists": Exit.CONFLICT,
    "idempotency_key_reused": Exit.CONFLICT,
    "concurrent_write": Exit.CONFLICT,
    "clock_refused": Exit.CONFLICT,
    "refused": Exit.REFUSED,
    "not_allowed": Exit.REFUSED,
    "not_authenticated": Exit.REFUSED,
    "not_found": Exit.NOT_FOUND,
    "no_such_route": Exit.NOT_FOUND,
    "clock_is_not_manual": Exit.NOT_FOUND,
}
"""Code of an error -> exit code. What is not named here is a problem that was found."""


class AnsweredWithProblem(YishiError):
    """The server answered with a problem."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.code = str(document.get("code", "error"))
        super().__init__(str(document.get("detail") or document.get("title") or "The server answered with a problem."))


class Misused(YishiError):
    """The command was used wrongly."""

    code = "usage"


def problem_document(error: YishiError, language: str) -> Mapping[str, Any]:
    """Give an error as a problem document with its texts in a language."""
    if isinstance(error, AnsweredWithProblem):
        return error.document
    from api.problems import KINDS, problem_of  # noqa: PLC0415  it knows every part that can fail: nothing a command needs that does not

    if error.code in KINDS:
        document = problem_of(error, language).document
        if isinstance(error, DefinitionRefused | VersionPublished):  # a server knows no files; here there may be several
            document = {
                **document,
                "problems": [{**view, "file": each.file} for view, each in zip(document["problems"], error.problems, strict=True)],
            }
        return document
    return {"code": error.code, "detail": error.detail}


def exit_code(document: Mapping[str, Any]) -> Exit:
    """Give the exit code of a problem document. An action that no workflow has is not found, all other refusals are refusals."""
    code = CODES.get(str(document.get("code")), Exit.PROBLEMS)
    refusals = document.get("refusals", ())
    if code is Exit.REFUSED and any(refusal["code"] == "unknown_action" for refusal in refusals):
        return Exit.NOT_FOUND
    return code


def told(document: Mapping[str, Any]) -> Iterator[str]:
    """Tell a problem to people: what it is, then each reason on a line of its own."""
    refusals, problems = document.get("refusals", ()), document.get("problems", ())
    said = document.get("title") if refusals else document.get("detail") or document.get("title")
    yield f"{document.get('code')}: {said}" if said else str(document.get("code"))
    for refusal in refusals:
        yield f"  {refusal['code']}: {refusal['message']}"
        yield from (f"    {name}: {value}" for name, value in refusal.items() if name not in {"code", "message"})
    for found in problems:
        yield f"  {found.get('file', '')}:{found['line']}:{found['column']}: {found['rule']} {found['message']}"
    for fault in document.get("faults", ()):
        place = f"{fault['sheet']}!{fault['column'] or ''}{fault['row']}"
        yield f"  {place}: {fault['message']}" + (f" ({fault['found']!r})" if fault["found"] else "")
    for change in document.get("changes", ()):
        yield "  " + ", ".join(f"{name}: {value}" for name, value in change.items())
