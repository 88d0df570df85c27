"""Acts over HTTP: 32 connections of one server process, each with a case of its own, If-Match and a new Idempotency-Key every time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
import uuid
from dataclasses import replace
from typing import Any

import psutil

from tests.bench.consultation import ACTOR, STEPS
from tests.bench.measure import Reading, Setting
from tests.bench.ours.round import DEFINITION, FORM, ROLES, TOPIC, WORKFLOW, WORKFLOWS, database_url
from tests.bench.plan import IDLE_MEMORY
from tests.bench.web.load import measure
from tests.bench.web.server import CONNECTIONS, HOST, free_port, serving

LOOKED_AROUND = 10.0
"""Seconds until every loop of the service has done its work once, and what it needs for that is in memory."""
ETAG = re.compile(rb'\r\netag: ("\d+")', re.IGNORECASE)
BODY = json.dumps({"data": FORM}).encode()
YISHI = [sys.executable, "-c", "from api.cli import main; main()"]


class Acting:
    """One case over one connection: the answer to each step gives the version for the next."""

    def __init__(self, port: int, key: str, case_id: str, etag: str) -> None:
        self.case_id = case_id
        self.etag = etag.encode()
        self.taken = 0
        self.head = (
            f" HTTP/1.1\r\nHost: {HOST}:{port}\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
        ).encode()

    def request(self) -> bytes:
        action = STEPS[self.taken % len(STEPS)].action
        line = f"POST /v1/cases/{self.case_id}/actions/{action}".encode()
        return b"%b%bIf-Match: %b\r\nIdempotency-Key: %b\r\n\r\n%b" % (line, self.head, self.etag, str(uuid.uuid4()).encode(), BODY)

    def answered(self, status: int, head: bytes, body: bytes) -> None:
        found = ETAG.search(head)
        if status != 200 or found is None:
            raise ValueError(f"expected 200 with an ETag, got {head!r} {body[:500]!r}")
        self.etag = found[1]
        self.taken += 1


def yishi(environment: dict[str, str], *arguments: str) -> str:
    """Run a command of the service and give what it printed. Raises CalledProcessError."""
    ended = subprocess.run([*YISHI, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return ended.stdout


def open_case(port: int, key: str) -> tuple[str, str]:
    """Open a case over HTTP; give its id and ETag."""
    asked = urllib.request.Request(
        f"http://{HOST}:{port}/v1/cases",
        json.dumps({"workflow": WORKFLOW, "data": TOPIC}).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        case: dict[str, Any] = json.load(answer)
        return str(case["id"]), str(answer.headers["ETag"])


def run(setting: Setting) -> Reading:
    """Measure acts answered over 32 connections by one process."""
    port = free_port()
    environment = os.environ | {
        "YISHI_DATABASE_URL": database_url(setting),
        "YISHI_WORKFLOWS": str(WORKFLOWS),
        "YISHI_BIND": f"{HOST}:{port}",
        "YISHI_LOG": "warning",
    }
    yishi(environment, "init")
    yishi(environment, "publish", str(DEFINITION))
    roles = [part for role in ROLES for part in ("--role", role)]
    key = json.loads(yishi(environment, "key", "create", "--actor", ACTOR, *roles, "--json"))["key"]
    with serving([*YISHI, "serve"], environment, port) as server:
        time.sleep(LOOKED_AROUND)
        idle = psutil.Process(server.pid).memory_info().rss / 1e6
        dialogues = [Acting(port, key, *open_case(port, key)) for _ in range(CONNECTIONS)]
        reading = measure(HOST, port, dialogues, setting)
    return replace(reading, notes={**reading.notes, IDLE_MEMORY: round(idle, 1)})
