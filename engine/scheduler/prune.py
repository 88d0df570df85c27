"""Pruning: what has served its time goes; the months ahead get their partitions. Nothing of the trail is ever pruned."""

from __future__ import annotations

from dataclasses import dataclass

from engine.clock import Instant
from engine.runtime.application import Application
from engine.store.partitions import ensure_partitions
from engine.store.service import prune_responses, prune_sessions


@dataclass(slots=True)
class Prune:
    """Deletes idempotency keys after seven days and sessions that have expired."""

    application: Application

    def run_once(self, now: Instant) -> int:
        """Prune once; give how many rows went."""
        gone = self.application.sweeping.write(lambda batch, _: prune_sessions(batch, now))
        while done := self.application.sweeping.write(lambda batch, _: prune_responses(batch, now)):
            gone += done
        ensure_partitions(self.application.store.dialect, now)
        return gone
