"""Migration: a running case moves to another version, its deadlines by four policies, and back."""

from __future__ import annotations

from typing import Any

import pytest

from engine.clock import Instant, parse_instant, rfc3339
from engine.core.advance import advance
from engine.core.bridge import Bridge, bridge
from engine.core.case import Case, fold
from engine.core.command import Migrate, UndoMigration
from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision, Refused
from engine.definition.loader import load_one
from tests.core.process import DAY, HOUR, OFFICE, OTHER, Story, calendars

HEAD = """workflow: trial
version: {version}
title: 试
calendar: cn
roles: {{office: 办公室, member: 委员}}
"""
OLD = """
data:
  topic: {type: text, max: 200, default: 路灯}
  kind: {type: choice, options: {a: 甲, b: 乙, c: 丙}}
  n: {type: int}
  gone: {type: text}
  visits: {type: int, compute: count('visit')}
settings: {term: {type: term, default: 15 working days, basis: default}}
documents: {report: {title: 报告}}
start: {by: office, form: [topic?, kind?, n?, gone?]}
initial: draft
states:
  draft: {owner: office, actions: {submit: {by: office, to: vetting}}}
  vetting:
    owner: office
    deadlines:
      decide:
        within: settings.term
        basis: default
        paused_in: [suspended]
        rungs: [{at: 80 %, notify: owner}, {at: due, escalate: member}, {at: 5 working days after, notify: owner}]
        extend: {by: office, add: 5 working days, at_most: 2}
      hours: {within: 48 hours, basis: default, rungs: [{at: due, notify: owner}]}
      dropped: {within: 1 month, basis: default, rungs: [{at: due, notify: owner}]}
    actions:
      visit: {by: office, limit: 3 per case}
      sign: {asked_by: office, by: member, to: work}
      approve: {by: office, to: work}
      back: {by: office, to: draft, cycles: {at_most: 2, then: closed}}
  work: {owner: office, actions: {close: {by: office, to: closed, guard: count('visit') > 0}}}
  suspended: {owner: office, actions: {resume: {by: office, to: {history: deep}}}}
  closed: {final: true, outcome: success}
anywhere: {actions: {suspend: {by: office, to: suspended, except: [suspended]}}}
"""
NEW = """
data:
  topic: {type: text, max: 200, default: 路灯}
  sort: {type: choice, options: {a: 甲, b: 乙}}
  n: {type: int}
  weight: {type: int, default: 1}
  visits: {type: int, compute: count('visit')}
settings: {term: {type: term, default: 20 working days, basis: default}}
documents: {report: {title: 报告}}
start: {by: office, form: [topic?, sort?, n?]}
initial: draft
states:
  draft: {owner: office, actions: {submit: {by: office, to: topic}}}
  topic:
    initial: scrutiny
    owner: member
    deadlines: {whole: {within: 2 months, basis: default, rungs: [{at: due, notify: owner}]}}
    states:
      scrutiny:
        owner: office
        deadlines:
          decide:
            within: settings.term
            basis: default
            paused_in: [suspended]
            rungs: [{at: 50 %, notify: owner}, {at: 80 %, notify: owner}, {at: due, escalate: member}]
            extend: {by: office, add: 5 working days, at_most: 2}
          hours: {within: 72 hours, basis: default, rungs: [{at: due, notify: owner}]}
        actions:
          visit: {by: office, limit: 3 per case}
          approve: {by: office, to: work}
          back: {by: office, to: draft, cycles: {at_most: 2, then: closed}}
  work: {owner: office, actions: {close: {by: office, to: closed, guard: count('visit') > 0}}}
  suspended: {owner: office, actions: {resume: {by: office, to: {history: deep}}}}
  closed: {final: true, outcome: success}
anywhere: {actions: {suspend: {by: office, to: suspended, except: [suspended]}}}
migrate: {from: 1, states: {vetting: topic.scrutiny}, data: {sort: "data.kind == 'c' ? 'b' : data.kind"}}
"""


def version(number: int, body: str) -> Process:
    definition = load_one(HEAD.format(version=number) + body, f"trial{number}.yaml", calendars=calendars())
    return compile_process(definition, calendars()["cn"])


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


FIRST, SECOND = version(1, OLD), version(2, NEW)
THERE = bridge(FIRST, SECOND)


def moved(case: Case, now: Instant, made: Bridge = THERE, policy: str | None = None) -> Decision:
    outcome = attempted(case, now, made, policy)
    assert isinstance(outcome, Decision), outcome
    assert fold(case.snapshot, outcome.delta) == outcome.case.snapshot
    assert_legal(made.new, outcome.case)
    return outcome


