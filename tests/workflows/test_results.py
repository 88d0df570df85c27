"""Submission to the leaders and the target assessment (J5), third-party evaluation (J6), results on record (J7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflows.deliberation import Deliberation

INSTRUCTION = {"instruction": "请区住建局牵头。", "department": "housing_bureau"}


# --- J5: instruction ------------------------------------------------------------------------------------------------


def test_the_instruction_is_the_leaders_and_names_a_department(matter: Deliberation) -> None:
    matter.reach("submission.awaiting_instruction")
    assert "wrong_role" in matter.refused("office", "instruct", **INSTRUCTION)
    assert matter.refused("leader", "instruct", instruction="请办理")["missing_field"]["missing"] == "department"
    assert [task["role"] for task in matter.inbox("leader")] == ["leader"]
    matter.act("leader", "instruct", **INSTRUCTION)
    assert matter.here == "submission.assigning"


def test_an_instruction_that_runs_over_is_chased_and_goes_one_level_up(matter: Deliberation) -> None:
    """Ten working days from Monday 2 March 2026 end on 16 March, and the five after it on 23 March."""
    matter.reach("submission.awaiting_instruction")
    assert matter.due("submission.awaiting_instruction.instruct") == "2026-03-17 00:00"
    matter.at("2026-03-23 23:59")
    assert matter.rungs("submission.awaiting_instruction.instruct") == [("80 %", "2026-03-13 00:00"), ("due", "2026-03-17 00:00")]
    assert (matter.told("80 %"), matter.told("due")) == ({"leader"}, {"leader", "office"})
    assert matter.inbox("chairperson") == []

    matter.at("2026-03-24 00:00")
    assert matter.rungs("submission.awaiting_instruction.instruct")[2:] == [("5 working days after", "2026-03-24 00:00")]
    assert [(task["kind"], task["overdue"]) for task in matter.inbox("chairperson")] == [("escalation", True)]
    assert matter.here == "submission.awaiting_instruction"


def test_a_late_instruction_still_counts_and_takes_the_escalation_away(matter: Deliberation) -> None:
    matter.reach("submission.awaiting_instruction")
    matter.at("2026-03-30 09:00")
    matter.act("leader", "instruct", **INSTRUCTION)
    assert matter.deadline("submission.awaiting_instruction.instruct")["status"] == "late"
    assert (matter.here, matter.inbox("chairperson")) == ("submission.assigning", [])


def test_urging_is_possible_once_in_three_working_days(matter: Deliberation) -> None:
    matter.reach("submission.awaiting_instruction")
    matter.act("office", "urge")
    assert matter.told() == {"leader"}
    assert "limit_reached" in matter.refused("member", "urge")
    matter.at("2026-03-06 00:00")
    matter.act("member", "urge")


# --- J5: assessment and department ----------------------------------------------------------------------------------


def test_the_task_enters_the_target_assessment_before_the_department_gets_it(matter: Deliberation) -> None:
    matter.reach("submission.assigning")
    assert matter.inbox("housing") == []
    assert "missing_field" in matter.refused("assessment", "assign")
    assert "wrong_role" in matter.refused("office", "assign", assessment_item="天然气开通")
    matter.act("assessment", "assign", assessment_item="天然气开通")
    assert [task["unit"] for task in matter.inbox("housing")] == ["housing_bureau"]


def test_the_department_is_the_one_that_was_named_and_no_other(matter: Deliberation) -> None:
    matter.reach("follow_up.implementing")
    assert matter.refused("enforcement", "complete", result="已开通").keys() == {"not_bound"}
    assert "not_bound" in matter.refused("enforcement", "report_progress", progress={"done": "已受理"})
    assert (matter.inbox("enforcement"), matter.open_to("enforcement")) == ([], set())
    matter.act("housing", "report_progress", progress={"done": "施工图审查完成", "next": "进场"})
    assert (matter.here, len(matter.data["progress"])) == ("follow_up.implementing", 1)


def test_a_department_that_runs_over_gets_a_mark_in_the_assessment(matter: Deliberation) -> None:
    """Three months from 2 March 2026 end on 2 June; the ten working days after it on 16 June."""
    matter.reach("follow_up.implementing")
    assert matter.due("follow_up.implementing.feedback") == "2026-06-03 00:00"
    matter.at("2026-06-16 23:59")
    assert (matter.data["overdue_marks"], matter.inbox("supervisor")) == (0, [])
    matter.at("2026-06-17 00:00")
    assert (matter.data["overdue_marks"], [task["kind"] for task in matter.inbox("supervisor")]) == (1, ["escalation"])
    assert matter.told("10 working days after") >= {"assessment_office", "office", "department_head"}


def test_a_department_is_given_more_time_once_and_only_if_it_asks_in_time(matter: Deliberation) -> None:
    """Six months count from the original start: 2 September 2026."""
    matter.reach("follow_up.implementing")
    assert "reason_required" in matter.refused("housing", "feedback.extend.ask")
    assert "not_bound" in matter.refused("enforcement", "feedback.extend.ask", reason="等待勘测")
    matter.at("2026-06-02 23:59")
    matter.act("housing", "feedback.extend.ask", reason="等待勘测")
    matter.at("2026-06-04 09:00")
    matter.act("office", "feedback.extend")
    assert matter.due("follow_up.implementing.feedback") == "2026-09-03 00:00"
    assert "limit_reached" in matter.refused("housing", "feedback.extend.ask", reason="再次延期")


def test_more_time_is_not_given_when_it_is_asked_for_too_late(matter: Deliberation) -> None:
    matter.reach("follow_up.implementing")
    matter.at("2026-06-03 00:00")
    assert "too_late" in matter.refused("housing", "feedback.extend.ask", reason="等待勘测")


def test_work_is_returned_three_times_and_then_referred_upwards(matter: Deliberation) -> None:
    matter.reach("follow_up.effect_check")
    for _ in range(3):
        matter.act("office", "return_work", reason="尚未通气")
        assert matter.here == "follow_up.implementing"
        matter.act("housing", "complete", result="已开通")
    matter.act("office", "return_work", reason="尚未通气")
    assert (matter.here, matter.case.outcome) == ("referred_up", "referred")


# --- J6: evaluation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["evaluation.inviting", "evaluation.scoring"])
def test_a_case_is_not_closed_without_the_score_of_the_third_party(matter: Deliberation, place: str) -> None:
    matter.reach(place)
    assert matter.refused("office", "close").keys() == {"no_score"}


def test_the_score_is_given_by_the_invited_party_with_its_report(matter: Deliberation) -> None:
    matter.reach("evaluation.scoring")
    assert "wrong_role" in matter.refused("office", "record_score", score="90")
    assert matter.refused("evaluator", "record_score", score="90")["missing_document"]["missing"] == "evaluation_report"
    assert "wrong_role" in matter.refused("office", "evaluation_report.attach")
    matter.act("evaluator", "evaluation_report.attach")
    assert "missing_field" in matter.refused("evaluator", "record_score")
    for score in ("100.1", "-1", "90.55", "好"):
        assert "invalid_field" in matter.refused("evaluator", "record_score", score=score)
    matter.act("evaluator", "record_score", score="90")
    assert matter.data["score"] == "90.0"


def test_the_department_cannot_evaluate_itself(matter: Deliberation) -> None:
    matter.reach("evaluation.inviting")
    assert matter.refused("office", "invite", evaluator="housing_bureau").keys() == {"not_third_party"}


def test_whoever_did_the_work_cannot_score_it_even_as_the_invited_party(matter: Deliberation) -> None:
    """The duty forbids it also to the unit that reported completion, whatever roles its people hold."""
    matter.reach("evaluation.inviting")
    matter.act("office", "invite", evaluator="evaluation_agency")
    matter.act("evaluator", "evaluation_report.attach")
    assert {"wrong_role", "duty_conflict"} <= matter.refused("housing", "record_score", score="100").keys()


@pytest.mark.parametrize(("score", "place"), [("60.0", "closed"), ("59.9", "follow_up.implementing"), ("0", "follow_up.implementing")])
def test_a_score_below_the_pass_mark_sends_the_case_back(matter: Deliberation, score: str, place: str) -> None:
    score_it(matter, score)
    matter.act("office", "close")
    assert matter.here == place


def test_after_a_low_score_a_new_one_is_needed(matter: Deliberation) -> None:
    score_it(matter, "40")
    matter.act("office", "close")
    work_again(matter)
    assert matter.refused("office", "close").keys() == {"no_score"}
    matter.act("office", "invite", evaluator="evaluation_agency")
    assert "missing_document" in matter.refused("evaluator", "record_score", score="90")
    matter.act("evaluator", "evaluation_report.attach")
    matter.act("evaluator", "record_score", score="90")
    matter.act("office", "close")
    assert matter.case.outcome == "success"


def test_after_the_third_low_score_the_case_is_referred_upwards(matter: Deliberation) -> None:
    score_it(matter, "40")
    for _ in range(2):
        matter.act("office", "close")
        assert matter.here == "follow_up.implementing"
        work_again(matter)
        matter.act("office", "invite", evaluator="evaluation_agency")
        matter.act("evaluator", "evaluation_report.attach")
        matter.act("evaluator", "record_score", score="40")
    matter.act("office", "close")
    assert (matter.here, matter.case.outcome) == ("referred_up", "referred")


# --- J7: results ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["solved", "helped", "brought_about", "taken_up"])
def test_what_came_of_it_is_kept_apart_by_kind(matter: Deliberation, kind: str) -> None:
    matter.reach("follow_up.effect_check")
    matter.act("office", "confirm_effect", outcome_kind=kind)
    assert matter.data["outcome_kind"] == kind


def test_the_result_is_on_record_with_its_figures(matter: Deliberation) -> None:
    matter.reach("follow_up.effect_check")
    figures: dict[str, Any] = {"problem_years": 12, "beneficiaries": 860, "units_solved": 6, "unit_kind": "village", "donated": "210000"}
    matter.act("office", "confirm_effect", outcome_kind="solved", **figures)
    recorded = matter.events()[-1]["delta"]["data"]
    assert {name: recorded[name] for name in figures} == {**figures, "donated": "210000.00"}


def test_a_number_of_units_says_of_what_kind(matter: Deliberation) -> None:
    matter.reach("follow_up.effect_check")
    assert "missing_field" in matter.refused("office", "confirm_effect")
    assert matter.refused("office", "confirm_effect", outcome_kind="solved", units_solved=6).keys() == {"no_unit_kind"}


def score_it(matter: Deliberation, score: str) -> None:
    """Take a case to its score."""
    matter.reach("evaluation.scoring")
    matter.act("evaluator", "evaluation_report.attach")
    matter.act("evaluator", "record_score", score=score)


def work_again(matter: Deliberation) -> None:
    """The department completes once more, and the office looks at the effect."""
    matter.act("housing", "complete", result="已整改")
    matter.act("office", "confirm_effect", outcome_kind="solved")
    assert matter.here == "evaluation.inviting"
