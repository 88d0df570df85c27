"""A real server in a process of its own, for tests that act on it from outside: over HTTP, with signals, and on its database."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[1]
START_SECONDS = 60.0
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that speak plain HTTP on the loopback: to read all certificate authorities takes longer than their requests."""


def free_port() -> int:
    """Find a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One installation: a database, a folder, and a server that can be started, killed and started again on the same port."""

    def __init__(self, folder: Path, database_url: str | None = None, **settings: str) -> None:
        self.folder = folder
        self.cwd = ROOT
        self.port = free_port()
        self.database_url = database_url or f"sqlite:///{folder}/yishi.db"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("YISHI_")},
            "PYTHONPATH": str(ROOT),
            "YISHI_DATABASE_URL": self.database_url,
            "YISHI_BIND": f"127.0.0.1:{self.port}",
            "YISHI_WORKFLOWS": str(ROOT / "workflows"),
            "YISHI_FILES": str(folder / "files"),
            "YISHI_LOG": "warning",
            **{f"YISHI_{key.upper()}": value for key, value in settings.items()},
        }

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.port}"

    def yishi(self, *arguments: str, check: bool = True) -> str:
        """Run the command line on the same database; give what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", *arguments],
            env=self.environment, cwd=self.cwd, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not check, f"yishi {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def key(self, actor: str, *roles: str, unit: str | None = None) -> dict[str, str]:
        """Make an API key; give the header that shows it."""
        flags = [flag for role in roles for flag in ("--role", role)] + (["--unit", unit] if unit else [])
        made = json.loads(self.yishi("key", "create", "--actor", actor, *flags, "--json"))
        return {"Authorization": f"Bearer {made['key']}"}

    def start(self, *, wait: bool = True) -> Server:
        """Start the server; by default wait until it says that it is ready."""
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve"], env=self.environment, cwd=self.cwd, stdout=log, stderr=log
        )
        log.close()
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        """Wait until /readyz answers; fail with the server's log if it ends or takes too long."""
        until = time.monotonic() + START_SECONDS
        with self.client({}) as client:
            while time.monotonic() < until:
                assert self.process is not None
                assert self.process.poll() is None, (self.folder / "server.log").read_text()
                try:
                    if client.get("/readyz", timeout=1).status_code == 200:
                        return
                except httpx2.TransportError:
                    time.sleep(0.02)
        raise AssertionError(f"not ready after {START_SECONDS} s: {(self.folder / 'server.log').read_text()}")

    def kill(self) -> None:
        """End the server at once, as a power cut would end its process."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server as a service manager does."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
            self.process = None

    def client(self, headers: Mapping[str, str]) -> httpx2.Client:
        """Give a client that shows a key."""
        return httpx2.Client(base_url=self.url, headers=dict(headers), timeout=20, verify=NO_TLS)


@contextmanager
def server(folder: Path, database_url: str | None = None, **settings: Any) -> Iterator[Server]:
    """Give an installation that is ended with the block; it is not started yet."""
    made = Server(folder, database_url, **settings)
    try:
        yield made
    finally:
        made.kill()
