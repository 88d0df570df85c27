"""No research, no consultation (J3); minutes after every session; consensus after repeated coordination, or none."""

from __future__ import annotations

import pytest

from tests.workflows.deliberation import Deliberation


def disagree(matter: Deliberation) -> None:
    """Hold a session without agreement and issue its minutes."""
    matter.act("office", "close_session", agreed=False)
    matter.act("office", "minutes.attach")
    matter.act("office", "issue_minutes")


# --- J3: research first ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["research.preparing", "research.researching", "research.drafting"])
def test_nothing_goes_to_the_session_without_research(matter: Deliberation, place: str) -> None:
    matter.reach(place, without=frozenset({"research_report.attach"}) if place == "research.preparing" else frozenset())
    assert "missing_document" in matter.refused("office", "conclude")
    assert "missing_document" in {each["code"] for each in matter.listed("office")["conclude"]["refusals"]}


def test_the_refusal_names_every_paper_that_is_missing(matter: Deliberation) -> None:
    matter.reach("research.preparing")
    listed = matter.listed("office")["conclude"]["refusals"]
    assert [(each["code"], each["missing"]) for each in listed] == [
        ("missing_document", "research_report"),
        ("missing_document", "preliminary_solution"),
    ]


def test_with_report_and_preliminary_solution_the_session_may_be_held(matter: Deliberation) -> None:
    matter.reach("research.drafting")
    matter.act("office", "preliminary_solution.attach")
    assert "conclude" in matter.open_to("office")
    matter.act("office", "conclude")
    assert matter.here == "deliberation.deliberating"


def test_research_begins_with_a_plan_and_with_people_to_do_it(matter: Deliberation) -> None:
    matter.reach("research.preparing")
    assert matter.refused("office", "start_research", researchers=["member"])["missing_document"]["missing"] == "research_plan"
    matter.act("office", "research_plan.attach")
    assert matter.refused("office", "start_research")["missing_field"]["missing"] == "researchers"
    matter.act("office", "start_research", researchers=["member"])
    assert matter.here == "research.researching"


def test_a_solution_made_before_further_research_does_not_count_after_it(matter: Deliberation) -> None:
    matter.reach("research.drafting")
    matter.act("office", "preliminary_solution.attach")
    assert "reason_required" in matter.refused("office", "more_research")
    matter.act("office", "more_research", reason="费用不明")
    matter.act("office", "draft_solution")
    assert matter.refused("office", "conclude")["missing_document"]["missing"] == "preliminary_solution"


def test_research_lasts_for_months_and_its_symposia_are_counted(matter: Deliberation) -> None:
    """The published matter: more than ten symposia, over three months of research, the files of twelve years.

    Three months from 2 March 2026 are 92 days: 80 % of them are over with the 74th, 15 May, all with 2 June.
    """
    matter.reach("research.researching")
    matter.act("committee", "review_files", file_reviews={"from_year": 2013, "to_year": 2025, "finding": "配套未同步实施"})
    for number in range(11):
        matter.at(f"2026-{3 + number // 3:02}-{5 + number % 3 * 9:02} 14:00")
        matter.act("committee", "hold_symposium", talks={"with": "燃气公司", "on": "2026-03-05", "gist": "比选方案"})
    assert (matter.data["symposia"], len(matter.data["talks"]), matter.here) == (11, 11, "research.researching")
    assert {row["by"] for row in matter.data["talks"]} == {"committee"}
    assert matter.rungs("research.report") == [("80 %", "2026-05-16 00:00"), ("due", "2026-06-03 00:00")]


def test_findings_are_entered_by_those_who_do_the_research(matter: Deliberation) -> None:
    matter.reach("research.researching")
    assert "wrong_role" in matter.refused("leader", "visit_site", visits={"place": "小区"})
    matter.act("member2", "hear_residents", hearings={"place": "居委会", "finding": "愿意承担合理费用"})
    assert matter.data["hearings"][0]["by"] == "member2"


# --- the session ----------------------------------------------------------------------------------------------------


def test_a_session_says_whether_it_agreed(matter: Deliberation) -> None:
    matter.reach("deliberation.deliberating")
    assert matter.refused("office", "close_session", attended=30)["missing_field"]["missing"] == "agreed"


