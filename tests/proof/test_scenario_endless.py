"""A clock, or messages to and fro, that go round for ever end a scenario at the step that set them going; the story tells how it began."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.proof import scenario_play
from engine.proof.lint import examine
from engine.proof.scenario_report import failed
from tests.definition.loading import CALENDARS, place
from tests.proof.scenarios import folder, passes, proposals, results

CIRCLE = """
workflow: circle
version: 1
title: 例
calendar: cn
roles: {office: 政协办公室}
start: {by: office}
initial: idle
states:
  idle: {actions: {begin: {by: office, to: one}}}
  one:
    deadlines: {first: {timer: true, within: 3 days, rungs: [{at: start, act: on}]}}
    actions: {on: {by: clock, to: other}, stop: {by: office, to: end}}
  other:
    deadlines: {second: {timer: true, within: 3 days, rungs: [{at: start, act: back}]}}
    actions: {back: {by: clock, to: one}}
  end: {final: true, outcome: success}
"""
HOURLY = """
workflow: poll
version: 1
title: 例
calendar: cn
roles: {office: 政协办公室}
start: {by: office}
initial: voting
states:
  voting:
    ballots: {poll: {title: 表决, voters: [office], scale: {agree: 赞成, disagree: 反对}, quorum: {more_than: 1/2, of: roll}, closes: {within: 1 hours}}}
    done: {choice: [{guard: ballots.poll.quorate, to: end}, {to: voting}]}
  end: {final: true, outcome: success}
"""
TO_AND_FRO = """
workflow: asker
version: 1
title: 例
calendar: cn
roles: {office: 政协办公室}
data: {units: {type: list, of: unit, default: []}}
signals: {pong: {from: answerer}}
start: {by: office, form: [units]}
initial: asking
states:
  asking:
    owner: office
    children: {answers: {workflow: answerer, for_each: data.units, key: each, when_left: cancel}}
    deadlines: {reminder: {timer: true, within: 3 days, rungs: [{at: 1 days after, act: ask}]}}
    actions:
      ask: {by: [office, clock], send: {signal: ping, for_each: children.answers, to: each}}
    receive: {pong: {send: {signal: ping, for_each: children.answers, to: each}}}
    done: {to: end}
  end: {final: true, outcome: success}
---
workflow: answerer
version: 1
title: 例
calendar: cn
roles: {office: 政协办公室}
signals: {ping: {from: asker}}
initial: there
states:
  there:
    owner: office
    actions: {leave: {by: office, to: gone}}
    receive: {ping: {send: {signal: pong, to: parent}}}
  gone: {final: true, outcome: success}
"""
AT_ONCE = """\
- name: the clock begins it
  given: {workflow: circle, at: 2026-03-02 09:00}
  when:
    - begin: office
    - stop: office
"""
LONG = """\
- name: nobody ever comes
  given: {workflow: poll, at: 2026-03-02 09:00, people: {office: [zhao]}}
  when: [{wait: {until: TIME}}]
  then: {in: voting}
