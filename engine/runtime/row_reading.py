"""What is read of registries: which there are, their rows now or as they stood at a time, and what happened to one.

Who may not look at a registry is told the same as of one that does not exist. Every method blocks; none may run on an event loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from engine.clock import Instant, parse_instant, rfc3339
from engine.core.chain import is_commitment
from engine.core.rows import Row
from engine.definition.datatypes import LISTS, TypeName
from engine.definition.registry import RegistryDefinition
from engine.definition.shapes import canonicaliser
from engine.errors import InvalidInput, NotFound, Violation, did_you_mean
from engine.runtime.application import Application
from engine.runtime.people import Principal
from engine.runtime.reading import MOST_CHANGES, change_view
from engine.runtime.rebuilding import whole_body
from engine.runtime.registries import Kept
from engine.runtime.row_recording import to_row
from engine.runtime.row_views import history_view, may_look, registry_view, row_view, visible_fields
from engine.store.reader import pages, write_cursor
from engine.store.registry_rows import (
    count_rows,
    current_rows,
    events_of_rows,
    every_row,
    get_row,
    has_values,
    list_registries,
    page_of_rows,
)
from engine.store.trail import StoredEvent, events_of_case

Json = dict[str, Any]
AT_ONCE = 500
MOST_TOLD = 1000


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows to list.

    ``where``: field -> value as it was written. ``as_of``: as they stood then, at an instant or at the end of a day of the registry's
    calendar. ``retired``: those too.
    """

    where: Mapping[str, str] = field(default_factory=dict)
    as_of: date | Instant | None = None
    retired: bool = False


@dataclass(frozen=True, slots=True)
class RowThen:
    """A row as it stood, with the definition it was written under."""

    row: Row
    definition: RegistryDefinition


