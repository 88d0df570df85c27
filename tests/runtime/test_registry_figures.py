"""Figures over the rows of a registry: as they stand, as they stood, on the day a row names, for who may look at it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.errors import NotFound
from engine.runtime.figures import Asked, Figures
from engine.runtime.people import Principal
from engine.runtime.publishing import publish
from tests.application import ADMIN, DAY, OFFICE, ORG, Trial

DAY_ONE = date(2026, 1, 1)
TALKS = """registry: talks
title: 谈心谈话台账
calendar: cn
key: number
kept_by: office
fields:
  number: {type: text}
  held:   {type: date}
  kind:   {type: choice, options: {talk: 谈话, visit: 走访}}
  people: {type: int}
  who:    {type: person, seen_by: chair}
  with:   {type: list, of: person}
  until:  {type: date}
  valid:  {type: bool, compute: "!has(row.until) || today <= row.until"}
indicators:
  talks: {count: rows, by: row.kind, on: row.held, per: year}
  person_times: {sum: row.people, on: row.held}
  persons: {distinct: row.who}
  met: {distinct: row, over: data.with, on: data.held, where: data.kind == 'talk', per: year}
  meetings: {count: data.with, on: data.held, by: data.kind}
  in_force: {share: row.valid}
  most: {rank: row.people, quota: {at_least: 3}}
"""


@pytest.fixture
def talks(office: Trial) -> Trial:
    """Three talks, the first one of the year before."""
    publish(office.app, ADMIN, [(TALKS.replace(", quota: {at_least: 3}", "").encode(), "talks.yaml")])
    for number, held, kind, people in (("1", "2025-12-30", "talk", 4), ("2", "2026-01-05", "talk", 5), ("3", "2026-02-01", "talk", 6)):
        values = {
            "number": number,
            "held": held,
            "kind": kind,
            "people": people,
            "who": "li",
            "until": "2026-03-10",
            "with": ["zhao", number],
        }
        office.app.rows.add(OFFICE, "talks", values).result()
    return office


def cells(office: Trial, key: str, principal: Principal = OFFICE, **times: Any) -> dict[Any, Any]:
    (view,) = Figures(office.app).figures(principal, key, Asked(**times), "zh-CN")["indicators"]
    assert view["workflow"] == "talks"
    return {(each["period"], *(part["value"] for part in each["by"])): each["value"] for each in view["figures"]}


def test_rows_are_counted_on_the_day_they_name_and_empty_cells_are_shown(talks: Trial) -> None:
    assert {("2025", "talk"): 1, ("2025", "visit"): 0, ("2026", "talk"): 2, ("2026", "visit"): 0} == cells(talks, "talks")
    assert {(None,): 15} == cells(talks, "person_times")
    assert {(None,): 11} == cells(talks, "person_times", since=talks.app.calendars["cn"].midnight(DAY_ONE))


def test_rows_are_counted_as_they_stood_then(talks: Trial) -> None:
    then = talks.clock.now()
    talks.clock.instant += DAY
    talks.app.rows.alter(OFFICE, "talks", "3", "change", values={"people": 60}, reason="录入有误").result()
    talks.app.rows.alter(OFFICE, "talks", "2", "retire", reason="重复").result()

    assert ({(None,): 64}, {(None,): 15}) == (cells(talks, "person_times"), cells(talks, "person_times", as_of=then))


def test_what_is_computed_from_the_day_is_computed_for_the_day_that_is_asked_for(talks: Trial) -> None:
    then = talks.clock.now()
    assert {(None,): "1.0000"} == cells(talks, "in_force")
    talks.clock.instant += 20 * DAY
    assert ({(None,): "0.0000"}, {(None,): "1.0000"}) == (cells(talks, "in_force"), cells(talks, "in_force", as_of=then))


def test_entries_of_a_list_are_persons_or_person_times_and_see_the_row_they_stand_in(talks: Trial) -> None:
    assert {("2025",): 2, ("2026",): 3} == cells(talks, "met")
    assert {(None, "talk"): 6, (None, "visit"): 0} == cells(talks, "meetings")


def test_rows_are_ranked_by_their_keys(talks: Trial) -> None:
    (view,) = Figures(talks.app).figures(OFFICE, "most", Asked(), "zh-CN")["indicators"]
    assert [(1, "3"), (2, "2"), (3, "1")] == [(each["place"], each["name"]) for each in view["figures"][0]["places"]]


def test_who_may_not_look_at_the_registry_or_a_field_is_told_nothing(talks: Trial) -> None:
    with pytest.raises(NotFound):
        cells(talks, "talks", Principal("nobody", ORG, frozenset({"elsewhere"})))
    with pytest.raises(NotFound):
        cells(talks, "persons")
    assert {(None,): 1} == cells(talks, "persons", Principal("li", ORG, frozenset({"office", "chair"})))
