"""Stations and studios: two convenors (H1), five modes (H2), needs, projects and plan (H3), rating and ranking (H4), publicity (H10), measures (H11), H12."""

from __future__ import annotations

from typing import Any

import pytest

from tests.town import Matter, Town, somebody

pytestmark = pytest.mark.carried_by("station")

OFFICE = somebody("office_clerk", "office")
HEAD_OF_OFFICE = somebody("secretary_general", "office_head")
CHAIR = somebody("chair", "chair_meeting")
RATERS = somebody("rater", "rating_group")
MEMBER = somebody("zhou", "member")
MASTER = somebody("ma", "station_head")  # heads every station of these tests
FIRST = somebody("zhao", "first_convenor", "second_convenor")
SECOND = somebody("qian", "first_convenor", "second_convenor")

NUMBERS = {"service_centre": 84, "sector": 37, "party": 7, "institution": 60, "special_task": 22}


def row(town: Town, code: str, mode: str = "sector", **convenors: str) -> None:
    """Enter a station or a studio in the registry."""
    kind = "station" if mode == "service_centre" else "studio"
    town.enter("workstation", code=code, name=code, kind=kind, mode=mode, **convenors)


def established(town: Town, code: str, mode: str = "sector", **convenors: str) -> Matter:
    """A station in operation, with a row of the registry."""
    row(town, code, mode, **(convenors or {"first_convenor": "zhao", "second_convenor": "qian"}))
    kind = "station" if mode == "service_centre" else "studio"
    station = town.open(OFFICE, "station", name=code, kind=kind, mode=mode, head="ma")
    station.attach(OFFICE, "application")
    station.act(CHAIR, "establish", place=code)
    return station


def active(town: Town, code: str, **convenors: str) -> Matter:
    """A studio with its plan of the year."""
    station = established(town, code, **convenors)
    station.act(MEMBER, "collect_need", needs={"need": "缺技术", "from_whom": "企业"})
    station.act(MASTER, "list_project", projects={"project": "助企行动", "resources": "科技委员"})
    station.attach(MASTER, "year_plan")
    station.act(MASTER, "adopt_plan")
    return station


def opened(station: Matter, activity: str = "consultation", linked: str = "none") -> Matter:
    """An activity that a convenor opens."""
    station.act(FIRST, "open_activity", topic="技术会诊", activity=activity, linked=linked)
    return station.linked("activities")[-1]


def held(activity: Matter, residents: int) -> None:
    """An activity is announced for today and held."""
    activity.act(FIRST, "announce", day=activity.town.now[:10])
    activity.attach(SECOND, "record")
    activity.act(SECOND, "hold", residents=residents)


def rated(station: Matter, points: str) -> None:
    """A station rates itself and is rated for 2026."""
    station.attach(MASTER, "self_rating")
    station.act(MASTER, "self_rate")
    station.act(RATERS, "rate", rated_year=2026, points=points)


def test_h1_an_activity_needs_both_convenors_named_in_the_registry(town: Town) -> None:
    station = active(town, "P1", first_convenor="zhao")
    form = {"topic": "技术会诊", "activity": "service", "linked": "none"}
    assert "two_convenors" in station.refused(FIRST, "open_activity", **form)
    town.change("workstation", "P1", second_convenor="qian")
    assert "not_bound" in station.refused(somebody("other", "first_convenor"), "open_activity", **form)
    station.act(SECOND, "open_activity", **form)
    (activity,) = station.linked("activities")
    held(activity, residents=12)
    assert (activity.outcome, station.data["held"], station.data["audience"]) == ("success", 1, 12)


@pytest.mark.carried_by("registries/places")
def test_h2_stations_and_studios_are_counted_by_five_modes_and_summed(town: Town) -> None:
    for mode, number in NUMBERS.items():
        for each in range(number):
            row(town, f"{mode}{each:02}", mode)
    town.retire("workstation", "sector36")
    row(town, "sector37", "sector")
    figures = town.figures("workstation", "stations_by_mode")
    assert {mode: sum(number for cell, number in figures.items() if cell[-1] == mode) for mode in NUMBERS} == NUMBERS
    assert figures["station", "service_centre"] == 84
    assert town.figures("workstation", "stations_in_all") == {(): 210}


