"""Cases of the shipped member deliberation move to a second version with an added, a renamed and a dropped part, and a longer term.

The version is made here; it serves no office. The case stands in research since Monday 2 March 2026 and moves on Friday 20 March.
"""

from __future__ import annotations

import pytest

from engine.core.bridge import bridge
from engine.core.chain import verify_chain
from engine.proof.replay import replay
from engine.runtime.migrating import Migrating
from engine.runtime.rebuilding import rebuilt, whole_body
from engine.store.trail import StoredEvent, events_of_case
from tests.definition.loading import changed
from tests.town import WORKFLOWS, local, person
from tests.workflows.deliberation import Deliberation

REPORT, PLAN = "research.report", "research.preparing.plan"

FIRST = (WORKFLOWS / "member_deliberation.yaml").read_text("utf-8")
PLAN_DEADLINE = """\
        deadlines:
          plan:
            title: {zh-CN: 调研准备期限, en: Preparation}
            within: 10 working days
            basis: default
            paused_in: suspended
            rungs: [{at: due, notify: owner}]
"""
REVIEWING = """\
      reviewing:
        title: {zh-CN: 方案会审, en: Joint review}
        actions:
          pass_review: {title: {zh-CN: 会审通过, en: Pass the review}, by: office, to: drafting}
"""
SECOND = (
    changed(
        FIRST,
        ("\nversion: 1\n", "\nversion: 2\n"),
        ("  research_term:\n    type: term\n    default: 3 months\n", "  research_term:\n    type: term\n    default: 4 months\n"),
        ("    initial: preparing\n", "    initial: planning\n"),
        ("      preparing:\n", "      planning:\n"),
        (PLAN_DEADLINE, ""),
        (
            "      drafting:\n",
            REVIEWING + "      drafting:\n",
        ),
        (
            "          more_research:",
            "          review_solution: {title: {zh-CN: 提交会审, en: Ask for a review}, by: office, to: reviewing}\n          more_research:",
        ),
    )
    + "\nmigrate: {from: 1, states: {research.preparing: research.planning}}\n"
)


@pytest.fixture
def moving(matter: Deliberation) -> Migrating:
    """A case in research, eighteen days on, and the second version published."""
    matter.reach("research.preparing")
    matter.at("2026-03-20 09:00")
    application = matter.town.application
    application.registry.publish(person("admin"), SECOND, "member_deliberation.yaml", application.now())
    return Migrating(application)


def trail(matter: Deliberation) -> list[StoredEvent]:
    with matter.town.application.store.read() as reader:
        return events_of_case(reader, "default", matter.id)


@pytest.mark.parametrize(
    ("policy", "due", "reminder"),
    [
        ("keep", "2026-06-03 00:00", "2026-05-16 00:00"),  # three months from 2 March; 74 of 92 days
        ("recompute", "2026-07-03 00:00", "2026-06-09 00:00"),  # four months from 2 March; 98 of 122 days
        ("remaining", "2026-06-03 00:00", "2026-05-20 00:00"),  # 74 days from 20 March; 60 of them
        ("restart", "2026-07-21 00:00", "2026-06-27 00:00"),  # four months from 20 March; 98 of 122 days
    ],
)
def test_running_cases_move_under_each_policy(matter: Deliberation, moving: Migrating, policy: str, due: str, reminder: str) -> None:
    (planned,) = moving.plan(person("admin"), "member_deliberation", 2, policy=policy)["cases"]
    assert (planned["from"], planned["to"], planned["refusals"]) == (["research.preparing"], ["research.planning"], [])
    moving.migrate(person("admin"), "member_deliberation", 2, policy=policy, reason="新版施行")

    assert matter.here == "research.planning"
    assert matter.due(REPORT) == due
    assert local(next(rung["instant"] for rung in matter.deadline(REPORT)["rungs"] if rung["at"] == "80 %")) == reminder
    assert {each["name"]: each["operation"] for each in planned["deadlines"]}[PLAN] == "cancelled"
    assert "research.planning.plan" not in matter.case.snapshot["deadlines"]


def test_the_case_goes_on_to_its_end_through_what_is_new(matter: Deliberation, moving: Migrating) -> None:
    moving.migrate(person("admin"), "member_deliberation", 2, policy="recompute")
    matter.go_on("research.drafting", after="approve")
    matter.act("office", "review_solution")
    assert matter.here == "research.reviewing"
    matter.act("office", "pass_review")
    matter.go_on("closed", after="draft_solution")

    assert (matter.case.outcome, matter.case.definition_version) == ("success", 2)
    stored = trail(matter)
    assert rebuilt(stored) == matter.case
    assert verify_chain([each.event.body.encode() for each in stored], [each.event.hash for each in stored]) == []


@pytest.mark.parametrize("policy", ["keep", "recompute", "remaining", "restart"])
def test_undoing_restores_the_case_and_its_dates(matter: Deliberation, moving: Migrating, policy: str) -> None:
    before = matter.case
    moving.migrate(person("admin"), "member_deliberation", 2, policy=policy)
    assert moving.undo(person("admin"), "member_deliberation", 2)["moved"] == 1

    assert {**matter.case.snapshot, "counters": 0} == {**before.snapshot, "counters": 0}
    assert (matter.here, matter.case.digest) == ("research.preparing", before.digest)
    assert matter.due(REPORT) == "2026-06-03 00:00"
    assert rebuilt(trail(matter)) == matter.case


def test_a_case_of_the_first_version_goes_on_by_it_beside_the_second(matter: Deliberation, moving: Migrating) -> None:
    matter.go_on("research.researching", after="approve")
    assert matter.case.definition_version == 1
    (first,) = moving.standing(person("admin"), "member_deliberation")["versions"]
    assert (first["version"], first["running"], first["states"]) == (1, 1, {"research": 1, "research.researching": 1})


def test_a_whole_case_done_again_under_both_versions_is_the_same_until_they_differ(matter: Deliberation, moving: Migrating) -> None:
    """Version 1 does the same; version 2 asks for no plan deadline, and goes the same way."""
    matter.go_on("closed", after="approve")
    bodies = [whole_body(stored) for stored in trail(matter)]
    registry = matter.town.application.registry
    first, second = (registry.published("default", "member_deliberation", version) for version in (1, 2))

    assert replay(bridge(first, first), bodies) == ()
    assert [(each.kind, each.action) for each in replay(bridge(first, second), bodies)] == [("in_time", PLAN)]
    assert moving.standing(person("admin"), "member_deliberation")["versions"] == []
