"""The appraisal at the end of the year (S8): standing members who are there rate the units in secret, and the result enters the target assessment."""

from __future__ import annotations

import pytest

from engine.runtime.people import Principal
from tests.town import Matter, Town, somebody

pytestmark = pytest.mark.carried_by("handling_appraisal")

SECRETARY = somebody("fang", "secretariat")
CHECKER = somebody("song", "secretariat")
TWO_OFFICES = somebody("he", "two_offices")
ASSESSMENT = somebody("sun_jie", "assessment_office")
HOUSING = somebody("lin", "unit", unit="housing")
TRAFFIC = somebody("ma", "unit", unit="traffic")

ZHAO, QIAN, LI, ZHOU = (somebody(name, "standing_member") for name in ("zhao", "qian", "li", "zhou"))
OWN = somebody("sun", "standing_member", unit="housing")  # works for a unit that is appraised
STANDING = (ZHAO, QIAN, OWN, LI, ZHOU)

ASPECTS = {"organisation": 20, "mechanism": 20, "communication": 20, "effect": 30, "reply_form": 10}


def points(total: int) -> dict[str, int]:
    """Share a total out over the aspects, as far as each goes."""
    given = {}
    for aspect, most in ASPECTS.items():
        given[aspect] = min(total, most)
        total -= given[aspect]
    return given


def meeting(town: Town) -> Matter:
    """An appraisal of two units whose meeting begins; five standing members are in office."""
    town.settle(*STANDING)
    for each in STANDING:
        town.enter("member", person=each.id, name=each.id, standing=True)
    town.enter("member", person="ordinary", name="ordinary", standing=False)
    town.enter("member", person="former", name="former", standing=True, until="2026-01-31")
    appraisal = town.open(SECRETARY, "handling_appraisal", meeting_on="2026-12-18", units=["housing", "traffic"])
    appraisal.attach(TWO_OFFICES, "criteria")
    appraisal.act(TWO_OFFICES, "set_criteria")
    for unit in (HOUSING, TRAFFIC):
        appraisal.act(unit, "units.sign", verdict="reported", reports={"text": "办理情况"})
    town.at("2026-12-18 09:00")
    return appraisal


def ballot(town: Town, *present: Principal) -> Matter:
    """The ballot with some who checked in."""
    appraisal = meeting(town)
    for each in present:
        appraisal.act(each, "check_in")
    appraisal.act(SECRETARY, "open_ballot")
    return appraisal


def counted(town: Town) -> Matter:
    """Three rated: housing stands at 90, traffic below the line."""
    appraisal = ballot(town, ZHAO, QIAN, OWN)
    for each, housing, traffic in ((ZHAO, 85, 50), (QIAN, 95, 40)):
        appraisal.act(each, "rating.vote", item="housing", points=points(housing))
        appraisal.act(each, "rating.vote", item="traffic", points=points(traffic))
    appraisal.act(OWN, "rating.vote", item="traffic", points=points(45))
    appraisal.act(SECRETARY, "rating.close")
    return appraisal


def test_s8_the_ballot_opens_with_more_than_half_of_the_standing_members(town: Town) -> None:
    appraisal = meeting(town)
    assert appraisal.data["expected"] == ["li", "qian", "sun", "zhao", "zhou"]
    for each in (ZHAO, QIAN):
        appraisal.act(each, "check_in")
    appraisal.act(LI, "ask_leave", reason="出差")
    assert "no_quorum" in appraisal.refused(SECRETARY, "open_ballot")
    appraisal.act(OWN, "check_in")
    appraisal.act(SECRETARY, "open_ballot")
    assert appraisal.here == "voting"


