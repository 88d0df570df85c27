"""A simulated year: repeatable, nothing lost, nothing done that the engine refuses, and what is overloaded shows as overdue."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.core.advance import advance as decide
from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision, Refused
from engine.definition.loader import load, load_one
from engine.definition.terms import parse_term
from engine.proof import scenario_play
from engine.proof.simulation import simulate
from engine.proof.simulation_cases import Section, Simulated
from engine.proof.simulation_defaults import default_assumptions, together
from engine.proof.simulation_model import Assumptions, Even, Likely
from engine.proof.simulation_path import path
from engine.proof.simulation_report import length, report
from tests.definition.loading import CALENDARS
from tests.proof.simulations import DESK, HEAD, MONDAY, assumptions, daily, process

WORKFLOW = Path("workflows/member_deliberation.yaml")


@pytest.fixture(scope="module")
def deliberation() -> Process:
    return compile_process(load_one(WORKFLOW, calendars=CALENDARS), CALENDARS["cn"])


@pytest.fixture(scope="module")
def year(deliberation: Process) -> Simulated:
    return simulate(deliberation, default_assumptions(deliberation), seed=1)


def refusals(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what the core refuses to people."""
    counted: Counter[str] = Counter()

    def advance(*given: Any) -> Any:
        outcome = decide(*given)
        counted.update(refusal.code for refusal in outcome.refusals) if isinstance(outcome, Refused) else None
        return outcome

    monkeypatch.setattr(scenario_play, "advance", advance)
    return counted


def row(rows: list[dict[str, Any]], **which: Any) -> dict[str, Any]:
    (found,) = [each for each in rows if which.items() <= each.items()]
    return found


# --- the whole ------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(deliberation: Process, year: Simulated) -> None:
    again, other = (simulate(deliberation, default_assumptions(deliberation), seed) for seed in (1, 2))
    assert orjson.dumps(report(again)) == orjson.dumps(report(year))
    assert orjson.dumps(report(other)["cases"]) != orjson.dumps(report(year)["cases"])


def test_every_case_that_was_opened_has_ended_or_is_open(year: Simulated) -> None:
    found = report(year)
    cases, months = found["cases"], found["months"]
    assert 150 < cases["opened"] < 260
    assert cases["opened"] == cases["ended"] + cases["open"] == sum(month["opened"] for month in months)
    assert (cases["ended"], cases["open"]) == (sum(month["ended"] for month in months), months[-1]["open"])
    assert cases["ended"] == sum(each["cases"] for each in found["outcomes"])
    assert cases["open"] == sum(not life.case.has_ended for life in year.lives)


def test_the_shipped_process_goes_everywhere_and_nobody_is_stuck(deliberation: Process) -> None:
    longer = replace(default_assumptions(deliberation), term=parse_term("20 months"))
    found = report(simulate(deliberation, longer, seed=3))
    assert [each["state"] for each in found["states"] if not each["stays"]] == []
    assert {each["outcome"] for each in found["outcomes"] if each["cases"]} == {"rejected", "withdrawn", "failed", "referred", "success"}
    assert (found["stuck"], found["cases"]["not_opened"]) == ([], {})


def test_how_long_is_simulated_changes_nothing_of_what_happens_first(deliberation: Process, year: Simulated) -> None:
    half = simulate(deliberation, replace(default_assumptions(deliberation), term=parse_term("6 months")), seed=1)
    assert half.main.tally.acts == [taken for taken in year.main.tally.acts if taken.instant < half.end]
    assert half.main.tally.acts


def test_people_act_in_office_hours_and_tasks_are_never_negative(year: Simulated) -> None:
    calendar = year.main.process.calendar
    for taken in year.main.tally.acts:
        day = calendar.local_date(taken.instant)
        assert calendar.is_working_day(day)
        assert calendar.end_of(day, "09:00") <= taken.instant <= calendar.end_of(day, "17:30")
    assert all(count >= 0 for each in report(year)["roles"] for count in each["by_week"]["tasks"])


