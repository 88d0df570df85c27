"""Counting requests where they pass, in plain numbers; `api.metrics` puts them into Prometheus's form when it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.runtime.tally import Tally

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


@dataclass(slots=True)
class RequestMeter:
    """Counts requests. Only the event loop writes."""

    answered: dict[tuple[str, str, int], int] = field(default_factory=dict)
    seconds: Tally = field(default_factory=lambda: Tally(SECONDS))

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request by the address as it is declared. Clients make up methods: those count as one."""
        key = (method if method in METHODS else "other", route, status)
        self.answered[key] = self.answered.get(key, 0) + 1
        self.seconds.note(seconds)
