"""Where topics come from and how they are vetted (J2, J4)."""

from __future__ import annotations

import pytest

from tests.workflows.deliberation import Deliberation

JOINTLY = ["member", "member2"]


# --- J2: who may propose --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("proposer", ["committee", "liaison", "sector", "vice_chair"])
def test_committees_liaison_committees_and_sectors_propose_ordinary_matters(matter: Deliberation, proposer: str) -> None:
    matter.open(proposer)
    matter.act(proposer, "submit")
    assert matter.here == "topic.vetting"


@pytest.mark.parametrize("proposers", [[], ["member"], ["member", "member"]], ids=["nobody", "alone", "the same twice"])
def test_a_lone_member_proposes_no_ordinary_matter(matter: Deliberation, proposers: list[str]) -> None:
    matter.open("member", proposers=proposers)
    assert matter.refused("member", "submit").keys() == {"lone_member"}
    assert [each["code"] for each in matter.listed("member")["submit"]["refusals"]] == ["lone_member"]


def test_members_propose_ordinary_matters_jointly(matter: Deliberation) -> None:
    matter.open("member", proposers=["member"])
    matter.act("member", "edit", proposers=JOINTLY)
    matter.act("member", "submit")
    assert matter.here == "topic.vetting"


def test_a_body_may_keep_ordinary_matters_from_members_altogether(matter: Deliberation) -> None:
    matter.open("member", settings={"joint_ordinary": False}, proposers=JOINTLY)
    assert "lone_member" in matter.refused("member", "submit")


def test_one_member_proposes_a_special_matter(matter: Deliberation) -> None:
    matter.open("member", special=True)
    matter.act("member", "submit")
    assert matter.here == "topic.vetting"


def test_only_a_proposer_withdraws_and_says_why(matter: Deliberation) -> None:
    matter.open("committee", proposers=["member"])
    assert "not_proposer" in matter.refused("sector", "withdraw", reason="不合适")
    assert "reason_required" in matter.refused("committee", "withdraw")
    matter.act("member", "withdraw", reason="另案办理")
    assert (matter.here, matter.case.outcome) == ("withdrawn", "withdrawn")


# --- J2: vetting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("somebody", ["member", "committee", "office", "leader", "chairperson"])
def test_only_the_chairpersons_meeting_approves(matter: Deliberation, somebody: str) -> None:
    matter.reach("topic.vetting")
    assert "wrong_role" in matter.refused(somebody, "approve")


def test_whoever_submitted_cannot_approve(matter: Deliberation) -> None:
    matter.open("vice_chair")
    matter.act("vice_chair", "submit")
    assert matter.refused("vice_chair", "approve")["duty_conflict"]["act"] == "submit"
    matter.act("secretary", "approve")
    assert matter.here == "research.preparing"


def test_whoever_submitted_once_cannot_approve_after_another_submitted_again(matter: Deliberation) -> None:
    """The duty holds over all acts of the case."""
    matter.open("vice_chair")
    matter.act("vice_chair", "submit")
    matter.act("secretary", "send_back", reason="补充情况")
    matter.act("committee", "submit")
    assert "duty_conflict" in matter.refused("vice_chair", "approve")


def test_the_number_is_given_at_approval_and_counts_within_the_year(matter: Deliberation) -> None:
    numbers: list[str | None] = []
    for _ in range(2):
        matter.open()
        matter.act("committee", "submit")
        assert matter.case.number is None
        matter.act("secretary", "approve")
        numbers.append(matter.case.number)
    matter.at("2026-12-31 23:59")
    matter.reach("research.preparing")
    numbers.append(matter.case.number)
    matter.at("2027-01-01 00:00")
    matter.reach("research.preparing")
    assert [*numbers, matter.case.number] == ["2026议001", "2026议002", "2026议003", "2027议001"]


