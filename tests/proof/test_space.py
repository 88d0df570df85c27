"""Behaviour: what can be reached, from where a case can end, what is never taken; with the shortest way that shows it."""

from __future__ import annotations

from engine.errors import Problem
from engine.proof.verdicts import Word
from tests.definition.loading import place, rules
from tests.proof.linting import found, judged, small


def only(text: str) -> Problem:
    (problem,) = found(text)
    return problem


# --- data that decides ------------------------------------------------------------------------------------------------


def test_a_flag_that_an_act_sets_lets_the_case_go_on() -> None:
    text = small("  a: {actions: {mark: {by: office, set: {done: 'true'}}, x: {by: office, guard: data.done, to: end}}}")
    assert found(text) == []
    assert judged(text).word is Word.PROVED


def test_a_flag_that_nobody_sets_holds_the_case_for_ever() -> None:
    text = small("  a: {actions: {mark: {by: office, set: {done: 'false'}}, x: {by: office, guard: data.done, to: end}}}")
    problems = found(text)
    assert rules(problems) == ["state.trap", "action.dead", "state.unreachable"]
    (trap,) = [each for each in problems if each.rule == "state.trap"]
    assert trap.way == ("start",)
    assert "data.done false" in trap.message
    assert judged(text).word is Word.REFUSED


def test_what_neither_forms_nor_set_fill_may_come_out_either_way() -> None:
    """Who came is entered by `attend`; a list that is computed cannot be worked out here; a link is filled by other cases."""
    data = "data: {who: {type: list, of: text, default: []}, came: {type: attendance}, long: {type: list, of: text, compute: 'data.who.filter(w, size(w) > 3)'}, "
    for guard in ("size(data.came) > 0", "size(data.long) == 0", "size(data.long) > 2"):
        states = f"  a: {{actions: {{here: {{by: office, attend: came}}, x: {{by: office, guard: '{guard}', to: end}}}}}}"
        assert found(small(states).replace("data: {", data)) == []
    only_filled = "  a: {actions: {x: {by: office, guard: 'size(data.who) > 0', to: end}}}"
    assert rules(found(small(only_filled).replace("data: {", data))) == ["state.trap", "action.dead", "state.unreachable"]


def test_what_was_filled_in_too_low_and_cannot_be_changed_holds_the_case() -> None:
    states = (
        "  a: {actions: {ask: {by: office, form: [amount], to: b}}}\n"
        "  b: {actions: {x: {by: office, guard: has(data.amount) && data.amount > 3, to: end}EDIT}}"
    )
    trap = only(small(states.replace("EDIT", "")))
    assert (trap.rule, trap.way) == ("state.trap", ("start", "ask"))
    assert "data.amount <= 3" in trap.message
    assert found(small(states.replace("EDIT", ", edit: {by: office, form: [amount]}"))) == []


def test_acts_that_share_out_the_cases_between_them_leave_none_behind() -> None:
    states = (
        "  a: {actions: {ask: {by: office, form: [amount], to: b}}}\n"
        "  b: {actions: {low: {by: office, guard: data.amount <= 3, to: end}, high: {by: office, guard: data.amount > LIMIT, to: end}}}"
    )
    assert found(small(states.replace("LIMIT", "3"))) == []
    trap = only(small(states.replace("LIMIT", "9")))
    assert trap.rule == "state.trap"
    assert "data.amount > 3" in trap.message


def test_who_acts_can_be_chosen_and_time_passes() -> None:
    assert found(small("  a: {actions: {x: {by: office, guard: actor.id == case.opened_by, to: end}}}")) == []
    assert found(small("  a: {actions: {x: {by: office, guard: 'today > date(2027, 1, 1)', to: end}}}")) == []


def test_counts_of_acts_are_kept_as_far_as_guards_ask_for_them() -> None:
    states = "  a: {actions: {meet: {by: office LIMIT}, x: {by: office, guard: count('meet') >= 2, to: end}}}"
    assert found(small(states.replace(" LIMIT", ""))) == []
    problems = found(small(states.replace(" LIMIT", ", limit: 1 per case")))
    assert [(each.rule, each.way) for each in problems if each.rule == "state.trap"] == [("state.trap", ("start", "meet"))]


def test_counts_are_compared_with_each_other() -> None:
    states = (
        "  a: {actions: {meet: {by: office}, confirm: {by: office, guard: count('meet') > count('confirm')}, "
        "x: {by: office, guard: count('confirm') >= 1, to: end}}}"
    )
    assert found(small(states)) == []


def test_counts_since_a_state_was_entered_begin_anew() -> None:
    states = (
        "  a: {actions: {go: {by: office, to: b}}}\n"
        "  b: {actions: {meet: {by: office}, x: {by: office, guard: \"count('meet', 'b') >= 1\", to: end}, back: {by: office, to: a}}}"
    )
    assert found(small(states)) == []


