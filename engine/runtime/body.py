"""The body as a decision sees it: read on the connection of the batch that records the decision, and only when it is asked.

Who only looks has no batch; each question is then asked on a reader of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from engine.clock import Instant
from engine.core.world import Holder, Row, case_row
from engine.definition import queries
from engine.definition.queries import Query
from engine.runtime.recording import to_case
from engine.runtime.registries import Registries
from engine.runtime.takings import takings
from engine.store.access import people_of
from engine.store.case_index import select_findable
from engine.store.cases import select_cases
from engine.store.reader import Source
from engine.store.records import CaseRecord
from engine.store.registry_rows import row, rows
from engine.store.store import Store


class Body:
    """One organisation during one batch, or one look. Implements `engine.core.world.World`."""

    __slots__ = ("_holders", "_now", "_org", "_ranged", "_registries", "_source")

    def __init__(self, source: Source, org: str, registries: Registries, now: Instant) -> None:
        self._source, self._org, self._registries, self._now = source, org, registries, now
        self._holders: dict[str, list[Holder]] | None = None
        self._ranged: dict[Any, list[Row]] = {}  # what was ranged over: several queries ask the same, and each is asked again and again

    def holders(self, role: str) -> Sequence[Holder]:
        """List those who may act now and hold a role, by their ids."""
        if self._holders is None:
            self._holders = {}
            for person, roles, unit in self._source.execute(people_of(self._org)):
                for each in orjson.loads(roles):
                    self._holders.setdefault(each, []).append(Holder(person, unit))
        return self._holders.get(role, ())

    def cases(self, workflow: str, ids: Sequence[str] | None = None) -> Iterator[Row]:
        """Give the cases of a workflow that have not ended, or those with these ids, by their ids."""
        for found in self._source.execute(select_cases(self._org, workflow, ids)):
            yield case_row(to_case(CaseRecord._make(found)))

    def ranged(self, query: Query, equal: Mapping[str, Any]) -> Iterable[Row]:
        """Give what a query ranges over; an index narrows it down where there is one."""
        key = query.kind, query.sources, query.over, frozenset(equal.items())
        if key not in self._ranged:
            self._ranged[key] = list(self._all_of(query, equal))
        return self._ranged[key]

    def _all_of(self, query: Query, equal: Mapping[str, Any]) -> Iterator[Row]:
        match query.kind:
            case queries.ROWS:
                definition = self._registries.in_force(self._source, self._org, query.sources[0]).definition
                yield from rows(self._source, definition, self._org, equal, self._now)
            case queries.CASES:
                for workflow in query.sources:
                    for found in self._source.execute(select_findable(self._org, workflow, equal)):
                        yield case_row(to_case(CaseRecord._make(found)))
            case _:
                yield from takings(self._source, self._org, query, equal)

    def referred(self, target: str, key: str) -> Row | None:
        """Give what a ref points to: the row of a registry that is not retired, or a case of that workflow with its data."""
        kept = self._registries.found(self._source, self._org, target)
        if kept is not None:
            return row(self._source, kept.definition, self._org, key, self._now)
        found = next(iter(self._source.execute(select_cases(self._org, target, [key]))), None)
        if found is None:
            return None
        facts = case_row(to_case(CaseRecord._make(found)))
        return {**facts["data"], "id": facts["id"], **{name: facts[name] for name in ("state", "outcome", "done")}}


class Looking:
    """The database for who only looks: a reader for each question. Implements `engine.store.reader.Source`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def execute(self, statement: Any, /) -> list[Any]:
        """Execute a Core statement on a reader and give its rows."""
        with self._store.read() as reader:
            return list(reader.execute(statement))
