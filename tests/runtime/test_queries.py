"""What a case takes from registries, cases and acts of its body; on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pytest

from engine.core.case import Case
from engine.core.world import Row
from engine.errors import CommandRefused, DefinitionRefused
from engine.runtime import takings
from engine.runtime.people import Principal
from engine.runtime.publishing import publish
from engine.runtime.takings import taken_in
from engine.store.case_index import select_findable
from engine.store.reader import Source
from engine.store.records import CaseRecord
from tests.application import ADMIN, DAY, OFFICE, ORG, START, Trial

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

COMING = """workflow: day
version: 1
title: 活动
calendar: cn
roles: {office: 办公室, member: 委员}
data: {came: {type: attendance, methods: {qr: 扫码}}}
start: {by: office}
initial: open
states:
  open: {owner: office, actions: {come: {by: member, attend: came}, end: {by: office, to: closed}}}
  closed: {final: true, outcome: success}
---
workflow: file
version: 1
title: 档案
calendar: cn
roles: {office: 办公室}
data:
  member: {type: person}
  came: {type: int, query: {of: day, over: attendance.came, where: row.person == data.member && row.status == 'present', fixed_at: score}}
start: {by: office, form: [member]}
initial: open
states:
  open: {owner: office, actions: {score: {by: office}, end: {by: office, to: closed}}}
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


def test_query_reads_only_the_cases_that_ever_named_what_it_compares(office: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noting(source: Source, org: str, cases: Sequence[CaseRecord], act: str) -> Iterator[Row]:
        read.extend(each.id for each in cases)
        return taken_in(source, org, cases, act)

    monkeypatch.setattr(takings, "taken_in", noting)
    mine, once_mine, others = suggested(office, "zhao"), suggested(office, "zhao", "sun", "zhao"), suggested(office, "sun")
    office.act(once_mine, "revise", data={"authors": ["sun"]})
    for each in (mine, once_mine, others):
        office.act(each, "adopt")
    assert 1 == office.act(assessed(office).case, "score").case.data["adopted"]
    assert {mine.id, once_mine.id} == {*read}


def test_an_attendance_finds_cases_by_who_attended(office: Trial) -> None:
    office.app.registry.publish_all(ADMIN, [(COMING, "coming.yaml")], START)
    for person in ("zhao", "sun"):
        day = office.app.service.open(OFFICE, "day", data={}).result().case
        office.act(day, "come", Principal(person, ORG, frozenset({"member"})))
    file = office.app.service.open(OFFICE, "file", data={"member": "zhao"}).result().case
    assert 1 == office.act(file, "score").case.data["came"]
    with office.app.store.read() as reader:
        found = list(reader.execute(select_findable(ORG, "day", {"came": "zhao"})))
    assert 1 == len(found)


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
