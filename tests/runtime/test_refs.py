"""What a case reads of rows of registries and of other cases that it refers to; on both databases."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.core.case import Case
from engine.errors import CommandRefused, DefinitionRefused
from engine.runtime.publishing import publish
from engine.store.trail import events_of_case
from tests.application import ADMIN, OFFICE, ORG, START, Trial

AGREEMENT = """registry: agreement
title: 协同协议
key: code
kept_by: [office]
calendar: cn
fields: {code: {type: text}, until: {type: date}, in_force: {type: bool, compute: today <= row.until}}
"""
WORK = """workflow: joint_work
version: 1
title: 协同监督
calendar: cn
roles: {office: 办公室}
data:
  agreement: {type: ref, of: agreement, read: [in_force, until]}
  earlier: {type: ref, of: joint_work, read: [words]}
  words: {type: text}
start: {by: office, form: [words?]}
initial: open
states:
  open:
    owner: office
    actions:
      sign: {by: office, form: [agreement], guard: data.agreement.in_force, refuse: {code: lapsed, text: 协议已失效}}
      follow: {by: office, form: [earlier], set: {words: data.earlier.words}}
      end: {by: office, guard: "!has(data.earlier) || data.earlier.done", to: closed}
  closed: {final: true, outcome: success}
"""


@pytest.fixture(autouse=True)
def published(office: Trial) -> None:
    publish(office.app, ADMIN, [(AGREEMENT, "agreement.yaml"), (WORK, "work.yaml")])
    for code, until in (("now", "2026-12-31"), ("then", "2025-12-31")):
        office.app.rows.add(OFFICE, "agreement", {"code": code, "until": until}, reason="签订").result()


def opened(office: Trial, **data: Any) -> Case:
    case: Case = office.app.service.open(OFFICE, "joint_work", data=data).result().case
    return case


def test_guard_reads_the_row_of_a_registry_as_it_is_now(office: Trial) -> None:
    case = opened(office)
    with pytest.raises(CommandRefused) as refused:
        office.act(case, "sign", data={"agreement": "then"})
    assert ["lapsed"] == [each.code for each in refused.value.refusals]
    office.act(case, "sign", data={"agreement": "now"})
    assert {"id": "now"} == office.case(case.id).data["agreement"]


def test_row_that_is_not_there_is_missing_data_and_never_a_silent_false(office: Trial) -> None:
    case = opened(office)
    with pytest.raises(CommandRefused) as refused:
        office.act(case, "sign", data={"agreement": "nowhere"})
    assert ["missing_data"] == [each.code for each in refused.value.refusals]


def test_other_case_is_read_with_its_state_and_data(office: Trial) -> None:
    first, second = opened(office, words="旧事"), opened(office)
    office.act(second, "follow", data={"earlier": first.id})
    assert "旧事" == office.case(second.id).data["words"]
    with pytest.raises(CommandRefused):
        office.act(second, "end")
    office.act(first, "end")
    office.act(second, "end")


def test_what_was_read_is_kept_with_the_event_as_a_commitment(office: Trial) -> None:
    case = opened(office)
    office.act(case, "sign", data={"agreement": "now"})
    with office.app.store.read() as reader:
        stored = events_of_case(reader, ORG, case.id)[-1]
    assert {"committed"} == orjson.loads(stored.event.body)["read"].keys()
    assert "2026-12-31" == orjson.loads(stored.payload or "{}")["/read"][1]["agreement:now"]["until"]


def test_what_is_read_must_be_declared_there(office: Trial) -> None:
    wrong = WORK.replace("read: [in_force, until]", "read: [in_forc]").replace("version: 1", "version: 2")
    with pytest.raises(DefinitionRefused) as refused:
        office.app.registry.publish(ADMIN, wrong, "work.yaml", START)
    assert "did you mean 'in_force'?" in str([each.message for each in refused.value.problems])
