"""What is measured and how long: the same for every contender."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
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
