"""The body as a decision sees it: read on the connection of the batch that records the decision, and only when it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson

from engine.clock import rfc3339
from engine.core.world import Holder, Row
from engine.store.access import people_of
from engine.store.cases import select_cases
from engine.store.records import CaseRecord
from engine.store.writer import Batch


class Body:
    """One organisation during one batch. Implements `engine.core.world.World`."""

    __slots__ = ("_batch", "_holders", "_org")

    def __init__(self, batch: Batch, org: str) -> None:
        self._batch, self._org = batch, org
        self._holders: dict[str, list[Holder]] | None = None

    def holders(self, role: str) -> Sequence[Holder]:
        """List those who may act now and hold a role, by their ids."""
        if self._holders is None:
            self._holders = {}
            for person, roles, unit in self._batch.execute(people_of(self._org)):
                for each in orjson.loads(roles):
                    self._holders.setdefault(each, []).append(Holder(person, unit))
        return self._holders.get(role, ())

    def cases(self, workflow: str, ids: Sequence[str] | None = None) -> Iterator[Row]:
        """Give the cases of a workflow that have not ended, or those with these ids, by their ids."""
        for row in self._batch.execute(select_cases(self._org, workflow, ids)):
            yield case_row(CaseRecord._make(row))


def case_row(case: CaseRecord) -> Row:
    """Give a case as an expression sees it that ranges over cases of this body."""
    return {
        "id": case.id,
        "number": case.number or "",
        "key": "",
        "organisation": case.org,
        "opened_at": rfc3339(case.opened_at),
        "state": case.state,
        "outcome": case.outcome or "",
        "done": case.ended_at is not None,
        "data": orjson.loads(case.snapshot).get("data", {}),
        "configuration": orjson.loads(case.configuration),
    }
