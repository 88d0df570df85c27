"""What went wrong, and all that is said of it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.common import Answered, Moment


class Violation(Answered):
    """One mistake in what was sent."""

    in_: Literal["body", "query", "path", "header"] = Field(alias="in")
    pointer: str = Field(description="a JSON Pointer into the body, or the name of the header or parameter")
    code: str
    message: str


class Refusal(BaseModel):
    """One reason why an action is not taken."""

    model_config = ConfigDict(extra="allow")
    code: str
    message: str
    guard: str | None = None
    missing: str | None = None
    role: list[str] | None = None
    until: str | None = None


class DefinitionProblem(Answered):
    """One mistake in a definition."""

    rule: str
    message: str
    line: int
    column: int
    pointer: str
    severity: Literal["error", "warning"]


class Change(Answered):
    """One event since the version that was seen."""

    seq: int
    version: int
    kind: str
    action: str
    actor: str
    role: str
    recorded_at: Moment


class FileFault(Answered):
    """One bad cell of a file, or a bad row; `column` is a letter, as Excel has it."""

    sheet: str
    row: int
    column: str | None
    field: str | None
    code: str
    message: str
    found: str


class Problem(Answered):
    """What went wrong (RFC 9457). `type` and `code` are stable; texts follow `Accept-Language`."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    violations: list[Violation] | None = None
    refusals: list[Refusal] | None = None
    problems: list[DefinitionProblem] | None = None
    faults: list[FileFault] | None = None
    total: int | None = None
    changes: list[Change] | None = None
    expected: int | None = None
    version: int | None = None
    right: str | None = None
    case: str | None = None
    sha256: str | None = None
