"""Information: the menu of five ways of governance (T3a), merging and adoption (Q6), what groups hear in interviews (G3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows.handling import assigned
from tests.town import Matter, Town

pytestmark = pytest.mark.carried_by("public_opinion")

EDITOR, UNIT, GOVERNMENT = "committee", "housing", "supervisor"
CLASSES = ("politics", "law", "virtue", "self_rule", "smart")


def item(town: Town, by: str = "member", **more: Any) -> Matter:
    """An item of a member."""
    return town.open(by, "public_opinion", **{"text": "电动车充电难", "urgent": False, **more})


def classified(made: Matter, wuzhi: str = "smart") -> Matter:
    """The editor gives it its class and its addressee."""
    made.act(EDITOR, "classify", text="增设充电桩", wuzhi=wuzhi, department="housing_bureau")
    return made


def issued(town: Town, wuzhi: str = "smart", **more: Any) -> Matter:
    """An item that was reported."""
    made = classified(item(town, **more), wuzhi)
    made.act(EDITOR, "issue")
    return made


# --- T3a ------------------------------------------------------------------------------------------------------------


@pytest.mark.carried_by("public_opinion", "proposal")
def test_t3a_a_suggestion_on_governance_is_taken_out_of_a_proposal_and_keeps_its_authors(town: Town) -> None:
    proposal = assigned(town)
    assert "wrong_role" in proposal.refused("housing", "extract", extract="推行网格积分")
    proposal.act("committee", "extract", extract="推行网格积分")
    (extract,) = proposal.linked("information")
    assert (extract.here, extract.data["authors"], extract.data["source"]) == ("screening", ["member"], "proposal")
    assert proposal.here == "handling.preparing"


def test_t3a_nothing_is_listed_without_exactly_one_primary_class(town: Town) -> None:
    made, menu = item(town), town.open(EDITOR, "opinion_menu", name="社会治理建议")
    assert made.refused(EDITOR, "classify", text="增设充电桩", department="housing_bureau")["missing_field"]["missing"] == "wuzhi"
    assert "invalid_field" in made.refused(EDITOR, "classify", text="增设", wuzhi=["law", "smart"], department="housing_bureau")
    assert "class_twice" in made.refused(EDITOR, "classify", text="增设", wuzhi="law", also=["law"], department="housing_bureau")
    assert "invalid_field" in menu.refused(EDITOR, "add", pick=[made.id])
    made.act(EDITOR, "classify", text="增设充电桩", wuzhi="law", also=["smart"], department="housing_bureau")
    assert "invalid_field" in menu.refused(EDITOR, "add", pick=[made.id])
    made.act(EDITOR, "issue")
    menu.act(EDITOR, "add", pick=[made.id])
    assert menu.data["classes"] == 1


def test_t3a_the_menu_is_offered_and_what_is_taken_from_it_comes_back(town: Town) -> None:
    taken, declined = (town.open(EDITOR, "opinion_menu", name=name) for name in ("上半年", "下半年"))
    assert "empty_menu" in taken.refused(EDITOR, "offer")
    for menu in (taken, declined):
        menu.act(EDITOR, "add", pick=[issued(town, wuzhi).id for wuzhi in CLASSES])
        menu.act(EDITOR, "offer")
    assert (taken.number, declined.number, taken.data["classes"]) == ("菜单2026-1", "菜单2026-2", 5)
    assert "wrong_role" in taken.refused(EDITOR, "take", answer="选用三条")
    taken.act(GOVERNMENT, "take", answer="选用三条")
    declined.act(GOVERNMENT, "decline", reason="已有安排")
    assert (taken.outcome, declined.outcome) == ("success", "rejected")


def test_t3a_items_are_counted_by_class(town: Town) -> None:
    for wuzhi, times in (("politics", 1), ("law", 3), ("self_rule", 2)):
        for _ in range(times):
            issued(town, wuzhi)
    item(town)
    assert town.figures("public_opinion", "wuzhi") == {(wuzhi,): times for wuzhi, times in zip(CLASSES, (1, 3, 0, 2, 0), strict=True)}


# --- Q6 -------------------------------------------------------------------------------------------------------------


def test_q6_what_is_merged_is_reported_once_and_adopted_with_credit_to_each_author(town: Town) -> None:
    lead, same, other = classified(item(town)), item(town, "member2"), classified(item(town, "sector"))
    lead.act(EDITOR, "merge", pick=[same.id, other.id])
    assert {same.here, other.here} == {"merged"}
    lead.act(EDITOR, "unmerge", pick=[other.id], reason="内容不同")
    lead.act(EDITOR, "issue")
    assert "not_bound" in lead.refused("enforcement", "adopt", reply="新增充电桩")
    lead.act(UNIT, "adopt", reply="新增充电桩")
    assert (same.here, same.data["authors"], same.data["reply"]) == ("adopted_with_lead", ["member2"], "新增充电桩")

    other.act(EDITOR, "issue")
    other.act(UNIT, "refuse_item", reason="条件不具备")
    item(town).act(EDITOR, "drop", reason="重复")
    noted = issued(town)
    noted.act(UNIT, "note", reason="留作参考")
    assert (other.outcome, noted.outcome) == ("rejected", "partial")
    assert town.shares("public_opinion", "adoption") == {"submitted": (2, 5), "issued": (2, 4)}
    assert town.figures("public_opinion", "credited") == town.figures("public_opinion", "authors") == {(): 2}


def test_q6_the_study_has_a_term_and_silence_adopts_nothing(town: Town) -> None:
    """One month from 2 March 2026 ends on 2 April."""
    made = issued(town)
    assert made.due("study") == "2026-04-03 00:00"
    town.at("2026-05-06 09:00")
    assert ([rung for rung, _ in made.rungs("study")], made.here) == (["80 %", "due"], "issued")


# --- G3 -------------------------------------------------------------------------------------------------------------


def test_g3_what_a_group_hears_is_coordinated_first_and_credited_when_it_is_solved(town: Town) -> None:
    heard = item(town, source="interview")
    heard.act(EDITOR, "coordinate", department="housing_bureau")
    assert "not_bound" in heard.refused("enforcement", "solve", reply="已修")
    heard.act(UNIT, "solve", reply="路灯已修")
    assert (heard.here, heard.outcome, heard.data["authors"]) == ("solved", "success", ["member"])
    assert heard.told("solve") == {"author", "editor"}

    unsolved = item(town, source="interview")
    unsolved.act(EDITOR, "coordinate", department="housing_bureau")
    unsolved.act(UNIT, "report_up", reason="需市级协调")
    classified(unsolved)
    unsolved.act(EDITOR, "issue")
    assert unsolved.here == "issued"
    item(town)
    sources, solved = (town.figures("public_opinion", name) for name in ("sources", "solved"))
    assert (sources["2026", "interview"], sources["2026", "member"], solved["2026", "interview"]) == (2, 1, 1)
