"""A case whose trail was written before form 2 of events: each event that added a row to a list told the whole list.

No program writes such events any more. So a case is played, and its trail written again as it would have been then, under another
id. What form 1 looked like and how it hangs together is told here with hashlib and json alone, so that no mistake is on both sides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from engine.clock import Instant
from engine.runtime.application import Application
from engine.runtime.people import Principal
from engine.store.cases import get_case
from engine.store.records import DeadlineRecord, EventRecord, PayloadRecord, TaskRecord
from engine.store.tables import deadline, task
from engine.store.trail import StoredEvent, events_of_case
from engine.store.writer import Batch

ORG = "default"
OFFICE = Principal("li", ORG, frozenset({"office"}))

ROUNDS = """workflow: rounds
version: 1
title: 走访
calendar: cn
roles: {office: 办公室, member: 委员}
data:
  visits: {type: list, of: record, default: [], title: 走访, fields: {place: {type: text, title: 地点}}}
  counts: {type: list, of: record, default: [], title: 清点, fields: {homes: {type: int, title: 户数}}}
  visited: {type: int, compute: size(data.visits)}
start: {by: office}
initial: rounds
states:
  rounds:
    title: 走访
    owner: office
    deadlines: {close: {within: 1 month, basis: default, rungs: [{at: due, notify: [owner]}]}}
    actions:
      visit: {title: 走一处, by: office, form: [visits+]}
      count: {title: 清点一次, by: office, form: [counts+]}
      close: {title: 办结, by: office, to: closed}
  closed: {title: 办结, final: true, outcome: success}
"""
"""Events hold commitments to `visits`, which are free text, and `counts` as they are."""

PLACES, HOMES = ("东街", "西街", "南街"), (11, 12, 13)
LAST = 1 + len(PLACES) + len(HOMES)
"""The seq of the last event of the older trail."""


def older_case(application: Application) -> str:
    """Publish `ROUNDS`, and give the id of a case in the database that has a trail of form 1: opened, three visits and three counts."""
    application.registry.publish(Principal("admin", ORG, frozenset({"admin"})), ROUNDS, "rounds.yaml", application.now())
    played: str = application.service.open(OFFICE, "rounds").result().case.id
    for place, homes in zip(PLACES, HOMES, strict=True):
        application.service.act(OFFICE, played, "visit", data={"visits": {"place": place}}).result()
        application.service.act(OFFICE, played, "count", data={"counts": {"homes": homes}}).result()
    older = f"{played[:-1]}{'1' if played[-1] == '0' else '0'}"

    with application.store.read() as reader:
        stored, row = events_of_case(reader, ORG, played), get_case(reader, ORG, played)
        deadlines = [DeadlineRecord._make(each) for each in reader.execute(deadline.select().where(deadline.c.case_id == played))]
        tasks = [TaskRecord._make(each) for each in reader.execute(task.select().where(task.c.case_id == played))]
    assert row is not None
    assert len(stored) == LAST
    assert (len(deadlines), len(tasks)) == (1, 1)
    events = in_form_1(stored, older)

    def store(batch: Batch, _: Instant) -> None:
        batch.put_case(row._replace(id=older, head=events[-1][0].hash), None)
        for event, payload in events:
            batch.add(event)
            if payload is not None:
                batch.add(payload)
        for armed in deadlines:
            batch.add(armed._replace(case_id=older))
        for opened in tasks:
            batch.add(opened._replace(case_id=older))

    application.lane.write(store)
    return older


def in_form_1(stored: Sequence[StoredEvent], case_id: str) -> list[tuple[EventRecord, PayloadRecord | None]]:
    """Write the trail of a case again as form 1 had it, for a case of that id: every list whole, the salts kept, the chain made anew."""
    lists: dict[str, list[Any]] = {}
    written: list[tuple[EventRecord, PayloadRecord | None]] = []
    previous = "0" * 64
    for event, payload, _ in stored:
        body, beside = json.loads(event.body), json.loads(payload or "{}")
        body |= {"v": 1, "case": case_id, "prev": previous}
        told = body.get("delta", {}).get("data", {})
        for name, change in told.items():
            pointer = f"/delta/data/{name}"
            value = beside[pointer][1] if pointer in beside else change
            if isinstance(value, dict) and value.keys() == {"+"}:
                value = [*lists[name], *value["+"]]
            if isinstance(value, list):
                lists[name] = value
            told[name] = value
            if pointer in beside:
                salt = beside[pointer][0]
                beside[pointer] = [salt, value]
                told[name] = {"committed": sha256(bytes.fromhex(salt) + canonical(value))}
        text, kept = canonical(body).decode(), canonical(beside).decode()
        assert '"+"' not in text + kept, "form 1 told no rows alone"
        previous = sha256(text.encode())
        record = event._replace(case_id=case_id, body=text, hash=previous)
        written.append((record, PayloadRecord(ORG, case_id, event.seq, kept) if beside else None))
    return written


def hangs_together(stored: Sequence[StoredEvent]) -> bool:
    """Say whether every event is the hash of its bytes, these are canonical, and it names the one before it: by the standard library alone."""
    previous = "0" * 64
    for place, (event, _, _) in enumerate(stored, 1):
        body = json.loads(event.body)
        if (body["seq"], body["prev"], event.hash) != (place, previous, sha256(event.body.encode())) or canonical(
            body
        ) != event.body.encode():
            return False
        previous = event.hash
    return True


def canonical(value: Any) -> bytes:
    """The canonical bytes: sorted keys, nothing between them, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(content: bytes) -> str:
    """The hash in hex."""
    return hashlib.sha256(content).hexdigest()
