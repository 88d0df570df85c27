"""APScheduler wakes the loops; it holds nothing that matters. Deadlines are rows, and every loop can be run by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from engine.clock import Instant
from engine.runtime.application import Application
from engine.scheduler.calendar_watch import CalendarWatch
from engine.scheduler.figure_watch import FigureWatch
from engine.scheduler.prune import Prune
from engine.scheduler.relay import Relay
from engine.scheduler.schedules import Schedules
from engine.scheduler.sealer import Sealer
from engine.scheduler.sweep import Sweep
from engine.store.messages import pending_messages
from engine.store.store import CHECKPOINT_SECONDS

log = structlog.get_logger(__name__)


class Scheduler:
    """Wakes sweep, sealer, relay, figures and prune in threads of their own for as long as the server runs."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.sweep = Sweep(application)
        self.schedules = Schedules(application)
        self.sealer = Sealer(application)
        self.relay = Relay(application)
        self.figures = FigureWatch(application)
        self.prune = Prune(application)
        # A wake-up that is missed or late is made up for by the next one, never dropped and never stacked up.
        self._scheduler = BackgroundScheduler(
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}, timezone="UTC"
        )

    def start(self) -> None:
        """Begin to wake the loops. Under a manual clock the sweep runs when the clock is moved."""
        often = self.application.settings.sweep_seconds
        if not self.application.manual:
            self._every(often, "sweep", self.sweep.run_once)
            self._every(often, "schedules", self.schedules.run_once)
        self._every(1, "post", self._deliver)
        self._every(1, "sealer", self.sealer.run_once)
        self._every(2, "relay", self.relay.run_once)
        self._every(30, "figures", self.figures.run_once)
        self._every(CHECKPOINT_SECONDS, "checkpoint", lambda _: self.application.store.checkpoint())
        self._every(3600, "prune", self.prune.run_once)
        self._once("calendar_watch", CalendarWatch(self.application).run_once)
        self._scheduler.start()

    def stop(self) -> None:
        """Let what runs finish, then wake nothing more."""
        self._scheduler.shutdown(wait=True)

    def _deliver(self, _: Instant) -> None:
        """Deliver what a stop has left lying. To look first costs the lane nothing, where a round of its own would be a commit."""
        with self.application.store.read() as reader:
            waiting = pending_messages(reader, 1)
        if waiting:
            self.application.service.deliver().result()

    def _every(self, seconds: float, name: str, run_once: Callable[[Instant], Any]) -> None:
        self._scheduler.add_job(self._waking(name, run_once), "interval", seconds=seconds, id=name)

    def _once(self, name: str, run_once: Callable[[Instant], Any]) -> None:
        self._scheduler.add_job(self._waking(name, run_once), id=name)

    def _waking(self, name: str, run_once: Callable[[Instant], Any]) -> Callable[[], None]:
        def wake() -> None:
            try:
                run_once(self.application.now())
            except Exception as failure:  # a loop that fails is woken again; what it left undone is still in the tables
                log.exception("loop.failed", loop=name, error=type(failure).__name__)

        return wake
