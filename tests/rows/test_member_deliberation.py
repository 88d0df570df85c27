"""Member deliberation: the closed loop (J1), who proposes and vets (J2), research first (J3), three sources (J4), minutes to assessment (J5).

Then the third party's score (J6), and what cases show together (J7).
"""

from __future__ import annotations

from typing import Any

import pytest

from engine.scheduler.figure_watch import FigureWatch
from engine.store.log import unread_notices
from tests.town import Matter, Town
from tests.workflows.deliberation import Deliberation

pytestmark = pytest.mark.carried_by("member_deliberation")

STAGES = ("topic", "research", "deliberation", "submission", "follow_up", "evaluation", "closed")


def at(town: Town, place: str, **opening: Any) -> Deliberation:
    """A committee's topic that went the ordinary way until it stands somewhere."""
    case = Deliberation(town)
    case.open(**opening)
    case.go_on(place)
    return case


def test_j1_a_matter_goes_through_the_six_stages_and_the_trail_shows_each_with_role_and_time(town: Town) -> None:
    case = at(town, "closed")
    steps = [(event["after"][0].split(".")[0], event["actor"]["role"], event["recorded_at"]) for event in case.events()]
    seen = list(dict.fromkeys(stage for stage, _, _ in steps))
    assert tuple(seen) == STAGES
    first = {stage: role for stage, role, _ in reversed(steps)}
    assert first == {
        "topic": "committee",
        "research": "chair_meeting",
        "deliberation": "office",
        "submission": "office",
        "follow_up": "assessment_office",
        "evaluation": "office",
        "closed": "office",
    }
    assert all(recorded for _, _, recorded in steps)
    assert case.outcome == "success"


def test_j2_members_propose_special_matters_or_jointly_and_the_chairpersons_meeting_vets(town: Town) -> None:
    lone = Deliberation(town)
    lone.open("member")
    assert "lone_member" in lone.refused("member", "submit")
    lone.act("member", "edit", special=True)
    lone.act("member", "submit")
    assert lone.here == "topic.vetting"

    joint = Deliberation(town)
    joint.open("member", proposers=["member", "member2"])
    joint.act("member", "submit")
    assert "wrong_role" in joint.refused("office", "approve", tests_met=["close"])
    joint.act("secretary", "send_back", reason="情况不明")
    assert joint.here == "topic.proposed"
    joint.act("member", "submit")
    joint.act("secretary", "approve", tests_met=["close"])
    assert (joint.here, joint.number) == ("research.preparing", "2026议001")

    for regular in ("committee", "liaison", "sector"):
        each = Deliberation(town)
        each.open(regular)
        each.act(regular, "submit")
        assert each.here == "topic.vetting"

    sole = Deliberation(town)
    sole.open("vice_chair")
    sole.act("vice_chair", "submit")
    assert "duty_conflict" in sole.refused("vice_chair", "approve", tests_met=["close"])


def test_j2_the_yearly_quota_says_when_the_pace_falls_behind(town: Town) -> None:
    """35 sessions a year: on 2 March six would be due, on 31 December all of them."""
    case = at(town, "deliberation.deliberating")
    session(case, agreed=False)
    assert quota(town) == {"value": 1, "at_least": "35", "behind": True}
    FigureWatch(town.application).run_once(town.application.now())
    for role in ("office", "chair_meeting"):
        with town.application.store.read() as reader:
            notices = unread_notices(reader, town.org, roles={role}, unit=None, person="nobody")
        assert any("议事场次落后于进度" in str(notice.text) for notice in notices)
    for _ in range(6):
        case.act("office", "retry")
        session(case, agreed=False)
    assert quota(town) == {"value": 7, "at_least": "35", "behind": False}
    town.at("2026-06-30 09:00")
    assert quota(town)["behind"]


