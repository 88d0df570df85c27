"""The consultation plan of a year: topics sought broadly and chosen strictly (T4), approval (Z1, J2), three sources (J4), a plan made jointly (C1).

Below it: four papers before work begins (T5), three obligations of a Party head (Z2), members who sit in on a decision (Z7).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows.handling import assigned
from tests.town import Matter, Town, somebody

pytestmark = pytest.mark.carried_by("annual_consultation_plan")

CLERK = somebody("wang", "office", unit="office")
COMMITTEE = somebody("chen", "committee", unit="committee_social")
HOST = somebody("chen", "host", unit="committee_social")
MEMBER = somebody("zhang", "member")
LIAISON = somebody("sun", "liaison")
PARTY = somebody("feng", "party_committee")
GOVERNMENT = somebody("shen", "government")
CHAIR_OFFICE = somebody("fang", "chair_office_meeting")
CHAIR = somebody("qian", "chair_meeting")

FULL = {"precision": 40, "urgency": 30, "practicability": 30}
FOUR_ONES = ("work_plan", "team", "platforms", "procedure")
LOW = {"precision": 10, "urgency": 5, "practicability": 5}
TOPIC = {"title": "产业链", "source": "party_gov", "kind": "thematic", "host": "committee_social", "due": "2026-10-30", "given_by": "mayor"}


def candidate(title: str, source: str, channel: str) -> dict[str, str]:
    return {"title": title, "source": source, "channel": channel}


def pool(town: Town, **settings: Any) -> Matter:
    """A plan with candidates from three sources and three sides; those who score are there."""
    town.settle(CLERK, COMMITTEE)
    plan = town.open(CLERK, "annual_consultation_plan", settings=settings)
    plan.act(PARTY, "submit_topic", candidates=candidate("产业链", "party_gov", "assigned"))
    plan.act(COMMITTEE, "submit_topic", candidates=candidate("养老服务", "member", "five_links"))
    plan.act(LIAISON, "submit_topic", candidates=candidate("停车难", "public", "reception_day"))
    return plan


def drafting(town: Town, **settings: Any) -> Matter:
    plan = pool(town, **settings)
    plan.act(CLERK, "end_call")
    for item in ("1", "2", "3"):
        plan.act(CLERK, "fit.vote", item=item, points=LOW if item == "2" else FULL)
    for item in ("1", "3"):
        plan.act(COMMITTEE, "fit.vote", item=item, points=FULL)
    plan.act(CLERK, "fit.close")
    return plan


def submitted(town: Town, **settings: Any) -> Matter:
    plan = drafting(town, **settings)
    plan.act(CLERK, "shortlist", topics=[TOPIC])
    plan.attach(CLERK, "draft_plan")
    plan.act(CLERK, "to_chair")
    return plan


def executing(town: Town) -> Matter:
    plan = submitted(town)
    plan.act(CHAIR_OFFICE, "approve_draft")
    plan.act(PARTY, "approve")
    plan.attach(CLERK, "plan")
    plan.act(CLERK, "issue", approval_no="委〔2026〕3号")
    return plan


def test_t4_topics_come_by_many_channels_and_a_scored_shortlist_goes_out(town: Town) -> None:
    plan = pool(town)
    assert {(each["source"], each["channel"]) for each in plan.data["candidates"]} == {
        ("party_gov", "assigned"),
        ("member", "five_links"),
        ("public", "reception_day"),
    }
    assert town.figures("annual_consultation_plan", "candidates")["2026", "party_gov", "assigned"] == 1
    plan.act(CLERK, "end_call")
    assert "not_here" in plan.refused(MEMBER, "submit_topic", candidates=candidate("迟到的题", "member", "other"))
    assert "own_matter" in plan.refused(COMMITTEE, "fit.vote", item="2", points=FULL)
    assert "invalid_field" in plan.refused(CLERK, "fit.vote", item="1", points={**FULL, "precision": 41})
    for item in ("1", "2", "3"):
        plan.act(CLERK, "fit.vote", item=item, points=LOW if item == "2" else FULL)
    plan.act(COMMITTEE, "fit.vote", item="1", points=FULL)
    plan.act(COMMITTEE, "fit.vote", item="3", points=FULL)
    plan.act(CLERK, "fit.close")

    scored = plan.case.snapshot["ballots"]["fit"]
    assert plan.here == "preparing.drafting"
    assert scored["closed"]
    assert "not_from_the_pool" in plan.refused(CLERK, "shortlist", topics=[{**TOPIC, "title": "没有征集过的题"}])
    plan.act(COMMITTEE, "communicate", talks={"with": "区委办", "gist": "侧重龙头企业"})
    plan.act(CLERK, "shortlist", topics=[TOPIC])
    assert town.figures("annual_consultation_plan", "selected")[()] == "0.3333"  # one of three


def test_t4_a_scoring_in_which_half_or_fewer_take_part_is_no_choice(town: Town) -> None:
    plan = pool(town)
    plan.act(CLERK, "end_call")
    plan.act(CLERK, "fit.vote", item="1", points=FULL)
    plan.act(CLERK, "fit.close")
    assert plan.here == "preparing.collecting"


def test_z1_yearly_plan_with_party_approval(town: Town) -> None:
    plan = submitted(town)
    assert "not_here" in plan.refused(CLERK, "issue", approval_no="委〔2026〕3号")
    assert "duty_conflict" in plan.refused(somebody("wang", "chair_office_meeting"), "approve_draft")
    plan.act(CHAIR_OFFICE, "return_draft", reason="题目过多")
    assert plan.here == "preparing.drafting"
    assert "missing_document" in plan.refused(CLERK, "to_chair")  # a draft of its own for each round
    plan.attach(CLERK, "draft_plan")
    plan.act(CLERK, "to_chair")
    plan.act(CHAIR_OFFICE, "approve_draft")

    assert "not_here" in plan.refused(CLERK, "issue", approval_no="委〔2026〕3号")
    assert "wrong_role" in plan.refused(CHAIR, "approve")
    plan.act(PARTY, "return_plan", reason="补充产业题目")
    assert plan.here == "preparing.drafting"
    plan.attach(CLERK, "draft_plan")
    plan.act(CLERK, "to_chair")
    plan.act(CHAIR_OFFICE, "approve_draft")
    plan.act(PARTY, "approve")

    plan.attach(CLERK, "plan")
    assert "no_approval_no" in plan.refused(CLERK, "issue")
    plan.act(CLERK, "issue", approval_no="委〔2026〕3号")
    assert (plan.here, plan.number) == ("executing", "2026年度协商计划第1号")


def test_z1_the_plan_of_a_year_is_opened_at_its_beginning_by_the_clock(town: Town) -> None:
    town.at("2027-01-03 23:59")  # New Year's Day and the weekend after it are rest days
    assert town.count("annual_consultation_plan") == 0
    town.at("2027-01-04 09:00")
    (plan,) = town.cases("annual_consultation_plan")
    assert (plan.here, plan.data["year"]) == ("preparing.collecting", 2027)


def test_j2_where_the_chairpersons_meeting_approves_the_plan_ends_with_it(town: Town) -> None:
    plan = submitted(town, approver="chair_meeting")
    assert "not_the_approver" in plan.refused(CHAIR_OFFICE, "approve_draft")
    plan.act(CHAIR, "approve_draft")
    plan.attach(CLERK, "plan")
    plan.act(CLERK, "issue")
    assert plan.here == "executing"


def test_j4_each_candidate_has_one_of_three_sources_and_they_are_counted(town: Town) -> None:
    plan = drafting(town)
    other = town.open(CLERK, "annual_consultation_plan")
    assert "no_source" in other.refused(MEMBER, "submit_topic", candidates={"title": "停车难", "channel": "other"})
    assert "invalid_field" in other.refused(MEMBER, "submit_topic", candidates=candidate("停车难", "press", "other"))
    assert "not_from_the_pool" in plan.refused(CLERK, "shortlist", topics=[{**TOPIC, "source": "public"}])
    plan.act(
        CLERK, "shortlist", topics=[TOPIC, {"title": "停车难", "source": "public", "kind": "deliberation", "host": "committee_social"}]
    )
    assert town.figures("annual_consultation_plan", "by_source") == {
        ("2026", "party_gov"): 1,
        ("2026", "member"): 0,
        ("2026", "public"): 1,
    }


def test_c1_joint_plan_goes_on_when_all_three_bodies_have_confirmed(town: Town) -> None:
    plan = submitted(town, joint=True)
    assert plan.here == "preparing.joint"
    plan.act(PARTY, "bodies.sign", verdict="agree")
    plan.act(GOVERNMENT, "bodies.sign", verdict="agree")
    assert plan.here == "preparing.joint"
    assert "not_here" in plan.refused(CHAIR_OFFICE, "approve_draft")
    plan.act(CHAIR_OFFICE, "bodies.sign", verdict="change")
    assert plan.here == "preparing.drafting"

    plan.attach(CLERK, "draft_plan")
    plan.act(CLERK, "to_chair")
    for body in (PARTY, GOVERNMENT, CHAIR_OFFICE):
        assert plan.here == "preparing.joint"
        plan.act(body, "bodies.sign", verdict="agree")
    assert plan.here == "preparing.chair_review"


@pytest.mark.carried_by("annual_consultation_plan", "thematic_consultation")
def test_t5_nothing_is_carried_out_before_the_four_ones_are_there(town: Town) -> None:
    (topic,) = executing(town).children("topics")
    for document in FOUR_ONES:
        assert "missing_document" in topic.refused(HOST, "start_execution")
        topic.attach(HOST, document)
    assert "not_bound" in topic.refused(somebody("lu", "host", unit="another_committee"), "start_execution")
    topic.act(HOST, "start_execution")
    assert topic.here == "running"

    (consultation,) = topic.linked("consultations")
    consultation.attach(HOST, "research_plan")
    consultation.act(HOST, "submit_plan")
    consultation.act(CHAIR_OFFICE, "approve_plan")
    for document in FOUR_ONES:
        assert "missing_document" in consultation.refused(HOST, "start_research")
        consultation.attach(HOST, document)
    consultation.act(HOST, "start_research")
    assert "researching.own.working" in consultation.places


@pytest.mark.carried_by("annual_consultation_plan", "key_proposal_supervision")
def test_z2_three_obligations_of_each_party_head_are_each_tied_to_a_case(town: Town) -> None:
    town.enter("leader", person="mayor", name="赵启文", post="市委书记", party_head=True)
    town.enter("leader", person="deputy", name="沈国安", post="副市长")
    town.enter("leader", person="former", name="钱志明", post="市委书记", party_head=True, until="2026-01-31")
    plan = executing(town)
    (topic,), (year,) = plan.children("topics"), plan.children("leaders")
    assert year.data["leader"] == "mayor"
    proposal = assigned(town)
    led, not_led = supervision(town, proposal, leader="mayor"), supervision(town, proposal, leader="deputy")

    plan.act(CHAIR, "topics.add", topics={**TOPIC, "title": "停车难", "given_by": "deputy"}, reason="年中增补")
    (other,) = [each for each in plan.children("topics") if each.id != topic.id]
    assert "not_of_the_leader" in year.refused(CLERK, "record_topic", topic=other.id)
    year.act(CLERK, "record_topic", topic=topic.id)
    assert "not_led" in year.refused(CLERK, "record_supervision", supervision=not_led.id)
    year.act(CLERK, "record_supervision", supervision=led.id)
    assert "leader_not_there" in year.refused(CLERK, "register", activity="专题协商会", came={"person": "deputy", "method": "manual"})
    year.act(somebody("mayor", "leader"), "check_in", activity="专题协商会")
    assert (year.here, year.outcome) == ("met", "success")


def test_z2_who_has_not_met_all_three_by_the_end_of_the_year_is_listed(town: Town) -> None:
    town.enter("leader", person="mayor", name="赵启文", post="市委书记", party_head=True)
    (year,) = executing(town).children("leaders")
    year.act(somebody("mayor", "leader"), "check_in", activity="专题协商会")
    town.at("2027-01-01 00:00")
    assert (year.here, year.outcome) == ("not_met", "failed")
    assert year.told() >= {"party_committee", "office"}


def supervision(town: Town, proposal: Matter, *, leader: str) -> Matter:
    """A supervision of a proposal that a leader is in charge of."""
    committee = somebody("luo", "proposal_committee")
    led = town.open(committee, "key_proposal_supervision", cause="key", main_unit="housing_bureau")
    led.act(committee, "bundle", pick=[proposal.id])
    led.act(committee, "assign_channels", channels=["leader"], leader=leader)
    return led


def test_z7_members_are_invited_and_sit_in_before_a_decision_is_taken(town: Town) -> None:
    plan = drafting(town)
    assert "decision_incomplete" in plan.refused(CLERK, "list_decisions", decisions={"item": "城市更新规划"})
    plan.act(CLERK, "shortlist", topics=[TOPIC])
    plan.act(CLERK, "list_decisions", decisions={"item": "城市更新规划", "department": "housing", "planned_on": "2026-06-30"})
    plan.attach(CLERK, "draft_plan", "plan")
    plan.act(CLERK, "to_chair")
    plan.act(CHAIR_OFFICE, "approve_draft")
    plan.act(PARTY, "approve")
    plan.act(CLERK, "issue", approval_no="委〔2026〕3号")
    (item,) = plan.children("decisions")
    housing = somebody("lin", "department", unit="housing")

    assert (item.here, item.due("invite")) == ("before.listed", "2026-06-16 00:00")
    assert "not_here" in item.refused(housing, "decide")
    item.act(housing, "invite", members=["zhang"])
    assert "nobody_sat_in" in item.refused(housing, "decide")
    assert "not_bound" in item.refused(somebody("zhou", "member"), "check_in")
    assert "not_there" in item.refused(MEMBER, "record_opinion", opinions={"text": "先治理后开发"})
    item.act(MEMBER, "check_in")
    item.act(MEMBER, "record_opinion", opinions={"text": "先治理后开发"})
    item.act(housing, "decide")
    assert item.here == "answering"
    item.act(housing, "answer", answer="采纳")
    assert item.outcome == "success"
    acts = [event["action"] for event in item.events() if event["kind"] == "act"]
    assert acts == ["invite", "check_in", "record_opinion", "decide", "answer"]


def test_z7_a_decision_without_members_needs_a_reason(town: Town) -> None:
    plan = executing(town)
    plan.act(CLERK, "decisions.add", decisions={"item": "水价调整", "department": "water", "planned_on": "2026-08-31"})
    (item,) = plan.children("decisions")
    water = somebody("he", "department", unit="water")
    assert "reason_required" in item.refused(water, "exempt")
    item.act(water, "exempt", reason="应急决策")
    assert (item.here, item.outcome) == ("exempted", "partial")
