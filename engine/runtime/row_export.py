"""Exporting rows to a file."""

from __future__ import annotations

import io

from engine.runtime.application import Application
from engine.runtime.people import Principal
from engine.runtime.row_reading import RowFilter, RowReading
from engine.runtime.row_views import visible_fields
from engine.runtime.sheets import CSV
from engine.runtime.sheets.writing import Output, write_csv, write_xlsx


def exported(application: Application, principal: Principal, registry: str, only: RowFilter, form: str, language: str) -> bytes:
    """Give the rows that somebody may see as the bytes of a file, ``xlsx`` or ``csv``. Raises NotFound, InvalidInput, FileRefused."""
    kept, rows = RowReading(application).all(principal, registry, only)
    definition = kept.definition
    output = Output(definition, visible_fields(principal, definition), language, application.calendars[definition.calendar].zone)
    if form == CSV:
        return b"".join(write_csv(output, rows))
    stream = io.BytesIO()
    write_xlsx(output, rows, stream)
    return stream.getvalue()