def test_it_tells_day_by_day_how_far_it_has_come() -> None:
    desk, told = process(DESK), list[tuple[int, int]]()
    simulate(desk, assumptions(desk, term="2 months"), 1, told=lambda done, there: told.append((done, there)))
    assert told == sorted(told)
    assert told[-1] == (61, 61)
    assert len(set(told)) > 20


# --- deadlines ------------------------------------------------------------------------------------------------------


def test_every_deadline_counted_is_one_that_was_armed_and_every_rung_one_that_fired(deliberation: Process) -> None:
    taken: list[Decision] = []
    found = report(simulate(deliberation, default_assumptions(deliberation), seed=4, seen=taken.append))
    armed = Counter(change.name for each in taken for change in each.deadlines if change.op in {"armed", "waiting"})
    fired = Counter((each.action, each.rung.rung) for each in taken if each.rung is not None)
    assert {each["deadline"]: each["armed"] for each in found["deadlines"] if each["armed"]} == armed
    assert {(each["deadline"], each["at"]): each["fired"] for each in found["rungs"] if each["fired"]} == fired
    for each in found["deadlines"]:
        assert each["armed"] == each["met"] + each["late"] + each["running"] + each["other"]
        assert each["past_due"] <= each["running"]


def test_a_stage_that_takes_longer_than_its_term_is_overdue_and_escalates() -> None:
    desk = process(DESK)
    in_time, too_long = (report(simulate(desk, assumptions(desk, takes={"waiting": days}), 1)) for days in (9.0, 12.0))
    assert row(in_time["deadlines"], deadline="waiting.answer")["overdue"] == 0
    assert row(too_long["deadlines"], deadline="waiting.answer")["overdue"] == 1
    assert row(in_time["roles"], role="office")["escalations"] == 0
    assert row(too_long["roles"], role="office")["escalations"] == row(too_long["rungs"], at="due")["fired"] > 0


def test_an_overloaded_stage_shows_as_overdue_though_each_case_takes_little_time() -> None:
    desk = process(DESK)
    busy = {"arrivals": daily(1.0), "takes": {"waiting": 2.0}}
    enough, too_few = (report(simulate(desk, assumptions(desk, **busy, capacity={"office": many}), 1)) for many in (4, 1))
    assert row(enough["deadlines"], deadline="waiting.answer")["overdue"] == 0
    assert row(too_few["deadlines"], deadline="waiting.answer")["overdue"] > 0.7
    assert row(too_few["states"], state="waiting")["waited"]["median"] > 10
    assert too_few["cases"]["open"] > enough["cases"]["open"]


def test_no_more_cases_are_in_hand_than_a_role_has_hands_for() -> None:
    desk = process(DESK)
    found = simulate(desk, assumptions(desk, arrivals=daily(2.0), takes={"waiting": 3.0}, capacity={"office": 3}), 5)
    moments = [(stay.began, 1) for life in found.lives for stay in life.stays if stay.leaf == "waiting" and stay.began is not None]
    moments += [(stay.left, -1) for life in found.lives for stay in life.stays if stay.leaf == "waiting" and stay.left is not None]
    in_hand = 0
    for _, by in sorted(moments):
        in_hand += by
        assert in_hand <= 3


# --- the critical path ----------------------------------------------------------------------------------------------


def test_the_critical_path_of_a_case_is_as_long_as_the_case(year: Simulated) -> None:
    whole, ended = Section(year, year.main), [life for life in year.lives if life.case.has_ended]
    assert len(ended) > 20
    for life in ended:
        assert sum(part.days for part in path(whole, life)) == pytest.approx(length(whole, life))


TWO_OPINIONS = """
roles: {member: 委员, office: 办公室}
start: {by: member}
initial: both
states:
  both:
    regions:
      quick: {initial: a, states: {a: {deadlines: {first: {within: 5 working days, basis: default}}, actions: {give: {by: office, to: done_a}}}, done_a: {final: true}}}
      slow:  {initial: b, states: {b: {deadlines: {second: {within: 20 working days, basis: default}}, actions: {send: {by: office, to: done_b}}}, done_b: {final: true}}}
    done: {to: after}
  after: {actions: {close: {by: office, to: closed}}}
  closed: {final: true, outcome: success}
"""