def attempted(case: Case, now: Instant, made: Bridge = THERE, policy: str | None = None) -> Decision | Refused:
    return advance(made.new, case, Migrate(OFFICE, made, policy), now)


def codes(case: Case, now: Instant, made: Bridge = THERE) -> list[str]:
    outcome = attempted(case, now, made)
    assert isinstance(outcome, Refused), outcome
    return [refusal.code for refusal in outcome.refusals]


def assert_legal(process: Process, case: Case) -> None:
    """Every active compound state has one active child, and all live deadlines and tasks are of this version."""
    active = process.tree.active(case.configuration)
    for path in active:
        state = process.states[path]
        if state.kind == "compound":
            assert sum(child in active for child in state.children) == 1
        if state.kind == "parallel":
            assert all(child in active for child in state.children)
    for name in case.snapshot.get("deadlines", {}):
        assert process.definition.deadlines[name].state in active or case.snapshot["deadlines"][name]["status"] == "paused"
    assert {task["state"] for task in case.snapshot.get("tasks", {}).values()} <= set(process.states)


def local(text: str) -> Instant:
    return parse_instant(f"{text}+08:00")


def ledger(case: Case, name: str) -> dict[str, Any]:
    found: dict[str, Any] = case.snapshot["deadlines"][name]
    return found


def rungs(case: Case, name: str) -> dict[str, str | None]:
    """The instants of the rungs that are still to fire."""
    kept = ledger(case, name)
    return {each["at"]: rfc3339(each["instant"]) for each in kept["rungs"] if each["at"] not in kept["fired"]}


def vetting(**data: Any) -> Story:
    """A case in vetting since Monday 2 March 2026, 09:00."""
    return Story(FIRST, **data).act("submit")


DECIDE, HOURS, WHOLE = "topic.scrutiny.decide", "topic.scrutiny.hours", "topic.whole"


# --- deadlines by policy --------------------------------------------------------------------------------------------


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


# --- where the case stands ------------------------------------------------------------------------------------------


def test_a_renamed_state_is_where_the_case_stands_and_the_event_names_both_versions() -> None:
    before = vetting().case
    decision = moved(before, local("2026-03-03T12:00:00"))
    assert (decision.before, decision.case.configuration) == (("vetting",), ("topic.scrutiny",))
    assert (decision.kind, decision.action, decision.role) == ("migration", "migrate", "migrator")
    assert decision.notes["from"] == {"version": 1, "digest": FIRST.definition.digest}
    assert decision.notes["to"] == {"version": 2, "digest": SECOND.definition.digest}
    assert (decision.case.definition_version, decision.case.digest) == (2, SECOND.definition.digest)
    assert (decision.case.version, decision.case.seq) == (before.version + 1, before.seq + 1)
    assert decision.case.snapshot["entered"]["topic.scrutiny"] == before.snapshot["entered"]["vetting"]
    assert decision.case.snapshot["entered"]["topic"] == before.snapshot["entered"]["vetting"]
    (step,) = decision.steps
    assert (step.exited, step.entered) == (("vetting",), ("topic", "topic.scrutiny"))


def test_memory_goes_with_its_names_counts_limits_budgets_and_ways_back() -> None:
    story = vetting().act("visit").act("visit").act("back").act("submit").act("suspend")
    case = moved(story.case, story.now).case
    assert case.configuration == ("suspended",)
    assert case.snapshot["behind"]["suspended"] == ["topic.scrutiny"]
    assert case.snapshot["acts"]["topic.scrutiny.visit"][0] == 2
    assert len(case.snapshot["recent"]["topic.scrutiny.visit"]) == 2
    assert case.snapshot["cycles"] == {"topic.scrutiny/act:back#0": 1}
    assert case.data["visits"] == 2


def test_actions_go_on_under_the_new_version() -> None:
    story = vetting().act("visit")
    story.process, story.case = SECOND, moved(story.case, story.now).case
    assert story.act("approve").act("close").case.outcome == "success"


REGIONS = """
data: {n: {type: int, default: 0}}
start: {by: office}
initial: a
states:
  a:
    owner: office
    regions:
      one: {initial: p, states: {p: {actions: {x: {by: office, to: q}}}, q: {final: true}}}
      two: {initial: r, states: {r: {actions: {y: {by: office, to: s}}}, s: {final: true}}}
    done: {to: end}
  end: {final: true, outcome: success}
"""
FLAT = """
data: {n: {type: int, default: 0}}
start: {by: office}
initial: a
states:
  a: {owner: office, actions: {go: {by: office, to: end}}}
  end: {final: true, outcome: success}
"""


