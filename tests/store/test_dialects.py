"""What the two databases do differently: how they are opened and looked after."""

from __future__ import annotations

import itertools
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigurationError, Overloaded
from engine.store import postgresql_direct, sqlite, sqlite_log
from engine.store.cases import get_case
from engine.store.migration import migrate
from engine.store.parameters import BIGINT, BOOL, BYTEA, TEXT, ColumnType, register
from engine.store.postgresql_direct import Direct
from engine.store.sqlite import choose_driver
from engine.store.store import Store
from engine.store.tables import cases
from tests.postgres import Server
from tests.store.rows import ORG, case, case_id, event
from tests.store.test_writer import rows, write


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://root@localhost/x", "/var/yishi.db", "", "sqlite:///file:x?mode=memory&uri=true"]
)
def test_a_url_of_nothing_that_can_be_used_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="expected"):
        Store(url)


def test_a_refused_url_does_not_show_its_password() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        Store("mysql://root:geheim@localhost/x")
    assert "geheim" not in str(refusal.value)


def fake_driver(monkeypatch: pytest.MonkeyPatch, name: str, version: str) -> None:
    module: Any = ModuleType(name)
    module.sqlite_version, module.sqlite_version_info = version, tuple(map(int, version.split(".")))
    monkeypatch.setitem(sys.modules, name, module)


def test_the_first_driver_that_is_new_enough_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_driver(monkeypatch, "older", "3.51.2")
    fake_driver(monkeypatch, "newer", "3.51.3")
    assert choose_driver(["missing", "older", "newer"]).__name__ == "newer"


def test_a_sqlite_that_can_lose_commits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_driver(monkeypatch, "older", "3.51.2")
    with pytest.raises(
        ConfigurationError, match=r"expected SQLite 3\.51\.3 or newer .* found 3\.51\.2 in older; install the package pysqlite3"
    ):
        choose_driver(["missing", "older"])
    with pytest.raises(ConfigurationError, match="found none"):
        choose_driver(["missing"])


