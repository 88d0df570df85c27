"""RowService: the one door through which every row of a registry changes.

Like a case's command, each change is decided purely on the lane and recorded in one commit; the answer is given after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from engine.clock import Instant
from engine.core.case import EMPTY
from engine.core.chain import GENESIS
from engine.core.decision import Refused
from engine.core.rows import Action, NewRow, Row, RowCommand, RowDecision, decide, key_given
from engine.definition.registry import RegistryDefinition
from engine.errors import CommandRefused, NotFound, StaleVersion
from engine.runtime.answers import Answer, RequestKey, once
from engine.runtime.lane import Lane, Pending
from engine.runtime.people import Principal
from engine.runtime.registries import Kept, Registries, lock_of
from engine.runtime.row_recording import record_row, to_row
from engine.runtime.row_views import may_look, row_view
from engine.runtime.service import new_id
from engine.store.registry_rows import get_row
from engine.store.writer import Batch


class RowService:
    """Adds, changes, corrects, retires and restores rows. Safe to share between threads; the lane orders what happens."""

    def __init__(self, lane: Lane, registries: Registries) -> None:
        self._lane, self._registries = lane, registries

    def add(
        self,
        principal: Principal,
        registry: str,
        values: Mapping[str, Any],
        *,
        reason: str | None = None,
        key: RequestKey | None = None,
    ) -> Pending:
        """Add a row. Answers 201 with the row.

        Raises (when awaited) NotFound for an unknown registry and CommandRefused with every reason.
        """
        command = RowCommand(principal.actor, "add", values, reason)

        def run(batch: Batch, now: Instant) -> Answer:
            kept = held(self._registries, batch, principal, registry)
            named = key_given(kept.definition, values)
            there = None if named is None else get_row(batch, principal.org, registry, named)
            before = NewRow(principal.org, new_id(now), GENESIS) if there is None else to_row(there)
            row = self._record(batch, kept, before, command, now)
            return answered(kept.definition, row, principal, now, status=201)

        return self._lane.submit(once(key, run))

    def alter(
        self,
        principal: Principal,
        registry: str,
        row_key: str,
        action: Action,
        *,
        values: Mapping[str, Any] = EMPTY,
        reason: str | None = None,
        expected: int | None = None,
        key: RequestKey | None = None,
    ) -> Pending:
        """Change, correct, retire or restore a row. ``expected`` is the version that was seen; None: whatever it is now.

        Raises (when awaited) NotFound, StaleVersion and CommandRefused with every reason. A change to what is there already is
        answered with the row as it is; nothing is recorded.
        """
        command = RowCommand(principal.actor, action, values, reason)

        def run(batch: Batch, now: Instant) -> Answer:
            kept = held(self._registries, batch, principal, registry)
            found = get_row(batch, principal.org, registry, row_key)
            if found is None:
                raise NotFound("row", row_key)
            if expected is not None and expected != found.version:
                raise StaleVersion(expected, found.version)
            row = self._record(batch, kept, to_row(found), command, now)
            return answered(kept.definition, row, principal, now)

        return self._lane.submit(once(key, run))

    def _record(self, batch: Batch, kept: Kept, before: Row | NewRow, command: RowCommand, now: Instant) -> Row:
        decision = decided(kept, before, command, now)
        if decision.changes_nothing and isinstance(before, Row):
            return before
        return record_row(batch, kept.definition, decision, command.actor)


def held(registries: Registries, batch: Batch, principal: Principal, registry: str) -> Kept:
    """Give the definition in force, which then stands until the batch ends. Raises NotFound, also to who may not look at the registry."""
    if not may_look(principal, registries.in_force(batch, principal.org, registry).definition):
        raise NotFound("registry", registry)
    batch.hold_state(principal.org, lock_of(registry), "")
    return registries.in_force(batch, principal.org, registry)


def decided(kept: Kept, before: Row | NewRow, command: RowCommand, now: Instant) -> RowDecision:
    """Decide a command. Raises CommandRefused with every reason."""
    outcome = decide(kept.definition, kept.version, before, command, now)
    if isinstance(outcome, Refused):
        raise CommandRefused(outcome.refusals)
    return outcome


def answered(definition: RegistryDefinition, row: Row, principal: Principal, now: Instant, status: int = 200) -> Answer:
    """Answer with a row."""
    headers = {"ETag": f'"{row.version}"'}
    if status == 201:
        headers["Location"] = f"/v1/registries/{row.registry}/{quote(row.key, safe='')}"
    return Answer(status, headers, orjson.dumps(row_view(definition, row, principal, max(now, row.updated_at))))