@pytest.mark.parametrize(("agreed", "place"), [(True, "submission.awaiting_instruction"), (False, "deliberation.coordinating")])
def test_minutes_follow_every_session_agreed_or_not(matter: Deliberation, agreed: bool, place: str) -> None:
    matter.reach("deliberation.deliberating")
    matter.act("office", "close_session", agreed=agreed)
    assert matter.refused("office", "issue_minutes")["missing_document"]["missing"] == "minutes"
    matter.act("office", "minutes.attach")
    matter.act("office", "issue_minutes")
    assert matter.here == place


def test_minutes_of_an_earlier_session_do_not_count_for_the_next(matter: Deliberation) -> None:
    matter.reach("deliberation.deliberating")
    disagree(matter)
    matter.act("office", "retry")
    matter.act("office", "close_session", agreed=True)
    assert "missing_document" in matter.refused("office", "issue_minutes")


def test_papers_are_due_so_many_working_days_before_the_session(matter: Deliberation) -> None:
    """Counted back from the session on Thursday 9 April 2026 over Qingming: 1 April is the fifth working day before it."""
    matter.reach("deliberation.deliberating")
    assert matter.deadline("deliberation.deliberating.papers")["status"] == "waiting"
    matter.act("office", "call", session_on="2026-04-09")
    assert matter.due("deliberation.deliberating.papers") == "2026-04-02 00:00"
    matter.at("2026-04-01 08:00")
    matter.act("office", "send_papers")
    matter.at("2026-04-09 09:00")
    assert matter.deadline("deliberation.deliberating.papers")["status"] == "met"
    assert matter.rungs("deliberation.deliberating.papers") == [("1 working day before", "2026-04-01 00:00")]


def test_another_day_for_the_session_moves_the_day_for_the_papers(matter: Deliberation) -> None:
    matter.reach("deliberation.deliberating")
    matter.act("office", "call", session_on="2026-04-09")
    matter.act("office", "call", session_on="2026-04-16")
    assert matter.due("deliberation.deliberating.papers") == "2026-04-10 00:00"


# --- J3: coordination -----------------------------------------------------------------------------------------------


def test_agreement_is_reached_after_coordination_and_another_session(matter: Deliberation) -> None:
    matter.reach("deliberation.deliberating")
    disagree(matter)
    matter.act("committee", "coordinate", coordination={"with": "工业区管委会", "result": "纳入年度养护"})
    matter.act("member", "coordinate", coordination={"with": "居民代表", "result": "同意"})
    matter.act("office", "retry")
    matter.act("office", "close_session", agreed=True)
    matter.act("office", "minutes.attach")
    matter.act("office", "issue_minutes")
    assert (matter.here, matter.data["sessions"], len(matter.data["coordination"])) == ("submission.awaiting_instruction", 2, 2)


def test_coordination_goes_round_twelve_times_and_then_there_is_no_consensus(matter: Deliberation) -> None:
    matter.reach("deliberation.deliberating")
    for _ in range(12):
        disagree(matter)
        matter.act("office", "retry")
        assert matter.here == "deliberation.deliberating"
    disagree(matter)
    matter.act("office", "retry")
    assert (matter.here, matter.case.outcome, matter.data["sessions"]) == ("no_consensus", "failed", 13)


def test_going_back_to_research_is_possible_three_times(matter: Deliberation) -> None:
    matter.reach("deliberation.deliberating")
    for time in range(4):
        disagree(matter)
        matter.act("office", "back_to_research", reason="方案须重做")
        if time < 3:
            assert matter.here == "research.researching"
            matter.act("office", "draft_solution")
            matter.act("office", "preliminary_solution.attach")
            matter.act("office", "conclude")
    assert (matter.here, matter.case.outcome) == ("no_consensus", "failed")


def test_the_office_may_end_without_consensus_and_says_why(matter: Deliberation) -> None:
    matter.reach("deliberation.deliberating")
    disagree(matter)
    assert "reason_required" in matter.refused("office", "give_up")
    matter.act("office", "give_up", reason="各方意见分歧较大")
    assert (matter.here, matter.case.outcome) == ("no_consensus", "failed")