def test_of_parallel_regions_only_the_last_to_finish_lies_on_the_critical_path() -> None:
    made = process(TWO_OPINIONS)
    found = report(simulate(made, assumptions(made, takes={"both.quick.a": 3.0, "both.slow.b": 15.0, "after": 1.0}), 1))
    assert found["cases"]["ended"] > 10
    days = {each["deadline"]: each["days_a_case"] for each in found["critical_path"]}
    assert days == {"both.slow.b.second": pytest.approx(15.0, abs=0.02), None: pytest.approx(1.0, abs=0.02)}
    assert {each["deadline"]: each["leads"] for each in found["critical_path"]} == {"both.slow.b.second": found["cases"]["ended"], None: 0}


# --- what people can do ---------------------------------------------------------------------------------------------

FOUR_EYES = """
roles: {office: 办公室, head: 主任}
duties: [{different_person: [draft, sign]}, {same_person: [draft, send]}]
data: {note: {type: text}, amount: {type: int, between: [0, 100]}, sent: {type: bool, default: false}}
documents: {paper: {title: 材料, attached_by: office, approved_by: head}}
start: {by: office, form: [note]}
initial: drafting
states:
  drafting: {actions: {draft: {by: office, form: [amount], guard: data.amount > 50, to: signing}}}
  signing:  {actions: {sign: {by: [office], to: sending}}}
  sending:  {actions: {send: {asked_by: office, by: [office, head], requires: [paper], reason: required, to: sent}}}
  sent:     {final: true, outcome: success}
"""


def test_duties_documents_approvals_and_requests_are_satisfied() -> None:
    made = process(FOUR_EYES)
    found = report(simulate(made, assumptions(made), 1))
    assert found["stuck"] == []
    assert found["cases"]["ended"] > 50
    assert row(found["roles"], role="head")["acts"] >= found["cases"]["ended"], "somebody approved each paper"


def test_with_one_person_a_duty_of_two_cannot_be_met_and_the_report_says_so() -> None:
    made = process(FOUR_EYES)
    found = report(simulate(made, assumptions(made, people={"office": 1, "head": 1}), 1))
    assert found["cases"]["ended"] == 0
    assert {(each["state"], *each["codes"]) for each in found["stuck"]} == {("signing", "duty_conflict")}


HOPELESS = """
roles: {office: 办公室}
data: {never: {type: bool, default: false}}
start: {by: office}
initial: waiting
states:
  waiting: {actions: {go: {by: office, guard: data.never, refuse: {code: not_yet, text: 尚不可}, to: gone}}}
  gone: {final: true, outcome: success}
"""


def test_what_a_guard_refuses_is_not_tried_blindly_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    made, refused = process(HOPELESS), refusals(monkeypatch)
    found = report(simulate(made, assumptions(made), 1))
    stuck = row(found["stuck"], state="waiting", codes=["not_yet"])
    assert stuck["cases"] > 50
    assert refused == {"not_yet": stuck["cases"]}


def test_where_time_opens_a_way_somebody_looks_again() -> None:
    later = HOPELESS.replace("guard: data.never", "guard: now > entered('waiting') + duration('1200h')")
    made = process(later)
    found = report(simulate(made, assumptions(made, takes={"waiting": 1.0}), 1))
    assert found["cases"]["ended"] > 20
    assert row(found["states"], state="waiting")["days"]["median"] > 30


def test_nobody_can_open_what_every_form_is_refused_for() -> None:
    made = process(HOPELESS.replace("start: {by: office}", "start: {by: office, guard: data.never}"))
    found = report(simulate(made, assumptions(made), 1))
    assert (found["cases"]["opened"], found["states"][0]["stays"]) == (0, 0)
    assert set(found["cases"]["not_opened"]) == {"guard_failed"}


def test_where_nobody_is_meant_by_a_role_the_report_says_so() -> None:
    unbound = HOPELESS.replace("{office: 办公室}", "{office: 办公室, unit: {title: 单位, bound: data.unit}}")
    unbound = unbound.replace("{by: office, guard: data.never, refuse: {code: not_yet, text: 尚不可}", "{by: unit").replace(
        "data: {", "data: {unit: {type: unit}, "
    )
    made = process(unbound)
    found = report(simulate(made, assumptions(made), 1))
    assert {(each["state"], *each["codes"]) for each in found["stuck"]} == {("waiting", "nobody")}


