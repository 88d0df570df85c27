"""Rooms where matters are talked over: sessions and the month of September (T8), at the front line (T3c), linked with other consultation (H12)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.town import Matter, Town, somebody

pytestmark = pytest.mark.carried_by("discussion_room")

TOWN = somebody("clerk", "working_committee", unit="town_office")
GUIDANCE = somebody("guide", "guidance_group")
RESIDENT = somebody("aunt_li", "resident")
MEMBER = somebody("zhang", "member")
DEPARTMENT = somebody("officer", "department", unit="housing")
DOER = somebody("foreman", "doer", unit="housing")

PLACES = ("town", "administration", "sector_group")
FUNCTIONS = ("liaison", "opinions", "consultation")


def rooms(town: Town) -> None:
    """Enter an area with a room of each kind, and a second area."""
    for code, kind in (("east", "town"), ("west", "zone")):
        town.enter("area", code=code, name=code, kind=kind)
    for place in PLACES:
        town.enter("room", code=place, name=place, place=place, functions=list(FUNCTIONS), area="east")
    town.enter("room", code="west", name="west", place="administration", functions=["consultation"], area="west")


def held(town: Town, *, venue: str = "room", **form: Any) -> Matter:
    """A session in the east at which all three sides are there."""
    session = town.open(RESIDENT, "discussion_room", **{"matter": "安置小区物业", "room": "town", **form})
    session.act(TOWN, "accept", venue=venue, session_on=town.now[:10])
    for side in (MEMBER, RESIDENT, DEPARTMENT):
        session.act(side, "check_in")
    session.act(TOWN, "hold")
    return session


def test_t8_a_session_from_the_matter_to_the_residents_feedback(town: Town) -> None:
    rooms(town)
    assert "missing_field" in town.opening_refused(RESIDENT, "discussion_room", matter="只有事项")
    session = town.open(RESIDENT, "discussion_room", matter="安置小区物业", room="town")
    assert "wrong_role" in session.refused(RESIDENT, "accept", venue="room", session_on="2026-03-09")
    session.act(TOWN, "accept", venue="room", session_on="2026-03-09")
    for side in (MEMBER, RESIDENT):
        assert "side_missing" in session.refused(TOWN, "hold")
        session.act(side, "check_in")
    assert "side_missing" in session.refused(TOWN, "hold")
    session.act(DEPARTMENT, "check_in")
    session.act(TOWN, "hold")
    session.act(TOWN, "record_result", result="agreed")
    session.act(TOWN, "hand_to_doer", doer="housing")
    session.act(DOER, "report", done_what="物业已进驻")
    session.act(TOWN, "record_feedback", satisfied=True, feedback="满意")
    assert (session.here, session.outcome, session.number) == ("closed", "success", "2026商量001")
    assert [each["action"] for each in session.events() if each["kind"] == "act"] == [
        *("accept", "check_in", "check_in", "check_in", "hold", "record_result", "hand_to_doer", "report", "record_feedback"),
    ]


@pytest.mark.parametrize(("result", "outcome"), [("not_agreed", "failed"), ("referred_up", "referred")])
def test_t8_a_session_without_agreement_closes_with_its_reason(town: Town, result: str, outcome: str) -> None:
    rooms(town)
    session = held(town)
    assert "reason_missing" in session.refused(TOWN, "record_result", result=result)
    session.act(TOWN, "record_result", result=result, why="费用分担有分歧")
    assert (session.outcome, session.data["why"]) == (outcome, "费用分担有分歧")


@pytest.mark.carried_by("discussion_room", "registries/places")
def test_t8_rooms_and_sessions_are_told_by_three_kinds_of_place_and_three_functions(town: Town) -> None:
    rooms(town)
    town.change("room", "sector_group", functions=["liaison", "consultation"])
    cells = {key: town.figures("room", f"{key}_rooms") for key in ("liaison", "opinion", "consultation")}
    assert cells == {
        "liaison": {("town",): 1, ("administration",): 1, ("sector_group",): 1},
        "opinion": {("town",): 1, ("administration",): 1, ("sector_group",): 0},
        "consultation": {("town",): 1, ("administration",): 2, ("sector_group",): 1},  # one of them the room in the west
    }
    held(town)
    held(town, room="west")
    assert town.figures("discussion_room", "sessions") == {
        ("2026", "town"): 1,
        ("2026", "administration"): 1,
        ("2026", "sector_group"): 0,
    }


def test_t8_each_september_asks_every_area_for_a_session(town: Town) -> None:
    rooms(town)
    town.at("2026-07-31 23:59")
    assert town.count("livelihood_month") == 0
    town.at("2026-08-01 00:00")
    (month,) = town.cases("livelihood_month")
    east, west = month.children("sessions")
    assert (month.data["missing"], east.data["area"], west.data["area"]) == (["east", "west"], "east", "west")

    town.at("2026-09-07 09:00")
    east.act(TOWN, "name_matter", matter="黑臭河道", room="west")
    assert "not_ready" in east.refused(TOWN, "accept", venue="villagers_hall", session_on="2026-09-07")
    east.act(TOWN, "name_matter", matter="黑臭河道", room="administration")
    east.act(TOWN, "accept", venue="villagers_hall", session_on="2026-09-07")
    for side in (MEMBER, RESIDENT, DEPARTMENT):
        east.act(side, "check_in")
    east.act(TOWN, "hold")
    assert (month.here, month.data["missing"]) == ("running", ["west"])

    town.at("2026-10-01 00:00")
    assert (month.here, month.outcome, month.data["missing"]) == ("with_gaps", "partial", ["west"])
    assert (east.here, west.here) == ("concluding", "raised")


def test_t8_a_month_in_which_every_area_held_a_session_is_covered(town: Town) -> None:
    rooms(town)
    town.at("2026-09-01 09:00")
    (month,) = town.cases("livelihood_month")
    assert "reason_required" in month.refused(GUIDANCE, "sessions.waive", child="west")
    month.act(GUIDANCE, "sessions.waive", child="west", reason="与东片合并举办")
    (east, _) = month.children("sessions")
    east.act(TOWN, "name_matter", matter="乡村旅游", room="sector_group")
    east.act(TOWN, "accept", venue="room", session_on="2026-09-01")
    for side in (MEMBER, RESIDENT, DEPARTMENT):
        east.act(side, "check_in")
    east.act(TOWN, "hold")
    assert (month.outcome, month.data["missing"]) == ("success", [])


@pytest.mark.parametrize("venue", ["community_forum", "villagers_hall", "business_chamber"])
def test_t3c_a_session_records_where_it_took_root_and_whether_early(town: Town, venue: str) -> None:
    rooms(town)
    session = held(town, venue=venue, early=True)
    assert (session.data["venue"], session.data["early"], session.data["place"]) == (venue, True, "town")
    later = town.open(MEMBER, "discussion_room", matter="噪声", room="town")
    assert later.data["early"] is False
    assert "invalid_field" in later.refused(TOWN, "accept", venue="office_building", session_on="2026-03-09")
    assert "missing_field" in later.refused(TOWN, "accept", session_on="2026-03-09")


def test_h12_a_session_is_handed_to_each_kind_of_consultation_and_answered(town: Town) -> None:
    rooms(town)
    for kind in ("government", "people_org", "social_org", "grassroots"):
        session = held(town)
        session.act(TOWN, "record_result", result="partly")
        assert "invalid_field" in session.refused(TOWN, "link_up", linked="party", partner="union")
        session.act(TOWN, "link_up", linked=kind, partner="union")
        assert (session.here, session.data["linked"], session.due("answer")) == ("handed_over", kind, "2026-04-03 00:00")
        assert "not_bound" in session.refused(somebody("other", "partner", unit="housing"), "answer", answer="已列入")
        session.act(somebody("chair", "partner", unit="union"), "answer", answer="已列入议题")
        assert (session.here, session.data["answer"]) == ("resident_feedback", "已列入议题")
