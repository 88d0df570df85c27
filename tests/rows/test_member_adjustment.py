"""A seat changes: resigned, removed, added, filled (L5)."""

from __future__ import annotations

import pytest

from tests.town import Matter, Town

pytestmark = pytest.mark.carried_by("member_adjustment")


def decided(seat: Matter) -> None:
    seat.attach("secretary", "decision")
    seat.act("secretary", "decide")
    assert seat.here == "effective"


def test_l5_a_member_resigns_and_the_file_closes_when_the_roll_says_so(town: Town) -> None:
    town.enter("member", person="member", name="张岚")
    assert "not_yours_to_propose" in town.opening_refused("member2", "member_adjustment", kind="resign", person="member", ground="调动")
    seat = town.open("member", "member_adjustment", kind="resign", person="member", ground="工作调动")
    assert "missing_document" in seat.refused("office", "examine")
    seat.attach("member", "application")
    seat.act("office", "examine")
    assert "missing_document" in seat.refused("secretary", "decide")
    decided(seat)
    assert "roll_not_changed" in seat.refused("office", "enter_roll")
    town.change("member", "member", until="2026-03-01")
    seat.act("office", "enter_roll")
    assert (seat.outcome, seat.number) == ("success", "2026调001")


def test_l5_a_removal_rests_on_grounds_or_on_member_years_of_that_very_member(town: Town) -> None:
    for person in ("member", "member2"):
        town.enter("member", person=person, name=person)
    assessment = town.open("office", "performance_year", year=2026)
    files = {each.data["member"]: each for each in assessment.children("files")}
    seat = town.open("office", "member_adjustment", kind="remove", person="member", ground="连续两年待改进")
    assert "missing_document" in seat.refused("office", "examine")
    assert "invalid_field" in seat.refused("office", "add_evidence", pick=[files["member2"].id])
    seat.act("office", "add_evidence", pick=[files["member"].id])
    assert [each.id for each in seat.linked("member_years")] == [files["member"].id]
    seat.act("office", "examine")
    decided(seat)


def test_l5_adding_concerns_somebody_without_a_member_year(town: Town) -> None:
    town.enter("member", person="member", name="张岚")
    twice = town.open("office", "member_adjustment", kind="add", person="member", ground="增补")
    twice.attach("office", "nomination")
    assert "roll_says_otherwise" in twice.refused("office", "examine")
    seat = town.open("office", "member_adjustment", kind="add", person="wu", ground="界别增补")
    assert "missing_document" in seat.refused("office", "examine")
    seat.attach("office", "nomination")
    seat.act("office", "examine")
    assert town.count("member_performance") == 0
    decided(seat)
    town.enter("member", person="wu", name="吴")
    seat.act("office", "enter_roll")
    assert seat.outcome == "success"


def test_l5_filling_says_whose_seat_and_waits_until_that_one_has_left(town: Town) -> None:
    town.enter("member", person="member", name="张岚")
    assert "not_yours_to_propose" in town.opening_refused("office", "member_adjustment", kind="fill", person="wu", ground="补缺")
    seat = town.open("office", "member_adjustment", kind="fill", person="wu", in_place_of="member", ground="补缺")
    seat.attach("office", "nomination")
    assert "roll_says_otherwise" in seat.refused("office", "examine")
    town.change("member", "member", until="2026-03-01")
    seat.act("office", "examine")
    assert "reason_required" in seat.refused("secretary", "reject")
    seat.act("secretary", "reject", reason="另行提名")
    assert seat.outcome == "rejected"
