"""Campaigns: three levels that report each week and are added up, and the plan of counted items."""

from __future__ import annotations

from typing import Any

import pytest

from tests.town import Matter, Town

CITY, NORTH, SOUTH = "city", "north", "south"


def mobilised(campaign: Matter) -> Matter:
    campaign.attach("office", "plan")
    campaign.act("secretary", "plan.approve")
    campaign.act("office", "mobilise")
    return campaign


def reported(campaign: Matter, week: str, visits: int = 0, donated: float = 0) -> None:
    campaign.act("office", "enter_week", entries={"week": week, "visits": visits, "donated": donated, "note": "本周"})


def ended(campaign: Matter, reports: int = 1) -> None:
    """Hand in the reports of a body, and close its own part."""
    for _ in range(reports):
        campaign.attach("office", "report")
    campaign.act("office", "finish")
    if campaign.here == "summarising":
        closed(campaign)


def closed(campaign: Matter) -> None:
    campaign.attach("office", "summary")
    campaign.act("secretary", "summary.approve")
    campaign.act("office", "close")


def three_levels(town: Town, ends_on: str = "2026-03-31") -> dict[str, Matter]:
    """A campaign of the province (the home body), one city and its two counties, all of them under way."""
    city = town.body(CITY)
    for below in (NORTH, SOUTH):
        town.body(below)
        city.enter("organisation", organisation=below, level="county", superior=CITY)
    town.enter("organisation", organisation=CITY, level="city", superior=town.org)
    province = mobilised(town.open("office", "special_campaign", name="察防促", ends_on=ends_on))
    (of_city,) = province.children("nodes")
    mobilised(of_city)
    north, south = (mobilised(each) for each in of_city.children("nodes"))
    return {"province": province, CITY: of_city, NORTH: north, SOUTH: south}


@pytest.mark.carried_by("special_campaign")
def test_p3_three_levels_report_each_week_and_the_province_adds_them_up(town: Town) -> None:
    nodes = three_levels(town)
    assert {name: node.case.org for name, node in nodes.items()} == {"province": town.org, CITY: CITY, NORTH: NORTH, SOUTH: SOUTH}
    assert nodes[NORTH].data["name"] == "察防促"
    reported(nodes[NORTH], "2026-03-06", visits=30, donated=12.5)
    reported(nodes[SOUTH], "2026-03-06", visits=20, donated=7.5)
    reported(nodes[CITY], "2026-03-06", visits=5)
    assert (nodes["province"].data["visits"], nodes["province"].data["donated"]) == (55, "20.00")
    assert nodes[NORTH].data["visits"] == 30, "a county sees its own numbers alone"
    town.at("2026-04-01 09:00")
    assert {node.here for node in nodes.values()} == {"under_way.reporting"}
    ended(nodes[NORTH], reports=3)
    ended(nodes[CITY])
    assert nodes[CITY].here == "under_way.reported", "the city waits for its second county"
    ended(nodes["province"])
    ended(nodes[SOUTH], reports=2)
    assert (nodes[NORTH].outcome, nodes[SOUTH].outcome) == ("success", "success")
    assert nodes[CITY].here == "summarising"
    closed(nodes[CITY])
    assert nodes["province"].here == "summarising"
    assert (nodes["province"].data["reports"], nodes["province"].data["finished"]) == (7, 2)
    nodes["province"].refused("office", "close")
    closed(nodes["province"])
    assert nodes["province"].outcome == "success"


@pytest.mark.carried_by("special_campaign")
def test_p3_a_body_that_owes_a_week_is_reminded_named_in_the_briefing_and_pressed(town: Town) -> None:
    nodes = three_levels(town)
    assert "nobody_late" in nodes[CITY].refused("office", "press")
    reported(nodes[NORTH], "2026-03-06")
    town.at("2026-03-05 17:00")
    assert nodes[SOUTH].told("1 day before") == {"office"}
    town.at("2026-03-06 17:00")
    assert nodes[SOUTH].rungs("dispatch") == [("1 day before", "2026-03-05 17:00"), ("due", "2026-03-06 17:00")]
    assert nodes[NORTH].rungs("dispatch") == []
    assert nodes[CITY].data["late_bodies"] == [SOUTH]
    nodes[CITY].attach("office", "briefing")
    nodes[CITY].act("office", "issue_briefing")
    (issued,) = nodes[CITY].events("issue_briefing")
    assert {"late_bodies", "briefing"} <= {name for each in issued["published"] for name in each["what"]}
    assert "no_new_briefing" in nodes[CITY].refused("office", "issue_briefing")
    nodes[CITY].act("office", "press")
    assert nodes[SOUTH].told() == {"office"}
    reported(nodes[SOUTH], "2026-03-06")
    assert nodes[CITY].data["late_bodies"] == []


@pytest.mark.carried_by("special_campaign")
def test_p3_the_campaign_ends_without_a_county_that_is_waived(town: Town) -> None:
    nodes = three_levels(town, ends_on="2026-03-03")
    town.at("2026-03-04 09:00")
    ended(nodes[NORTH])
    ended(nodes[CITY])
    assert "reason_required" in nodes[CITY].refused("secretary", "nodes.waive", child=SOUTH)
    assert "wrong_role" in nodes[CITY].refused("office", "nodes.waive", child=SOUTH, reason="灾情")
    nodes[CITY].act("secretary", "nodes.waive", child=SOUTH, reason="灾情")
    assert (nodes[CITY].here, nodes[CITY].data["finished"]) == ("summarising", 1)


