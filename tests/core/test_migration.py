"""Migration: where a running case stands under another version, with which data, and what stands against it."""

from __future__ import annotations

from engine.core.bridge import bridge
from engine.core.decision import Refused
from tests.core.migrating import FIRST, NEW, SECOND, THERE, attempted, codes, ledger, local, moved, version, vetting
from tests.core.process import Story
from tests.definition.loading import changed

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


def test_nothing_of_the_case_that_was_passed_in_changes() -> None:
    story = vetting(kind="a").act("visit")
    shown = repr(story.case)
    moved(story.case, story.now, policy="restart")
    assert repr(story.case) == shown


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
