"""The calendar of a year as the workflows have it: what opens by itself, and which duties come round. No case is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from engine.core.compiled import Process
from engine.definition.recurrences import off_rest_days
from engine.errors import Text

OPENS, DUE = "opens", "due"


@dataclass(frozen=True, slots=True)
class Planned:
    """Something on a day. ``kind``: a case opens for that day, or a duty of one falls due. ``opens_on``: where a case opens earlier."""

    day: date
    kind: str
    workflow: str
    workflow_title: Text
    name: str
    title: Text | None = None
    opens_on: date | None = None


def year_plan(processes: Iterable[Process], year: int) -> list[Planned]:
    """List a year by days. Duties are those of cases that are in the state on 1 January, each with the settings of its workflow."""
    found = [each for process in processes for each in (*openings(process, year), *duties(process, year))]
    return sorted(found, key=lambda each: (each.day, each.kind, each.workflow, each.name))


def openings(process: Process, year: int) -> Iterator[Planned]:
    """Give the occurrences of the schedules of a workflow in a year."""
    definition = process.definition
    for schedule in process.schedules(process.settings):
        lead = None if schedule.lead is None else process.term(schedule.lead, process.settings)
        coming = schedule.openings(process.calendar, date(year - 1, 12, 31), lead)
        for day, at in takewhile(lambda each: each[0].year == year, coming):
            opens_on = process.calendar.local_date(at)
            yield Planned(day, OPENS, definition.workflow, definition.title, schedule.name, opens_on=opens_on if opens_on != day else None)


def duties(process: Process, year: int) -> Iterator[Planned]:
    """Give the days in a year on which recurring deadlines of a workflow fall due."""
    definition = process.definition
    for deadline in definition.deadlines.values():
        if deadline.rrule is None:
            continue
        rest_day = process.rest_day(deadline, process.settings)
        nominal = takewhile(lambda day: day.year == year, deadline.rrule.days(date(year, 1, 1)))
        days = dict.fromkeys(off_rest_days(process.calendar, day, rest_day) for day in nominal)
        for day in days:
            if day is not None and day.year == year:
                yield Planned(day, DUE, definition.workflow, definition.title, deadline.name, deadline.title)
