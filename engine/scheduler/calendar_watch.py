"""The watch over calendars: says, once at the start, when live deadlines were counted on an older one than the service has now."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from engine.clock import Instant
from engine.runtime.application import Application
from engine.runtime.recounting import Behind, Recounting

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class CalendarWatch:
    """Looks and tells; whether and when dates move is for people to decide."""

    application: Application

    def run_once(self, _: Instant) -> Behind:
        """Count the live deadlines that the present calendars would move, and log a warning where there are any."""
        behind = Recounting(self.application).behind(self.application.org)
        if behind.deadlines:
            log.warning("calendar.changed", cases=behind.cases, deadlines=behind.deadlines, see="yishi calendar changes")
        return behind
