"""The trail: the events of a case, and those that an auditor asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_

from engine.clock import Instant
from engine.store.reader import Page, page, scoped
from engine.store.records import EventRecord
from engine.store.tables import case_event, event_payload

WIDTH = len(EventRecord._fields)


class StoredEvent(NamedTuple):
    """An event and, unless it was redacted, what it commits to: the JSON of ``pointer -> [salt in hex, value]``."""

    event: EventRecord
    payload: str | None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What an auditor asks for; None leaves it wide. ``since`` counts in, ``until`` does not; both are of the recording."""

    actor: str | None = None
    workflow: str | None = None
    action: str | None = None
    since: Instant | None = None
    until: Instant | None = None


EVERY_EVENT = EventFilter()


def events_of_case(connection: Connection, org: str, case_id: str, *, after: int = 0, limit: int = 1000) -> list[StoredEvent]:
    """Return the events of a case whose `seq` is greater than `after`, in order; fewer than `limit` when these are the last."""
    statement = select_events(org).where(case_event.c.case_id == case_id, case_event.c.seq > after).order_by(case_event.c.seq).limit(limit)
    return [stored_event(row) for row in connection.execute(statement)]


def get_event(connection: Connection, org: str, case_id: str, seq: int) -> StoredEvent | None:
    """Return one event of a case, None where there is none."""
    row = connection.execute(select_events(org).where(case_event.c.case_id == case_id, case_event.c.seq == seq)).first()
    return stored_event(row) if row else None


def audit_events(
    connection: Connection, org: str, only: EventFilter = EVERY_EVENT, *, cursor: str | None = None, limit: int = 100
) -> Page[StoredEvent]:
    """Return events of all cases of the organisation, those recorded last first."""
    event = case_event.c
    statement = select_events(org)
    for name in ("actor", "workflow", "action"):
        if (value := getattr(only, name)) is not None:
            statement = statement.where(event[name] == value)
    if only.since is not None:
        statement = statement.where(event.recorded_at >= only.since)
    if only.until is not None:
        statement = statement.where(event.recorded_at < only.until)
    order = [event.recorded_at, event.case_id, event.seq]
    return page(connection, statement, stored_event, order=order, descending=True, cursor=cursor, limit=limit)


def select_events(org: str) -> Select[Any]:
    """Select the events of an organisation with what they commit to."""
    same = and_(
        event_payload.c.org == case_event.c.org, event_payload.c.case_id == case_event.c.case_id, event_payload.c.seq == case_event.c.seq
    )
    return scoped(case_event, org, event_payload.c.payload).outerjoin_from(case_event, event_payload, same)


def stored_event(row: Row[Any]) -> StoredEvent:
    """Read a row of `select_events`."""
    return StoredEvent(EventRecord._make(row[:WIDTH]), row[WIDTH])