def test_h2_a_station_is_in_a_service_centre_and_a_studio_is_not(town: Town) -> None:
    form: dict[str, Any] = {"name": "新城", "head": "ma"}
    assert "kind_against_mode" in town.opening_refused(OFFICE, "station", kind="studio", mode="service_centre", **form)
    assert "kind_against_mode" in town.opening_refused(OFFICE, "station", kind="station", mode="party", **form)
    row(town, "P9", "party")
    station = town.open(OFFICE, "station", kind="station", mode="service_centre", **form)
    station.attach(OFFICE, "application")
    assert "other_place" in station.refused(CHAIR, "establish", place="P9")


def test_h3_needs_become_projects_a_plan_and_activities_by_members_of_three_levels(town: Town) -> None:
    station = established(town, "P1")
    project = {"project": "助企行动", "resources": "科技委员"}
    assert "no_need" in station.refused(MASTER, "list_project", projects=project)
    station.act(MEMBER, "collect_need", needs={"need": "缺技术", "from_whom": "企业"})
    station.attach(MASTER, "year_plan")
    assert "no_project" in station.refused(MASTER, "adopt_plan")
    station.act(MASTER, "list_project", projects=project)
    assert "not_here" in station.refused(FIRST, "open_activity", topic="会诊", activity="service", linked="none")
    station.act(MASTER, "adopt_plan")
    for person, level in (("bai", "region"), ("hei", "city"), ("lan", "county"), ("hong", "county")):
        station.act(OFFICE, "place_members", placed={"person": person, "level": level})
    assert "invalid_field" in station.refused(OFFICE, "place_members", placed={"person": "lv", "level": "village"})
    assert town.figures("station", "placed") == {("region",): 1, ("city",): 1, ("county",): 2}
    held(opened(station), residents=3)
    assert (station.here, station.data["held"]) == ("operating.active", 1)


def test_h4_an_excellent_year_leads_up_one_level_after_the_other(town: Town) -> None:
    station = established(town, "P1")
    assert "not_to_be_rated" in station.refused(RATERS, "rate", rated_year=2026, points="95")
    assert "not_next_level" in station.refused(CHAIR, "promote", demo="city")
    rated(station, "89.9")
    assert (station.data["grade"], set(station.refused(CHAIR, "promote", demo="city"))) == ("passed", {"not_next_level"})
    rated(station, "90")
    assert "not_next_level" in station.refused(CHAIR, "promote", demo="region")
    station.act(CHAIR, "promote", demo="city")
    assert "not_next_level" in station.refused(CHAIR, "promote", demo="city")
    assert town.shares("station", "region_share") == {"": (0, 1)}
    station.act(CHAIR, "promote", demo="region")
    assert town.figures("station", "demonstration") == {("none",): 0, ("city",): 0, ("region",): 1}
    assert town.shares("station", "region_share") == {"": (1, 1)}  # it still counts among those that were made


def test_h4_a_warned_one_leaves_after_a_second_failure_and_not_before(town: Town) -> None:
    station = established(town, "P1")
    rated(station, "95")
    station.act(CHAIR, "promote", demo="city")
    rated(station, "59.9")
    assert (station.here, station.data["grade"], station.data["demo"]) == ("rectifying", "warned", "none")
    assert town.shares("station", "region_share") == {"": (0, 0)}
    assert {"not_here"} == set(station.refused(CHAIR, "withdraw", reason="差"))
    assert "not_overdue" in station.refused(OFFICE, "propose_withdrawal", reason="差")
    for _ in range(2):
        station.attach(MASTER, "measures")
        station.act(MASTER, "report_measures")
        station.act(RATERS, "fail", reason="整改不到位")
    assert station.here == "withdrawal"
    station.act(CHAIR, "withdraw", reason="长期不开展活动")
    assert (station.here, station.outcome) == ("withdrawn", "failed")


def test_h4_a_year_without_a_rating_is_told(town: Town) -> None:
    station = established(town, "P1")
    town.at("2027-01-02 09:00")
    assert station.rungs("rating") == [("1 month before", "2026-12-01 00:00"), ("due", "2027-01-01 00:00")]
    assert "chair_meeting" in station.told("due")


