"""Cases that have to do with one another: children, links, signals, gathering; through the service, on both databases."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.core.case import Case
from engine.errors import CommandRefused
from engine.runtime.people import Principal
from engine.runtime.reading import Reading
from engine.runtime.rebuilding import rebuilt
from engine.runtime.timeline import timeline
from engine.store.cases import CaseFilter
from engine.store.messages import pending_messages
from engine.store.trail import events_of_case
from tests.application import ADMIN, DAY, MEMBER, OFFICE, ORG, START, Trial

HOUSING = Principal("chen", ORG, frozenset({"department"}), unit="housing")
ROADS = Principal("qian", ORG, frozenset({"department"}), unit="roads")

MATTER = """workflow: matter
version: 1
title: 议事
calendar: cn
number: {series: matter, per: year, format: "{year}议{n}", at: share_out}
roles: {office: 办公室, member: 委员}
data:
  topic: {type: text}
  tasks: {type: list, of: record, default: [], fields: {unit: {type: unit}, demand: {type: text}}}
  spent: {type: int, compute: "sum(children.tasks.map(t, t.data.spent))"}
  pressed: {type: int, default: 0}
links:
  notes: {workflow: note, inverse: origin, read: [text]}
signals: {done_well: {from: [unit_task], carries: {by: unit}}}
start: {by: [office, member], form: [topic]}
initial: drafting
states:
  drafting:
    owner: office
    actions:
      share_out: {by: office, form: [tasks?], to: following}
      jot: {by: office, open: {link: notes, with: {text: data.topic}}}
  following:
    owner: office
    children:
      tasks:
        workflow: unit_task
        for_each: data.tasks
        key: each.unit
        with: {unit: each.unit, demand: each.demand}
        read: [spent]
        add: {by: office}
        waive: {by: office, reason: required}
        when_left: cancel
    actions:
      give_up: {by: office, reason: required, to: shelved}
      press: {by: office, send: {signal: hurry, for_each: "children.tasks.filter(t, !t.done)", to: each, with: {words: "'请抓紧'"}}}
    receive: {done_well: {set: {pressed: data.pressed + 1}}}
    done: {to: closed}
  shelved: {final: true, outcome: rejected}
  closed: {final: true, outcome: success}
---
workflow: unit_task
version: 1
title: 任务
calendar: cn
roles: {department: {title: 部门, bound: data.unit}, office: 办公室}
data:
  unit: {type: unit}
  demand: {type: text}
  spent: {type: int, default: 0}
  words: {type: text}
signals: {hurry: {from: matter, carries: {words: text}}}
initial: doing
states:
  doing:
    owner: department
    deadlines: {finish: {within: 5 working days, basis: default, rungs: [{at: due, notify: [owner]}]}}
    actions:
      spend: {by: department, form: [spent]}
      finish: {by: department, send: {signal: done_well, to: parent, with: {by: data.unit}}, to: finished}
  finished: {final: true, outcome: success}
anywhere: {receive: {hurry: {set: {words: signal.words}}}}
---
workflow: note
version: 1
title: 记录
calendar: cn
roles: {office: 办公室}
data: {text: {type: text}}
links: {origin: {workflow: matter, inverse: notes}}
initial: written
states:
  written: {owner: office, actions: {file: {by: office, to: filed}}, receive: {origin.ended: {to: orphaned}}}
  filed: {final: true, outcome: success}
  orphaned: {final: true, outcome: lapsed}
