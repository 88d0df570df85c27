"""Handling a proposal as Suizhou does: three meetings with the proposer (S5), four inspections and the look back (S6)."""

from __future__ import annotations

import pytest

from tests.rows.handling import CO_UNIT, HEAD, INSPECTION, OFFICES, UNIT, assigned, meet, reply, satisfied
from tests.town import Matter, Town, somebody

pytestmark = pytest.mark.carried_by("proposal")
with_inspection = pytest.mark.carried_by("proposal", "key_proposal_supervision")


def inspected(proposal: Matter, kind: str, unit: str = "housing_bureau") -> Matter:
    """The joint team opens an inspection; the proposal stays where it is."""
    place = proposal.here
    proposal.act(INSPECTION, "inspect", inspection_kind=kind, inspected_unit=unit)
    assert proposal.here == place
    return proposal.linked("inspections")[-1]


def mended(inspection: Matter, unit: str = UNIT) -> None:
    """A finding is mended by the unit and cleared by the team, never by the unit itself."""
    inspection.act(INSPECTION, "find", finding="见面流于形式")
    assert "missing_document" in inspection.refused(unit, "rectify")
    inspection.attach(unit, "rectification")
    inspection.act(unit, "rectify")
    assert "wrong_role" in inspection.refused(unit, "clear")
    own_unit = somebody("inspector", "joint_inspection", unit=str(inspection.data["unit"]))
    assert "duty_conflict" in inspection.refused(own_unit, "clear")
    inspection.act(INSPECTION, "send_back", reason="整改不实")
    inspection.attach(unit, "rectification")
    inspection.act(unit, "rectify")
    inspection.act(INSPECTION, "clear")
    assert inspection.outcome == "success"


# --- S5 -------------------------------------------------------------------------------------------------------------


def test_s5_each_of_three_meetings_blocks_in_its_turn(town: Town) -> None:
    proposal = assigned(town)
    proposal.attach(UNIT, "handling_plan")
    assert proposal.refused(UNIT, "start_handling").keys() == {"no_meeting_before"}
    assert "no_meeting_to_confirm" in proposal.refused("member", "confirm_met_before")
    proposal.act(UNIT, "met_before", meetings={"day": "2026-03-02", "gist": "商定办理方案"})
    assert proposal.refused(UNIT, "start_handling").keys() == {"no_meeting_before"}  # the proposer has not confirmed it
    assert "wrong_role" in proposal.refused(UNIT, "confirm_met_before")
    assert "not_bound" in proposal.refused("member2", "confirm_met_before")
    proposal.act("member", "confirm_met_before")
    proposal.act(UNIT, "start_handling")

    assert proposal.refused(UNIT, "draft_reply").keys() == {"no_meeting_during"}
    meet(proposal, "during")
    proposal.act(UNIT, "draft_reply")

    proposal.attach(UNIT, "reply_letter")
    proposal.act(HEAD, "reply_letter.approve")
    assert proposal.refused(UNIT, "issue_reply", reply_class="a").keys() == {"no_meeting_after"}
    meet(proposal, "after")
    proposal.act(UNIT, "issue_reply", reply_class="a")
    assert proposal.here == "replied"


def test_s5_handling_begins_with_a_plan_that_was_fixed_in_the_first_meeting(town: Town) -> None:
    proposal = assigned(town)
    meet(proposal, "before")
    assert proposal.refused(UNIT, "start_handling")["missing_document"]["missing"] == "handling_plan"
    proposal.attach(UNIT, "handling_plan")
    proposal.act(UNIT, "start_handling")


def test_s5_a_first_meeting_that_is_late_is_seen_by_the_joint_team(town: Town) -> None:
    """Fifteen working days from Monday 2 March 2026 end on 23 March."""
    proposal = assigned(town)
    assert proposal.due("first_meeting") == "2026-03-24 00:00"
    town.at("2026-03-24 00:00")
    assert proposal.rungs("first_meeting") == [("due", "2026-03-24 00:00")]
    (inspection,) = proposal.linked("inspections")
    assert (inspection.data["kind"], inspection.data["unit"], inspection.here) == ("meeting", "housing_bureau", "opened")


