"""A round of the 3·3 evaluation (T7): nine cells, three rates that follow from the papers, nobody rates himself, and nothing is shown before both reports."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.rows.handling import assigned, filed, reply, satisfied
from tests.town import Matter, Town, Who, somebody

pytestmark = pytest.mark.carried_by("proposal_33_evaluation")

DEPARTMENT = somebody("luo", "proposal_department", unit="proposal_office")
PRESS = somebody("gao", "press_office")
PROPOSER = somebody("member", "proposer")
UNIT = somebody("lin", "undertaking_unit", unit="housing_bureau")
IN_THE_UNIT = somebody("member", "proposer", "undertaking_unit", unit="housing_bureau")
AGENCY = somebody("he", "third_party", unit="evaluation_agency")

MODES = ("face", "remote", "third")
WORTH = {"excellent": 95, "good": 85, "fair": 70, "poor": 50}


class Round:
    """A round of session s1. Three proposals were filed in it: one is closed, one is replied to, one is in work; a fourth is of another session."""

    def __init__(self, town: Town) -> None:
        for session in ("s1", "s2"):
            town.enter("session", code=session, name=session)
        self.closed, self.waiting = (assigned(town, session="s1", subject=subject) for subject in ("停车难", "加装电梯"))
        self.working = assigned(town, by="member2", session="s1", subject="公交接驳")
        filed(town, session="s2", subject="下一届的提案")
        for each in (self.closed, self.waiting):
            reply(each)
        satisfied(self.closed)
        self.case = town.open(DEPARTMENT, "proposal_33_evaluation", session="s1")

    def rate(self, who: Who, ballot: str, mode: str, grade: str, of: Matter | None = None) -> None:
        """Hand in one paper."""
        self.case.act(who, f"{ballot}.vote", mode=mode, grade=grade, **({} if of is None else {"item": of.id}))

    def count(self) -> None:
        """Have the count checked by the third party and confirmed."""
        self.case.attach(DEPARTMENT, "tally_sheet")
        self.case.act(AGENCY, "tally_sheet.approve")


def papers(case: Matter, ballot: str) -> dict[tuple[str, int], Counter[str]]:
    """The papers of a ballot as its closing put them into the trail: mode and number of the item -> grades."""
    (closing,) = [event for event in case.events() if "box" in event["delta"].get("ballots", {}).get(ballot, {})]
    box: dict[str, Any] = closing["delta"]["ballots"][ballot]["box"]
    return {
        (mode, int(item)): Counter(cell["grades"]) for mode, _, item, cell in ((*key.partition("@"), cell) for key, cell in box.items())
    }


def test_t7_nine_cells_and_three_rates_that_follow_from_the_papers(town: Town) -> None:
    town.settle(PROPOSER, UNIT, AGENCY)
    round_ = Round(town)
    case = round_.case
    assert ({each["id"] for each in case.data["proposals"]}, case.data["not_ratable"]) == (
        {round_.closed.id, round_.waiting.id, round_.working.id},
        1,
    )
    case.act(DEPARTMENT, "begin", third_party="evaluation_agency", closes_on="2026-03-31")
    round_.rate(UNIT, "proposal_quality", "face", "excellent", round_.closed)
    round_.rate(UNIT, "proposal_quality", "remote", "good", round_.waiting)
    round_.rate(AGENCY, "proposal_quality", "third", "excellent", round_.closed)
    round_.rate(AGENCY, "proposal_quality", "third", "good", round_.waiting)
    round_.rate(PROPOSER, "handling_quality", "face", "satisfied", round_.closed)
    round_.rate(PROPOSER, "handling_quality", "remote", "basically", round_.waiting)
    round_.rate(AGENCY, "handling_quality", "third", "not_satisfied", round_.closed)
    round_.rate(PROPOSER, "service_quality", "face", "praise")
    round_.rate(UNIT, "service_quality", "remote", "ordinary")
    round_.rate(AGENCY, "service_quality", "third", "praise")
    town.at("2026-04-01 09:00")
    round_.count()
    case.act(DEPARTMENT, "tally")

    cells = {ballot: papers(case, f"{ballot}_quality") for ballot in ("proposal", "handling", "service")}
    assert case.data["matrix"] == [
        {"content": content, **{mode: sum(each.total() for (way, _), each in cells[content].items() if way == mode) for mode in MODES}}
        for content in cells
    ]
    assert all(row[mode] > 0 for row in case.data["matrix"] for mode in MODES)

    means: dict[int, list[int]] = {}
    for (_, item), grades in cells["proposal"].items():
        means.setdefault(item, []).extend(WORTH[grade] for grade in grades.elements())
    excellent = sum(sum(worth) / len(worth) >= 90 for worth in means.values())
    handling = sum((grades for (mode, _), grades in cells["handling"].items() if mode != "third"), Counter[str]())
    service = sum(cells["service"].values(), Counter[str]())
    parts = (
        (excellent, len(means)),
        (handling.total() - handling["not_satisfied"], handling.total()),
        (service["praise"], service.total()),
    )
    assert parts == ((1, 2), (2, 2), (2, 3))
    assert [(rate["part"], rate["of"], rate["percent"]) for rate in case.data["rates"]] == [
        (part, of, f"{100 * part / of:.1f}") for part, of in parts
    ]
    for key, part in zip(("rate_excellent", "rate_satisfied", "rate_praise"), parts, strict=True):
        (told,) = town.indicator("proposal_33_evaluation", key)["figures"]
        assert (told["numerator"], told["denominator"]) == part, key
    assert town.figures("proposal_33_evaluation", "papers") == {
        (f"{row['content']}_quality", mode): row[mode] for row in case.data["matrix"] for mode in MODES
    }


def test_t7_nobody_rates_himself_and_a_paper_that_is_missing_is_not_averaged_away(town: Town) -> None:
    town.settle(IN_THE_UNIT, AGENCY)
    round_ = Round(town)
    case = round_.case
    for own in ("housing_bureau", "proposal_office"):
        assert "not_third_party" in case.refused(DEPARTMENT, "begin", third_party=own, closes_on="2026-03-31")
    case.act(DEPARTMENT, "begin", third_party="evaluation_agency", closes_on="2026-03-31")
    assert "own_matter" in case.refused(IN_THE_UNIT, "proposal_quality.vote", item=round_.closed.id, mode="face", grade="excellent")
    assert "not_on_roll" in case.refused(IN_THE_UNIT, "handling_quality.vote", item=round_.closed.id, mode="face", grade="satisfied")
    assert "invalid_field" in case.refused(AGENCY, "handling_quality.vote", item=round_.working.id, mode="third", grade="satisfied")

    round_.rate(AGENCY, "handling_quality", "third", "not_satisfied", round_.closed)
    town.at("2026-04-01 09:00")
    round_.count()
    assert "not_covered" in case.refused(DEPARTMENT, "tally")
    assert "reason_required" in case.refused(DEPARTMENT, "tally_incomplete")
    case.act(DEPARTMENT, "tally_incomplete", reason="提案者和承办单位均未评价")
    assert (case.data["complete"], case.data["rates"]) == (False, [])
    assert [row["third"] for row in case.data["matrix"]] == [0, 1, 0]


def test_t7_nothing_is_published_before_both_reports_and_what_is_weak_goes_back(town: Town) -> None:
    town.settle(PROPOSER, UNIT, AGENCY)
    round_ = Round(town)
    case = round_.case
    case.act(DEPARTMENT, "begin", third_party="evaluation_agency", closes_on="2026-03-31")
    round_.rate(PROPOSER, "handling_quality", "face", "not_satisfied", round_.closed)
    round_.rate(PROPOSER, "handling_quality", "face", "satisfied", round_.waiting)
    round_.rate(UNIT, "proposal_quality", "face", "poor", round_.waiting)
    round_.rate(UNIT, "service_quality", "face", "poor")
    town.at("2026-04-01 09:00")
    round_.count()
    case.act(DEPARTMENT, "tally_incomplete", reason="第三方未评价")
    reports = ("report_plenary", "report_standing_committee")
    assert all("missing_document" in case.refused(DEPARTMENT, report) for report in reports)
    case.attach(DEPARTMENT, "round_report")
    for report in reports:
        assert "not_yet_reported" in case.refused(PRESS, "publish", channels=["press", "website"])
        case.act(DEPARTMENT, report)
    case.act(PRESS, "publish", channels=["press", "website"])
    assert {what for entry in case.events("publish")[0]["published"] for what in entry["what"]} >= {"rates", "matrix", "complete"}

    case.act(DEPARTMENT, "give_feedback")
    assert (case.data["weak_proposers"], case.data["weak_units"], case.data["weak_service"]) == (["member"], ["housing_bureau"], True)
    assert case.told("give_feedback") >= {"weak_proposer", "weak_unit"}
    assert (round_.closed.here, round_.waiting.here) == ("looking_back", "replied")
    case.act(PRESS, "commend", commended={"kind": "unit", "what": "办理规范"})
    assert "no_improvement" in case.refused(DEPARTMENT, "close")
    case.act(DEPARTMENT, "close", improvement="建立回访制度")
    assert case.outcome == "success"
