"""Planning proposals as Suizhou does: an area for each (S3), four kinds with guards of their own, and the proposal that comes of each (S4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.town import Matter, Town, somebody

pytestmark = pytest.mark.carried_by("proposal_planning")

COMMITTEE, OFFICES, CHAIRS = "committee", "assessment", "secretary"
POLICY = somebody("tang", "policy_office")
RESEARCH = somebody("xu", "research_office")
UNION = somebody("gao", "participating_unit", unit="union")
FEDERATION = somebody("wu", "participating_unit", unit="federation")

PLENARY = "2027-01-20"
TEXT = {"subject": "完善社区养老服务", "body": "情况、分析与建议"}


def idea(town: Town, area: str = "livelihood") -> Matter:
    """An idea of the committee, not of any kind yet."""
    return town.open(COMMITTEE, "proposal_planning", idea="社区养老", area=area)


def submit(planning: Matter) -> Matter:
    """Take a planning from its research to the proposal that comes of it."""
    assert "missing_document" in planning.refused(COMMITTEE, "start_drafting")
    planning.attach(COMMITTEE, "research_report")
    planning.act(COMMITTEE, "start_drafting")
    assert "not_written" in planning.refused(COMMITTEE, "hand_over", first_proposer="member")
    planning.act(COMMITTEE, "write", **TEXT)
    planning.act(COMMITTEE, "hand_over", first_proposer="member")
    planning.act(CHAIRS, "approve")
    (proposal,) = planning.children("proposal")
    assert {name: proposal.data[name] for name in TEXT} == TEXT
    proposal.act("member", "submit")
    return proposal


def file(proposal: Matter) -> None:
    """The proposal is filed in its body."""
    proposal.act(COMMITTEE, "file", category="society")


def test_s3_every_idea_belongs_to_one_of_three_areas_and_they_are_counted(town: Town) -> None:
    assert town.opening_refused(COMMITTEE, "proposal_planning", idea="社区养老")["missing_field"]["missing"] == "area"
    assert "invalid_field" in town.opening_refused(COMMITTEE, "proposal_planning", idea="社区养老", area="culture")
    for area in ("strategy", "key_work", "livelihood", "livelihood"):
        idea(town, area)
    assert town.figures("proposal_planning", "areas") == {("strategy",): 1, ("key_work",): 1, ("livelihood",): 2}


def test_s4_a_joint_proposal_becomes_a_case_of_the_province(town: Town) -> None:
    province = town.body("province")
    planning = idea(town, "strategy")
    asked: dict[str, Any] = {"province": "province", "plenary_on": PLENARY}
    assert "not_joint" in planning.refused(COMMITTEE, "plan_joint", proposers=["member"], **asked)
    assert "not_joint" in planning.refused(COMMITTEE, "plan_joint", proposers=["member", "member2"], **{**asked, "province": town.org})
    planning.act(COMMITTEE, "plan_joint", proposers=["member", "member2"], **asked)
    assert "nobody_invited" in planning.refused(COMMITTEE, "start_drafting")
    planning.act(COMMITTEE, "invite", invited_units=["housing_bureau"], invited_members=["sector"])

    proposal = submit(planning)
    assert (proposal.town.org, town.count("proposal"), province.count("proposal")) == ("province", 0, 1)
    assert (proposal.data["proposers"], proposal.data["collective"], planning.here) == (["member", "member2"], False, "submitted")
    file(proposal)
    assert (planning.here, planning.linked("supervision")) == ("filed", [])


def test_s4_a_proposal_for_the_top_leaders_waits_for_both_research_offices_and_announces_its_supervision(town: Town) -> None:
    planning = idea(town, "key_work")
    planning.act(COMMITTEE, "plan_for_leaders", plenary_on=PLENARY, leader="leader")
    planning.act(POLICY, "research_offices.sign", verdict="support", opinion="赞成")
    assert "not_here" in planning.refused(COMMITTEE, "start_drafting")
    planning.act(RESEARCH, "research_offices.sign", verdict="amend", opinion="聚焦应急产业")

    proposal = submit(planning)
    file(proposal)
    assert planning.here == "submitted"
    proposal.act(OFFICES, "assign", main_unit="housing_bureau")
    (supervision,) = planning.linked("supervision")
    assert (planning.here, supervision.data["leader"], supervision.data["main_unit"]) == ("filed", "leader", "housing_bureau")
    supervision.act(COMMITTEE, "bundle", pick=[proposal.id])
    supervision.act(COMMITTEE, "assign_channels", channels=["leader"])
    assert supervision.here == "supervising"


def test_s4_a_collective_proposal_is_researched_by_each_body_and_its_share_is_counted(town: Town) -> None:
    planning = idea(town)
    planning.act(COMMITTEE, "plan_collective", bodies=["union", "federation"], plenary_on=PLENARY)
    planning.act(UNION, "bodies.sign", verdict="done", contribution="走访二十个社区")
    assert "awaiting_parties" in planning.refused(COMMITTEE, "start_drafting")
    planning.act(FEDERATION, "bodies.sign", verdict="done", contribution="问卷三百份")
    proposal = submit(planning)
    file(proposal)
    assert (planning.outcome, proposal.data["collective"]) == ("success", True)

    unfiled = idea(town)
    unfiled.act(COMMITTEE, "plan_for_leaders", plenary_on=PLENARY)
    for office in (POLICY, RESEARCH):
        unfiled.act(office, "research_offices.sign", verdict="support", opinion="赞成")
    submit(unfiled).act(COMMITTEE, "not_file", not_filed_reason="empty", reason="空泛")
    assert (unfiled.here, unfiled.outcome) == ("not_filed", "failed")
    assert town.shares("proposal_planning", "collective_share") == {"": (1, 1)}


def test_s4_a_key_supervisory_proposal_needs_the_two_offices_a_plan_and_a_leader(town: Town) -> None:
    planning = idea(town)
    missing = planning.refused(COMMITTEE, "plan_supervisory", plenary_on=PLENARY)
    assert "missing_field" in missing
    assert "missing_field" in planning.refused(COMMITTEE, "plan_supervisory", plenary_on=PLENARY, plan_topic="水环境")
    planned = {"plenary_on": PLENARY, "plan_topic": "年度重点监督议题：水环境", "responsible": "vice_chair"}
    planning.act(COMMITTEE, "plan_supervisory", **planned)
    assert "not_here" in planning.refused(COMMITTEE, "start_drafting")
    planning.act(OFFICES, "offices.sign", verdict="object", opinion="正在整治")
    assert planning.here == "idea"
    planning.act(COMMITTEE, "plan_supervisory", **planned)
    planning.act(OFFICES, "offices.sign", verdict="support", opinion="赞成")

    proposal = submit(planning)
    file(proposal)
    proposal.act(OFFICES, "assign", main_unit="housing_bureau")
    assert (planning.here, len(planning.linked("supervision"))) == ("filed", 1)
