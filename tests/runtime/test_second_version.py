"""Member deliberation moves on to a version with children for the departments and a ballot of the residents, with its running cases."""

from __future__ import annotations

from typing import Any

import pytest

from engine.clock import parse_instant, rfc3339
from engine.core.case import Case
from engine.errors import CommandRefused
from engine.runtime.bootstrap import publish_shipped
from engine.runtime.comparing import compare
from engine.runtime.migrating import Migrating
from engine.runtime.people import Principal
from engine.runtime.publishing import publish
from engine.runtime.rebuilding import rebuilt
from engine.runtime.sign_in import SignIn
from engine.store.records import DocumentRecord
from engine.store.trail import events_of_case
from tests.application import ADMIN, DAY, ORG, ROOT, Trial
from tests.definition.loading import changed

FIRST = ROOT / "workflows" / "member_deliberation.yaml"
SECOND = ROOT / "workflows" / "coming" / "member_deliberation.yaml"
DESIGNER = Principal("sun", ORG, frozenset({"designer"}))
ROLES = ["office", "committee", "liaison", "sector", "member", "department", "department_head", "chair_meeting", "evaluator"]
PEOPLE = {role: Principal(f"p_{role}", ORG, frozenset({role}), unit=f"u_{role}") for role in ROLES}


@pytest.fixture
def body(office: Trial) -> Trial:
    """A body that runs the shipped processes; version 2 is not published yet."""
    publish_shipped(office.app)
    return office


def publish_second(body: Trial) -> None:
    publish(body.app, ADMIN, [(SECOND.read_bytes(), SECOND.name)])


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


def acting_with_reason(body: Trial, case: Case, action: str) -> Case:
    moved: Case = body.act(case, action, PEOPLE["office"], reason="上级另有部署").case
    return moved


FEEDBACK = "follow_up.implementing.feedback"
ONE_SECOND = 1_000_000
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
    publish_second(body)
    (planned,) = Migrating(body.app).plan(DESIGNER, "member_deliberation", 2, policy=policy)["cases"]
    done = Migrating(body.app).migrate(DESIGNER, "member_deliberation", 2, policy=policy, reason="新规施行")
    assert (done["moved"], done["cannot_move"]) == (1, 0)
    due = rfc3339(body.case(case.id).snapshot["deadlines"][FEEDBACK]["due"])
    assert due == rfc3339(parse_instant(f"{EXPECTED[policy]}T23:59:59+08:00") + ONE_SECOND)
    assert {each["name"]: each["new_due"] for each in planned["deadlines"]}[FEEDBACK] == due

    # Two departments get tasks of their own, and completion waits for both.
    for unit in ("u_department", "u_gas"):
        body.act(case, "tasks.add", PEOPLE["office"], data={"tasks": {"department": unit, "demand": "开通"}})
    with pytest.raises(CommandRefused) as refused:
        acting(body, case, "complete", "department", result="已开通")
    assert [each.code for each in refused.value.refusals] == ["tasks_open"]
    children = body.case(case.id).snapshot["children"]
    assert {entry["key"] for entry in children.values()} == {"u_department", "u_gas"}
    for child, entry in children.items():
        clerk = Principal(f"p_{entry['key']}", ORG, frozenset({"department"}), unit=entry["key"])
        body.act(child, "report", clerk, data={"effect": "已办"})

    # Then residents vote beside the third party, and closing needs both.
    acting(body, case, "complete", "department", result="已开通")
    acting(body, case, "confirm_effect", "office", outcome_kind="solved")
    acting(body, case, "invite", "office", evaluator="u_evaluator")
    acting(body, case, "evaluation_report.attach", "evaluator")
    acting(body, case, "record_score", "evaluator", score="92.5")
    with pytest.raises(CommandRefused) as refused:
        acting(body, case, "close", "office")
    assert [each.code for each in refused.value.refusals] == ["not_evaluated"]
    acting(body, case, "satisfaction.close", "office")
    assert acting(body, case, "close", "office").configuration == ("closed",)
    with body.app.store.read() as reader:
        assert rebuilt(events_of_case(reader, ORG, case.id)) == body.case(case.id)


