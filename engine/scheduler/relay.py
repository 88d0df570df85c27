"""The relay: reads the sealed log with a cursor of its own and tells people. The log is the outbox.

A notice is made in the same transaction that moves the cursor, so each is made once. Here a notice lands in the inbox of the console;
other channels read the same log with cursors of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.clock import Instant
from engine.runtime.application import Application
from engine.store import log
from engine.store.records import EventRecord, NoticeRecord

CONSUMER = "inbox"
BATCH = 500
STORM = 20
"""Notices that one recipient gets from one run; the rest is gathered into a single notice that says how many there are."""


@dataclass(slots=True)
class Relay:
    """Turns what events say is to be told into notices."""

    application: Application

    def run_once(self, now: Instant) -> int:
        """Read on until the end of the log; give how many notices were made."""
        made = 0
        with self.application.store.read() as reader:
            orgs = log.orgs_behind(reader, CONSUMER)
        for org in orgs:
            while True:
                count, full = self._relay(org, now)
                made += count
                if not full:
                    break
        return made

    def _relay(self, org: str, now: Instant) -> tuple[int, bool]:
        with self.application.store.writing() as batch:
            position = log.hold_cursor(batch, org, CONSUMER)
            events = log.entries_after(batch, org, position, BATCH)
            notices = list(calmed(notice for event in events for notice in notices_of(event, now)))
            for notice in notices:
                batch.add(notice)
            if events:
                last = events[-1].log_index
                assert last is not None
                log.move_cursor(batch, org, CONSUMER, last)
        return len(notices), len(events) == BATCH


def notices_of(event: EventRecord, now: Instant) -> Iterator[NoticeRecord]:
    """Give the notices of one event, numbered in its order."""
    body = orjson.loads(event.body)
    assert event.log_index is not None
    for number, told in enumerate(body.get("notify", ())):
        yield NoticeRecord(
            org=event.org,
            log_index=event.log_index,
            number=number,
            case_id=event.case_id,
            seq=event.seq,
            kind="escalation" if told.get("as") == "escalation" else event.kind,
            role=told.get("role"),
            unit=told.get("unit"),
            person=told.get("person"),
            text=orjson.dumps(wording(event, body)).decode(),
            created_at=now,
            read_at=None,
        )


def wording(event: EventRecord, body: Mapping[str, Any]) -> dict[str, str]:
    """Say in both languages what happened; it names no person and quotes no free text."""
    what = f"{event.action} · {body['notes']['rung']}" if event.kind == "rung" and "rung" in body.get("notes", {}) else event.action
    return {"zh-CN": f"{event.workflow}：{what}", "en": f"{event.workflow}: {what}"}


def calmed(notices: Iterator[NoticeRecord]) -> Iterator[NoticeRecord]:
    """Keep a storm from burying anybody: past the limit, a recipient's notices become one that says how many more there are."""
    told: Counter[tuple[str | None, str | None, str | None]] = Counter()
    rest: dict[tuple[str | None, str | None, str | None], NoticeRecord] = {}
    for notice in notices:
        whom = (notice.role, notice.unit, notice.person)
        told[whom] += 1
        if told[whom] < STORM:
            yield notice
        else:
            rest[whom] = notice
    for whom, notice in rest.items():
        more = told[whom] - STORM + 1
        text = {"zh-CN": f"另有{more}条提醒，请到待办中查看", "en": f"{more} more reminders: see the inbox"}
        yield notice if more == 1 else notice._replace(kind="storm", text=orjson.dumps(text).decode())