"""


def told(path: Path, scenarios: str, workflow: str) -> list[str]:
    """Play one scenario that fails; give its report."""
    (result,) = results(path, scenarios, workflow)
    return [*failed(result)]


def test_deadlines_that_end_and_begin_again_at_once_fail_at_the_step_that_set_them_going(tmp_path: Path) -> None:
    lines = told(tmp_path, AT_ONCE, CIRCLE)
    assert lines[:8] == [
        "FAILED  the clock begins it",
        "  message.test.yaml:4:14: the clock",
        "    expected  an end within 5,000 rungs: a loop with `cycles`, time or a person in it, or a shorter wait",
        "    got       no end after circle one.first: start 2,500 times, circle other.second: start 2,500 times, all at 2026-03-02 09:00",
        "  the way the case went:",
        "    2026-03-02 09:00  start by office → idle [found]",
        "    2026-03-02 09:00  begin by office → one",
        "    2026-03-02 09:00  clock: one.first: start → other",
    ]
    assert len(lines) == 5 + 2 + 10  # of the circle the story tells only how it began


def test_a_wait_of_years_in_which_a_ballot_is_held_every_hour_fails_with_when_that_was(tmp_path: Path) -> None:
    """5,000 hours are 208 days and 8 hours."""
    lines = told(tmp_path, LONG.replace("TIME", "2036-03-02 09:00"), HOURLY)
    assert lines[1] == "  message.test.yaml:3:17: the clock"
    assert lines[3].endswith("5,000 times, from 2026-03-02 10:00 to 2026-09-26 17:00")


def test_a_wait_in_which_as_many_rungs_fire_as_may_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario_play, "MOST_BY_ITSELF", 24)
    passes(tmp_path, LONG.replace("TIME", "2026-03-03 09:00"), HOURLY)
    assert told(tmp_path, LONG.replace("TIME", "2026-03-03 10:00"), HOURLY)[3].endswith(
        "24 times, from 2026-03-02 10:00 to 2026-03-03 09:00"
    )


def test_a_way_that_is_sought_ends_where_the_clock_goes_round_and_says_so(tmp_path: Path) -> None:
    lines = told(
        tmp_path, "- {name: at its end, given: {workflow: circle, in: end, at: 2026-03-02 09:00}, then: {outcome: success}}", CIRCLE
    )
    assert lines[1] == "  message.test.yaml:1:52: given"
    assert "no way found to in end: no end after circle one.first: start 2,500 times" in lines[3]


def test_what_no_scenario_shows_is_sought_no_further_than_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario_play, "MOST_BY_ITSELF", 100)
    _, _, lost = proposals(folder(tmp_path, CIRCLE), "circle")
    assert "one.first: start 50 times" in next(each.why for each in lost if each.item.id == "end")


ASKED = """\
- name: each answers the other
  given: {workflow: asker, at: 2026-03-02 09:00}
  when:
    - start: {by: office, data: {units: [housing]}}
    - STEP
"""


def test_two_cases_that_answer_each_other_for_ever_fail_at_the_act_that_set_them_going(tmp_path: Path) -> None:
    """The first of the 5,000 messages is the one by which the parent hears how its child stands."""
    lines = told(tmp_path, ASKED.replace("STEP", "ask: office"), TO_AND_FRO)
    assert lines[1:4] == [
        "  message.test.yaml:5:12: messages",
        "    expected  an end within 5,000: a case that does not answer every message, a loop with `cycles`, time or a person in it",
        "    got       no end after answerer signal:ping 2,500 times, asker signal:pong 2,499 times, asker tell 1 times, all at 2026-03-02 09:00",
    ]
    assert lines[8:11] == [
        "    2026-03-02 09:00  ask by office (stays in asking)",
        "    2026-03-02 09:00    answerer: signal from another case → there",
        "    2026-03-02 09:00  signal from another case (stays in asking)",
    ]


def test_messages_that_a_rung_sets_going_are_told_after_the_rungs_before_it(tmp_path: Path) -> None:
    workflow = TO_AND_FRO.replace("rungs: [", "rungs: [{at: 1 days before, notify: [owner]}, ")
    lines = told(tmp_path, ASKED.replace("STEP", "wait: 10 days"), workflow)
    assert lines[1] == "  message.test.yaml:5:13: messages"
    clock = [line for line in lines if "  clock: " in line]
    assert [line.split("reminder: ")[1].split(" ")[0:3] for line in clock] == [["1", "day", "before"], ["1", "day", "after"]]


def test_as_many_messages_as_may_arrive_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = TO_AND_FRO.replace(
        "    receive: {pong: {send: {signal: ping, for_each: children.answers, to: each}}}", "    receive: {pong: {}}"
    )
    monkeypatch.setattr(scenario_play, "MOST_BY_ITSELF", 6)
    passes(tmp_path, ASKED.replace("STEP", "ask: office").replace("[housing]", "[housing, roads]"), quiet)
    monkeypatch.setattr(scenario_play, "MOST_BY_ITSELF", 5)
    assert "no end after " in told(tmp_path, ASKED.replace("STEP", "ask: office").replace("[housing]", "[housing, roads]"), quiet)[3]


def test_lint_tells_it_by_a_rule_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "circle.yaml").write_text(CIRCLE, "utf-8")
    (tmp_path / "circle.test.yaml").write_text(AT_ONCE, "utf-8")
    report = examine([tmp_path / "circle.yaml"], CALENDARS, scenarios=True)
    (endless,) = [each for each in report.problems if each.rule == "scenario.endless"]
    assert (endless.line, endless.column) == place(AT_ONCE, "begin: office", len("begin: "))
    assert "circle other.second: start 2,500 times, all at 2026-03-02 09:00" in endless.message
    assert report.verdicts[0].word == "refused"