PARTIES = """
roles: {office: 办公室, co_unit: {title: 会办单位, bound: party}}
data: {co_units: {type: list, of: unit, default: []}}
start: {by: office, form: [co_units]}
initial: handling
states:
  handling:
    initial: working
    parties: {co: {role: co_unit, from: data.co_units, verdicts: {agree: 同意, disagree: 不同意}, refusing: [disagree]}}
    receive: {co.refused: {to: handling.dispute}}
    states:
      working: {actions: {finish: {by: office, signed: [co], to: over}}}
      dispute: {actions: {settle: {by: office, guard: "parties.co.all(p, p.verdict != 'disagree')", to: working}}}
  over: {final: true, outcome: success}
"""


def test_every_party_signs_and_one_that_refused_is_asked_again() -> None:
    made = process(PARTIES)
    found = report(simulate(made, assumptions(made), 1))
    assert (found["stuck"], found["assumptions"]["data"]) == ([], {"co.verdict": {"agree": 1.0, "disagree": 0.1}})
    assert found["cases"]["ended"] > 60
    assert row(found["states"], state="handling.dispute")["stays"] > 3
    assert row(found["roles"], role="co_unit")["acts"] > found["cases"]["ended"] * 1.5, "two or three parties, some of them twice"


def test_parties_that_never_agree_keep_the_case_where_it_is() -> None:
    made = process(PARTIES)
    no = Likely({"disagree": 1.0}, (("disagree", 1.0),))
    found = report(simulate(made, assumptions(made, data={"co.verdict": no}, term="1 month"), 1))
    assert found["cases"]["ended"] == 0
    assert {each["state"] for each in found["stuck"]} <= {"handling.dispute", "handling.working"}


ASKED = """
roles: {office: 办公室, head: 主任}
start: {by: office}
initial: open
states:
  open:
    deadlines: {reply: {within: 30 working days, basis: default, extend: {asked_by: office, by: head, up_to: 60 working days, at_most: 9}}}
    actions: {release: {asked_by: office, by: head, to: gone}}
  gone: {final: true, outcome: success}
"""


def test_what_was_asked_for_is_answered_and_what_was_declined_is_asked_for_again() -> None:
    made = process(ASKED)
    found = simulate(made, assumptions(made, takes={"open": 5.0}), 1)
    acts = Counter(taken.act for taken in found.main.tally.acts)
    assert acts["release.decline"] > 3
    assert acts["release"] == report(found)["cases"]["ended"] > 50
    assert report(found)["stuck"] == []


def test_an_extension_on_the_way_does_not_make_a_stay_shorter() -> None:
    made = process(ASKED)
    often = assumptions(made, takes={"open": 20.0})
    states = {"open": replace(often.states["open"], meanwhile={"reply.extend.ask": 1.0})}
    found = simulate(made, replace(often, states=states), 1)
    assert Counter(taken.act for taken in found.main.tally.acts)["reply.extend"] > 50
    assert row(report(found)["states"], state="open")["days"]["median"] > 20


def test_an_act_that_could_have_led_away_and_did_not_is_not_the_end_of_a_stay() -> None:
    made = process("""
roles: {office: 办公室}
data: {again: {type: bool, default: false}}
start: {by: office}
initial: open
states:
  open: {actions: {decide: {by: office, form: [again], choice: [{guard: data.again}, {to: gone}]}}}
  gone: {final: true, outcome: success}
""")
    found = simulate(made, assumptions(made, takes={"open": 3.0}), 1)
    decided, ended = Counter(taken.act for taken in found.main.tally.acts)["decide"], report(found)["cases"]["ended"]
    assert decided > ended * 1.5
    assert ended > 60


