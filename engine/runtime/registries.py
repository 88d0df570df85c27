"""The registries of a body: their published definitions, each compiled once and kept by its digest.

A registry's file carries no version: publishing another text gives it the next one, which is in force at once. So that this can be relied
on, every row always fits the definition in force: a definition that a row does not fit is refused, and the index is brought up to date
in the commit that publishes it.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from engine.clock import Instant
from engine.definition.calendars import Calendar
from engine.definition.loader import LoadedDocument, load
from engine.definition.registry import RegistryDefinition
from engine.definition.source import Document
from engine.errors import DefinitionRefused, NotFound, Problem
from engine.runtime.people import Principal
from engine.runtime.row_recording import entries, reindex, to_row
from engine.store import definitions
from engine.store.reader import Source
from engine.store.records import RegistryDefinitionRecord, RegistryRowRecord
from engine.store.registry_rows import all_rows, get_registry_definition, index_of_rows, list_registries, registry_in_force
from engine.store.store import Store
from engine.store.writer import Batch

MOST_EXAMPLES = 3
"""Rows that are named of those that do not fit."""


@dataclass(frozen=True, slots=True)
class PublishedRegistry:
    """What publishing one registry answers. ``new``: False when just this text was in force already."""

    registry: str
    version: int
    digest: str
    new: bool
    problems: tuple[Problem, ...]  # warnings


@dataclass(frozen=True, slots=True)
class Kept:
    """A registry with the definition that is in force."""

    version: int
    definition: RegistryDefinition


def lock_of(registry: str) -> str:
    """Name the row of the service's state that is held by whoever writes to a registry, so that its definition stands meanwhile."""
    return f"registry:{registry}"


class Registries:
    """Gives compiled registries; publishes definitions. Safe to share between threads."""

    def __init__(self, store: Store, calendars: Mapping[str, Calendar]) -> None:
        self._store, self._calendars = store, calendars
        self._compiled: dict[str, RegistryDefinition] = {}
        self._lock = threading.Lock()

    # --- looking up -------------------------------------------------------------------------------------------------

    def in_force(self, source: Source, org: str, registry: str) -> Kept:
        """Give a registry as it is defined now. Raises NotFound."""
        found = self.found(source, org, registry)
        if found is None:
            raise NotFound("registry", registry, (each.name for each in list_registries(source, org)))
        return found

    def found(self, source: Source, org: str, registry: str) -> Kept | None:
        """Give a registry as it is defined now, None where there is none of that name."""
        found = registry_in_force(source, org, registry)
        return None if found is None else Kept(found.version, self.at_version(source, org, registry, found.version, found.digest))

    def at_version(self, source: Source, org: str, registry: str, version: int, digest: str) -> RegistryDefinition:
        """Give a registry as it was defined by a version. Raises NotFound when that is gone from the database."""
        found = self._compiled.get(digest)
        if found is None:
            row = get_registry_definition(source, org, registry, version)
            if row is None:
                raise NotFound("registry version", f"{registry} {version}")
            found = self.compiled(row)
        return found

    def compiled(self, row: RegistryDefinitionRecord) -> RegistryDefinition:
        """Compile a published definition, once."""
        with self._lock:
            found = self._compiled.get(row.digest)
            if found is None:
                loaded = load(row.source, f"registry {row.name}", calendars=self._calendars)
                if not loaded.registries:
                    raise DefinitionRefused(loaded.problems)
                found = self._compiled[row.digest] = loaded.registries[0]
        return found

    # --- publishing -------------------------------------------------------------------------------------------------

    def coming(self, org: str, documents: Iterable[Document]) -> dict[str, int]:
        """Give the versions that registries would be published under, so that a workflow published with them can name them."""
        found: dict[str, int] = {}
        with self._store.read() as reader:
            for document in documents:
                before, name = registry_in_force(reader, org, document.data["registry"]), document.data["registry"]
                found[name] = 1 if before is None else before.version + (before.digest != document.digest)
        return found

    def tried(
        self, principal: Principal, documents: Sequence[LoadedDocument], warnings: Sequence[Problem]
    ) -> tuple[PublishedRegistry, ...]:
        """Say what publishing would do. Needs the right `publish`; raises DefinitionRefused where a name is taken or rows do not fit."""
        principal.demand("publish")
        with self._store.read() as reader:
            return tuple(self._prepared(reader, principal.org, documents, warnings))

    def write(
        self, batch: Batch, principal: Principal, documents: Sequence[LoadedDocument], warnings: Sequence[Problem], now: Instant
    ) -> tuple[PublishedRegistry, ...]:
        """Publish the registries of documents that lint finds no error in, all or none, within a batch; raises like `tried`."""
        principal.demand("publish")
        definitions = found_in(documents)
        for each in definitions:
            batch.hold_state(principal.org, lock_of(each.registry), "")
        published = tuple(self._prepared(batch, principal.org, documents, warnings))
        for each, done in zip(definitions, published, strict=True):
            if done.new:
                batch.add(new_definition(principal, each, done.version, now))
                bring_index_up_to_date(batch, principal.org, each)
        return published

    def _prepared(
        self, source: Source, org: str, documents: Sequence[LoadedDocument], warnings: Sequence[Problem]
    ) -> Iterator[PublishedRegistry]:
        """Say what publishing would do. Raises DefinitionRefused."""
        problems = list(named_twice(documents))
        prepared: list[PublishedRegistry] = []
        for document, definition in zip(documents, found_in(documents), strict=True):
            before = registry_in_force(source, org, definition.registry)
            new = before is None or before.digest != definition.digest
            version = (before.version if before else 0) + new
            own = tuple(problem for problem in warnings if problem.file == document.document.file)
            prepared.append(PublishedRegistry(definition.registry, version, definition.digest, new, own))
            if new:
                problems += taken_names(source, org, document, definition)
                problems += misfits(document, definition, all_rows(source, org, definition.registry))
        if problems:
            raise DefinitionRefused(problems)
        yield from prepared


