"""The log: every committed event gets one place, without gaps, and who reads by cursor misses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest

from engine.store import log
from engine.store.store import Store
from engine.store.writer import Writer
from tests.store.rows import NOW, ORG, case_id, event
from tests.store.test_writer import write


@pytest.fixture
def second(store: Store) -> Iterator[Writer]:
    writer = store.writer()
    yield writer
    writer.close()


def seal(writer: Writer, limit: int = 1000, org: str = ORG) -> list[log.SealedEvent]:
    with writer.begin() as batch:
        sealed = log.seal(batch, org, limit)
        batch.commit()
    return sealed


def places(store: Store, org: str = ORG) -> list[tuple[int | None, str, int]]:
    with store.read() as connection:
        return [(e.log_index, e.event.case_id, e.event.seq) for e in log.log_after(connection, org, 0, 1000)]


def test_events_get_places_in_the_order_of_recording(store: Store, writer: Writer) -> None:
    write(writer, event(1, 2), event(2, 1, recorded_at=NOW), event(1, 1, recorded_at=NOW), event(1, 3))
    sealed = seal(writer)
    assert sealed[0] == log.SealedEvent(1, case_id(1), 1, event(1, 1).hash)
    assert places(store) == [(1, case_id(1), 1), (2, case_id(2), 1), (3, case_id(1), 2), (4, case_id(1), 3)]
    assert [tuple(item)[:3] for item in sealed] == places(store)


def test_the_next_sealing_goes_on_where_the_last_one_ended(store: Store, writer: Writer) -> None:
    write(writer, *(event(1, seq) for seq in range(1, 6)))
    assert [item.log_index for item in seal(writer, 2)] == [1, 2]
    assert [item.log_index for item in seal(writer, 2)] == [3, 4]
    write(writer, event(2, 1, recorded_at=NOW - 5))
    assert [(item.log_index, item.case_id) for item in seal(writer)] == [(5, case_id(2)), (6, case_id(1))]
    assert seal(writer) == []
    assert [place for place, _, _ in places(store)] == [1, 2, 3, 4, 5, 6]


def test_each_organisation_has_a_log_of_its_own(store: Store, writer: Writer) -> None:
    write(writer, event(1), event(1, org="pudong"), event(2, org="pudong"))
    with store.read() as connection:
        assert sorted(log.unsealed_organisations(connection)) == [ORG, "pudong"]
    assert [item.log_index for item in seal(writer, org="pudong")] == [1, 2]
    assert [item.log_index for item in seal(writer)] == [1]
    with store.read() as connection:
        assert log.unsealed_organisations(connection) == []


def test_a_sealing_that_is_not_committed_gives_no_places(store: Store, writer: Writer) -> None:
    write(writer, event(1))
    with writer.begin() as batch:
        assert len(log.seal(batch, ORG)) == 1
    assert places(store) == []
    assert [item.log_index for item in seal(writer)] == [1]


def test_who_reads_after_a_place_gets_what_follows(store: Store, writer: Writer) -> None:
    write(writer, *(event(1, seq) for seq in range(1, 6)))
    seal(writer)
    with store.read() as connection:
        assert [e.event.seq for e in log.log_after(connection, ORG, 2, 2)] == [3, 4]
        assert log.log_after(connection, ORG, 5) == []


def test_sealers_side_by_side_give_every_event_one_place(store: Store, writer: Writer, second: Writer) -> None:
    count = 120
    write(writer, *(event(n % 7, n) for n in range(1, count + 1)))

    def work(sealer: Writer) -> None:
        while seal(sealer, 7):
            pass

    threads = [Thread(target=work, args=(sealer,)) for sealer in (writer, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = places(store)
    assert [place for place, _, _ in found] == list(range(1, count + 1))
    assert len({(case, seq) for _, case, seq in found}) == count
