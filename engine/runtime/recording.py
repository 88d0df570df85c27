"""The one place that turns a decision into rows: the event, its place in the chain, and what follows from it.

All rows of a decision go into one batch and so into one commit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from engine.clock import Instant, rfc3339
from engine.core.case import EMPTY, Case
from engine.core.chain import ALGORITHM, FORM, SALT_BYTES, canonical, commitment, event_hash
from engine.core.decision import DeadlineChange, Decision, NumberWanted
from engine.core.message import Message
from engine.definition.process import ProcessDefinition
from engine.settings import is_sandbox, seen_from
from engine.store.derived import CaseIndexRecord
from engine.store.records import (
    CaseRecord,
    DeadlineRecord,
    EventRecord,
    MessageRecord,
    PayloadRecord,
    RungRecord,
    TaskRecord,
)
from engine.store.writer import Batch

TRIAL_NUMBER = "试-"
"""Before the number of a case of a sandbox, so that no paper passes for one of the body."""
ALWAYS_COMMITTED = frozenset({"asked", "children", "links", "shared"})
"""Sections whose values hold what people wrote."""


class Salted:
    """Commitments of one event: what stands in its body, and what lies beside it, by JSON Pointer."""

    def __init__(self) -> None:
        self.payload: dict[str, list[Any]] = {}

    def commit(self, pointer: str, value: Any) -> Mapping[str, str]:
        """Keep a value beside the event; give what stands in its place."""
        salt = os.urandom(SALT_BYTES)
        self.payload[pointer] = [salt.hex(), value]
        return commitment(value, salt)


def record(batch: Batch, definition: ProcessDefinition, before: Case | None, decision: Decision) -> Case:
    """Put all rows of a decision into the batch; give the case as it will be stored."""
    if decision.number is not None:
        decision = decision.numbered(drawn_number(batch, decision.case.org, decision.number))
    salted = Salted()
    body = canonical(event_body(decision, definition.committed, salted))
    digest = event_hash(body)
    case = decision.case._replace(head=digest)
    batch.put_case(to_record(case), None if before is None else before.seq)
    batch.add(event_record(decision, case, body.decode(), digest))
    if salted.payload:
        batch.add(PayloadRecord(case.org, case.id, case.seq, orjson.dumps(salted.payload).decode()))
    latest = {change.n: change for change in decision.deadlines}
    numbered = 0 if before is None else before.snapshot.get("counters", EMPTY).get("deadline", 0)
    for change in latest.values():
        write = batch.add if change.n > numbered else batch.put
        write(deadline_record(case, definition, change))
    if decision.rung is not None:
        rung = decision.rung
        batch.add(RungRecord(case.org, case.id, rung.deadline_n, rung.rung, rung.due, decision.recorded_at, case.seq))
    if not definition.findable.isdisjoint(decision.delta.get("data", EMPTY)):
        for entry in found_by(definition, before, case):
            batch.put(entry)
    for place, sent in enumerate(decision.messages):
        batch.add(message_record(case, place, sent, decision.recorded_at))
    for moved in decision.tasks:
        if moved.op == "opened":
            batch.add(task_record(case, moved.n, moved.task))
        else:
            batch.remove(TaskRecord, case.org, moved.task["role"], case.id, moved.n)
    return case


def found_by(definition: ProcessDefinition, before: Case | None, case: Case) -> Iterator[CaseIndexRecord]:
    """Give by what a case is found from now on and was not before."""
    earlier = EMPTY if before is None else before.data
    for item in sorted(definition.findable):
        new = named_in(case.data.get(item)) - named_in(earlier.get(item))
        yield from (CaseIndexRecord(case.org, case.workflow, item, value, case.id, case.seq) for value in sorted(new))


def named_in(value: Any) -> frozenset[str]:
    """Give whom or what a value names: its id, those of a list, the targets of references, the persons of an attendance."""
    named = value if isinstance(value, list) else () if value is None else (value,)
    return frozenset(str(each.get("person") or each.get("id")) if isinstance(each, Mapping) else str(each) for each in named)


def drawn_number(batch: Batch, org: str, wanted: NumberWanted) -> str:
    """Draw the next number of a series. Gaps stay visible: a number that was drawn is never given back."""
    number = wanted.format.format(year=wanted.year, n=batch.draw_number(org, wanted.series, wanted.period))
    return f"{TRIAL_NUMBER}{number}" if is_sandbox(org) else number


def event_body(decision: Decision, committed: frozenset[str], salted: Salted) -> dict[str, Any]:
    """Give the event as it is hashed. What is empty is left out; the form is fixed by `engine.core.chain`."""
    case = decision.case
    actor = {"id": decision.actor_id, "role": decision.role}
    if decision.unit:
        actor["unit"] = decision.unit
    if decision.acting_for:
        actor["acting_for"] = decision.acting_for
    body: dict[str, Any] = {
        "alg": ALGORITHM,
        "v": FORM,
        "org": case.org,
        "case": case.id,
        "workflow": case.workflow,
        "definition": case.definition_version,
        "digest": case.digest,
        "seq": case.seq,
        "version": case.version,
        "kind": decision.kind,
        "action": decision.action,
        "actor": actor,
        "occurred_at": rfc3339(decision.occurred_at),
        "recorded_at": rfc3339(decision.recorded_at),
        "before": decision.before,
        "after": case.configuration,
        "prev": case.head,
    }
    if decision.steps:
        body["steps"] = [
            {"trigger": step.trigger, "taken": step.taken, "exited": step.exited, "entered": step.entered} for step in decision.steps
        ]
    if decision.delta:
        body["delta"] = covered(decision.delta, committed, salted)
    if decision.deadlines:
        body["deadlines"] = [deadline_fact(change) for change in decision.deadlines]
    if decision.reason:
        body["reason"] = salted.commit("/reason", decision.reason)
    told = {"guards": decision.guards, "notify": decision.notify, "published": decision.published, "notes": decision.notes}
    body.update((key, value) for key, value in told.items() if value)
    if decision.read:
        body["read"] = salted.commit("/read", decision.read)
    if decision.messages:
        body["messages"] = [
            {"kind": sent.kind, "org": seen_from(case.org, sent.to_org), "case": sent.to_case} for sent in decision.messages
        ]
    if decision.number is not None:
        body["number"] = case.number
    if case.outcome is not None:
        body["outcome"] = case.outcome
    if case.ended_at is not None:
        body["ended_at"] = rfc3339(case.ended_at)
    if decision.kind == "open":
        body["opened_by"] = case.opened_by
        body["opened_at"] = rfc3339(case.opened_at)
        if case.client_ref is not None:
            body["client_ref"] = salted.commit("/client_ref", case.client_ref)
    return body


def covered(delta: Mapping[str, Mapping[str, Any]], committed: frozenset[str], salted: Salted) -> dict[str, Any]:
    """Give the delta with a commitment in place of every free text and sensitive value."""
    body: dict[str, Any] = {}
    for section, changes in delta.items():
        if section == "data":
            body[section] = {
                key: salted.commit(f"/delta/data/{key}", value) if key in committed and value is not None else value
                for key, value in changes.items()
            }
        elif section in ALWAYS_COMMITTED:
            body[section] = {
                key: salted.commit(f"/delta/{section}/{key}", value) if value is not None else None for key, value in changes.items()
            }
        else:
            body[section] = changes
    return body


def deadline_fact(change: DeadlineChange) -> dict[str, Any]:
    """Give what the event says of one deadline, for people; the whole ledger stands in the delta."""
    fact: dict[str, Any] = {"op": change.op, "name": change.name, "n": change.n}
    if "period" in change.ledger:
        fact["period"] = change.ledger["period"]["number"]
    if "party" in change.ledger:
        fact["party"] = change.ledger["party"]
    if change.ledger["due"] is not None:
        fact["due"] = rfc3339(change.ledger["due"])
    return fact


# --- rows -----------------------------------------------------------------------------------------------------------


def to_record(case: Case) -> CaseRecord:
    """Give the row of a case."""
    return CaseRecord(
        org=case.org,
        id=case.id,
        workflow=case.workflow,
        definition_version=case.definition_version,
        digest=case.digest,
        number=case.number,
        client_ref=case.client_ref,
        state=case.configuration[0].split(".", 1)[0],
        configuration=orjson.dumps(case.configuration).decode(),
        outcome=case.outcome,
        version=case.version,
        seq=case.seq,
        head=case.head,
        opened_at=case.opened_at,
        opened_by=case.opened_by,
        updated_at=case.updated_at,
        ended_at=case.ended_at,
        snapshot=orjson.dumps(case.snapshot).decode(),
    )


def to_case(row: CaseRecord) -> Case:
    """Give the case of a row."""
    return Case(
        org=row.org,
        id=row.id,
        workflow=row.workflow,
        definition_version=row.definition_version,
        digest=row.digest,
        configuration=tuple(orjson.loads(row.configuration)),
        snapshot=orjson.loads(row.snapshot),
        version=row.version,
        seq=row.seq,
        head=row.head,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        updated_at=row.updated_at,
        number=row.number,
        client_ref=row.client_ref,
        outcome=row.outcome,
        ended_at=row.ended_at,
    )


def event_record(decision: Decision, case: Case, body: str, digest: str) -> EventRecord:
    """Give the row of an event; its columns only make it findable, the body is what counts."""
    return EventRecord(
        org=case.org,
        case_id=case.id,
        seq=case.seq,
        kind=decision.kind,
        workflow=case.workflow,
        action=decision.action,
        actor=decision.actor_id,
        role=decision.role,
        occurred_at=decision.occurred_at,
        recorded_at=decision.recorded_at,
        body=body,
        hash=digest,
    )


def deadline_record(case: Case, definition: ProcessDefinition, change: DeadlineChange) -> DeadlineRecord:
    """Give the row of a deadline; the sweep reads ``next_at``. Of one that a migration ends only its full name is left.

    For a timer nobody is late, so its row has no due instant.
    """
    ledger, deadline = change.ledger, definition.deadlines.get(change.name)
    return DeadlineRecord(
        org=case.org,
        case_id=case.id,
        n=change.n,
        workflow=case.workflow,
        name=change.name,
        state=deadline.state if deadline is not None else change.name.rpartition(".")[0],
        status=ledger["status"],
        due_at=None if deadline is not None and deadline.timer else ledger["due"],
        next_at=change.next_at,
        next_rung=change.next_rung,
        provisional=ledger["provisional"],
        calendar=ledger["calendar"],
        ledger=orjson.dumps(ledger).decode(),
    )


def message_record(case: Case, number: int, sent: Message, now: Instant) -> MessageRecord:
    """Give the row of a message that waits for its receiver. What a trial sends to another body goes to that one's sandbox."""
    body, to_org = orjson.dumps(sent.body).decode(), seen_from(case.org, sent.to_org)
    return MessageRecord(case.org, case.id, case.seq, number, to_org, sent.to_case, sent.kind, body, now)


def task_record(case: Case, n: int, task: Mapping[str, Any]) -> TaskRecord:
    """Give the row of a task."""
    return TaskRecord(
        org=case.org,
        role=task["role"],
        case_id=case.id,
        n=n,
        workflow=case.workflow,
        kind=task["kind"],
        unit=task.get("unit"),
        person=task.get("person"),
        state=task["state"],
        deadline=task.get("deadline"),
        opened_at=task["opened_at"],
    )
