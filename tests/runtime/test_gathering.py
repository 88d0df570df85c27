"""Many cases into one: gathering what stands somewhere, letting go, and re-opening by a signal; through the service, on both databases."""

from __future__ import annotations

import pytest

from engine.core.case import Case
from engine.errors import CommandRefused
from engine.runtime.rebuilding import rebuilt
from engine.store.trail import events_of_case
from tests.application import ADMIN, OFFICE, ORG, START, Trial

PROPOSALS = """workflow: proposal
version: 1
title: 提案
calendar: cn
roles: {office: 办公室}
data:
  subject: {type: text}
  category: {type: choice, options: {economy: 经济, culture: 文化}}
  rounds: {type: int, default: 0}
links:
  merged: {workflow: proposal, inverse: lead, read: [subject]}
  lead: {workflow: proposal, inverse: merged}
  digest: {workflow: digest, inverse: items}
signals:
  replied: {from: proposal}
  weak: {from: digest, carries: {words: text}}
start: {by: office, form: [subject, category]}
initial: review
states:
  review:
    owner: office
    actions:
      merge: {by: office, collect: {link: merged, in: [review], where: row.data.category == data.category, pick: 1..2}}
      accept: {by: office, to: handling}
    receive: {lead.collected: {to: waiting}}
  waiting:
    owner: office
    receive:
      replied: {to: closed}
      lead.released: {to: {history: deep}}
      lead.ended: {to: {history: deep}}
  handling:
    owner: office
    receive: {digest.collected: {}}
    actions:
      unmerge: {by: office, release: {link: merged, pick: 1..9}}
      reply: {by: office, send: {signal: replied, to: links.merged}, to: closed}
  dropped: {final: true, outcome: withdrawn}
  closed: {final: true, outcome: success}
anywhere: {actions: {drop: {by: office, to: dropped}}}
reopen: {again: {by: office, signal: weak, from: [closed], at_most: 1, reason: required, set: {rounds: data.rounds + 1}, to: handling}}
---
workflow: digest
version: 1
title: 汇编
calendar: cn
roles: {office: 办公室}
data: {n: {type: int, compute: size(links.items)}}
links: {items: {workflow: proposal, inverse: digest}}
start: {by: office}
initial: gathering
states:
  gathering:
    owner: office
    entry: {collect: {link: items, in: [handling]}}
    receive: {items.gathered: {choice: [{guard: size(links.items) == 0, to: empty}, {to: ready}]}}
  ready:
    owner: office
    actions:
      send_back: {by: office, send: {signal: weak, to: links.items, with: {words: "'重办'"}}, to: done}
  empty: {final: true, outcome: lapsed}
  done: {final: true, outcome: success}
"""


@pytest.fixture(autouse=True)
def published(office: Trial) -> None:
    office.app.registry.publish_all(ADMIN, [(PROPOSALS, "proposals.yaml")], START)


def proposal(office: Trial, subject: str, category: str = "economy") -> Case:
    case: Case = office.app.service.open(OFFICE, "proposal", data={"subject": subject, "category": category}).result().case
    return case


def where(office: Trial, case: Case) -> str:
    return office.case(case.id).configuration[0]


def test_chosen_cases_come_under_the_lead_and_tell_it_their_subject(office: Trial) -> None:
    lead, other = proposal(office, "一"), proposal(office, "二")
    office.act(lead, "merge", data={"pick": [other.id]})

    assert ("review", "waiting") == (where(office, lead), where(office, other))
    assert [{"subject": "二"}] == list(office.case(lead.id).snapshot["shared"].values())
    assert {} == office.case(lead.id).snapshot.get("gathering", {})


@pytest.mark.parametrize(
    ("picks", "code"),
    [([], "missing_field"), (["a", "b", "c"], "pick_out_of_range"), (["nobody"], "invalid_field")],
    ids=["none", "too many", "not there"],
)
def test_choice_that_cannot_be_is_refused_and_nobody_is_asked(office: Trial, picks: list[str], code: str) -> None:
    lead, other = proposal(office, "一"), proposal(office, "二")
    with pytest.raises(CommandRefused) as refused:
        office.act(lead, "merge", data={"pick": picks})
    assert [code] == [each.code for each in refused.value.refusals]
    assert 1 == office.case(other.id).seq


def test_case_that_does_not_meet_where_cannot_be_chosen(office: Trial) -> None:
    lead, other = proposal(office, "一"), proposal(office, "二", "culture")
    with pytest.raises(CommandRefused):
        office.act(lead, "merge", data={"pick": [other.id]})
    assert "review" == where(office, other)


def test_released_case_goes_back_to_where_it_was(office: Trial) -> None:
    lead, other = proposal(office, "一"), proposal(office, "二")
    office.act(lead, "merge", data={"pick": [other.id]})
    office.act(lead, "accept")
    office.act(lead, "unmerge", data={"pick": [other.id]})

    assert "review" == where(office, other)
    assert {} == office.case(lead.id).snapshot.get("links", {})


def test_end_of_the_lead_is_heard_by_whoever_waits_for_it(office: Trial) -> None:
    lead, other = proposal(office, "一"), proposal(office, "二")
    office.act(lead, "merge", data={"pick": [other.id]})
    office.act(lead, "drop")
    assert "review" == where(office, other)


def test_reply_of_the_lead_answers_all_that_were_merged(office: Trial) -> None:
    lead, one, two = proposal(office, "一"), proposal(office, "二"), proposal(office, "三")
    office.act(lead, "merge", data={"pick": [one.id, two.id]})
    office.act(lead, "accept")
    office.act(lead, "reply")
    assert ["closed"] * 3 == [where(office, each) for each in (lead, one, two)]


def test_all_that_stand_there_are_gathered_and_then_it_goes_on(office: Trial) -> None:
    cases = [proposal(office, subject) for subject in "一二三"]
    for case in cases[:2]:
        office.act(case, "accept")
    digest = office.app.service.open(OFFICE, "digest").result().case

    assert ("ready", 2) == (where(office, digest), office.case(digest.id).data["n"])
    with office.app.store.read() as reader:
        assert office.case(digest.id) == rebuilt(events_of_case(reader, ORG, digest.id))


def test_nothing_to_gather_is_heard_at_once(office: Trial) -> None:
    digest = office.app.service.open(OFFICE, "digest").result().case
    assert "empty" == where(office, digest)


def test_signal_reopens_a_case_within_its_bounds(office: Trial) -> None:
    case = proposal(office, "一")
    office.act(case, "accept")
    first, second = (office.app.service.open(OFFICE, "digest").result().case for _ in range(2))
    office.act(case, "reply")
    office.act(first, "send_back")
    assert ("handling", 1) == (where(office, case), office.case(case.id).data["rounds"])
    office.act(case, "reply")
    office.act(second, "send_back")

    assert ("closed", 1) == (where(office, case), office.case(case.id).data["rounds"])
