"""Inboxes: what somebody is to do."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, or_

from engine.store.reader import Page, page, scoped
from engine.store.records import CaseRecord, TaskRecord
from engine.store.tables import cases, task


class InboxItem(NamedTuple):
    """A task and the case it belongs to."""

    task: TaskRecord
    case: CaseRecord


def inbox(
    connection: Connection, org: str, *, roles: Collection[str], unit: str | None, person: str, cursor: str | None = None, limit: int = 50
) -> Page[InboxItem]:
    """Return the open tasks of who holds any of the roles, in this unit, as this person; the oldest first.

    A task without a unit or a person is everybody's who holds its role.
    """
    statement = scoped(task, org).where(
        task.c.role.in_(sorted(roles)),
        or_(task.c.unit.is_(None), task.c.unit == unit),
        or_(task.c.person.is_(None), task.c.person == person),
    )
    order = [task.c.opened_at, task.c.case_id, task.c.n]
    found = page(connection, statement, TaskRecord._make, order=order, cursor=cursor, limit=limit)
    # Cases are read for this page alone: to sort with them would be to read every case that waits for anybody of these roles.
    theirs = scoped(cases, org).where(cases.c.id.in_(sorted({each.case_id for each in found.items})))
    by_id = {row.id: CaseRecord._make(row) for row in connection.execute(theirs)}
    return Page([InboxItem(each, by_id[each.case_id]) for each in found.items], found.cursor)
