"""What the tests stand on: databases are real, empty and one's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text

from tests.postgres import Server

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_gets_an_empty_database(database_url: str, turn: str) -> None:
    engine = create_engine(database_url)
    try:
        with engine.begin() as connection:
            assert inspect(connection).get_table_names() == []
            connection.execute(text(f"CREATE TABLE left_by_{turn} (id INTEGER)"))
    finally:
        engine.dispose()


def test_a_copied_database_starts_with_what_the_template_has(postgresql: Server) -> None:
    with postgresql.database() as template:
        with psycopg.connect(template) as connection:
            connection.execute("CREATE TABLE agenda AS SELECT 7 AS items")
            name = connection.info.dbname
        with postgresql.database(name) as copy, psycopg.connect(copy) as connection:
            assert connection.execute("SELECT items FROM agenda").fetchall() == [(7,)]


@pytest.mark.skipif("YISHI_TEST_PG" in os.environ, reason="the server was lent to us: it stays")
def test_the_server_ends_with_a_run_that_is_killed() -> None:
    """A run that dies without a chance to clean up leaves neither a server nor its data behind."""
    doomed = (
        "import os, signal, tests.postgres as p\n"
        "with p.postgres() as server:\n"
        "    print(server.url.partition('host=')[2], flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    # The supervisor shares the run's stderr, so reading that to its end waits until the server has stopped and the data is gone.
    run = subprocess.run([sys.executable, "-c", doomed], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == -9, run.stderr
    assert not Path(run.stdout.strip()).exists()
