"""Migration and the deadlines of a running case: where they fall by each of the four policies."""

from __future__ import annotations

import pytest

from engine.clock import rfc3339
from engine.core.bridge import bridge
from tests.core.migrating import DECIDE, FIRST, HOURS, NEW, OLD, SECOND, WHOLE, ledger, local, moved, rungs, version, vetting
from tests.core.process import DAY, HOUR, Story
from tests.definition.loading import changed


@pytest.mark.parametrize(
    ("policy", "decide", "hours"),
    [
        ("keep", "2026-03-24T00:00:00", "2026-03-04T09:00:00"),  # 15 working days from 2 March; 48 hours
        ("recompute", "2026-03-31T00:00:00", "2026-03-05T09:00:00"),  # 20 working days from 2 March; 72 hours
        ("remaining", "2026-03-24T00:00:00", "2026-03-04T09:00:00"),  # 14 working days, and 27 hours, from 3 March
        ("restart", "2026-04-01T00:00:00", "2026-03-06T12:00:00"),  # 20 working days, and 72 hours, from 3 March 12:00
    ],
)
def test_due_instants_follow_the_policy(policy: str, decide: str, hours: str) -> None:
    case = moved(vetting().case, local("2026-03-03T12:00:00"), policy=policy).case
    assert (ledger(case, DECIDE)["due"], ledger(case, HOURS)["due"]) == (local(decide), local(hours))


@pytest.mark.parametrize(
    ("policy", "half", "share"),
    [
        ("keep", "2026-03-12", "2026-03-18"),  # the 8th and 12th of 15 working days from 2 March
        ("recompute", "2026-03-16", "2026-03-24"),  # the 10th and 16th of 20
        ("remaining", "2026-03-12", "2026-03-19"),  # the 7th and 12th of 14, from 3 March
        ("restart", "2026-03-17", "2026-03-25"),  # the 10th and 16th of 20, from 3 March
    ],
)
def test_rungs_of_the_new_version_lie_on_the_terms_the_policy_gives(policy: str, half: str, share: str) -> None:
    case = moved(vetting().case, local("2026-03-03T12:00:00"), policy=policy).case
    ends_of_days = {"50 %": rfc3339(local(f"{half}T00:00:00") + DAY), "80 %": rfc3339(local(f"{share}T00:00:00") + DAY)}
    assert rungs(case, DECIDE) == {**ends_of_days, "due": rfc3339(ledger(case, DECIDE)["due"])}


@pytest.mark.parametrize("policy", ["keep", "recompute", "remaining", "restart"])
def test_a_rung_that_fired_does_not_fire_again_and_its_escalation_stays(policy: str) -> None:
    story = vetting().fire("vetting.hours").fire("vetting.decide").fire("vetting.decide")
    case = moved(story.case, story.now, policy=policy).case
    assert set(ledger(case, DECIDE)["fired"]) == {"80 %", "due"}
    assert list(rungs(case, DECIDE)) == ["50 %"]
    escalated = [task for task in case.snapshot["tasks"].values() if task["kind"] == "escalation"]
    assert [(task["deadline"], task["role"], task["rung"]) for task in escalated] == [(DECIDE, "member", "due")]


@pytest.mark.parametrize(
    ("policy", "due"),
    [("keep", "2026-03-24"), ("recompute", "2026-03-31"), ("remaining", "2026-03-24"), ("restart", "2026-04-29")],
)
def test_what_is_overdue_has_nothing_left_and_stays_overdue_unless_its_term_is_new(policy: str, due: str) -> None:
    """20 working days from Monday 30 March, the 6th of April being a rest day."""
    case = moved(vetting().case, local("2026-03-30T10:00:00"), policy=policy).case
    assert ledger(case, DECIDE)["due"] == local(f"{due}T00:00:00")


def test_the_policy_of_one_deadline_goes_before_the_default_and_before_the_one_asked_for() -> None:
    block = "deadlines: {default: restart, topic.scrutiny.hours: recompute}"
    made = bridge(FIRST, version(2, NEW.replace("migrate: {from: 1,", f"migrate: {{from: 1, {block},")))
    case = moved(vetting().case, local("2026-03-03T12:00:00"), made).case
    assert (ledger(case, DECIDE)["due"], ledger(case, HOURS)["due"]) == (local("2026-04-01T00:00:00"), local("2026-03-05T09:00:00"))
    case = moved(vetting().case, local("2026-03-03T12:00:00"), made, policy="keep").case
    assert (ledger(case, DECIDE)["due"], ledger(case, HOURS)["due"]) == (local("2026-03-24T00:00:00"), local("2026-03-05T09:00:00"))


