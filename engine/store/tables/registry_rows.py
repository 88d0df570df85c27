"""The tables of registries: their published definitions, the rows as they stand, and by which values rows are found.

The history of a row is its events, which lie in `case_event` like those of a case.
"""

from __future__ import annotations

from sqlmodel import SQLModel

from engine.store.tables.case_rows import IN_KEY_ORDER, ROOM_FOR_UPDATES
from engine.store.tables.columns import int_col, int_key, text_col, text_key


class RegistryDefinitionRow(SQLModel, table=True):
    """A published definition of a registry. It never changes; the one with the greatest version is in force."""

    __tablename__ = "registry_definition"
    org: str = text_key()
    name: str = text_key()
    version: int = int_key()
    digest: str = text_col()
    title: str = text_col()
    source: str = text_col()
    published_at: int = int_col()
    published_by: str = text_col()


class RegistryRowRow(SQLModel, table=True):
    """A row of a registry as it stands: a projection of its events. One that is retired stays, so that its key is never given again."""

    __tablename__ = "registry_row"
    __table_args__ = (ROOM_FOR_UPDATES,)
    org: str = text_key()
    name: str = text_key()
    key: str = text_key()
    id: str = text_col()
    version: int = int_col()
    head: str = text_col()
    definition_version: int = int_col()
    body: str = text_col()
    added_at: int = int_col()
    updated_at: int = int_col()
    updated_by: str = text_col()
    retired_at: int | None = int_col(optional=True)


class RegistryIndexRow(SQLModel, table=True):
    """A value by which a row that is not retired is found. All of it is the key."""

    __tablename__ = "registry_index"
    __table_args__ = (IN_KEY_ORDER,)
    org: str = text_key()
    name: str = text_key()
    field: str = text_key()
    value: str = text_key()
    key: str = text_key()
