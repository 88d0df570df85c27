"""What the service itself remembers, what waits to be passed on, and what is thrown away in time."""

from __future__ import annotations

from sqlalchemy import Connection, delete

from engine.clock import SECOND, Instant
from engine.store.reader import EVERYWHERE, scoped
from engine.store.records import NumberSeriesRecord, ServiceStateRecord
from engine.store.tables import number_series, service_state, session
from engine.store.writer import Batch

RESPONSES_KEPT = 7 * 24 * 3600 * SECOND


def get_state(connection: Connection, org: str, key: str) -> str | None:
    """Return what is remembered under a key; written with `Batch.put(ServiceStateRecord(…))`."""
    row = connection.execute(scoped(service_state, org).where(service_state.c.key == key)).first()
    return ServiceStateRecord._make(row).value if row else None


def list_number_series(connection: Connection, org: str) -> list[NumberSeriesRecord]:
    """Return the last number of each series in each period."""
    statement = scoped(number_series, org).order_by(number_series.c.series, number_series.c.period)
    return [NumberSeriesRecord._make(row) for row in connection.execute(statement)]


def prune_responses(batch: Batch, now: Instant, limit: int = 1000) -> int:
    """Delete stored responses older than 7 days, at most `limit`, and return how many; call again while it is `limit`."""
    return batch.prune_responses(now - RESPONSES_KEPT, limit)


def prune_sessions(batch: Batch, now: Instant) -> int:
    """Delete sessions that have run out and return how many."""
    return len(batch.execute(delete(session).prefix_with(EVERYWHERE).where(session.c.expires_at <= now).returning(session.c.person)))
