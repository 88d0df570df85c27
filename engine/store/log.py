"""The log of an organisation: its events in one order, which never changes. Everything downstream reads it with a cursor of its own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, func, or_, select

from engine.store.reader import everywhere, scoped
from engine.store.records import LogCursorRecord, LogEntryRecord, NoticeRecord, ServiceStateRecord, UnsealedRecord
from engine.store.tables import case_event, log_cursor, log_entry, notice, service_state, unsealed
from engine.store.trail import StoredEvent, same_event, select_log, stored_event
from engine.store.writer import Batch

HEAD = "log_head"
"""The key of the service's state that holds the last place given; who holds that row seals, others wait."""


TAKEN = ("hash", "occurred_at", "workflow", "kind", "action", "actor", "role")
"""What sealing reads of an event: its hash, and what its entry is sought by."""


class SealedEvent(NamedTuple):
    """An event that was given its place, counted from 1 without gaps."""

    log_index: int
    case_id: str
    seq: int
    hash: str


def unsealed_organisations(connection: Connection) -> list[str]:
    """Return the organisations with events that have no place yet."""
    return list(connection.execute(everywhere(unsealed.c.org).distinct()).scalars())


def count_unsealed(connection: Connection) -> int:
    """Count the events of all organisations that have no place yet."""
    return int(connection.execute(everywhere(func.count(unsealed.c.seq))).scalar_one())


def seal(batch: Batch, org: str, limit: int = 1000) -> list[SealedEvent]:
    """Give committed events their places, in the order of recording, and return them in the order of the log.

    Several sealers may work at once: one of them holds the head of the log until its batch ends. Nothing is sealed until the commit.
    """
    head = int(batch.hold_state(org, HEAD, "0"))
    key = [unsealed.c.recorded_at, unsealed.c.case_id, unsealed.c.seq]
    unplaced = scoped(unsealed, org, *(case_event.c[name] for name in TAKEN))
    in_order = unplaced.join_from(unsealed, case_event, same_event(case_event, unsealed)).order_by(*key)
    sealed = []
    for place, (_, recorded_at, case_id, seq, digest, *columns) in enumerate(batch.execute(in_order.limit(limit)), head + 1):
        batch.add(LogEntryRecord(org, place, case_id, seq, recorded_at, *columns))
        batch.remove(UnsealedRecord, org, recorded_at, case_id, seq)
        sealed.append(SealedEvent(place, case_id, seq, digest))
    if sealed:
        batch.put(ServiceStateRecord(org, HEAD, str(head + len(sealed))))
    return sealed


def log_after(connection: Connection, org: str, position: int, limit: int = 100) -> list[StoredEvent]:
    """Return the events with a place after `position`, in the order of the log."""
    statement = select_log(org).where(log_entry.c.log_index > position).order_by(log_entry.c.log_index).limit(limit)
    return [stored_event(row) for row in connection.execute(statement)]


def log_position(connection: Connection, org: str, consumer: str) -> int:
    """Return how far a consumer has read, 0 before its first time."""
    row = connection.execute(scoped(log_cursor, org).where(log_cursor.c.consumer == consumer)).first()
    return LogCursorRecord._make(row).position if row else 0


def organisations_behind(connection: Connection, consumer: str) -> list[str]:
    """Return the organisations whose log has events that a consumer has not read."""
    heads = everywhere(service_state.c.org, service_state.c.value).where(service_state.c.key == HEAD).order_by(service_state.c.org)
    return [org for org, head in connection.execute(heads) if log_position(connection, org, consumer) < int(head)]


def unread_notices(
    source: Connection | Batch,
    org: str,
    *,
    roles: Collection[str],
    unit: str | None,
    person: str,
    until: tuple[int, int] | None = None,
    limit: int = 100,
) -> list[NoticeRecord]:
    """Return notices that were not read yet, to who holds a role in this unit or to this person; the newest first.

    ``until``: none after this one, by log_index and number. Of one place those with lower numbers come later: they are about quotas.
    """
    statement = _unread(org, roles, unit, person)
    if until is not None:
        place, number = until
        at_the_place = and_(notice.c.log_index == place, notice.c.number >= number)
        statement = statement.where(or_(notice.c.log_index < place, at_the_place))
    statement = statement.order_by(notice.c.log_index.desc(), notice.c.number).limit(limit)
    return [NoticeRecord._make(row) for row in source.execute(statement)]


def count_unread(connection: Connection, org: str, *, roles: Collection[str], unit: str | None, person: str, most: int) -> int:
    """Count the notices that `unread_notices` would return, up to a most: of many nobody need know how many."""
    found = _unread(org, roles, unit, person).with_only_columns(notice.c.number).limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(found)).scalar_one())


def _unread(org: str, roles: Collection[str], unit: str | None, person: str) -> Select[Any]:
    n = notice.c
    to_the_role = n.role.in_(sorted(roles)) & or_(n.unit.is_(None), n.unit == unit) & n.person.is_(None)
    return scoped(notice, org).where(n.read_at.is_(None), or_(to_the_role, n.person == person))
