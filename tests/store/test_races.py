"""Writers side by side: one wins, the other is told, and nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Barrier, Thread

import pytest

from engine.store.errors import ConcurrentWrite
from engine.store.records import DeadlineRecord, RungRecord
from engine.store.store import Store
from engine.store.tables import cases, idempotency, number_series, rung
from engine.store.writer import Batch, Writer
from tests.store.rows import NOW, ORG, case, case_id, deadline, response
from tests.store.test_writer import act, rows, write


@pytest.fixture
def writers(store: Store) -> Iterator[list[Writer]]:
    writers = [store.writer() for _ in range(4)]
    yield writers
    for writer in writers:
        writer.close()


def side_by_side(writers: list[Writer], work: Callable[[Writer], None]) -> None:
    """Have every writer do the work at once. What one of them raises fails the test."""
    start = Barrier(len(writers))
    failures: list[BaseException] = []

    def run(writer: Writer) -> None:
        start.wait()
        try:
            work(writer)
        except BaseException as failure:  # noqa: BLE001  told below
            failures.append(failure)

    threads = [Thread(target=run, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_no_step_of_a_case_is_lost(writers: list[Writer], store: Store) -> None:
    write(writers[0], case())

    def step(writer: Writer) -> None:
        with writer.begin() as batch:
            batch.load([(ORG, case_id(1))])
            act(batch)
            batch.commit()

    def work(writer: Writer) -> None:
        for _ in range(25):
            try:
                step(writer)
            except ConcurrentWrite:
                step(writer)  # who lost once holds the case the next time

    side_by_side(writers, work)
    assert rows(store, cases)[0][11] == 1 + 4 * 25


def test_of_those_who_saw_the_same_version_one_wins(writers: list[Writer], store: Store) -> None:
    write(writers[0], case())
    won: list[int] = []

    def work(writer: Writer) -> None:
        for seq in range(1, 26):
            with suppress(ConcurrentWrite), writer.begin() as batch:
                batch.put_case(case(seq=seq + 1), seq)
                batch.commit()
                won.append(seq)

    side_by_side(writers, work)
    assert sorted(won) == sorted(set(won))
    assert rows(store, cases)[0][11] == len(won) + 1


def test_batches_over_the_same_cases_never_wait_for_each_other_in_a_ring(writers: list[Writer], store: Store) -> None:
    write(writers[0], *(case(n) for n in range(8)))
    orders = iter([range(8), range(7, -1, -1), [3, 1, 7, 5, 0, 2, 4, 6], [6, 4, 2, 0, 5, 7, 1, 3]])

    def work(writer: Writer) -> None:
        order = list(next(orders))
        for _ in range(10):
            with writer.begin() as batch:
                batch.load([(ORG, case_id(n)) for n in order])
                for n in order:
                    act(batch, n)
                batch.commit()

    side_by_side(writers, work)
    assert [row[11] for row in rows(store, cases)] == [41] * 8


def test_a_request_with_a_key_is_answered_once(writers: list[Writer], store: Store) -> None:
    answered: list[str] = []

    def work(writer: Writer) -> None:
        for n in range(10):
            key = response(f"k{n}")
            with suppress(ConcurrentWrite), writer.begin() as batch:
                if batch.stored_response(*key[:3]) is None:
                    batch.add(key)
                    batch.commit()
                    answered.append(key.key)

    side_by_side(writers, work)
    assert sorted(answered) == [f"k{n}" for n in range(10)]
    assert len(rows(store, idempotency)) == 10


def test_a_number_is_given_once(writers: list[Writer], store: Store) -> None:
    drawn: list[int] = []

    def work(writer: Writer) -> None:
        for _ in range(20):
            with writer.begin() as batch:
                number = batch.draw_number(ORG, "议", "2026")
                batch.commit()
            drawn.append(number)

    side_by_side(writers, work)
    assert sorted(drawn) == list(range(1, 81))
    assert rows(store, number_series) == [(ORG, "议", "2026", 80)]


def fire(batch: Batch, due: DeadlineRecord) -> None:
    """Record the rung and look ahead to the next one, of three."""
    assert due.next_at is not None
    assert due.next_rung is not None
    batch.add(RungRecord(due.org, due.case_id, due.n, due.next_rung, due.next_at, NOW, 1))
    rungs = int(due.next_rung) + 1
    batch.put(due._replace(next_at=due.next_at + 1 if rungs < 3 else None, next_rung=str(rungs) if rungs < 3 else None))


def test_sweeps_side_by_side_fire_every_rung_once(writers: list[Writer], store: Store) -> None:
    """The second sweep passes over what the first one holds, and never sees a deadline as it stood before."""
    for n in range(40):
        write(writers[0], case(n), deadline(n, next_at=NOW - 100, next_rung="0"))

    def work(writer: Writer) -> None:
        while True:
            with writer.begin() as batch:
                found = batch.due_rungs(NOW, 5)
                for due in found:
                    fire(batch, due)
                batch.commit()
            if not found:
                return

    side_by_side(writers, work)
    assert len(rows(store, rung)) == 40 * 3


def test_a_sweep_passes_over_what_another_holds(postgresql_store: Store) -> None:
    first, second = postgresql_store.writer(), postgresql_store.writer()
    write(first, *(case(n) for n in range(3)), *(deadline(n, next_at=NOW + n) for n in range(3)))
    with first.begin() as held, second.begin() as batch:
        assert [due.case_id for due in held.due_rungs(NOW + 5, 2)] == [case_id(0), case_id(1)]
        assert [due.case_id for due in batch.due_rungs(NOW + 5, 2)] == [case_id(2)]
    first.close()
    second.close()


def test_the_clock_of_the_database_is_read_after_the_case_is_held(postgresql_store: Store) -> None:
    """So that `recorded_at` never goes backwards within a case, whichever node was asked."""
    first, second = postgresql_store.writer(), postgresql_store.writer()
    write(first, case())
    seen: list[int] = []

    def wait() -> None:
        with second.begin() as batch:
            batch.load([(ORG, case_id(1)), (ORG, case_id(3))])
            assert batch.database_now is not None
            seen.append(batch.database_now)

    with first.begin() as held:
        held.load([(ORG, case_id(1)), (ORG, case_id(3))])
        thread = Thread(target=wait)
        thread.start()
        while not waiting(postgresql_store):
            pass
        held.load([(ORG, case_id(2))])
        latest = held.database_now
        act(held)
        held.commit()
    thread.join()
    assert latest is not None
    assert seen[0] > latest
    first.close()
    second.close()


def waiting(store: Store) -> bool:
    with store.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(found.scalar_one())


def test_a_case_taken_from_memory_is_found_out_where_another_writer_has_moved_it(sqlite_store: Store) -> None:
    one, other = sqlite_store.writer(), sqlite_store.writer()
    write(one, case())
    with other.begin() as batch:
        act(batch)
        batch.commit()
    with one.begin() as batch:
        batch.assume([(ORG, case_id(1))])
        act(batch)
        with pytest.raises(ConcurrentWrite):
            batch.commit()
    assert [tuple(case(seq=2, version=2))] == rows(sqlite_store, cases)
    one.close()
    other.close()


def test_a_case_taken_from_memory_and_not_written_has_to_be_confirmed(writers: list[Writer]) -> None:
    one, other, *_ = writers
    write(one, case())
    with one.begin() as batch:
        batch.assume([(ORG, case_id(1))])
        batch.confirm()
    with other.begin() as batch:
        act(batch)
        batch.commit()
    with one.begin() as batch:
        batch.assume([(ORG, case_id(1))])
        if batch.case(ORG, case_id(1)) == case():  # SQLite remembers; PostgreSQL reads
            with pytest.raises(ConcurrentWrite):
                batch.confirm()


def test_commits_that_go_on_behind_are_built_upon(writers: list[Writer], store: Store) -> None:
    one, *_ = writers
    write(one, case())
    waits = []
    for _ in range(20):
        with one.begin() as batch:
            batch.assume([(ORG, case_id(1))])
            act(batch)
            waits.append(batch.commit_behind())
    for wait in waits:
        wait()
    [row] = rows(store, cases)
    assert tuple(case(seq=21, version=21)) == row
