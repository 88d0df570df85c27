"""A migrated database and its store, on each product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store.migration import migrate
from engine.store.store import Store
from engine.store.writer import Writer
from tests.postgres import Server
from tests.store.watch import forgotten, watch


@pytest.fixture(autouse=True)
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement that readers and writers send in a test; whatever the test is about, none may forget the organisation."""
    seen = watch(monkeypatch)
    yield seen
    assert [missing for statement in seen for missing in forgotten(statement)] == []


@pytest.fixture
def migrated_url(database_url: str) -> str:
    migrate(database_url)
    return database_url


@pytest.fixture
def store(migrated_url: str) -> Iterator[Store]:
    store = Store(migrated_url)
    yield store
    store.close()


@pytest.fixture
def postgresql_store(postgresql: Server) -> Iterator[Store]:
    """For what only PostgreSQL has."""
    with postgresql.database() as url:
        migrate(url)
        store = Store(url)
        yield store
        store.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """For what only SQLite has."""
    url = f"sqlite:///{tmp_path / 'only.db'}"
    migrate(url)
    store = Store(url)
    yield store
    store.close()


@pytest.fixture
def writer(store: Store) -> Iterator[Writer]:
    writer = store.writer()
    yield writer
    writer.close()