def test_a_loop_that_takes_no_time_comes_to_an_end() -> None:
    made = process("""
roles: {office: 办公室}
start: {by: office}
initial: here
states:
  here:  {actions: {on: {by: office, to: there}}}
  there: {actions: {back: {by: office, to: here}, close: {by: office, to: gone}}}
  gone: {final: true, outcome: success}
""")
    days = {"here": 0.0, "there": 0.0}
    found = report(simulate(made, assumptions(made, takes=days, term="3 days", arrivals=daily(1.0)), 1))
    assert found["cases"]["opened"] == found["cases"]["ended"] + found["cases"]["open"]


def test_an_ended_case_may_be_re_opened_and_counts_once() -> None:
    made = process("""
roles: {office: 办公室}
start: {by: office}
initial: open
states:
  open: {actions: {close: {by: office, to: gone}}}
  gone: {final: true, outcome: success}
reopen: {look_back: {by: office, from: [gone], within: 2 months, reason: required, to: open}}
""")
    default = assumptions(made, takes={"open": 2.0})
    assert default.states["gone"].meanwhile == {"look_back": 0.02}
    states = {**default.states, "gone": replace(default.states["gone"], meanwhile={"look_back": 1.0})}
    found = simulate(made, replace(default, states=states), 1)
    assert Counter(taken.act for taken in found.main.tally.acts)["look_back"] > 50
    cases = report(found)["cases"]
    assert cases["opened"] == len(found.lives) == cases["ended"] + cases["open"]
    assert row(report(found)["states"], state="open")["stays"] > cases["opened"] * 1.5
    whole = Section(found, found.main)
    for life in (life for life in found.lives if life.case.has_ended):
        assert sum(part.days for part in path(whole, life)) == pytest.approx(length(whole, life))


# --- other cases ----------------------------------------------------------------------------------------------------

WHOLE = """
roles: {office: 办公室}
data: {units: {type: list, of: unit, default: []}}
start: {by: office, form: [units], guard: size(data.units) > 1}
initial: sharing
states:
  sharing:
    owner: office
    deadlines: {all: {within: 60 working days, basis: default}}
    children: {parts: {workflow: part, for_each: data.units, key: each, with: {unit: each}}}
    done: {to: checking}
  checking: {owner: office, actions: {check: {by: office, to: closed}}}
  closed: {final: true, outcome: success}
---
workflow: part
version: 1
title: 分办件
calendar: cn
roles: {department: {title: 部门, bound: data.unit}}
data: {unit: {type: unit}}
initial: doing
states:
  doing:
    owner: department
    deadlines: {finish: {within: 10 working days, basis: default, rungs: [{at: due, notify: [owner]}]}}
    actions: {finish: {by: department, to: finished}}
  finished: {final: true, outcome: success}
"""


@pytest.fixture(scope="module")
def sharing() -> Simulated:
    loaded = load(HEAD + WHOLE, "desk.yaml", calendars=CALENDARS)
    processes = {each.workflow: compile_process(each, CALENDARS["cn"]) for each in loaded.definitions}
    assumed = {name: replace(each, term=parse_term("6 months")) for name, each in together(processes, MONDAY).items()}
    return simulate(processes["desk"], assumed["desk"], 1, others={"part": (processes["part"], assumed["part"])})


def test_children_are_opened_worked_on_and_waited_for(sharing: Simulated) -> None:
    found = report(sharing)
    parts, whole = found["related"]["part"]["cases"], found["cases"]
    assert whole["opened"] == whole["ended"] + whole["open"] > 50
    assert parts["opened"] == parts["ended"] + parts["open"] > whole["opened"] * 1.5
    assert (found["stuck"], found["related"]["part"]["stuck"]) == ([], [])
    assert row(found["roles"], role="department")["acts"] == parts["ended"], "the workload is that of all workflows together"
    assert 0 < row(found["related"]["part"]["deadlines"], deadline="doing.finish")["overdue"] < 0.3


def test_the_critical_path_goes_through_the_child_that_ended_last(sharing: Simulated) -> None:
    whole = Section(sharing, sharing.main)
    for life in (life for life in whole.lives if life.case.has_ended):
        assert sum(part.days for part in path(whole, life)) == pytest.approx(length(whole, life))
    found = report(sharing)
    assert [each["deadline"] for each in found["critical_path"]] == ["part/doing.finish", None]
    assert [each["deadline"] for each in found["related"]["part"]["critical_path"]] == ["doing.finish"]


