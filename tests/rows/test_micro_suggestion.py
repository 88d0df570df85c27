"""Small suggestions (Q3), sessions with and without one (Q4, H8), residents' messages (Q2), what stations collect (H9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.town import Matter, Town

pytestmark = pytest.mark.carried_by("micro_suggestion")

OFFICE, MEMBER, UNIT = "office", "member", "housing"


def suggestion(town: Town, **more: Any) -> Matter:
    """A small suggestion of a member."""
    return town.open(MEMBER, "micro_suggestion", **{"source": "app", "subject": "楼道灯不亮", "text": "请修楼道灯", **more})


def accepted(town: Town, kind: str, **more: Any) -> Matter:
    """A suggestion that the office gave to the housing bureau."""
    made = suggestion(town, **more)
    made.act(OFFICE, "accept", **filled(kind))
    return made


def filled(kind: str, *, budget: bool = False) -> dict[str, Any]:
    """What the office fills in when it gives a suggestion to a department."""
    return {"class": kind, "department": "housing_bureau", "budget": budget}


def session(town: Town, kind: str, brand: str, topic: str = "老旧小区停车") -> Matter:
    """A session of a member, a resident and a department, face to face."""
    made = town.open(MEMBER, "micro_session", kind=kind, brand=brand, topic=topic)
    hold(made)
    return made


def hold(made: Matter) -> None:
    """Three check in and it is held."""
    assert "nobody_came" in made.refused(MEMBER, "hold")
    for who in (MEMBER, "resident", UNIT):
        made.act(who, "check_in", method="qr")
    made.act(MEMBER, "hold")
    made.act(MEMBER, "note_result", result="达成一致")


# --- Q3 -------------------------------------------------------------------------------------------------------------


def test_q3_what_can_be_done_at_once_is_and_the_member_confirms_it(town: Town) -> None:
    """One working day from Monday 2 March 2026 ends on Tuesday."""
    made = suggestion(town)
    assert "not_at_once" in made.refused(OFFICE, "accept", **filled("at_once", budget=True))
    made.act(OFFICE, "accept", **filled("at_once"))
    assert made.due("at_once") == "2026-03-04 00:00"
    assert "not_bound" in made.refused("enforcement", "answer", answer="已修")
    made.act(UNIT, "answer", answer="已修")
    assert "not_bound" in made.refused("member2", "confirm", satisfied=True)
    made.act(MEMBER, "confirm", satisfied=True)
    assert made.outcome == "success"


def test_q3_what_is_assigned_has_a_longer_term_and_climbs_when_it_is_late(town: Town) -> None:
    """Fifteen working days from 2 March 2026 end on 23 March."""
    made = accepted(town, "normal")
    assert made.due("normal") == "2026-03-24 00:00"
    town.at("2026-04-01 09:00")
    assert [rung for rung, _ in made.rungs("normal")] == ["80 %", "due", "2 working days after", "5 working days after"]
    assert [task["kind"] for task in (*made.inbox("committee"), *made.inbox(OFFICE))] == ["escalation", "escalation"]


def test_q3_silence_and_dissatisfaction_are_no_success(town: Town) -> None:
    silent, unhappy = accepted(town, "simple"), accepted(town, "simple")
    for each in (silent, unhappy):
        each.act(UNIT, "answer", answer="已列入计划")
    assert "still_time" in silent.refused(OFFICE, "close_unconfirmed", reason="未反馈")
    for _ in range(2):
        unhappy.act(MEMBER, "confirm", satisfied=False)
        unhappy.act(UNIT, "answer", answer="已列入计划")
    unhappy.act(MEMBER, "confirm", satisfied=False)
    town.at("2026-03-17 09:00")
    silent.act(OFFICE, "close_unconfirmed", reason="未反馈")
    assert (silent.outcome, unhappy.outcome) == ("partial", "partial")


def test_q3_the_share_done_at_once_is_of_those_accepted(town: Town) -> None:
    for kind in ("at_once", "at_once", "simple", "normal", "normal"):
        accepted(town, kind)
    suggestion(town).act(OFFICE, "turn_down", reason="重复")
    suggestion(town)
    assert town.shares("micro_suggestion", "immediate") == {"accepted": (2, 5), "collected": (2, 7)}
    assert town.figures("micro_suggestion", "collected")["2026", "app"] == 7
    assert town.figures("micro_suggestion", "accepted") == {("2026",): 5}


# --- Q4, H8 ---------------------------------------------------------------------------------------------------------


def test_q4_a_session_stands_alone_or_belongs_to_a_suggestion(town: Town) -> None:
    alone = session(town, "consult", "none")
    assert (alone.outcome, alone.linked("suggestion")) == ("success", [])

    made = accepted(town, "normal")
    assert "not_bound" in made.refused("member2", "call_session")
    made.act(MEMBER, "call_session")
    (called,) = made.linked("sessions")
    hold(called)
    assert ([each.id for each in called.linked("suggestion")], called.data["kind"], made.here) == ([made.id], "consult", "handling")


def test_q4_a_small_supervision_is_opened_on_the_same_board(town: Town) -> None:
    check = session(town, "supervise", "none", "食堂卫生")
    assert (check.data["kind"], check.outcome) == ("supervise", "success")
    assert "invalid_field" in town.opening_refused(MEMBER, "micro_session", kind="plenary", brand="none", topic="x")
    cancelled = town.open(MEMBER, "micro_session", kind="supervise", brand="none", topic="x")
    assert "not_bound" in cancelled.refused("member2", "cancel", reason="重复")
    cancelled.act(MEMBER, "cancel", reason="重复")
    assert cancelled.outcome == "withdrawn"


def test_h8_sessions_face_to_face_are_counted_by_brand(town: Town) -> None:
    for brand in ("invite", "invite", "hall"):
        assert [entry["method"] for entry in session(town, "consult", brand).data["came"]] == ["qr"] * 3
    town.open(MEMBER, "micro_session", kind="consult", brand="hall", topic="未召开")
    held = town.figures("micro_session", "sessions")
    assert [held["2026", brand, "consult"] for brand in ("invite", "hall", "none")] == [2, 1, 0]


def test_h8_a_body_names_its_own_brands(town: Town) -> None:
    brands = {"none": {"zh-CN": "无", "en": "None"}, "tea": {"zh-CN": "茶室", "en": "Tea room"}}
    assert "invalid_field" in town.opening_refused(MEMBER, "micro_session", kind="consult", brand="tea", topic="x")
    own = town.open(MEMBER, "micro_session", settings={"brands": brands}, kind="consult", brand="tea", topic="x")
    assert own.data["brand"] == "tea"


# --- Q2 -------------------------------------------------------------------------------------------------------------

with_sectors = pytest.mark.carried_by("micro_suggestion", "registries/people")


def message(town: Town) -> Matter:
    """A resident's message to the workstation of a sector."""
    return town.open("resident", "sector_message", sector="medicine", subject="挂号难", text="老人不会网上挂号")


