"""The months of the trail on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from engine.clock import Instant, from_datetime, to_datetime
from engine.store.partitions import lowest_id
from engine.store.reader import EVERYWHERE
from engine.store.store import Store
from engine.store.tables import case_event
from engine.store.writer import Writer
from tests.store.rows import NOW, case_id, event
from tests.store.test_writer import rows, write

MAY: Instant = from_datetime(datetime(2026, 5, 3, tzinfo=UTC))
LATER: Instant = from_datetime(datetime(2027, 1, 31, 23, 59, 59, 999999, tzinfo=UTC))


def where_it_lies(store: Store) -> dict[str, str]:
    with store.read() as connection:
        return {
            row[0]: row[1] for row in connection.execute(text(f"SELECT {EVERYWHERE} case_id, tableoid::regclass::text FROM case_event"))
        }


@pytest.fixture
def writer(postgresql_store: Store) -> Iterator[Writer]:
    writer = postgresql_store.writer()
    yield writer
    writer.close()


def test_there_is_nothing_to_do_on_sqlite(sqlite_store: Store) -> None:
    assert sqlite_store.ensure_partitions(NOW) == []


def test_four_months_are_made_once(postgresql_store: Store) -> None:
    made = ["case_event_2026_02", "case_event_2026_03", "case_event_2026_04", "case_event_2026_05"]
    assert postgresql_store.ensure_partitions(NOW) == made
    assert postgresql_store.ensure_partitions(NOW) == []
    assert postgresql_store.ensure_partitions(MAY) == ["case_event_2026_06", "case_event_2026_07", "case_event_2026_08"]


def test_an_event_lies_with_the_month_in_which_its_case_was_opened(postgresql_store: Store, writer: Writer) -> None:
    postgresql_store.ensure_partitions(NOW)
    february, may, later = case_id(1), case_id(2, MAY), case_id(3, LATER)
    write(writer, event(case_id=february), event(case_id=february, seq=9, recorded_at=LATER), event(case_id=may), event(case_id=later))
    assert where_it_lies(postgresql_store) == {february: "case_event_2026_02", may: "case_event_2026_05", later: "case_event_default"}


def test_events_that_came_too_early_are_moved_when_their_month_is_made(postgresql_store: Store, writer: Writer) -> None:
    early = [event(case_id=case_id(n, at)) for n, at in enumerate((NOW, MAY, LATER))]
    write(writer, *early)
    before = rows(postgresql_store, case_event)
    assert set(where_it_lies(postgresql_store).values()) == {"case_event_default"}
    postgresql_store.ensure_partitions(NOW)
    assert list(where_it_lies(postgresql_store).values()) == ["case_event_2026_02", "case_event_2026_05", "case_event_default"]
    assert rows(postgresql_store, case_event) == before


def test_the_trail_is_kept_also_after_months_were_made_and_events_moved(postgresql_store: Store, writer: Writer) -> None:
    write(writer, event(case_id=case_id(1)), event(case_id=case_id(2, LATER)))
    postgresql_store.ensure_partitions(NOW)
    engine = postgresql_store.dialect.engine(read_only=False, size=1)
    for table in ("case_event", "case_event_2026_02", "case_event_default"):
        with engine.connect() as connection, pytest.raises(Exception, match="append-only"):
            connection.execute(text(f"DELETE FROM {table}"))
    engine.dispose()
    assert len(rows(postgresql_store, case_event)) == 2


@given(moment=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)), at=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_the_bound_parts_the_ids_made_before_from_those_made_after(moment: datetime, at: datetime) -> None:
    instant = from_datetime(at.replace(tzinfo=UTC))
    bound = to_datetime(from_datetime(moment.replace(tzinfo=UTC)) // 1000 * 1000)
    made = case_id(0, instant)
    assert UUID(made).version == 7
    assert (made >= lowest_id(bound)) == (instant // 1000 * 1000 >= from_datetime(bound))
