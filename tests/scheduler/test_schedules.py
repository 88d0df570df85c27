"""Cases that open by themselves, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.clock import Instant, parse_instant, rfc3339
from engine.errors import DefinitionRefused
from engine.runtime.publishing import publish
from engine.scheduler.schedules import Schedules
from engine.store.cases import CaseFilter, list_cases
from tests.application import ADMIN, ORG, START, Trial, trial

DAYS = """workflow: activity_day
version: 1
title: 活动日
calendar: cn
roles: {office: 办公室}
data: {day: {type: date}, nth: {type: int}}
schedules:
  even_months: {rrule: "FREQ=YEARLY;BYMONTH=2,4,6,8,10,12;BYMONTHDAY=21", hour: "09:00", rest_day: keep, lead: 5 working days, with: {day: occurrence.date, nth: month(occurrence.date)}, catch_up: CATCH_UP}
initial: ahead
states:
  ahead: {owner: office, actions: {hold: {by: office, to: held}}}
  held: {final: true, outcome: success}
"""


@pytest.fixture(params=["last", "all", "record"])
def days(request: pytest.FixtureRequest, database_url: str, tmp_path: Path):  # type: ignore[no-untyped-def]  # a fixture's generator
    with trial(database_url, tmp_path) as made:
        made.app.registry.publish(ADMIN, DAYS.replace("CATCH_UP", request.param), "days.yaml", START)
        yield made, request.param


def opened(office: Trial) -> list[str]:
    with office.app.store.read() as reader:
        found = list_cases(reader, ORG, CaseFilter(workflow="activity_day")).items
    return sorted(office.case(each.id).data["day"] for each in found)


def at(text: str) -> Instant:
    return parse_instant(text)


def test_case_opens_its_lead_before_the_occurrence_and_once(days: tuple[Trial, str]) -> None:
    office, _ = days
    schedules = Schedules(office.app)
    assert "2026-04-14T01:00:00Z" == rfc3339(schedules.next_instant() or 0)
    for now, expected in (("2026-04-14T08:59:00+08:00", 0), ("2026-04-14T09:00:00+08:00", 1), ("2026-04-14T09:01:00+08:00", 0)):
        office.clock.instant = at(now)
        assert expected == schedules.run_once(office.clock.now())
    assert ["2026-04-21"] == opened(office)


def test_what_was_missed_is_opened_as_catch_up_says(days: tuple[Trial, str]) -> None:
    office, catch_up = days
    office.clock.instant = at("2026-09-01T12:00:00+08:00")
    Schedules(office.app).run_once(office.clock.now())
    expected = {"last": ["2026-08-21"], "all": ["2026-04-21", "2026-06-21", "2026-08-21"], "record": []}
    assert expected[catch_up] == opened(office)
    assert 0 == Schedules(office.app).run_once(office.clock.now())


NEXT = DAYS.replace("version: 1", "version: 2", 1).replace("CATCH_UP", "all")


def test_the_schedules_are_those_of_the_version_in_force(database_url: str, tmp_path: Path) -> None:
    with trial(database_url, tmp_path) as office:
        without = DAYS[: DAYS.index("schedules:")] + DAYS[DAYS.index("initial:") :]
        office.app.registry.publish(ADMIN, without, "days.yaml", START)
        office.app.registry.publish(ADMIN, NEXT, "days.yaml", START, effective_from=at("2026-05-01T00:00:00+08:00"))
        schedules = Schedules(office.app)
        assert "2026-04-30T16:00:00Z" == rfc3339(schedules.next_instant() or 0)
        office.clock.instant = at("2026-04-25T09:00:00+08:00")
        assert 0 == schedules.run_once(office.clock.now())
        office.clock.instant = at("2026-05-01T00:00:00+08:00")
        assert rfc3339(schedules.next_instant() or 0) > "2026-06-01"
        office.clock.instant = at("2026-07-01T00:00:00+08:00")
        assert 1 == schedules.run_once(office.clock.now())
        assert ["2026-06-21"] == opened(office)


def test_a_schedule_that_a_later_version_brings_opens_nothing_of_the_time_before(database_url: str, tmp_path: Path) -> None:
    with trial(database_url, tmp_path) as office:
        without = DAYS[: DAYS.index("schedules:")] + DAYS[DAYS.index("initial:") :]
        office.app.registry.publish(ADMIN, without, "days.yaml", START)
        office.clock.instant = at("2026-09-01T09:00:00+08:00")
        office.app.registry.publish(ADMIN, NEXT, "days.yaml", office.clock.now())
        assert 0 == Schedules(office.app).run_once(office.clock.now())


def test_case_knows_its_schedule(days: tuple[Trial, str]) -> None:
    office, _ = days
    office.clock.instant = at("2026-04-14T09:00:00+08:00")
    Schedules(office.app).run_once(office.clock.now())
    with office.app.store.read() as reader:
        (row,) = list_cases(reader, ORG, CaseFilter(workflow="activity_day")).items
    case = office.case(row.id)
    assert {"name": "even_months", "date": "2026-04-21"} == case.snapshot["origin"]["schedule"]
    assert ("clock", 4) == (case.opened_by, case.data["nth"])


def test_occurrences_that_a_long_holiday_puts_on_one_day_are_one(database_url: str, tmp_path: Path) -> None:
    weekly = DAYS.replace("CATCH_UP", "all").replace("FREQ=YEARLY;BYMONTH=2,4,6,8,10,12;BYMONTHDAY=21", "FREQ=WEEKLY;BYDAY=MO")
    with trial(database_url, tmp_path, now=at("2026-02-02T09:00:00+08:00")) as office:
        text = weekly.replace("rest_day: keep, lead: 5 working days", "rest_day: next")
        office.app.registry.publish(ADMIN, text, "days.yaml", office.clock.now())
        office.clock.instant = at("2026-03-03T09:00:00+08:00")
        Schedules(office.app).run_once(office.clock.now())
        assert ["2026-02-09", "2026-02-24", "2026-03-02"] == opened(office)  # the 16th and the 23rd lie in Spring Festival


RESTING = DAYS.replace("CATCH_UP", "all").replace("rest_day: keep, lead: 5 working days", "rest_day: settings.rest").replace(
    "schedules:", "settings: {rest: {type: choice, options: {keep: 照常, next: 顺延}, default: keep, basis: default}}\nschedules:"
)  # fmt: skip
MOVED = "{preset: moved, workflow: activity_day, title: 顺延, basis: default, settings: {rest: next}}"


@pytest.mark.parametrize(("preset", "day"), [(None, "2026-06-21"), (MOVED, "2026-06-22")])
def test_each_body_chooses_where_a_rest_day_goes(database_url: str, tmp_path: Path, preset: str | None, day: str) -> None:
    with trial(database_url, tmp_path, now=at("2026-06-01T09:00:00+08:00")) as office:
        office.app.registry.publish(ADMIN, RESTING, "days.yaml", office.clock.now())
        if preset is not None:
            publish(office.app, ADMIN, [(preset, "moved.yaml")])
        schedules = Schedules(office.app)
        assert f"{day}T01:00:00Z" == rfc3339(schedules.next_instant() or 0)
        office.clock.instant = at("2026-06-30T09:00:00+08:00")
        schedules.run_once(office.clock.now())
        assert [day] == opened(office)


@pytest.mark.parametrize(("options", "rule"), [("{keep: 照常, later: 以后}", "deadline.rest_day"), (None, "name.unknown_setting")])
def test_a_schedule_takes_no_other_setting_for_rest_days(database_url: str, tmp_path: Path, options: str | None, rule: str) -> None:
    text = RESTING.replace("{keep: 照常, next: 顺延}", options) if options else RESTING.replace("settings.rest,", "settings.rset,")
    with trial(database_url, tmp_path) as office, pytest.raises(DefinitionRefused) as refused:
        office.app.registry.publish(ADMIN, text, "days.yaml", START)
    assert [each.rule for each in refused.value.problems] == [rule]
