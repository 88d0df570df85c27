"""Which transition is taken: inner before outer, first true branch, conflicts, and all reasons when none is."""

from __future__ import annotations

import copy

from engine.core.actions import list_actions
from tests.core.process import MEMBER, OFFICE, OTHER, Story, person, process

NESTED = """
data: {ready: {type: bool, default: false}}
start: {by: office}
initial: work
states:
  work:
    initial: draft
    actions: {go: {by: office, to: outer}}
    states:
      draft:
        actions:
          go: {by: office, guard: data.ready, to: inner}
          prepare: {by: office, set: {ready: "true"}}
      inner: {actions: {back: {by: office, to: draft}}}
  outer: {actions: {end: {by: office, to: over}}}
  over: {final: true, outcome: success}
"""


def test_inner_action_is_taken_before_the_outer_one() -> None:
    story = Story(process(NESTED)).act("prepare").act("go")

    assert ["work.inner"] == story.where


def test_inner_action_whose_guard_is_false_lets_the_outer_one_through() -> None:
    story = Story(process(NESTED)).act("go")

    assert ["outer"] == story.where


def test_action_without_target_leaves_nothing_and_enters_nothing() -> None:
    story = Story(process(NESTED)).act("prepare")

    assert ["work.draft"] == story.where
    assert () == story.last.steps[0].exited == story.last.steps[0].entered


def test_except_closes_an_action_of_anywhere() -> None:
    made = process("""
start: {by: office}
initial: a
states: {a: {actions: {on: {by: office, to: b}}}, b: {actions: {end: {by: office, to: over}}}, over: {final: true, outcome: success}}
anywhere: {actions: {halt: {by: office, to: a, except: [a]}}}
""")
    story = Story(made)

    assert ["not_here"] == story.codes("halt")
    assert ["a"] == story.act("on").act("halt").where


def test_first_true_branch_is_taken_and_else_comes_last() -> None:
    made = process("""
data: {n: {type: int}}
start: {by: office}
initial: a
states:
  a: {actions: {go: {by: office, form: [n], choice: [{guard: data.n > 10, to: big}, {guard: data.n > 5, to: middle}, {to: small}]}}}
  big: {final: true, outcome: success}
  middle: {final: true, outcome: partial}
  small: {final: true, outcome: failed}
""")

    assert [["big"], ["middle"], ["small"]] == [Story(made).act("go", n=n).where for n in (11, 6, 5)]


def test_spent_budget_sends_the_next_taking_elsewhere() -> None:
    made = process("""
start: {by: office}
initial: a
states:
  a: {actions: {on: {by: office, to: b}}}
  b: {actions: {back: {by: office, to: a, cycles: {at_most: 2, then: shelved}}}}
  shelved: {final: true, outcome: rejected}
""")
    story = Story(made)
    for _ in range(2):
        story.act("on").act("back")

    assert ["shelved"] == story.act("on").act("back").where
    assert "rejected" == story.case.outcome


def test_all_reasons_come_at_once() -> None:
    made = process("""
data: {n: {type: int}}
documents: {report: {title: 报告, attached_by: office}}
start: {by: office}
initial: a
states: {a: {actions: {end: {by: member, form: [n], reason: required, requires: [report], to: over}}}, over: {final: true, outcome: success}}
""")

    assert ["wrong_role", "missing_field", "reason_required", "missing_document"] == Story(made).codes("end")


def test_what_is_listed_as_refused_has_the_same_reasons_as_the_refused_act() -> None:
    made = process("""
documents: {report: {title: 报告, attached_by: office}}
start: {by: office}
initial: a
states: {a: {actions: {end: {by: member, requires: [report], to: over}}}, over: {final: true, outcome: success}}
""")
    story = Story(made)
    listed = {status.name: [refusal.code for refusal in status.refusals] for status in list_actions(made, story.case, OFFICE, story.now)}

    assert {"end": story.codes("end"), "report.attach": []} == listed


