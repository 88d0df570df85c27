"""The writer: what a batch reads, writes and refuses, alike on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.store import tables
from engine.store.errors import ConcurrentWrite
from engine.store.reader import everywhere
from engine.store.records import (
    CaseRecord,
    DeadlineRecord,
    EventRecord,
    MessageRecord,
    PayloadRecord,
    PersonRecord,
    Record,
    RungRecord,
    TaskRecord,
)
from engine.store.store import Store
from engine.store.writer import Batch, Writer
from tests.store.rows import NOW, ORG, case, case_id, deadline, event, response, task


@pytest.fixture
def second(store: Store) -> Iterator[Writer]:
    writer = store.writer()
    yield writer
    writer.close()


def write(writer: Writer, *records: Record) -> None:
    with writer.begin() as batch:
        for record in records:
            if isinstance(record, CaseRecord):
                batch.put_case(record, None)
            else:
                batch.add(record)
        batch.commit()


def rows(store: Store, table: Any) -> list[tuple[Any, ...]]:
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(everywhere(table).order_by(*table.primary_key.columns))]


def act(batch: Batch, n: int = 1, **changes: Any) -> CaseRecord:
    """Take one step with a case, as a command would."""
    before = batch.case(ORG, case_id(n))
    assert before is not None
    after = before._replace(seq=before.seq + 1, version=before.version + 1, **changes)
    batch.put_case(after, before.seq)
    batch.add(event(n, after.seq))
    return after


def test_a_new_case_is_read_back_as_it_was_written(writer: Writer, store: Store) -> None:
    whole = case(client_ref="ref-1", number="2026议001", outcome="success", ended_at=NOW, snapshot='{"a":"“引号”\\\\ and \\n"}')
    write(writer, whole)
    with writer.begin() as batch:
        assert batch.case(ORG, whole.id) == whole
    assert rows(store, tables.cases) == [tuple(whole)]


def test_every_kind_of_row_is_read_back_as_it_was_written(writer: Writer, store: Store) -> None:
    records: dict[Any, Record] = {
        tables.case_event: event(),
        tables.event_payload: PayloadRecord(ORG, case_id(1), 1, '{"/reason":["00","因为"]}'),
        tables.deadline: deadline(provisional=True, due_at=None, next_at=None, next_rung=None),
        tables.rung: RungRecord(ORG, case_id(1), 1, "80 %", NOW, NOW, 2),
        tables.task: task(),
        tables.message: MessageRecord(ORG, case_id(1), 1, 0, ORG, case_id(2), "told", "{}", NOW),
        tables.idempotency: response("k", body=bytes(range(256))),
        tables.person: PersonRecord(ORG, "wang", "王", None, '["member"]', None, NOW, None),
    }
    write(writer, *records.values())
    assert {table: rows(store, table) for table in records} == {table: [tuple(record)] for table, record in records.items()}


def test_a_case_that_is_not_there_is_none(writer: Writer) -> None:
    with writer.begin() as batch:
        batch.load([(ORG, case_id(1))], [(ORG, "scope", "key")])
        assert batch.case(ORG, case_id(1)) is None
        assert batch.stored_response(ORG, "scope", "key") is None


def test_another_organisation_does_not_see_the_case(writer: Writer) -> None:
    write(writer, case())
    with writer.begin() as batch:
        batch.load([("pudong", case_id(1))])
        assert batch.case("pudong", case_id(1)) is None


def test_a_batch_sees_what_it_put_and_others_do_not_until_it_commits(writer: Writer, store: Store) -> None:
    write(writer, case())
    with writer.begin() as batch:
        batch.load([(ORG, case_id(1))])
        moved = act(batch, state="research")
        batch.add(response("k"))
        assert batch.case(ORG, case_id(1)) == moved
        assert batch.stored_response(ORG, response("k").scope, "k") == response("k")
        assert rows(store, tables.cases) == [tuple(case())]
        batch.commit()
    assert rows(store, tables.cases) == [tuple(moved)]


def test_many_steps_of_one_case_in_a_batch_become_one_row_and_all_their_events(writer: Writer, store: Store) -> None:
    write(writer, case(1), case(2))
    with writer.begin() as batch:
        batch.load([(ORG, case_id(1)), (ORG, case_id(2))])
        last = [act(batch) for _ in range(5)][-1]
        moved = act(batch, 2, state="research")
        batch.commit()
    assert rows(store, tables.cases) == [tuple(last), tuple(moved)]
    assert last.seq == 6
    assert [row[2] for row in rows(store, tables.case_event)] == [2, 3, 4, 5, 6, 2]


def test_a_case_opened_and_moved_in_one_batch_is_written_once(writer: Writer, store: Store) -> None:
    with writer.begin() as batch:
        batch.put_case(case(), None)
        moved = act(batch, state="research", number="2026议001")
        batch.commit()
    assert rows(store, tables.cases) == [tuple(moved)]


def test_deadlines_put_several_times_keep_the_last(writer: Writer, store: Store) -> None:
    with writer.begin() as batch:
        for record in (deadline(), deadline(status="paused"), deadline(1, 2)):
            batch.put(record)
        batch.commit()
    with writer.begin() as batch:
        batch.put(deadline(status="met", next_at=None, ledger='{"x":1}'))
        batch.commit()
    assert rows(store, tables.deadline) == [tuple(deadline(status="met", next_at=None, ledger='{"x":1}')), tuple(deadline(1, 2))]


def test_a_row_is_removed_by_its_key(writer: Writer, store: Store) -> None:
    message = MessageRecord(ORG, case_id(1), 1, 0, ORG, case_id(2), "told", "{}", NOW)
    write(writer, message, message._replace(number=1))
    with writer.begin() as batch:
        batch.remove(MessageRecord, ORG, case_id(1), 1, 0)
        batch.commit()
    assert rows(store, tables.message) == [tuple(message._replace(number=1))]


def test_a_task_that_comes_and_goes_within_a_batch_is_never_there(writer: Writer, store: Store) -> None:
    write(writer, task(1, 1))
    with writer.begin() as batch:
        batch.add(task(1, 2))
        batch.remove(TaskRecord, *task(1, 1)[:4])
        batch.add(task(1, 3, role="chair"))
        batch.remove(TaskRecord, *task(1, 2)[:4])
        batch.commit()
    assert rows(store, tables.task) == [tuple(task(1, 3, role="chair"))]


def test_what_was_put_and_then_removed_is_gone(writer: Writer, store: Store) -> None:
    write(writer, deadline(1, 1))
    with writer.begin() as batch:
        for number in (1, 2):
            batch.put(deadline(1, number, status="paused"))
            batch.remove(DeadlineRecord, *deadline(1, number)[:3])
        batch.put(deadline(1, 3))
        batch.commit()
    assert rows(store, tables.deadline) == [tuple(deadline(1, 3))]


def test_an_event_waits_for_the_sealer_from_its_own_commit_on(writer: Writer, store: Store) -> None:
    write(writer, event(1, 1), event(1, 2))
    assert rows(store, tables.unsealed) == [(ORG, event(1, seq).recorded_at, case_id(1), seq) for seq in (1, 2)]


def test_a_case_is_numbered_ended_and_opened_again_among_others_that_go_on(writer: Writer, store: Store) -> None:
    """On SQLite the columns that stand in indexes are written by a statement of their own."""
    write(writer, *(case(n) for n in range(4)))
    steps: list[list[dict[str, Any]]] = [
        [{}, {"number": "2026议001"}, {"ended_at": NOW, "outcome": "success"}, {"state": "research"}],
        [{}, {}, {"ended_at": None, "outcome": None}, {"ended_at": NOW}],
    ]
    expected = []
    for step in steps:
        with writer.begin() as batch:
            batch.load([(ORG, case_id(n)) for n in range(4)])
            expected = [act(batch, n, **change) for n, change in enumerate(step)]
            batch.commit()
    assert rows(store, tables.cases) == [tuple(record) for record in expected]


def test_an_act_of_many_rows_is_one_statement_on_postgresql(postgresql_store: Store, statements: list[str]) -> None:
    """So that it is a transaction of its own: no BEGIN, no COMMIT, one round trip."""
    writer = postgresql_store.writer()
    write(writer, case(), task(1, 1), deadline(1, 1))
    statements.clear()
    with writer.begin() as batch:
        batch.load([(ORG, case_id(1))])
        act(batch)
        batch.add(task(1, 2))
        batch.remove(TaskRecord, *task(1, 1)[:4])
        batch.put(deadline(1, 1, status="met"))
        batch.put(deadline(1, 2))
        batch.add(response("k"))
        batch.commit()
    assert [statement.split()[0] for statement in statements] == ["SELECT", "WITH"]
    writer.close()


def test_a_batch_that_is_not_committed_leaves_nothing(writer: Writer, store: Store) -> None:
    with pytest.raises(ConcurrentWrite), writer.begin() as batch:
        fail_after_putting(batch)
    with writer.begin() as batch:
        batch.load([(ORG, case_id(1))])
        batch.put_case(case(), None)
    assert rows(store, tables.cases) == []


def fail_after_putting(batch: Batch) -> None:
    batch.put_case(case(), None)
    batch.put_case(case(), 7)


def test_a_case_read_at_an_older_seq_is_refused_at_once(writer: Writer) -> None:
    write(writer, case(seq=4))
    with writer.begin() as batch:
        batch.load([(ORG, case_id(1))])
        with pytest.raises(ConcurrentWrite, match="at seq 3, found it at 4"):
            batch.put_case(case(seq=4), 3)


def test_a_case_that_the_batch_never_read_is_guarded_by_the_database(writer: Writer, store: Store) -> None:
    """Nothing of the batch is recorded, also not what stood where it should."""
    write(writer, case(1, seq=4), case(2))
    with writer.begin() as batch:
        batch.put_case(case(1, seq=4), 3)
        batch.put_case(case(2, seq=2), 1)
        batch.add(event(1, 4))
        with pytest.raises(ConcurrentWrite):
            batch.commit()
    assert rows(store, tables.cases) == [tuple(case(1, seq=4)), tuple(case(2))]
    assert rows(store, tables.case_event) == []


@pytest.mark.parametrize(
    "record",
    [
        event(),
        RungRecord(ORG, case_id(1), 1, "80 %", NOW, NOW, 2),
        response("k"),
        case(1),
        case(2, client_ref="ref-1"),
        case(2, number="2026议001"),
    ],
    ids=["event", "rung", "idempotency key", "case", "client_ref", "number"],
)
def test_what_is_unique_is_written_once(writer: Writer, store: Store, record: Record) -> None:
    write(writer, case(client_ref="ref-1", number="2026议001"), event(), RungRecord(ORG, case_id(1), 1, "80 %", NOW, NOW, 2), response("k"))
    with pytest.raises(ConcurrentWrite):
        write(writer, task(9), record)
    assert rows(store, tables.task) == []
    write(writer, task(9))
    assert len(rows(store, tables.task)) == 1


def test_another_organisation_may_use_the_same_names(writer: Writer, store: Store) -> None:
    whole = case(client_ref="ref-1", number="2026议001")
    write(writer, whole, response("k"), whole._replace(org="pudong"), response("k", org="pudong"))
    assert len(rows(store, tables.cases)) == 2


def test_numbers_are_drawn_one_after_the_other_also_within_a_batch(writer: Writer) -> None:
    def draw(*series: str) -> list[int]:
        with writer.begin() as batch:
            drawn = [batch.draw_number(ORG, name, "2026") for name in series]
            batch.commit()
        return drawn

    assert draw("议", "议", "提") == [1, 2, 1]
    assert draw("议", "提") == [3, 2]
    with writer.begin() as batch:
        assert batch.draw_number(ORG, "议", "2027") == 1
        assert batch.draw_number("pudong", "议", "2026") == 1
        assert batch.draw_number(ORG, "议", "2026") == 4
    assert draw("议") == [4], "a batch that was rolled back gives its numbers back"


def test_due_rungs_come_in_order_with_their_cases_held(writer: Writer) -> None:
    write(writer, case(1), case(2), case(3))
    with writer.begin() as batch:
        batch.put(deadline(1, 1, next_at=NOW - 1))
        batch.put(deadline(1, 2, next_at=NOW - 3))
        batch.put(deadline(2, 1, next_at=NOW))
        batch.put(deadline(3, 1, next_at=NOW + 1))
        batch.put(deadline(3, 2, next_at=None))
        batch.commit()
    with writer.begin() as batch:
        due = batch.due_rungs(NOW, 10)
        assert [(d.case_id, d.n) for d in due] == [(case_id(1), 2), (case_id(1), 1), (case_id(2), 1)]
        assert all(type(d) is DeadlineRecord and d.provisional is False for d in due)
        assert act(batch).seq == 2
        batch.commit()
    with writer.begin() as batch:
        assert len(batch.due_rungs(NOW, 2)) == 2


def test_the_writer_opens_its_connection_anew_after_it_was_closed(writer: Writer, store: Store) -> None:
    write(writer, case(1))
    writer.close()
    write(writer, case(2))
    assert len(rows(store, tables.cases)) == 2


def test_two_writers_that_race_for_a_case_come_one_after_the_other(writer: Writer, second: Writer, store: Store) -> None:
    write(writer, case())
    for each in (writer, second):
        with each.begin() as batch:
            batch.load([(ORG, case_id(1))])
            act(batch)
            batch.commit()
    assert rows(store, tables.cases)[0][11] == 3


def test_events_and_tasks_carry_their_types(writer: Writer, store: Store) -> None:
    write(writer, event(), task())
    assert [EventRecord(*row) for row in rows(store, tables.case_event)] == [event()]
    assert [TaskRecord(*row) for row in rows(store, tables.task)] == [task()]