class RowReading:
    """Reads for one principal at a time. Safe to share between threads."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._store = application.store
        self._registries = application.registries

    def registries(self, principal: Principal, language: str) -> Json:
        """List the registries this reader may look at, by their names."""
        with self._store.read() as reader:
            counts = count_rows(reader, principal.org)
            found = [(row.version, self._registries.compiled(row)) for row in list_registries(reader, principal.org)]
        return {
            "registries": [
                registry_view(definition, version, counts.get(definition.registry, 0), principal, language)
                for version, definition in found
                if may_look(principal, definition)
            ]
        }

    def rows(self, principal: Principal, registry: str, only: RowFilter, language: str, *, cursor: str | None, limit: int) -> Json:
        """List rows by their keys. Raises NotFound, InvalidInput for a filter that means nothing."""
        with self._store.read() as reader:
            kept = self.kept(reader, principal, registry)
            wanted = wanted_values(kept.definition, principal, only.where)
            found: list[RowThen] = []
            for each in self._passing(reader, principal.org, kept, only, wanted, cursor, AT_ONCE if wanted else limit + 1):
                found.append(each)
                if len(found) > limit:
                    break
            count = count_rows(reader, principal.org).get(registry, 0)
        moment = self._moment(kept, only.as_of)
        seen = [row_view(each.definition, each.row, principal, max(moment, each.row.updated_at)) for each in found[:limit]]
        more = write_cursor([found[limit - 1].row.key]) if len(found) > limit else None
        return {**registry_view(kept.definition, kept.version, count, principal, language), "items": seen, "next": more}

    def row(self, principal: Principal, registry: str, key: str, as_of: date | Instant | None = None) -> Json:
        """Give a row with its history, oldest first. Raises NotFound, also where there was no such row then."""
        with self._store.read() as reader:
            kept = self.kept(reader, principal, registry)
            record = get_row(reader, principal.org, registry, key)
            if record is None:
                raise NotFound("row", key)
            then = RowThen(to_row(record), kept.definition)
            events = events_of_case(reader, principal.org, record.id, limit=MOST_TOLD)
            moment = self._moment(kept, as_of)
            if as_of is not None:
                events = [each for each in events if each.event.recorded_at <= moment]
                past = self._then(reader, then.row, events)
                if past is None:
                    raise NotFound("row", f"{key} at {rfc3339(moment)}")
                then = past
        seen = row_view(then.definition, then.row, principal, max(moment, then.row.updated_at))
        return {**seen, "history": history_view(kept.definition, events, principal)}

    def all(self, principal: Principal, registry: str, only: RowFilter) -> tuple[Kept, list[Json]]:
        """Give the definition in force and every row, complete with what is computed, for somebody who may look at the registry."""
        with self._store.read() as reader:
            kept = self.kept(reader, principal, registry)
            wanted = wanted_values(kept.definition, principal, only.where)
            found = list(self._passing(reader, principal.org, kept, only, wanted, None, AT_ONCE))
        moment = self._moment(kept, only.as_of)
        return kept, [each.definition.complete(each.row.key, each.row.values, max(moment, each.row.updated_at)) for each in found]

    def standing(self, org: str, registry: str, as_of: Instant | None) -> list[tuple[Instant, Json]]:
        """Give every row that is not retired, now or as of an instant, complete, with when it was added. For the service's own counting."""
        with self._store.read() as reader:
            kept = self._registries.in_force(reader, org, registry)
            found = list(self._passing(reader, org, kept, RowFilter(as_of=as_of), {}, None, AT_ONCE))
        moment = self._moment(kept, as_of)
        return [
            (each.row.added_at, each.definition.complete(each.row.key, each.row.values, max(moment, each.row.updated_at))) for each in found
        ]

    def kept(self, reader: Connection, principal: Principal, registry: str) -> Kept:
        """Give the definition in force to somebody who may look at the registry. Raises NotFound to everybody else."""
        kept = self._registries.in_force(reader, principal.org, registry)
        if not may_look(principal, kept.definition):
            raise NotFound("registry", registry)
        return kept

    def changes_since(self, org: str, registry: str, key: str, version: int) -> tuple[Json, ...]:
        """Say who has done what to a row since a version was seen, the latest last; for somebody who may look at the registry."""
        with self._store.read() as reader:
            record = get_row(reader, org, registry, key)
            found = [] if record is None else events_of_case(reader, org, record.id, after=version, limit=AT_ONCE)
        return tuple(change_view(stored, stored.event.seq) for stored in found[-MOST_CHANGES:])

    # --- inside -----------------------------------------------------------------------------------------------------

    def _moment(self, kept: Kept, as_of: date | Instant | None) -> Instant:
        if isinstance(as_of, date):
            return self._application.calendars[kept.definition.calendar].midnight(as_of + timedelta(days=1)) - 1
        return as_of if as_of is not None else self._application.now()

    def _passing(
        self, reader: Connection, org: str, kept: Kept, only: RowFilter, wanted: Mapping[str, Any], cursor: str | None, at_once: int
    ) -> Iterator[RowThen]:
        """Give the rows that the filter lets pass, by their keys, reading so many at once."""
        moment = self._moment(kept, only.as_of)
        past = only.as_of is not None
        whole = past or only.retired
        statement = every_row(org, kept.definition.registry) if whole else current_rows(org, kept.definition, wanted)
        for records in pages(lambda after: page_of_rows(reader, statement, cursor=after, limit=at_once), cursor):
            rows = [RowThen(to_row(record), kept.definition) for record in records]
            for each in self._as_of(reader, org, rows, moment) if past else rows:
                if (each.row.retired_at is None or only.retired) and has(each, wanted, moment):
                    yield each

    def _as_of(self, reader: Connection, org: str, rows: list[RowThen], moment: Instant) -> Iterator[RowThen]:
        events = events_of_rows(reader, org, [each.row.id for each in rows], moment)
        for each in rows:
            past = self._then(reader, each.row, events.get(each.row.id, []))
            if past is not None:
                yield past

    def _then(self, reader: Connection, row: Row, events: list[StoredEvent]) -> RowThen | None:
        """Fold the first events of a row into the row as it stood after them; None where there was none."""
        if not events:
            return None
        values: dict[str, Any] = {}
        body: Json = {}
        retired_at = None
        for stored in events:
            body = whole_body(stored)
            values.update(body.get("delta", {}))
            if body["action"] in {"retire", "restore"}:
                retired_at = stored.event.recorded_at if body["action"] == "retire" else None
        # A text that was removed from the trail is not there any more, whatever it was.
        values = {name: value for name, value in values.items() if value is not None and not is_commitment(value)}
        then = row._replace(
            version=body["seq"],
            head=events[-1].event.hash,
            definition=body["definition"],
            values=values,
            updated_at=parse_instant(body["recorded_at"]),
            updated_by=body["actor"]["id"],
            retired_at=retired_at,
        )
        return RowThen(then, self._registries.at_version(reader, row.org, row.registry, then.definition, body["digest"]))


def has(each: RowThen, wanted: Mapping[str, Any], moment: Instant) -> bool:
    """Say whether a row has these values."""
    if not wanted:
        return True
    complete = each.definition.complete(each.row.key, each.row.values, max(moment, each.row.updated_at))
    return has_values(complete, wanted)


def wanted_values(definition: RegistryDefinition, principal: Principal, where: Mapping[str, str]) -> dict[str, Any]:
    """Read the values of a filter, each by the type of its field. Raises InvalidInput with everything that is wrong."""
    known = visible_fields(principal, definition)
    wanted: dict[str, Any] = {}
    faults: list[Violation] = []
    for name, text in where.items():
        if name not in known:
            faults.append(Violation("where", "unknown_field", f"there is no field {name!r}{did_you_mean(name, known)}"))
            continue
        try:
            wanted[name] = value_of(definition, name, text)
        except ValueError as error:
            faults.append(Violation("where", "invalid_field", f"{name}: {error}"))
    if faults:
        raise InvalidInput(faults)
    return wanted


def value_of(definition: RegistryDefinition, name: str, text: str) -> Any:
    """Read one value as it stands in an address. Raises ValueError."""
    kind = definition.fields[name].type
    one = kind.element if kind.name in LISTS and kind.element is not None else kind
    match one.name:
        case TypeName.REF:
            return text
        case TypeName.BOOL if text in {"true", "false"}:
            return text == "true"
        case TypeName.INT if text.lstrip("-").isdecimal():
            return int(text)
        case TypeName.RECORD:
            raise ValueError("rows are not found by a record")
        case _:
            return canonicaliser(one)(text, None)
