"""Doing again what happened to the cases of a workflow, under another version, published or not. Records nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.clock import Instant, rfc3339
from engine.core.bridge import Bridge, bridge
from engine.core.compiled import Process, compile_process
from engine.definition.process import ProcessDefinition
from engine.errors import InvalidInput, Violation
from engine.proof.replay import Divergence, replay, tally
from engine.runtime.application import Application
from engine.runtime.people import Principal
from engine.runtime.rebuilding import whole_body
from engine.runtime.views import refusal_views
from engine.store.reader import Page, pages
from engine.store.records import CaseRecord
from engine.store.trail import trail
from engine.store.versions import cases_opened_since

Json = dict[str, Any]
PAGE = 200


class Replaying:
    """Replays the trails of cases against a definition. Needs the right `publish`; blocks."""

    def __init__(self, application: Application, definition: ProcessDefinition) -> None:
        self._application = application
        self._new = compile_process(definition, application.calendars[definition.calendar])
        self._bridges: dict[str, Bridge] = {}

    def replay(
        self, principal: Principal, workflow: str, since: Instant, language: str, progress: Callable[[int], None] | None = None
    ) -> Json:
        """Replay every case opened at an instant or later. Raises NotFound for an unknown workflow, InvalidInput for another one's file."""
        principal.demand("publish")
        self._application.registry.published(principal.org, workflow)
        if self._new.definition.workflow != workflow:
            said = f"expected a version of {workflow!r}, got one of {self._new.definition.workflow!r}"
            raise InvalidInput([Violation("/against", "wrong_value", said)])
        found: list[tuple[CaseRecord, tuple[Divergence, ...]]] = []

        def page(after: str | None) -> Page[CaseRecord]:
            with self._application.store.read() as reader:
                return cases_opened_since(reader, principal.org, workflow, since, cursor=after, limit=PAGE)

        for rows in pages(page):
            found += [(row, self._divergences(row)) for row in rows]
            if progress is not None:
                progress(len(rows))
        different = [(row, divergences) for row, divergences in found if divergences]
        return {
            "workflow": workflow,
            "against": self._new.definition.version,
            "cases": len(found),
            "counts": tally(divergences for _, divergences in found),
            "different": [
                {"case": row.id, "number": row.number, "divergences": [divergence_view(each, language) for each in divergences]}
                for row, divergences in different
            ],
        }

    def _divergences(self, row: CaseRecord) -> tuple[Divergence, ...]:
        bodies = [whole_body(stored) for stored in trail(self._application.store, row.org, row.id)]
        first = bodies[0]
        if first["digest"] not in self._bridges:
            old: Process = self._application.registry.process(row.org, row.workflow, first["definition"], first["digest"])
            self._bridges[first["digest"]] = bridge(old, self._new)
        return replay(self._bridges[first["digest"]], bodies)


def divergence_view(found: Divergence, language: str) -> Json:
    """Give one difference."""
    return {
        "kind": found.kind,
        "seq": found.seq,
        "at": rfc3339(found.at),
        "action": found.action,
        "then": found.then,
        "now": found.now,
        "refusals": refusal_views(found.refusals, language),
    }
