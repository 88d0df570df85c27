"""Pruning: what has served its time goes; the months ahead get their partitions. Nothing of the trail is ever pruned."""

from __future__ import annotations

from dataclasses import dataclass

from engine.clock import SECOND, Instant
from engine.runtime.application import Application
from engine.store import keeping

DAY = 86_400 * SECOND
KEEP_KEYS = 7 * DAY
"""How long the answer to an idempotency key is kept."""


@dataclass(slots=True)
class Prune:
    """Deletes idempotency keys after seven days and sessions that have expired."""

    application: Application

    def run_once(self, now: Instant) -> int:
        """Prune once; give how many rows went."""
        with self.application.store.writing() as batch:
            gone = keeping.prune_idempotency(batch, now - KEEP_KEYS) + keeping.prune_sessions(batch, now)
        self.application.store.ensure_partitions(now)
        return gone
