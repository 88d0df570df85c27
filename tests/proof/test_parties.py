"""Parties in pictures and in comparisons of versions."""

from __future__ import annotations

import pytest

from engine.proof.diagram.building import build
from engine.proof.diff_changes import Class
from tests.proof.diagrams import definition
from tests.proof.test_diff import compared

HANDLING = """workflow: handling
version: 1
title: 办理
calendar: cn
roles: {office: 办公室, head: 主任, co_unit: {title: 会办单位, bound: party}}
data: {co_units: {type: list, of: unit, default: []}}
start: {by: office, form: [co_units]}
initial: working
states:
  working:
    title: 办中
    owner: office
    parties:
      co: {title: 会办意见, role: co_unit, from: data.co_units, verdicts: {agree: 同意, disagree: 不同意}, refusing: [disagree], waive: {by: office}}
    receive: {co.refused: {to: dispute}}
    actions: {reply: {title: 答复, by: office, signed: [co], notify: [parties.co], to: replied}}
  dispute: {title: 分歧, owner: office, actions: {again: {by: office, to: working}}}
  replied: {title: 已答复, final: true, outcome: success}
"""


def test_a_picture_says_who_signs_what_waits_for_it_and_what_a_refusal_does() -> None:
    chart = build(definition(HANDLING), "zh-CN")
    box = next(each for each in chart.boxes if each.state == "working")
    said = [line.text for line in box.lines]
    arrows = {line.text for arrow in chart.arrows for line in arrow.lines}

    assert "会签：会办意见（会办单位）" in said
    assert {"须会签：会办意见", "会办意见：有不同意"} <= arrows


@pytest.mark.parametrize(
    ("change", "kind", "path"),
    [
        (("disagree: 不同意}", "disagree: 不同意, other: 另议}"), Class.LOOSENING, "/states/working/parties/co/verdicts/other"),
        (("refusing: [disagree]", "refusing: [agree, disagree]"), Class.TIGHTENING, "/states/working/parties/co/refusing"),
        ((", waive: {by: office}", ""), Class.TIGHTENING, "/states/working/parties/co/waive"),
        (("title: 会办意见", "title: 会办"), Class.LABEL, "/states/working/parties/co/title"),
        (("signed: [co], ", ""), Class.LOOSENING, "/states/working/actions/reply/signed"),
    ],
)
def test_a_change_of_a_group_is_found_in_its_class(change: tuple[str, str], kind: Class, path: str) -> None:
    (found,) = compared(change, old=HANDLING)
    assert (found.kind, found.pointer) == (kind, path)
