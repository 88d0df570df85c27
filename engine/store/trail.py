"""The trail: the events of a case, and those that an auditor asks for.

An event is in its case's trail with the commit that recorded it. Auditors ask the log, which it enters when it is sealed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_

from engine.clock import Instant
from engine.store.reader import Page, page, scoped
from engine.store.records import EventRecord
from engine.store.store import Store
from engine.store.tables import case_event, event_payload, log_entry

WIDTH = len(EventRecord._fields)
AT_ONCE = 500


class StoredEvent(NamedTuple):
    """An event with what lies beside it.

    ``payload`` is what it commits to, the JSON of ``pointer -> [salt in hex, value]``, None when there is nothing or it was redacted;
    ``log_index`` its place in the log, None until it is sealed.
    """

    event: EventRecord
    payload: str | None
    log_index: int | None = None


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


def trail(store: Store, org: str, case_id: str, *, after: int = 0) -> Iterator[StoredEvent]:
    """Read the events of a case from the first one after ``after`` on, in short looks, so that a long trail holds no reader."""
    while True:
        with store.read() as reader:
            found = events_of_case(reader, org, case_id, after=after, limit=AT_ONCE)
        yield from found
        if len(found) < AT_ONCE:
            return
        after = found[-1].event.seq


def get_event(connection: Connection, org: str, case_id: str, seq: int) -> StoredEvent | None:
    """Return one event of a case, None where there is none."""
    row = connection.execute(select_events(org).where(case_event.c.case_id == case_id, case_event.c.seq == seq)).first()
    return stored_event(row) if row else None


def audit_events(
    connection: Connection, org: str, only: EventFilter = EVERY_EVENT, *, cursor: str | None = None, limit: int = 100
) -> Page[StoredEvent]:
    """Return sealed events of all cases of the organisation, those recorded last first.

    What was committed since the sealer last ran, which is about a second ago while a server runs, is not among them yet.
    """
    entry = log_entry.c
    statement = select_log(org)
    for name in ("actor", "workflow", "action"):
        if (value := getattr(only, name)) is not None:
            statement = statement.where(entry[name] == value)
    if only.since is not None:
        statement = statement.where(entry.recorded_at >= only.since)
    if only.until is not None:
        statement = statement.where(entry.recorded_at < only.until)
    order = [entry.recorded_at, entry.log_index]
    return page(connection, statement, stored_event, order=order, descending=True, cursor=cursor, limit=limit)


def select_events(org: str) -> Select[Any]:
    """Select the events of an organisation, sealed or not, with what lies beside them."""
    statement = scoped(case_event, org, event_payload.c.payload, log_entry.c.log_index)
    return statement.outerjoin_from(case_event, event_payload, same_event(event_payload, case_event)).outerjoin_from(
        case_event, log_entry, same_event(log_entry, case_event)
    )


def select_log(org: str) -> Select[Any]:
    """Select the sealed events of an organisation with what lies beside them, by their entries in the log."""
    statement = scoped(case_event, org, event_payload.c.payload, log_entry.c.log_index, log_entry.c.recorded_at)
    joined = statement.join_from(log_entry, case_event, same_event(case_event, log_entry))
    return joined.outerjoin_from(log_entry, event_payload, same_event(event_payload, log_entry)).where(log_entry.c.org == org)


def same_event(one: Table, other: Table) -> ColumnElement[bool]:
    """Say that two rows are of one event."""
    return and_(one.c.org == other.c.org, one.c.case_id == other.c.case_id, one.c.seq == other.c.seq)


def stored_event(row: Row[Any]) -> StoredEvent:
    """Read a row of `select_events` or `select_log`."""
    return StoredEvent(EventRecord._make(row[:WIDTH]), row[WIDTH], row[WIDTH + 1])
