"""Runs a storm: load, kill -9, start again, many times; then the check of what is left."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pysqlite3

from tests.server import Server
from tests.storm.check import Rows, Verdict, check, unfired
from tests.storm.load import Client, Facts

CLIENTS = 12
SETTLE_SECONDS = 20.0
WORKFLOW = Path(__file__).parent / "storm.yaml"


@dataclass
class Result:
    """What a storm did and what the check says."""

    verdict: Verdict
    kills: int
    acknowledged: int
    resolved: int
    replayed: int


def storm(server: Server, *, seconds: float, kills: int | None, seed: int) -> Result:
    """Act for some seconds (or until so many kills) while the server is killed at random moments."""
    server.yishi("init")
    server.yishi("publish", str(WORKFLOW))
    headers = server.key("storm", "office")
    server.start()
    facts = Facts()
    done = asyncio.run(blow(server, headers, facts, seconds, kills, random.Random(seed)))
    wait_for_rungs(server.database_url)
    server.stop()
    events, deadlines, rungs = read(server.database_url)
    verdict = check(facts.acknowledged, events, rungs)
    verdict.checked += len(deadlines)
    verdict.lost.extend(f"rung of deadline {n} of {case}" for case, n in unfired(deadlines, rungs))
    return Result(verdict, done, facts.count, facts.resolved_by_key, facts.replayed)


async def blow(server: Server, headers: dict[str, str], facts: Facts, seconds: float, kills: int | None, chance: random.Random) -> int:
    """Let clients act; kill the server again and again; stop when time is up or the kills are done."""
    stop, tokens = asyncio.Event(), itertools.count(1)
    clients = [asyncio.create_task(Client(server.url, headers, tokens, facts, chance.getrandbits(32)).run(stop)) for _ in range(CLIENTS)]
    until, done = time.monotonic() + seconds, 0
    while (time.monotonic() < until) if kills is None else (done < kills):
        await under_load(facts)
        await asyncio.sleep(chance.uniform(0.1, 0.6))
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        done += 1
    stop.set()
    await asyncio.gather(*clients)
    return done


async def under_load(facts: Facts) -> None:
    """Wait until the server that was just started is at work; to kill one that nobody reached yet shows nothing."""
    until, before = time.monotonic() + SETTLE_SECONDS, facts.count
    while facts.count < before + CLIENTS and time.monotonic() < until:  # noqa: ASYNC110  the clients only count
        await asyncio.sleep(0.02)


def wait_for_rungs(url: str) -> None:
    """Wait until the rungs of all that runs have fired; those that never do are lost, as the check then says."""
    until = time.monotonic() + SETTLE_SECONDS
    while unfired(*read(url)[1:]) and time.monotonic() < until:
        time.sleep(0.2)


def read(url: str) -> tuple[Rows, Rows, Rows]:
    """Read the trail with nothing but a driver."""
    queries = (
        "SELECT case_id, seq, body, hash FROM case_event ORDER BY case_id, seq",
        "SELECT case_id, n, status FROM deadline ORDER BY case_id, n",
        "SELECT case_id, deadline_n, rung FROM rung ORDER BY case_id, deadline_n",
    )
    connection: Any = pysqlite3.connect(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else psycopg.connect(url)
    try:
        first, second, third = ([tuple(row) for row in connection.execute(query).fetchall()] for query in queries)
        return first, second, third
    finally:
        connection.close()
