"""The service put together: one object that holds what every entrance needs, built from the settings and passed down."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from engine.clock import Clock, Instant, SystemClock
from engine.definition.calendar_files import load_calendars
from engine.errors import ClockIsNotManual
from engine.runtime.body import Body, Looking
from engine.runtime.lane import Lane
from engine.runtime.manual_clock import ManualClock, claim_clock
from engine.runtime.registries import Registries
from engine.runtime.registry import Registry
from engine.runtime.row_service import RowService
from engine.runtime.service import CaseService
from engine.settings import Settings
from engine.store.migration import migrate
from engine.store.store import Store
from engine.store.writer import Batch


class Application:
    """The store, the compiled definitions, the lane and the service on top of them. Use `opened`; it closes what it opens."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.database_url)
        self.manual = settings.clock == "manual"
        self.calendars = load_calendars(settings.workflows / "calendars")
        self.lane = Lane(self.store.writer(), self._now, most_waiting=settings.queue)
        self.clock: Clock = ManualClock(self.store, self.lane) if self.manual else SystemClock()
        self.registry = Registry(self.store, self.lane, self.calendars)
        self.registries = Registries(self.store, self.calendars)
        # On PostgreSQL the sweep works beside the clerks, on a connection of its own; SQLite has one writer at a time anyway.
        self.sweeping = Lane(self.store.writer(), self._now) if self.store.dialect.name == "postgresql" else self.lane
        self.rows = RowService(self.lane, self.registries)
        self.service = CaseService(self.lane, self.registry, self.registries, self.sweeping)

    def body(self, org: str, now: Instant) -> Body:
        """Give an organisation as a decision would see it, to who only looks."""
        return Body(Looking(self.store), org, self.registries, now)

    @property
    def org(self) -> str:
        """Give the organisation this installation serves."""
        return self.settings.organisation

    @property
    def manual_clock(self) -> ManualClock:
        """Give the clock that can be moved. Raises ClockIsNotManual."""
        if not isinstance(self.clock, ManualClock):
            raise ClockIsNotManual
        return self.clock

    def now(self) -> Instant:
        """Give the present instant of the service's clock."""
        return self.clock.now()

    def _now(self, batch: Batch) -> Instant:
        """Give the instant of a batch: of the database where it tells one, so that several nodes agree."""
        if self.manual or batch.database_now is None:
            return self.clock.now()
        return batch.database_now

    def start(self) -> None:
        """Begin to work in the background, as a server does. Without it every command runs in its caller's thread."""
        self.registry.preload(self.org, self.now())
        self.store.prepare()
        # What was loaded so far stays for good: the collector need not walk it again and again while people wait. And hardly an act
        # leaves a ring of objects behind, so that it need not look for some after every seven hundred new ones either.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 100)
        self.lane.start()
        if self.sweeping is not self.lane:
            self.sweeping.start()

    def close(self) -> None:
        """Finish what waits and close every connection."""
        self.lane.stop()
        if self.sweeping is not self.lane:
            self.sweeping.stop()
        self.store.close()


@contextmanager
def opened(settings: Settings, *, serve: bool = False) -> Iterator[Application]:
    """Bring the database up to date, claim its clock, and open the application for as long as the block lasts."""
    migrate(settings.database_url)
    application = Application(settings)
    try:
        claim_clock(application.store, application.lane, manual=application.manual)
        if serve:
            application.start()
        yield application
    finally:
        application.close()