def test_a_topic_is_sent_back_three_times_and_then_shelved(matter: Deliberation) -> None:
    matter.open()
    for _ in range(3):
        matter.act("committee", "submit")
        matter.act("secretary", "send_back", reason="切入点不小")
        assert matter.here == "topic.proposed"
    matter.act("committee", "submit")
    matter.act("secretary", "send_back", reason="切入点不小")
    assert (matter.here, matter.case.outcome) == ("shelved", "rejected")


def test_vetting_that_runs_over_is_chased_escalated_and_sent_back(matter: Deliberation) -> None:
    """15 working days from Monday 2 March 2026 end on 23 March; Qingming (4–6 April) lies within the ten days after."""
    matter.open(proposers=["member"])
    matter.act("committee", "submit")
    assert matter.due("topic.vetting.decide") == "2026-03-24 00:00"
    matter.at("2026-04-07 23:59")
    assert matter.rungs("topic.vetting.decide") == [("80 %", "2026-03-19 00:00"), ("5 working days after", "2026-03-31 00:00")]
    assert [task["kind"] for task in matter.inbox("chairperson")] == ["escalation"]
    assert matter.here == "topic.vetting"

    matter.at("2026-04-08 00:00")
    assert matter.rungs("topic.vetting.decide")[2:] == [("10 working days after", "2026-04-08 00:00")]
    assert (matter.here, matter.inbox("chairperson"), matter.deadline("topic.vetting.decide")["status"]) == ("topic.proposed", [], "late")
    assert matter.told("10 working days after") >= {"committee", "proposer"}


def test_vetting_in_time_leaves_no_rung_behind(matter: Deliberation) -> None:
    matter.reach("topic.vetting")
    matter.at("2026-03-18 17:00")
    matter.act("secretary", "approve")
    matter.at("2026-06-01 09:00")
    assert (matter.rungs("topic.vetting.decide"), matter.deadline("topic.vetting.decide")["status"]) == ([], "met")


# --- J4: three sources ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["party_gov", "member", "public"])
def test_each_of_the_three_sources_is_taken(matter: Deliberation, source: str) -> None:
    matter.open(source=source)
    assert matter.data["source"] == source


def test_a_topic_without_source_or_with_another_is_refused(matter: Deliberation) -> None:
    refused = matter.opening_refused("committee", source=None)
    assert refused["missing_field"]["missing"] == "source"
    assert matter.opening_refused("committee", source="press")["invalid_field"]["field"] == "source"


def test_a_resident_s_topic_has_the_source_public(matter: Deliberation) -> None:
    assert matter.opening_refused("resident", source="member").keys() == {"public_source_only"}
    matter.open("resident", source="public")
    assert (matter.here, matter.data["raised"]) == ("topic.raised", True)


def test_what_a_resident_raises_is_sorted_before_it_is_a_topic(matter: Deliberation) -> None:
    matter.open("resident", source="public", channel="reception_day")
    assert "not_here" in matter.refused("sector", "submit")
    assert "wrong_role" in matter.refused("office", "adopt")
    matter.act("liaison", "adopt", topic="加装电梯", proposers=["member"])
    assert (matter.here, matter.data["topic"], matter.data["source"]) == ("topic.proposed", "加装电梯", "public")
    matter.act("sector", "submit")
    matter.act("secretary", "send_back", reason="补充情况")
    assert matter.here == "topic.proposed"  # sorted once, not again


def test_declining_a_resident_s_topic_needs_a_reason_and_ends_it(matter: Deliberation) -> None:
    matter.open("resident", source="public")
    assert "reason_required" in matter.refused("liaison", "decline")
    matter.act("liaison", "decline", reason="已列入其他计划")
    assert (matter.here, matter.case.outcome) == ("shelved", "rejected")
    assert matter.told() == {"resident"}


def test_sorting_that_runs_over_is_told_to_its_owners_and_the_office(matter: Deliberation) -> None:
    matter.open("resident", source="public")
    matter.at("2026-03-10 00:00")
    assert matter.rungs("topic.raised.triage") == [("due", "2026-03-10 00:00")]
    assert matter.told("due") == {"liaison", "sector", "office"}
