"""The activity day: six fixed dates (G1), themes (G2), groups with their first responsible and a leader (G4), what came of it (G5)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.runtime.access import administrator_of_this_machine
from engine.runtime.people import Principal
from engine.runtime.publishing import publish
from tests.town import Matter, Town, somebody

pytestmark = pytest.mark.carried_by("activity_day")

GROUPS = 21
OFFICE = somebody("office_clerk", "office")
COMMITTEE = somebody("secretary_of_county", "party_committee")


def first(group: str) -> Principal:
    """The first responsible of a group, a member of it too."""
    return somebody(f"first_{group}", "convenor", "member")


def leader(group: str) -> Principal:
    """The leader who covers a group."""
    return somebody(f"leader_{group}", "covering_leader")


def county(town: Town, groups: int = 2) -> list[str]:
    """Enter groups of two members each."""
    names = [f"g{number:02}" for number in range(1, groups + 1)]
    for name in names:
        town.enter(
            "activity_group", code=name, name=name, basis="area", first_responsible=f"first_{name}", covering_leader=f"leader_{name}"
        )
        for person in (f"first_{name}", f"second_{name}"):
            town.enter("member", person=person, name=person, group=name)
    return names


def april(town: Town) -> Matter:
    """The activity day of 21 April, with the groups told."""
    town.at("2026-03-25 09:00")
    (day,) = town.cases("activity_day")
    day.attach(OFFICE, "plan")
    day.act(OFFICE, "announce", year_theme="项目建设")
    return day


def planned(activity: Matter, group: str, theme: str = "study") -> None:
    """The plan of a group is handed in."""
    activity.attach(first(group), "group_plan")
    activity.act(first(group), "submit_plan", theme=theme)


def summed_up(activity: Matter, group: str, *, with_leader: bool = False, **results: Any) -> None:
    """A group whose day is open meets and sums up."""
    if with_leader:
        activity.act(leader(group), "check_in")
    activity.act(first(group), "check_in")
    activity.act(first(group), "hold")
    activity.attach(first(group), "summary")
    counted: dict[str, Any] = {"suggestions": 0, "items": 0, "solved": 0, "essays": 0, **results}
    activity.act(first(group), "summarise", **counted)


def so_far(town: Town, key: str) -> list[float]:
    """What an indicator tells until the day in April, and until that in June."""
    found = town.figures("activity_day", key)
    return [float(found[month,]) for month in ("2026-04", "2026-06")]


def test_g1_six_days_open_in_a_year_each_on_the_21st_of_an_even_month(town: Town) -> None:
    county(town)
    town.at("2027-01-31 09:00")
    days = sorted(each.data["day"] for each in town.cases("activity_day"))
    assert days == ["2026-04-21", "2026-06-21", "2026-08-21", "2026-10-21", "2026-12-21", "2027-02-21"]


def test_g1_a_rest_day_keeps_the_date_and_the_groups_meet_that_morning(town: Town) -> None:
    county(town)
    town.at("2026-06-01 09:00")
    day = next(each for each in town.cases("activity_day") if each.data["day"] == "2026-06-21")  # a Sunday, Dragon Boat Festival
    day.attach(OFFICE, "plan")
    day.act(OFFICE, "announce", year_theme="项目建设")
    activity = day.children("groups")[0]
    planned(activity, "g01")
    town.at("2026-06-21 07:59")
    assert activity.here == "planned"
    town.at("2026-06-21 08:00")
    assert activity.here == "day_open"


def test_g1_a_body_may_move_the_day_to_the_next_working_day(town: Town) -> None:
    county(town)
    preset = "{preset: next_working_day, workflow: activity_day, title: 顺延, basis: default, settings: {rest_day: next}}"
    publish(town.application, administrator_of_this_machine(town.org), [(preset, "next_working_day.yaml")])
    town.at("2027-01-31 09:00")
    days = sorted(each.data["day"] for each in town.cases("activity_day"))
    assert days == ["2026-04-21", "2026-06-22", "2026-08-21", "2026-10-21", "2026-12-21", "2027-02-22"]


@pytest.mark.parametrize("theme", ["deliberation", "interview", "discussion", "inspection", "study"])
def test_g2_each_of_the_five_themes_is_taken_as_it_is(town: Town, theme: str) -> None:
    county(town)
    activity = april(town).children("groups")[0]
    planned(activity, "g01", theme)
    assert (activity.here, activity.data["theme"]) == ("planned", theme)


def test_g2_a_theme_of_its_own_needs_to_be_described(town: Town) -> None:
    county(town)
    activity = april(town).children("groups")[0]
    assert "missing_document" in activity.refused(first("g01"), "submit_plan", theme="study")
    activity.attach(first("g01"), "group_plan")
    assert "invalid_field" in activity.refused(first("g01"), "submit_plan", theme="sports")
    assert "own_theme_undescribed" in activity.refused(first("g01"), "submit_plan", theme="own")
    activity.act(first("g01"), "submit_plan", theme="own", own_theme="文化下乡")
    assert activity.here == "planned"


def test_g4_one_report_joins_twenty_one_groups_or_the_reasons_of_those_that_are_missing(town: Town) -> None:
    names = county(town, GROUPS)
    day = april(town)
    activities = day.children("groups")
    assert (len(activities), day.data["missed"]) == (GROUPS, names)
    for activity, name in zip(activities[:-1], names, strict=False):
        planned(activity, name)
    town.at("2026-04-21 09:00")
    for activity, name in zip(activities[:-1], names, strict=False):
        summed_up(activity, name, with_leader=name == "g01")
    assert (day.here, day.data["missed"]) == ("groups_at_work", ["g21"])
    assert "not_here" in day.refused(OFFICE, "send_report")
    assert "reason_required" in day.refused(OFFICE, "groups.waive", child="g21")
    day.act(OFFICE, "groups.waive", child="g21", reason="小组改选")
    assert day.here == "consolidating"

    assert "missing_document" in day.refused(OFFICE, "send_report")
    day.attach(OFFICE, "report")
    day.act(OFFICE, "send_report")
    (sent,) = day.events("send_report")
    assert [(each["what"], each["to"]) for each in sent["published"]] == [(["report"], ["party_committee", "government"])]
    day.act(COMMITTEE, "instruct", instruction="请研究落实")
    day.act(OFFICE, "record_adoption", adopted=3)
    assert (day.outcome, [each.data["leader_came"] for each in activities].count(True)) == ("success", 1)


def test_g4_the_first_responsible_plans_and_each_leader_checks_in_with_the_own_group_only(town: Town) -> None:
    county(town)
    activity = april(town).children("groups")[0]
    assert [task["case"] for task in town.inbox(first("g01"))] == [activity.id]
    activity.attach(first("g01"), "group_plan")
    assert "not_bound" in activity.refused(first("g02"), "submit_plan", theme="study")
    activity.act(first("g01"), "submit_plan", theme="study")
    town.at("2026-04-21 09:00")
    assert "not_bound" in activity.refused(leader("g02"), "check_in")
    activity.act(leader("g01"), "check_in")
    assert "nobody_came" in activity.refused(first("g01"), "hold")
    activity.act(first("g01"), "check_in")
    activity.act(first("g01"), "hold")
    assert {each["person"]: each["status"] for each in activity.data["came"]} == {
        "leader_g01": "present",
        "first_g01": "present",
        "second_g01": "absent",
    }
    assert activity.data["leader_came"] is True


def test_g4_a_summary_that_is_late_goes_to_the_leader(town: Town) -> None:
    county(town)
    activity = april(town).children("groups")[0]
    planned(activity, "g01")
    town.at("2026-04-21 09:00")
    activity.act(first("g01"), "check_in")
    activity.act(first("g01"), "hold")
    town.at("2026-05-09 09:00")
    assert activity.rungs("summary") == [("due", "2026-04-29 00:00"), ("3 working days after", "2026-05-07 00:00")]
    assert [task["case"] for task in town.inbox(leader("g01"))] == [activity.id]


def test_g5_results_are_summed_and_groups_with_few_sessions_or_reflections_are_listed(town: Town) -> None:
    one, two = county(town)
    first_results: dict[str, Any] = {"suggestions": 7, "items": 3, "solved": 1, "essays": 6}
    results: tuple[tuple[str, str, dict[str, Any]], ...] = ((one, "deliberation", first_results), (two, "study", {"essays": 5}))
    day = april(town)
    for activity, (name, theme, _) in zip(day.children("groups"), results, strict=True):
        planned(activity, name, theme)
    town.at("2026-04-21 09:00")
    for activity, (name, _, given) in zip(day.children("groups"), results, strict=True):
        summed_up(activity, name, **given)
    assert {name: day.data[name] for name in ("suggestions", "research_suggestions", "items", "solved")} == {
        "suggestions": 7,
        "research_suggestions": 0,
        "items": 3,
        "solved": 1,
    }
    assert (day.data["few_studies"], day.data["few_essays"]) == ([one, two], [two])

    town.at("2026-06-20 09:00")
    june = next(each for each in town.cases("activity_day") if each.data["day"] == "2026-06-21")
    june.attach(OFFICE, "plan")
    june.act(OFFICE, "announce", year_theme="项目建设")
    for activity, name, theme in zip(june.children("groups"), (one, two), ("inspection", "study"), strict=True):
        planned(activity, name, theme)
    town.at("2026-06-21 09:00")
    for activity, name, essays in zip(june.children("groups"), (one, two), (0, 1), strict=True):
        summed_up(activity, name, suggestions=4, essays=essays)
    assert (june.data["research_suggestions"], june.data["suggestions"]) == (4, 0)
    assert [each.data["essays_a_head"] for each in june.children("groups")] == ["3.00", "3.00"]
    assert (june.data["few_studies"], june.data["few_essays"]) == ([one], [])
    assert so_far(town, "essays_a_head") == [2.75, 3]
    assert so_far(town, "fewest_studies") == [0, 0]  # one of the two held none


def test_g5_the_fewest_study_sessions_are_those_of_the_group_that_held_the_fewest(town: Town) -> None:
    one, two = county(town)
    for at, eve, themes in (("2026-04-21", "2026-03-25", ("study", "study")), ("2026-06-21", "2026-06-01", ("study", "own"))):
        town.at(f"{eve} 09:00")
        day = next(each for each in town.cases("activity_day") if each.data["day"] == at)
        day.attach(OFFICE, "plan")
        day.act(OFFICE, "announce", year_theme="项目建设")
        for activity, name, theme in zip(day.children("groups"), (one, two), themes, strict=True):
            activity.attach(first(name), "group_plan")
            activity.act(first(name), "submit_plan", theme=theme, own_theme="文化下乡")
        town.at(f"{at} 09:00")
        for activity, name in zip(day.children("groups"), (one, two), strict=True):
            summed_up(activity, name, essays=1)
    assert so_far(town, "fewest_studies") == [1, 1]
