from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.clock import Instant, parse_instant, rfc3339, to_datetime
from engine.definition.calendar_files import load_calendars
from engine.definition.calendars import Calendar, closing_hour
from engine.definition.periods import HOUR
from engine.errors import DefinitionRefused

SHIPPED = Path(__file__).parents[2] / "workflows" / "calendars"
CN = load_calendars(SHIPPED)["cn"]
DAYS = st.dates(date(2021, 1, 1), date(2030, 12, 31))


def days_of(first: int, last: int) -> list[date]:
    start = date(first, 1, 1)
    return [start + timedelta(days=n) for n in range((date(last, 12, 31) - start).days + 1)]


# --- the shipped data -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_every_day_of_the_announced_years_agrees_with_two_independent_packages(year: int) -> None:
    china = holidays.country_holidays("CN", years=year)
    for day in days_of(year, year):
        worked = CN.is_working_day(day)
        assert worked == chinese_calendar.is_workday(day), day
        assert worked == china.is_working_day(day), day


def test_the_provisional_year_has_the_statutory_days_and_no_moved_ones() -> None:
    """Lunar dates are checked with `holidays`; its days in lieu are left out, for where they fall is for the notice to say."""
    statutory = {day for day, name in holidays.country_holidays("CN", years=2027, language="zh_CN").items() if "补假" not in name}
    year = CN.years[2027]
    assert year.status == "provisional"
    assert {special.kind for special in year.days.values()} == {"rest"}
    assert year.days.keys() == statutory
    assert len(statutory) == 13


def test_each_year_names_its_notice_and_every_special_day_a_reason_in_both_languages() -> None:
    for number in range(2023, 2028):
        year = CN.years[number]
        assert year.source.keys() >= {"zh-CN", "en"}
        assert str(number) in year.source["zh-CN"] or year.status == "provisional"
        assert year.published is not None
        assert year.published.year < number
        for special in year.days.values():
            assert special.reason.keys() >= {"zh-CN", "en"}


def test_a_special_day_really_differs_from_or_names_its_weekday() -> None:
    for year in CN.years.values():
        for day, special in year.days.items():
            assert special.kind == "rest" or day.weekday() in CN.weekend, f"{day} would be worked anyway"


def test_a_make_up_saturday_is_worked_and_says_why() -> None:
    day = CN.day(date(2026, 2, 14))
    assert (day.works, day.kind, day.provisional) == (True, "work", False)
    assert day.reason["zh-CN"] == "春节调休上班"


def test_an_ordinary_day_is_described_by_its_weekday() -> None:
    assert CN.day(date(2026, 3, 9)).reason["zh-CN"] == "星期一"
    assert CN.day(date(2026, 3, 7)).kind == "weekend"


def test_a_year_without_a_file_has_weekends_and_fixed_dates_and_is_provisional() -> None:
    assert 2029 not in CN.years
    may_first = CN.day(date(2029, 5, 1))
    assert (may_first.works, may_first.provisional) == (False, True)
    assert may_first.reason["en"] == "Labour Day"
    assert CN.day(date(2029, 5, 5)).kind == "weekend"
    assert CN.day(date(2029, 5, 8)).works


def test_the_zone_and_the_closing_hour_are_the_calendars() -> None:
    assert CN.zone == ZoneInfo("Asia/Shanghai")
    assert rfc3339(CN.end_of(date(2026, 3, 9))) == "2026-03-09T16:00:00Z"
    assert rfc3339(CN.end_of(date(2026, 3, 9), "17:30")) == "2026-03-09T09:30:00Z"
    assert CN.local_date(CN.end_of(date(2026, 3, 9))) == date(2026, 3, 10)


