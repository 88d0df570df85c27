"""What is measured and how long: the same for every contender."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Turn = Callable[[], int]
"""Does one piece of durable work and gives the number of steps it committed."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a contender works and for how long. `folder` is empty and its own; so is the database at `postgres`."""

    folder: Path
    postgres: str
    warm: float  # seconds before the clock runs
    seconds: float  # seconds under the clock


@dataclass(frozen=True, slots=True)
class Reading:
    """What was done in how many seconds, and what else is worth knowing."""

    done: int
    seconds: float
    notes: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return self.done / self.seconds


def one_client(turn: Turn, setting: Setting) -> Reading:
    """Take turns one after the other, first unmeasured, then under the clock."""
    warm_until = time.perf_counter() + setting.warm
    while time.perf_counter() < warm_until:
        turn()
    done = 0
    begun = now = time.perf_counter()
    end = begun + setting.seconds
    while now < end:
        done += turn()
        now = time.perf_counter()
    return Reading(done, now - begun)


async def many_clients(clients: Sequence[Callable[[], Awaitable[int]]], setting: Setting) -> Reading:
    """Let all clients go on at once and count what is answered inside one common window: a starved client must not get its own."""
    begin = time.perf_counter() + setting.warm
    end = begin + setting.seconds
    latencies: list[float] = []
    done = 0

    async def go_on(client: Callable[[], Awaitable[int]]) -> None:
        nonlocal done
        now = time.perf_counter()
        while now < end:
            asked = now
            steps = await client()
            now = time.perf_counter()
            if begin <= now < end:
                done += steps
                latencies.append(now - asked)

    await asyncio.gather(*(go_on(client) for client in clients))
    return Reading(done, setting.seconds, latency_notes(latencies))


def latency_notes(latencies: Sequence[float]) -> dict[str, float]:
    """Give the middle, the 99th of a hundred and the slowest, in ms."""
    ordered = sorted(latencies)
    if not ordered:
        return {}
    places = {"p50_ms": len(ordered) // 2, "p99_ms": len(ordered) * 99 // 100, "max_ms": len(ordered) - 1}
    return {name: round(ordered[place] * 1e3, 3) for name, place in places.items()}