def test_with_children_too_the_same_seed_gives_the_same_cases(sharing: Simulated) -> None:
    again = simulate(
        sharing.main.process,
        sharing.main.assumptions,
        1,
        others={plan.name: (plan.process, plan.assumptions) for plan in sharing.plans[1:]},
    )
    assert orjson.dumps(report(again)) == orjson.dumps(report(sharing))


def test_a_child_whose_workflow_is_not_there_keeps_its_parent_waiting_and_nothing_is_lost() -> None:
    whole = load(HEAD + WHOLE, "desk.yaml", calendars=CALENDARS).definitions[0]
    made = compile_process(whole, CALENDARS["cn"])
    found = report(simulate(made, assumptions(made), 1))
    assert found["cases"]["ended"] == 0
    assert row(found["states"], state="sharing")["open"] == found["cases"]["opened"]


def test_what_meets_a_recurring_deadline_is_done_once_a_period() -> None:
    made = process("""
roles: {office: 办公室}
start: {by: office}
initial: running
states:
  running:
    owner: office
    deadlines: {weekly: {rrule: FREQ=WEEKLY;BYDAY=FR, met_by: enter, basis: source}}
    actions: {enter: {by: office}, close: {by: office, to: closed}}
  closed: {final: true, outcome: success}
""")
    found = simulate(made, assumptions(made, takes={"running": 100.0}, arrivals=daily(0.2), term="12 months"), 1)
    weekly = row(report(found)["deadlines"], deadline="running.weekly")
    entered = Counter(taken.act for taken in found.main.tally.acts)["enter"]
    assert weekly["armed"] > 200
    assert 0.9 < entered / weekly["armed"] < 1.05
    assert weekly["overdue"] < 0.2


# --- what is assumed ------------------------------------------------------------------------------------------------


def assumed(deliberation: Process, **changes: Any) -> Assumptions:
    return replace(default_assumptions(deliberation), **{"term": parse_term("9 months"), "arrivals": daily(0.4), **changes})


@pytest.mark.parametrize(
    ("share", "there", "not_there"),
    [(1.0, "submission.assigning", "deliberation.coordinating"), (0.0, "deliberation.coordinating", "submission.assigning")],
)
def test_a_branch_is_as_likely_as_the_data_it_hangs_on(deliberation: Process, share: float, there: str, not_there: str) -> None:
    agreed = Likely(share, ((True, share), (False, 1 - share)))
    found = report(simulate(deliberation, assumed(deliberation, data={"agreed": agreed}), 1))
    assert row(found["states"], state=there)["stays"] > 0
    assert row(found["states"], state=not_there)["stays"] == 0


def test_ways_without_weight_are_never_taken(deliberation: Process) -> None:
    vetting = replace(default_assumptions(deliberation).states["topic.vetting"], ways={"send_back": 1.0}, takes=Even(1.0, 1.0))
    states = {**default_assumptions(deliberation).states, "topic.vetting": vetting}
    found = report(simulate(deliberation, assumed(deliberation, states=states), 1))
    assert row(found["states"], state="research.preparing")["stays"] == 0
    assert row(found["outcomes"], state="shelved")["cases"] > 40, "the budget of three returns is spent"


def test_cases_come_on_the_weekdays_that_are_said(deliberation: Process) -> None:
    found = simulate(deliberation, assumed(deliberation, arrivals=(3.0, 0, 0, 0, 0, 0, 0)), 1)
    days = Counter(deliberation.calendar.local_date(life.case.opened_at).weekday() for life in found.lives)
    assert set(days) == {0}
    assert 80 < days[0] < 150


def test_only_openers_with_a_weight_open(deliberation: Process) -> None:
    found = simulate(deliberation, assumed(deliberation, openers={"resident": 1.0, "member": 0.0}), 1)
    assert {life.opener.role for life in found.lives} == {"resident"}
    assert {life.case.data["source"] for life in found.lives} == {"public"}, "the guard of the opening is heeded"
