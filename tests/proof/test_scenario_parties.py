"""Scenarios in which parties sign: by whom, unless it is said; what a proposal finds."""

from __future__ import annotations

from pathlib import Path

from tests.proof.scenarios import folder, passes, proposals, read

HANDLING = """
workflow: handling
version: 1
title: 办理
calendar: cn
roles: {office: 办公室, co_unit: {title: 会办单位, bound: party}}
data:
  co_units: {type: list, of: unit, default: [], title: 会办单位}
start: {by: office, form: [co_units]}
initial: working
states:
  working:
    owner: office
    parties:
      co:
        title: 会办
        role: co_unit
        from: data.co_units
        verdicts: {agree: 同意, disagree: 不同意}
        refusing: [disagree]
        waive: {by: office, reason: required}
    receive: {co.refused: {to: dispute}}
    actions: {reply: {by: office, guard: size(data.co_units) > 1, signed: [co], to: replied}}
  dispute: {owner: office, actions: {again: {by: office, to: working, cycles: {at_most: 2, then: replied}}}}
  replied: {final: true, outcome: success}
"""


def test_parties_sign_one_after_the_other_unless_it_is_said_which(tmp_path: Path) -> None:
    passes(
        tmp_path,
        """
name: all sign
given: {workflow: handling, in: working, at: 2026-03-02 09:00, data: {co_units: [财政局, 住建局, 教育局]}}
when:
  - {co.sign: {by: {role: co_unit, unit: 住建局}, data: {verdict: agree}}}
  - {reply: {by: office, refused: [awaiting_parties]}}
  - {co.sign: {by: co_unit, data: {verdict: agree}}}
  - {co.waive: {by: office, data: {party: 教育局}, reason: 职责无关}}
  - then: {tasks: [office]}
  - {reply: office}
then: {in: [replied], outcome: success}
""",
        HANDLING,
    )


def test_a_refusal_leads_where_it_is_received(tmp_path: Path) -> None:
    passes(
        tmp_path,
        """
name: one refuses
given: {workflow: handling, in: working, at: 2026-03-02 09:00, data: {co_units: [财政局]}}
when: [{co.sign: {by: co_unit, data: {verdict: disagree}}}]
then: {in: [dispute], tasks: [office]}
""",
        HANDLING,
    )


def test_an_act_has_fields_of_its_own_and_no_others(tmp_path: Path) -> None:
    text = """
name: mistyped
given: {workflow: handling, in: working, at: 2026-03-02 09:00}
when: [{co.sign: {by: co_unit, data: {verdikt: agree}}}]
then: {in: [working]}
"""
    (problem,) = read(tmp_path, text, HANDLING).problems
    assert "did you mean 'verdict'?" in problem.message


def test_a_way_is_found_through_signatures_and_refusals(tmp_path: Path) -> None:
    _, found, not_found = proposals(folder(tmp_path, HANDLING), "handling")

    assert not_found == []
    assert any("co.sign" in str(each) for each in found)