"""


@pytest.fixture(autouse=True)
def published(office: Trial) -> None:
    office.app.registry.publish_all(ADMIN, [(MATTER, "matter.yaml")], START)


def opened(office: Trial) -> Case:
    case: Case = office.app.service.open(OFFICE, "matter", data={"topic": "天然气"}).result().case
    return case


def shared_out(office: Trial) -> Case:
    case = opened(office)
    tasks = [{"unit": "housing", "demand": "接入"}, {"unit": "roads", "demand": "开挖"}]
    office.act(case, "share_out", data={"tasks": tasks})
    return office.case(case.id)


def children(office: Trial, case: Case) -> dict[str, Case]:
    """The children of a case by key."""
    kept = office.case(case.id).snapshot.get("children", {})
    return {entry["key"]: office.case(child) for child, entry in kept.items()}


def told(office: Trial, case: Case) -> dict[str, Any]:
    return {entry["key"]: entry.get("told", {}) for entry in office.case(case.id).snapshot["children"].values()}


def last_event(office: Trial, case: Case) -> dict[str, Any]:
    with office.app.store.read() as reader:
        event: dict[str, Any] = orjson.loads(events_of_case(reader, ORG, case.id)[-1].event.body)
    return event


def test_each_row_opens_a_child_that_tells_how_it_stands(office: Trial) -> None:
    case = shared_out(office)
    tasks = children(office, case)

    assert {"housing", "roads"} == tasks.keys()
    assert {"unit": "housing", "demand": "接入", "spent": 0} == tasks["housing"].data
    assert {"doing"} == {facts["state"] for facts in told(office, case).values()}
    office.act(tasks["housing"], "spend", HOUSING, data={"spent": 7})
    assert 7 == office.case(case.id).data["spent"]


def test_parent_is_done_when_all_children_are_and_each_message_is_delivered_once(office: Trial) -> None:
    case = shared_out(office)
    tasks = children(office, case)
    office.act(tasks["housing"], "finish", HOUSING)
    assert ("following",) == office.case(case.id).configuration
    office.act(tasks["roads"], "finish", ROADS)

    after = office.case(case.id)
    assert (("closed",), "success", 2) == (after.configuration, after.outcome, after.data["pressed"])
    with office.app.store.read() as reader:
        assert [] == pending_messages(reader, 10)


def test_child_of_another_unit_is_not_that_departments(office: Trial) -> None:
    tasks = children(office, shared_out(office))
    with pytest.raises(CommandRefused) as refused:
        office.act(tasks["roads"], "finish", HOUSING)
    assert ["not_bound"] == [each.code for each in refused.value.refusals]


def test_leaving_cancels_what_still_runs(office: Trial) -> None:
    case = shared_out(office)
    tasks = children(office, case)
    office.act(tasks["housing"], "finish", HOUSING)
    office.act(case, "give_up", reason="无法推进")

    ended = children(office, case)
    assert (("finished",), ("cancelled",)) == (ended["housing"].configuration, ended["roads"].configuration)
    assert "withdrawn" == ended["roads"].outcome
    assert {"finish": "ended"} != ended["roads"].snapshot.get("deadlines", {})


def test_what_was_cancelled_can_still_be_looked_at(office: Trial) -> None:
    case = shared_out(office)
    cancelled = children(office, case)["roads"]
    office.act(case, "give_up", reason="无法推进")

    reading = Reading(office.app)
    assert reading.case(OFFICE, cancelled.id, "zh-CN")["where"] == ["已取消"]
    assert ["Cancelled"] in [each["where"] for each in reading.cases(OFFICE, CaseFilter(), "en", cursor=None, limit=10)["cases"]]
    assert timeline(office.app, OFFICE, cancelled.id, "en")[-1]["where"] == ["Cancelled"]


def test_waived_child_is_not_waited_for_and_must_be_one_that_is_open(office: Trial) -> None:
    case = shared_out(office)
    office.act(children(office, case)["housing"], "finish", HOUSING)
    with pytest.raises(CommandRefused) as refused:
        office.act(case, "tasks.waive", data={"child": "housin"}, reason="已撤销")
    assert ["roads"] == refused.value.refusals[0].facts["known"]
    office.act(case, "tasks.waive", data={"child": "roads"}, reason="已撤销")

    assert ("closed",) == office.case(case.id).configuration
    assert "child" not in office.case(case.id).data


def test_row_more_is_a_child_more(office: Trial) -> None:
    case = shared_out(office)
    office.act(case, "tasks.add", data={"tasks": {"unit": "parks", "demand": "绿化"}})

    assert ["housing", "parks", "roads"] == sorted(children(office, case))


def test_rows_that_cannot_be_told_apart_are_refused_and_nothing_is_opened(office: Trial) -> None:
    case = opened(office)
    twice = [{"unit": "housing", "demand": "接入"}, {"unit": "housing", "demand": "验收"}]
    with pytest.raises(CommandRefused):
        office.act(case, "share_out", data={"tasks": twice})
    assert ("drafting",) == office.case(case.id).configuration


def test_signal_reaches_each_case_it_is_meant_for(office: Trial) -> None:
    case = shared_out(office)
    tasks = children(office, case)
    office.act(tasks["housing"], "finish", HOUSING)
    office.act(case, "press")

    after = children(office, case)
    assert ("请抓紧", None) == (after["roads"].data.get("words"), after["housing"].data.get("words"))


def test_linked_case_knows_its_origin_and_hears_its_end(office: Trial) -> None:
    case = opened(office)
    office.act(case, "jot")
    (key, entry), *_ = office.case(case.id).snapshot["links"].items()
    note = office.case(entry["id"])
    assert {"text": "天然气"} == office.case(case.id).snapshot["shared"][key]
    assert [case.id] == [each["id"] for each in note.snapshot["links"].values()]

    office.act(case, "share_out")
    assert ("closed",) == office.case(case.id).configuration
    assert ("orphaned",) == office.case(note.id).configuration


def test_what_a_case_knows_of_others_is_rebuilt_from_its_trail(office: Trial) -> None:
    case = shared_out(office)
    office.act(children(office, case)["housing"], "spend", HOUSING, data={"spent": 3})
    stored = office.case(case.id)
    for each in (stored, *children(office, case).values()):
        with office.app.store.read() as reader:
            assert each == rebuilt(events_of_case(reader, ORG, each.id))


def test_messages_left_lying_by_a_stop_are_delivered_by_the_next_round(office: Trial) -> None:
    case = opened(office)
    office.app.lane.follow_up = None
    office.act(case, "share_out", data={"tasks": [{"unit": "housing", "demand": "接入"}]})
    with office.app.store.read() as reader:
        assert ["open"] == [each.kind for each in pending_messages(reader, 10)]
    rounds = [office.app.service.deliver().result() for _ in range(4)]

    assert [1, 1, 0, 0] == rounds
    assert "doing" == told(office, case)["housing"]["state"]


def test_overdue_child_is_told_when_its_rung_fires(office: Trial) -> None:
    case = shared_out(office)
    office.clock.instant += 10 * DAY
    office.app.service.fire_due(office.clock.now(), 10).result()

    assert [True, True] == [facts["overdue"] for facts in told(office, case).values()]
    assert "message" == last_event(office, case)["kind"]


def test_event_of_a_message_names_who_sent_it_and_holds_no_free_text(office: Trial) -> None:
    case = shared_out(office)
    note = last_event(office, case)

    assert ("message", "tell", "case") == (note["kind"], note["action"], note["actor"]["role"])
    assert note["notes"]["from"]["case"] in note["actor"]["id"]
    assert "接入" not in orjson.dumps(note).decode()


def test_member_sees_only_what_is_a_members(office: Trial) -> None:
    case = shared_out(office)
    with pytest.raises(CommandRefused):
        office.act(case, "press", MEMBER)


def test_who_looks_at_a_case_sees_what_it_has_to_do_with(office: Trial) -> None:
    reading = Reading(office.app)
    case = opened(office)
    office.act(case, "jot")
    office.act(case, "share_out", data={"tasks": [{"unit": "housing", "demand": "接入"}]})
    (group,), (link,) = (reading.related(OFFICE, case.id, "en")[kind] for kind in ("children", "links"))
    (child,), (note,) = group["cases"], link["cases"]

    assert ("housing", "doing", True, {"spent": 0}) == (child["key"], child["state"], child["running"], child["data"])
    assert ({"text": "天然气"}, "written") == (note["data"], note["state"])
    assert {"id": case.id, "organisation": ORG, "group": "tasks"} == reading.related(HOUSING, child["id"], "en")["parent"]
