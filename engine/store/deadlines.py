"""Deadlines: which rung is due next, and those of one case."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, func

from engine.clock import Instant
from engine.store.reader import everywhere, scoped
from engine.store.records import DeadlineRecord
from engine.store.tables import cases, deadline

BY_NEXT_RUNG = (deadline.c.next_at, deadline.c.org, deadline.c.case_id, deadline.c.n)


def select_due(now: Instant, limit: int) -> Select[Any]:
    """Select deadlines of all organisations with a rung due, earliest first, and their cases; hold both, passing over those held already.

    Both are held, not the case alone: else a deadline that another sweep has just moved on would be given as it stood before.
    """
    return (
        everywhere(deadline, cases)
        .join_from(deadline, cases, and_(cases.c.org == deadline.c.org, cases.c.id == deadline.c.case_id))
        .where(deadline.c.next_at <= now)
        .order_by(*BY_NEXT_RUNG)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def due_rungs(connection: Connection, now: Instant, limit: int) -> list[DeadlineRecord]:
    """Return deadlines of all organisations with a rung due, earliest first. To fire them use `Batch.due_rungs`, which holds them."""
    statement = everywhere(deadline).where(deadline.c.next_at <= now).order_by(*BY_NEXT_RUNG).limit(limit)
    return [DeadlineRecord._make(row) for row in connection.execute(statement)]


def next_due_instant(connection: Connection) -> Instant | None:
    """Return the instant of the next rung of any organisation, None while there is none."""
    found: Instant | None = connection.execute(everywhere(func.min(deadline.c.next_at)).where(deadline.c.next_at.is_not(None))).scalar_one()
    return found


def deadlines_of_case(connection: Connection, org: str, case_id: str) -> list[DeadlineRecord]:
    """Return all deadlines of a case, those that have ended too, in the order of their arming."""
    statement = scoped(deadline, org).where(deadline.c.case_id == case_id).order_by(deadline.c.n)
    return [DeadlineRecord._make(row) for row in connection.execute(statement)]
