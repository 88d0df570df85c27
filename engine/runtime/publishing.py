"""Publishing a file: a workflow, or registries. One door for HTTP, the command line and the shipped files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from engine.clock import Instant
from engine.definition.loader import load, only_definition
from engine.errors import InvalidInput, Problem, Violation
from engine.runtime.application import Application
from engine.runtime.people import Principal
from engine.runtime.registries import PublishedRegistry
from engine.runtime.registry import Published, faultless


@dataclass(frozen=True, slots=True)
class PublishedRegistries:
    """What publishing a file of registries answers; ``problems`` are warnings."""

    registries: tuple[PublishedRegistry, ...]
    problems: tuple[Problem, ...]

    @property
    def new(self) -> bool:
        """Say whether any of them was not in force before."""
        return any(each.new for each in self.registries)


def publish(
    application: Application,
    principal: Principal,
    text: str | bytes,
    file: str,
    *,
    effective_from: date | Instant | None = None,
    dry_run: bool = False,
) -> Published | PublishedRegistries:
    """Publish the one workflow of a file, or all its registries. Needs the right `publish`.

    Raises DefinitionRefused with every problem, VersionPublished and VersionInForce. Registries are in force at once: InvalidInput
    where ``effective_from`` is given.
    """
    principal.demand("publish")
    loaded = load(text, file, calendars=application.calendars, library=application.registry.library(principal.org))
    warnings, now = faultless(loaded), application.now()
    if loaded.registries and not loaded.definitions:
        if effective_from is not None:
            raise InvalidInput([Violation("effective_from", "not_for_registries", "a registry is in force at once; leave it out")])
        published = application.registries.publish(principal, loaded.documents, now, dry_run=dry_run)
        return PublishedRegistries(published, warnings)
    only_definition(loaded, file)
    (done,) = application.registry.publish_loaded(principal, [loaded], warnings, now, effective_from=effective_from, dry_run=dry_run)
    return done
