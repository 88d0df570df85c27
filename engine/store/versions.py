"""Running cases by the version of their workflow, and of their calendar: how many, where, which would move, which could go back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, func, or_, select

from engine.clock import Instant
from engine.store.reader import Page, page, scoped
from engine.store.records import CaseRecord
from engine.store.tables import case_event, cases, deadline

LIVE = ("waiting", "running", "paused")


class Standing(NamedTuple):
    """How many running cases of a version stand somewhere; ``configuration`` is a JSON list."""

    version: int
    configuration: str
    cases: int


def standing(connection: Connection, org: str, workflow: str) -> list[Standing]:
    """Count the running cases of a workflow by version and place."""
    place = (cases.c.definition_version, cases.c.configuration)
    running = cases.c.workflow == workflow, cases.c.ended_at.is_(None)
    statement = scoped(cases, org).with_only_columns(*place, func.count()).where(*running).group_by(*place).order_by(*place)
    return [Standing._make(row) for row in connection.execute(statement)]


def running_cases(
    connection: Connection,
    org: str,
    workflow: str,
    *,
    not_at: int | None = None,
    only: Sequence[str] = (),
    cursor: str | None = None,
    limit: int = 500,
) -> Page[CaseRecord]:
    """Return running cases of a workflow that are not of a version, in the order of their opening; ``only`` of these ids, if any."""
    statement = scoped(cases, org).where(cases.c.workflow == workflow, cases.c.ended_at.is_(None))
    if not_at is not None:
        statement = statement.where(cases.c.definition_version != not_at)
    return _opened_first(connection, statement, only, cursor, limit)


def just_migrated(
    connection: Connection, org: str, workflow: str, at: int, *, only: Sequence[str] = (), cursor: str | None = None, limit: int = 500
) -> Page[CaseRecord]:
    """Return the cases of a version whose latest event is the migration that brought them there, in the order of their opening."""
    latest = and_(case_event.c.org == cases.c.org, case_event.c.case_id == cases.c.id, case_event.c.seq == cases.c.seq)
    statement = (
        scoped(cases, org)
        .join(case_event, latest)
        .where(cases.c.workflow == workflow, cases.c.definition_version == at)
        .where(case_event.c.kind == "migration", case_event.c.action == "migrate")
    )
    return _opened_first(connection, statement, only, cursor, limit)


def counted_otherwise(
    connection: Connection, org: str, versions: Sequence[str], *, only: Sequence[str] = (), cursor: str | None = None, limit: int = 500
) -> Page[CaseRecord]:
    """Return cases with a live deadline that was counted on no calendar of these versions, in the order of their opening.

    Those are the running cases, and of the ended ones those with a rung still to fire; each is found by an index that holds only such.
    """
    old = deadline.c.org == org, deadline.c.calendar.not_in(versions)
    to_fire = select(deadline.c.case_id).where(*old, deadline.c.next_at.is_not(None))
    live = select(deadline.c.n).where(*old, deadline.c.case_id == cases.c.id, deadline.c.status.in_(LIVE)).exists()
    statement = scoped(cases, org).where(or_(and_(cases.c.ended_at.is_(None), live), cases.c.id.in_(to_fire)))
    return _opened_first(connection, statement, only, cursor, limit)


def cases_opened_since(
    connection: Connection, org: str, workflow: str, since: Instant, *, cursor: str | None = None, limit: int = 500
) -> Page[CaseRecord]:
    """Return the cases of a workflow that were opened at an instant or later, those that have ended too, in the order of their opening."""
    statement = scoped(cases, org).where(cases.c.workflow == workflow, cases.c.opened_at >= since)
    return _opened_first(connection, statement, (), cursor, limit)


def _opened_first(connection: Connection, statement: Select[Any], only: Sequence[str], cursor: str | None, limit: int) -> Page[CaseRecord]:
    """Read cases in the order of their opening; ``only`` those with these ids, if any."""
    if only:
        statement = statement.where(cases.c.id.in_(only))
    return page(connection, statement, CaseRecord._make, order=[cases.c.id], cursor=cursor, limit=limit)
