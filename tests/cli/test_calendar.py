from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.cli.conftest import ROOT, Yishi


def due(yishi: Yishi, *options: str, start: str = "2026-02-10T09:00+08:00") -> Any:
    return yishi.json("calendar", "due", "--calendar", "cn", "--from", start, *options)


def test_a_term_over_spring_festival_is_counted_day_by_day(yishi: Yishi) -> None:
    found = due(yishi, "--within", "5 working days")
    assert (found["due"], found["due_date"], found["provisional"]) == ("2026-02-24T16:00:00Z", "2026-02-24", False)
    counted = {day["date"]: day["counted"] for day in found["days"]}
    assert counted["2026-02-14"] == 4, "a Saturday that is worked"
    assert [date for date, number in counted.items() if number is None] == ["2026-02-10", *(f"2026-02-{day}" for day in range(15, 24))]
    assert all(day["reason"] for day in found["days"])


@pytest.mark.parametrize("term", ["1 month", "P1M"])
def test_a_month_ends_on_the_corresponding_day_and_moves_off_a_rest_day(yishi: Yishi, term: str) -> None:
    found = due(yishi, "--within", term, start="2026-01-19T09:00+08:00")
    assert (found["nominal_date"], found["due_date"]) == ("2026-02-19", "2026-02-24")


def test_roll_none_leaves_a_rest_day_where_it_is(yishi: Yishi) -> None:
    found = due(yishi, "--within", "1 month", "--roll", "none", start="2026-01-19T09:00+08:00")
    assert (found["due"], found["due_date"]) == ("2026-02-19T16:00:00Z", "2026-02-19")


@pytest.mark.parametrize("term", ["48 hours", "PT48H"])
def test_hours_end_at_the_instant_whatever_day_it_is(yishi: Yishi, term: str) -> None:
    found = due(yishi, "--within", term, start="2026-02-13T17:30+08:00")
    assert (found["due"], found["due_date"]) == ("2026-02-15T09:30:00Z", "2026-02-15")


def test_an_hour_ends_the_last_day_earlier(yishi: Yishi) -> None:
    assert due(yishi, "--within", "1 working day", "--hour", "17:30")["due"] == "2026-02-11T09:30:00Z"


def test_a_date_through_a_year_without_a_notice_is_provisional(yishi: Yishi) -> None:
    assert due(yishi, "--within", "1 year")["provisional"] is True


def test_reasons_follow_the_language(yishi: Yishi) -> None:
    english = json.loads(yishi("--language", "en", "calendar", "due", "--from", "2026-02-10T09:00+08:00", "--within", "P1D", "--json"))
    assert english["days"][0]["reason"] == "Tuesday"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--from", "2026-02-10T09:00", "--within", "5 days"), "with a zone"),
        (("--from", "2026-02-10T09:00+08:00", "--within", "30 dayz"), "got '30 dayz'"),
        (("--from", "2026-02-10T09:00+08:00", "--within", "5 days", "--hour", "25:00"), "17:30"),
        (("--from", "2890-02-10T09:00+08:00", "--within", "200000 working days"), "25000"),
    ],
)
def test_what_cannot_be_counted_is_wrong_usage_and_says_what_was_expected(yishi: Yishi, options: tuple[str, ...], expected: str) -> None:
    assert expected in yishi.refused(2, "calendar", "due", *options)["detail"]


def test_an_unknown_calendar_is_not_found_and_a_near_name_is_offered(yishi: Yishi) -> None:
    done = yishi.run("--language", "en", "calendar", "due", "--calendar", "cnn", "--from", "2026-02-10T09:00+08:00", "--within", "P1D")
    assert done.exit_code == 5
    assert "did you mean 'cn'?" in done.stderr


def test_counting_needs_no_database_and_makes_none(yishi: Yishi) -> None:
    due(yishi, "--within", "5 working days")
    yishi.json("calendar", "explain", "2026-02-14")
    yishi.json("calendar", "show", "--from", "2026-02-10")
    assert list(yishi.folder.iterdir()) == []


