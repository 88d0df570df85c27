"""Member deliberation moves on to a version with children for the departments and a ballot of the residents, with its running cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.clock import parse_instant, rfc3339
from engine.core.case import Case
from engine.errors import CommandRefused
from engine.runtime.migrating import Migrating
from engine.runtime.people import Principal
from engine.runtime.rebuilding import rebuilt
from engine.store.records import DocumentRecord
from engine.store.trail import events_of_case
from tests.application import ADMIN, ORG, START, Trial

SHIPPED = Path("workflows/member_deliberation.yaml").read_text("utf-8")
DESIGNER = Principal("sun", ORG, frozenset({"designer"}))
ROLES = ["office", "committee", "liaison", "sector", "member", "department", "department_head", "chair_meeting", "evaluator"]
PEOPLE = {role: Principal(f"p_{role}", ORG, frozenset({role}), unit=f"u_{role}") for role in ROLES}

TASK = """workflow: department_task
version: 1
title: {zh-CN: 部门任务, en: Task of a department}
language: [zh-CN, en]
calendar: cn
roles:
  department: {title: {zh-CN: 承办部门, en: Department}, bound: data.department}
data:
  department: {type: unit, title: {zh-CN: 承办部门, en: Department}}
  demand:     {type: text, max: 1000, title: {zh-CN: 要求, en: What is asked}}
  done_what:  {type: text, max: 1000, title: {zh-CN: 完成情况, en: Done}}
initial: doing
states:
  doing:
    title: {zh-CN: 办理, en: Being handled}
    owner: department
    deadlines: {report: {title: {zh-CN: 办理, en: Handling}, within: 20 working days, basis: default, rungs: [{at: due, notify: owner}]}}
    actions: {report: {title: {zh-CN: 报告, en: Report}, by: department, form: [done_what], to: done}}
  done: {title: {zh-CN: 已办, en: Done}, final: true, outcome: success}
"""
BALLOT = """        ballots:
          satisfaction:
            title: {zh-CN: 群众满意度, en: Satisfaction of residents}
            voters: [resident]
            scale: {good: {zh-CN: 满意, en: Satisfied}, fair: {zh-CN: 基本满意, en: Fairly satisfied}, poor: {zh-CN: 不满意, en: Dissatisfied}}
            values: {good: 100, fair: 75, poor: 30}
            secret: true
            closes: {within: 10 working days}
            closed_by: [office]
        actions:
          record_score:
"""
CHILDREN = """        owner: department
        children:
          tasks:
            title: {zh-CN: 分部门办理, en: Tasks of the departments}
            workflow: department_task
            for_each: data.tasks
            key: each.department
            with: {department: each.department, demand: each.demand}
            add: {by: office}
            waive: {by: office, reason: required}
        deadlines:
          feedback:
