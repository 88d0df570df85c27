"""Takings of acts and entries of attendances, over the cases of this body, as they were then: what a query with `over` ranges over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from engine.core.case import EMPTY, fold
from engine.core.world import Row
from engine.definition.queries import ATTENDANCE, Query
from engine.runtime.rebuilding import whole_body
from engine.store.case_index import select_findable
from engine.store.reader import Source
from engine.store.records import CaseRecord
from engine.store.tables import case_event
from engine.store.trail import select_events, stored_event

ACTING = frozenset({"open", "act", "rung", "message"})


def takings(source: Source, org: str, query: Query, equal: Mapping[str, Any]) -> Iterator[Row]:
    """Give the takings of an act, or the entries of an attendance, case by case in the order of their opening.

    ``equal``: what the index finds the cases by; without it all cases of the workflow are looked at.
    """
    for workflow in query.sources:
        for found in source.execute(select_findable(org, workflow, equal)):
            case = CaseRecord._make(found)
            snapshot = orjson.loads(case.snapshot)
            if query.kind == ATTENDANCE:
                data = snapshot.get("data", {})
                yield from ({**entry, "case": case_facts(case), "data": data} for entry in data.get(query.over, ()))
            elif any(query.over in {act, act.rpartition(".")[2]} for act in snapshot.get("acts", {})):
                yield from taken_in(source, case, query.over)


def taken_in(source: Source, case: CaseRecord, act: str) -> Iterator[Row]:
    """Give the takings of an act in one case, each with the data as they were after it."""
    statement = select_events(case.org).where(case_event.c.case_id == case.id).order_by(case_event.c.seq)
    snapshot: Mapping[str, Mapping[str, Any]] = EMPTY
    for row in source.execute(statement):
        event = whole_body(stored_event(row))
        snapshot = fold(snapshot, event.get("delta", EMPTY))
        if event["kind"] in ACTING and took(event, act):
            yield {"case": case_facts(case), "at": event["occurred_at"], "actor": event["actor"], "data": snapshot.get("data", EMPTY)}


def took(event: Mapping[str, Any], act: str) -> bool:
    """Say whether an event took an act, which is named alone or after its state."""
    state, _, name = act.rpartition(".")
    branches = (branch for step in event.get("steps", ()) for branch in step["taken"])
    return any(branch.startswith(f"{state}/act:{name}#") if state else f"/act:{name}#" in branch for branch in branches)


def case_facts(case: CaseRecord) -> dict[str, Any]:
    """Give what is known of the case that something happened in."""
    return {
        "id": case.id,
        "number": case.number or "",
        "organisation": case.org,
        "state": case.state,
        "outcome": case.outcome or "",
        "done": case.ended_at is not None,
    }
