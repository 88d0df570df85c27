"""Recurring deadlines on the store: a row for each period, each rung once, also after a stop of the service."""

from __future__ import annotations

import orjson
import pytest

from engine.clock import parse_instant
from engine.core.case import Case
from engine.errors import NotFound
from engine.runtime.reading import Reading
from engine.scheduler.sweep import Sweep
from engine.store.deadlines import deadlines_of_case
from engine.store.trail import events_of_case
from tests.application import ADMIN, DAY, OFFICE, ORG, START, Trial

DISPATCH = """workflow: dispatch
version: 1
title: 调度
calendar: cn
roles: {office: 办公室}
data: {missed: {type: int, default: 0}}
start: {by: office}
initial: running
states:
  running:
    owner: office
    deadlines:
      week: {rrule: FREQ=WEEKLY;BYDAY=FR, hour: "17:00", met_by: enter, catch_up: CATCH_UP, basis: source, rungs: [{at: due, set: {missed: data.missed + 1}}]}
    actions: {enter: {by: office}, end: {by: office, to: over}}
  over: {final: true, outcome: success}
"""
NAME = "running.week"


def opened(office: Trial, catch_up: str = "all") -> Case:
    office.app.registry.publish(ADMIN, DISPATCH.replace("CATCH_UP", catch_up), "dispatch.yaml", START)
    case: Case = office.app.service.open(OFFICE, "dispatch").result().case
    return case


def rows(office: Trial, case: Case) -> list[tuple[int, str]]:
    with office.app.store.read() as reader:
        return [(row.n, row.status) for row in deadlines_of_case(reader, ORG, case.id)]


def test_each_period_has_a_row_that_says_how_it_ended(office: Trial) -> None:
    case = opened(office)
    office.clock.instant = parse_instant("2026-03-16T09:00:00+08:00")
    sweep = Sweep(office.app)
    assert [sweep.run_once(office.clock.now()).fired for _ in range(2)] == [2, 0]
    office.act(case, "enter")
    office.clock.instant += 7 * DAY
    assert sweep.run_once(office.clock.now()).fired == 1
    office.act(case, "end")

    assert rows(office, case) == [(1, "late"), (2, "missed"), (3, "missed"), (4, "ended")]
    with office.app.store.read() as reader:
        bodies = [orjson.loads(each.event.body) for each in events_of_case(reader, ORG, case.id)]
    facts = [(fact["op"], fact["period"]) for body in bodies for fact in body["deadlines"]]
    assert facts == [
        ("armed", 1), ("fired", 1), ("armed", 2), ("fired", 2), ("armed", 3), ("late", 1), ("fired", 3), ("armed", 4),
        ("missed", 2), ("missed", 3), ("ended", 4),
    ]  # fmt: skip


@pytest.mark.parametrize(("catch_up", "missed"), [("all", 3), ("last", 1), ("record", 0)])
def test_after_a_stop_of_the_service_catch_up_decides_over_all_periods(office: Trial, catch_up: str, missed: int) -> None:
    case = opened(office, catch_up)
    Sweep(office.app).run_once(office.clock.now())
    office.clock.instant = parse_instant("2026-03-24T09:00:00+08:00")
    Sweep(office.app).run_once(office.clock.now())

    assert office.case(case.id).data["missed"] == missed
    assert rows(office, case) == [(1, "running"), (2, "running"), (3, "running"), (4, "running")]


def test_readers_see_every_open_period_and_why_each_ends_when_it_does(office: Trial) -> None:
    case, reading = opened(office), Reading(office.app)
    office.clock.instant = parse_instant("2026-03-09T09:00:00+08:00")
    Sweep(office.app).run_once(office.clock.now())
    seen = reading.case(OFFICE, case.id, "en")["deadlines"]
    assert [(each["name"], each["period"], each["due_date"], each["overdue"]) for each in seen] == [
        (NAME, 1, "2026-03-06", True),
        (NAME, 2, "2026-03-13", False),
    ]
    assert reading.explain(OFFICE, case.id, NAME, "en")["period"] == 1
    assert reading.explain(OFFICE, case.id, f"{NAME}#2", "en")["due_date"] == "2026-03-13"
    with pytest.raises(NotFound):
        reading.explain(OFFICE, case.id, f"{NAME}#9", "en")
