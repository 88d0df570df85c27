"""Inboxes: what somebody is to do, and what a case waits for."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select, text

from engine.clock import Instant
from engine.store.reader import Page, page, scoped
from engine.store.records import CaseRecord, TaskRecord
from engine.store.tables import cases, deadline, task
from engine.store.tables.case_rows import IS_OPEN

WIDTH = len(TaskRecord._fields)


class InboxItem(NamedTuple):
    """A task, the case it belongs to, and the earliest due instant among the deadlines that run in it."""

    task: TaskRecord
    case: CaseRecord
    due_at: Instant | None


def inbox(
    connection: Connection, org: str, *, roles: Collection[str], unit: str | None, person: str, cursor: str | None = None, limit: int = 50
) -> Page[InboxItem]:
    """Return the open tasks of who holds any of the roles, in this unit, as this person; the oldest first.

    A task without a unit or a person is everybody's who holds its role.
    """
    nearest = (
        # `+ 0` keeps SQLite from going through the due dates of the whole body in search of the case's first.
        select(func.min(deadline.c.due_at + 0))
        .where(deadline.c.org == org, deadline.c.case_id == task.c.case_id, text(IS_OPEN))
        .correlate(task)
        .scalar_subquery()
    )
    statement = (
        scoped(task, org, cases, nearest.label("nearest_due"))
        .join_from(task, cases, and_(cases.c.org == task.c.org, cases.c.id == task.c.case_id))
        .where(
            task.c.closed_at.is_(None),
            task.c.role.in_(sorted(roles)),
            or_(task.c.unit.is_(None), task.c.unit == unit),
            or_(task.c.person.is_(None), task.c.person == person),
        )
    )
    order = [task.c.opened_at, task.c.case_id, task.c.n]
    return page(
        connection,
        statement,
        lambda row: InboxItem(TaskRecord._make(row[:WIDTH]), CaseRecord._make(row[WIDTH:-1]), row[-1]),
        order=order,
        cursor=cursor,
        limit=limit,
    )


def open_tasks_of_case(connection: Connection, org: str, case_id: str) -> list[TaskRecord]:
    """Return the tasks of a case that are open, in the order of their opening."""
    statement = scoped(task, org).where(task.c.case_id == case_id, task.c.closed_at.is_(None)).order_by(task.c.n)
    return [TaskRecord._make(row) for row in connection.execute(statement)]
