"""`schedules`: cases that open by themselves, on the days of a rule of RFC 5545."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from engine.clock import Instant
from engine.definition.calendars import Calendar
from engine.definition.datatypes import DataType, TypeName, record
from engine.definition.periods import count_back
from engine.definition.recurrences import Recurrence, off_rest_days, parse_recurrence
from engine.definition.relation_values import values
from engine.definition.relations import Given
from engine.definition.rest_days import rest_day
from engine.definition.terms import Term

if TYPE_CHECKING:
    from engine.definition.compilation import Compilation
    from engine.definition.process import TermSource
    from engine.definition.steps import Steps

OCCURRENCE = "occurrence"
_OCCURRENCE = record({"date": DataType(TypeName.DATE)})
START_OF_DAY = "00:00"


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """One schedule. A case opens at ``hour`` of the occurrence's day, or ``lead`` before it; ``given`` reads `occurrence`."""

    name: str
    rule: Recurrence
    hour: str
    rest_day: str  # keep, next, previous, skip, or "settings.X", which holds one of them
    lead: TermSource | None
    given: Given
    catch_up: str  # all | last | record

    def openings(self, calendar: Calendar, begins: date, lead: Term | None) -> Iterator[tuple[date, Instant]]:
        """Give the days of the occurrences after the day the schedule ``begins``, each with the instant its case opens at, in order.

        Occurrences that ``rest_day`` puts on one day are one.
        """
        latest = begins
        for nominal in self.rule.days(begins):
            day = off_rest_days(calendar, nominal, self.rest_day)
            if day is None or day <= latest:
                continue
            latest = day
            opens = day if lead is None else count_back(calendar, day, lead, roll=False).date
            yield day, _at(calendar, opens, self.hour)


@lru_cache(maxsize=1024)
def with_rest_day(schedule: Schedule, rest_day: str) -> Schedule:
    """Give a schedule with that word for rest days, the same one each time: what is known of it is known by its identity."""
    return schedule if rest_day == schedule.rest_day else replace(schedule, rest_day=rest_day)


def _at(calendar: Calendar, day: date, hour: str) -> Instant:
    hours, minutes = map(int, hour.split(":"))
    return calendar.midnight(day) + int(timedelta(hours=hours, minutes=minutes).total_seconds() * 1_000_000)


def schedules(work: Compilation, steps: Steps) -> dict[str, Schedule]:
    """Compile the schedules of a workflow."""
    found = {}
    types = {name: item.type for name, item in steps.items.items()}
    for name, written in work.workflow.schedules.items():
        path = ("schedules", name)
        found[name] = Schedule(
            name=name,
            rule=parse_recurrence(written.rrule),
            hour=written.hour or START_OF_DAY,
            rest_day=rest_day(work, written.rest_day, (*path, "rest_day")),
            lead=steps.term(written.lead, (*path, "lead")),
            given=values(work, written.with_, types, "data item", (*path, "with"), {OCCURRENCE: _OCCURRENCE}),
            catch_up=written.catch_up,
        )
    return found
