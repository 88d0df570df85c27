"""The body as a decision sees it: read on the connection of the batch that records the decision, and only when it is asked."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from engine.core.world import Holder
from engine.store.access import people_of
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