@given(
    st.sampled_from(["Asia/Shanghai", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia", "Africa/Cairo"]),
    st.lists(st.integers(parse_instant("2011-01-01T00:00:00Z"), parse_instant("2019-01-01T00:00:00Z")), min_size=1, max_size=8),
)
@example("Pacific/Apia", [parse_instant(f"2011-12-{day}T12:00:00Z") for day in (29, 30, 31)])
@example("America/Sao_Paulo", [parse_instant(f"2017-10-15T0{hour}:00:00Z") for hour in range(2, 6)])
def test_the_day_an_instant_falls_on_is_the_zones_whatever_was_asked_before(zone: str, instants: list[Instant]) -> None:
    calendar = replace(CN, zone=ZoneInfo(zone))
    for instant in instants:
        for near in (instant, instant + 3 * HOUR, instant - 3 * HOUR):
            assert calendar.local_date(near) == to_datetime(near).astimezone(ZoneInfo(zone)).date()


# --- counting on day numbers ----------------------------------------------------------------------------------------


@given(DAYS, st.integers(1, 400))
def test_the_nth_working_day_after_is_found_like_by_walking(day: date, n: int) -> None:
    at, left = day, n
    while left:
        at += timedelta(days=1)
        left -= CN.day(at).works
    assert date.fromordinal(CN.working_day_after(day.toordinal(), n)) == at


@given(DAYS, st.integers(1, 400))
def test_the_nth_working_day_before_is_found_like_by_walking(day: date, n: int) -> None:
    at, left = day, n
    while left:
        at -= timedelta(days=1)
        left -= CN.day(at).works
    assert date.fromordinal(CN.working_day_before(day.toordinal(), n)) == at


@given(DAYS, DAYS)
def test_working_days_between_two_days_are_counted_like_by_walking(a: date, b: date) -> None:
    early, late = min(a, b), max(a, b)
    walked = sum(CN.day(early + timedelta(days=n)).works for n in range(1, (late - early).days + 1))
    assert CN.count_working_days(a.toordinal(), b.toordinal()) == (walked if a <= b else -walked)


def test_days_beyond_what_a_calendar_can_know_are_refused() -> None:
    with pytest.raises(ValueError, match="1900 to 2999"):
        CN.working_day_after(date(2999, 12, 30).toordinal(), 10)
    with pytest.raises(ValueError, match="1900 to 2999"):
        CN.working_day_before(date(1900, 1, 2).toordinal(), 10)


@pytest.mark.parametrize("text", ["24:01", "25:00", "9:00", "09:60", "0900", "", "09:00:00", "+9:00"])
def test_what_is_no_hour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected an hour like '17:30'"):
        closing_hour(text)


# --- files ----------------------------------------------------------------------------------------------------------

CALENDAR = "calendar: {name}\ntitle: {{en: Test}}\nzone: Asia/Shanghai\nclosing: '18:00'\n"
YEAR = "calendar: {name}\nyear: 2026\nstatus: announced\nsource: {{en: Notice}}\npublished: 2025-11-04\ndays:\n{days}"
FOUNDING_DAY = "  - {date: 2026-04-20, kind: rest, reason: {en: Founding day}}\n"


def calendars(folder: Path, **files: str) -> dict[str, Calendar]:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return dict(load_calendars(folder))


def problems(folder: Path, **files: str) -> list[str]:
    with pytest.raises(DefinitionRefused) as refused:
        calendars(folder, **files)
    return [str(problem) for problem in refused.value.problems]


def test_a_body_may_have_its_own_closing_hour_and_days_on_top_of_another_calendar(tmp_path: Path) -> None:
    own = "calendar: own\ntitle: {en: Own}\nbased_on: cn\nclosing: '17:30'\n"
    found = calendars(
        tmp_path,
        cn=CALENDAR.format(name="cn"),
        cn__2026=YEAR.format(name="cn", days="  - {date: 2026-02-14, kind: work, reason: {en: Make-up}}\n"),
        own=own,
        own__2026=YEAR.format(name="own", days=FOUNDING_DAY),
    )
    assert found["own"].is_working_day(date(2026, 2, 14))
    assert not found["own"].is_working_day(date(2026, 4, 20))
    assert found["cn"].is_working_day(date(2026, 4, 20))
    assert (found["cn"].closing, found["own"].closing) == ("18:00", "17:30")


def test_the_version_changes_with_the_data_and_with_nothing_else(tmp_path: Path) -> None:
    first = calendars(tmp_path, cn=CALENDAR.format(name="cn"), cn__2026=YEAR.format(name="cn", days=FOUNDING_DAY))["cn"].version
    commented = calendars(tmp_path, cn="# a word\n" + CALENDAR.format(name="cn"))["cn"].version
    changed = calendars(tmp_path, cn__2026=YEAR.format(name="cn", days="  []\n"))["cn"].version
    assert first == commented
    assert first != changed
    assert first.startswith("cn@")
    assert len(first) == len("cn@") + 12


def test_every_mistake_of_every_file_is_reported_at_its_place(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        cn="calendar: cn\ntitle: {en: Test}\nzone: Asia/Shanghigh\nclosing: '25:00'\nclosed: yes\n",
        other=CALENDAR.format(name="others"),
        other__2026=YEAR.format(name="other", days="  - {date: 2025-01-01, kind: rest, reason: {en: Wrong year}}\n" + FOUNDING_DAY * 2),
    )
    assert found == [
        "cn.yaml:3:7: calendar `zone`: expected an IANA time zone like 'Asia/Shanghai', got 'Asia/Shanghigh'",
        "cn.yaml:4:10: calendar `closing`: expected an hour like '17:30', from 00:00 to 24:00, got '25:00'",
        "cn.yaml:5:9: calendar unknown key `closed`, did you mean 'closing'?",
        "other.yaml:1:11: calendar expected 'other', the name of the file, got 'others'",
        "other/2026.yaml:7:12: calendar expected a day of 2026, got 2025-01-01",
        "other/2026.yaml:9:12: calendar 2026-04-20 stands here twice; a day has one kind and one reason",
    ]


def test_a_calendar_needs_a_zone_or_a_base_that_has_one(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, cn="calendar: cn\ntitle: {en: Test}\n")
    assert "expected `zone`" in problem


def test_calendars_cannot_rest_on_each_other_or_on_an_unknown_one(tmp_path: Path) -> None:
    text = "calendar: {}\ntitle: {{en: T}}\nbased_on: {}\n"
    found = problems(tmp_path, alpha=text.format("alpha", "beta"), beta=text.format("beta", "alpha"), gamma=text.format("gamma", "alpho"))
    assert len(found) == 3
    assert "did you mean 'alpha'?" in found[2]


def test_a_calendar_without_any_working_weekday_is_refused(tmp_path: Path) -> None:
    """Else the search for the next working day would have no end."""
    weekend = "weekend: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]\n"
    (problem,) = problems(tmp_path, cn=CALENDAR.format(name="cn") + weekend)
    assert "`weekend`" in problem
