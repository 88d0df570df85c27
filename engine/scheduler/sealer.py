"""The sealer: gives committed events their place in the organisation's log. Only the sealed log is a cursor to read by."""

from __future__ import annotations

from dataclasses import dataclass

from engine.clock import Instant
from engine.runtime.application import Application
from engine.store.log import seal, unsealed_organisations

BATCH = 500
"""Events sealed in one transaction: few enough that a clerk who waits for the same lane does not notice."""


@dataclass(slots=True)
class Sealer:
    """Seals what has been committed since the last run. Any number of nodes may seal at once."""

    application: Application

    def run_once(self, _: Instant) -> int:
        """Seal until nothing is left; give how many events were sealed."""
        sealed = 0
        while waiting := self._organisations():
            done = sum(self._seal(org) for org in waiting)
            sealed += done
            if not done:
                break
        return sealed

    def _organisations(self) -> list[str]:
        with self.application.store.read() as reader:
            return unsealed_organisations(reader)

    def _seal(self, org: str) -> int:
        return self.application.sweeping.write(lambda batch, _: len(seal(batch, org, BATCH)))
