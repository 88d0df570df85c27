"""What lists ask of every published version, kept when the version itself, which is a hundred times as large, is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.clock import stopwatch
from engine.definition.process import Kind
from engine.runtime.registry import Registry
from engine.store.definitions import ListedVersion, list_versions
from engine.store.store import Store

KNOWN_FOR_SECONDS = 2.0


class Outline(NamedTuple):
    """A version's workflow, the roles it has, and its states by path, each with whether it is final."""

    workflow: str
    roles: frozenset[str]
    ends: Mapping[str, bool]


class Outlines:
    """Gives the outlines of an organisation. Safe to share between threads."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store, self._registry = store, registry
        self._published: dict[str, tuple[float, tuple[Outline, ...]]] = {}
        self._outlines: dict[str, Outline] = {}  # by digest

    def published(self, org: str) -> tuple[Outline, ...]:
        """Give those of all published versions of all workflows. Blocks."""
        kept = self._published.get(org)
        if kept is None or stopwatch() - kept[0] > KNOWN_FOR_SECONDS:
            with self._store.read() as reader:
                rows = list_versions(reader, org)
            kept = self._published[org] = (stopwatch(), tuple(self._outline(org, row) for row in rows))
        return kept[1]

    def _outline(self, org: str, row: ListedVersion) -> Outline:
        found = self._outlines.get(row.digest)
        if found is None:
            definition = self._registry.process(org, row.workflow, row.version, row.digest).definition
            ends = {path: state.kind is Kind.FINAL for path, state in definition.states.items()}
            found = self._outlines[row.digest] = Outline(row.workflow, frozenset(definition.roles), ends)
        return found
