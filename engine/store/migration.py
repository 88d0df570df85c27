"""Bring a database to this version's schema, and say which one it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, inspect, text

from engine.errors import ConfigurationError
from engine.store.dialect import dialect_for

# Any number, the same everywhere: who holds it migrates, the others wait and then find nothing to do.
MIGRATION_LOCK = 4_917_230_001
OLDEST_POSTGRESQL = 140_000
SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: str | URL) -> str:
    """Bring the database to the newest schema and return its version. Several may call it at once; existing data is kept.

    Raises ConfigurationError for a PostgreSQL before 14.
    """
    with _connection(url, read_only=False) as connection:
        if connection.dialect.name == "postgresql":
            version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
            if version < OLDEST_POSTGRESQL:
                raise ConfigurationError(f"expected PostgreSQL 14 or newer, found {version // 10_000}")
        if _version(connection) != newest_version():
            _upgrade(connection)
    return newest_version()


def schema_version(url: str | URL) -> str | None:
    """Return the version of the database's schema, None where there is none yet."""
    with _connection(url, read_only=True) as connection:
        return _version(connection)


def newest_version() -> str:
    """Return the version of the schema that this release works with: the files of the migrations begin with their number."""
    return max(file.name.partition("_")[0] for file in (SCRIPTS / "versions").glob("[0-9]*.py"))


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # Only where there is something to do: Alembic takes 11 MB for as long as the server runs.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    config = Config()
    # Alembic reads the folder's name as a format.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


@contextmanager
def _connection(url: str | URL, *, read_only: bool) -> Iterator[Connection]:
    engine = dialect_for(url).engine(read_only=read_only, size=1)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
