"""A server under load: a process of its own on a free port of the loopback."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

HOST = "127.0.0.1"
CONNECTIONS = 32
PATIENCE = 20.0  # seconds until the server must listen


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    """Return once the port takes connections. Raises RuntimeError when the server ends or is too slow."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it listened")
        try:
            socket.create_connection((HOST, port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"the server did not listen on port {port} within {PATIENCE:.0f} s")


@contextmanager
def serving(command: Sequence[str], environment: Mapping[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command, wait until it listens, end it afterwards."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_until_listening(process, port)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
