"""The trail is the truth: every case row can be built again from its events, and the events hang together."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import pytest
from sqlalchemy.exc import DBAPIError

from engine.core.case import fold
from engine.core.chain import commit, is_commitment, verify_chain
from engine.runtime.recording import to_record
from engine.runtime.views import event_view, put_back
from engine.store.records import DocumentRecord
from engine.store.trail import StoredEvent, events_of_case
from tests.application import ADMIN, DAY, MEMBER, OFFICE, ORG, OTHER, Trial


def events(office: Trial, case_id: str) -> list[StoredEvent]:
    with office.app.store.read() as reader:
        return events_of_case(reader, ORG, case_id)


def whole_story(office: Trial) -> str:
    """A case with everything in it: form, rows, document, pause, reminder, comment, correction, end."""
    case = office.open()
    office.act(case, "accept", data={"n": 3})
    office.act(case, "visit", data={"visits": {"place": "费市家苑"}})
    office.act(case, "suspend", reason="等资料")
    office.clock.instant += 3 * DAY
    office.act(case, "resume")
    office.act(case, "urge", MEMBER)
    office.app.service.comment(OTHER, case.id, "已电话联系").result()
    office.clock.instant += 40 * DAY
    office.app.service.fire_due(office.clock.now(), 50).result()
    corrector = type(MEMBER)("zhang", ORG, frozenset({"recorder", "office"}))
    office.app.service.correct(corrector, case.id, 2, "录入有误", data={"n": 4}).result()
    document = DocumentRecord(ORG, "d1", case.id, "report", "报告.pdf", "application/pdf", 3, "0" * 64, "li", office.clock.now(), None)
    office.act(case, "report.attach", document=document)
    office.act(case, "close", OTHER, reason="已解决")
    return case.id


def rebuilt(stored: list[StoredEvent]) -> dict[str, Any]:
    """Fold the events of a case into what its row must say. Uses nothing but the trail."""
    snapshot: dict[str, Any] = {}
    row: dict[str, Any] = {"number": None, "client_ref": None, "outcome": None, "ended_at": None}
    for event, payload, _ in stored:
        body = orjson.loads(event.body)
        for pointer, (_, value) in orjson.loads(payload or "{}").items():
            put_back(body, pointer, value)
        snapshot = fold(snapshot, body.get("delta", {}))
        row |= {key: body[key] for key in ("number", "client_ref", "outcome", "ended_at", "version", "seq", "workflow") if key in body}
        row |= {"configuration": body["after"], "head": event.hash, "definition_version": body["definition"], "digest": body["digest"]}
    return {**row, "snapshot": snapshot}


def test_every_column_of_a_case_is_rebuilt_from_its_events(office: Trial) -> None:
    case_id = whole_story(office)
    made, case = rebuilt(events(office, case_id)), office.case(case_id)

    assert orjson.loads(to_record(case).snapshot) == made["snapshot"]
    assert (list(case.configuration), case.version, case.seq, case.head) == (
        made["configuration"],
        made["version"],
        made["seq"],
        made["head"],
    )
    assert (case.number, case.outcome, case.digest, case.definition_version) == (
        made["number"], made["outcome"], made["digest"], made["definition_version"],
    )  # fmt: skip
    assert ("2026议001", "success") == (case.number, case.outcome)


def test_events_of_a_case_are_a_whole_chain_and_a_changed_byte_breaks_it(office: Trial) -> None:
    stored = [each.event for each in events(office, whole_story(office))]
    bodies, hashes = [event.body.encode() for event in stored], [event.hash for event in stored]
    assert [] == verify_chain(bodies, hashes)
    bodies[2] = bodies[2].replace(b'"li"', b'"lj"')

    assert [2] == verify_chain(bodies, hashes)


def test_free_text_stands_beside_the_event_and_its_commitment_in_it(office: Trial) -> None:
    stored = events(office, whole_story(office))
    trail = "".join(each.event.body for each in stored)
    for words in ("路灯", "等资料", "已电话联系", "已解决", "费市家苑", "报告.pdf", "录入有误"):
        assert words not in trail

    body, payload = orjson.loads(stored[0].event.body), orjson.loads(stored[0].payload or "{}")
    salt, value = payload["/delta/data/topic"]
    assert is_commitment(body["delta"]["data"]["topic"])
    assert hashlib.sha256(bytes.fromhex(salt) + orjson.dumps(value)).hexdigest() == body["delta"]["data"]["topic"]["committed"]
    assert commit(value, bytes.fromhex(salt)) == body["delta"]["data"]["topic"]["committed"]


def test_events_say_who_when_why_and_what_followed(office: Trial) -> None:
    stored = events(office, whole_story(office))
    bodies = [orjson.loads(each.event.body) for each in stored]

    assert [
        ("open", "start"), ("act", "accept"), ("act", "visit"), ("act", "suspend"), ("act", "resume"), ("act", "urge"),
        ("comment", "comment"), ("rung", "work.report"), ("correction", "correction"), ("act", "report.attach"), ("act", "close"),
    ] == [(body["kind"], body["action"]) for body in bodies]  # fmt: skip
    assert {"id": "clock", "role": "clock"} == bodies[7]["actor"]
    assert ["met", "armed"] == [each["op"] for each in bodies[1]["deadlines"]]
    assert ["paused"] == [each["op"] for each in bodies[3]["deadlines"]]


def test_database_refuses_to_change_or_delete_an_event(office: Trial) -> None:
    case_id = whole_story(office)
    for statement in ("UPDATE case_event SET actor = 'x'", "DELETE FROM case_event"):
        engine = office.app.store.dialect.engine(read_only=False, size=1)
        with engine.connect() as connection, pytest.raises(DBAPIError, match="append"):
            connection.exec_driver_sql(statement)
        engine.dispose()

    assert 11 == len(events(office, case_id))


SECRET = """workflow: secret
version: 1
title: 密
calendar: cn
roles: {office: 办公室, member: 委员}
data: {amount: {type: int, seen_by: [member]}, why: {type: text}}
start: {by: office}
initial: a
states:
  a: {actions: {pay: {asked_by: member, by: office, form: [amount, why], reason: optional, to: over}}}
  over: {final: true, outcome: success}
"""


def test_what_is_asked_shows_no_reader_more_than_the_case_does(office: Trial) -> None:
    office.app.registry.publish(ADMIN, SECRET, "secret.yaml", office.clock.now())
    case = office.app.service.open(OFFICE, "secret").result().case
    office.act(case, "pay.ask", MEMBER, data={"amount": 5, "why": "买灯"})
    stored, now = events(office, case.id)[1], office.case(case.id)
    process = office.app.registry.published(ORG, "secret")
    seen = {who.id: event_view(process, now, who, stored)["delta"]["asked"]["pay"]["data"] for who in (OFFICE, MEMBER)}

    assert {"li": {"why": "买灯"}, "zhao": {"amount": 5, "why": "买灯"}} == seen