def test_guard_that_reads_its_own_form_is_open_and_says_what_it_depends_on() -> None:
    made = process("""
data: {n: {type: int}}
start: {by: office}
initial: a
states: {a: {actions: {end: {by: office, form: [n], guard: data.n > 3, to: over}}}, over: {final: true, outcome: success}}
""")
    story = Story(made)
    (status,) = list_actions(made, story.case, OFFICE, story.now)

    assert (True, ("n",)) == (status.allowed, status.depends_on)
    assert ["guard_failed"] == story.codes("end", n=3)


def test_refusal_of_a_guard_carries_the_designers_code_and_text() -> None:
    made = process("""
start: {by: office}
initial: a
states:
  a: {actions: {end: {by: office, guard: count('call') > 0, refuse: {code: nobody_called, text: 尚未通知}, to: over}, call: {by: office}}}
  over: {final: true, outcome: success}
""")
    story = Story(made)

    assert ["nobody_called"] == story.codes("end")
    assert ["over"] == story.act("call").act("end").where


def test_empty_item_in_a_guard_is_named_and_never_passes() -> None:
    made = process(
        """
data: {score: {type: decimal, scale: 1}}
start: {by: office}
initial: a
states: {a: {actions: {end: {by: office, guard: data.score != 60.5 || data.score > 1.0, to: over}}}, over: {final: true, outcome: success}}
""".replace("data.score != 60.5 || ", "")
    )

    assert ["missing_data"] == Story(made).codes("end")


def test_unknown_and_misplaced_and_late_actions_are_told_apart() -> None:
    story = Story(process(NESTED))

    assert ["unknown_action"] == story.codes("gone")
    assert ["not_here"] == story.codes("end")
    assert ["ended"] == story.act("go").act("end").codes("go")


def test_role_that_is_bound_holds_only_for_the_unit_of_the_case() -> None:
    made = process(
        """
data: {unit: {type: unit}}
start: {by: office, form: [unit]}
initial: a
states: {a: {actions: {answer: {by: department, to: over}}}, over: {final: true, outcome: success}}
""",
        roles="office: 办公室, department: {title: 承办单位, bound: data.unit}",
    )
    story = Story(made, unit="housing")

    assert ["not_bound"] == story.codes("answer", person("w", "department", unit="water"))
    assert ["wrong_role"] == story.codes("answer", MEMBER)
    assert ["over"] == story.act("answer", person("h", "department", unit="housing")).where


def test_two_acts_of_a_duty_need_two_persons() -> None:
    made = process("""
duties: [{different_person: [submit, approve]}]
start: {by: office}
initial: a
states:
  a: {actions: {submit: {by: office, to: b}}}
  b: {actions: {approve: {by: office, to: over}}}
  over: {final: true, outcome: success}
""")
    story = Story(made).act("submit", OFFICE)

    assert ["duty_conflict"] == story.codes("approve", OFFICE)
    assert ["over"] == story.act("approve", OTHER).where


def test_limit_per_person_counts_each_person_alone_and_frees_with_time() -> None:
    made = process("""
start: {by: office}
initial: a
states: {a: {actions: {urge: {by: [office, member], limit: 1 per person}, nudge: {by: office, limit: 1 per 3 working days}, end: {by: office, to: over}}},
         over: {final: true, outcome: success}}
""")
    story = Story(made).act("urge", OFFICE)

    assert ["limit_reached"] == story.codes("urge", OFFICE)
    story.act("urge", MEMBER).act("nudge")
    assert ["limit_reached"] == story.wait(2 * 24 * 3_600_000_000).codes("nudge")
    story.wait(2 * 24 * 3_600_000_000).act("nudge")


def test_deciding_changes_nothing_that_was_passed_in() -> None:
    story = Story(process(NESTED)).act("prepare")
    before = copy.deepcopy(story.case)

    story.attempt("go")

    assert before == story.case
