"""How a step goes: regions and joins, completion, history, raised events, entry and exit, documents, asking, corrections."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.actions import list_actions
from engine.core.advance import advance
from engine.core.command import Comment, Correct
from engine.core.decision import Decision, Refused
from tests.core.process import MEMBER, OFFICE, OTHER, START, Story, process

REGIONS = """
data: {seen: {type: list, of: text, default: []}}
start: {by: office}
initial: review
states:
  review:
    regions:
      legal: {initial: open, states: {open: {actions: {pass_legal: {by: office, to: done}}}, done: {final: true}}}
      money: {initial: open, states: {open: {actions: {pass_money: {by: office, to: done}, both: {by: office, to: done}}}, done: {final: true}}}
    done: {to: over}
    actions: {stop: {by: office, to: stopped}}
  stopped: {final: true, outcome: withdrawn}
  over: {final: true, outcome: success}
"""


def test_regions_run_in_parallel_and_join_when_each_is_final() -> None:
    story = Story(process(REGIONS)).act("pass_legal")

    assert ["review.legal.done", "review.money.open"] == story.where
    assert ["over"] == story.act("pass_money").where


def test_leaving_a_state_with_regions_leaves_all_of_them() -> None:
    story = Story(process(REGIONS)).act("pass_legal").act("stop")

    assert ["stopped"] == story.where
    assert {"review", "review.legal", "review.legal.done", "review.money", "review.money.open"} == set(story.last.steps[0].exited)
    assert "review" == story.last.steps[0].exited[-1]


def test_done_of_a_compound_state_is_raised_once_its_child_is_final() -> None:
    made = process("""
start: {by: office}
initial: work
states:
  work:
    initial: a
    states: {a: {actions: {finish: {by: office, to: b}}}, b: {final: true}}
    done: {to: over}
  over: {final: true, outcome: success}
""")

    assert ["over"] == Story(made).act("finish").where


SUSPEND = """
start: {by: office}
initial: work
states:
  work:
    initial: a
    states:
      a: {actions: {on: {by: office, to: b}}}
      b: {deadlines: {report: {within: 10 working days, basis: default, paused_in: [suspended], rungs: [{at: due, notify: [owner]}]}},
          actions: {end: {by: office, to: over}}}
  suspended: {actions: {resume: {by: office, to: {history: deep}}}}
  over: {final: true, outcome: success}
anywhere: {actions: {suspend: {by: office, reason: required, to: suspended, except: [suspended]}}}
"""


def test_history_brings_back_the_configuration_that_was_left() -> None:
    story = Story(process(SUSPEND)).act("on").act("suspend", reason="等待资料")

    assert ["suspended"] == story.where
    assert ["work.b"] == story.act("resume").where


def test_suspending_stands_the_clock_still_and_resuming_goes_on_with_what_was_left() -> None:
    day = 24 * 3_600_000_000
    story = Story(process(SUSPEND)).act("on")
    first = story.ledger("work.b.report")
    story.wait(2 * day).act("suspend", reason="等待资料")
    assert "paused" == story.ledger("work.b.report").status
    assert None is story.last.deadlines[-1].next_at
    story.wait(7 * day).act("resume")
    again = story.ledger("work.b.report")

    assert first.n == again.n
    assert "running" == again.status
    assert first.due is not None
    assert again.due is not None
    assert 7 * day == again.due - first.due


def test_what_was_handed_in_before_a_suspension_still_counts_after_it() -> None:
    made = process("""
documents: {report: {title: 报告, attached_by: office, per: work}}
start: {by: office}
initial: work
states:
  work: {actions: {call: {by: office}, end: {by: office, guard: "count('call', 'work') > 0", requires: [report], to: over}}}
  suspended: {actions: {resume: {by: office, to: {history: deep}}}}
  over: {final: true, outcome: success}
anywhere: {actions: {suspend: {by: office, to: suspended, except: [suspended]}}}
""")
    story = Story(made).act("call").act("report.attach", document="d1").act("suspend").act("resume")

    assert ["over"] == story.act("end").where


def test_case_that_goes_elsewhere_while_paused_ends_the_deadline() -> None:
    made = process(SUSPEND.replace("resume: {by: office, to: {history: deep}}", "resume: {by: office, to: work}"))
    story = Story(made).act("on").act("suspend", reason="x").act("resume")

    assert "deadlines" not in story.case.snapshot
    assert "work.b.report" in story.case.snapshot["ended"]


def test_raised_event_is_heard_in_the_same_step_and_an_unheard_one_is_noted() -> None:
    made = process("""
start: {by: office}
initial: a
states:
  a: {actions: {tally: {by: office, raise: tallied}}, receive: {tallied: {to: b}}}
  b: {actions: {tally: {by: office, raise: tallied, set: {n: "1"}}, end: {by: office, to: over}}}
  over: {final: true, outcome: success}
