"""The reference of all requests: an empty ``async`` route of FastAPI, served as the service is."""

from __future__ import annotations

import os
import sys

import uvicorn
from fastapi import FastAPI

from tests.bench.measure import Reading, Setting
from tests.bench.web.load import measure
from tests.bench.web.server import CONNECTIONS, HOST, free_port, serving

app = FastAPI()


@app.get("/")
async def empty() -> None:
    """Do nothing."""


class Asking:
    """Sends the same request again and again."""

    def __init__(self, port: int) -> None:
        self.bytes = f"GET / HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode()

    def request(self) -> bytes:
        return self.bytes

    def answered(self, status: int, head: bytes, body: bytes) -> None:
        if (status, body) != (200, b"null"):
            raise ValueError(f"expected 200 and null, got {head!r} and {body!r}")


def run(setting: Setting) -> Reading:
    """Measure requests answered over 32 connections by one process."""
    port = free_port()
    with serving([sys.executable, "-m", "tests.bench.web.empty_route", str(port)], os.environ, port):
        return measure(HOST, port, [Asking(port) for _ in range(CONNECTIONS)], setting)


if __name__ == "__main__":
    uvicorn.run(app, host=HOST, port=int(sys.argv[1]), access_log=False, log_level="error")
