"""Records to write in tests: plausible, and different where a test says so."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from engine.clock import Instant
from engine.store.records import (
    CaseRecord,
    DeadlineRecord,
    EventRecord,
    IdempotencyRecord,
    TaskRecord,
)

ORG = "jingan"
NOW: Instant = 1_770_685_200_000_000  # 2026-02-10T01:00:00Z


def case_id(n: int, at: Instant = NOW) -> str:
    """Give the nth UUIDv7 of an instant."""
    return str(UUID(int=(at // 1000) << 80 | 0x7 << 76 | 0b10 << 62 | n))


def case(n: int = 1, **changes: Any) -> CaseRecord:
    record = CaseRecord(
        org=ORG,
        id=case_id(n),
        workflow="member_deliberation",
        definition_version=1,
        digest="d" * 64,
        number=None,
        client_ref=None,
        state="topic",
        configuration='["topic.proposed"]',
        outcome=None,
        version=1,
        seq=1,
        head="h" * 64,
        opened_at=NOW,
        opened_by="wang",
        updated_at=NOW,
        ended_at=None,
        snapshot='{"data":{"topic":"供气"}}',
    )
    return record._replace(**changes)


def event(n: int = 1, seq: int = 1, **changes: Any) -> EventRecord:
    record = EventRecord(
        org=ORG,
        case_id=case_id(n),
        seq=seq,
        kind="act",
        workflow="member_deliberation",
        action="submit",
        actor="wang",
        role="member",
        occurred_at=NOW + seq,
        recorded_at=NOW + seq,
        body=f'{{"seq":{seq}}}',
        hash=f"{seq:064}",
    )
    return record._replace(**changes)


def deadline(n: int = 1, number: int = 1, **changes: Any) -> DeadlineRecord:
    record = DeadlineRecord(
        org=ORG,
        case_id=case_id(n),
        n=number,
        workflow="member_deliberation",
        name="topic.vetting.decide",
        state="topic.vetting",
        status="running",
        due_at=NOW + 1000,
        next_at=NOW + 800,
        next_rung="80 %",
        provisional=False,
        calendar="cn@0123456789ab",
        ledger="{}",
    )
    return record._replace(**changes)


def task(n: int = 1, number: int = 1, **changes: Any) -> TaskRecord:
    record = TaskRecord(
        org=ORG,
        role="office",
        case_id=case_id(n),
        n=number,
        workflow="member_deliberation",
        kind="owner",
        unit=None,
        person=None,
        state="topic",
        deadline=None,
        opened_at=NOW,
    )
    return record._replace(**changes)


def response(key: str, **changes: Any) -> IdempotencyRecord:
    record = IdempotencyRecord(ORG, "wang POST /v1/cases", key, "r" * 64, 200, '{"etag":"2"}', b'{"id":1}', NOW)
    return record._replace(**changes)