def test_a_case_with_a_third_party_at_work_gets_a_ballot_of_the_residents_who_are_there(body: Trial) -> None:
    case = carried(body, "evaluation.scoring")
    there, late = (Principal(person, ORG, frozenset({"resident"})) for person in ("wu", "lin"))
    sign_in = SignIn(body.app.store, body.app.lane, ORG, session_hours=8)
    sign_in.create_person(ADMIN, there.id, "吴", "a long password 1", there.roles)
    publish_second(body)
    assert Migrating(body.app).migrate(DESIGNER, "member_deliberation", 2, reason="新规施行")["moved"] == 1
    sign_in.create_person(ADMIN, late.id, "林", "a long password 2", late.roles)

    body.act(case, "satisfaction.vote", there, data={"grade": "good"})
    with pytest.raises(CommandRefused) as refused:
        body.act(case, "satisfaction.vote", late, data={"grade": "poor"})
    assert [each.code for each in refused.value.refusals] == ["not_on_roll"]
    acting(body, case, "evaluation_report.attach", "evaluator")
    acting(body, case, "record_score", "evaluator", score="92.5")
    acting(body, case, "satisfaction.close", "office")
    assert acting(body, case, "close", "office").configuration == ("closed",)


def test_a_case_that_was_suspended_out_of_its_evaluation_asks_residents_when_it_is_resumed(body: Trial) -> None:
    """Version 2 suspends no evaluation; one that version 1 suspended finds its way back, with the days that were left."""
    case = carried(body, "evaluation.scoring")
    left = body.case(case.id).snapshot["deadlines"]["evaluation.score"]["due"] - body.clock.now()
    acting_with_reason(body, case, "suspend")
    publish_second(body)
    assert Migrating(body.app).migrate(DESIGNER, "member_deliberation", 2, reason="新规施行")["moved"] == 1
    assert not body.case(case.id).snapshot.get("ballots")
    body.clock.instant += 10 * DAY
    resumed = acting(body, case, "resume", "office")
    assert resumed.configuration == ("evaluation.scoring",)
    assert not resumed.snapshot["ballots"]["satisfaction"].get("closed")
    assert resumed.snapshot["deadlines"]["evaluation.score"]["due"] - body.clock.now() >= left


def test_a_case_whose_children_run_does_not_move_to_a_version_without_them(body: Trial) -> None:
    case = carried(body, "follow_up.implementing")
    publish_second(body)
    Migrating(body.app).migrate(DESIGNER, "member_deliberation", 2, reason="新规施行")
    body.act(case, "tasks.add", PEOPLE["office"], data={"tasks": {"department": "u_gas", "demand": "开通"}})
    third = changed(FIRST.read_text("utf-8"), ("\nversion: 1\n", "\nversion: 3\n")) + "migrate: {from: 2}\n"
    body.app.registry.publish(ADMIN, third, "member_deliberation.yaml", body.clock.now())

    done = Migrating(body.app).migrate(DESIGNER, "member_deliberation", 3, reason="撤销")
    (refused,) = done["refused"]
    assert [each["code"] for each in refused["refusals"]] == ["children_running"]
    body.act(case, "tasks.waive.ask", PEOPLE["department"], data={"child": "u_gas"}, reason="并入主办")
    body.act(case, "tasks.waive", PEOPLE["office"])
    again = Migrating(body.app).migrate(DESIGNER, "member_deliberation", 3, reason="撤销")
    assert (again["moved"], "tasks" in body.case(case.id).data) == (1, False)
    assert not body.case(case.id).snapshot.get("children")


def test_published_versions_that_name_other_workflows_are_compared(body: Trial) -> None:
    publish_second(body)
    found = compare(body.app, DESIGNER, "member_deliberation", 1, 2)
    assert {"/settings/handling_term/default", "/states/evaluation/ballots/satisfaction"} <= {each["path"] for each in found["differences"]}