data: {n: {type: int}}
""")
    story = Story(made).act("tally")

    assert ["b"] == story.where
    assert ["act:tally", "hear:tallied"] == [step.trigger for step in story.last.steps]
    assert ["tallied"] == story.act("tally").last.notes["dropped"]


def test_eventless_transition_is_taken_as_soon_as_it_is_true() -> None:
    made = process("""
data: {score: {type: decimal, scale: 1}}
start: {by: office}
initial: a
states:
  a: {actions: {rate: {by: office, form: [score]}}, always: {guard: "has(data.score) && data.score >= 85.0", to: over}}
  over: {final: true, outcome: success}
""")
    story = Story(made).act("rate", score="84.9")

    assert ["a"] == story.where
    assert ["over"] == story.act("rate", score="85.0").where


def test_loop_that_never_settles_is_refused_and_nothing_changes() -> None:
    made = process("""
data: {on: {type: bool, default: false}}
start: {by: office}
initial: a
states:
  a: {actions: {begin: {by: office, set: {on: "true"}}, end: {by: office, to: over}}, always: {guard: data.on, to: b, cycles: {at_most: 999, then: over}}}
  b: {always: {guard: data.on, to: a, cycles: {at_most: 999, then: over}}}
  over: {final: true, outcome: success}
""")

    assert ["unsettled"] == Story(made).codes("begin")


def test_entry_and_exit_effects_run_inner_first_out_and_outer_first_in() -> None:
    made = process(
        """
data: {seen: {type: text, default: "''"}}
start: {by: office}
initial: a
states:
  a: {exit: {set: {seen: "data.seen + 'xa '"}}, actions: {go: {by: office, set: {seen: "data.seen + 't '"}, to: w}}}
  w:
    entry: {set: {seen: "data.seen + 'ew '"}}
    initial: i
    states: {i: {entry: {set: {seen: "data.seen + 'ei'"}}, actions: {end: {by: office, to: over}}}}
  over: {final: true, outcome: success}
""".replace("\"''\"", "'-'")
    )

    assert "-xa t ew ei" == Story(made).act("go").case.data["seen"]


DOCUMENT = """
documents: {report: {title: 报告, attached_by: member, approved_by: office, per: work}}
start: {by: office}
initial: work
states:
  work: {actions: {again: {by: office, to: work}, end: {by: office, requires: [report], to: over}}}
  over: {final: true, outcome: success}
"""


def test_required_document_must_be_attached_approved_and_of_this_stay() -> None:
    story = Story(process(DOCUMENT))
    assert ["missing_document"] == story.codes("end")
    assert ["wrong_role"] == story.codes("report.attach", OFFICE, document="d1")
    story.act("report.attach", MEMBER, document="d1")
    assert "not_approved" == story.attempt("end").refusals[0].facts["state"]  # type: ignore[union-attr]
    story.act("report.approve")
    story.wait(1).act("again")

    assert ["missing_document"] == story.codes("end")
    assert ["over"] == story.act("report.attach", MEMBER, document="d2").act("report.approve").act("end").where


ASKED = """
data: {amount: {type: int}}
start: {by: office}
initial: a
states:
  a: {actions: {pay: {asked_by: member, by: office, form: [amount], guard: data.amount < 100, reason: required, to: over}}}
  over: {final: true, outcome: success}
"""


def test_what_one_person_asks_another_takes_as_asked() -> None:
    story = Story(process(ASKED))
    assert ["not_asked"] == story.codes("pay")
    story.act("pay.ask", MEMBER, reason="买路灯", amount=50)
    assert ["already_asked"] == story.codes("pay.ask", MEMBER, reason="再来", amount=60)
    assert "amount" not in story.case.data
    story.act("pay", OFFICE)

    assert (["over"], 50) == (story.where, story.case.data["amount"])


def test_what_was_asked_can_be_declined_and_asked_again() -> None:
    story = Story(process(ASKED)).act("pay.ask", MEMBER, reason="买路灯", amount=50).act("pay.decline", OFFICE, reason="无预算")

    assert ["not_asked"] == story.codes("pay")


def test_what_nobody_asked_for_is_not_declined_and_nobody_declines_his_own_asking() -> None:
    story = Story(process(ASKED))
    assert ["not_asked"] == story.codes("pay.decline", OFFICE, reason="无预算")
    both = replace(MEMBER, roles=MEMBER.roles | OFFICE.roles)
    story.act("pay.ask", both, reason="买路灯", amount=50)
    assert ["duty_conflict"] == story.codes("pay.decline", both, reason="无预算")


def test_computed_item_follows_every_step() -> None:
    made = process("""
