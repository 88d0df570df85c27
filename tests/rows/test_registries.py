"""What is kept in registries and counted there: rules, Party bodies, ledgers, posts, homes, squads. Each row says by which file it is kept."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from engine.errors import CommandRefused, NotFound
from tests.town import Town

ledgers = pytest.mark.carried_by("registries/ledgers")
party = pytest.mark.carried_by("registries/party")


def many(town: Town, registry: str, times: int, **values: Any) -> None:
    """Enter rows that differ in their number alone."""
    before = len(town.rows(registry))
    for number in range(times):
        town.enter(registry, number=str(before + number), **values)


# --- rules and lists: T1, T2, B1, L3 --------------------------------------------------------------------------------


@ledgers
def test_t1_a_system_of_one_and_four_rules_stands_in_the_register_with_the_status_of_each(town: Town) -> None:
    for slot in range(1, 6):
        town.enter("rule_document", code=f"1+4-{slot}", name=f"制度{slot}", kind="rule", system="1+4", slot=slot)
    town.at("2026-06-01 09:00")
    town.change("rule_document", "1+4-2", status="carried_out")
    assert Counter(row["status"] for row in town.rows("rule_document", system="1+4")) == {"in_force": 4, "carried_out": 1}
    assert [row["status"] for row in town.rows("rule_document", system="1+4", on="2026-05-31")] == ["in_force"] * 5
    assert "invalid_field" in town.entering_refused("rule_document", code="1+4-6", slot=0)
    assert "invalid_field" in town.entering_refused("rule_document", code="1+4-6", status="forgotten")
    assert "row_exists" in town.entering_refused("rule_document", code="1+4-1")


@party
def test_t2_a_functional_branch_has_seven_things_to_do_each_year(town: Town) -> None:
    town.enter("party_body", code="together", name="同心行", kind="functional_branch", functions=["guidance", "example", "gathering"])
    for year in (2025, 2026):
        for slot in range(1, 8):
            town.enter("checklist", code=f"{year}-{slot}", list="七个一", year=year, slot=slot, body="together")
    for slot in range(1, 8):
        town.change("checklist", f"2025-{slot}", status="done", done_on="2025-12-20")
    town.change("checklist", "2026-1", status="under_way")
    town.change("checklist", "2026-2", status="done", done_on="2026-03-01")
    assert Counter((row["year"], row["status"]) for row in town.rows("checklist", list="七个一")) == {
        (2025, "done"): 7,
        (2026, "open"): 5,
        (2026, "under_way"): 1,
        (2026, "done"): 1,
    }
    assert "invalid_field" in town.entering_refused("checklist", code="x", slot=100)
    with pytest.raises(CommandRefused) as refused:
        town.change("checklist", "2026-3", by="committee", status="done")
    assert [each.code for each in refused.value.refusals] == ["wrong_role"]


@pytest.mark.carried_by("registries/party", "registries/ledgers")
def test_b1_the_structure_of_county_bodies_is_on_the_list_of_matters_that_are_inspected(town: Town) -> None:
    town.enter("rule_document", code="保政办1", name="请示报告办法", kind="method")
    for number in (1, 2):
        town.enter(
            "inspected_item",
            code=f"{number}",
            matter="县级政协机构设置",
            document="保政办1",
            inspected=f"county_{number}",
            listed_on="2026-01-15",
        )
    town.change("inspected_item", "1", result="in_order")
    assert [row["matter"] for row in town.rows("inspected_item", document="保政办1")] == ["县级政协机构设置"] * 2
    assert [row["code"] for row in town.rows("inspected_item") if "result" not in row] == ["2"]
    assert town.rows("inspected_item", on="2026-02-28") == []


@ledgers
def test_l3_revised_rules_and_new_ones_are_told_apart_and_keep_their_versions(town: Town) -> None:
    for number in range(10):
        town.enter("rule_document", code=f"旧{number}", name="工作规则", kind="rule", issued_on="2018-01-01")
    town.at("2026-04-01 09:00")
    for number in range(10):
        town.enter("rule_document", code=f"改{number}", name="工作规则", kind="rule", issued_on="2026-04-01", replaces=f"旧{number}")
        town.change("rule_document", f"旧{number}", status="repealed")
    for number in range(20):
        town.enter("rule_document", code=f"新{number}", name="工作规则", kind="rule", issued_on="2026-04-01")
    issued = [row for row in town.rows("rule_document") if row["issued_on"] >= "2026-01-01"]
    assert Counter(row["revised"] for row in issued) == {True: 10, False: 20}
    assert len(town.rows("rule_document", status="in_force")) == 30
    assert len(town.rows("rule_document", status="in_force", on="2026-03-31")) == 10
    many(town, "post_added", 2, on="2026-04-01", body="机关", posts=2)
    many(town, "post_added", 1, on="2026-05-01", body="机关", posts=1)
    assert sum(row["posts"] for row in town.rows("post_added")) == 5
    issued_by_year = town.figures("rule_document", "rules_issued")
    assert [issued_by_year["2026", revised] for revised in (True, False)] == [10, 20]
    assert town.figures("rule_document", "documents_in_force")[("rule",)] == 30
    assert town.figures("post_added", "posts_added") == {("2026",): 5}


# --- ledgers: P2, P6, Q1 --------------------------------------------------------------------------------------------


@ledgers
def test_p2_matters_asked_and_reported_are_counted_by_period(town: Town) -> None:
    for number, day, kind in (("1", "2025-12-30", "report"), ("2", "2026-01-05", "ask"), ("3", "2026-02-28", "report")):
        town.enter("report_to_party", number=number, on=day, kind=kind, matter="重要事项")
    this_year = [row for row in town.rows("report_to_party") if row["on"] >= "2026-01-01"]
    assert (len(this_year), len(town.rows("report_to_party", kind="report"))) == (2, 2)
    assert town.figures("report_to_party", "matters") == {
        ("2025", "ask"): 0,
        ("2025", "report"): 1,
        ("2026", "ask"): 1,
        ("2026", "report"): 1,
    }
    assert town.figures("report_to_party", "matters", since="2026-01-01").keys() == {("2026", "ask"), ("2026", "report")}
    assert "row_exists" in town.entering_refused("report_to_party", number="3", on="2026-03-01", kind="ask", matter="重复")
    with pytest.raises(NotFound):
        town.enter("report_to_party", "committee", number="4", on="2026-03-01", kind="ask", matter="无权")


@ledgers
def test_p2_what_stands_in_a_ledger_is_not_changed_but_corrected(town: Town) -> None:
    town.enter("report_to_party", number="1", on="2026-01-05", kind="ask", matter="重要事项")
    with pytest.raises(CommandRefused) as refused:
        town.change("report_to_party", "1", kind="report")
    assert [each.code for each in refused.value.refusals] == ["ledger"]


@ledgers
def test_p6_person_times_are_not_persons(town: Town) -> None:
    for number, people, person_times in (("1", ["zhang", "li"], 2), ("2", ["zhang"], 1), ("3", ["zhang", "wang"], 2)):
        town.enter("visit", number=number, on="2026-03-01", kind="talk", people=people, person_times=person_times)
    town.enter("visit", number="4", on="2025-06-30", kind="visit", person_times=30)
    talks = [row for row in town.rows("visit") if "2026-01-01" <= row["on"] <= "2026-06-30"]
    assert sum(row["person_times"] for row in talks) == 5
    assert len({person for row in talks for person in row["people"]}) == 3
    assert town.figures("visit", "talks_person_times", since="2026-01-01") == {("2026", "visit"): 0, ("2026", "talk"): 5}
    assert town.figures("visit", "persons", since="2026-01-01") == {("2026", "visit"): 0, ("2026", "talk"): 3}
    assert town.figures("visit", "visits", since="2026-01-01") == {("2026", "visit"): 0, ("2026", "talk"): 3}
    assert "invalid_field" in town.entering_refused("visit", number="5", on="2026-03-01", kind="talk", person_times=0)


@party
def test_q1_posts_and_interactions_are_person_times_by_column(town: Town) -> None:
    for number, column, posts, interactions in (("1", "speak", 800, 9000), ("2", "speak", 500, 8000), ("3", "news", 0, 3000)):
        town.enter("online_exchange", number=number, on="2026-03-01", column=column, posts=posts, interactions=interactions)
    rows = town.rows("online_exchange")
    assert (sum(row["posts"] for row in rows), sum(row["interactions"] for row in rows)) == (1300, 20000)
    assert sum(row["posts"] for row in town.rows("online_exchange", column="speak")) == 1300
    assert town.figures("online_exchange", "posts") == {("2026", "news"): 0, ("2026", "library"): 0, ("2026", "speak"): 1300}
    assert [each["shown"] for each in town.indicator("online_exchange", "interactions")["whole"]] == ["不少于 20000"]
    assert "invalid_field" in town.entering_refused("online_exchange", number="4", column="chat", posts=1)
    assert "invalid_field" in town.entering_refused("online_exchange", number="4", column="speak", posts=-1)


# --- places and posts: P8, B3, C2, L1, L2 ---------------------------------------------------------------------------


@pytest.mark.carried_by("registries/people")
def test_p8_each_leader_keeps_contact_with_places_and_those_without_one_are_seen(town: Town) -> None:
    town.enter("leader", person="chair", name="主席", contacts=["north", "south"])
    town.enter("leader", person="vice", name="副主席", contacts=["east"])
    town.at("2026-05-06 09:00")
    town.change("leader", "vice", contacts=["east", "west"])
    contacts = {place: row["person"] for row in town.rows("leader") for place in row["contacts"]}
    assert contacts == {"north": "chair", "south": "chair", "east": "vice", "west": "vice"}
    assert {place for row in town.rows("leader", on="2026-05-05") for place in row["contacts"]} == {"north", "south", "east"}
    assert {"north", "east", "far"} - contacts.keys() == {"far"}


places = pytest.mark.carried_by("registries/places")


@places
def test_b3_the_coverage_of_liaison_posts_is_filled_ones_of_all_towns_and_streets(town: Town) -> None:
    for number in range(8):
        liaison = {} if number == 7 else {"liaison": f"deputy_{number}"}
        town.enter("area", code=f"a{number}", name=f"乡{number}", kind="street" if number % 2 else "town", **liaison)
    town.enter("area", code="zone", name="园区", kind="zone")
    posts = [row for row in town.rows("area") if row["kind"] in {"town", "street"}]
    assert (sum("liaison" in row for row in posts), len(posts)) == (7, 8)
    covered = town.indicator("area", "liaison_coverage")["figures"]
    assert {each["by"][0]["value"]: (each["numerator"], each["denominator"]) for each in covered} == {
        "town": (4, 4),
        "street": (3, 4),
        "zone": (0, 1),
    }
    town.change("area", "a7", liaison="deputy_7")
    assert all("liaison" in row for row in town.rows("area") if row["kind"] != "zone")


@pytest.mark.carried_by("registries/places", "registries/party")
def test_c2_homes_with_a_video_link_and_a_convenor_in_each_town(town: Town) -> None:
    for number in range(23):
        town.enter("area", code=f"t{number}", name=f"镇{number}", kind="town", convenor=f"deputy_{number}", liaison=f"deputy_{number}")
    for number in range(5):
        town.enter("home", code=f"h{number}", name="党员委员之家", area=f"t{number}", two_in_one=True, video_link=True)
    many(town, "home_activity", 3, on="2026-03-01", home="h1", theme="五个一", what="主题活动")
    assert sum("convenor" in row for row in town.rows("area", kind="town")) == len(town.rows("area")) == 23
    assert len(town.rows("home", two_in_one="true", video_link="true")) == 5
    assert Counter(row["theme"] for row in town.rows("home_activity")) == {"五个一": 3}  # a named list of which no item is known


@pytest.mark.carried_by("registries/people", "registries/party")
def test_l1_party_members_have_files_and_each_group_a_temporary_branch(town: Town) -> None:
    for number in range(4):
        town.enter("member", person=f"m{number}", party_member=number != 3, party_file=number < 2)
    for number in range(3):
        town.enter("activity_group", code=f"g{number}", name=f"小组{number}", basis="area")
    for number in range(2):
        town.enter("party_body", code=f"b{number}", name="临时党支部", kind="temporary_branch", group=f"g{number}", superior="office")
    members = town.rows("member", party_member="true")
    assert (sum(row["party_file"] for row in members), len(members)) == (2, 3)
    assert town.shares("member", "party_files") == {"": (2, 3)}
    covered = {row["group"] for row in town.rows("party_body", kind="temporary_branch")}
    assert {row["code"] for row in town.rows("activity_group")} - covered == {"g2"}
    town.retire("party_body", "b1", reason="活动结束")
    assert len(town.rows("party_body", kind="temporary_branch")) == 1
    assert "invalid_field" in town.entering_refused("party_body", code="x", kind="club")


@pytest.mark.carried_by("registries/people", "registries/party")
def test_l2_groups_and_homes_and_what_they_did_are_counted(town: Town) -> None:
    for number in range(4):
        town.enter("activity_group", code=f"g{number}", name=f"小组{number}", basis="sector" if number % 2 else "area")
        town.enter("home", code=f"h{number}", name="委员之家")
    for number in range(9):
        town.enter("member", person=f"m{number}", group=f"g{number % 4}", **({"until": "2026-01-31"} if number == 8 else {}))
    many(town, "home_activity", 6, on="2026-02-01", group="g1", what="走访")
    many(town, "home_activity", 2, on="2025-02-01", group="g2", home="h2", what="走访")
    assert (len(town.rows("activity_group")), len(town.rows("home"))) == (4, 4)
    assert Counter(row["group"] for row in town.rows("member") if row["in_office"]) == {"g0": 2, "g1": 2, "g2": 2, "g3": 2}
    held = Counter(row["group"] for row in town.rows("home_activity") if row["on"] >= "2026-01-01")
    assert (held, len(town.rows("home_activity"))) == ({"g1": 6}, 8)
    assert town.figures("home_activity", "activities_held") == {("2025",): 2, ("2026",): 6}
    assert (town.figures("home", "homes"), town.figures("activity_group", "activity_groups")) == ({(): 4}, {("area",): 2, ("sector",): 2})
    assert town.figures("member", "members") == {(): 8}


# --- supervision: X3 ------------------------------------------------------------------------------------------------


@pytest.mark.carried_by("registries/supervision")
def test_x3_squads_and_recruited_supervisors_are_counted_by_kind_with_person_times(town: Town) -> None:
    for number in range(3):
        town.enter("squad", code=f"s{number}", name=f"第{number}小分队", leader="zhang", members=[f"m{number}", f"n{number}"])
    for number, kind in enumerate(["democratic"] * 4 + ["special"] * 2 + ["observer"] * 3):
        town.enter("supervisor", person=f"p{number}", name="某", kind=kind, circle="教育")
    many(town, "squad_outing", 2, on="2026-03-01", squad="s0", person_times=8)
    many(town, "squad_outing", 1, on="2026-03-01", squad="s1", person_times=3)
    assert (len(town.rows("squad")), sum(len(row["members"]) for row in town.rows("squad"))) == (3, 6)
    assert Counter(row["kind"] for row in town.rows("supervisor")) == {"democratic": 4, "special": 2, "observer": 3}
    assert sum(row["person_times"] for row in town.rows("squad_outing")) == 19
    assert town.figures("squad", "squad_members") == {(): 6}
    assert town.figures("supervisor", "supervisors") == {("democratic",): 4, ("special",): 2, ("observer",): 3}
    assert town.figures("squad_outing", "outing_person_times") == {("2026",): 19}
    assert "invalid_field" in town.entering_refused("supervisor", person="x", kind="inspector")


@pytest.mark.carried_by("democratic_supervision")
def test_x3_clues_are_counted_by_who_found_them(town: Town) -> None:
    for source, times in (("public", 3), ("officer", 2), ("squad", 1)):
        for _ in range(times):
            town.open("resident", "supervision_issue", clue_source=source, theme="safety", text="消防通道", squad="squad_1")
    clues = town.figures("supervision_issue", "clues")
    assert [clues["2026", source] for source in ("public", "officer", "squad")] == [3, 2, 1]