@with_sectors
def test_q2_a_member_answers_what_a_resident_asked(town: Town) -> None:
    """Five working days from 2 March 2026 end on 9 March."""
    town.enter("sector", code="medicine", name="医药卫生界")
    made = message(town)
    assert "wrong_role" in town.opening_refused("housing", "sector_message", sector="medicine", subject="x", text="x")
    assert "wrong_role" in made.refused(MEMBER, "assign", member=MEMBER)
    made.act(OFFICE, "assign", member=MEMBER)
    assert made.due("answer") == "2026-03-10 00:00"
    assert "not_bound" in made.refused("member2", "answer", answer="窗口保留人工号")
    town.at("2026-03-13 09:00")
    assert made.rungs("answer") == [("due", "2026-03-10 00:00"), ("3 working days after", "2026-03-13 00:00")]
    assert [task["kind"] for task in made.inbox(OFFICE)] == ["escalation"]
    made.act(MEMBER, "answer", answer="窗口保留人工号")
    town.at("2026-03-30 09:00")
    assert (made.here, made.outcome) == ("settled", "success")


@with_sectors
def test_q2_what_an_answer_cannot_settle_goes_on_as_a_suggestion_or_as_information(town: Town) -> None:
    town.enter("sector", code="medicine", name="医药卫生界")
    to_suggestion, to_information = message(town), message(town)
    for made in (to_suggestion, to_information):
        made.act(OFFICE, "assign", member=MEMBER)
        made.act(MEMBER, "answer", answer="已转有关部门")
    to_suggestion.act(MEMBER, "make_suggestion")
    to_information.act(MEMBER, "make_information")
    (suggested,), (information,) = to_suggestion.linked("suggestion"), to_information.linked("information")
    assert (suggested.data["author"], suggested.data["source"], suggested.here) == (MEMBER, "online_sector", "submitted")
    assert (information.data["authors"], information.data["source"]) == ([MEMBER], "message")
    assert {to_suggestion.outcome, to_information.outcome} == {"referred"}


# --- H9 -------------------------------------------------------------------------------------------------------------


@pytest.mark.carried_by("micro_suggestion", "public_opinion", "registries/ledgers")
def test_h9_what_stations_collect_is_counted_from_a_first_day(town: Town) -> None:
    for _ in range(2):
        suggestion(town, source="station")
        collected = town.open(MEMBER, "public_opinion", text="充电难", urgent=False, source="station")
        collected.act("committee", "classify", text="充电难", wuzhi="smart", department="housing_bureau")
        collected.act("committee", "issue")
    town.at("2026-06-01 09:00")
    for number in range(3):
        suggestion(town, source="station")
        town.enter("good_deed", number=str(number), on="2026-06-01", member=MEMBER, station="z1", what="义诊")
    suggestion(town)
    town.enter("good_deed", number="old", on="2021-12-31", member=MEMBER, station="z1", what="义诊")
    town.open(MEMBER, "public_opinion", text="未编发", urgent=False, source="station")

    key = ("2026", "station")
    assert town.figures("micro_suggestion", "collected")[key] == 5
    assert town.figures("micro_suggestion", "collected", since="2026-06-01")[key] == 3
    assert town.indicator("micro_suggestion", "collected")["from"] is None  # the period is not given, and the answer says so
    assert (town.figures("public_opinion", "written_up")[key], town.figures("public_opinion", "sources")[key]) == (2, 3)
    assert len([row for row in town.rows("good_deed") if row["on"] >= "2022-01-01"]) == 3


@pytest.mark.carried_by("micro_suggestion", "proposal_planning")
def test_h9_a_clue_that_a_station_collected_reaches_the_planning_of_proposals(town: Town) -> None:
    made = suggestion(town, source="station")
    assert made.refused(OFFICE, "make_clue")["missing_field"]["missing"] == "area"
    made.act(OFFICE, "make_clue", area="livelihood")
    (planned,) = made.linked("planning")
    assert (planned.here, planned.data["source"], planned.data["idea"]) == ("idea", "station", "请修楼道灯")
    assert made.outcome == "referred"
