"""Deadlines: which rung is due next, and those of one case."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, select

from engine.clock import Instant
from engine.store.tables import cases, deadline


def select_due(now: Instant, limit: int) -> Select[Any]:
    """Select deadlines of all organisations with a rung due, earliest first, and their cases; hold both, passing over those held already.

    Both are held, not the case alone: else a deadline that another sweep has just moved on would be given as it stood before.
    """
    return (
        select(deadline, cases)
        .join_from(deadline, cases, and_(cases.c.org == deadline.c.org, cases.c.id == deadline.c.case_id))
        .where(deadline.c.next_at <= now)
        .order_by(deadline.c.next_at, deadline.c.org, deadline.c.case_id, deadline.c.n)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
