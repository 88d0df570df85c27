"""What a case takes from registries, cases and acts of its body; on both databases."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.core.case import Case
from engine.errors import CommandRefused, DefinitionRefused
from engine.runtime.publishing import publish
from tests.application import ADMIN, DAY, OFFICE, START, Trial

MEMBERS = """registry: seat
title: 委员
key: code
kept_by: [office]
calendar: cn
fields: {code: {type: person}, sector: {type: text}, in_office: {type: bool}}
"""
WORK = """workflow: suggestion
version: 1
title: 建议
calendar: cn
roles: {office: 办公室}
data:
  author: {type: person}
  authors: {type: list, of: person, default: []}
start: {by: office, form: [author, authors]}
initial: open
states:
  open: {owner: office, actions: {adopt: {by: office}, revise: {by: office, form: [authors]}, end: {by: office, to: closed}}}
  closed: {final: true, outcome: success}
---
workflow: assessment
version: 1
title: 考核
calendar: cn
roles: {office: 办公室}
data:
  member: {type: person}
  year: {type: int}
  seats: {type: list, of: record, fields: {who: {type: person}, sector: {type: text}}, query: {of: seat, where: row.in_office, as: {who: row.id, sector: row.sector}}}
  adopted: {type: int, query: {of: suggestion, over: act.adopt, where: data.member in row.data.authors && year(row.at) == data.year, fixed_at: score}}
  written: {type: int, query: {of: suggestion, where: row.data.author == data.member, fixed_at: score}}
  points: {type: int, compute: data.adopted * 3 + data.written}
start: {by: office, form: [member, year], guard: "data.seats.exists(s, s.who == data.member)", refuse: {code: no_member, text: 不是委员}}
initial: open
states:
  open:
    owner: office
    actions:
      score: {by: office}
      praise: {by: office, guard: data.adopted > 1, to: closed}
  closed: {final: true, outcome: success}
"""


@pytest.fixture(autouse=True)
def published(office: Trial) -> None:
    publish(office.app, ADMIN, [(MEMBERS, "seat.yaml"), (WORK, "work.yaml")])
    for code, in_office in (("zhao", True), ("sun", True), ("wu", False)):
        office.app.rows.add(OFFICE, "seat", {"code": code, "sector": "经济", "in_office": in_office}, reason="换届").result()


def suggested(office: Trial, author: str, *authors: str) -> Case:
    case: Case = office.app.service.open(OFFICE, "suggestion", data={"author": author, "authors": list(authors or [author])}).result().case
    return case


def assessed(office: Trial, member: str = "zhao") -> Any:
    return office.app.service.open(OFFICE, "assessment", data={"member": member, "year": 2026}).result()


def test_query_without_an_act_is_asked_once_at_opening(office: Trial) -> None:
    case = assessed(office).case
    assert [{"who": "sun", "sector": "经济"}, {"who": "zhao", "sector": "经济"}] == case.data["seats"]
    office.app.rows.add(OFFICE, "seat", {"code": "zheng", "sector": "文化", "in_office": True}, reason="增补").result()
    assert 2 == len(office.act(case, "score").case.data["seats"])


def test_guard_of_the_opening_sees_what_was_asked(office: Trial) -> None:
    with pytest.raises(CommandRefused) as refused:
        assessed(office, "wu")
    assert ["no_member"] == [each.code for each in refused.value.refusals]


def test_live_query_counts_acts_as_they_were_then_until_an_act_fixes_it(office: Trial) -> None:
    one, two = suggested(office, "zhao", "zhao", "sun"), suggested(office, "sun")
    case = assessed(office).case
    office.act(one, "adopt")
    office.act(one, "revise", data={"authors": ["sun"]})
    office.act(one, "adopt")  # is no more zhao's
    office.act(two, "adopt")
    scored = office.act(case, "score").case
    assert (1, 1, 4) == (scored.data["adopted"], scored.data["written"], scored.data["points"])

    office.act(suggested(office, "zhao"), "adopt")
    assert 1 == office.case(case.id).data["adopted"]
    assert 2 == office.act(case, "score").case.data["adopted"]


def test_what_happened_in_another_year_does_not_count(office: Trial) -> None:
    case = assessed(office).case
    one = suggested(office, "zhao")
    office.clock.instant += 320 * DAY
    office.act(one, "adopt")
    assert 0 == office.act(case, "score").case.data["adopted"]


def test_guard_on_a_live_query_is_open_as_soon_as_it_holds(office: Trial) -> None:
    case = assessed(office).case
    with pytest.raises(CommandRefused) as refused:
        office.act(case, "praise")
    assert ["guard_failed"] == [each.code for each in refused.value.refusals]
    for _ in range(2):
        office.act(suggested(office, "zhao"), "adopt")
    assert "praise" in orjson.loads(office.act(case, "score").body)["actions"]
    office.act(case, "praise")


@pytest.mark.parametrize(
    ("wrong", "right", "rule"),
    [
        ("of: seat,", "of: seet,", "name.unknown_registry"),
        ("as: {who: row.id", "as: {hwo: row.id", "name.unknown_item"),
        ("of: seat, where: row.in_office, as", "of: seat, over: act.x, where: row.in_office, as", "query.registry"),
        ("where: row.in_office, as: {who: row.id, sector: row.sector}", "where: row.in_office", "query.as"),
        ("fixed_at: score}}\n  written", "fixed_at: scor}}\n  written", "name.unknown_act"),
    ],
)
def test_mistakes_in_a_query_are_told_at_their_place(office: Trial, wrong: str, right: str, rule: str) -> None:
    with pytest.raises(DefinitionRefused) as refused:
        office.app.registry.publish_all(ADMIN, [(WORK.replace(wrong, right).replace("version: 1", "version: 2"), "work.yaml")], START)
    assert rule in {each.rule for each in refused.value.problems}
