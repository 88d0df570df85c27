"""What people do in a simulated process: duties, guards, requests, parties, loops, re-openings; and what the report says where they cannot."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from engine.core.advance import advance as decide
from engine.core.decision import Refused
from engine.proof import scenario_play
from engine.proof.simulation import simulate
from engine.proof.simulation_cases import Section
from engine.proof.simulation_model import Likely
from engine.proof.simulation_path import path
from engine.proof.simulation_report import length, report
from tests.proof.simulations import assumptions, daily, process, row


def refusals(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what the core refuses to people."""
    counted: Counter[str] = Counter()

    def advance(*given: Any) -> Any:
        outcome = decide(*given)
        counted.update(refusal.code for refusal in outcome.refusals) if isinstance(outcome, Refused) else None
        return outcome

    monkeypatch.setattr(scenario_play, "advance", advance)
    return counted


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
