"""A plain connection of the driver to the service's own schema."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from tests.bench.measure import Setting
from tests.bench.tables import connect_sqlite


class Plain(NamedTuple):
    """A cursor outside any transaction, and what the two databases write differently."""

    cursor: Any
    mark: str  # the placeholder of a value
    begin: str
    for_update: str


def connect(setting: Setting) -> Plain:
    """Connect to the database the service used: PostgreSQL of the setting, else the SQLite file in its folder."""
    if setting.postgres:
        connection = psycopg.connect(setting.postgres, autocommit=True, prepare_threshold=0)
        return Plain(connection.cursor(), "%s", "BEGIN", " FOR UPDATE")
    return Plain(connect_sqlite(setting.folder / "yishi.db").cursor(), "?", "BEGIN IMMEDIATE", "")
