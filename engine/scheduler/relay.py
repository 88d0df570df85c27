"""The relay: reads the sealed log with a cursor of its own and tells people. The log is the outbox.

A notice is made in the same transaction that moves the cursor, so each is made once. Here a notice lands in the inbox of the console;
other channels read the same log with cursors of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from engine.clock import Instant
from engine.runtime.application import Application
from engine.store.log import log_after, log_position, organisations_behind
from engine.store.records import EventRecord, LogCursorRecord, NoticeRecord
from engine.store.trail import StoredEvent
from engine.store.writer import Batch

CONSUMER = "inbox"
BATCH = 500
STORM = 20
"""Notices that one recipient gets from one run; the rest is gathered into a single notice that says how many there are."""


@dataclass(slots=True)
class Relay:
    """Turns what events say is to be told into notices."""

    application: Application

    def run_once(self, _: Instant) -> int:
        """Read on until the end of the log; give how many notices were made."""
        return sum(self._catch_up(org) for org in self._organisations())

    def _organisations(self) -> list[str]:
        with self.application.store.read() as reader:
            return organisations_behind(reader, CONSUMER)

    def _catch_up(self, org: str) -> int:
        made = 0
        while True:
            with self.application.store.read() as reader:
                position = log_position(reader, org, CONSUMER)
                events = log_after(reader, org, position, BATCH)
            made += self.application.sweeping.write(partial(tell, org=org, position=position, events=events))
            if len(events) < BATCH:
                return made


def tell(batch: Batch, now: Instant, *, org: str, position: int, events: list[StoredEvent]) -> int:
    """Make the notices of some events and move the cursor past them, in one transaction; nothing, if another node has done so."""
    if not events or batch.hold_position(org, CONSUMER) != position:
        return 0
    notices = list(calmed(notice for stored in events for notice in notices_of(stored, now)))
    for notice in notices:
        batch.add(notice)
    batch.put(LogCursorRecord(org, CONSUMER, events[-1].log_index or position))
    return len(notices)


def notices_of(stored: StoredEvent, now: Instant) -> Iterator[NoticeRecord]:
    """Give the notices of one event, numbered in its order."""
    event = stored.event
    if '"notify":' not in event.body:  # most events tell nobody, and reading each would cost more than all else here
        return
    body = orjson.loads(event.body)
    assert stored.log_index is not None
    for number, told in enumerate(body.get("notify", ())):
        yield NoticeRecord(
            org=event.org,
            log_index=stored.log_index,
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
