"""Meetings with one notice, three ways to check in, and a trace of who was late, on leave and absent (Q7)."""

from __future__ import annotations

import pytest

from tests.town import Town

pytestmark = pytest.mark.carried_by("meeting")

EXPECTED = ["member", "member2", "sector", "squad", "somebody_else"]


def test_q7_one_notice_tells_all_and_the_trail_says_how_each_checked_in(town: Town) -> None:
    meeting = town.open("office", "meeting", kind="standing", subject="专题议政", on="2026-03-20", place="会议厅", expected=EXPECTED)
    assert "missing_document" in meeting.refused("office", "send_notice")
    meeting.attach("office", "papers")
    meeting.act("office", "send_notice")
    assert {each["person"] for each in meeting.events("send_notice")[0]["notify"]} == {*EXPECTED}

    meeting.act("squad", "ask_leave", reason="出差")
    town.at("2026-03-20 08:50")
    meeting.act("office", "begin")
    assert "nobody_came" in meeting.refused("office", "end")
    meeting.act("member", "check_in", method="face")
    assert "already_entered" in meeting.refused("member", "check_in", method="qr")
    assert "invalid_field" in meeting.refused("member2", "check_in", method="wink")
    town.at("2026-03-20 09:10")
    meeting.act("member2", "check_in", method="qr")
    meeting.act("office", "register", came=[{"person": "sector"}])
    meeting.act("office", "end")

    came = {entry["person"]: (entry["status"], entry.get("method"), entry.get("late", False)) for entry in meeting.data["came"]}
    assert came == {
        "member": ("present", "face", False),
        "member2": ("present", "qr", True),
        "sector": ("present", "manual", True),
        "squad": ("leave", None, False),
        "somebody_else": ("absent", None, False),
    }
    assert [event["action"] for event in meeting.events() if event["action"] in {"check_in", "register", "ask_leave"}] == [
        "ask_leave",
        "check_in",
        "check_in",
        "register",
    ]
    by_method = town.figures("meeting", "attendance")
    assert [by_method["2026", method] for method in ("face", "qr", "manual")] == [1, 1, 1]
    assert (town.shares("meeting", "late"), town.shares("meeting", "absent")) == ({"": (2, 3)}, {"": (1, 5)})


def test_q7_a_meeting_is_filed_with_its_minutes_and_who_came_after_all_is_entered(town: Town) -> None:
    meeting = town.open(
        "office", "meeting", kind="chair", subject="审议提案", on="2026-03-20", place="会议厅", expected=["member", "member2"]
    )
    assert meeting.due("notice") == "2026-03-18 00:00"
    meeting.attach("office", "papers")
    meeting.act("office", "send_notice")
    meeting.act("office", "begin")
    meeting.act("member", "check_in", method="face")
    meeting.act("office", "end")
    assert "missing_document" in meeting.refused("office", "file")
    meeting.act("office", "register", came=[{"person": "member2"}])
    meeting.attach("office", "minutes")
    meeting.act("office", "file")
    assert ([entry["status"] for entry in meeting.data["came"]], meeting.outcome) == (["present", "present"], "success")
