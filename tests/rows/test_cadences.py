"""What comes round: study by layers (S1, P1), the inspection before a plenary (S2), the Party group's months (Z5), training in a term (C4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.town import Matter, Town

pytestmark = pytest.mark.carried_by("cadences")

OFFICE, HEAD = "office", "secretary"
LAYERS = ("members", "sectors", "standing", "chair", "staff")


def year_of(town: Town, workflow: str, year: int) -> Matter:
    """The case that opened by itself on the first of January."""
    town.at(f"{year}-01-01 00:00")
    (opened,) = [each for each in town.cases(workflow) if each.data["year"] == year]
    return opened


def study(year: Matter, layer: str, form: str = "study_meeting", attended: tuple[str, ...] = ("member",)) -> None:
    """A layer studied, today."""
    year.act(OFFICE, f"study_{layer}", **entered(layer, record(year, form, attended)))


def entered(layer: str, study: dict[str, Any]) -> dict[str, Any]:
    """The form of a layer."""
    return {f"{layer}_study": study}


def record(year: Matter, form: str, attended: tuple[str, ...]) -> dict[str, Any]:
    """What the office enters of a study."""
    return {"day": year.town.now[:10], "form": form, "topic": "提案办理", "attended": list(attended)}


# --- S1, P1 ---------------------------------------------------------------------------------------------------------


def test_s1_five_layers_fall_due_once_half_yearly_quarterly_monthly_and_every_two_weeks(town: Town) -> None:
    year = year_of(town, "study_year", 2027)
    due: dict[str, list[str]] = {layer: [] for layer in LAYERS}
    for week in range(52):
        town.at(f"{date(2027, 1, 7) + timedelta(weeks=week)} 09:00")
        for layer in LAYERS:
            if (when := year.due(f"running.{layer}")) not in due[layer] and when <= "2028-01-01 00:00":
                due[layer].append(when)
                study(year, layer)
    assert due["members"] == ["2028-01-01 00:00"]
    assert due["sectors"] == ["2027-07-01 00:00", "2028-01-01 00:00"]
    assert due["standing"] == ["2027-04-01 00:00", "2027-07-01 00:00", "2027-10-01 00:00", "2028-01-01 00:00"]
    assert (len(due["chair"]), len(due["staff"])) == (12, 26)
    assert due["chair"][:3] == ["2027-02-01 00:00", "2027-03-01 00:00", "2027-04-01 00:00"]
    assert due["staff"][:3] == ["2027-01-12 00:00", "2027-01-26 00:00", "2027-02-09 00:00"]


def test_s1_a_study_counts_by_who_was_there(town: Town) -> None:
    year = year_of(town, "study_year", 2027)
    for layer in LAYERS:
        assert "nobody_came" in year.refused(OFFICE, f"study_{layer}", **entered(layer, record(year, "lecture", ())))
    assert "wrong_role" in year.refused(HEAD, "study_chair", chair_study=record(year, "lecture", ("member",)))
    study(year, "chair")
    assert year.data["chair_study"][0]["attended"] == ["member"]


def test_s1_a_layer_that_missed_its_study_is_flagged_and_the_rate_of_each_layer_told(town: Town) -> None:
    year = year_of(town, "study_year", 2027)
    town.at("2027-01-20 09:00")
    study(year, "chair")
    town.at("2027-03-05 09:00")
    assert ("due", "2027-03-01 00:00") in year.rungs("running.chair")
    assert {"office", "office_head"} <= {each["role"] for each in year.events("running.chair")[-1]["notify"]}
    assert year.deadline("running.chair")["status"] == "running"
    assert town.shares("study_year", "on_time_chair") == {"": (1, 2)}
    assert town.shares("study_year", "on_time_staff") == {"": (0, 4)}
    assert town.shares("study_year", "on_time_standing") == {"": (0, 0)}
    study(year, "chair")  # late, for February
    assert town.shares("study_year", "on_time_chair") == {"": (1, 2)}


def test_p1_study_meetings_of_the_standing_committee_and_video_sessions_are_counted(town: Town) -> None:
    year = year_of(town, "study_year", 2027)
    for _ in range(2):
        study(year, "standing")
    for form in ("video", "video", "video", "class"):
        study(year, "members", form)
    standing, members = (town.figures("study_year", name) for name in ("standing_studies", "member_studies"))
    assert (standing["2027", "study_meeting"], members["2027", "video"], members["2027", "class"]) == (2, 3, 1)
    assert "invalid_field" in year.refused(OFFICE, "study_members", members_study=record(year, "party", ("member",)))


# --- S2 -------------------------------------------------------------------------------------------------------------

with_sessions = pytest.mark.carried_by("cadences", "registries/places")


def before_a_plenary(town: Town) -> Matter:
    """The preparation of a plenary that opens on 20 April 2026."""
    town.enter("session", code="s6", name="六届一次", plenary_on="2026-04-20")
    return town.open(OFFICE, "plenary_preparation", session="s6")


def inspection(*organisers: str) -> dict[str, Any]:
    """What the office enters of an inspection."""
    return {"day": "2026-04-01", "subjects": ["key_projects", "city", "industry"], "organisers": list(organisers), "attended": 200}


@with_sessions
def test_s2_the_inspection_is_due_before_the_plenary_and_its_absence_is_seen(town: Town) -> None:
    """Ten days before 20 April 2026 lies Friday 10 April."""
    preparation = before_a_plenary(town)
    assert preparation.due("inspection") == "2026-04-11 00:00"
    assert "not_inspected" in preparation.refused(OFFICE, "open_plenary")
    town.at("2026-04-11 00:00")
    assert preparation.rungs("inspection")[-1] == ("due", "2026-04-11 00:00")
    assert preparation.told("due") == {"office", "chair_meeting"}
    assert "wrong_role" in preparation.refused(OFFICE, "open_without", reason="疫情")
    preparation.act(HEAD, "open_without", reason="疫情")
    assert preparation.outcome == "partial"


@with_sessions
def test_s2_all_three_organise_it_together_and_the_date_follows_the_plenary(town: Town) -> None:
    preparation = before_a_plenary(town)
    assert "not_joint" in preparation.refused(OFFICE, "inspect", inspections=inspection("government", "cppcc"))
    preparation.act(HEAD, "move_plenary", plenary_on="2026-05-11", reason="会期调整")
    assert preparation.due("inspection") == "2026-05-01 00:00"  # 1 May is a holiday: whatever counts back goes to the day before it
    preparation.act(OFFICE, "brief", briefings={"day": "2026-04-01", "by": "leader", "topic": "经济形势"})
    preparation.act(OFFICE, "inspect", inspections=inspection("party_committee", "government", "cppcc"))
    assert preparation.deadline("inspection")["status"] == "met"
    preparation.act(OFFICE, "open_plenary")
    assert preparation.outcome == "success"


# --- Z5 -------------------------------------------------------------------------------------------------------------


def test_z5_the_party_group_studies_each_month_with_talks_and_a_test_and_dispatches_work(town: Town) -> None:
    year = year_of(town, "party_group_year", 2027)
    given: dict[str, Any] = {"day": "2027-01-12", "topic": "全会精神", "talks": 4, "tested": True}
    for missing in ({"talks": 0}, {"tested": False}):
        assert "no_talks_or_test" in year.refused(OFFICE, "study", studies={**given, **missing})
    assert year.due("running.study") == year.due("running.dispatch") == "2027-02-01 00:00"
    year.act(OFFICE, "study", studies=given)
    town.at("2027-02-01 00:00")
    assert (year.rungs("running.dispatch")[-1], year.rungs("running.study")) == (("due", "2027-02-01 00:00"), [])
    year.act(OFFICE, "dispatch", dispatches={"day": "2027-02-01", "matters": "重点提案"})
    assert (town.figures("party_group_year", "studies"), town.figures("party_group_year", "dispatches")) == (
        {("2027-01",): 1, ("2027-02",): 0},
        {("2027-02",): 1},
    )
    assert town.shares("party_group_year", "on_time") == {"": (1, 1)}


@pytest.mark.carried_by("registries/party")
def test_z5_four_layers_of_party_bodies_lead_from_the_group_to_the_branches(town: Town) -> None:
    chain = (("group", "party_group"), ("office", "office_group"), ("committee", "office_committee"), ("branch", "branch"))
    for (code, kind), superior in zip(chain, ("", "group", "office", "committee"), strict=True):
        town.enter("party_body", code=code, name=code, kind=kind, **({"superior": superior} if superior else {}))
    superiors: dict[str, str | None] = {row["code"]: row.get("superior") for row in town.rows("party_body")}
    climbed = ["branch"]
    while above := superiors[climbed[-1]]:
        climbed.append(above)
    assert climbed == ["branch", "committee", "office", "group"]


# --- C4 -------------------------------------------------------------------------------------------------------------


@pytest.mark.carried_by("cadences", "registries/people")
def test_c4_everybody_in_office_is_trained_within_the_term_and_who_is_not_is_named(town: Town) -> None:
    for person in ("member", "member2", "sector"):
        town.enter("member", person=person, since="2022-01-01")
    term = town.open(OFFICE, "training_term", term="第六届", ends_on="2026-12-31")
    assert "nobody_came" in term.refused(OFFICE, "hold_training", trainings={"day": "2026-03-10", "topic": "提案", "trained": []})
    term.act(OFFICE, "hold_training", trainings={"day": "2026-03-10", "topic": "提案", "trained": ["member", "member2"]})
    assert "not_covered" in term.refused(OFFICE, "close")
    town.at("2027-01-01 00:00")
    assert [rung for rung, _ in term.rungs("cover")] == ["6 months before", "due"]
    assert term.told("due") == {"office", "chair_meeting"}

    town.change("member", "sector", until="2026-12-31")  # who left office is not counted any more
    town.enter("member", person="newcomer", since="2027-01-01")
    assert "not_covered" in term.refused(OFFICE, "close")
    term.act(OFFICE, "hold_training", trainings={"day": "2027-01-05", "topic": "提案", "trained": ["newcomer"]})
    term.act(OFFICE, "close")
    assert (term.outcome, term.data["coverage"], term.data["untrained"]) == ("success", "100.0", [])
