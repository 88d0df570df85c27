"""What lint says of waiting: for a word that may never come, for children that may never be done, for others who have longer."""

from __future__ import annotations

from engine.errors import Problem
from tests.proof.linting import found

WORKFLOW = """\
workflow: matter
version: 1
title: 事项
calendar: cn
roles: {office: 办公室, head: 主任}
data: {note: {type: text}, tasks: {type: list, of: text, default: []}}
"""
OTHER = """\
---
workflow: check
version: 1
title: 核查
calendar: cn
roles: {office: 办公室}
data: {of: {type: ref, of: matter}}
initial: doing
states:
"""


def of_rule(rule: str, text: str) -> list[Problem]:
    return [problem for problem in found(text) if problem.rule == rule]


def waiting(receive: str, other: str, signals: str = "signals: {checked: {from: check}}\n") -> str:
    """A matter that waits for a word of a check."""
    return (
        f"{WORKFLOW}{signals}start: {{by: office, form: [note, tasks]}}\ninitial: a\nstates:\n"
        "  a: {owner: office, actions: {go: {by: office, to: b}}}\n"
        f"  b: {{owner: office, receive: {{{receive}}}}}\n"
        f"  end: {{final: true, outcome: success}}\n{OTHER}{other}"
    )


TELLS = "send: {signal: checked, to: data.of}"
TWO_WAYS = (
    "  doing: {owner: office, actions: {look: {by: office, to: seen}, drop: {by: office, TELL, to: out}}}\n"
    f"  seen: {{owner: office, actions: {{accept: {{by: office, {TELLS}, to: fine}}, again: {{by: office, to: doing, cycles: {{at_most: 2, then: out}}}}}}}}\n"
    "  fine: {final: true, outcome: success}\n  out: {final: true, outcome: withdrawn}\n"
)


def test_the_shortest_silent_way_of_the_other_case_is_told_with_the_way_to_where_this_one_waits() -> None:
    (problem,) = of_rule("wait.no_word", waiting("checked: {to: end}", TWO_WAYS.replace(", TELL", "")))
    assert problem.way == ("start", "go")
    assert "only `checked` leads on from `b`, and `check` may end without sending it (drop)" in problem.message


def test_a_budget_that_is_spent_is_a_way_of_its_own() -> None:
    (problem,) = of_rule("wait.no_word", waiting("checked: {to: end}", TWO_WAYS.replace("TELL", TELLS)))
    assert "(look, again once too often)" in problem.message


def test_a_case_that_tells_as_it_enters_its_ends_tells_on_every_way() -> None:
    other = TWO_WAYS.replace(", TELL", "").replace("outcome: withdrawn}", f"outcome: withdrawn, entry: {{{TELLS}}}}}")
    assert of_rule("wait.no_word", waiting("checked: {to: end}", other)) == []


def test_who_can_go_on_without_the_word_waits_for_nobody() -> None:
    text = waiting("checked: {to: end}", TWO_WAYS.replace(", TELL", ""))
    assert of_rule("wait.no_word", text.replace("b: {owner: office,", "b: {owner: office, actions: {give_up: {by: head, to: end}},")) == []


def test_the_end_of_a_linked_case_is_always_told() -> None:
    linked = waiting("checked: {to: end}, checks.ended: {to: end}", TWO_WAYS.replace(", TELL", ""))
    linked = linked.replace("signals:", "links: {checks: {workflow: check, inverse: of_it}}\nsignals:")
    assert (
        of_rule("wait.no_word", linked.replace("initial: doing", "links: {of_it: {workflow: matter, inverse: checks}}\ninitial: doing"))
        == []
    )


def test_to_be_collected_is_the_choice_of_somebody_else() -> None:
    linked = waiting("checks.collected: {to: end}", TWO_WAYS, signals="links: {checks: {workflow: check, inverse: of_it}}\n")
    text = linked.replace("initial: doing", "links: {of_it: {workflow: matter, inverse: checks}}\ninitial: doing").replace(", TELL", "")
    (problem,) = of_rule("wait.no_word", text.replace(f"{TELLS}, ", ""))
    assert "whether another case ever does that is its own choice" in problem.message


# --- children -------------------------------------------------------------------------------------------------------


