"""The published definitions, each compiled when it is asked for and kept by its digest, as long as it is among those in use.

A version never changes once it is published, so what is compiled stays right for ever. Which versions there are is asked of the
database again after a short while, because another node may have published; which of them is in force is told by the clock each time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import orjson

from engine.clock import Instant, rfc3339, stopwatch
from engine.core.compiled import Process, compile_process
from engine.definition.calendars import Calendar
from engine.definition.interface import Library, Shelf
from engine.definition.loader import Loaded, interfaces, load, load_one, only_definition, written
from engine.definition.process import ProcessDefinition
from engine.errors import DefinitionRefused, NotFound, NotInForce, Problem, VersionInForce, VersionPublished
from engine.proof.diff import Version, unversioned, versions_of
from engine.proof.lint import lint_loaded
from engine.runtime.lane import Lane
from engine.runtime.people import Principal
from engine.runtime.presets import Presets
from engine.store import definitions
from engine.store.cases import has_running_case
from engine.store.definitions import Edition, in_force
from engine.store.records import DefinitionRecord
from engine.store.registry_rows import get_registry_definition, list_registries, registry_in_force
from engine.store.store import Store
from engine.store.writer import Batch

KNOWN_FOR_SECONDS = 2.0
MOST_COMPILED = 64
"""How many processes are kept compiled, at a megabyte or two each: more than a body works with, fewer than it publishes in years."""
SEEN_BY_THE_CLOCK = ("schedules", "quota")
"""What the service looks at by itself, also where no case is."""


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing answers. ``new``: False when exactly this version was there already. ``effective_from``: None means at once."""

    workflow: str
    version: int
    digest: str
    effective_from: Instant | None
    new: bool
    problems: tuple[Problem, ...]  # warnings