def test_s5_three_meeting_rates_are_counted_from_the_trail(town: Town) -> None:
    waiting, begun, replied = (assigned(town) for _ in range(3))
    reply(replied)
    begun.attach(UNIT, "handling_plan")
    meet(begun, "before")
    begun.act(UNIT, "start_handling")
    waiting.act(UNIT, "met_before", meetings={"day": "2026-03-02", "gist": "商定办理方案"})
    assert [town.shares("proposal", f"met_{node}") for node in ("before", "during", "after")] == [{"": (2, 2)}, {"": (1, 1)}, {"": (1, 1)}]
    assert town.shares("proposal", "filing_rate") == {"": (3, 3)}
    assert town.figures("proposal", "filed") == {("2026",): 3}


# --- S6 -------------------------------------------------------------------------------------------------------------


@with_inspection
def test_s6_meetings_are_inspected_and_a_finding_is_mended_and_checked_again(town: Town) -> None:
    proposal = assigned(town)
    assert "wrong_role" in proposal.refused(UNIT, "inspect", inspection_kind="meeting", inspected_unit="housing_bureau")
    inspection = inspected(proposal, "meeting")
    assert inspection.data["kind"] == "meeting"
    mended(inspection)
    assert proposal.here == "handling.preparing"


@with_inspection
def test_s6_joint_opinions_are_inspected_and_the_main_unit_waits_for_them(town: Town) -> None:
    """One month from 2 March 2026 ends on 2 April; five working days after it, with Qingming on 6 April, end on 10 April."""
    proposal = assigned(town, "enforcement_bureau", "assessment_bureau")
    proposal.attach(UNIT, "handling_plan")
    meet(proposal, "before")
    proposal.act(UNIT, "start_handling")
    meet(proposal, "during")
    assert proposal.refused(UNIT, "draft_reply").keys() == {"awaiting_parties"}

    assert proposal.due("opinion") == "2026-04-03 00:00"
    town.at("2026-04-13 09:00")
    assert {rung for rung, _ in proposal.rungs("opinion")} == {"due", "5 working days after"}
    late = inspected(proposal, "co_feedback", "enforcement_bureau")
    mended(late, CO_UNIT)

    proposal.act(CO_UNIT, "co.sign", verdict="agree", co_opinion="可增设夜间车位")
    assert proposal.refused(UNIT, "draft_reply").keys() == {"awaiting_parties"}
    proposal.act(OFFICES, "co.waive", party="assessment_bureau", reason="职能已划转")
    proposal.act(UNIT, "draft_reply")
    assert proposal.here == "handling.replying"


@with_inspection
def test_s6_the_reply_is_inspected_before_the_case_is_closed(town: Town) -> None:
    proposal = assigned(town)
    reply(proposal)
    inspection = inspected(proposal, "closing")
    satisfied(proposal)
    assert proposal.here == "awaiting_inspection"
    inspection.act(INSPECTION, "pass")
    assert (inspection.outcome, proposal.here) == ("success", "closed")


@with_inspection
def test_s6_the_unit_looks_back_on_its_own_work_and_the_team_inspects_that_it_did(town: Town) -> None:
    proposal = assigned(town)
    reply(proposal)
    satisfied(proposal)
    town.at("2026-09-01 09:00")
    assert "not_bound" in proposal.refused(CO_UNIT, "look_back", reason="回头看")
    proposal.act(UNIT, "look_back", reason="回头办理，补齐未落实事项")
    assert (proposal.here, proposal.outcome) == ("looking_back", None)
    assert "joint_inspection" in proposal.told()

    inspection = inspected(proposal, "look_back")
    proposal.act(UNIT, "mend", recheck_finding="照明未修")
    assert proposal.here == "handling.rework"
    proposal.act(UNIT, "study_again", progress={"text": "照明已修"})
    mended(inspection)
    meet(proposal, "during")
    proposal.act(UNIT, "draft_reply")
    meet(proposal, "after")
    proposal.attach(UNIT, "reply_letter")
    proposal.act(HEAD, "reply_letter.approve")
    proposal.act(UNIT, "issue_reply", reply_class="a")
    satisfied(proposal)
    assert proposal.here == "closed"


def test_s6_the_unit_does_not_certify_its_own_look_back(town: Town) -> None:
    proposal = assigned(town)
    reply(proposal)
    satisfied(proposal)
    proposal.act(UNIT, "look_back", reason="回头办理")
    assert "wrong_role" in proposal.refused(UNIT, "in_order", recheck_finding="已落实")
    own = somebody("inspector", "joint_inspection", unit="housing_bureau")
    assert "duty_conflict" in proposal.refused(own, "in_order", recheck_finding="已落实")
    proposal.act(INSPECTION, "in_order", recheck_finding="已落实")
    assert (proposal.here, len(proposal.events("look_back"))) == ("closed", 1)