def test_a_state_that_has_become_compound_or_parallel_is_entered_at_its_initial_states_now() -> None:
    entry = REGIONS.replace("r: {actions", "r: {entry: {set: {n: data.n + 1}}, deadlines: {d: {within: 2 days, basis: default}}, actions")
    first, second = version(1, FLAT), version(2, entry)
    now = local("2026-03-20T12:00:00")
    case = moved(Story(first).case, now, bridge(first, second)).case
    assert case.configuration == ("a.one.p", "a.two.r")
    assert case.data["n"] == 1
    assert ledger(case, "a.two.r.d")["start"] == now
    assert case.snapshot["entered"]["a.two.r"][0] == now
    assert case.snapshot["entered"]["a"][0] == local("2026-03-02T09:00:00")


def test_a_further_region_is_entered_and_completion_follows_at_once() -> None:
    third = REGIONS.replace("    done:", "      three: {initial: z, states: {z: {final: true}}}\n    done:")
    first, second = version(1, REGIONS), version(2, third)
    story = Story(first).act("x")
    case = moved(story.case, story.now, bridge(first, second)).case
    assert case.configuration == ("a.one.q", "a.two.r", "a.three.z")
    story.process, story.case = second, case
    assert story.act("y").where == ["end"]


def test_two_regions_that_become_states_of_one_cannot_both_be_active() -> None:
    second = """
data: {n: {type: int, default: 0}}
start: {by: office}
initial: a
states:
  a: {initial: p, owner: office, states: {p: {}, r: {}}, actions: {go: {by: office, to: end}, over: {by: office, to: r}}}
  end: {final: true, outcome: success}
migrate: {from: 1, states: {a.one: a, a.two: a, a.one.q: a.p, a.two.s: a.p}}
"""
    first = version(1, REGIONS)
    made = bridge(first, version(2, second))
    story = Story(first)
    assert codes(story.case, story.now, made) == ["illegal_configuration"]
    story.act("x")
    refused = attempted(story.case, story.now, made)
    assert isinstance(refused, Refused)
    assert refused.refusals[0].facts["configuration"] == ["a.p", "a.r"]


def test_what_the_new_version_takes_by_itself_is_taken_at_once() -> None:
    first, second = (
        version(1, FLAT),
        version(2, FLAT.replace("a: {owner: office,", "a: {owner: office, always: {guard: data.n == 0, to: end},")),
    )
    case = moved(Story(first).case, local("2026-03-03T12:00:00"), bridge(first, second)).case
    assert (case.configuration, case.outcome) == (("end",), "success")


# --- data -----------------------------------------------------------------------------------------------------------


def test_data_are_kept_renamed_computed_defaulted_and_dropped() -> None:
    story = vetting(topic="路灯", kind="c", n=3, gone="旧")
    case = moved(story.case, story.now).case
    assert case.data == {"topic": "路灯", "sort": "b", "n": 3, "weight": 1, "visits": 0}
    assert THERE.dropped_items() == ("gone",)


def test_an_empty_item_that_an_expression_reads_stays_empty() -> None:
    assert "sort" not in moved(vetting().case, local("2026-03-03T12:00:00")).case.data


def test_a_value_that_does_not_fit_refuses_with_its_item() -> None:
    narrow = changed(
        NEW, ("  n: {type: int}", "  n: {type: text}"), ("data: {sort: \"data.kind == 'c' ? 'b' : data.kind\"}", "data: {sort: data.kind}")
    )
    made = bridge(FIRST, version(2, narrow))
    story = vetting(kind="c", n=3)
    outcome = attempted(story.case, story.now, made)
    assert isinstance(outcome, Refused)
    assert [(each.code, each.facts["field"]) for each in outcome.refusals] == [("data_does_not_fit", "sort"), ("data_does_not_fit", "n")]


# --- what stands against it -----------------------------------------------------------------------------------------


def test_a_state_without_a_counterpart_refuses_the_cases_in_it_and_in_no_other() -> None:
    made = bridge(FIRST, version(2, changed(NEW, ("states: {vetting: topic.scrutiny}, ", ""))))
    assert made.unmapped() == ("vetting",)
    assert codes(vetting().case, local("2026-03-03T12:00:00"), made) == ["no_such_state"]
    assert moved(Story(FIRST).case, local("2026-03-03T12:00:00"), made).case.configuration == ("draft",)


