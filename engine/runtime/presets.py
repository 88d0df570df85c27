"""The presets of a body: what it has chosen for the settings of a workflow, and with what a new case therefore opens.

Taking a preset is publishing its file: it is in force at once, for cases that open from then on; a case keeps the settings it opened with.
The next preset of the same workflow takes its place as a whole, and one without settings brings the defaults back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from engine.clock import Instant, stopwatch
from engine.core.case import EMPTY
from engine.core.compiled import Process
from engine.definition.loader import Loaded, LoadedDocument
from engine.definition.presets import PresetDefinition, fitting, misfits
from engine.definition.process import ProcessDefinition
from engine.errors import Problem
from engine.runtime.people import Principal
from engine.store.presets import preset_in_force
from engine.store.records import PresetRecord
from engine.store.store import Store
from engine.store.writer import Batch

KNOWN_FOR_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class PublishedPreset:
    """What taking one preset answers. ``new``: False when just this text was in force already."""

    preset: str
    workflow: str
    version: int
    digest: str
    new: bool
    problems: tuple[Problem, ...]  # warnings


class Presets:
    """Gives the settings new cases open with; takes presets. Safe to share between threads.

    What is in force is asked of the database again after a short while, because another node may have taken another one.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], tuple[float, PresetRecord | None, Mapping[str, Any]]] = {}

    def settings(self, org: str, process: Process) -> Mapping[str, Any]:
        """Give what a body has chosen for the settings of a process; the rest has the defaults.

        Of a preset that was made for another version, only what this one knows and accepts.
        """
        if not process.settings:
            return EMPTY
        values = self._in_force(org, process.definition.workflow)[1]
        return fitting(process.definition.settings, values) if values else EMPTY

    def in_force(self, org: str, workflow: str) -> PresetRecord | None:
        """Give the preset a body has taken for a workflow."""
        return self._in_force(org, workflow)[0]

    def tried(self, org: str, documents: Iterable[LoadedDocument], warnings: Sequence[Problem]) -> tuple[PublishedPreset, ...]:
        """Say what taking presets would do."""
        return tuple(self._prepared(org, documents, warnings))

    def write(self, batch: Batch, principal: Principal, documents: Iterable[LoadedDocument], now: Instant) -> None:
        """Take presets within a batch. Of two who take one for the same workflow at once the second is told: raises ConcurrentWrite."""
        documents = list(documents)
        for document, done in zip(documents, self._prepared(principal.org, documents, ()), strict=True):
            if document.preset is not None and done.new:
                batch.add(new_row(principal, document.preset, done.version, now))

    def forget(self, org: str, workflows: Iterable[str]) -> None:
        """Ask the database anew about some workflows: something was taken."""
        for workflow in workflows:
            self._known.pop((org, workflow), None)

    def misfits(self, org: str, loaded: Sequence[Loaded]) -> Iterator[Problem]:
        """Find workflows that the preset in force does not fit, unless another one is taken with them."""
        coming = {preset.workflow for each in loaded for preset in each.presets}
        for document in (part for each in loaded for part in each.documents):
            definition = document.definition
            if definition is not None and definition.workflow not in coming:
                yield from self._unfit(org, document, definition)

    def _unfit(self, org: str, document: LoadedDocument, definition: ProcessDefinition) -> Iterator[Problem]:
        taken, values = self._in_force(org, definition.workflow)
        if taken is None:
            return
        for name, reason in misfits(definition.settings, values):
            message = f"`{name}` of the preset in force, `{taken.preset}`: {reason}. Publish a preset that fits with this version"
            yield document.document.problem("preset.does_not_fit", message, ("settings", name))

    def _prepared(self, org: str, documents: Iterable[LoadedDocument], warnings: Sequence[Problem]) -> Iterator[PublishedPreset]:
        for document in documents:
            preset = document.preset
            if preset is not None:
                with self._store.read() as reader:
                    before = preset_in_force(reader, org, preset.workflow)
                new = before is None or before.digest != preset.digest
                own = tuple(problem for problem in warnings if problem.file == document.document.file)
                version = (before.version if before else 0) + new
                yield PublishedPreset(preset.preset, preset.workflow, version, preset.digest, new, own)

    def _in_force(self, org: str, workflow: str) -> tuple[PresetRecord | None, Mapping[str, Any]]:
        kept = self._known.get((org, workflow))
        if kept is None or stopwatch() - kept[0] > KNOWN_FOR_SECONDS:
            looked_at = stopwatch()
            with self._store.read() as reader:
                row = preset_in_force(reader, org, workflow)
            kept = self._known[org, workflow] = looked_at, row, EMPTY if row is None else orjson.loads(row.settings)
        return kept[1:]


def taken_twice(documents: Iterable[LoadedDocument]) -> Iterator[Problem]:
    """Find a second preset for one workflow: a body has one."""
    seen: dict[str, str] = {}
    for document in documents:
        preset = document.preset
        if preset is not None:
            if preset.workflow in seen:
                message = (
                    f"`{seen[preset.workflow]}` is published for `{preset.workflow}` at the same time: a body has one preset of a workflow"
                )
                yield document.document.problem("preset.twice", message, ("workflow",))
            seen[preset.workflow] = preset.preset


def new_row(principal: Principal, preset: PresetDefinition, version: int, now: Instant) -> PresetRecord:
    """Give the row of a preset that is taken."""
    return PresetRecord(
        org=principal.org,
        workflow=preset.workflow,
        version=version,
        preset=preset.preset,
        digest=preset.digest,
        title=orjson.dumps(dict(preset.title)).decode(),
        settings=orjson.dumps(preset.settings, option=orjson.OPT_SORT_KEYS).decode(),
        source=preset.source,
        published_at=now,
        published_by=principal.id,
    )