@pytest.mark.carried_by("special_campaign", "proposal", "public_opinion")
def test_p3_proposals_filed_and_items_issued_in_the_campaign_are_counted_and_told_upwards(town: Town) -> None:
    city = town.body(CITY)
    town.enter("organisation", organisation=CITY, level="city", superior=town.org)
    province = mobilised(town.open("office", "special_campaign", name="察防促", ends_on="2026-03-31"))
    (of_city,) = province.children("nodes")
    mobilised(of_city)
    for body, campaign in ((city, of_city), (city, of_city), (town, province)):
        filed(body, campaign)
    filed(city, None)
    for body, campaign in ((city, of_city), (town, province)):
        item = body.open("member", "public_opinion", text="企业用工难", campaign=campaign.id, urgent=False)
        item.act("committee", "classify", text="企业用工难", wuzhi="law", department="housing_bureau")
        item.act("committee", "issue")
    assert (of_city.data["proposals"], of_city.data["items"]) == (2, 1), "live, also before the week is reported"
    reported(of_city, "2026-03-06")
    assert (province.data["proposals"], province.data["items"]) == (3, 2)


def filed(town: Town, campaign: Matter | None) -> None:
    own: dict[str, Any] = {} if campaign is None else {"campaign": campaign.id}
    proposal = town.open(
        "member",
        "proposal",
        subject="稳企业",
        body="情况、分析与建议",
        first_proposer="member",
        proposers=["member"],
        collective=False,
        **own,
    )
    proposal.act("member", "submit")
    proposal.act("committee", "file", category="economy")


@pytest.mark.carried_by("special_campaign")
def test_p5_three_levels_act_together_and_the_report_of_the_lower_level_is_what_the_upper_waits_for(town: Town) -> None:
    nodes = three_levels(town, ends_on="2026-03-03")
    town.at("2026-03-04 09:00")
    assert "missing_document" in nodes[NORTH].refused("office", "finish")
    ended(nodes["province"])
    assert nodes["province"].here == "under_way.reported", "its own report is not enough"
    for below in (NORTH, SOUTH, CITY):
        ended(nodes[below])
    assert [nodes[name].outcome for name in (NORTH, SOUTH, CITY)] == ["success", "success", "success"]
    assert nodes["province"].here == "summarising"
    told = nodes["province"].town.reading.related(nodes["province"]._auditor, nodes["province"].id, "zh-CN")["children"][0]["cases"][0]
    assert (told["organisation"], told["data"]["reports"], told["outcome"]) == (CITY, 3, "success")


PLAN_12345 = {"practice": 1, "supervision": 2, "inspection": 3, "visit": 4, "research": 5}


@pytest.mark.carried_by("special_campaign", "key_proposal_supervision")
def test_l6_the_plan_12345_compares_target_and_actual_and_supervisions_are_cases(town: Town) -> None:
    targets = [{"kind": kind, "target": target} for kind, target in PLAN_12345.items()]
    plan = town.open("office", "counted_plan", name="聚力量、防疫情、促发展", year=2026, targets=targets)
    assert "kind_twice" in town.opening_refused("office", "counted_plan", name="聚力量", year=2026, targets=[*targets, targets[0]])
    assert plan.data["behind"] == [*PLAN_12345]
    plan.attach("office", "closing_report")
    for kind, target in PLAN_12345.items():
        assert "plan_not_met" in plan.refused("office", "close")
        for number in range(target):
            if kind == "supervision":
                supervised(plan, f"督办{number}")
                assert town.figures("counted_plan", "supervisions") == {(): number + 1}
            else:
                plan.act("committee", "record_item", done_items={"kind": kind, "what": f"{kind} {number}"})
    assert {each["kind"]: (each["target"], each["actual"]) for each in plan.data["progress"]} == {
        kind: (target, target) for kind, target in PLAN_12345.items()
    }
    assert "plan_met" in plan.refused("office", "close_short", reason="无")
    plan.act("office", "close")
    assert plan.outcome == "success"


def supervised(plan: Matter, topic: str) -> None:
    """Open a supervision and end it; written down as an item it would not count."""
    assert "supervision_is_a_case" in plan.refused("office", "record_item", done_items={"kind": "supervision", "what": topic})
    before = {each.id for each in plan.linked("supervisions")}
    plan.act("office", "open_supervision", topic=topic, main_unit="housing_bureau")
    (opened,) = (each for each in plan.linked("supervisions") if each.id not in before)
    behind = plan.data["behind"]
    assert "supervision" in behind, "it counts when it has ended"
    opened.act("committee", "drop", reason="已解决")


@pytest.mark.carried_by("special_campaign")
def test_l6_good_deeds_and_events_are_plans_of_their_own_and_one_that_falls_short_says_why(town: Town) -> None:
    deeds = town.open("office", "counted_plan", name="走进基层", year=2026, targets=[{"kind": "deed", "target": 590}])
    events = town.open("office", "counted_plan", name="七十周年", year=2026, targets=[{"kind": "event", "target": 6}])
    for number in range(6):
        events.act("committee", "record_item", done_items={"kind": "event", "what": f"活动{number}"})
    assert (events.data["behind"], deeds.data["behind"]) == ([], ["deed"])
    town.at("2027-01-01 00:00")
    assert deeds.rungs("end") == [("3 months before", "2026-10-01 00:00"), ("due", "2027-01-01 00:00")]
    deeds.attach("office", "closing_report")
    assert "reason_required" in deeds.refused("office", "close_short")
    deeds.act("office", "close_short", reason="疫情影响")
    assert deeds.outcome == "partial"