data: {calls: {type: int, compute: count('call')}}
start: {by: office}
initial: a
states: {a: {actions: {call: {by: office}, end: {by: office, to: over}}}, over: {final: true, outcome: success}}
""")
    story = Story(made)

    assert [0, 1, 2] == [story.case.data["calls"], story.act("call").case.data["calls"], story.act("call").case.data["calls"]]


def test_rows_are_appended_with_when_and_by_whom() -> None:
    made = process("""
data: {visits: {type: list, of: record, default: [], fields: {place: {type: text}}}}
start: {by: office}
initial: a
states: {a: {actions: {visit: {by: office, form: [visits+]}, end: {by: office, to: over}}}, over: {final: true, outcome: success}}
""")
    story = Story(made).act("visit", visits={"place": "费市家苑"}).act("visit", visits={"place": "燃气公司"})

    assert [("费市家苑", "li", "2026-03-02T01:00:00Z"), ("燃气公司", "li", "2026-03-02T01:00:00Z")] == [
        (row["place"], row["by"], row["at"]) for row in story.case.data["visits"]
    ]


def test_comment_moves_the_seq_and_not_the_version() -> None:
    story = Story(process(DOCUMENT))
    outcome = advance(story.process, story.case, Comment(OFFICE, "已电话联系"), story.now)

    assert isinstance(outcome, Decision)
    assert (story.case.version, story.case.seq + 1) == (outcome.case.version, outcome.case.seq)


REOPEN = """
start: {by: office}
initial: work
states:
  work: {actions: {back: {by: office, to: work, cycles: {at_most: 1, then: failed}}, end: {by: office, to: closed}}}
  closed: {final: true, outcome: success}
  failed: {final: true, outcome: failed}
reopen: {look_back: {by: office, from: [closed], within: 12 months, at_most: 1, reason: required, to: work}}
"""


def test_ended_case_is_reopened_with_fresh_budgets_as_often_and_as_late_as_allowed() -> None:
    story = Story(process(REOPEN)).act("back").act("end")
    assert ["look_back"] == [status.name for status in list_actions(story.process, story.case, OFFICE, story.now)]
    story.act("look_back", reason="群众反映又停气")
    assert (["work"], None, None) == (story.where, story.case.outcome, story.case.ended_at)
    story.act("back").act("end")

    assert "success" == story.case.outcome
    assert ["limit_reached"] == story.codes("look_back", reason="再次")


def test_reopening_too_late_is_refused() -> None:
    story = Story(process(REOPEN)).act("end").wait(400 * 24 * 3_600_000_000)

    assert ["too_late"] == story.codes("look_back", reason="太晚")


CORRECTED = """
data: {n: {type: int}, day: {type: date}, twice: {type: int, compute: "data.n * 2"}}
start: {by: office, form: [n, day?]}
initial: a
states: {a: {actions: {end: {by: office, to: over}}}, over: {final: true, outcome: success}}
"""


def test_correction_is_a_new_event_that_names_the_wrong_one() -> None:
    story = Story(process(CORRECTED), n=3)
    outcome = advance(story.process, story.case, Correct(OFFICE, 1, "录入有误", {"n": 4}), story.now)

    assert isinstance(outcome, Decision)
    assert ({"n": 4, "twice": 8}, 1) == (dict(outcome.case.data), outcome.notes["corrects"])


@pytest.mark.parametrize("wrong", [{"data": {"day": "2026-03-05"}}, {"outcome": "failed"}, {"occurred_at": START}])
def test_dates_times_and_outcomes_are_corrected_by_two_persons(wrong: dict[str, object]) -> None:
    story = Story(process(CORRECTED), n=3).act("end")
    asked = advance(story.process, story.case, Correct(OFFICE, 1, "有误", **wrong), story.now)  # type: ignore[arg-type]
    assert isinstance(asked, Decision)
    assert ("success", {"n": 3, "twice": 6}) == (asked.case.outcome, dict(asked.case.data))

    alone = advance(story.process, asked.case, Correct(OFFICE, 1, "核准", approves=asked.case.seq), story.now)
    assert isinstance(alone, Refused)
    done = advance(story.process, asked.case, Correct(OTHER, 1, "核准", approves=asked.case.seq), story.now)

    assert isinstance(done, Decision)
    assert wrong.get("outcome", "success") == done.case.outcome
    assert wrong.get("data", {}) == {key: value for key, value in done.case.data.items() if key == "day"}


def test_wrong_corrections_are_refused_with_every_reason() -> None:
    story = Story(process(CORRECTED), n=3)
    outcome = advance(story.process, story.case, Correct(OFFICE, 9, "", {"m": 1, "twice": 2, "n": "x"}), story.now)

    assert isinstance(outcome, Refused)
    assert ["invalid_field", "reason_required", "invalid_field", "invalid_field", "invalid_field"] == [one.code for one in outcome.refusals]
