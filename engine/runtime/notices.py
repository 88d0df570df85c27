"""Notices to somebody that were not read yet. One to a role is there once for all who hold it: who has read it has read it for them."""

from __future__ import annotations

from sqlalchemy import Connection

from engine.clock import Instant
from engine.runtime.application import Application
from engine.runtime.people import Principal
from engine.store.log import count_unread, unread_notices
from engine.store.records import NoticeRecord
from engine.store.writer import Batch

AT_ONCE = 10
"""Notices that are shown, and then marked as read, together."""
MOST = 100


def unread_count(application: Application, principal: Principal) -> int:
    """Count what is unread, up to MOST. Blocks."""
    with application.store.read() as reader:
        return count_unread(reader, principal.org, roles=principal.roles, unit=principal.unit, person=principal.id, most=MOST)


def unread(application: Application, principal: Principal) -> list[NoticeRecord]:
    """Give the latest that are unread, the newest first. Blocks."""
    with application.store.read() as reader:
        return _latest(reader, principal)


def mark_read(application: Application, principal: Principal, until: tuple[int, int]) -> None:
    """Mark as read what `unread` gave when this was its first, by log_index and number; what has come since stays unread. Blocks."""

    def run(batch: Batch, now: Instant) -> None:
        for each in _latest(batch, principal, until):
            batch.put(each._replace(read_at=now))

    application.lane.write(run)


def _latest(source: Connection | Batch, principal: Principal, until: tuple[int, int] | None = None) -> list[NoticeRecord]:
    roles, unit, person = principal.roles, principal.unit, principal.id
    return unread_notices(source, principal.org, roles=roles, unit=unit, person=person, until=until, limit=AT_ONCE)
