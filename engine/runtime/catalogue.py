"""What is published: workflows and their versions, and the days of the calendars. Open to everybody who may come in."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import Any

import orjson

from engine.clock import Instant, rfc3339
from engine.core.refusals import label
from engine.definition.calendars import FIRST_YEAR, LAST_YEAR
from engine.definition.process import ROOT
from engine.errors import InvalidInput, NotFound, Violation
from engine.runtime.application import Application
from engine.runtime.people import Principal
from engine.store.definitions import ListedVersion, get_definition, in_force, list_versions, newest_definition
from engine.store.records import DefinitionRecord, PresetRecord

Json = dict[str, Any]
MOST_DAYS = 1100


class Catalogue:
    """Reads definitions and calendars. Blocks; safe to share between threads."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def definitions(self, principal: Principal, language: str, workflow: str | None = None) -> Json:
        """List published versions: of each workflow the one that cases open with now, or all of one.

        Of a workflow that is not in force yet it is the newest version. Raises NotFound for an unknown workflow.
        """
        now = self._application.now()
        with self._application.store.read() as reader:
            rows = list_versions(reader, principal.org, workflow)
            if workflow is not None and not rows:
                raise NotFound("workflow", workflow, {row.workflow for row in list_versions(reader, principal.org)})
        if workflow is None:
            rows = [opens_now([*versions], now) for _, versions in groupby(rows, key=lambda row: row.workflow)]
        return {"definitions": [definition_line(row, language, now) for row in rows]}

    def definition(self, principal: Principal, workflow: str, version: int) -> DefinitionRecord:
        """Give a published version. Raises NotFound."""
        with self._application.store.read() as reader:
            row = get_definition(reader, principal.org, workflow, version)
            newest = newest_definition(reader, principal.org, workflow) if row is None else None
        if row is None:
            raise NotFound("workflow version", f"{workflow} {version}", [f"{workflow} {newest.version}"] if newest else [])
        return row

    def described(self, row: DefinitionRecord, language: str) -> Json:
        """Give a published version with its states, roles, start form and settings as new cases have them, and its source."""
        process = self._application.registry.process(row.org, row.workflow, row.version, row.digest)
        definition, presets = process.definition, self._application.registry.presets
        start = definition.start
        settings = {**process.settings, **presets.settings(row.org, process)}
        return {
            **definition_line(row, language, self._application.now()),
            "states": [
                {
                    "path": state.path,
                    "title": label(state.title, language),
                    "kind": state.kind.value,
                    "owner": list(state.owner),
                    "outcome": state.outcome,
                }
                for state in definition.states.values()
                if state.path != ROOT
            ],
            "roles": {role.id: label(role.title, language) for role in definition.roles.values()},
            "start": None
            if start is None
            else {"by": list(start.by), "form": None if start.form is None else start.form.json_schema(language, settings)},
            "settings": settings,
            "preset": preset_line(presets.in_force(row.org, row.workflow), language),
            "source": row.source,
        }

    def days(self, calendar_id: str, start: date, end: date, language: str) -> Json:
        """List the days of a calendar from one to another, both included. Raises NotFound, InvalidInput."""
        calendars = self._application.calendars
        if calendar_id not in calendars:
            raise NotFound("calendar", calendar_id, calendars)
        calendar = calendars[calendar_id]
        if not date(FIRST_YEAR, 1, 1) <= start <= end <= date(LAST_YEAR, 12, 31) or (end - start).days >= MOST_DAYS:
            raise InvalidInput(
                [
                    Violation(
                        "to",
                        "wrong_range",
                        f"expected `to` not before `from`, at most {MOST_DAYS} days, in the years {FIRST_YEAR} to {LAST_YEAR}",
                    )
                ]
            )
        days = [calendar.day(start + timedelta(days=n)) for n in range((end - start).days + 1)]
        return {
            "calendar": calendar.id,
            "version": calendar.version,
            "zone": str(calendar.zone),
            "closing": calendar.closing,
            "days": [
                {
                    "date": day.date.isoformat(),
                    "works": day.works,
                    "kind": day.kind,
                    "reason": label(day.reason, language),
                    "provisional": day.provisional,
                }
                for day in days
            ],
        }


def opens_now(versions: list[ListedVersion], now: Instant) -> ListedVersion:
    """Of the versions of a workflow, the newest first, give the one that cases open with, or the newest while none is in force."""
    return next((row for row in versions if in_force(row, now)), versions[0])


def definition_line(row: DefinitionRecord | ListedVersion, language: str, now: Instant) -> Json:
    """Give a published version as a line of a list."""
    return {
        "workflow": row.workflow,
        "version": row.version,
        "digest": row.digest,
        "title": label(orjson.loads(row.title), language),
        "published_at": rfc3339(row.published_at),
        "published_by": row.published_by,
        "effective_from": rfc3339(row.published_at if row.effective_from is None else row.effective_from),
        "in_force": in_force(row, now),
    }


def preset_line(row: PresetRecord | None, language: str) -> Json | None:
    """Give the preset a body has taken for a workflow; None where it took none."""
    if row is None:
        return None
    title = label(orjson.loads(row.title), language)
    told = {"preset": row.preset, "version": row.version, "digest": row.digest, "title": title}
    return {**told, "published_at": rfc3339(row.published_at), "published_by": row.published_by}