def divided(done_when: str, more: str = "") -> str:
    return (
        f"{WORKFLOW}start: {{by: office, form: [tasks]}}\ninitial: a\nstates:\n"
        "  a:\n    owner: office\n"
        f"    children: {{tasks: {{workflow: check, for_each: data.tasks, key: each, done_when: {done_when}{more}}}}}\n"
        f"    done: {{to: end}}\n  end: {{final: true, outcome: success}}\n{OTHER}{TWO_WAYS.replace(', TELL', '').replace(f'{TELLS}, ', '')}"
    )


def test_an_end_of_the_child_that_the_condition_does_not_take_is_named() -> None:
    (problem,) = of_rule("wait.children", divided("\"children.tasks.exists(t, t.state == 'fine')\""))
    assert "a child that ends in `out` does not meet `done_when`" in problem.message
    assert problem.way == ("start",)


def test_a_condition_that_hangs_on_what_is_not_known_is_let_be() -> None:
    assert of_rule("wait.children", divided('"children.tasks.all(t, t.opened_at > now)"')) == []


def test_who_may_waive_a_child_that_counts_does_not_wait_for_ever() -> None:
    condition = "\"children.tasks.all(t, t.state == 'fine' || t.waived)\""
    assert len(of_rule("wait.children", divided(condition))) == 1
    assert of_rule("wait.children", divided(condition, ", waive: {by: office, reason: required}")) == []


# --- terms ----------------------------------------------------------------------------------------------------------


def staged(own: str, first: str, second: str, between: str = "done: {to: a.second}") -> str:
    """A state with a deadline, in which one stage of parties follows another."""
    group = "parties: {%s: {role: head, verdicts: {agree: 同意}, deadlines: {say: {within: %s, basis: rule, rungs: [{at: due, notify: party}]}}}}"
    return (
        f"{WORKFLOW}start: {{by: office, form: [note]}}\ninitial: a\nstates:\n"
        f"  a:\n    owner: office\n    deadlines: {{whole: {{within: {own}, basis: rule, rungs: [{{at: due, notify: owner}}]}}}}\n"
        "    initial: first\n    states:\n"
        f"      first: {{{group % ('one', first)}, {between}}}\n"
        f"      second: {{{group % ('two', second)}, actions: {{finish: {{by: office, signed: [two], to: end}}}}}}\n"
        "  end: {final: true, outcome: success}\n"
    )


def test_stages_that_follow_each_other_are_added_up_and_the_worst_day_is_told() -> None:
    (problem,) = of_rule("deadline.outlasted", staged("15 working days", "10 working days", "6 working days"))
    assert (
        "allows 15 working days, and waits for the parties `one` (10 working days), then the parties `two` (6 working days)"
        in problem.message
    )
    assert "begun on 2027-" in problem.message
    assert of_rule("deadline.outlasted", staged("16 working days", "10 working days", "6 working days")) == []


def test_a_stage_that_can_be_passed_by_is_not_added() -> None:
    skipping = "done: {to: a.second}, actions: {skip: {by: office, to: a.second}}"
    assert of_rule("deadline.outlasted", staged("15 working days", "10 working days", "6 working days", skipping)) == []


def test_months_and_working_days_are_held_against_each_other_on_every_day_of_the_year() -> None:
    assert of_rule("deadline.outlasted", staged("2 months", "1 month", "10 working days")) == []
    (problem,) = of_rule("deadline.outlasted", staged("2 months", "1 month", "19 working days"))
    assert "it is due on 2027-" in problem.message


def test_children_take_as_long_as_the_stages_that_no_good_end_avoids() -> None:
    child = (
        "  doing: {owner: office, deadlines: {d: {within: 20 days, basis: rule}}, actions: {look: {by: office, to: seen}, drop: {by: office, to: out}}}\n"
        "  seen: {owner: office, deadlines: {d: {within: 15 days, basis: rule}}, actions: {accept: {by: office, to: fine}}}\n"
        "  fine: {final: true, outcome: success}\n  out: {final: true, outcome: withdrawn}\n"
    )
    text = (
        divided("all").partition(OTHER)[0].replace("    owner: office\n    children", "    owner: office\n    DEADLINE\n    children")
        + OTHER
        + child
    )
    deadline = "deadlines: {whole: {within: %s, basis: rule, rungs: [{at: due, notify: owner}]}}"
    (problem,) = of_rule("deadline.outlasted", text.replace("DEADLINE", deadline % "1 month"))
    assert "the children `tasks` (20 days and 15 days)" in problem.message
    assert of_rule("deadline.outlasted", text.replace("DEADLINE", deadline % "2 months")) == []