class Registry:
    """Gives compiled processes; publishes definitions that lint finds no error in. ``presets``: what bodies chose for their settings."""

    def __init__(self, store: Store, lane: Lane, calendars: Mapping[str, Calendar]) -> None:
        self.calendars = calendars
        self.presets = Presets(store)
        self._store, self._lane = store, lane
        self._compiled: dict[str, Process] = {}
        self._used: dict[str, float] = {}  # when each was last asked for
        self._declared: dict[str, frozenset[str]] = {}
        self._editions: dict[tuple[str, str], tuple[float, tuple[Edition, ...]]] = {}
        self._lock = threading.Lock()

    def process(self, org: str, workflow: str, version: int, digest: str) -> Process:
        """Give the compiled process of a case. Raises NotFound when its definition is gone from the database."""
        found = self._compiled.get(digest)
        if found is None:
            return self._load(org, workflow, version)
        self._used[digest] = stopwatch()
        return found

    def published(self, org: str, workflow: str, version: int | None = None) -> Process:
        """Give a published version, the newest by default, whether or not it is in force. Raises NotFound."""
        if version is not None:
            return self._load(org, workflow, version)
        newest = self._known(org, workflow)[0]
        return self.process(org, workflow, newest.version, newest.digest)

    def opening(self, org: str, workflow: str, version: int | None = None) -> Callable[[Instant], Process]:
        """Give what says with which version a case opens at an instant: the one that is named, else the newest in force.

        Raises NotFound; what is given raises NotInForce before the first version is in force.
        """
        if version is not None:
            named = self._load(org, workflow, version)
            return lambda _: named
        known = self._known(org, workflow)

        def newest_in_force(now: Instant) -> Process:
            found = next((each for each in known if in_force(each, now)), None)
            if found is None:
                first = min(known, key=lambda each: each.effective_from or now)
                raise NotInForce(workflow, first.version, rfc3339(first.effective_from or now))
            return self.process(org, workflow, found.version, found.digest)

        return newest_in_force

    def preload(self, org: str, now: Instant) -> None:
        """Make ready what cases open with, now or later, so that nobody's first request waits for it.

        Only of workflows of which cases run: a body has dozens and works with some, and each takes a megabyte or two.
        """
        with self._store.read() as reader:
            known = {row.workflow for row in definitions.list_versions(reader, org)}
            running = [workflow for workflow in sorted(known) if has_running_case(reader, org, workflow)]
        for workflow in running:
            self.make_ready(org, workflow, now)

    def declares(self, org: str, workflow: str, version: int, digest: str) -> frozenset[str]:
        """Say which of `SEEN_BY_THE_CLOCK` a version declares, without compiling it: the words of its text, perhaps one too many.

        Most workflows have neither, and each that is compiled takes more than a megabyte.
        """
        found = self._declared.get(digest)
        if found is None:
            with self._store.read() as reader:
                row = definitions.get_definition(reader, org, workflow, version)
            found = self._declared[digest] = frozenset(word for word in SEEN_BY_THE_CLOCK if row is not None and word in row.source)
        return found

    def make_ready(self, org: str, workflow: str, now: Instant) -> None:
        """Compile the version of a workflow that is in force, and those that will be."""
        for edition in self._known(org, workflow):
            self.process(org, workflow, edition.version, edition.digest)
            if in_force(edition, now):
                break

    def publish(
        self,
        principal: Principal,
        text: str | bytes,
        file: str,
        now: Instant,
        *,
        effective_from: date | Instant | None = None,
        dry_run: bool = False,
    ) -> Published:
        """Publish a definition. Needs the right `publish`; raises DefinitionRefused with every problem, or VersionPublished.

        ``effective_from`` says from when new cases open with it: an instant, or a day, which begins at 0:00 in the zone of the definition's
        calendar; None: at once. Publishing the same again may state another day until the version is in force; then VersionInForce.
        """
        (published,) = self.publish_all(principal, [(text, file)], now, effective_from=effective_from, dry_run=dry_run, only_one=True)
        return published

    def publish_all(
        self,
        principal: Principal,
        sources: Sequence[tuple[str | bytes, str]],
        now: Instant,
        *,
        effective_from: date | Instant | None = None,
        dry_run: bool = False,
        only_one: bool = False,
    ) -> tuple[Published, ...]:
        """Publish the workflows of several texts, each with the name of its file, together: they may name each other. All or none.

        Raises like `publish`. ``only_one``: exactly one workflow is expected.
        """
        principal.demand("publish")
        loaded = self.loaded(principal.org, sources)
        problems = faultless(*loaded)
        if only_one or not any(each.definitions for each in loaded):
            only_definition(loaded[0], sources[0][1])
        return self.publish_loaded(principal, loaded, problems, now, effective_from=effective_from, dry_run=dry_run)

    def loaded(self, org: str, sources: Sequence[tuple[str | bytes, str]], versions: Mapping[str, int] | None = None) -> list[Loaded]:
        """Load several texts that may name each other, and what an organisation has published.

        ``versions``: those under which registries among them are published.
        """
        known = Library(written(sources), self.library(org), versions)
        return [load(text, file, calendars=self.calendars, library=known) for text, file in sources]

    def publish_loaded(
        self,
        principal: Principal,
        loaded: Sequence[Loaded],
        warnings: tuple[Problem, ...],
        now: Instant,
        *,
        effective_from: date | Instant | None = None,
        dry_run: bool = False,
        beside: Callable[[Batch, Instant], None] | None = None,
    ) -> tuple[Published, ...]:
        """Publish the workflows of what was loaded and lint found no error in; like `publish`. ``beside`` writes in the same commit."""
        principal.demand("publish")
        self._check_names(principal, loaded)
        documents = [each for file in loaded for each in file.documents]
        versions = [Version(each.work, each.definition) for each in documents if each.work is not None and each.definition is not None]
        rows = [(each.definition, self._row(principal, each, now, effective_from)) for each in versions]
        new = [row for _, (row, earlier) in rows if earlier is None]
        moved = [row for _, (row, earlier) in rows if earlier is not None and row != earlier]
        if (new or moved or beside is not None) and not dry_run:

            def write(batch: Batch, moment: Instant) -> None:
                if beside is not None:
                    beside(batch, moment)
                _written(batch, new, moved)

            self._lane.write(write)
            for row in (*new, *moved):
                self._editions.pop((principal.org, row.workflow), None)
        return tuple(
            Published(
                row.workflow,
                row.version,
                row.digest,
                row.effective_from,
                earlier is None,
                tuple(problem for problem in warnings if problem.file == file_of(loaded, definition)),
            )
            for definition, (row, earlier) in rows
        )

    def _check_names(self, principal: Principal, loaded: Sequence[Loaded]) -> None:
        """Refuse a workflow that is named like a registry."""
        taken = []
        with self._store.read() as reader:
            for part in (part for each in loaded for part in each.documents if part.definition is not None):
                name = part.definition.workflow if part.definition is not None else ""
                if registry_in_force(reader, principal.org, name) is not None:
                    message = f"there is a registry `{name}`: choose another name, for `query` and `ref` name both alike"
                    taken.append(part.document.problem("registry.name_taken", message, ("workflow",)))
        if taken:
            raise DefinitionRefused(taken)

    def _row(
        self, principal: Principal, version: Version, now: Instant, effective_from: date | Instant | None
    ) -> tuple[DefinitionRecord, DefinitionRecord | None]:
        """Give the row of a version, and the one that is there already. Raises VersionPublished with what differs, VersionInForce."""
        definition = version.definition
        begins = self.calendars[definition.calendar].midnight(effective_from) if isinstance(effective_from, date) else effective_from
        with self._store.read() as reader:
            earlier = definitions.get_definition(reader, principal.org, definition.workflow, definition.version)
        if earlier is None:
            return new_row(principal, definition, now, begins), None
        if earlier.digest != definition.digest:
            name = f"{earlier.workflow} version {earlier.version}"
            differing = unversioned(self._published(earlier), version, self.calendars)
            what = "content" if differing else "layout or comments"
            raise VersionPublished(
                f"{name} is published already with another {what}; give the changed process a new `version:`.", differing
            )
        return published_again(earlier, principal, now, begins), earlier

    def _published(self, row: DefinitionRecord) -> Version:
        """Give a published version as it was written."""
        loaded = load(row.source, f"version {row.version}", calendars=self.calendars, library=self.imported(row))
        return versions_of(loaded)[row.workflow]

    def forget(self, org: str) -> None:
        """Forget which versions an organisation has: they were taken away."""
        self.presets.forget(org, [workflow for body, workflow in self._editions if body == org])
        self._editions = {key: kept for key, kept in self._editions.items() if key[0] != org}

    def library(self, org: str) -> Shelf:
        """Give what the newest published versions of an organisation offer to others."""

        def newest() -> Library:
            with self._store.read() as reader:
                rows = definitions.list_definitions(reader, org)
                kept = list_registries(reader, org)
            newest_of = {row.workflow: row for row in reversed(rows)}.values()
            workflows = [(row.source, row.workflow) for row in newest_of]
            return interfaces([*workflows, *((row.source, row.name) for row in kept)], {row.name: row.version for row in kept})

        return Shelf(newest)

    def imported(self, row: DefinitionRecord) -> Shelf:
        """Give the versions of other workflows that a version was checked against."""

        def then() -> Library:
            found: list[tuple[str, str]] = []
            with self._store.read() as reader:
                for name, version in orjson.loads(row.imports).items():
                    other = definitions.get_definition(reader, row.org, name, version)
                    registry = get_registry_definition(reader, row.org, name, version) if other is None else None
                    found += [(each.source, name) for each in (other, registry) if each is not None]
            return interfaces(found)

        return Shelf(then)

    def _known(self, org: str, workflow: str) -> tuple[Edition, ...]:
        """Give the versions of a workflow, the newest first. Raises NotFound where there is none."""
        kept = self._editions.get((org, workflow))
        if kept is not None and stopwatch() - kept[0] <= KNOWN_FOR_SECONDS:
            return kept[1]
        looked_at = stopwatch()
        with self._store.read() as reader:
            found = definitions.editions(reader, org, workflow)
            if not found:
                raise NotFound("workflow", workflow, {each.workflow for each in definitions.list_versions(reader, org)})
        self._editions[org, workflow] = looked_at, found
        return found

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
                name = f"{row.workflow} version {row.version}"
                definition = load_one(row.source, name, calendars=self.calendars, library=self.imported(row))
                found = self._compiled[row.digest] = compile_process(definition, self.calendars[definition.calendar])
            self._used[row.digest] = stopwatch()
            self._let_go()
        return found

    def _let_go(self) -> None:
        """Forget those that nobody has asked for the longest, as far as there are too many; who needs one again compiles it."""
        while len(self._compiled) > MOST_COMPILED:
            longest_ago = min(self._compiled, key=lambda digest: self._used.get(digest, 0.0))
            del self._compiled[longest_ago]
            self._used.pop(longest_ago, None)

    @property
    def compiled(self) -> frozenset[str]:
        """The digests of what is compiled now."""
        return frozenset(self._compiled)


