"""Registries without a server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from api.commands.files import content_within, form_of
from api.commands.gateway import Json, Progress, RowsWanted
from api.commands.here import day_or_instant_given
from engine.core.rows import Action
from engine.runtime.application import Application
from engine.runtime.people import Principal
from engine.runtime.row_export import exported
from engine.runtime.row_import import RowImport
from engine.runtime.row_reading import RowFilter, RowReading
from engine.runtime.sheets.workbook import MOST_BYTES


class LocalRegistries:
    """Carries out the calls in this process."""

    def __init__(self, application: Application, principal: Principal, language: str) -> None:
        self._application, self._principal, self._language = application, principal, language

    @property
    def _reading(self) -> RowReading:
        return RowReading(self._application)

    def all(self) -> Json:
        """List the registries."""
        return self._reading.registries(self._principal, self._language)

    def rows(self, registry: str, wanted: RowsWanted, limit: int, cursor: str | None) -> Json:
        """List rows."""
        return self._reading.rows(self._principal, registry, filter_of(wanted), self._language, cursor=cursor, limit=limit)

    def row(self, registry: str, key: str, as_of: str | None) -> Json:
        """Give a row with its history."""
        return self._reading.row(self._principal, registry, key, filter_of(RowsWanted(as_of=as_of)).as_of)

    def add(self, registry: str, data: Mapping[str, Any], reason: str | None) -> Json:
        """Add a row."""
        row: Json = self._application.rows.add(self._principal, registry, data, reason=reason).result().json()
        return row

    def alter(self, registry: str, key: str, action: str, data: Mapping[str, Any], reason: str, expected: int | None) -> Json:
        """Change, correct, retire or restore a row."""
        pending = self._application.rows.alter(
            self._principal, registry, key, cast("Action", action), values=data, reason=reason, expected=expected
        )
        row: Json = pending.result().json()
        return row

    def take(self, registry: str, file: Path, reason: str, sheet: str | None, progress: Progress, *, dry_run: bool) -> Json:
        """Import a file."""
        importing = RowImport(self._application)
        table = importing.table(content_within(file, MOST_BYTES), form_of(file), sheet)
        prepared = importing.prepare(self._principal, registry, table, reason, progress)
        if dry_run:
            return prepared.plan.report(registry, dry_run=True)
        report: Json = importing.run(self._principal, registry, prepared).result(timeout=None).json()
        return report

    def give(self, registry: str, form: str, wanted: RowsWanted) -> bytes:
        """Export rows."""
        return exported(self._application, self._principal, registry, filter_of(wanted), form, self._language)


def filter_of(wanted: RowsWanted) -> RowFilter:
    """Read what is wanted. Raises Misused."""
    as_of = None if wanted.as_of is None else day_or_instant_given(wanted.as_of, "--as-of")
    where = dict(each.split(":", 1) for each in wanted.where)
    return RowFilter(where, as_of, wanted.retired)