def test_a_day_is_explained_with_its_notice_and_its_neighbours(yishi: Yishi) -> None:
    found = yishi.json("calendar", "explain", "2026-02-14")
    assert (found["works"], found["kind"], found["provisional"]) == (True, "work", False)
    assert (found["working_day_before"], found["working_day_after"]) == ("2026-02-13", "2026-02-24")
    assert found["notice"]


def test_days_are_listed_from_one_to_another(yishi: Yishi) -> None:
    found = yishi.json("calendar", "show", "--from", "2026-02-13", "--to", "2026-02-16")
    assert [(day["date"], day["works"]) for day in found["days"]] == [
        ("2026-02-13", True),
        ("2026-02-14", True),
        ("2026-02-15", False),
        ("2026-02-16", False),
    ]
    assert found["zone"] == "Asia/Shanghai"


def test_without_a_day_the_list_begins_today_by_the_clock_of_the_service(yishi: Yishi) -> None:
    yishi.set(clock="manual")
    now = yishi.json("clock", "show")["now"]
    yishi("clock", "advance", f"{int(now[:4]) + 1}-03-05T18:00:00Z")
    first = yishi.json("calendar", "show")["days"][0]["date"]
    assert first == f"{int(now[:4]) + 1}-03-06", "in the zone of the calendar it is the next day already"


# --- a year ---------------------------------------------------------------------------------------------------------

ROUND = """workflow: round_year
version: 1
title: 年度巡查
calendar: cn
roles: {office: 办公室}
data: {day: {type: date, title: 日期}}
schedules:
  spring: {rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=21", rest_day: next, with: {day: occurrence.date}}
  autumn: {rrule: "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=1", lead: 1 month, with: {day: occurrence.date}}
initial: open
states:
  open:
    owner: office
    deadlines: {report: {title: 季报, rrule: "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1", met_by: enter, basis: source, rungs: [{at: due, notify: [owner]}]}}
    actions: {enter: {by: office}, close: {by: office, to: closed}}
  closed: {final: true, outcome: success}
"""


def entries(yishi: Yishi, *options: str) -> list[tuple[str, str, str, str | None]]:
    found = yishi.json("calendar", "year", *options)["entries"]
    return [(each["date"], each["kind"], each["name"], each["opens_on"]) for each in found]


def test_a_year_shows_what_opens_by_itself_and_which_duties_come_round(yishi: Yishi) -> None:
    folder = yishi.folder / "workflows"
    shutil.copytree(ROOT / "workflows" / "calendars", folder / "calendars")
    (folder / "round_year.yaml").write_text(ROUND, "utf-8")
    yishi.set(workflows=str(folder))
    assert entries(yishi, "2026", "--workflow", "round_year") == [
        ("2026-02-24", "opens", "spring", None),  # the 21st to the 23rd are rest days
        ("2026-03-31", "due", "open.report", None),
        ("2026-06-30", "due", "open.report", None),
        ("2026-09-01", "opens", "autumn", "2026-08-01"),
        ("2026-09-30", "due", "open.report", None),
        ("2026-12-31", "due", "open.report", None),
    ]


def test_a_year_is_printed_by_months_in_the_language(yishi: Yishi) -> None:
    lines = yishi(
        "--language", "en", "calendar", "year", "2027", "--workflow", "training_term", "--workflow", "party_group_year"
    ).splitlines()
    assert [line for line in lines if len(line) == len("2027-01")] == [f"2027-{month:02}" for month in range(1, 13)]
    assert any(line.split()[:3] == ["2027-01-01", "Friday", "opens"] for line in lines)
    assert any("A dispatch every month" in line and line.startswith("2027-02-28") for line in lines)


def test_a_year_of_a_workflow_that_is_not_there_is_refused_with_the_nearest(yishi: Yishi) -> None:
    assert "study_year" in str(yishi.refused(2, "calendar", "year", "2027", "--workflow", "study_yaer"))