"""
LISTED = """  tasks: {type: list, of: record, default: [], title: {zh-CN: 分部门任务, en: Tasks}, fields: {department: {type: unit, title: {zh-CN: 部门, en: Department}}, demand: {type: text, max: 1000, title: {zh-CN: 要求, en: Demand}}}}
documents:
"""
DONE_FIRST = """form: [result], guard: "children.tasks.all(t, t.done)", refuse: {code: tasks_open, text: {zh-CN: 尚有部门任务未办结, en: A department has not finished}}, notify: office"""


def replaced(text: str, before: str, after: str) -> str:
    assert text.count(before) == 1, before
    return text.replace(before, after)


def second(policy: str) -> str:
    """Give version 2: departments have tasks of their own, residents vote, follow-up gets more time; deadlines move by ``policy``."""
    text = replaced(SHIPPED, "\nversion: 1\n", "\nversion: 2\n")
    text = replaced(
        text, "  handling_term:\n    type: term\n    default: 3 months\n", "  handling_term:\n    type: term\n    default: 4 months\n"
    )
    text = replaced(text, "\ndocuments:\n", "\n" + LISTED)
    text = replaced(text, "        owner: department\n        deadlines:\n          feedback:\n", CHILDREN)
    text = replaced(text, "form: [result], notify: office", DONE_FIRST)
    text = replaced(text, "        actions:\n          record_score:\n", BALLOT)
    text = replaced(text, "guard: data.scored ", "guard: data.scored && ballots.satisfaction.closed ")
    return text + f"migrate: {{from: 1, deadlines: {{default: {policy}}}}}\n"


@pytest.fixture
def body(office: Trial) -> Trial:
    office.app.registry.publish(ADMIN, SHIPPED, "member_deliberation.yaml", START)
    office.app.registry.publish(ADMIN, TASK, "department_task.yaml", START)
    return office


def carried(body: Trial, until: str) -> Case:
    """Open a case of version 1 and carry it on until it stands in ``until``."""
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("submit", "committee", {}),
        ("approve", "chair_meeting", {"tests_met": ["close"]}),
        ("research_plan.attach", "office", {}),
        ("start_research", "office", {"researchers": ["p_member"]}),
        ("visit_site", "member", {"visits": {"place": "小区", "finding": "已预埋"}}),
        ("hear_residents", "committee", {"hearings": {"place": "居委会", "finding": "愿意"}}),
        ("review_files", "office", {"file_reviews": {"from_year": 2004, "to_year": 2024}}),
        ("hold_symposium", "committee", {"talks": {"with": "区住建局", "gist": "比选"}}),
        ("research_report.attach", "committee", {}),
        ("draft_solution", "office", {}),
        ("preliminary_solution.attach", "office", {}),
        ("conclude", "office", {}),
        ("call", "office", {"session_on": "2026-03-20"}),
        ("send_papers", "office", {}),
        ("close_session", "office", {"agreed": True, "attended": 34, "gist": "先通气"}),
        ("minutes.attach", "office", {}),
        ("issue_minutes", "office", {}),
        ("instruct", "leader", {"instruction": "请住建局牵头", "department": "u_department"}),
        ("assign", "assessment_office", {"assessment_item": "开通"}),
        ("complete", "department", {"result": "已开通"}),
        ("confirm_effect", "office", {"outcome_kind": "solved"}),
        ("invite", "office", {"evaluator": "u_evaluator"}),
    ]
    opened: Case = (
        body.app.service.open(
            PEOPLE["committee"], "member_deliberation", version=1, data={"topic": "通气", "source": "member", "channel": "three_services"}
        )
        .result()
        .case
    )
    for action, role, data in steps:
        case = body.case(opened.id)
        if until in case.configuration:
            return case
        if action == "close_session":
            body.clock.instant = parse_instant("2026-03-20T17:00:00+08:00")
        acting(body, case, action, role, **data)
    case = body.case(opened.id)
    assert until in case.configuration
    return case


def acting(body: Trial, case: Case, action: str, role: str, **data: Any) -> Case:
    more: dict[str, Any] = {"data": data}
    if action.endswith(".attach"):
        kind = action.removesuffix(".attach")
        now = body.clock.now()
        more = {"document": DocumentRecord(ORG, kind, case.id, kind, "a.pdf", "application/pdf", 3, "0" * 64, f"p_{role}", now, None)}
    moved: Case = body.act(case, action, PEOPLE.get(role) or Principal(f"p_{role}", ORG, frozenset({role}), unit=f"u_{role}"), **more).case
    return moved


FEEDBACK = "follow_up.implementing.feedback"
SECOND = 1_000_000
MOVED = "2026-04-20"
EXPECTED = {
    "keep": "2026-06-22",  # three months from 20 March end on a Saturday
    "recompute": "2026-07-20",  # four months from the same start
    "remaining": "2026-06-22",  # what was left of the old term, from now: without a pause that is the old day
    "restart": "2026-08-20",  # four months from now
}


@pytest.mark.parametrize("policy", ["keep", "recompute", "remaining", "restart"])
def test_a_case_in_follow_up_moves_under_each_policy_and_goes_on_with_children_and_a_ballot(body: Trial, policy: str) -> None:
    case = carried(body, "follow_up.implementing")
    body.clock.instant = parse_instant(f"{MOVED}T09:00:00+08:00")
    body.app.registry.publish(ADMIN, second(policy), "member_deliberation.yaml", body.clock.now())
    done = Migrating(body.app).migrate(DESIGNER, "member_deliberation", 2, reason="新规施行")
    assert (done["moved"], done["cannot_move"]) == (1, 0)
    due = rfc3339(body.case(case.id).snapshot["deadlines"][FEEDBACK]["due"])
    assert due == rfc3339(parse_instant(f"{EXPECTED[policy]}T23:59:59+08:00") + SECOND)

    # Two departments get tasks of their own, and completion waits for both.
    for unit in ("u_department", "u_gas"):
        body.act(case, "tasks.add", PEOPLE["office"], data={"tasks": {"department": unit, "demand": "开通"}})
    with pytest.raises(CommandRefused) as refused:
        acting(body, case, "complete", "department", result="已开通")
    assert [each.code for each in refused.value.refusals] == ["tasks_open"]
    children = body.case(case.id).snapshot["children"]
    assert {entry["key"] for entry in children.values()} == {"u_department", "u_gas"}
    for child, entry in children.items():
        body.act(
            child, "report", Principal(f"p_{entry['key']}", ORG, frozenset({"department"}), unit=entry["key"]), data={"done_what": "已办"}
        )

    # Then residents vote beside the third party, and closing needs both.
    acting(body, case, "complete", "department", result="已开通")
    acting(body, case, "confirm_effect", "office", outcome_kind="solved")
    acting(body, case, "invite", "office", evaluator="u_evaluator")
    acting(body, case, "evaluation_report.attach", "evaluator")
    acting(body, case, "record_score", "evaluator", score="92.5")
    with pytest.raises(CommandRefused):
        acting(body, case, "close", "office")
    acting(body, case, "satisfaction.close", "office")
    assert acting(body, case, "close", "office").configuration == ("closed",)
    with body.app.store.read() as reader:
        assert rebuilt(events_of_case(reader, ORG, case.id)) == body.case(case.id)


def test_a_case_with_a_third_party_at_work_gets_a_ballot_of_the_residents_who_are_there(body: Trial) -> None:
    case = carried(body, "evaluation.scoring")
    body.app.registry.publish(ADMIN, second("keep"), "member_deliberation.yaml", body.clock.now())
    assert Migrating(body.app).migrate(DESIGNER, "member_deliberation", 2, reason="新规施行")["moved"] == 1
    assert "satisfaction" in body.case(case.id).snapshot["ballots"]


def test_a_case_whose_children_run_does_not_move_to_a_version_without_them(body: Trial) -> None:
    case = carried(body, "follow_up.implementing")
    body.app.registry.publish(ADMIN, second("keep"), "member_deliberation.yaml", body.clock.now())
    Migrating(body.app).migrate(DESIGNER, "member_deliberation", 2, reason="新规施行")
    body.act(case, "tasks.add", PEOPLE["office"], data={"tasks": {"department": "u_gas", "demand": "开通"}})
    third = replaced(SHIPPED, "\nversion: 1\n", "\nversion: 3\n") + "migrate: {from: 2}\n"
    body.app.registry.publish(ADMIN, third, "member_deliberation.yaml", body.clock.now())

    done = Migrating(body.app).migrate(DESIGNER, "member_deliberation", 3, reason="撤销")
    (refused,) = done["refused"]
    assert [each["code"] for each in refused["refusals"]] == ["children_running"]
    body.act(case, "tasks.waive", PEOPLE["office"], data={"child": "u_gas"}, reason="并入主办")
    again = Migrating(body.app).migrate(DESIGNER, "member_deliberation", 3, reason="撤销")
    assert (again["moved"], "tasks" in body.case(case.id).data) == (1, False)
    assert not body.case(case.id).snapshot.get("children")