def test_j3_no_session_without_research_and_a_preliminary_solution(town: Town) -> None:
    case = at(town, "research.preparing")
    assert "missing_document" in case.refused("office", "start_research", researchers=["member"])
    case.attach("office", "research_plan")
    assert "missing_field" in case.refused("office", "start_research")
    case.act("office", "start_research", researchers=["member"])
    assert missing(case, "conclude") == {"research_report", "preliminary_solution"}
    for symposium in range(11):
        case.act("committee", "hold_symposium", talks={"with": "区住建局、燃气公司", "gist": f"第{symposium + 1}次"})
    case.act("member", "visit_site", visits={"place": "小区", "finding": "已预埋"})
    case.act("office", "review_files", file_reviews={"from_year": 2004, "to_year": 2016, "finding": "历次规划"})
    assert case.data["symposia"] == 11

    town.at("2026-06-08 09:00")  # more than three months later it is still in research, and chased
    assert case.here == "research.researching"
    assert [rung for rung, _ in case.rungs("report")] == ["80 %", "due"]
    case.attach("office", "research_report")
    case.act("office", "draft_solution")
    assert missing(case, "conclude") == {"preliminary_solution"}
    case.attach("office", "preliminary_solution")
    case.act("office", "conclude")
    assert case.here == "deliberation.deliberating"
    (most,), (longest,) = (town.indicator("member_deliberation", key)["figures"] for key in ("most_symposia", "longest_research"))
    assert (most["value"], float(longest["value"]) > 92) == ("11", True)

    for _ in range(5):  # coordinated again and again until all agree
        session(case, agreed=False)
        case.act("office", "coordinate", coordination={"with": "村民委员会", "result": "再议"})
        case.act("office", "retry")
    session(case, agreed=True)
    assert (case.here, case.data["sessions"], len(case.data["coordination"])) == ("submission.awaiting_instruction", 6, 5)


@pytest.mark.carried_by("member_deliberation", "annual_consultation_plan")
def test_j4_three_sources_are_required_and_counted_and_a_topic_of_the_plan_keeps_its_own(town: Town) -> None:
    case = Deliberation(town)
    assert "missing_field" in case.opening_refused("committee", source=None)
    assert "invalid_field" in case.opening_refused("committee", source="press")
    assert "public_source_only" in case.opening_refused("resident", source="member")
    case.open("resident", source="public", channel="reception_room")
    assert case.here == "topic.raised"
    case.act("liaison", "adopt")
    assert case.here == "topic.proposed"
    at(town, "topic.vetting", source="member")
    at(town, "topic.vetting", source="party_gov", channel="assigned")
    at(town, "topic.vetting", source="party_gov", channel="assigned")

    planned = topic_of_the_plan(town)
    (deliberation,) = planned.linked("deliberations")
    assert (deliberation.data["topic"], deliberation.data["source"]) == ("停车难", "public")
    assert town.figures("member_deliberation", "topics") == {("2026", "party_gov"): 2, ("2026", "member"): 1, ("2026", "public"): 2}


def test_j5_minutes_follow_every_session_then_instruction_assignment_and_target_assessment(town: Town) -> None:
    case = at(town, "deliberation.deliberating")
    for agreed, then in ((False, "deliberation.coordinating"), (True, "submission.awaiting_instruction")):
        case.act("office", "close_session", agreed=agreed)
        assert "missing_document" in case.refused("office", "issue_minutes")  # minutes of its own for each session, agreement or not
        case.attach("office", "minutes")
        case.act("office", "issue_minutes")
        assert case.here == then
        if not agreed:
            case.act("office", "retry")

    assert case.due("instruct") == "2026-03-17 00:00"
    assert "not_here" in case.refused("assessment", "assign", assessment_item="开通")
    assert "wrong_role" in case.refused("office", "instruct", instruction="请牵头", department="housing_bureau")
    case.act("leader", "instruct", instruction="请住建局牵头", department="housing_bureau")
    assert "not_here" in case.refused("housing", "complete", result="已开通")
    case.act("assessment", "assign", assessment_item="小区管道天然气开通")
    assert (case.here, case.data["assessment_item"]) == ("follow_up.implementing", "小区管道天然气开通")
    assert "not_bound" in case.refused("enforcement", "complete", result="已开通")


def test_j5_an_instruction_that_does_not_come_is_chased_and_an_overdue_department_is_marked(town: Town) -> None:
    case = at(town, "submission.awaiting_instruction")
    town.at("2026-03-24 00:00")
    assert [rung for rung, _ in case.rungs("instruct")] == ["80 %", "due", "5 working days after"]
    assert case.inbox("chairperson")
    case.act("leader", "instruct", instruction="请住建局牵头", department="housing_bureau")
    case.act("assessment", "assign", assessment_item="开通")
    town.at("2026-07-31 00:00")
    assert case.data["overdue_marks"] == 1