def test_the_folder_of_the_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    migrate(f"sqlite:///{folder / 'yishi.db'}")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_every_commit_on_sqlite_reaches_the_disk(sqlite_store: Store) -> None:
    dialect: Any = sqlite_store.dialect
    connection = dialect.connect(read_only=False)
    settings = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")}
    connection.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_second_writer_on_sqlite_waits_and_then_says_so(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE_SECONDS", 0.01)
    first, second = sqlite_store.writer(), sqlite_store.writer()
    with first.begin() as holding, second.begin() as waiting:
        holding.load([(ORG, case_id(1))])
        with pytest.raises(Overloaded):
            waiting.load([(ORG, case_id(1))])
    with second.begin() as batch:
        batch.put_case(case(), None)
        batch.commit()
    first.close()
    second.close()


def test_a_checkpoint_moves_commits_from_the_log_while_others_work(sqlite_store: Store, tmp_path: Path) -> None:
    writer = sqlite_store.writer()
    log = tmp_path / "only.db-wal"
    for n in range(30):
        write(writer, case(n, snapshot="x" * 10_000), event(n))
        sqlite_store.checkpoint()
    assert log.stat().st_size < 30 * 10_000
    assert len({row[1] for row in rows(sqlite_store, cases)}) == 30
    writer.close()


def test_the_log_has_its_length_before_the_first_commit_and_says_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    log = tmp_path / "only.db-wal"
    writer = sqlite_store.writer()
    writer.begin().rollback()
    sqlite_store.prepare()
    length = log.stat().st_size
    assert length >= sqlite_log.ROOM_PAGES * 4096
    assert rows(sqlite_store, cases) == []
    for n in range(30):
        write(writer, case(n))
    sqlite_store.prepare()
    assert log.stat().st_size == length
    writer.close()
    assert len(rows(sqlite_store, cases)) == 30


def test_a_log_that_has_grown_long_is_begun_anew(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread copies what was committed, the next commit what came since; then commits overwrite the log from the front."""
    monkeypatch.setattr(sqlite_log, "LONG_PAGES", 40)
    monkeypatch.setattr(sqlite_log, "LOOK_AFTER", 1)
    writer = sqlite_store.writer()
    commits = itertools.count()

    def until_long_and_copied() -> None:
        keeper = writer._session._keeper  # type: ignore[union-attr]
        while not keeper._is_copying:
            write(writer, case(next(commits), snapshot="x" * 10_000))
        assert keeper._is_copied.wait(30)

    write(writer, case(next(commits)))
    until_long_and_copied()
    length = (tmp_path / "only.db-wal").stat().st_size
    for _ in range(3):
        write(writer, case(next(commits)))
        until_long_and_copied()
    assert (tmp_path / "only.db-wal").stat().st_size < 2 * length
    writer.close()
    assert len(rows(sqlite_store, cases)) == next(commits)


def test_a_log_that_others_copy_all_the_time_is_begun_anew_all_the_same(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler copies as well. Whatever it leaves, here because somebody reads, keeps SQLite from beginning at the front."""
    monkeypatch.setattr(sqlite_log, "LONG_PAGES", 40)
    monkeypatch.setattr(sqlite_log, "LOOK_AFTER", 1)
    writer = sqlite_store.writer()
    write(writer, case(0))
    keeper = writer._session._keeper  # type: ignore[union-attr]
    for n in range(1, 61):
        with sqlite_store.read() as reader:
            assert get_case(reader, ORG, case_id(0)) is not None
            write(writer, case(n, snapshot="x" * 10_000))
            sqlite_store.checkpoint()
        if keeper._is_copying:
            break
    assert keeper._is_copying
    assert keeper._is_copied.wait(30)
    write(writer, case(61))
    length = (tmp_path / "only.db-wal").stat().st_size
    for n in range(62, 66):
        write(writer, case(n))
    assert (tmp_path / "only.db-wal").stat().st_size == length
    writer.close()


def test_a_log_that_cannot_be_looked_after_undoes_no_commit(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk I/O error")

    monkeypatch.setattr(sqlite_log.LogKeeper, "_look_after", fail)
    writer = sqlite_store.writer()
    write(writer, case(1))
    writer.close()
    assert len(rows(sqlite_store, cases)) == 1


def test_a_writer_on_postgresql_never_answers_before_the_disk(postgresql: Server) -> None:
    """Also where the database's own settings are laxer."""
    with postgresql.database() as url:
        migrate(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {connection.info.dbname} SET synchronous_commit = off")
        store = Store(url)
        writer = store.writer()
        with writer.begin() as batch:
            session: Any = batch._session
            assert session._connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        writer.close()
        store.close()


def test_a_batch_of_refusals_writes_nothing_and_ends(store: Store) -> None:
    writer = store.writer()
    with writer.begin() as batch:
        batch.load([(ORG, case_id(1))])
        batch.commit()
    with writer.begin() as batch:
        batch.commit()
    writer.close()


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (TEXT, TEXTS),
        (BIGINT, st.integers(-(2**63), 2**63 - 1)),
        (BOOL, st.booleans()),
        (BYTEA, st.binary()),
    ],
)
def test_whole_columns_arrive_as_they_were_sent(postgresql: Server, column: ColumnType, values: st.SearchStrategy[Any]) -> None:
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        register(connection)

        @given(st.lists(st.none() | values, min_size=1))
        def arrive(sent: list[Any]) -> None:
            (received,) = connection.execute(f"SELECT %s::{column.array}", [column.many(sent)], binary=True).fetchone() or ()
            assert received == sent

        arrive()


@pytest.fixture
def direct(postgresql: Server) -> Iterator[Direct]:
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        yield Direct(connection)


def test_a_statement_is_prepared_again_when_the_server_has_forgotten_it(direct: Direct) -> None:
    for _ in range(2):
        assert direct.execute("SELECT %s::text || %s::text", [b"a", b"b"]) == [(b"ab",)]
        direct.execute("DEALLOCATE ALL", [])


def test_only_so_many_statements_stay_prepared(direct: Direct, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_direct, "MOST_PREPARED", 3)
    for _ in range(2):
        for n in range(5):
            assert direct.execute(f"SELECT {n}::text", []) == [(str(n).encode(),)]
    assert direct.execute("SELECT count(*)::text FROM pg_prepared_statements", []) == [(b"3",)]


def test_a_missing_value_is_null_and_a_mistake_is_raised(direct: Direct) -> None:
    assert direct.execute("SELECT %s::text", [None]) == [(None,)]
    with pytest.raises(psycopg.errors.DivisionByZero):
        direct.execute("SELECT 1 / 0", [])
