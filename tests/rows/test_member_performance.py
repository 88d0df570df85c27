"""Members' performance: a file a year (Z6), points read off the trail (Q8), what standing members report (C5, P7), publication (L4), awards (L7, P7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.rows import test_activity_day as groups
from tests.rows import test_station as stations
from tests.town import Matter, Town, somebody

pytestmark = pytest.mark.carried_by("member_performance")

SCORER = somebody("li", "office")


def year(town: Town, *, members: Mapping[str, Mapping[str, Any]] | None = None, number: int = 2026) -> tuple[Matter, dict[str, Matter]]:
    """The assessment of a year with the files of those in office, by member."""
    for person, facts in ({"member": {}} if members is None else members).items():
        town.enter("member", person=person, name=person, **facts)
    assessment = town.open("office", "performance_year", year=number)
    return assessment, files_of(assessment)


def files_of(assessment: Matter) -> dict[str, Matter]:
    return {each.data["member"]: each for each in assessment.children("files")}


def filed(town: Town, person: str = "member") -> Matter:
    """A proposal of a member is filed."""
    proposal = town.open(
        person, "proposal", subject="稳企业", body="情况、分析与建议", first_proposer=person, proposers=[person], collective=False
    )
    proposal.act(person, "submit")
    proposal.act("committee", "file", category="economy")
    return proposal


def adjusted(file: Matter, points: float) -> None:
    file.act("office", "adjust.ask", adjustments={"points": points, "ground": "公益"}, reason="公益捐助")
    file.act("secretary", "adjust", reason="属实")


def confirmed(file: Matter, *documents: str) -> None:
    """The year is over, the member reports, the score is fixed, checked and accepted."""
    person = somebody(str(file.data["member"]), "member")
    file.attach(person, "self_report", *documents)
    file.act(person, "submit_report")
    file.act(SCORER, "score")
    file.act("vice_chair", "confirm")
    file.act(person, "accept")
    assert file.here == "confirmed"


def published(assessment: Matter) -> None:
    assessment.attach("office", "circular")
    assessment.act("vice_chair", "circular.approve")
    assessment.act("office", "publish_list")


# --- one file a year ------------------------------------------------------------------------------------------------


def test_z6_each_member_in_office_has_one_file_a_year_that_opens_by_itself(town: Town) -> None:
    town.enter("member", person="member", name="张岚", sector="经济", standing=True)
    town.enter("member", person="former", name="former", until="2026-06-30")
    town.at("2027-01-01 09:00")
    (assessment,) = town.cases("performance_year")
    (file,) = assessment.children("files")
    assert (assessment.data["year"], file.data["member"], file.data["year"]) == (2027, "member", 2027)
    assert (file.data["sector"], file.data["standing"], file.number) == ("经济", True, "2027履0001")
    assert "reason_required" in assessment.refused("office", "files.add", members=person_row("member2"))
    assessment.act("office", "files.add", members=person_row("member2"), reason="增补")
    assert "invalid_field" in assessment.refused("office", "files.add", members=person_row("member2"), reason="重复"), (
        "one member, one file"
    )
    assert sorted(files_of(assessment)) == ["member", "member2"]


def person_row(person: str) -> dict[str, Any]:
    return {"person": person, "standing": False, "party_member": False, "sector": ""}


def test_z6_the_half_year_is_summed_up_and_the_year_ends_with_a_report(town: Town) -> None:
    _, files = year(town)
    file = files["member"]
    file.attach("member", "half_year_summary")
    assert "too_early" in file.refused("member", "sum_up_half_year")
    town.at("2026-07-01 00:00")
    assert file.rungs("half_year") == [("10 working days before", "2026-06-16 00:00"), ("due", "2026-07-01 00:00")]
    assert file.told("due") == {"member", "office"}
    file.act("member", "sum_up_half_year")
    town.at("2027-01-01 00:00")
    assert (file.here, file.due("report")) == ("reporting", "2027-01-23 00:00")
    assert "missing_document" in file.refused("member", "submit_report")
    confirmed(file)


def test_z6_who_does_not_sum_up_the_half_year_is_not_excellent(town: Town) -> None:
    _, files = year(town, members={"member": {}, "member2": {}})
    for file in files.values():
        adjusted(file, 20)
        adjusted(file, 20)
    town.at("2026-06-02 09:00")
    files["member"].attach("member", "half_year_summary")
    files["member"].act("member", "sum_up_half_year")
    assert {person: (file.data["score"], file.data["grade"]) for person, file in files.items()} == {
        "member": ("100.0", "excellent"),
        "member2": ("100.0", "good"),
    }


# --- points from the trail ------------------------------------------------------------------------------------------


def test_q8_the_score_is_read_off_the_trail_and_can_be_seen_at_any_time(town: Town) -> None:
    _, files = year(town)
    file = files["member"]
    assert (file.data["score"], file.data["filed"]) == ("60.0", 0)
    seq = file.case.seq
    filed(town)
    item = town.open("member", "public_opinion", text="停车难", urgent=False)
    item.act("committee", "classify", text="停车难", wuzhi="law", department="housing_bureau")
    assert file.data["items"] == 0, "an item counts when it is issued"
    item.act("committee", "issue")
    micro = town.open("member", "micro_suggestion", source="app", subject="路灯", text="路灯不亮")
    draft = town.open("member", "proposal", subject="草稿", body="情况", first_proposer="member", proposers=["member"], collective=False)
    assert (file.data["filed"], file.data["items"], file.data["micro"], file.data["score"]) == (1, 1, 0, "68.0")
    assert (file.case.seq, draft.here, micro.here) == (seq, "drafted", "submitted"), "nobody touched the file"


def test_q8_nobody_types_points_and_an_adjustment_needs_a_reason_and_a_second_person(town: Town) -> None:
    _, files = year(town)
    file = files["member"]
    assert "unknown_action" in file.refused("office", "set_score", score=99)
    points: dict[str, Any] = {"adjustments": {"points": 5, "ground": "公益"}}
    assert "reason_required" in file.refused("office", "adjust.ask", **points)
    assert "not_asked" in file.refused("secretary", "adjust", reason="属实")
    file.act(somebody("fang", "office"), "adjust.ask", reason="公益捐助", **points)
    assert "duty_conflict" in file.refused(somebody("fang", "office_head"), "adjust", reason="属实")
    file.act("secretary", "adjust", reason="属实")
    assert file.data["score"] == "65.0"
    (taken,) = file.events("adjust")
    assert (taken["actor"]["id"], taken["actor"]["role"]) == ("secretary", "office_head")


def test_q8_presence_earns_and_absence_costs_in_the_groups_activities(town: Town) -> None:
    groups.county(town, groups=1)
    _, files = year(town, members={})
    day = groups.april(town)
    (group,) = day.children("groups")
    groups.planned(group, "g01")
    town.at("2026-04-21 09:00")
    groups.summed_up(group, "g01")
    came, missed = files["first_g01"], files["second_g01"]
    assert (came.data["attended"], came.data["score"]) == (1, "64.0")
    assert (missed.data["absent"], missed.data["score"]) == (1, "30.0")


def test_q8_the_places_are_live_equal_scores_share_one(town: Town) -> None:
    assessment, files = year(town, members={"member": {}, "member2": {}, "sector": {}})
    filed(town, "member2")
    for file in files.values():
        file.act("office", "refresh")
    assert places(town) == [(1, "65"), (2, "60"), (2, "60")]
    for _ in range(2):
        filed(town, "sector")
    town.at("2026-04-01 06:00")
    assert files["sector"].rungs("tally") == [("due", "2026-04-01 06:00")]
    assert places(town) == [(1, "70"), (2, "65"), (3, "60")]
    told = assessment.town.reading.related(assessment._auditor, assessment.id, "zh-CN")["children"][0]["cases"]
    assert sorted(each["data"]["score"] for each in told) == ["60.0", "65.0", "70.0"]


def places(town: Town) -> list[tuple[int, str]]:
    (figure,) = town.indicator("member_performance", "ranking")["figures"]
    return [(each["place"], each["value"]) for each in figure["places"]]


def test_h5_taking_part_at_stations_counts_and_can_make_the_year_excellent(town: Town) -> None:
    _, files = year(town, members={"zhou": {}, "member": {}})
    town.at("2026-06-02 09:00")
    here, elsewhere = files["zhou"], files["member"]
    for file in files.values():
        adjusted(file, 20)
        adjusted(file, 3)
        person = somebody(str(file.data["member"]), "member")
        file.attach(person, "half_year_summary")
        file.act(person, "sum_up_half_year")
    assert [file.data["grade"] for file in files.values()] == ["good", "good"]
    place = stations.active(town, "P1")
    activity = stations.opened(place)
    activity.act(stations.FIRST, "announce", day=town.now[:10])
    activity.act(stations.MEMBER, "check_in")
    assert (here.data["station"], here.data["score"], here.data["grade"]) == (1, "85.0", "excellent")
    assert (elsewhere.data["station"], elsewhere.data["grade"]) == (0, "good")


# --- what is reported, checked, appealed ----------------------------------------------------------------------------


def test_c5_a_standing_member_is_not_rated_without_the_report_on_duty_and_integrity(town: Town) -> None:
    _, files = year(town, members={"member": {"standing": True}, "member2": {}})
    town.at("2027-01-04 09:00")
    standing, ordinary = files["member"], files["member2"]
    confirmed(ordinary)
    standing.attach("member", "self_report")
    assert standing.refused("member", "submit_report")["missing_document"]["missing"] == "duty_report"
    town.at("2027-01-23 00:00")
    standing.act("office", "go_on_without", reason="逾期未交")
    assert standing.refused("office", "score")["missing_document"]["missing"] == "duty_report"
    standing.act("secretary", "leave_unrated", reason="未述职述廉")
    assert standing.outcome == "lapsed"


def test_p7_a_party_member_among_the_standing_members_reports_on_duty_and_advice_too(town: Town) -> None:
    _, files = year(town, members={"member": {"standing": True, "party_member": True}, "member2": {"standing": True}})
    town.at("2027-01-04 09:00")
    confirmed(files["member2"], "duty_report")
    file = files["member"]
    file.attach("member", "self_report", "duty_report")
    assert file.refused("member", "submit_report")["missing_document"]["missing"] == "advice_report"
    confirmed(file, "advice_report")


def test_b2_the_team_is_managed_by_a_file_for_each_and_what_was_scored_is_checked_and_can_be_appealed(town: Town) -> None:
    _, files = year(town)
    file = files["member"]
    town.at("2027-01-04 09:00")
    file.attach("member", "self_report")
    file.act("member", "submit_report")
    both = somebody("qian", "office", "review_group", "chair_meeting")
    file.act(both, "score")
    assert "duty_conflict" in file.refused(both, "confirm")
    file.act("vice_chair", "confirm")
    assert "not_bound" in file.refused("member2", "appeal", appeal="漏记")
    file.act("member", "appeal", appeal="漏记一次活动")
    assert "duty_conflict" in file.refused(both, "decide_appeal", reason="维持")
    late = filed(town)
    assert (late.here, file.data["filed"]) == ("assigning", 0), "fixed, and of another year"
    file.act("vice_chair", "recount", reason="应予重核")
    assert file.here == "scoring"


# --- what follows ---------------------------------------------------------------------------------------------------


def test_l4_the_scores_of_a_year_are_shown_together_and_who_saw_them_is_on_record(town: Town) -> None:
    assessment, files = year(town, members={"member": {}, "member2": {}})
    adjusted(files["member2"], -1)
    town.at("2027-01-04 09:00")
    confirmed(files["member"])
    assert assessment.here == "assessing", "one file is not checked yet"
    confirmed(files["member2"])
    assert assessment.here == "publishing"
    assert "missing_document" in assessment.refused("office", "publish_list")
    published(assessment)
    (shown,) = assessment.events("publish_list")
    assert [(each["what"], each["to"]) for each in shown["published"]] == [(["circular", "ranking"], ["member"])]
    assert (files["member"].outcome, files["member2"].here) == ("success", "talk")
    assert "reason_required" in files["member2"].refused("secretary", "talk_held")
    files["member2"].act("secretary", "talk_held", reason="已谈话")
    assert files["member2"].outcome == "partial"


def test_l4_the_second_low_year_proposes_the_exit_with_both_years_at_hand(town: Town) -> None:
    (first, files) = year(town)
    for number in (2026, 2027):
        adjusted(files["member"], -1)
        town.at(f"{number + 1}-01-04 09:00")
        confirmed(files["member"])
        published(first)
        if number == 2026:
            files["member"].act("secretary", "talk_held", reason="已谈话")
            (first,) = (each for each in town.cases("performance_year") if each.data["year"] == 2027)
            files = files_of(first)
    assert files["member"].here == "exit_proposed"
    (seat,) = files["member"].linked("adjustment")
    assert (seat.case.workflow, seat.data["kind"], seat.data["person"]) == ("member_adjustment", "remove", "member")


# --- awards ---------------------------------------------------------------------------------------------------------


def excellent(town: Town, *persons: str) -> dict[str, Matter]:
    """Members with an excellent year, whose scores are shown."""
    assessment, files = year(town, members={person: {} for person in persons})
    town.at("2026-06-02 09:00")
    for person, file in files.items():
        adjusted(file, 20)
        adjusted(file, 20)
        file.attach(somebody(person, "member"), "half_year_summary")
        file.act(somebody(person, "member"), "sum_up_half_year")
    town.at("2027-01-04 09:00")
    for file in files.values():
        confirmed(file)
    published(assessment)
    return files


def test_l7_the_ten_best_are_chosen_by_a_secret_vote_among_excellent_members_and_honoured_in_public(town: Town) -> None:
    voters = [somebody(f"standing{number}", "standing_member") for number in range(3)]
    town.settle(*voters)
    persons = [f"m{number:02}" for number in range(11)]
    files = excellent(town, *persons)
    award = town.open("office", "award_round", year=2026, subject="member")
    for person in persons[:9]:
        award.act("committee", "nominate", nominees={"person": person, "file": files[person].id, "deeds": "勤勉履职"})
    assert "too_few" in award.refused("office", "put_to_vote")
    wrong = {"person": persons[9], "file": files[persons[0]].id, "deeds": "他人档案"}
    assert "not_eligible" in award.refused("committee", "nominate", nominees=wrong)
    for person in persons[9:]:
        award.act("committee", "nominate", nominees={"person": person, "file": files[person].id, "deeds": "勤勉履职"})
    award.act("office", "put_to_vote")
    for voter in voters[:2]:
        for number in range(1, 12):
            award.act(voter, "best.vote", item=str(number), grade="no" if number == 1 else "yes")
    award.act("office", "best.close")
    award.act("office", "award")
    assert award.data["winners"] == persons[1:]
    assert len(award.data["winners"]) == 10
    assert "missing_document" in award.refused("office", "hold_ceremony", channels=["press"])
    award.attach("office", "announcement")
    award.act("office", "hold_ceremony", channels=["press"])
    (ceremony,) = award.events("hold_ceremony")
    assert {name for each in ceremony["published"] for name in each["to"]} == {"member", "website"}


def test_p7_works_are_chosen_in_a_round_of_their_own(town: Town) -> None:
    award = town.open("office", "award_round", year=2026, subject="proposal", settings={"places": 1})
    good = filed(town)
    draft = town.open("member", "proposal", subject="草稿", body="情况", first_proposer="member", proposers=["member"], collective=False)
    for wrong in ({"person": "member", "proposal": draft.id}, {"person": "member2", "proposal": good.id}, {"person": "member"}):
        assert "not_eligible" in award.refused("committee", "nominate", nominees={**wrong, "deeds": "好提案"})
    award.act("committee", "nominate", nominees={"person": "member", "proposal": good.id, "deeds": "好提案"})
    reports = town.open("office", "award_round", year=2026, subject="research", settings={"places": 1})
    assert "not_eligible" in reports.refused("committee", "nominate", nominees={"person": "member", "deeds": "调研"})
    reports.act("committee", "nominate", nominees={"person": "member", "work": "养老服务调研", "deeds": "调研"})
    assert [award.open_to("office"), reports.open_to("office")] == [{"put_to_vote", "give_up", "announcement.attach"}] * 2
