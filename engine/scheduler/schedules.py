"""Schedules: opens the cases that open by themselves, each occurrence exactly once.

How far a schedule has come is a row that is held while its cases are opened, in the same commit. The schedules are those of the versions in
force. One begins when the version that first has it comes into force; what was missed while the service stood still is opened as
`catch_up` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any

import structlog

from engine.clock import SECOND, Instant
from engine.core.advance import advance
from engine.core.command import OpenRelated
from engine.core.compiled import Process
from engine.core.decision import Refused
from engine.core.message import related_id
from engine.core.opening import scheduled_data
from engine.definition.schedules import Schedule
from engine.definition.terms import Term
from engine.runtime.application import Application
from engine.runtime.lane import Work
from engine.runtime.recording import record
from engine.store.definitions import ListedVersion, in_force, list_versions
from engine.store.records import ServiceStateRecord
from engine.store.service import get_state
from engine.store.writer import Batch

log = structlog.get_logger(__name__)

GRACE = 60 * SECOND
"""An opening that is later than this was missed: `catch_up` decides about it."""
CLOCK = "clock"


class Schedules:
    """Looks for occurrences that are due. ``run_once`` may run on any number of nodes at once.

    They are those of the organisation this installation serves, or of another: ``since`` says which of its workflows, and from which day.
    """

    def __init__(self, application: Application, org: str | None = None, since: Mapping[str, date] | None = None) -> None:
        self.application, self.org, self.since = application, org or application.org, since

    def run_once(self, now: Instant) -> int:
        """Open all that is due at an instant; give how many cases were opened."""
        opened = 0
        for process, schedule, begins in self._all():
            first = self._next(process, schedule, begins)
            if first is not None and first <= now:
                opened += self.application.lane.submit(Work(self._opening(process, schedule, begins, now), bulk=True)).result()
        return opened

    def next_instant(self) -> Instant | None:
        """Give when the next case opens by itself, or a version comes into force whose cases may; None where nothing of that is to come."""
        openings = [at for each in self._all() if (at := self._next(*each)) is not None]
        return min((*openings, *self._to_come_into_force()), default=None)

    # --- what there is ----------------------------------------------------------------------------------------------

    def _all(self) -> Iterator[tuple[Process, Schedule, date]]:
        """Give each schedule of the versions in force, and the day from which it counts."""
        now = self.application.now()
        for _, versions in groupby(self._published(), key=lambda row: row.workflow):
            rows = [row for row in versions if in_force(row, now)]
            if not rows or "schedules" not in self._declares(rows[0]):
                continue
            process = self._process(rows[0])
            for schedule in process.schedules(self._chosen(process)):
                earlier = (row for row in reversed(rows) if "schedules" in self._declares(row))
                first = next(row for row in earlier if schedule.name in self._process(row).definition.schedules)
                begins = process.calendar.local_date(begins_at(first))
                yield process, schedule, begins if self.since is None else max(begins, self.since[process.definition.workflow])

    def _to_come_into_force(self) -> list[Instant]:
        now = self.application.now()
        return [begins_at(row) for row in self._published() if not in_force(row, now)]

    def _published(self) -> list[ListedVersion]:
        with self.application.store.read() as reader:
            rows = list_versions(reader, self.org)
        return [row for row in rows if self.since is None or row.workflow in self.since]

    def _declares(self, row: ListedVersion) -> frozenset[str]:
        return self.application.registry.declares(self.org, row.workflow, row.version, row.digest)

    def _process(self, row: ListedVersion) -> Process:
        return self.application.registry.process(self.org, row.workflow, row.version, row.digest)

    def _next(self, process: Process, schedule: Schedule, begins: date) -> Instant | None:
        with self.application.store.read() as reader:
            kept = get_state(reader, self.org, key_of(process, schedule))
        return next_opening(process, schedule, self._lead(process, schedule), begins, kept)

    def _lead(self, process: Process, schedule: Schedule) -> Term | None:
        """Give how long before the occurrence its case opens, as the body has it."""
        if schedule.lead is None:
            return None
        return process.term(schedule.lead, {**process.settings, **self._chosen(process)})

    def _chosen(self, process: Process) -> Mapping[str, Any]:
        """Give the settings that the body has chosen."""
        return self.application.registry.presets.settings(self.org, process)

    # --- opening ----------------------------------------------------------------------------------------------------

    def _opening(self, process: Process, schedule: Schedule, begins: date, now: Instant) -> Any:
        org = self.org

        def run(batch: Batch, recorded: Instant) -> int:
            key, opened = key_of(process, schedule), 0
            kept = batch.hold_state(org, key, begins.isoformat())
            due = []
            for day, at in pending(process, schedule, self._lead(process, schedule), begins, kept):
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
        org, definition = self.org, process.definition
        command = OpenRelated(
            org=org,
            case_id=related_id(org, key_of(process, schedule), day.toordinal(), 0, at),
            opened_by=CLOCK,
            data=scheduled_data(process, schedule, day, at),
            origin={"schedule": {"name": schedule.name, "date": day.isoformat()}},
            settings=self._chosen(process),
        )
        outcome = advance(process, None, command, at, self.application.body(org, at))
        if isinstance(outcome, Refused):
            log.error(
                "schedule.refused", workflow=definition.workflow, schedule=schedule.name, codes=[each.code for each in outcome.refusals]
            )
            return 0
        record(batch, definition, None, outcome)
        return 1


def begins_at(row: ListedVersion) -> Instant:
    """Give when a version comes into force, or did."""
    return max(row.published_at, row.effective_from or row.published_at)


def key_of(process: Process, schedule: Schedule) -> str:
    """Name the row that remembers how far a schedule has come."""
    return f"schedule:{process.definition.workflow}.{schedule.name}"


def pending(process: Process, schedule: Schedule, lead: Term | None, begins: date, kept: str | None) -> Iterator[tuple[date, Instant]]:
    """Give the occurrences that were not dealt with, each with the instant its case opens at."""
    after = date.fromisoformat(kept) if kept else begins
    return ((day, at) for day, at in schedule.openings(process.calendar, begins, lead) if day > after)


@lru_cache(maxsize=1024)
def next_opening(process: Process, schedule: Schedule, lead: Term | None, begins: date, kept: str | None) -> Instant | None:
    """Give when the next case opens; all of the occurrences come in order. Asked every second, the answer changes with each opening."""
    return next((at for _, at in pending(process, schedule, lead, begins, kept)), None)


def chosen(due: list[tuple[date, Instant]], catch_up: str, now: Instant) -> list[tuple[date, Instant]]:
    """Give the occurrences whose cases are opened: what is on time always, of what was missed all, the last, or none."""
    missed, timely = [each for each in due if each[1] < now - GRACE], [each for each in due if each[1] >= now - GRACE]
    if catch_up == "all":
        return due
    return timely if timely or catch_up == "record" else missed[-1:]