def faultless(*loaded: Loaded) -> tuple[Problem, ...]:
    """Lint what was loaded and give the warnings. Raises DefinitionRefused with every problem where one is an error."""
    problems = tuple(sorted({problem for each in loaded for problem in lint_loaded(each)}))
    if any(problem.severity == "error" for problem in problems):
        raise DefinitionRefused(problems)
    return problems


def _written(batch: Batch, new: Sequence[DefinitionRecord], moved: Sequence[DefinitionRecord]) -> None:
    """Write versions. New ones are added, so that of two who publish at once the second one is told."""
    for row in new:
        batch.add(row)
    for row in moved:
        batch.put(row)


def file_of(loaded: Sequence[Loaded], definition: ProcessDefinition) -> str:
    """Give the file that a definition stands in."""
    return next(part.document.file for each in loaded for part in each.documents if part.definition is definition)


def new_row(principal: Principal, definition: ProcessDefinition, now: Instant, begins: Instant | None) -> DefinitionRecord:
    """Give the row of a version that is published for the first time."""
    return DefinitionRecord(
        org=principal.org,
        workflow=definition.workflow,
        version=definition.version,
        digest=definition.digest,
        title=orjson.dumps(dict(definition.title)).decode(),
        source=definition.source,
        published_at=now,
        published_by=principal.id,
        effective_from=begins,
        imports=orjson.dumps(dict(definition.imports), option=orjson.OPT_SORT_KEYS).decode(),
    )


def published_again(row: DefinitionRecord, principal: Principal, now: Instant, begins: Instant | None) -> DefinitionRecord:
    """Give the row of a version that is published already: as it is, or with another day from which it is in force.

    Who moved the day last, and when, is then who published it. Raises VersionInForce.
    """
    version = f"{row.workflow} version {row.version}"
    if begins is None or begins == row.effective_from:
        return row
    if in_force(row, now):
        since = rfc3339(row.published_at if row.effective_from is None else row.effective_from)
        raise VersionInForce(f"New cases open with {version} since {since}; the date from which they do stands.")
    return row._replace(effective_from=begins, published_at=now, published_by=principal.id)
