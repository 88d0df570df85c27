"""The sealer: gives committed events their place in the organisation's log. Only the sealed log is a cursor to read by."""

from __future__ import annotations

from dataclasses import dataclass

from engine.clock import Instant
from engine.runtime.application import Application
from engine.store import log

BATCH = 1_000


@dataclass(slots=True)
class Sealer:
    """Seals what has been committed since the last run."""

    application: Application

    def run_once(self, now: Instant) -> int:  # noqa: ARG002  every loop takes the same argument
        """Seal until nothing is left; give how many events were sealed."""
        sealed = 0
        while True:
            done = sum(self._seal(org) for org in self._waiting())
            sealed += done
            if not done:
                return sealed

    def _waiting(self) -> list[str]:
        with self.application.store.read() as reader:
            return log.orgs_with_unsealed(reader)

    def _seal(self, org: str) -> int:
        with self.application.store.writing() as batch:
            return log.seal(batch, org, BATCH)
