"""Messages between cases that wait for their receiver: deleted in the commit that applies them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select

from engine.store.reader import everywhere, scoped
from engine.store.records import MessageRecord
from engine.store.tables import message


def select_messages(limit: int) -> Select[Any]:
    """Select messages of all organisations that wait for their receiver, the oldest first, those of one sender in the order of sending."""
    m = message.c
    return everywhere(message).order_by(m.created_at, m.org, m.case_id, m.seq, m.number).limit(limit)


def pending_messages(connection: Connection, limit: int) -> list[MessageRecord]:
    """Return messages that wait, for looking only; `Batch.waiting_messages` holds their receivers."""
    return [MessageRecord._make(row) for row in connection.execute(select_messages(limit))]


def messages_of_case(connection: Connection, org: str, case_id: str) -> list[MessageRecord]:
    """Return what a case has sent and is still pending."""
    statement = scoped(message, org).where(message.c.case_id == case_id).order_by(message.c.seq, message.c.number)
    return [MessageRecord._make(row) for row in connection.execute(statement)]
