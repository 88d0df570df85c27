"""A topic consulted on: plan, research, assessment, meeting, result by form, instruction, tasks, rating (Z3 Z4 Z8 T5 T6 P4 P5 B2 C3 Q5 H6)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.rows.handling import HEAD, UNIT, assigned, meet, satisfied
from tests.town import Matter, Town, Who, somebody

pytestmark = pytest.mark.carried_by("thematic_consultation")

HOST, OFFICE, CHAIRS, ASSESSOR, LEADER, INSPECTION = "committee", "office", "secretary", "evaluator", "leader", "assessment"
MEMBER, OTHER_MEMBER, DEPARTMENT, OTHER_DEPARTMENT = "member", "member2", "housing", "enforcement"
PRESSING = "supervisor"  # government pressing, one of the three channels

FOUR_ONES = ("work_plan", "team", "platforms", "procedure")
DOCUMENTS = {
    "standing_committee": "recommendation",
    "chair_meeting": "special_report",
    "plenary": "plenary_speeches",
    "thematic": "consultation_report",
}
"""What each form of meeting is concluded with (T6)."""


# --- the way --------------------------------------------------------------------------------------------------------


def approved(town: Town, **form: Any) -> Matter:
    """A topic whose plan of research was approved."""
    topic = town.open(OFFICE, "thematic_consultation", **{"topic": "社区养老", "form": "thematic", "host": "committee_social", **form})
    topic.attach(HOST, "research_plan")
    topic.act(HOST, "submit_plan")
    topic.act(CHAIRS, "approve_plan")
    return topic


def researching(town: Town, *, start: dict[str, Any] | None = None, **form: Any) -> Matter:
    """A topic whose research has begun."""
    topic = approved(town, **form)
    topic.attach(HOST, *FOUR_ONES)
    topic.act(HOST, "start_research", **(start or {}))
    return topic


def report(topic: Matter) -> None:
    """Note evidence and submit the report."""
    topic.act(HOST, "note_finding", findings={"kind": "data", "text": "六十岁以上占三成"})
    topic.act(HOST, "conclude_research")
    topic.attach(HOST, "research_report")
    topic.act(HOST, "submit_report", novelty="首次测算")


def assess(topic: Matter, *, passed: bool = True) -> None:
    """The assessment says whether the report is good enough."""
    topic.attach(ASSESSOR, "assessment_record")
    topic.act(ASSESSOR, "assess", passed=passed, assessment="评估意见")


def call(topic: Matter) -> None:
    """Call the meeting for a day that leaves time for the notice."""
    topic.act(OFFICE, "set_day", meeting_on=str(date.fromisoformat(topic.town.now[:10]) + timedelta(days=74)))
    topic.act(OFFICE, "call", expected=[MEMBER, OTHER_MEMBER], briefing_units=["housing_bureau"])


def hold(topic: Matter, method: str = "face") -> None:
    """A member is there, a department briefs, the meeting is held on its day."""
    topic.town.at(f"{topic.data['meeting_on']} 15:00")
    topic.act(MEMBER, "check_in", method=method)
    topic.act(DEPARTMENT, "brief", briefings={"gist": "现有助餐点三十处"})
    topic.act(OFFICE, "hold")


def held(town: Town, **form: Any) -> Matter:
    """A topic on which the meeting was held."""
    topic = researching(town, **form)
    report(topic)
    assess(topic)
    call(topic)
    hold(topic)
    return topic


def sent(town: Town, **form: Any) -> Matter:
    """A topic whose result has gone up."""
    topic = held(town, **form)
    topic.attach(OFFICE, DOCUMENTS[topic.data["form"]])
    topic.act(OFFICE, "issue_result")
    return topic


def task(unit: str, channel: str) -> dict[str, str]:
    """A task of a department, with the channel that sees to it."""
    return {"unit": unit, "demand": "增设助餐点", "due": "2026-06-30", "channel": channel}


def do(task: Matter, by: Who, verifier: Who, *, achieved: bool = True) -> None:
    """The department reports on its task and the channel verifies."""
    task.attach(by, "feedback")
    task.act(by, "report", achieved=achieved, effect="新增十处")
    task.act(verifier, "verify")


# --- Z3, Z4 ---------------------------------------------------------------------------------------------------------


def test_z3_research_on_an_approved_plan_then_an_assessment_then_the_meeting(town: Town) -> None:
    topic = town.open(OFFICE, "thematic_consultation", topic="社区养老", form="thematic", host="committee_social")
    assert "missing_document" in topic.refused(HOST, "submit_plan")
    topic.attach(HOST, "research_plan")
    topic.act(HOST, "submit_plan")
    assert "not_here" in topic.refused(HOST, "start_research")
    topic.act(CHAIRS, "return_plan", reason="范围过宽")
    topic.act(HOST, "submit_plan")
    topic.act(CHAIRS, "approve_plan")
    topic.attach(HOST, *FOUR_ONES)
    topic.act(HOST, "start_research")

    report(topic)
    assert "not_here" in topic.refused(OFFICE, "call", expected=[MEMBER], briefing_units=["housing_bureau"])
    assert "missing_document" in topic.refused(ASSESSOR, "assess", passed=True, assessment="充分")
    assess(topic, passed=False)
    assert "missing_document" in topic.refused(HOST, "resubmit")
    topic.attach(HOST, "revised_report")
    topic.act(HOST, "resubmit")
    assess(topic)

    assert "short_notice" in topic.refused(OFFICE, "call", expected=[MEMBER], briefing_units=["housing_bureau"])
    call(topic)
    assert "not_held" in topic.refused(OFFICE, "hold")
    hold(topic)
    assert "missing_document" in topic.refused(OFFICE, "issue_result")
    topic.attach(OFFICE, "consultation_report")
    topic.act(OFFICE, "issue_result")
    assert (topic.here, topic.number) == ("sent", "2026协01")


def test_z4_an_instruction_is_broken_down_and_the_case_waits_for_every_task(town: Town) -> None:
    topic = sent(town)
    tasks = [task("housing_bureau", "government_pressing"), task("enforcement_bureau", "party_inspection")]
    assert "not_here" in topic.refused(INSPECTION, "decompose", tasks=tasks)
    topic.act(LEADER, "instruct", instruction="请住建局牵头")
    topic.act(INSPECTION, "decompose", tasks=tasks)
    first, second = topic.children("tasks")
    assert {each.data["instruction"] for each in (first, second)} == {"请住建局牵头"}
    do(first, DEPARTMENT, PRESSING)
    assert topic.here == "implementing"
    assert "not_here" in topic.refused(OFFICE, "record_effect", effect="三十社区有助餐点")
    do(second, OTHER_DEPARTMENT, INSPECTION, achieved=False)
    assert ([first.outcome, second.outcome], topic.here) == (["success", "partial"], "recording")


def test_z4_an_instruction_that_does_not_come_is_chased_and_never_made_up(town: Town) -> None:
    topic = sent(town)
    town.at("2026-06-30 09:00")
    assert [rung for rung, _ in topic.rungs("instruction")] == ["due", "10 working days after"]
    assert (topic.here, topic.told("10 working days after")) == ("sent", {"office", "chair_meeting"})


# --- Z8 -------------------------------------------------------------------------------------------------------------


@pytest.mark.carried_by("thematic_consultation", "registries/places")
def test_z8_a_project_of_a_studio_needs_a_lead_and_a_studio_in_use(town: Town) -> None:
    for code, kind in (("S1", "studio"), ("S2", "studio"), ("T1", "station")):
        town.enter("workstation", code=code, name=code, kind=kind)
    topic = approved(town, studio_led=True)
    topic.attach(HOST, *FOUR_ONES)
    lead = {"lead": MEMBER, "lead_kind": "member"}
    assert "no_lead_or_studio" in topic.refused(HOST, "start_research", studio="S1")
    assert "no_lead_or_studio" in topic.refused(HOST, "start_research", **lead)
    assert "no_lead_or_studio" in topic.refused(HOST, "start_research", studio="T1", **lead)
    town.retire("workstation", "S2")
    assert "no_lead_or_studio" in topic.refused(HOST, "start_research", studio="S2", **lead)
    topic.act(HOST, "start_research", studio="S1", **lead)
    topic.act(MEMBER, "note_finding", findings={"kind": "case", "text": "同类城市做法"})

    researching(town, topic="冰雪产业", studio_led=True, start={"studio": "S1", "lead": "professor", "lead_kind": "expert"})
    researching(town, topic="无关议题")
    assert town.figures("thematic_consultation", "projects") == {("S1",): 2}


# --- T5, T6 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", FOUR_ONES)
def test_t5_research_does_not_start_without_each_of_the_four_ones(town: Town, missing: str) -> None:
    topic = approved(town)
    topic.attach(HOST, *(each for each in FOUR_ONES if each != missing))
    assert topic.refused(HOST, "start_research")["missing_document"]["missing"] == missing
    topic.attach(HOST, missing)
    topic.act(HOST, "start_research")
    assert "researching.own.working" in topic.places


@pytest.mark.parametrize("form", DOCUMENTS)
def test_t6_each_form_of_meeting_is_concluded_with_its_own_document_only(town: Town, form: str) -> None:
    topic = held(town, form=form)
    topic.attach(OFFICE, *(document for document in DOCUMENTS.values() if document != DOCUMENTS[form]))
    assert topic.refused(OFFICE, "issue_result")["missing_document"]["missing"] == DOCUMENTS[form]
    topic.attach(OFFICE, DOCUMENTS[form])
    topic.act(OFFICE, "issue_result")
    assert topic.here == "sent"


@pytest.mark.carried_by("proposal")
def test_t6_a_consultation_on_the_handling_of_a_proposal_ends_in_rating_each_other(town: Town) -> None:
    proposal = assigned(town)
    proposal.attach(UNIT, "handling_plan")
    meet(proposal, "before")
    proposal.act(UNIT, "start_handling")
    proposal.act("committee", "consult", consultations={"day": "2026-03-02", "gist": "三方协商办理方案"})
    meet(proposal, "during")
    proposal.act(UNIT, "draft_reply")
    meet(proposal, "after")
    proposal.attach(UNIT, "reply_letter")
    proposal.act(HEAD, "reply_letter.approve")
    assert proposal.refused(UNIT, "issue_reply", reply_class="a")["missing_document"]["missing"] == "mutual_evaluation"
    proposal.attach(UNIT, "mutual_evaluation")
    assert "missing_document" in proposal.refused(UNIT, "issue_reply", reply_class="a")
    proposal.act("member", "mutual_evaluation.approve")
    proposal.act(UNIT, "issue_reply", reply_class="a")
    satisfied(proposal)
    assert proposal.here == "closed"


# --- P4, P5 ---------------------------------------------------------------------------------------------------------


def test_p4_forms_of_holding_it_and_no_closing_before_it_is_rated(town: Town) -> None:
    opening: dict[str, Any] = {"topic": "联合协商", "form": "thematic", "host": "committee_social", "mode": "joint"}
    assert "no_partner" in town.opening_refused(OFFICE, "thematic_consultation", **opening)
    held(town, mode="joint", joint_with=["county_a"])
    held(town, topic="远程协商", mode="remote")
    topic = sent(town, topic="网络议政", mode="online")
    assert town.figures("thematic_consultation", "meetings") == {
        ("2026", mode): times for mode, times in (("on_site", 0), ("online", 1), ("remote", 1), ("joint", 1))
    }
    topic.act(OFFICE, "stop_waiting", reason="领导已口头答复")
    assert "not_rated" in topic.refused(OFFICE, "close")
    assert "wrong_role" in topic.refused(OFFICE, "rate", quality="90")
    topic.act(ASSESSOR, "rate", quality="90")
    topic.act(OFFICE, "close")
    assert (topic.here, topic.outcome) == ("filed", "partial")


def test_p5_what_an_entrusted_body_hands_in_counts_as_research(town: Town) -> None:
    town.body("county_a")
    town.body("county_b")
    topic = researching(town, start={"entrusted": ["county_a", "county_b"]})
    first, second = topic.children("entrusted")
    assert ([first.town.org, second.town.org], first.data["topic"]) == (["county_a", "county_b"], "社区养老")
    topic.act(HOST, "conclude_research")
    topic.act(HOST, "submit_report", novelty="两县对比")
    second.act(OFFICE, "decline", reason="无人员")
    assert "missing_document" in first.refused(OFFICE, "hand_in", finding="缺检验人员")
    assert "researching.elsewhere.waiting" in topic.places
    first.attach(OFFICE, "report")
    first.act(OFFICE, "hand_in", finding="缺检验人员")
    assert topic.here == "assessing"
    assess(topic)
    assert topic.here == "calling"


# --- B2, C3 ---------------------------------------------------------------------------------------------------------


def test_b2_no_research_no_advice_and_nothing_new_no_advice(town: Town) -> None:
    sent(town)
    topic = researching(town)
    assert "no_research" in topic.refused(HOST, "conclude_research")
    topic.act(HOST, "note_finding", findings={"kind": "visit", "text": "走访二十户"})
    topic.act(HOST, "conclude_research")
    assert "missing_document" in topic.refused(HOST, "submit_report", novelty="错时共享")
    topic.attach(HOST, "research_report")
    assert "missing_field" in topic.refused(HOST, "submit_report")
    assert "nothing_new" in topic.refused(HOST, "submit_report", novelty="错时共享")
    topic.act(HOST, "submit_report", novelty="错时共享", repeats=["增设助餐点"])
    assert (topic.here, topic.data["same_topic"]) == ("assessing", 1)


def test_b2_no_research_no_deliberation(town: Town) -> None:
    town.body("county_a")
    topic = researching(town, start={"entrusted": ["county_a"]})
    topic.act(HOST, "conclude_research")
    topic.act(HOST, "submit_report", novelty="首次")
    (entrusted,) = topic.children("entrusted")
    entrusted.act(OFFICE, "decline", reason="无人员")
    topic.attach(ASSESSOR, "assessment_record")
    assert "no_research" in topic.refused(ASSESSOR, "assess", passed=True, assessment="充分")
    topic.attach(HOST, "research_report")
    topic.act(ASSESSOR, "assess", passed=True, assessment="充分")
    assert topic.here == "calling"


def test_c3_no_research_no_consultation_and_a_consultation_has_a_result_that_one_of_three_channels_verifies(town: Town) -> None:
    topic = researching(town)
    for step in ("call", "hold", "issue_result"):
        form: dict[str, Any] = {"expected": [MEMBER], "briefing_units": ["housing_bureau"]} if step == "call" else {}
        assert "not_here" in topic.refused(OFFICE, step, **form)
    report(topic)
    assess(topic)
    call(topic)
    hold(topic)
    assert "missing_document" in topic.refused(OFFICE, "issue_result")
    topic.attach(OFFICE, "consultation_report")
    topic.act(OFFICE, "issue_result")
    topic.act(LEADER, "instruct", instruction="请落实")
    verifiers = {"party_inspection": INSPECTION, "government_pressing": PRESSING, "cppcc_supervision": OFFICE}
    topic.act(INSPECTION, "decompose", tasks=[{**task("housing_bureau", channel), "demand": channel} for channel in verifiers])
    for each, (channel, verifier) in zip(topic.children("tasks"), verifiers.items(), strict=True):
        each.attach(DEPARTMENT, "feedback")
        each.act(DEPARTMENT, "report", achieved=True, effect="已增设")
        for other in verifiers.values():
            if other != verifier:
                assert "other_channel" in each.refused(other, "verify")
        own = somebody("own", channel, unit="housing_bureau")
        assert "duty_conflict" in each.refused(own, "verify")
        each.act(verifier, "verify")
    assert "missing_field" in topic.refused(OFFICE, "record_effect")
    topic.act(OFFICE, "record_effect", effect="三十社区有助餐点")
    topic.act(ASSESSOR, "rate", quality="91.5")
    topic.act(OFFICE, "close")
    assert (topic.here, topic.data["effect"]) == ("closed", "三十社区有助餐点")


# --- Q5 -------------------------------------------------------------------------------------------------------------


def test_q5_members_follow_and_speak_in_a_window_and_the_summary_feeds_the_report(town: Town) -> None:
    topic = researching(town, topic="宫颈癌筛查", online=True)
    assert "not_here" in topic.refused(MEMBER, "speak", speeches={"text": "尽早"})
    topic.act(OFFICE, "publish_topic")
    for who in (MEMBER, MEMBER, OTHER_MEMBER):
        topic.act(who, "follow")
    topic.act(MEMBER, "speak", speeches={"text": "纳入年度体检"})
    topic.act(HOST, "note_finding", findings={"kind": "visit", "text": "走访卫生院"})
    assert "no_research" in topic.refused(HOST, "conclude_research")
    town.at("2026-03-18 00:00")
    assert "not_here" in topic.refused(MEMBER, "follow")
    topic.act(OFFICE, "sum_up", online_summary="一条建议")
    topic.act(HOST, "conclude_research")
    assert [town.figures("thematic_consultation", each) for each in ("attention", "spoken")] == [{(): 3}, {(): 1}]


# --- H6 -------------------------------------------------------------------------------------------------------------


@pytest.mark.carried_by("thematic_consultation", "key_proposal_supervision")
def test_h6_a_topic_is_held_at_stations_and_proposals_of_it_are_supervised_as_a_bundle(town: Town) -> None:
    town.enter("workstation", code="T1", name="街道工作站", kind="station")
    proposals = [assigned(town, subject=f"基层医疗 {number}") for number in range(6)]
    topic = researching(town, topic="基层医疗")
    for _ in range(20):
        topic.act(MEMBER, "hold_activity", activities={"station": "T1", "day": "2026-03-02", "what": "听取居民意见"})
    topic.act(OFFICE, "bundle", main_unit="housing_bureau")
    (supervision,) = topic.linked("supervisions")
    assert (supervision.data["cause"], supervision.data["topic"]) == ("bundle", "基层医疗")
    supervision.act("committee", "bundle", pick=[each.id for each in proposals])
    supervision.act("committee", "assign_channels", channels=["committee"])
    assert (len(topic.data["activities"]), len(supervision.linked("proposals")), supervision.here) == (20, 6, "supervising")
    assert {each.here for each in proposals} == {"handling.preparing"}
    assert town.figures("thematic_consultation", "at_stations") == {("基层医疗",): 20}
    assert town.figures("key_proposal_supervision", "bundled") == {("基层医疗",): 6}
