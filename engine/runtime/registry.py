"""The published definitions, each compiled once and kept by its digest.

A version never changes once it is published, so what is compiled stays right for ever. Which version is the newest is asked
of the database again after a short while, because another node may have published.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from engine.clock import Instant, stopwatch
from engine.core.compiled import Process, compile_process
from engine.definition.calendars import Calendar
from engine.definition.loader import load, load_one, only_definition
from engine.definition.process import ProcessDefinition
from engine.errors import DefinitionRefused, NotFound, Problem, VersionPublished
from engine.proof.lint import lint_loaded
from engine.runtime.lane import Lane
from engine.runtime.people import Principal
from engine.store import definitions
from engine.store.records import DefinitionRecord
from engine.store.store import Store

NEWEST_FOR_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing answers. ``new``: False when exactly this version was there already."""

    workflow: str
    version: int
    digest: str
    new: bool
    problems: tuple[Problem, ...]  # warnings


class Registry:
    """Gives compiled processes; publishes definitions that lint finds no error in."""

    def __init__(self, store: Store, lane: Lane, calendars: Mapping[str, Calendar]) -> None:
        self.calendars = calendars
        self._store, self._lane = store, lane
        self._compiled: dict[str, Process] = {}
        self._newest: dict[tuple[str, str], tuple[float, int, str]] = {}
        self._lock = threading.Lock()

    def process(self, org: str, workflow: str, version: int, digest: str) -> Process:
        """Give the compiled process of a case. Raises NotFound when its definition is gone from the database."""
        found = self._compiled.get(digest)
        return found if found is not None else self._load(org, workflow, version)

    def published(self, org: str, workflow: str, version: int | None = None) -> Process:
        """Give a published version, the newest by default. Raises NotFound."""
        if version is not None:
            return self._load(org, workflow, version)
        kept = self._newest.get((org, workflow))
        if kept is None or stopwatch() - kept[0] > NEWEST_FOR_SECONDS:
            kept = self._look_up_newest(org, workflow)
        return self.process(org, workflow, kept[1], kept[2])

    def preload(self, org: str) -> None:
        """Compile the newest version of each workflow, so that nobody's first request waits for it."""
        with self._store.read() as reader:
            workflows = {row.workflow for row in definitions.list_definitions(reader, org)}
        for workflow in sorted(workflows):
            self.published(org, workflow)

    def publish(self, principal: Principal, text: str | bytes, file: str, now: Instant, *, dry_run: bool = False) -> Published:
        """Publish a definition. Needs the right `publish`; raises DefinitionRefused with every problem, or VersionPublished."""
        principal.demand("publish")
        loaded = load(text, file, calendars=self.calendars)
        problems = lint_loaded(loaded)
        if any(problem.severity == "error" for problem in problems):
            raise DefinitionRefused(problems)
        definition = only_definition(loaded, file)
        published = Published(definition.workflow, definition.version, definition.digest, True, tuple(problems))
        with self._store.read() as reader:
            earlier = definitions.get_definition(reader, principal.org, definition.workflow, definition.version)
        if earlier is not None:
            if earlier.digest != definition.digest:
                raise VersionPublished(
                    f"{definition.workflow} version {definition.version} is published already with another content; "
                    f"give the changed process a new `version:`."
                )
            return Published(definition.workflow, definition.version, definition.digest, False, tuple(problems))
        if not dry_run:
            self._insert(principal, definition, now)
        return published

    def _insert(self, principal: Principal, definition: ProcessDefinition, now: Instant) -> None:
        row = DefinitionRecord(
            org=principal.org,
            workflow=definition.workflow,
            version=definition.version,
            digest=definition.digest,
            title=orjson.dumps(dict(definition.title)).decode(),
            source=definition.source,
            published_at=now,
            published_by=principal.id,
        )
        self._lane.write(lambda batch, _: batch.add(row))
        self._newest.pop((principal.org, definition.workflow), None)

    def _look_up_newest(self, org: str, workflow: str) -> tuple[float, int, str]:
        with self._store.read() as reader:
            row = definitions.newest_definition(reader, org, workflow)
            if row is None:
                known: Iterable[str] = {each.workflow for each in definitions.list_definitions(reader, org)}
                raise NotFound("workflow", workflow, known)
        kept = (stopwatch(), row.version, row.digest)
        self._newest[org, workflow] = kept
        return kept

    def _load(self, org: str, workflow: str, version: int) -> Process:
        with self._store.read() as reader:
            row = definitions.get_definition(reader, org, workflow, version)
        if row is None:
            raise NotFound("workflow version", f"{workflow} {version}")
        return self._compile(row)

    def _compile(self, row: DefinitionRecord) -> Process:
        with self._lock:
            found = self._compiled.get(row.digest)
            if found is None:
                definition = load_one(row.source, f"{row.workflow} version {row.version}", calendars=self.calendars)
                found = self._compiled[row.digest] = compile_process(definition, self.calendars[definition.calendar])
        return found