def test_s8_one_paper_each_for_a_unit_and_none_for_ones_own(town: Town) -> None:
    appraisal = ballot(town, ZHAO, QIAN, OWN)
    assert "not_on_roll" in appraisal.refused(ZHOU, "rating.vote", item="housing", points=points(80))
    assert "own_matter" in appraisal.refused(OWN, "rating.vote", item="housing", points=points(100))
    appraisal.act(ZHAO, "rating.vote", item="housing", points=points(80))
    assert "already_voted" in appraisal.refused(ZHAO, "rating.vote", item="housing", points=points(80))
    appraisal.act(ZHAO, "rating.vote", item="traffic", points=points(80))
    assert "invalid_field" in appraisal.refused(QIAN, "rating.vote", item="housing", points={**ASPECTS, "effect": 31})


def test_s8_no_event_says_how_anybody_voted(town: Town) -> None:
    appraisal = ballot(town, ZHAO, QIAN, OWN)
    appraisal.act(ZHAO, "rating.vote", item="housing", points=points(83))
    (vote,) = appraisal.events("rating.vote")
    assert vote["actor"]["id"] == "zhao"
    assert not any(aspect in str(vote) for aspect in ASPECTS)


def test_s8_the_result_is_sealed_until_somebody_else_than_who_checked_announces_it(town: Town) -> None:
    appraisal = counted(town)
    assert "results" not in appraisal.seen(TRAFFIC)["data"]
    assert "not_countable" in appraisal.refused(SECRETARY, "announce")
    appraisal.act(CHECKER, "check_tally")
    assert "duty_conflict" in appraisal.refused(CHECKER, "announce")
    appraisal.act(SECRETARY, "announce")
    assert appraisal.seen(TRAFFIC)["data"]["results"] == [
        {"unit": "housing", "mean": "90.00", "place": 1},
        {"unit": "traffic", "mean": "45.00", "place": 2},
    ]
    assert "not_here" in appraisal.refused(ZHAO, "rating.vote", item="housing", points=points(0))
    assert "not_here" in appraisal.refused(SECRETARY, "announce")


def test_s8_the_result_enters_the_target_assessment_and_a_low_unit_mends_its_ways(town: Town) -> None:
    appraisal = counted(town)
    appraisal.act(CHECKER, "check_tally")
    appraisal.act(SECRETARY, "announce")
    appraisal.act(TRAFFIC, "object", reason="计分有误")
    town.at("2027-01-15 09:00")
    assert appraisal.here == "disputed"
    appraisal.act(TWO_OFFICES, "answer_objection", reason="复核无误")
    town.at("2027-01-23 00:00")
    assert appraisal.here == "sending"
    appraisal.act(TWO_OFFICES, "send_result")
    (sent,) = appraisal.events("send_result")
    assert [(each["what"], each["to"]) for each in sent["published"]] == [(["results"], ["assessment_office"])]
    assert "wrong_role" in appraisal.refused(TWO_OFFICES, "enter_result", assessment_year=2026)
    appraisal.act(ASSESSMENT, "enter_result", assessment_year=2026)

    (plan,) = appraisal.children("plans")
    assert (appraisal.here, plan.data["unit"]) == ("improving", "traffic")
    assert "not_bound" in plan.refused(HOUSING, "report", measures="无")
    plan.act(TRAFFIC, "report", measures="建立台账")
    plan.act(TWO_OFFICES, "accept")
    assert (appraisal.here, appraisal.outcome) == ("closed", "success")


def test_s8_a_vote_of_too_few_papers_is_not_announced(town: Town) -> None:
    appraisal = ballot(town, ZHAO, QIAN, OWN)  # five papers can come in
    appraisal.act(ZHAO, "rating.vote", item="housing", points=points(90))
    appraisal.act(ZHAO, "rating.vote", item="traffic", points=points(90))
    appraisal.act(SECRETARY, "rating.close")
    appraisal.act(CHECKER, "check_tally")
    assert "not_countable" in appraisal.refused(SECRETARY, "announce")
    appraisal.act(SECRETARY, "void_vote", reason="收回票未过半数")
    assert appraisal.here == "meeting"