def test_h4_the_list_of_the_year_shows_places_once_all_are_rated(town: Town) -> None:
    stations = [established(town, code) for code in ("P1", "P2", "P3", "P4", "P5")]
    for station, points in zip(stations, ("80", "95.5", "80"), strict=False):
        rated(station, points)
    town.at("2027-01-11 09:00")
    (comparison,) = town.cases("station_round")
    comparison.attach(OFFICE, "casebook")
    assert (comparison.data["year"], comparison.data["unrated"]) == (2026, 2)
    assert "not_all_rated" in comparison.refused(HEAD_OF_OFFICE, "publish_list")
    rated(stations[3], "70")  # late, in January
    assert "not_all_rated" in comparison.refused(HEAD_OF_OFFICE, "publish_list")

    town.at("2027-02-20 09:00")
    comparison.act(HEAD_OF_OFFICE, "publish_list")
    assert sorted((each["place"], each["name"], each["points"]) for each in comparison.data["ranking"]) == [
        (1, "P2", "95.5"),
        (2, "P1", "80.0"),
        (2, "P3", "80.0"),
        (4, "P4", "70.0"),
    ]
    assert (comparison.here, comparison.data["excellent"], comparison.data["unrated"]) == ("incomplete", ["P2"], 1)
    (shown,) = comparison.events("publish_list")[0]["published"]
    assert ("ranking" in shown["what"], shown["to"]) == (True, ["member", "website"])


@pytest.mark.carried_by("station", "registries/ledgers")
def test_h10_the_audience_of_talks_and_lectures_leaves_out_the_classes(town: Town) -> None:
    audiences = {"talk": [*[50] * 63, 92], "lecture": [100] * 6, "class": [30] * 12}
    for kind, given in audiences.items():
        for number, audience in enumerate(given):
            theme = "二十大精神" if kind == "talk" and number >= 23 else "考察内蒙古重要讲话精神"
            town.enter("publicity", number=f"{kind}{number}", on="2026-02-01", kind=kind, theme=theme, audience=audience)
    town.enter("publicity", number="earlier", on="2025-12-31", kind="talk", audience=1000)
    held_so = town.figures("publicity", "events")
    assert [held_so["2026", kind] for kind in ("talk", "lecture", "class")] == [23 + 41, 6, 12]
    by_theme = town.figures("publicity", "events_by_theme")
    assert (by_theme["2026", "talk", "考察内蒙古重要讲话精神"], by_theme["2026", "talk", "二十大精神"]) == (23, 41)
    assert town.figures("publicity", "audience")["2026",] == 3842

    station = active(town, "P1")
    for activity, residents in (("talk", 40), ("lecture", 8), ("class", 500)):
        held(opened(station, activity), residents)
    assert town.figures("station_activity", "publicity") == {(): 48}
    assert town.figures("station_activity", "audience")["class",] == 500


@pytest.mark.carried_by("registries/party")
def test_h11_nineteen_measures_for_contact_with_people_are_kept_with_how_far_each_is(town: Town) -> None:
    for slot in range(1, 20):
        town.enter("checklist", code=f"联系群众-{slot}", list="联系群众举措", year=2026, slot=slot)
    for slot, status in ((1, "done"), (2, "done"), (3, "under_way")):
        town.change("checklist", f"联系群众-{slot}", status=status)
    assert "invalid_field" in town.entering_refused("checklist", code="x", list="联系群众举措", status="nearly")
    assert {status: len(town.rows("checklist", list="联系群众举措", status=status)) for status in ("open", "under_way", "done")} == {
        "open": 16,
        "under_way": 1,
        "done": 2,
    }
    assert town.shares("checklist", "measures_done") == {"": (2, 19)}


def test_h12_activities_are_linked_with_four_kinds_of_consultation_handed_over_and_answered(town: Town) -> None:
    station = active(town, "P1")
    partner = somebody("li_of_the_union", "partner", unit="union")
    for kind in ("government", "people_org", "social_org", "grassroots"):
        activity = opened(station, linked=kind)
        held(activity, residents=5)
        assert "missing_field" in activity.refused(FIRST, "hand_over", partner="union")
        activity.act(SECOND, "hand_over", partner="union", handed="人才政策建议")
        assert "not_bound" in activity.refused(somebody("else", "partner", unit="league"), "answer", answer="已采纳")
        activity.act(partner, "answer", answer="已采纳")
        assert (activity.here, activity.data["answer"]) == ("recorded", "已采纳")
    unlinked = opened(station)
    held(unlinked, residents=5)
    assert unlinked.here == "recorded"
    counted = town.figures("station_activity", "linked")
    assert counted == {("none",): 0, ("government",): 1, ("people_org",): 1, ("social_org",): 1, ("grassroots",): 1}