def test_j6_no_case_is_closed_without_the_score_of_a_third_party(town: Town) -> None:
    case = at(town, "evaluation.inviting")
    assert "no_score" in case.refused("office", "close")
    assert "not_third_party" in case.refused("office", "invite", evaluator="housing_bureau")
    case.act("office", "invite", evaluator="evaluation_agency")
    assert "missing_document" in case.refused("evaluator", "record_score", score="92.5")
    assert "no_score" in case.refused("office", "close")
    case.attach("evaluator", "evaluation_report")
    case.act("evaluator", "record_score", score="59.9")
    case.act("office", "close")
    assert case.here == "follow_up.implementing"  # below 60 the department goes on

    case.act("housing", "complete", result="已整改")
    case.act("office", "confirm_effect", outcome_kind="solved")
    assert "no_score" in case.refused("office", "close")  # a score of its own for each round
    case.act("office", "invite", evaluator="evaluation_agency")
    case.attach("evaluator", "evaluation_report")
    case.act("evaluator", "record_score", score="92.5")
    case.act("office", "close")
    assert case.outcome == "success"
    assert town.figures("member_deliberation", "mean_score") == {("2026",): "92.5"}


def test_j7_outcomes_are_summed_and_what_was_only_taken_up_is_kept_apart_from_what_was_solved(town: Town) -> None:
    for outcome in (
        {"outcome_kind": "solved", "problem_years": 12, "beneficiaries": 900, "units_solved": 1, "unit_kind": "estate"},
        {"outcome_kind": "solved", "beneficiaries": 2100, "units_solved": 6, "unit_kind": "village"},
        {"outcome_kind": "helped", "units_solved": 50, "unit_kind": "lift"},
        {"outcome_kind": "brought_about", "donated": "210000"},
        {"outcome_kind": "taken_up"},
    ):
        case = at(town, "follow_up.effect_check")
        if outcome["outcome_kind"] == "solved" and "problem_years" in outcome:
            assert "no_unit_kind" in case.refused("office", "confirm_effect", outcome_kind="solved", units_solved=1)
        case.act("office", "confirm_effect", **outcome)

    assert town.figures("member_deliberation", "outcomes") == {("solved",): 2, ("helped",): 1, ("brought_about",): 1, ("taken_up",): 1}
    assert town.figures("member_deliberation", "beneficiaries") == {("2026",): 3000}
    assert town.figures("member_deliberation", "donated") == {("2026",): 210000}
    oldest = {figure["at"]: figure["value"] for figure in town.indicator("member_deliberation", "problem_age")["figures"]}
    assert oldest == {"50": "12", "100": "12"}  # the other one that was solved has no age
    units = town.figures("member_deliberation", "units_solved")
    assert {kind: units[kind,] for kind in ("estate", "village", "lift")} == {"estate": 1, "village": 6, "lift": 50}


# --- parts -------------------------------------------------------------------------------------------------------------


def session(case: Deliberation, *, agreed: bool) -> None:
    """Hold a session and issue its minutes."""
    case.act("office", "close_session", agreed=agreed)
    case.attach("office", "minutes")
    case.act("office", "issue_minutes")


def missing(case: Deliberation, action: str) -> set[str]:
    """The documents that an act of the office lacks, all of them told at once."""
    return {each["missing"] for each in case.listed("office")[action]["refusals"] if each["code"] == "missing_document"}


def quota(town: Town) -> dict[str, Any]:
    """How the sessions of the year stand to their quota."""
    (found,) = town.indicator("member_deliberation", "sessions")["figures"]
    return {"value": found["value"], "at_least": found["quota"]["at_least"], "behind": found["quota"]["behind"]}


def topic_of_the_plan(town: Town) -> Matter:
    """A topic raised by residents that a plan issued by the chairpersons' meeting has its host deliberate."""
    town.settle(town.person("office"))
    plan = town.open("office", "annual_consultation_plan", settings={"approver": "chair_meeting"})
    plan.act("member", "submit_topic", candidates={"title": "停车难", "source": "public", "channel": "reception_day"})
    plan.act("office", "end_call")
    plan.act("office", "fit.vote", item="1", points={"precision": 30, "urgency": 30, "practicability": 20})
    plan.act("office", "fit.close")
    plan.act("office", "shortlist", topics=[{"title": "停车难", "source": "public", "kind": "deliberation", "host": "committee_social"}])
    plan.attach("office", "draft_plan", "plan")
    plan.act("office", "to_chair")
    plan.act("secretary", "approve_draft")
    plan.act("office", "issue")
    (topic,) = plan.children("topics")
    topic.attach("committee", "work_plan", "team", "platforms", "procedure")
    topic.act("committee", "start_execution")
    return topic
