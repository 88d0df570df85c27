"""Registries and their rows: what clients send, and what is answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.schemas.common import Answered, Asked, Json, Moment, Prose, Sent

Condition = Annotated[str, StringConstraints(min_length=3, max_length=300, pattern=r"^[a-z][a-z0-9_]*:.")]
AsOf = Annotated[str, StringConstraints(min_length=10, max_length=40)]


class AddRow(Sent):
    """Add a row."""

    data: Json = Field(description="the fields with their values, the key among them")
    reason: Prose | None = None


class ChangeRow(Sent):
    """Change or correct a row."""

    data: Json = Field(description="fields with their new values; null empties one")
    reason: Prose


class GiveReason(Sent):
    """Retire or restore a row."""

    reason: Prose


class RowsAsked(Asked):
    """Which rows to list, by their keys."""

    where: list[Condition] = Field([], max_length=20, description="`FIELD:VALUE`, may be repeated; of a list: VALUE is among its entries")
    as_of: AsOf | None = Field(None, description="as the rows stood at this time, or at the end of this day")
    retired: bool = Field(False, description="also those that are retired")
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, max_length=400, description="from the `next` of the page before")


class RowAsked(Asked):
    """How to look at a row."""

    as_of: AsOf | None = Field(None, description="the row as it stood at this time, or at the end of this day")


class ExportAsked(Asked):
    """How to export."""

    format: Literal["xlsx", "csv"] = "xlsx"
    where: list[Condition] = Field([], max_length=20, description="`FIELD:VALUE`, may be repeated")
    as_of: AsOf | None = Field(None, description="as the rows stood at this time, or at the end of this day")
    retired: bool = Field(False, description="also those that are retired")


class ImportAsked(Asked):
    """How to import."""

    reason: Prose = Field(description="why; it stands in the history of every row that changes")
    sheet: Annotated[str, StringConstraints(min_length=1, max_length=31)] | None = Field(
        None, description="of a workbook: which sheet; by default the first with anything in it"
    )
    dry_run: bool = Field(False, description="only say what would be done")


class FieldSeen(Answered):
    """A field of a registry; `form` is the JSON Schema of its values."""

    field: str
    title: str
    type: str
    computed: bool
    form: Json


class RegistrySeen(Answered):
    """A registry as it is defined now, with how many rows it has."""

    registry: str
    version: int
    digest: str
    title: str
    key: str
    kept_by: list[str]
    seen_by: list[str]
    ledger: bool
    may_keep: bool = Field(description="whether you keep it")
    rows: int
    fields: list[FieldSeen]


class RegistryList(Answered):
    """The registries you may look at."""

    registries: list[RegistrySeen]


class RowSeen(Answered):
    """A row, with what is computed; `version` is its ETag."""

    registry: str
    key: str
    version: int
    data: Json
    retired: bool
    added_at: Moment
    updated_at: Moment
    updated_by: str


class FieldChange(Answered):
    """A field before and after; `removed`: its text was deleted from the trail."""

    field: str
    before: Any
    after: Any
    removed: bool = False


class RowEntry(Answered):
    """What happened to a row."""

    version: int
    action: Literal["add", "change", "correct", "retire", "restore"]
    at: Moment
    actor: str
    role: str
    reason: str | None
    changes: list[FieldChange]
    hash: str


class RowWhole(RowSeen):
    """A row with its history, oldest first."""

    history: list[RowEntry]


class RowPage(RegistrySeen):
    """A page of rows; `next` follows on."""

    items: list[RowSeen]
    next: str | None


class ImportReport(Answered):
    """What an import did, or would do."""

    registry: str
    added: int
    changed: int
    unchanged: int
    columns_passed_over: list[str] = Field(description="headings of computed fields")
    dry_run: bool
