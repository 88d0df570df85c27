"""The months of the trail on PostgreSQL: events lie with the month in which their case was opened.

A case's id is a UUIDv7, which begins with the millisecond of its making; so a month is a range of ids, and every event of a case, however
late it comes, lies in one partition.
"""

from __future__ import annotations

from datetime import UTC, datetime

from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection, text

from engine.clock import Instant, from_datetime, to_datetime
from engine.store.dialect import Dialect

MONTHS_AHEAD = 3


def ensure_partitions(dialect: Dialect, now: Instant) -> list[str]:
    """Make the partitions of this month and the next three and return the names of those that were missing. Nothing to do on SQLite.

    Where events of such a month already lie in the default partition they are moved; writers wait meanwhile.
    """
    if dialect.name != "postgresql":
        return []
    this_month = to_datetime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = [this_month + relativedelta(months=ahead) for ahead in range(MONTHS_AHEAD + 1)]
    engine = dialect.engine(read_only=False, size=1)
    try:
        with engine.begin() as connection:
            if all(_exists(connection, partition_name(month)) for month in months):
                return []
            # All at once and from the top, as a writer does it; else the two could wait for each other.
            connection.execute(text("LOCK TABLE case_event IN ACCESS EXCLUSIVE MODE"))
            missing = [month for month in months if not _exists(connection, partition_name(month))]
            for month in missing:
                _make(connection, month)
    finally:
        engine.dispose()
    return [partition_name(month) for month in missing]


def partition_name(month: datetime) -> str:
    """Give the name of a month's partition."""
    return f"case_event_{month:%Y_%m}"


def lowest_id(moment: datetime) -> str:
    """Give the text that sorts before every UUIDv7 made at or after a moment, and after all made before it."""
    milliseconds = from_datetime(moment.astimezone(UTC)) // 1000
    digits = f"{milliseconds:012x}"
    return f"{digits[:8]}-{digits[8:]}"


def _exists(connection: Connection, name: str) -> bool:
    return connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar_one() is not None


def _make(connection: Connection, month: datetime) -> None:
    """Make a month's partition, moving what the default one holds of it.

    The default partition is taken off meanwhile: PostgreSQL refuses a partition whose rows lie there, and off the table it has no
    trigger that would refuse to delete them.
    """
    name = partition_name(month)
    bounds = {"low": lowest_id(month), "high": lowest_id(month + relativedelta(months=1))}
    # Names and bounds are made of digits here; DDL takes no parameters.
    create = f"CREATE TABLE {name} PARTITION OF case_event FOR VALUES FROM ('{bounds['low']}') TO ('{bounds['high']}')"
    stray = "FROM case_event_default WHERE case_id >= :low AND case_id < :high"
    if not connection.execute(text(f"SELECT 1 {stray} LIMIT 1"), bounds).first():
        connection.execute(text(create))
        return
    connection.execute(text("ALTER TABLE case_event DETACH PARTITION case_event_default"))
    connection.execute(text(create))
    connection.execute(text(f"INSERT INTO case_event SELECT * {stray}"), bounds)
    connection.execute(text(f"DELETE {stray}"), bounds)
    connection.execute(text("ALTER TABLE case_event ATTACH PARTITION case_event_default DEFAULT"))
