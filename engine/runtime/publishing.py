"""Publishing files: workflows, registries and presets, all of them or none. One door for HTTP, the command line and the shipped files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from engine.clock import Instant
from engine.definition.loader import Loaded, LoadedDocument, written
from engine.definition.model import Registry
from engine.errors import DefinitionRefused, InvalidInput, Problem, Violation
from engine.runtime.application import Application
from engine.runtime.people import Principal
from engine.runtime.presets import PublishedPreset, taken_twice
from engine.runtime.registries import PublishedRegistry
from engine.runtime.registry import Published, faultless
from engine.store.errors import ConcurrentWrite
from engine.store.writer import Batch


def publish(
    application: Application,
    principal: Principal,
    sources: Sequence[tuple[str | bytes, str]],
    *,
    effective_from: date | Instant | None = None,
    dry_run: bool = False,
) -> tuple[Published | PublishedRegistry | PublishedPreset, ...]:
    """Publish the registries, presets and workflows of several texts, each with the name of its file, in one commit.

    They may name each other.

    Needs the right `publish`. Raises DefinitionRefused with every problem, VersionPublished and VersionInForce. Registries and presets are
    in force at once: InvalidInput where ``effective_from`` is given with one.
    """
    principal.demand("publish")
    loaded = texts_loaded(application, principal.org, sources)
    warnings = faultless(*loaded)
    if not any(each.definitions or each.registries or each.presets for each in loaded):
        file = sources[0][1] if sources else ""
        raise DefinitionRefused([Problem(file, 1, 1, "yaml.empty", "expected a workflow, a registry or a preset, got nothing")])
    return publish_loaded(application, principal, loaded, warnings, effective_from=effective_from, dry_run=dry_run)


def publish_loaded(
    application: Application,
    principal: Principal,
    loaded: Sequence[Loaded],
    warnings: tuple[Problem, ...],
    *,
    effective_from: date | Instant | None = None,
    dry_run: bool = False,
) -> tuple[Published | PublishedRegistry | PublishedPreset, ...]:
    """Publish what was loaded and has no error: the same for several organisations that have published nothing. Raises like `publish`."""
    principal.demand("publish")
    now = application.now()
    parts = [document for each in loaded for document in each.documents]
    registries = [document for document in parts if document.registry is not None]
    presets = [document for document in parts if document.preset is not None]
    at_once = "a registry" if registries else "a preset" if presets else None
    if at_once is not None and effective_from is not None:
        raise InvalidInput([Violation("effective_from", "in_force_at_once", f"{at_once} is in force at once; leave it out")])
    chosen = application.registry.presets
    if clashes := [*named_alike(loaded, registries), *taken_twice(presets), *chosen.misfits(principal.org, loaded)]:
        raise DefinitionRefused(clashes)
    published = application.registries.tried(principal, registries, warnings)
    taken = chosen.tried(principal.org, presets, warnings)

    def beside(batch: Batch, _: Instant) -> None:
        if application.registries.write(batch, principal, registries, warnings, now) != published:
            raise ConcurrentWrite("Somebody else has published one of these registries just now; look at it, then publish again.")
        chosen.write(batch, principal, presets, now)

    workflows = application.registry.publish_loaded(
        principal,
        loaded,
        warnings,
        now,
        effective_from=effective_from,
        dry_run=dry_run,
        beside=beside if any(each.new for each in published) or any(each.new for each in taken) else None,
    )
    chosen.forget(principal.org, (each.workflow for each in taken))
    return (*published, *taken, *workflows)


def texts_loaded(application: Application, org: str, sources: Sequence[tuple[str | bytes, str]]) -> list[Loaded]:
    """Load several texts that may name each other, and what an organisation has published."""
    registry_texts = [document for document, shape in written(sources) if isinstance(shape, Registry)]
    return application.registry.loaded(org, sources, application.registries.coming(org, registry_texts))


def named_alike(loaded: Sequence[Loaded], registries: Sequence[LoadedDocument]) -> list[Problem]:
    """Find registries that are named like a workflow published with them."""
    workflows = {definition.workflow for each in loaded for definition in each.definitions}
    return [
        each.document.problem("registry.name_taken", f"a workflow is called `{each.registry.registry}` too", ("registry",))
        for each in registries
        if each.registry is not None and each.registry.registry in workflows
    ]
