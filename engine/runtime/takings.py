"""Takings of acts and entries of attendances, over the cases of this body, as they were then: what a query with `over` ranges over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
AT_ONCE = 100
FIRST = 1


def takings(source: Source, org: str, query: Query, equal: Mapping[str, Any]) -> Iterator[Row]:
    """Give the takings of an act, or the entries of an attendance, case by case in the order of their opening.

    ``equal``: what the index finds the cases by; without it all cases of the workflow are looked at.
    """
    for workflow in query.sources:
        found = [CaseRecord._make(each) for each in source.execute(select_findable(org, workflow, equal))]
        if query.kind == ATTENDANCE:
            yield from (entry for case in found for entry in entries_of(case, query.over))
        else:
            yield from taken_in(source, org, [case for case in found if has_taken(case, query.over)], query.over)


def entries_of(case: CaseRecord, attendance: str) -> Iterator[Row]:
    """Give the entries of an attendance of a case."""
    data = orjson.loads(case.snapshot).get("data", {})
    return ({**entry, "case": case_facts(case), "data": data} for entry in data.get(attendance, ()))


def has_taken(case: CaseRecord, act: str) -> bool:
    """Say whether a case ever took an act."""
    return any(act in {each, each.rpartition(".")[2]} for each in orjson.loads(case.snapshot).get("acts", {}))


def taken_in(source: Source, org: str, cases: Sequence[CaseRecord], act: str) -> Iterator[Row]:
    """Give the takings of an act in some cases, each with the data as they were after it."""
    for start in range(0, len(cases), AT_ONCE):
        facts = {case.id: case_facts(case) for case in cases[start : start + AT_ONCE]}
        statement = select_events(org).where(case_event.c.case_id.in_([*facts])).order_by(case_event.c.case_id, case_event.c.seq)
        snapshot: Mapping[str, Mapping[str, Any]] = EMPTY
        for row in source.execute(statement):
            stored = stored_event(row)
            event = whole_body(stored)
            snapshot = fold(EMPTY if stored.event.seq == FIRST else snapshot, event.get("delta", EMPTY))
            if event["kind"] in ACTING and took(event, act):
                yield {
                    "case": facts[stored.event.case_id],
                    "at": event["occurred_at"],
                    "actor": event["actor"],
                    "data": snapshot.get("data", EMPTY),
                }


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
