"""A case from its events alone: how it stood at any time, and the proof that its row is only a projection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from engine.clock import parse_instant
from engine.core.case import EMPTY, Case, fold
from engine.runtime.views import put_back
from engine.store.trail import StoredEvent


def whole_body(stored: StoredEvent) -> dict[str, Any]:
    """Give the body of an event with everything it commits to back in its place, as far as it is kept."""
    body: dict[str, Any] = orjson.loads(stored.event.body)
    kept: Mapping[str, list[Any]] = orjson.loads(stored.payload) if stored.payload else {}
    for pointer, (_, value) in kept.items():
        put_back(body, pointer, value)
    return body


def rebuilt(events: Iterable[StoredEvent]) -> Case | None:
    """Fold the first events of a case, in order, into the case as it stood after them; None where there are none."""
    snapshot: Mapping[str, Mapping[str, Any]] = EMPTY
    opening: dict[str, Any] | None = None
    last: dict[str, Any] = {}
    number, head = None, ""
    for stored in events:
        last, head = whole_body(stored), stored.event.hash
        opening = opening or last
        snapshot = fold(snapshot, last.get("delta", EMPTY))
        number = last.get("number", number)
    if opening is None:
        return None
    return Case(
        org=last["org"],
        id=last["case"],
        workflow=last["workflow"],
        definition_version=last["definition"],
        digest=last["digest"],
        configuration=tuple(last["after"]),
        snapshot=snapshot,
        version=last["version"],
        seq=last["seq"],
        head=head,
        opened_at=parse_instant(opening["opened_at"]),
        opened_by=opening["opened_by"],
        updated_at=parse_instant(last["recorded_at"]),
        number=number,
        client_ref=opening.get("client_ref"),
        outcome=last.get("outcome"),
        ended_at=parse_instant(last["ended_at"]) if "ended_at" in last else None,
    )