def found_in(documents: Iterable[LoadedDocument]) -> list[RegistryDefinition]:
    """Give the definitions of loaded documents that have no errors."""
    return [each.registry for each in documents if each.registry is not None]


def named_twice(documents: Sequence[LoadedDocument]) -> Iterator[Problem]:
    """Find a registry that stands twice in a file."""
    seen: set[str] = set()
    for document, definition in zip(documents, found_in(documents), strict=True):
        if definition.registry in seen:
            yield document.document.problem("registry.twice", f"`{definition.registry}` stands in this file already", ("registry",))
        seen.add(definition.registry)


def taken_names(source: Source, org: str, document: LoadedDocument, definition: RegistryDefinition) -> Iterator[Problem]:
    """Find a workflow of the same name: what `query` and `ref` name must be one thing."""
    if definitions.is_workflow(source, org, definition.registry):
        message = f"there is a workflow `{definition.registry}`: choose another name, for `query` and `ref` name both alike"
        yield document.document.problem("registry.name_taken", message, ("registry",))


def misfits(document: LoadedDocument, definition: RegistryDefinition, rows: Iterable[RegistryRowRecord]) -> Iterator[Problem]:
    """Find rows that the definition does not allow, by field; those that are retired need not fit."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        if row.retired_at is None:
            for refusal in definition.form.validate(orjson.loads(row.body))[1]:
                found[str(refusal.facts["field"]).partition(".")[0]].append((row.key, refusal.message["en"]))
    for field, those in found.items():
        examples = "; ".join(f"{key!r}: {why}" for key, why in those[:MOST_EXAMPLES])
        message = f"`{field}` of {len(those)} row(s) does not fit, like {examples}. Change these rows first, or keep the field as it was"
        yield document.document.problem("registry.rows_do_not_fit", message, ("fields", field), at_key=True)


def new_definition(principal: Principal, definition: RegistryDefinition, version: int, now: Instant) -> RegistryDefinitionRecord:
    """Give the row of a definition that is published."""
    return RegistryDefinitionRecord(
        org=principal.org,
        name=definition.registry,
        version=version,
        digest=definition.digest,
        title=orjson.dumps(dict(definition.title)).decode(),
        source=definition.source,
        published_at=now,
        published_by=principal.id,
    )


def bring_index_up_to_date(batch: Batch, org: str, definition: RegistryDefinition) -> None:
    """Write by which values all rows are found under a new definition."""
    indexed = index_of_rows(batch, org, definition.registry)
    for record in all_rows(batch, org, definition.registry):
        row = to_row(record)
        reindex(batch, row, indexed.get(row.key, frozenset()), entries(definition, row))