def test_a_dropped_deadline_ends_as_cancelled_and_a_new_one_arms_from_the_entry_of_its_state() -> None:
    decision = moved(vetting().case, local("2026-03-20T12:00:00"))
    operations = [(change.op, change.name, change.ledger["status"]) for change in decision.deadlines]
    assert ("cancelled", "vetting.dropped", "cancelled") in operations
    assert ("armed", WHOLE, "running") in operations
    assert ledger(decision.case, WHOLE)["due"] == local("2026-05-07T00:00:00")  # 2 May, a Saturday of the holiday of 1 to 5 May
    assert ledger(decision.case, WHOLE)["start"] == local("2026-03-02T09:00:00")


def test_a_deadline_under_another_name_runs_under_another_number() -> None:
    before = vetting().case
    decision = moved(before, local("2026-03-03T12:00:00"))
    old, new = ledger(before, "vetting.decide")["n"], ledger(decision.case, DECIDE)["n"]
    assert new > max(kept["n"] for kept in before.snapshot["deadlines"].values())
    assert {change.n: change.op for change in decision.deadlines}[old] == "cancelled"


def test_a_deadline_under_its_own_name_keeps_its_number() -> None:
    made = bridge(FIRST, version(2, OLD))
    before = vetting().case
    decision = moved(before, local("2026-03-03T12:00:00"), made, policy="recompute")
    assert decision.case.snapshot["deadlines"] == before.snapshot["deadlines"]
    assert {change.op for change in decision.deadlines} == {"recomputed"}


@pytest.mark.parametrize(
    ("policy", "due"),
    [("keep", "2026-03-31"), ("recompute", "2026-04-08"), ("remaining", "2026-03-31"), ("restart", "2026-04-09")],
)
def test_an_extension_stays_granted_where_the_start_does(policy: str, due: str) -> None:
    """20 working days from 2 March; 25, the 6th of April being a rest day; 20 from 10 March."""
    story = vetting().wait(8 * DAY).act("decide.extend")
    case = moved(story.case, story.now, policy=policy).case
    assert ledger(case, DECIDE)["due"] == local(f"{due}T00:00:00")


@pytest.mark.parametrize(
    ("policy", "due"),
    [("keep", "2026-04-03"), ("recompute", "2026-04-11"), ("remaining", "2026-04-03"), ("restart", "2026-04-17")],
)
def test_a_clock_that_stands_goes_on_standing_and_runs_on_by_the_policy(policy: str, due: str) -> None:
    """Paused from Friday 6 March, after 4 of 15 working days, to Wednesday 18 March; moved on the 10th. Eleven, sixteen or twenty are left."""
    story = vetting().wait(4 * DAY).act("suspend").wait(4 * DAY)
    case = moved(story.case, story.now, policy=policy).case
    assert ledger(case, DECIDE)["status"] == "paused"
    after = Story.__new__(Story)
    after.process, after.case, after.now, after.decisions = SECOND, case, story.now + 8 * DAY, []
    after.act("resume")
    assert after.where == ["topic.scrutiny"]
    assert ledger(after.case, DECIDE)["due"] == local(f"{due}T00:00:00")


def test_a_given_day_is_no_term_so_that_remaining_keeps_it() -> None:
    body = """
data: {day: {type: date}}
start: {by: office, form: [day]}
initial: a
states:
  a: {owner: office, deadlines: {papers: {until: data.day, lead: LEAD, basis: default}}, actions: {go: {by: office, to: b}}}
  b: {final: true, outcome: success}
"""
    first, second = version(1, body.replace("LEAD", "5 working days")), version(2, body.replace("LEAD", "10 working days"))
    case = Story(first, day="2026-03-31").case
    dues = {
        policy: rfc3339(ledger(moved(case, local("2026-03-05T12:00:00"), bridge(first, second), policy).case, "a.papers")["due"] - HOUR)[
            :10
        ]
        for policy in ("keep", "recompute", "remaining", "restart")
    }
    assert dues == {"keep": "2026-03-24", "recompute": "2026-03-17", "remaining": "2026-03-24", "restart": "2026-03-17"}


def test_keeping_a_due_instant_holds_when_the_closing_hour_changes() -> None:
    made = bridge(FIRST, version(2, changed(NEW, ("within: settings.term", 'hour: "17:30"\n            within: settings.term'))))
    case = moved(vetting().case, local("2026-03-03T12:00:00"), made, "keep").case
    assert ledger(case, DECIDE)["due"] == local("2026-03-24T00:00:00")
    case = moved(vetting().case, local("2026-03-03T12:00:00"), made, "recompute").case
    assert ledger(case, DECIDE)["due"] == local("2026-03-30T17:30:00")


def test_a_deadline_that_was_met_is_not_armed_again() -> None:
    body = OLD.replace("      dropped: {within: 1 month,", "      dropped: {within: 1 month, met_by: visit,")
    first = version(1, body)
    story = Story(first).act("submit").act("visit")
    case = moved(story.case, story.now, bridge(first, version(2, body))).case
    assert "vetting.dropped" not in case.snapshot["deadlines"]
    assert case.snapshot["ended"]["vetting.dropped"][0] == "met"