def test_a_role_bound_to_nobody_can_take_nothing() -> None:
    text = (
        small("  a: {actions: {FILL x: {by: doer, to: end}}}")
        .replace("data: {", "data: {doer: {type: unit}, ")
        .replace("roles: {office: 办公室}", "roles: {office: 办公室, doer: {title: 承办, bound: data.doer}}")
    )
    problems = found(text.replace("FILL ", ""))
    assert "state.trap" in rules(problems)
    assert found(text.replace("FILL", "name: {by: office, form: [doer]},")) == []


def test_what_the_solver_cannot_look_into_leaves_the_end_undecided() -> None:
    guard = "data.notes.exists(n, n == 'a')"
    text = small(f'  a: {{actions: {{add: {{by: office, form: [notes+]}}, x: {{by: office, guard: "{guard}", to: end}}}}}}').replace(
        "data: {", "data: {notes: {type: list, of: text, default: []}, "
    )
    assert found(text) == []
    verdict = judged(text)
    assert verdict.word is Word.UNDECIDED
    assert [each.rule for each in verdict.reasons] == ["state.no_end"]


# --- loops and budgets ------------------------------------------------------------------------------------------------


def test_a_loop_that_only_a_budget_ends_does_end() -> None:
    assert found(small("  a: {actions: {again: {by: office, to: a, cycles: {at_most: 3, then: end}}}}")) == []


def test_a_budget_whose_end_leads_nowhere_is_found_when_it_is_spent() -> None:
    text = small(
        "  a: {actions: {go: {by: office, to: b}, x: {by: office, to: end}}}\n"
        "  b: {actions: {back: {by: office, to: a, cycles: {at_most: 2, then: c}}}}\n"
        "  c: {actions: {note: {by: office}}}"
    )
    trap = only(text)
    assert (trap.rule, trap.way) == ("state.trap", ("start", "go", "back"))


def test_always_that_never_comes_to_rest_is_found_with_the_act_before() -> None:
    text = small("  a: {actions: {x: {by: office, to: end}, y: {by: office, to: b}}}\n  b: {always: {to: c}}\n  c: {always: {to: b}}")
    (cycle,) = [each for each in found(text) if each.rule == "always.cycle"]
    assert cycle.way == ("start", "y")


def test_always_that_a_budget_stops_comes_to_rest() -> None:
    text = small(
        "  a: {actions: {y: {by: office, to: b}}}\n  b: {always: {to: c}}\n  c: {always: {to: b, cycles: {at_most: 3, then: end}}}"
    )
    assert "always.cycle" not in rules(found(text))


# --- regions ----------------------------------------------------------------------------------------------------------

JOIN = """  a:
    regions:
      one: {initial: b, states: {b: {actions: {x: {by: office, raise: ready, to: c}}}, c: {final: true}}}
      two: {initial: d, states: {d: {actions: {w: {by: office, to: e}}}, e: {receive: {ready: {to: f}}}, f: {final: true}}}
    done: {to: end}"""


def test_a_region_that_waits_for_an_event_gone_by_is_a_deadlock() -> None:
    deadlock = only(small(JOIN))
    assert (deadlock.rule, deadlock.way) == ("join.deadlock", ("start", "x", "w"))
    assert "`a.one.c`, `a.two.e`" in deadlock.message
    assert (deadlock.line, deadlock.column) == place(small(JOIN), "a:\n    regions")


def test_an_event_that_stays_true_as_data_is_none() -> None:
    text = small(
        JOIN.replace("raise: ready", "set: {done: 'true'}").replace("receive: {ready: {to: f}}", "always: {guard: data.done, to: f}")
    )
    assert found(text) == []
    assert judged(text).word is Word.PROVED


def test_regions_that_ask_where_the_other_stands_are_explored_together() -> None:
    text = small(
        """  a:
    regions:
      one: {initial: b, states: {b: {actions: {x: {by: office, guard: "In('a.two.e')", to: c}}}, c: {final: true}}}
      two: {initial: d, states: {d: {actions: {w: {by: office, to: e}}}, e: {final: true}}}
    done: {to: end}"""
    )
    assert found(text) == []


def test_regions_that_wait_for_each_other_are_a_deadlock() -> None:
    text = small(
        """  a:
    regions:
      one: {initial: b, states: {b: {actions: {x: {by: office, guard: "In('a.two.e')", to: c}}}, c: {final: true}}}
      two: {initial: d, states: {d: {actions: {w: {by: office, guard: "In('a.one.c')", to: e}}}, e: {final: true}}}
    done: {to: end}"""
    )
    problems = found(text)
    assert {each.rule for each in problems} == {"join.deadlock", "action.dead", "state.unreachable"}


PARKED = """  a:
    regions:
      one: {initial: b, states: {b: {actions: {x: {by: office, to: c}, skip: {by: office, to: g}}}, c: {final: true}, g: {}}}
      two: {initial: d, states: {d: {actions: {w: {by: office, to: e}}}, e: {final: true}}}
    done: {to: end}"""
WITHDRAW = "\nanywhere: {actions: {withdraw: {by: office, to: end}}}"