def test_a_suspended_case_that_could_not_go_back_is_refused() -> None:
    made = bridge(FIRST, version(2, changed(NEW, ("states: {vetting: topic.scrutiny}, ", ""))))
    story = vetting().act("suspend")
    assert codes(story.case, story.now, made) == ["no_way_back"]


def test_what_is_still_asked_has_to_be_decided_first() -> None:
    story = vetting().act("sign.ask")
    assert codes(story.case, story.now) == ["still_asked"]


def test_a_case_of_another_version_and_one_that_has_ended_are_refused() -> None:
    third = bridge(FIRST, version(3, changed(NEW, ("from: 1", "from: 2"))))
    assert codes(vetting().case, local("2026-03-03T12:00:00"), third) == ["other_version"]
    story = vetting().act("visit").act("approve").act("close")
    assert codes(story.case, story.now) == ["ended"]


def test_a_block_that_does_not_fit_the_version_before_is_told_with_its_place() -> None:
    block = "migrate: {from: 1, states: {vettting: topic.scrutiny}, data: {sort: data.kid, n: data.topic}}"
    made = bridge(FIRST, version(2, NEW[: NEW.index("migrate:")] + block))
    assert [fault.path for fault in made.faults] == [("states", "vettting"), ("data", "sort"), ("data", "n")]
    assert "did you mean 'vetting'" in made.faults[0].message
    assert codes(Story(FIRST).case, local("2026-03-03T12:00:00"), made) == ["migration_unsound"] * 3


# --- and back -------------------------------------------------------------------------------------------------------


def undone(before: Case, case: Case, now: Instant) -> Decision | Refused:
    return advance(FIRST, case, UndoMigration(OTHER, before, "弄错了"), now)


@pytest.mark.parametrize("policy", ["keep", "recompute", "remaining", "restart"])
@pytest.mark.parametrize("suspended", [False, True])
def test_undoing_gives_back_exactly_what_was_there(policy: str, suspended: bool) -> None:
    story = vetting(kind="c", n=3, gone="旧").act("visit").fire("vetting.hours").fire("vetting.decide")
    if suspended:
        story.act("suspend")
    before = story.case
    case = moved(before, story.now + HOUR, policy=policy).case
    back = undone(before, case, story.now + 2 * HOUR)
    assert isinstance(back, Decision)
    after = back.case
    assert fold(case.snapshot, back.delta) == after.snapshot
    assert {**after.snapshot, "counters": {}} == {**before.snapshot, "counters": {}}
    assert (after.configuration, after.digest, after.definition_version) == (before.configuration, before.digest, 1)
    assert (after.outcome, after.ended_at, after.seq, after.version) == (None, None, before.seq + 2, before.version + 2)
    assert (back.kind, back.action, back.notes["undoes"], back.actor_id) == ("migration", "undo", case.seq, "wang")


def test_undoing_closes_what_the_migration_opened_and_opens_what_it_closed() -> None:
    before = vetting().case
    decision = moved(before, local("2026-03-03T12:00:00"), policy="restart")
    back = undone(before, decision.case, local("2026-03-03T13:00:00"))
    assert isinstance(back, Decision)
    assert {task.n for task in decision.tasks if task.op == "closed"} == {task.n for task in back.tasks if task.op == "opened"}
    assert {task.n for task in decision.tasks if task.op == "opened"} == {task.n for task in back.tasks if task.op == "closed"}
    new = {change.n for change in decision.deadlines if change.op in ("armed", "restarted")}
    assert new == {change.n for change in back.deadlines if change.op == "cancelled"}
    assert {"vetting.decide", "vetting.hours", "vetting.dropped"} == {change.name for change in back.deadlines if change.op == "restored"}


def test_numbers_given_meanwhile_are_not_given_again() -> None:
    before = vetting().case
    case = moved(before, local("2026-03-03T12:00:00")).case
    back = undone(before, case, local("2026-03-03T13:00:00"))
    assert isinstance(back, Decision)
    assert back.case.snapshot["counters"] == case.snapshot["counters"]


def test_what_has_been_built_upon_cannot_be_undone() -> None:
    story = vetting()
    before = story.case
    story.process, story.case = SECOND, moved(before, story.now).case
    story.act("visit")
    outcome = undone(before, story.case, story.now)
    assert isinstance(outcome, Refused)
    assert [each.code for each in outcome.refusals] == ["not_last"]


def test_nothing_of_the_case_that_was_passed_in_changes() -> None:
    story = vetting(kind="a").act("visit")
    shown = repr(story.case)
    moved(story.case, story.now, policy="restart")
    assert repr(story.case) == shown
