"""Two published versions compared by meaning, with how many running cases each difference is about."""

from __future__ import annotations

from typing import Any

import orjson

from engine.definition.loader import load
from engine.errors import NotFound
from engine.proof.diff import Standing, Version, diff, report, versions_of
from engine.runtime.application import Application
from engine.runtime.migrating import active_paths
from engine.runtime.people import Principal
from engine.store.definitions import get_definition
from engine.store.versions import standing

Json = dict[str, Any]


def compare(application: Application, principal: Principal, workflow: str, old: int, new: int) -> Json:
    """Compare two published versions of a workflow; the live cases are those of the old one. Needs the right `publish`; raises NotFound."""
    principal.demand("publish")
    before, after = (_version(application, principal.org, workflow, version) for version in (old, new))
    with application.store.read() as reader:
        rows = [row for row in standing(reader, principal.org, workflow) if row.version == old]
    places = [Standing(frozenset(active_paths(orjson.loads(row.configuration))), row.cases) for row in rows]
    return {"workflow": workflow, "old": old, "new": new, **report(diff(before, after, application.calendars), places)}


def _version(application: Application, org: str, workflow: str, version: int) -> Version:
    with application.store.read() as reader:
        row = get_definition(reader, org, workflow, version)
    if row is None:
        raise NotFound("workflow version", f"{workflow} {version}")
    loaded = load(row.source, f"version {version}", calendars=application.calendars, library=application.registry.imported(row))
    return versions_of(loaded)[workflow]
