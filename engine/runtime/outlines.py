"""What lists ask of every published version, read from its text: nothing is compiled for it, which takes thirty times as long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.clock import stopwatch
from engine.definition.loader import written
from engine.definition.model import Workflow
from engine.definition.process import Kind
from engine.definition.state_names import StateNames
from engine.store.definitions import get_definition, list_versions
from engine.store.store import Store

KNOWN_FOR_SECONDS = 2.0


class Outline(NamedTuple):
    """A version's workflow, the roles it has, and its states by path, each with whether it is final."""

    workflow: str
    roles: frozenset[str]
    ends: Mapping[str, bool]


class Outlines:
    """Gives the outlines of an organisation. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._published: dict[str, tuple[float, tuple[Outline, ...]]] = {}
        self._outlines: dict[str, Outline] = {}  # by digest

    def published(self, org: str) -> tuple[Outline, ...]:
        """Give those of all published versions of all workflows. Blocks."""
        kept = self._published.get(org)
        if kept is None or stopwatch() - kept[0] > KNOWN_FOR_SECONDS:
            with self._store.read() as reader:
                rows = list_versions(reader, org)
                for row in rows:
                    text = get_definition(reader, org, row.workflow, row.version) if row.digest not in self._outlines else None
                    if text is not None:
                        self._outlines[row.digest] = outline(text.source)
            kept = self._published[org] = (stopwatch(), tuple(self._outlines[row.digest] for row in rows))
        return kept[1]


def outline(source: str) -> Outline:
    """Read the outline of a workflow that was published, so that nothing is wrong with its text."""
    (shape,) = (shape for _, shape in written([(source, "")]) if isinstance(shape, Workflow))
    ends = {site.path: site.kind is Kind.FINAL for site in StateNames.of(shape)}
    return Outline(shape.workflow, frozenset(shape.roles), ends)
