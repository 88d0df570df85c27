"""The rest of the body in a scenario or a simulation: the other cases, who holds which role, and the rows of registries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.clock import Instant, rfc3339
from engine.core.case import EMPTY, Case
from engine.core.compiled import Process
from engine.core.world import Holder, Row, case_row
from engine.definition.queries import ATTENDANCE, CASES, ROWS, Query
from engine.definition.registry import RegistryDefinition

NOBODY: Mapping[str, tuple[Holder, ...]] = {}
Others = Mapping[str, Case]
Kept = tuple[RegistryDefinition, Mapping[str, Mapping[str, Any]]]
"""A registry, and its rows by their keys."""


@dataclass(frozen=True, slots=True, eq=False)
class Town:
    """What does not change while a scenario is played. ``find`` gives the workflow of another case, None where there is none."""

    find: Callable[[str], Process | None]
    people: Mapping[str, tuple[Holder, ...]] = field(default_factory=dict)
    registries: Mapping[str, Kept] = field(default_factory=dict)


class TownWorld:
    """The body as it stands at one moment of a scenario. Implements `engine.core.world.World`.

    Of acts a case remembers how often and when they were last taken, not each taking: a query over an act sees the latest of each case.
    """

    def __init__(self, town: Town, cases: Mapping[str, Case], now: Instant) -> None:
        self._town, self._cases, self._now = town, cases, now

    def holders(self, role: str) -> Sequence[Holder]:
        """List those who hold a role."""
        return self._town.people.get(role, ())

    def cases(self, workflow: str, ids: Sequence[str] | None = None) -> Iterator[Row]:
        """Give the cases of a workflow that have not ended, or those with these ids."""
        for case in self._of(workflow):
            if case.id in ids if ids is not None else not case.has_ended:
                yield case_row(case)

    def referred(self, target: str, key: str) -> Row | None:
        """Give what a ref points to."""
        if target in self._town.registries:
            definition, rows = self._town.registries[target]
            return definition.complete(key, rows[key], self._now) if key in rows else None
        case = self._cases.get(key)
        if case is None or case.workflow != target:
            return None
        facts = case_row(case)
        return {**case.data, "id": case.id, **{name: facts[name] for name in ("state", "outcome", "done")}}

    def ranged(self, query: Query, equal: Mapping[str, Any]) -> Iterable[Row]:  # noqa: ARG002  few rows: all are looked at
        """Give what a query ranges over."""
        if query.kind == ROWS:
            definition, rows = self._town.registries.get(query.sources[0], (None, EMPTY))
            return [] if definition is None else [definition.complete(key, row, self._now) for key, row in sorted(rows.items())]
        found = [case for workflow in query.sources for case in self._of(workflow)]
        if query.kind == CASES:
            return [case_row(case) for case in found]
        if query.kind == ATTENDANCE:
            return [{**entry, "case": case_row(case), "data": case.data} for case in found for entry in case.data.get(query.over, ())]
        return [row for case in found for row in taken(case, query.over)]

    def _of(self, workflow: str) -> Iterator[Case]:
        return (case for case in self._cases.values() if case.workflow == workflow)


def taken(case: Case, act: str) -> Iterator[Row]:
    """Give the takings of an act that a case remembers: each counts, all at the instant of the latest."""
    for key, (times, latest) in case.snapshot.get("acts", EMPTY).items():
        if act in {key, key.rpartition(".")[2]}:
            for _ in range(times):
                yield {"case": case_row(case), "at": rfc3339(latest), "actor": {"id": ""}, "data": case.data}