def test_a_region_that_never_finishes_is_found_though_the_case_can_be_withdrawn() -> None:
    problem = only(small(PARKED) + WITHDRAW)
    assert (problem.rule, problem.way) == ("join.never", ("start", "skip"))
    assert "in `a.one.g` this region never finishes" in problem.message


def test_a_region_may_rest_where_the_state_around_or_a_sister_leads_on() -> None:
    for further in (
        PARKED.replace("g: {}", "g: {actions: {unskip: {by: office, to: b}}}"),
        PARKED.replace("done: {to: end}", "done: {to: end}\n    actions: {give_up: {by: office, to: end}}"),
        PARKED.replace("to: e}}}", "to: e}, give_up: {by: office, to: end}}}"),
    ):
        assert found(small(further) + WITHDRAW) == []


def test_a_region_that_no_end_waits_for_may_rest() -> None:
    assert found(small(PARKED.replace("\n    done: {to: end}", "")) + WITHDRAW) == []


def test_a_complete_state_after_which_nothing_follows_is_found() -> None:
    text = small(
        "  a: {actions: {x: {by: office, to: end}, y: {by: office, to: b}}}\n"
        "  b: {initial: c, states: {c: {actions: {z: {by: office, to: d}}}, d: {final: true}}}"
    )
    problem = only(text)
    assert (problem.rule, problem.way) == ("state.no_end", ("start", "y", "z"))
    assert "`b` is complete" in problem.message


# --- what is never taken ----------------------------------------------------------------------------------------------


def test_an_act_whose_guard_is_never_true_is_dead() -> None:
    text = small("  a: {actions: {x: {by: office, to: end}, y: {by: office, guard: \"In('end')\", to: end}}}")
    assert (only(text).rule, only(text).severity) == ("action.dead", "warning")


def test_an_event_that_is_heard_where_it_is_never_raised_is_dead() -> None:
    text = small(
        "  a: {actions: {x: {by: office, raise: ping, to: b}}}\n"
        "  b: {actions: {y: {by: office, to: c}}}\n"
        "  c: {receive: {ping: {to: end}}, actions: {z: {by: office, to: end}}}"
    )
    assert (only(text).rule, only(text).line) == ("action.dead", place(text, "ping: {to")[0])


def test_an_act_that_stays_and_writes_what_nobody_asks_for_is_alive() -> None:
    assert found(small("  a: {actions: {x: {by: office, to: end}, y: {by: office, form: [note]}}}")) == []


# --- suspending -------------------------------------------------------------------------------------------------------


def test_a_case_comes_back_to_where_it_was() -> None:
    text = small(
        "  a: {actions: {go: {by: office, to: b}}}\n"
        "  b: {actions: {x: {by: office, to: end}}}\n"
        "  paused: {actions: {resume: {by: office, to: {history: deep}}}}",
        "anywhere: {actions: {pause: {by: office, to: paused, except: [paused]}}}",
    )
    assert found(text) == []
    assert judged(text).word is Word.PROVED


# --- what is too large ------------------------------------------------------------------------------------------------


def many_regions(count: int, shared: str) -> str:
    """Make a state with so many regions of four states each; ``shared``: an act that all of them have."""
    regions = "\n".join(
        f"      r{n}: {{initial: s0, states: {{"
        + ", ".join(
            f"s{step}: {{actions: {{{shared or f'x{n}_{step}'}: {{by: office, to: s{step + 1}}}, y{n}_{step}: {{by: office, to: s0}}}}}}"
            for step in range(3)
        )
        + ", s3: {final: true}}}"
        for n in range(count)
    )
    return small(f"  a:\n    regions:\n{regions}\n    done: {{to: end}}")


def test_what_is_too_large_to_explore_is_said_to_be_bounded() -> None:
    text = many_regions(10, "x")
    assert found(text) == []
    verdict = judged(text)
    assert verdict.word is Word.BOUNDED
    assert "positions" in verdict.reasons[0].message


def test_regions_that_have_nothing_to_do_with_each_other_are_explored_by_themselves() -> None:
    text = many_regions(10, "")  # 4^10 configurations
    assert found(text) == []
    assert judged(text).word is Word.PROVED


def test_a_trap_in_one_of_many_regions_is_found() -> None:
    text = many_regions(10, "").replace("x7_2: {by: office, to: s3}, y7_2: {by: office, to: s0}", "x7_2: {by: office}")
    problems = found(text)
    assert {(each.rule, each.pointer) for each in problems} == {
        ("state.trap", "/states/a/regions/r7/states/s2"),
        ("state.unreachable", "/states/a/regions/r7/states/s3"),
    }
    assert next(each.way for each in problems if each.way) == ("start", "x7_0", "x7_1")


def test_a_region_that_may_never_finish_keeps_the_others_from_being_proved() -> None:
    """Each by itself could end the case by waiting for the others; but one of them can only wait for what others never do."""
    text = many_regions(10, "").replace("x7_2: {by: office, to: s3}", "x7_2: {by: office, guard: 'data.amount > 3', to: s3}")
    text = text.replace(", y7_2: {by: office, to: s0}", "")
    assert judged(text).word is Word.REFUSED
