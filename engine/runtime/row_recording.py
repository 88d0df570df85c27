"""The one place that turns what was decided on a row into stored rows: its event in the trail, the row itself, and the index.

The history of a row is its events: chained by their hashes, with commitments in place of free text, sealed into the log like any other.
"""

from __future__ import annotations

from typing import Any

import orjson

from engine.clock import rfc3339
from engine.core.case import Actor
from engine.core.chain import ALGORITHM, FORM, canonical, event_hash
from engine.core.rows import Row, RowDecision
from engine.definition.registry import RegistryDefinition
from engine.runtime.recording import Salted
from engine.store.records import EventRecord, PayloadRecord, RegistryIndexRecord, RegistryRowRecord
from engine.store.writer import Batch

KIND = "registry"
"""The kind of the events of rows."""


def record_row(batch: Batch, definition: RegistryDefinition, decision: RowDecision, actor: Actor) -> Row:
    """Put everything that follows from a decision into the batch; give the row as it will be stored."""
    salted = Salted()
    body = canonical(event_body(definition, decision, actor, salted))
    row = decision.row._replace(head=event_hash(body))
    batch.add(
        EventRecord(
            org=row.org,
            case_id=row.id,
            seq=row.version,
            kind=KIND,
            workflow=row.registry,
            action=decision.action,
            actor=actor.id,
            role=decision.role,
            occurred_at=row.updated_at,
            recorded_at=row.updated_at,
            body=body.decode(),
            hash=row.head,
        )
    )
    if salted.payload:
        batch.add(PayloadRecord(row.org, row.id, row.version, orjson.dumps(salted.payload).decode()))
    # A new one is inserted, so that of two who add the same key the second one is told.
    if decision.before is None:
        batch.add(to_row_record(row))
    else:
        batch.put(to_row_record(row))
    reindex(batch, row, entries(definition, decision.before), entries(definition, row))
    return row


def event_body(definition: RegistryDefinition, decision: RowDecision, actor: Actor, salted: Salted) -> dict[str, Any]:
    """Give the event as it is hashed. What is empty is left out; the form is fixed by `engine.core.chain`."""
    row = decision.row
    body: dict[str, Any] = {
        "alg": ALGORITHM,
        "v": FORM,
        "org": row.org,
        "kind": KIND,
        "registry": row.registry,
        "key": row.key,
        "row": row.id,
        "definition": row.definition,
        "digest": definition.digest,
        "seq": row.version,
        "version": row.version,
        "action": decision.action,
        "actor": {"id": actor.id, "role": decision.role, **({"unit": actor.unit} if actor.unit else {})},
        "occurred_at": rfc3339(row.updated_at),
        "recorded_at": rfc3339(row.updated_at),
        "prev": row.head,
    }
    if decision.delta:
        body["delta"] = {
            name: salted.commit(f"/delta/{name}", value) if name in definition.committed and value is not None else value
            for name, value in decision.delta.items()
        }
    if decision.reason:
        body["reason"] = salted.commit("/reason", decision.reason)
    return body


def entries(definition: RegistryDefinition, row: Row | None) -> frozenset[tuple[str, str]]:
    """Give by which values a row is found: none where it is not there, or retired."""
    if row is None or row.retired_at is not None:
        return frozenset()
    return definition.index_entries(row.key, row.values)


def reindex(batch: Batch, row: Row, before: frozenset[tuple[str, str]], after: frozenset[tuple[str, str]]) -> None:
    """Write by which values a row is found now."""
    for field, value in sorted(after - before):
        batch.add(RegistryIndexRecord(row.org, row.registry, field, value, row.key))
    for field, value in sorted(before - after):
        batch.remove(RegistryIndexRecord, row.org, row.registry, field, value, row.key)


def to_row_record(row: Row) -> RegistryRowRecord:
    """Give the stored form of a row."""
    return RegistryRowRecord(
        org=row.org,
        name=row.registry,
        key=row.key,
        id=row.id,
        version=row.version,
        head=row.head,
        definition_version=row.definition,
        body=canonical(row.values).decode(),
        added_at=row.added_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        retired_at=row.retired_at,
    )


def to_row(record: RegistryRowRecord) -> Row:
    """Give the row that is stored."""
    return Row(
        org=record.org,
        registry=record.name,
        key=record.key,
        id=record.id,
        version=record.version,
        head=record.head,
        definition=record.definition_version,
        values=orjson.loads(record.body),
        added_at=record.added_at,
        updated_at=record.updated_at,
        updated_by=record.updated_by,
        retired_at=record.retired_at,
    )
