"""Migrations: what is asked, what is planned, what was done."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.common import Answered, Asked, Id, Moment, Prose, Sent
from api.schemas.problem import Refusal
from engine.errors import InvalidInput, Violation
from engine.runtime.migrating import Migrating
from engine.runtime.people import Principal

Policy = Literal["keep", "recompute", "remaining", "restart"]


class Migrate(Sent):
    """Move the running cases of a workflow to a version, or put back those to which nothing has happened since."""

    workflow: Id
    to: int = Field(ge=1, le=1_000_000_000, description="the version; with `undo`, the one the cases were moved to")
    dry_run: bool = Field(False, description="only say for each case what would happen")
    undo: bool = False
    deadlines: Policy | None = Field(None, description="stands for the default of the version's `migrate`")
    reason: Prose | None = None
    cases: list[Id] = Field(default_factory=list, max_length=500, description="only these")
    limit: int = Field(100, ge=1, le=500, description="at most so many cases; `next` of the answer goes on")
    cursor: str | None = Field(None, max_length=200)


class MigrationAsked(Asked):
    """Whose running cases to count."""

    workflow: Id


class DeadlinePlanned(Answered):
    """What becomes of a deadline; `rungs_due` fire at once."""

    name: str
    was: str | None
    operation: str
    old_due: Moment | None
    new_due: Moment | None
    rungs_due: list[str]


class CasePlanned(Answered):
    """What becomes of a case; `to` is null where it cannot move, and `refusals` say why."""

    case: str
    number: str | None
    from_version: int
    moves: bool
    from_: list[str] = Field(alias="from")
    to: list[str] | None
    outcome: str | None
    deadlines: list[DeadlinePlanned]
    dropped: list[str] = Field(description="data items that lose their value")
    refusals: list[Refusal]


class CaseRefused(Answered):
    """A case that did not move."""

    case: str
    number: str | None
    refusals: list[Refusal]


class MigrationSeen(Answered):
    """What a migration did, or with `dry_run` would do: `cases` are then the verdicts."""

    workflow: str
    to: int
    dry_run: bool
    undo: bool
    moved: int
    skipped: int
    cannot_move: int
    cases: list[CasePlanned]
    refused: list[CaseRefused]
    next: str | None


class PlaceStanding(Answered):
    """Running cases that are in the same states."""

    states: list[str]
    running: int


class VersionStanding(Answered):
    """The running cases of one version; an outer state counts those inside it. Each case stands in one of the `places`."""

    version: int
    running: int
    states: dict[str, int]
    places: list[PlaceStanding]


class MigrationStanding(Answered):
    """The running cases of a workflow by version."""

    workflow: str
    versions: list[VersionStanding]


def asked_for(migrating: Migrating, principal: Principal, asked: Migrate, language: str) -> dict[str, Any]:
    """Do what was asked, over HTTP or at the command line. Raises InvalidInput, NotFound."""
    part: dict[str, Any] = {"only": asked.cases, "cursor": asked.cursor, "limit": asked.limit, "language": language}
    if asked.undo:
        if asked.dry_run or asked.deadlines:
            name = "dry_run" if asked.dry_run else "deadlines"
            raise InvalidInput([Violation(f"/{name}", "wrong_value", f"`undo` takes no `{name}`: it puts back what was there")])
        return migrating.undo(principal, asked.workflow, asked.to, reason=asked.reason, **part)
    if asked.dry_run:
        return migrating.plan(principal, asked.workflow, asked.to, policy=asked.deadlines, **part)
    return migrating.migrate(principal, asked.workflow, asked.to, policy=asked.deadlines, reason=asked.reason, **part)
