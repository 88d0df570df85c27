"""The schema: what the migrations make is what the rows say, and the records are the rows."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from engine.store.dialect import dialect_for
from engine.store.layout import KEY_WIDTH, TABLES
from engine.store.migration import SCRIPTS, migrate, newest_version, schema_version
from engine.store.store import Store
from engine.store.tables import metadata
from engine.store.tables.case_rows import EventRow
from tests.postgres import Server
from tests.store.rows import ORG, case
from tests.store.test_writer import rows, write


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = dialect_for(url).engine(read_only=False, size=1)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


ONLY_ON_POSTGRESQL = "ix_idempotency_created"


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Pass over the partitions: PostgreSQL keeps them like their table."""
    return not (kind == "table" and str(name).startswith(f"{EventRow.__tablename__}_"))


def differences(url: str) -> list[Any]:
    with connected(url) as connection:

        def belongs_here(_object: Any, name: str | None, *_more: Any) -> bool:
            return connection.dialect.name == "postgresql" or name != ONLY_ON_POSTGRESQL

        options = {"compare_type": True, "compare_server_default": True, "include_name": is_ours, "include_object": belongs_here}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_the_migrated_schema_is_what_the_rows_declare(migrated_url: str) -> None:
    assert differences(migrated_url) == []


def test_a_difference_would_be_found(migrated_url: str) -> None:
    with connected(migrated_url) as connection:
        connection.execute(text("DROP INDEX ix_cases_open"))
        connection.execute(text("ALTER TABLE person ADD COLUMN nickname TEXT"))
        connection.commit()
    assert len(differences(migrated_url)) == 2


IN_FULL = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger' AND tbl_name <> 'alembic_version' AND name NOT LIKE 'sqlite_%'",
    "postgresql": """
        SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename NOT LIKE 'case_event_%' AND tablename <> 'alembic_version'
        UNION ALL
        SELECT table_name,
               string_agg(column_name || ' ' || data_type || ' ' || coalesce(collation_name, ''), ', ' ORDER BY ordinal_position)
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE 'case_event_%' AND table_name <> 'alembic_version' GROUP BY table_name
    """,
}


@pytest.fixture
def created_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[str]:
    """Another empty database of the same product, in which the rows' own declarations make the tables."""
    with ExitStack() as stack:
        if database_url.startswith("sqlite"):
            url = f"sqlite:///{tmp_path / 'created.db'}"
        else:
            server: Server = request.getfixturevalue("postgresql")
            url = stack.enter_context(server.database())
        with connected(url) as connection:
            metadata.create_all(connection)
            connection.commit()
        yield url


def test_the_migrated_schema_is_what_the_rows_would_create_word_for_word(migrated_url: str, created_url: str) -> None:
    """Sees what the comparison leaves out: conditions of partial indexes, the order of columns, tables without row ids."""

    def statements(url: str) -> dict[str, str]:
        with connected(url) as connection:
            return {name: " ".join(sql.split()) for name, sql in connection.execute(text(IN_FULL[connection.dialect.name]))}

    migrated = statements(migrated_url)
    assert migrated == statements(created_url)
    assert len(migrated) > 1.5 * len(metadata.tables)


def test_migrating_again_changes_nothing_and_keeps_the_data(store: Store, migrated_url: str) -> None:
    writer = store.writer()
    write(writer, case())
    writer.close()
    assert migrate(migrated_url) == newest_version()
    assert rows(store, metadata.tables["cases"]) == [tuple(case())]


def test_the_version_of_the_schema_is_none_before_the_first_migration(database_url: str) -> None:
    assert schema_version(database_url) is None
    migrate(database_url)
    assert schema_version(database_url) == newest_version() == "0001"


def test_the_newest_version_by_the_files_is_the_one_alembic_finds() -> None:
    """So that a server whose schema is up to date need not load Alembic."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    assert ScriptDirectory.from_config(config).get_current_head() == newest_version()


@pytest.mark.parametrize(("record", "table"), TABLES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_record_is_its_table(record: Any, table: Any) -> None:
    assert list(record._fields) == [column.name for column in table.columns]
    for column, (name, annotation) in zip(table.columns, typing.get_type_hints(record).items(), strict=True):
        kinds = set(annotation.__args__) if isinstance(annotation, types.UnionType) else {annotation}
        assert column.nullable == (type(None) in kinds), name
        assert kinds - {type(None)} == {column.type.python_type}, name


def test_every_table_has_its_record() -> None:
    assert set(TABLES.values()) == set(metadata.tables.values())


@pytest.mark.parametrize("table", metadata.tables.values(), ids=str)
def test_every_key_begins_with_the_organisation(table: Any) -> None:
    keys = [list(table.primary_key.columns)] + [list(index.columns) for index in table.indexes if index.unique]
    assert {key[0].name for key in keys} == {"org"}
    width = len(table.primary_key.columns)
    assert list(table.primary_key.columns) == list(table.columns)[:width], "the writer takes the first fields of a record for its key"
    assert width in KEY_WIDTH.values()


def test_keys_sort_by_code_point_on_both(store: Store) -> None:
    """Cursors and partitions depend on it."""
    names = ["Z", "a", "é", "z", "中", "-", "_"]
    writer = store.writer()
    write(writer, *(case(org=name) for name in names))
    writer.close()
    assert [row[0] for row in rows(store, metadata.tables["cases"])] == sorted(names)
    assert ORG not in names
