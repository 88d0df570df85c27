"""A changed calendar and the deadlines that run on it: previewed, then applied case by case through the one door.

The files of the calendars are the data: a notice is entered there, and what is armed from then on is counted on it. What runs already
stays where it was until somebody has it counted again, here. Nothing is kept of that but the events of the cases, so it may be
broken off and begun again at any time: what stands as the calendar says is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from engine.clock import Instant, rfc3339
from engine.core.advance import advance
from engine.core.case import Actor, Case
from engine.core.command import Recount
from engine.core.compiled import Process
from engine.core.decision import Refused
from engine.core.refusals import label
from engine.proof.calendar_plan import DeadlineMoved, DueMoved, moved_by_calendar
from engine.runtime.application import Application
from engine.runtime.in_slices import MOVED, PAGE, SKIPPED, Progress, in_slices
from engine.runtime.lane import Pending, Work
from engine.runtime.people import Principal
from engine.runtime.recording import record, to_case
from engine.store.reader import Page, pages
from engine.store.records import CaseRecord
from engine.store.versions import counted_otherwise
from engine.store.writer import Batch

Json = dict[str, Any]

RIGHT = "calendars"
ONLOOKER = Actor("onlooker", frozenset(), "")
"""Stands for who would have the calendar applied, where nothing is recorded."""


class Behind(NamedTuple):
    """How many live deadlines of how many cases the calendar would move, or make certain."""

    cases: int
    deadlines: int


class Recounting:
    """Previews and applies changed calendars. Needs the right `calendars`. Every method blocks; none may run on an event loop."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._versions = sorted(calendar.version for calendar in application.calendars.values())

    def behind(self, org: str) -> Behind:
        """Count what would move, for who looks after the service."""
        found, now = [0, 0], self._application.now()
        for row in chain.from_iterable(pages(lambda after: self._rows(org, (), after, PAGE))):
            if moved := self._moved(row, now):
                found = [found[0] + 1, found[1] + len(moved)]
        return Behind(*found)

    def preview(
        self, principal: Principal, *, only: Sequence[str] = (), cursor: str | None = None, limit: int = PAGE, language: str = "zh-CN"
    ) -> Json:
        """Say for each case whose deadlines the calendar would move what becomes of them. Records nothing."""
        principal.demand(RIGHT)
        found, now = self._rows(principal.org, only, cursor, limit), self._application.now()
        verdicts = [(row, moved) for row in found.items if (moved := self._moved(row, now))]
        views = [self._case_view(row, moved, language) for row, moved in verdicts]
        counts = {MOVED: len(verdicts), SKIPPED: len(found.items) - len(verdicts)}
        return {"dry_run": True, "calendars": self._named(), **counts, "cases": views, "next": found.cursor}

    def apply(
        self,
        principal: Principal,
        *,
        reason: str | None = None,
        only: Sequence[str] = (),
        cursor: str | None = None,
        limit: int | None = None,
        language: str = "zh-CN",
        progress: Progress | None = None,
    ) -> Json:
        """Count the live deadlines again, each case by an event of its own; at most ``limit`` cases, then ``next`` says where to go on."""
        principal.demand(RIGHT)

        def page(after: str | None, most: int) -> Page[CaseRecord]:
            return self._rows(principal.org, only, after, most)

        def work(row: CaseRecord) -> Pending:
            return self._count_anew(principal, row, reason)

        done = in_slices(page, work, cursor=cursor, limit=limit, language=language, progress=progress)
        counts = {name: done[name] for name in (MOVED, SKIPPED, "cases", "next")}
        return {"dry_run": False, "calendars": self._named(), **counts}

    # --- one case ---------------------------------------------------------------------------------------------------

    def _count_anew(self, principal: Principal, row: CaseRecord, reason: str | None) -> Pending:
        def run(batch: Batch, now: Instant) -> str:
            current = batch.case(row.org, row.id)
            assert current is not None, "cases are never deleted"
            case, process = to_case(current), self._process(current)
            outcome = advance(process, case, Recount(principal.actor, reason), now)
            if isinstance(outcome, Refused):
                return SKIPPED
            record(batch, process.definition, case, outcome)
            return MOVED

        return self._application.lane.submit(Work(run, cases=((row.org, row.id),), bulk=True))

    def _moved(self, row: CaseRecord, now: Instant) -> tuple[DeadlineMoved, ...]:
        case: Case = to_case(row)
        return moved_by_calendar(self._process(row), case, ONLOOKER, max(now, case.updated_at))

    def _process(self, row: CaseRecord) -> Process:
        return self._application.registry.process(row.org, row.workflow, row.definition_version, row.digest)

    # --- many -------------------------------------------------------------------------------------------------------

    def _rows(self, org: str, only: Sequence[str], cursor: str | None, limit: int) -> Page[CaseRecord]:
        with self._application.store.read() as reader:
            return counted_otherwise(reader, org, self._versions, only=only, cursor=cursor, limit=limit)

    # --- views ------------------------------------------------------------------------------------------------------

    def _named(self) -> Json:
        return {calendar.id: calendar.version for calendar in self._application.calendars.values()}

    def _case_view(self, row: CaseRecord, moved: Sequence[DeadlineMoved], language: str) -> Json:
        titles = self._process(row).definition.deadlines
        return {
            "case": row.id,
            "number": row.number,
            "workflow": row.workflow,
            "deadlines": [
                {
                    "name": each.name,
                    "title": label(titles[each.name].title, language),
                    "counted_on": each.was_counted_on,
                    **date_view(each.due, "due"),
                    "rungs": [{"at": at, **date_view(date, "instant")} for at, date in each.rungs],
                    "rungs_due": list(each.rungs_due),
                }
                for each in moved
            ],
        }


def date_view(moved: DueMoved, name: str) -> Json:
    """Give a date before and after."""
    old, new = (None if instant is None else rfc3339(instant) for instant in (moved.old, moved.new))
    return {f"old_{name}": old, f"new_{name}": new, "was_provisional": moved.was_provisional, "provisional": moved.provisional}
