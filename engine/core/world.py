"""What a decision may ask of the body beyond the case itself: who holds a role, rows of a registry, other cases of this body.

The core stays pure: whoever calls it says how the body stands at this moment, and what was used is kept in the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from engine.clock import rfc3339
from engine.core.case import EMPTY, Case
from engine.definition.queries import Query

Row = Mapping[str, Any]
"""Another case, or a row of a registry, as an expression sees it."""


class Holder(NamedTuple):
    """A person who holds a role, and the unit that person acts for."""

    person: str
    unit: str | None = None


class World(Protocol):
    """The body as it stands at the moment of a command."""

    def holders(self, role: str) -> Sequence[Holder]:
        """List those who hold a role now, by their ids."""
        ...

    def cases(self, workflow: str, ids: Sequence[str] | None = None) -> Iterable[Row]:
        """Give the cases of a workflow that have not ended, or those with these ids, as rows with their ``configuration``."""
        ...

    def ranged(self, query: Query, equal: Mapping[str, Any]) -> Iterable[Row]:
        """Give what a query ranges over, in a fixed order: at least all rows whose fields have the values of ``equal``."""
        ...

    def referred(self, target: str, key: str) -> Row | None:
        """Give what a ref points to: the row of a registry, or a case with its data among its facts; None where there is none."""
        ...


class Nowhere:
    """A body in which nobody holds anything; for decisions that ask nothing of it."""

    def holders(self, role: str) -> Sequence[Holder]:  # noqa: ARG002  the answer is the same for every role
        """Give nobody."""
        return ()

    def cases(self, workflow: str, ids: Sequence[str] | None = None) -> Iterable[Row]:  # noqa: ARG002  as above
        """Give no case."""
        return ()

    def ranged(self, query: Query, equal: Mapping[str, Any]) -> Iterable[Row]:  # noqa: ARG002  as above
        """Give no row."""
        return ()

    def referred(self, target: str, key: str) -> Row | None:  # noqa: ARG002  as above
        """Give nothing."""
        return None


NOWHERE: World = Nowhere()


class Witness:
    """A world that remembers what of it was used, for the event. What was looked up once in a command does not change within it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.seen: dict[str, Row] = {}

    def holders(self, role: str) -> Sequence[Holder]:
        """Pass on who holds a role."""
        return self._world.holders(role)

    def cases(self, workflow: str, ids: Sequence[str] | None = None) -> Iterable[Row]:
        """Pass on the cases of a workflow."""
        return self._world.cases(workflow, ids)

    def ranged(self, query: Query, equal: Mapping[str, Any]) -> Iterable[Row]:
        """Pass on what a query ranges over; its answer stands in the case."""
        return self._world.ranged(query, equal)

    def referred(self, target: str, key: str) -> Row | None:
        """Give what a ref points to, and remember it."""
        name = f"{target}:{key}"
        if name not in self.seen:
            self.seen[name] = self._world.referred(target, key) or {}
        return self.seen[name] or None


def case_row(case: Case) -> dict[str, Any]:
    """Give a case as an expression sees it that ranges over cases of this body."""
    acts = case.snapshot.get("acts", EMPTY)
    return {
        "id": case.id,
        "number": case.number or "",
        "key": "",
        "organisation": case.org,
        "opened_at": rfc3339(case.opened_at),
        "state": case.configuration[0].split(".", 1)[0],
        "outcome": case.outcome or "",
        "done": case.has_ended,
        "taken": sorted({name for act in acts for name in (act, act.rpartition(".")[2])}),
        "data": case.data,
        "configuration": list(case.configuration),
    }
