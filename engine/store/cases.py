"""Cases: one, and lists of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, exists, func, or_

from engine.clock import Instant
from engine.store.reader import Page, everywhere, page, scoped
from engine.store.records import CaseRecord
from engine.store.tables import cases, deadline


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list of cases is narrowed to; None leaves it wide.

    ``state`` is a state of the top level. ``overdue_at`` asks for cases with a running deadline whose due instant has passed then; a case
    that has ended may have one too, but with ``ended=False`` the open cases alone are gone through, which are few.
    ``seen_in`` with ``opened_by``: cases of these workflows and those that this person opened, which is what somebody may see.
    """

    workflow: str | None = None
    state: str | None = None
    outcome: str | None = None
    ended: bool | None = None
    overdue_at: Instant | None = None
    number: str | None = None
    client_ref: str | None = None
    seen_in: tuple[str, ...] | None = None
    opened_by: str | None = None


EVERY_CASE = CaseFilter()


def get_case(connection: Connection, org: str, case_id: str) -> CaseRecord | None:
    """Return a case, None where there is no such case in the organisation."""
    row = connection.execute(scoped(cases, org).where(cases.c.id == case_id)).first()
    return CaseRecord._make(row) if row else None


def list_cases(
    connection: Connection, org: str, only: CaseFilter = EVERY_CASE, *, cursor: str | None = None, limit: int = 50
) -> Page[CaseRecord]:
    """Return cases, those opened last first."""
    statement = scoped(cases, org)
    for name in ("workflow", "state", "outcome", "number", "client_ref"):
        if (value := getattr(only, name)) is not None:
            statement = statement.where(cases.c[name] == value)
    if only.seen_in is not None:
        statement = statement.where(or_(cases.c.workflow.in_(only.seen_in), cases.c.opened_by == only.opened_by))
    if only.ended is not None:
        statement = statement.where(cases.c.ended_at.is_not(None) if only.ended else cases.c.ended_at.is_(None))
    if only.overdue_at is not None:
        overdue = exists().where(
            deadline.c.org == org, deadline.c.case_id == cases.c.id, deadline.c.status == "running", deadline.c.due_at <= only.overdue_at
        )
        statement = statement.where(overdue)
    return page(connection, statement, CaseRecord._make, order=[cases.c.id], descending=True, cursor=cursor, limit=limit)


def count_open_cases(connection: Connection, org: str) -> dict[str, int]:
    """Count the cases that have not ended, by workflow."""
    statement = scoped(cases, org).with_only_columns(cases.c.workflow, func.count()).where(cases.c.ended_at.is_(None))
    return {workflow: int(count) for workflow, count in connection.execute(statement.group_by(cases.c.workflow).order_by(cases.c.workflow))}


def select_cases(org: str, workflow: str, ids: Sequence[str] | None = None) -> Select[Any]:
    """Select the cases of a workflow that have not ended, or those with certain ids, by their ids."""
    found = scoped(cases, org).where(cases.c.workflow == workflow).order_by(cases.c.id)
    return found.where(cases.c.ended_at.is_(None)) if ids is None else found.where(cases.c.id.in_(list(ids)))


def select_all_cases(org: str, workflow: str) -> Select[Any]:
    """Select all cases of a workflow, those that have ended too, by their ids."""
    return scoped(cases, org).where(cases.c.workflow == workflow).order_by(cases.c.id)


def has_running_case(connection: Connection, org: str, workflow: str) -> bool:
    """Say whether any case of a workflow has not ended."""
    statement = scoped(cases, org).with_only_columns(cases.c.id).where(cases.c.workflow == workflow, cases.c.ended_at.is_(None)).limit(1)
    return connection.execute(statement).first() is not None


def has_case_of(connection: Connection, org: str, workflow: str) -> bool:
    """Say whether there is any case of a workflow, ended or not."""
    statement = scoped(cases, org).with_only_columns(cases.c.id).where(cases.c.workflow == workflow).limit(1)
    return connection.execute(statement).first() is not None


def has_cases(connection: Connection) -> bool:
    """Say whether there is any case in any organisation."""
    return connection.execute(everywhere(cases.c.id).limit(1)).first() is not None
