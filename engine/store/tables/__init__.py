"""The rows: declared with SQLModel, used as the Core tables named here."""

from __future__ import annotations

from sqlalchemy import MetaData, Table
from sqlmodel import SQLModel

from engine.store.tables import body_rows as _body_rows
from engine.store.tables import case_rows as _case_rows
from engine.store.tables import figure_rows as _figure_rows
from engine.store.tables import registry_rows as _registry_rows

__all__ = [
    "api_key",
    "case_event",
    "case_index",
    "cases",
    "deadline",
    "definition",
    "document",
    "event_payload",
    "figure",
    "figure_case",
    "idempotency",
    "log_cursor",
    "log_entry",
    "message",
    "metadata",
    "notice",
    "number_series",
    "person",
    "preset",
    "registry_definition",
    "registry_index",
    "registry_row",
    "rung",
    "service_state",
    "session",
    "task",
    "unit",
    "unsealed",
]

metadata: MetaData = SQLModel.metadata


def _table(row: type[SQLModel]) -> Table:
    return metadata.tables[str(row.__tablename__)]


cases = _table(_case_rows.CaseRow)
case_index = _table(_case_rows.CaseIndexRow)
case_event = _table(_case_rows.EventRow)
unsealed = _table(_case_rows.UnsealedRow)
log_entry = _table(_case_rows.LogEntryRow)
event_payload = _table(_case_rows.PayloadRow)
deadline = _table(_case_rows.DeadlineRow)
rung = _table(_case_rows.RungRow)
task = _table(_case_rows.TaskRow)
message = _table(_case_rows.MessageRow)
document = _table(_case_rows.DocumentRow)
idempotency = _table(_case_rows.IdempotencyRow)
notice = _table(_case_rows.NoticeRow)
definition = _table(_body_rows.DefinitionRow)
registry_definition = _table(_registry_rows.RegistryDefinitionRow)
registry_row = _table(_registry_rows.RegistryRowRow)
registry_index = _table(_registry_rows.RegistryIndexRow)
figure = _table(_figure_rows.FigureRow)
figure_case = _table(_figure_rows.FigureCaseRow)
preset = _table(_body_rows.PresetRow)
number_series = _table(_body_rows.NumberSeriesRow)
person = _table(_body_rows.PersonRow)
unit = _table(_body_rows.UnitRow)
api_key = _table(_body_rows.ApiKeyRow)
session = _table(_body_rows.SessionRow)
service_state = _table(_body_rows.ServiceStateRow)
log_cursor = _table(_body_rows.LogCursorRow)
