"""What the readers give: the right rows, in the right order, of the right organisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from sqlalchemy.exc import DatabaseError

from engine.errors import InvalidInput
from engine.store import access, cases, deadlines, definitions, documents, inbox, log, messages, service, trail, versions
from engine.store.cases import CaseFilter
from engine.store.reader import Page, write_cursor
from engine.store.records import (
    ApiKeyRecord,
    DefinitionRecord,
    DocumentRecord,
    LogCursorRecord,
    MessageRecord,
    NoticeRecord,
    PayloadRecord,
    PersonRecord,
    ServiceStateRecord,
    SessionRecord,
    UnitRecord,
)
from engine.store.store import Store
from engine.store.tables import idempotency, person
from engine.store.trail import EventFilter, StoredEvent
from engine.store.writer import Writer
from tests.store.rows import NOW, ORG, case, case_id, deadline, event, response, task
from tests.store.test_log import seal
from tests.store.test_writer import rows, write

T = TypeVar("T")
DAY = 24 * 3600 * 1_000_000


def pages(read: Callable[[str | None], Page[T]]) -> list[list[T]]:
    """Read page after page to the end."""
    found, cursor = [], None
    while True:
        items, cursor = read(cursor)
        found.append(items)
        if cursor is None:
            return found


def test_a_reader_cannot_write(store: Store) -> None:
    with store.read() as connection, pytest.raises(DatabaseError, match=r"read-?only"):
        connection.execute(person.insert().values(PersonRecord(ORG, "wang", "王", None, "[]", None, NOW, None)._asdict()))


def test_all_that_is_read_in_one_block_is_of_one_state(store: Store, writer: Writer) -> None:
    write(writer, case(1))
    with store.read() as connection:
        assert len(cases.list_cases(connection, ORG).items) == 1
        write(writer, case(2))
        assert len(cases.list_cases(connection, ORG).items) == 1
    with store.read() as connection:
        assert len(cases.list_cases(connection, ORG).items) == 2


def test_a_case_is_found_in_its_organisation_only(store: Store, writer: Writer) -> None:
    write(writer, case())
    with store.read() as connection:
        assert cases.get_case(connection, ORG, case_id(1)) == case()
        assert cases.get_case(connection, "pudong", case_id(1)) is None
        assert cases.list_cases(connection, "pudong") == ([], None)
        assert cases.has_cases(connection)


def test_cases_are_listed_newest_first_page_after_page(store: Store, writer: Writer) -> None:
    write(writer, *(case(n) for n in range(7)), *(case(n, org="pudong") for n in range(7)))
    with store.read() as connection:
        found = pages(lambda cursor: cases.list_cases(connection, ORG, cursor=cursor, limit=3))
    assert found == [[case(6), case(5), case(4)], [case(3), case(2), case(1)], [case(0)]]


def test_a_last_page_that_is_full_has_no_cursor(store: Store, writer: Writer) -> None:
    write(writer, case(1), case(2))
    with store.read() as connection:
        assert cases.list_cases(connection, ORG, limit=2).cursor is None


def test_a_case_opened_between_two_pages_moves_nothing(store: Store, writer: Writer) -> None:
    write(writer, *(case(n) for n in range(4)))
    with store.read() as connection:
        first = cases.list_cases(connection, ORG, limit=2)
    write(writer, case(9))
    with store.read() as connection:
        assert cases.list_cases(connection, ORG, cursor=first.cursor, limit=2).items == [case(1), case(0)]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (CaseFilter(workflow="proposal"), [2]),
        (CaseFilter(state="research"), [3]),
        (CaseFilter(outcome="success"), [4]),
        (CaseFilter(ended=True), [6, 4]),
        (CaseFilter(ended=False), [5, 3, 2, 1]),
        (CaseFilter(number="2026议001"), [5]),
        (CaseFilter(client_ref="ref-1"), [1]),
        (CaseFilter(overdue_at=NOW + DAY), [3, 1]),
        (CaseFilter(overdue_at=NOW + DAY, state="research"), [3]),
        (CaseFilter(overdue_at=NOW - 1), []),
        (CaseFilter(overdue_at=NOW + DAY, workflow="member_deliberation", ended=False), [3, 1]),
        (CaseFilter(state="research", ended=False), [3]),
        (CaseFilter(state="topic", workflow="member_deliberation"), [6, 5, 4, 1]),
        (CaseFilter(overdue_at=NOW + DAY + 2), [6, 5, 3, 1]),
        (CaseFilter(overdue_at=NOW + DAY + 2, ended=True), [6]),
        (CaseFilter(overdue_at=NOW + DAY + 2, ended=False), [5, 3, 1]),
        (CaseFilter(workflow="proposal", state="research"), []),
    ],
)
def test_a_list_of_cases_is_narrowed(store: Store, writer: Writer, only: CaseFilter, expected: list[int]) -> None:
    write(writer, case(1, client_ref="ref-1"), case(2, workflow="proposal"), case(3, state="research"))
    write(writer, case(4, outcome="success", ended_at=NOW), case(5, number="2026议001"))
    write(writer, deadline(1, due_at=NOW), deadline(2, due_at=NOW, status="paused"), deadline(3, due_at=NOW + DAY))
    write(writer, case(6, outcome="lapsed", ended_at=NOW), deadline(6, due_at=NOW + DAY + 2))  # an obligation after the end
    write(writer, deadline(4, due_at=NOW, status="late"), deadline(5, due_at=None, status="waiting"), deadline(5, 2, due_at=NOW + DAY + 1))
    with store.read() as connection:
        assert [found.id for found in cases.list_cases(connection, ORG, only).items] == [case_id(n) for n in expected]


@pytest.mark.parametrize("cursor", ["", "x", "!!!!", "W10", "WzFd", "WyJhIiwxXQ", "bnVsbA", "WyJcdTAwMDAiXQ", "é"])
def test_a_cursor_that_is_not_ours_is_refused(store: Store, cursor: str) -> None:
    with store.read() as connection, pytest.raises(InvalidInput, match="/cursor"):
        cases.list_cases(connection, ORG, cursor=cursor)


def test_a_cursor_of_another_list_is_refused(store: Store, writer: Writer) -> None:
    write(writer, event(1, 1), event(1, 2))
    seal(writer)
    with store.read() as connection:
        cursor = trail.audit_events(connection, ORG, limit=1).cursor
        assert cursor is not None
        with pytest.raises(InvalidInput):
            cases.list_cases(connection, ORG, cursor=cursor)


def test_a_number_in_a_cursor_that_no_column_holds_is_refused(store: Store) -> None:
    cursor = write_cursor([2**63, 1])
    with store.read() as connection, pytest.raises(InvalidInput):
        trail.audit_events(connection, ORG, cursor=cursor)


def test_the_events_of_a_case_come_in_order_with_what_lies_beside_them(store: Store, writer: Writer) -> None:
    payload = PayloadRecord(ORG, case_id(1), 2, '{"/reason":["00","因为"]}')
    write(writer, event(1, 2), event(1, 1), event(2, 1), payload, event(1, 3))
    seal(writer, 3)
    with store.read() as connection:
        assert trail.events_of_case(connection, ORG, case_id(1)) == [
            StoredEvent(event(1, 1), None, 1),
            StoredEvent(event(1, 2), payload.payload, 3),
            StoredEvent(event(1, 3), None, None),
        ]
        assert [found.event.seq for found in trail.events_of_case(connection, ORG, case_id(1), after=1, limit=1)] == [2]
        assert trail.get_event(connection, ORG, case_id(1), 2) == StoredEvent(event(1, 2), payload.payload, 3)
        assert trail.get_event(connection, ORG, case_id(1), 4) is None
        assert trail.events_of_case(connection, "pudong", case_id(1)) == []


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (EventFilter(), [4, 3, 2, 1]),
        (EventFilter(actor="li"), [2]),
        (EventFilter(workflow="proposal"), [3]),
        (EventFilter(action="approve"), [4]),
        (EventFilter(since=NOW + 2, until=NOW + 4), [3, 2]),
        (EventFilter(actor="wang", since=NOW + 2), [4, 3]),
    ],
)
def test_an_auditor_asks_for_events(store: Store, writer: Writer, only: EventFilter, expected: list[int]) -> None:
    write(
        writer, event(1, 1), event(1, 2, actor="li"), event(1, 3, workflow="proposal"), event(1, 4, action="approve"), event(org="pudong")
    )
    seal(writer)
    seal(writer, org="pudong")
    with store.read() as connection:
        found = pages(lambda cursor: trail.audit_events(connection, ORG, only, cursor=cursor, limit=1))
    assert [item.event.seq for items in found for item in items] == expected


def test_an_auditor_is_told_of_sealed_events_alone(store: Store, writer: Writer) -> None:
    """The indexes that an auditor needs are the log's, so that no act has to write them. The case's own trail has the event at once."""
    payload = PayloadRecord(ORG, case_id(1), 1, '{"/reason":["00","因为"]}')
    write(writer, event(1, 1), payload, event(1, 2))
    seal(writer, 1)
    with store.read() as connection:
        assert trail.audit_events(connection, ORG).items == [StoredEvent(event(1, 1), payload.payload, 1)]
        assert len(trail.events_of_case(connection, ORG, case_id(1))) == 2


def test_events_of_one_instant_are_neither_lost_nor_doubled_between_pages(store: Store, writer: Writer) -> None:
    write(writer, *(event(n, seq, recorded_at=NOW) for n in range(3) for seq in (1, 2, 3)))
    seal(writer)
    with store.read() as connection:
        found = pages(lambda cursor: trail.audit_events(connection, ORG, cursor=cursor, limit=2))
    assert [(item.event.case_id, item.event.seq) for items in found for item in items] == [
        (case_id(n), s) for n in (2, 1, 0) for s in (3, 2, 1)
    ]


def test_deadlines_of_a_case(store: Store, writer: Writer) -> None:
    ended = deadline(1, 2, status="met", next_at=None)
    write(writer, deadline(1, 1), ended, deadline(2, 1), deadline(1, 1, org="pudong"))
    with store.read() as connection:
        assert deadlines.deadlines_of_case(connection, ORG, case_id(1)) == [deadline(1, 1), ended]


def test_the_sweep_asks_for_all_organisations(store: Store, writer: Writer) -> None:
    with store.read() as connection:
        assert deadlines.next_due_instant(connection) is None
        assert not cases.has_cases(connection)
    write(writer, deadline(1, 1, next_at=NOW + 5), deadline(2, 1, org="pudong", next_at=NOW), deadline(3, 1, next_at=None))
    with store.read() as connection:
        assert deadlines.next_due_instant(connection) == NOW
        assert [(d.org, d.n) for d in deadlines.due_rungs(connection, NOW + 5, 10)] == [("pudong", 1), (ORG, 1)]
        assert deadlines.due_rungs(connection, NOW + 4, 10)[0].org == "pudong"
        assert len(deadlines.due_rungs(connection, NOW + 5, 1)) == 1


def test_an_inbox_holds_what_its_owner_may_do(store: Store, writer: Writer) -> None:
    tasks = [
        task(1, 1, opened_at=NOW + 2),
        task(2, 1, role="department", unit="gas", opened_at=NOW + 1),
        task(2, 2, role="department", unit="water"),
        task(3, 1, role="member", person="wang", opened_at=NOW + 3),
        task(3, 2, role="member", person="li"),
        task(4, 1, role="chair_meeting"),
        task(1, 1, org="pudong"),
    ]
    write(writer, case(1), case(2), case(3), case(4), case(1, org="pudong"), *tasks)
    with store.read() as connection:

        def read(cursor: str | None = None, limit: int = 10, **who: Any) -> Page[inbox.InboxItem]:
            of = {"roles": ["office", "department", "member"], "unit": "gas", "person": "wang", **who}
            return inbox.inbox(connection, ORG, **of, cursor=cursor, limit=limit)

        expected = [
            inbox.InboxItem(tasks[1], case(2)),
            inbox.InboxItem(tasks[0], case(1)),
            inbox.InboxItem(tasks[3], case(3)),
        ]
        assert read() == (expected, None)
        assert pages(lambda cursor: read(cursor, 2)) == [expected[:2], expected[2:]]
        assert [item.task for item in read(roles=["department"], unit=None).items] == []
        assert read(roles=[]).items == []


def test_definitions_by_version_digest_and_age(store: Store, writer: Writer) -> None:
    made = [
        DefinitionRecord(ORG, "proposal", n, f"{n:064}", '{"zh-CN":"提案"}', "workflow: proposal", NOW, "designer", None, "{}")
        for n in (1, 2, 10)
    ]
    other = made[0]._replace(workflow="deliberation")
    write(writer, *made, other, made[0]._replace(org="pudong"))
    with store.read() as connection:
        assert definitions.get_definition(connection, ORG, "proposal", 2) == made[1]
        assert definitions.get_definition(connection, ORG, "proposal", 3) is None
        assert definitions.newest_definition(connection, ORG, "proposal") == made[2]
        assert definitions.newest_definition(connection, ORG, "nothing") is None
        assert definitions.definition_by_digest(connection, ORG, "proposal", f"{2:064}") == made[1]
        assert definitions.definition_by_digest(connection, "pudong", "proposal", f"{2:064}") is None
        assert definitions.list_definitions(connection, ORG) == [other, *reversed(made)]
        listed = definitions.list_versions(connection, ORG, "proposal")
        assert [(each.version, each.title, each.published_by) for each in listed] == [
            (each.version, each.title, each.published_by) for each in made[::-1]
        ]
        assert {each.workflow for each in definitions.list_versions(connection, ORG)} == {other.workflow, "proposal"}
        assert definitions.editions(connection, ORG, "proposal") == tuple(definitions.Edition(n, f"{n:064}", None) for n in (10, 2, 1))


def test_cases_with_a_live_deadline_that_was_counted_on_an_older_calendar(store: Store, writer: Writer) -> None:
    new, old = "cn@aaaaaaaaaaaa", "cn@bbbbbbbbbbbb"
    ended = {"ended_at": NOW, "outcome": "success"}
    write(
        writer,
        case(1),
        deadline(1, calendar=old),
        case(2),  # counted on the present one
        deadline(2, calendar=new),
        case(3),  # nothing of it runs any more
        deadline(3, calendar=old, status="met", next_at=None),
        case(4, **ended),  # an obligation after the end
        deadline(4, calendar=old),
        case(5, **ended),
        deadline(5, calendar=old, status="late", next_at=None),
        case(6),  # a clock that stands
        deadline(6, calendar=old, status="paused", next_at=None),
        deadline(6, 2, calendar=new),
        case(7, org="pudong"),
        deadline(7, org="pudong", calendar=old),
    )

    def found(**more: Any) -> list[str]:
        return [row.id for row in versions.counted_otherwise(connection, ORG, [new, "county@cccccccccccc"], **more).items]

    with store.read() as connection:
        assert found() == [case_id(1), case_id(4), case_id(6)]
        assert found(only=[case_id(2), case_id(6)]) == [case_id(6)]
        first = versions.counted_otherwise(connection, ORG, [new], limit=1)
        assert [row.id for row in first.items] == [case_id(1)]
        assert found(cursor=first.cursor) == [case_id(4), case_id(6)]


def test_who_may_come_in(store: Store, writer: Writer) -> None:
    key = ApiKeyRecord(ORG, "k1", "a" * 64, "desk", '["office"]', "u1", "前台", NOW, None, None)
    wang = PersonRecord(ORG, "wang", "王", "hash", '["member"]', None, NOW, None)
    here = SessionRecord(ORG, "b" * 64, "wang", NOW, NOW + DAY)
    unit = UnitRecord(ORG, "u1", '{"zh-CN":"燃气办"}', None)
    write(writer, key, wang, here, unit)
    with store.read() as connection:
        assert access.api_key_by_secret(connection, "a" * 64) == key
        assert access.api_key_by_secret(connection, "b" * 64) is None
        assert access.get_api_key(connection, ORG, "k1") == key
        assert access.list_api_keys(connection, ORG) == [key]
        assert access.list_api_keys(connection, "pudong") == []
        assert access.session_by_token(connection, "b" * 64) == here
        assert access.get_person(connection, ORG, "wang") == wang
        assert access.get_person(connection, "pudong", "wang") is None
        assert access.list_persons(connection, ORG) == [wang]
        assert access.get_unit(connection, ORG, "u1") == unit
        assert access.list_units(connection, ORG) == [unit]


def test_documents_of_a_case(store: Store, writer: Writer) -> None:
    report = DocumentRecord(
        ORG, "d1", case_id(1), "research_report", "调研报告.docx", "application/msword", 2048, "c" * 64, "wang", NOW + 1, None
    )
    earlier = report._replace(id="d2", attached_at=NOW, seq=3)
    write(writer, report, earlier, report._replace(id="d3", case_id=case_id(2)))
    with store.read() as connection:
        assert documents.documents_of_case(connection, ORG, case_id(1)) == [earlier, report]
        assert documents.get_document(connection, ORG, "d1") == report
        assert documents.get_document(connection, "pudong", "d1") is None


def test_what_the_service_remembers(store: Store, writer: Writer) -> None:
    message = MessageRecord(ORG, case_id(1), 1, 0, "pudong", case_id(2), "told", "{}", NOW)
    write(writer, message._replace(number=1), message, message._replace(org="pudong", created_at=NOW - 1))
    with writer.begin() as batch:
        batch.put(ServiceStateRecord(ORG, "clock", "1"))
        batch.put(ServiceStateRecord(ORG, "clock", "2"))
        batch.put(LogCursorRecord(ORG, "relay", 7))
        batch.draw_number(ORG, "议", "2026")
        batch.commit()
    with store.read() as connection:
        assert service.get_state(connection, ORG, "clock") == "2"
        assert service.get_state(connection, ORG, "other") is None
        assert log.log_position(connection, ORG, "relay") == 7
        assert log.log_position(connection, ORG, "webhooks") == 0
        assert service.list_number_series(connection, ORG) == [(ORG, "议", "2026", 1)]
        assert [(m.org, m.number) for m in messages.pending_messages(connection, 2)] == [("pudong", 0), (ORG, 0)]
        assert [m.number for m in messages.messages_of_case(connection, ORG, case_id(1))] == [0, 1]


def test_notices_reach_roles_units_and_persons(store: Store, writer: Writer) -> None:
    notice = NoticeRecord(ORG, 1, 1, case_id(1), 1, "reminder", "office", None, None, "{}", NOW, None)
    seen = [notice, notice._replace(number=2, unit="gas"), notice._replace(log_index=2, role=None, person="wang")]
    write(
        writer,
        *seen,
        notice._replace(number=3, unit="water"),
        notice._replace(number=4, person="li"),
        notice._replace(number=5, read_at=NOW),
    )
    with store.read() as connection:
        found = log.unread_notices(connection, ORG, roles=["office"], unit="gas", person="wang")
        assert log.unread_notices(connection, ORG, roles=["office"], unit="gas", person="wang", until=(1, 2)) == [seen[1]]
        counts = [log.count_unread(connection, ORG, roles=["office"], unit="gas", person="wang", most=most) for most in (2, 100)]
    assert counts == [2, 3]
    assert found == [seen[2], seen[0], seen[1]]


def test_stored_responses_are_kept_for_seven_days(store: Store, writer: Writer) -> None:
    write(writer, *(response(f"old{n}", created_at=NOW - 7 * DAY - 1) for n in range(3)), response("week", created_at=NOW - 7 * DAY))
    with writer.begin() as batch:
        assert service.prune_responses(batch, NOW, limit=2) == 2
        assert service.prune_responses(batch, NOW, limit=2) == 1
        batch.commit()
    assert [row[2] for row in rows(store, idempotency)] == ["week"]


def test_sessions_that_have_run_out_are_deleted(store: Store, writer: Writer) -> None:
    write(writer, SessionRecord(ORG, "a" * 64, "wang", NOW, NOW + 1), SessionRecord(ORG, "b" * 64, "wang", NOW, NOW))
    with writer.begin() as batch:
        assert service.prune_sessions(batch, NOW) == 1
        batch.commit()
    with store.read() as connection:
        assert access.session_by_token(connection, "a" * 64) is not None
        assert access.session_by_token(connection, "b" * 64) is None
