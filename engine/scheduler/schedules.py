"""Schedules: opens the cases that open by themselves, each occurrence exactly once.

How far a schedule has come is a row that is held while its cases are opened, in the same commit. A schedule begins with the publication of
the version that first has it; what was missed while the service stood still is opened as `catch_up` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import structlog

from engine.clock import SECOND, Instant
from engine.core.advance import advance
from engine.core.case import EMPTY
from engine.core.command import OpenRelated
from engine.core.compiled import Process
from engine.core.decision import Refused
from engine.core.message import related_id
from engine.core.opening import scheduled_data
from engine.definition.schedules import Schedule
from engine.runtime.application import Application
from engine.runtime.lane import Work
from engine.runtime.recording import record
from engine.store.definitions import list_definitions
from engine.store.records import ServiceStateRecord
from engine.store.service import get_state
from engine.store.writer import Batch

log = structlog.get_logger(__name__)

GRACE = 60 * SECOND
"""An opening that is later than this was missed: `catch_up` decides about it."""
CLOCK = "clock"


class Schedules:
    """Looks for occurrences that are due. ``run_once`` may run on any number of nodes at once."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def run_once(self, now: Instant) -> int:
        """Open all that is due at an instant; give how many cases were opened."""
        opened = 0
        for process, schedule, begins in self._all():
            if any(at <= now for _, at in self._pending(process, schedule, begins)):
                opened += self.application.lane.submit(Work(self._opening(process, schedule, begins, now), bulk=True)).result()
        return opened

    def next_instant(self) -> Instant | None:
        """Give when the next case opens by itself; None where none does."""
        upcoming = (next(self._pending(*each), None) for each in self._all())
        return min((each[1] for each in upcoming if each is not None), default=None)

    # --- what there is ----------------------------------------------------------------------------------------------

    def _all(self) -> Iterator[tuple[Process, Schedule, date]]:
        """Give each schedule of the newest versions, and the day from which it counts."""
        application = self.application
        with application.store.read() as reader:
            rows = list_definitions(reader, application.org)
        first = {row.workflow: row.published_at for row in rows}  # the newest version comes first, so the oldest one remains
        for workflow, published_at in first.items():
            process = application.registry.published(application.org, workflow)
            for schedule in process.definition.schedules.values():
                yield process, schedule, process.calendar.local_date(published_at)

    def _pending(self, process: Process, schedule: Schedule, begins: date) -> Iterator[tuple[date, Instant]]:
        with self.application.store.read() as reader:
            kept = get_state(reader, self.application.org, key_of(process, schedule))
        return pending(process, schedule, begins, kept)

    # --- opening ----------------------------------------------------------------------------------------------------

    def _opening(self, process: Process, schedule: Schedule, begins: date, now: Instant) -> Any:
        org = self.application.org

        def run(batch: Batch, recorded: Instant) -> int:
            key, opened = key_of(process, schedule), 0
            kept = batch.hold_state(org, key, begins.isoformat())
            due = []
            for day, at in pending(process, schedule, begins, kept):
                if at > now:
                    break
                due.append((day, at))
            for day, at in chosen(due, schedule.catch_up, now):
                opened += self._open(batch, process, schedule, day, max(at, recorded) if not self.application.manual else at)
            if due:
                batch.put(ServiceStateRecord(org, key, due[-1][0].isoformat()))
            return opened

        return run

    def _open(self, batch: Batch, process: Process, schedule: Schedule, day: date, at: Instant) -> int:
        org, definition = self.application.org, process.definition
        command = OpenRelated(
            org=org,
            case_id=related_id(org, key_of(process, schedule), day.toordinal(), 0, at),
            opened_by=CLOCK,
            data=scheduled_data(process, schedule, day, at),
            origin={"schedule": {"name": schedule.name, "date": day.isoformat()}},
        )
        outcome = advance(process, None, command, at, self.application.body(org, at))
        if isinstance(outcome, Refused):
            log.error(
                "schedule.refused", workflow=definition.workflow, schedule=schedule.name, codes=[each.code for each in outcome.refusals]
            )
            return 0
        record(batch, definition, None, outcome)
        return 1


def key_of(process: Process, schedule: Schedule) -> str:
    """Name the row that remembers how far a schedule has come."""
    return f"schedule:{process.definition.workflow}.{schedule.name}"


def pending(process: Process, schedule: Schedule, begins: date, kept: str | None) -> Iterator[tuple[date, Instant]]:
    """Give the occurrences that were not dealt with, each with the instant its case opens at."""
    lead = process.term(schedule.lead, {**process.settings, **EMPTY}) if schedule.lead is not None else None
    after = date.fromisoformat(kept) if kept else begins
    return ((day, at) for day, at in schedule.openings(process.calendar, begins, lead) if day > after)


def chosen(due: list[tuple[date, Instant]], catch_up: str, now: Instant) -> list[tuple[date, Instant]]:
    """Give the occurrences whose cases are opened: what is on time always, of what was missed all, the last, or none."""
    missed, timely = [each for each in due if each[1] < now - GRACE], [each for each in due if each[1] >= now - GRACE]
    if catch_up == "all":
        return due
    return timely if timely or catch_up == "record" else missed[-1:]
