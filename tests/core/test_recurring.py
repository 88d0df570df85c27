"""Deadlines that recur: a period for each occurrence, which entry meets which, what is missed."""

from __future__ import annotations

import json
from datetime import date

import pytest

from engine.clock import Instant, parse_instant
from engine.core import recurring
from engine.core.advance import advance
from engine.core.compiled import Process
from engine.core.decision import Decision
from engine.core.ledger import Ledger
from engine.proof.scenario_play import upcoming
from tests.core.process import DAY, OFFICE, Story, process

WEEKLY = """
data: {{entries: {{type: int, default: 0}}, missed: {{type: int, default: 0}}, behind: {{type: bool, default: false}}}}
start: {{by: office}}
initial: running
states:
  running:
    owner: office
    deadlines:
      dispatch: {{rrule: {rule}, hour: "17:00", {more} met_by: enter, basis: source, rungs: [{rungs}]}}
    actions:
      enter: {{by: office, set: {{entries: data.entries + 1}}}}
      look: {{by: office, set: {{behind: overdue('running.dispatch')}}}}
      hold: {{by: office, to: held}}
      hand_in: {{by: office, to: over}}
      end: {{by: office, to: over}}
  held: {{actions: {{resume: {{by: office, to: running}}, end: {{by: office, to: over}}}}}}
  over: {{final: true, outcome: success}}
"""
MISSED = "{at: due, set: {missed: data.missed + 1}, notify: [owner]}"
NAME = "running.dispatch"


def weekly(rule: str = "FREQ=WEEKLY;BYDAY=FR", more: str = "", rungs: str = MISSED) -> Process:
    return process(WEEKLY.format(rule=rule, more=more, rungs=rungs))


def at(text: str) -> Instant:
    return parse_instant(text.replace(" ", "T") + ":00+08:00")


def periods(story: Story) -> list[Ledger]:
    """Give the open periods, the oldest first."""
    return [Ledger.from_json(kept) for kept in story.case.snapshot.get("deadlines", {}).values()]


def dues(story: Story) -> list[str]:
    return [str(each.due_date)[5:] for each in periods(story)]


def ended(decision: Decision) -> list[tuple[str, int]]:
    """Name the periods that ended in a step, and how."""
    ends = {"met", "late", "missed", "ended", "cancelled"}
    return [(change.op, change.ledger["period"]["number"]) for change in decision.deadlines if change.op in ends]


def until(story: Story, instant: Instant) -> list[str]:
    """Let time pass as the sweep does; name what fired: the period and the rung."""
    fired = []
    while (pending := upcoming(story.case)) is not None and pending.due <= instant:
        number = next(each.period.number for each in periods(story) if each.n == pending.n and each.period is not None)
        outcome = advance(story.process, story.case, pending, max(story.now, pending.due))
        assert isinstance(outcome, Decision), outcome
        story._keep(outcome)
        fired.append(f"{number}: {pending.rung}")
    story.now = max(story.now, instant)
    return fired


# --- periods --------------------------------------------------------------------------------------------------------


def test_a_period_ends_at_each_occurrence_after_the_day_of_the_entry() -> None:
    story = Story(weekly(), at=at("2026-03-06 09:00"))  # a Friday: the day of the entry does not count
    assert dues(story) == ["03-13"]
    assert until(story, at("2026-03-27 18:00")) == ["1: due", "2: due", "3: due"]

    assert dues(story) == ["03-13", "03-20", "03-27", "04-03"]
    assert story.case.data["missed"] == 3


def test_an_entry_in_time_meets_the_period_and_its_rung_never_fires() -> None:
    story = Story(weekly())
    story.act("enter")
    assert ended(story.last) == [("met", 1)]
    assert until(story, at("2026-03-12 09:00")) == []

    assert story.case.data["missed"] == 0
    assert dues(story) == ["03-13"]


def test_a_second_entry_in_the_same_period_does_not_count_for_the_next() -> None:
    story = Story(weekly()).act("enter").act("enter")
    assert ended(story.last) == []
    assert until(story, at("2026-03-13 17:00")) == ["2: due"]

    assert story.case.data["missed"] == 1


def test_entries_that_come_late_count_for_the_oldest_open_period_in_turn() -> None:
    story = Story(weekly())
    until(story, at("2026-03-16 09:00"))
    assert ended(story.act("enter").last) == [("late", 1)]
    assert ended(story.act("enter").last) == [("late", 2)]
    assert ended(story.act("enter").last) == [("met", 3)]
    assert ended(story.act("enter").last) == []


def test_what_is_open_and_past_due_when_the_state_is_left_is_missed_and_the_running_period_is_cut_short() -> None:
    story = Story(weekly())
    until(story, at("2026-03-16 09:00"))
    story.act("end")

    assert ended(story.last) == [("missed", 1), ("missed", 2), ("ended", 3)]
    assert "deadlines" not in story.case.snapshot


def test_leaving_before_the_clock_has_come_forgets_no_period() -> None:
    story = Story(weekly())
    story.now = at("2026-03-16 09:00")
    assert ended(story.act("end").last) == [("missed", 1), ("missed", 2), ("ended", 3)]


def test_the_act_that_meets_a_period_and_leaves_the_state_meets_it() -> None:
    body = WEEKLY.replace("met_by: enter", "met_by: hand_in")
    story = Story(process(body.format(rule="FREQ=WEEKLY;BYDAY=FR", more="", rungs=MISSED)))
    until(story, at("2026-03-09 09:00"))

    assert ended(story.act("hand_in").last) == [("late", 1), ("ended", 2)]


def test_without_a_rung_at_due_the_next_period_begins_all_the_same() -> None:
    story = Story(weekly(rungs="{at: 1 day before, notify: [owner]}"))
    assert until(story, at("2026-03-13 16:00")) == ["1: 1 day before", "1: due", "2: 1 day before"]

    assert dues(story) == ["03-06", "03-13"]


def test_rungs_of_several_open_periods_fire_each_once_and_in_the_order_of_time() -> None:
    story = Story(weekly(rungs="{at: due, notify: [owner]}, {at: 10 days after, escalate: clerk}"))
    fired = until(story, at("2026-03-31 09:00"))

    assert fired == ["1: due", "2: due", "1: 10 days after", "3: due", "2: 10 days after", "4: due", "3: 10 days after"]
    tasks = [task for task in story.case.snapshot["tasks"].values() if task["kind"] == "escalation"]
    assert [task["period"] for task in tasks] == [1, 2, 3]
    story.act("enter")
    assert [task["period"] for task in story.case.snapshot["tasks"].values() if task["kind"] == "escalation"] == [2, 3]


def test_a_rung_before_the_period_fires_when_the_period_begins() -> None:
    story = Story(weekly(rungs="{at: 2 weeks before, notify: [owner]}"))
    (first,) = periods(story)
    assert first.rungs[0].instant == first.start
    until(story, at("2026-03-06 17:00"))

    assert periods(story)[1].rungs[0].fired == at("2026-03-06 17:00")


def test_count_bounds_the_periods_and_until_the_days() -> None:
    counted = Story(weekly("FREQ=WEEKLY;BYDAY=FR;COUNT=2"))
    assert until(counted, at("2026-06-01 09:00")) == ["1: due", "2: due"]
    assert ended(counted.act("enter").last) == [("late", 1)]

    bounded = Story(weekly("FREQ=WEEKLY;BYDAY=FR;UNTIL=20260314"))
    assert until(bounded, at("2026-06-01 09:00")) == ["1: due", "2: due"]


def test_an_interval_counts_from_the_week_of_the_entry() -> None:
    story = Story(weekly("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"))  # opened on Monday 2 March
    until(story, at("2026-04-01 09:00"))

    assert dues(story) == ["03-16", "03-30", "04-13"]


def test_a_rule_without_a_day_to_come_arms_nothing() -> None:
    story = Story(weekly("FREQ=WEEKLY;BYDAY=FR;UNTIL=20260301"))
    assert "deadlines" not in story.case.snapshot
    assert story.act("enter").last.deadlines == ()


@pytest.mark.parametrize(("rest_day", "due"), [("keep", "05-01"), ("next", "05-06"), ("previous", "04-30"), ("skip", "05-08")])
def test_an_occurrence_on_a_rest_day_goes_where_the_process_says(rest_day: str, due: str) -> None:
    """Friday 1 May 2026 is a rest day, and the holiday lasts to the 5th."""
    story = Story(weekly(more=f"rest_day: {rest_day},"), at=at("2026-04-27 09:00"))
    assert dues(story) == [due]


def test_rest_days_may_be_a_setting_of_the_body() -> None:
    setting = "settings: {rest: {type: choice, options: {keep: 照常, next: 顺延}, default: next, basis: default}}\n"
    made = process(setting + WEEKLY.format(rule="FREQ=WEEKLY;BYDAY=FR", more="rest_day: settings.rest,", rungs=MISSED))
    assert dues(Story(made, at=at("2026-04-27 09:00"))) == ["05-06"]


def test_occurrences_that_fall_on_one_day_are_one_period() -> None:
    story = Story(weekly("FREQ=DAILY", more="rest_day: next,"), at=at("2026-03-05 09:00"))  # a Thursday
    until(story, at("2026-03-10 18:00"))

    assert dues(story) == ["03-06", "03-09", "03-10", "03-11"]


def test_a_day_that_ends_at_midnight_leaves_no_day_out() -> None:
    body = WEEKLY.replace('hour: "17:00"', 'hour: "24:00"')
    story = Story(process(body.format(rule="FREQ=DAILY", more="", rungs=MISSED)))
    until(story, at("2026-03-05 09:00"))

    assert dues(story) == ["03-03", "03-04", "03-05"]


# --- pausing, bounds, memory ----------------------------------------------------------------------------------------


def test_an_occurrence_in_a_pause_ends_nothing_and_what_was_past_due_stays_open() -> None:
    story = Story(weekly(more="paused_in: [held],"))
    until(story, at("2026-03-11 09:00"))
    story.act("hold")
    assert until(story, at("2026-03-24 09:00")) == []
    story.act("resume")

    assert dues(story) == ["03-06", "03-27"]
    assert until(story, at("2026-03-27 17:00")) == ["2: due"]
    assert [str(each.due_date)[5:] for each in periods(story)] == ["03-06", "03-27", "04-03"]


def test_a_case_that_does_not_come_back_from_a_pause_ends_its_periods_there() -> None:
    story = Story(weekly(more="paused_in: [held],"))
    until(story, at("2026-03-11 09:00"))
    story.act("hold")
    until(story, at("2026-03-24 09:00"))

    assert ended(story.act("end").last) == [("missed", 1), ("ended", 2)]


def test_a_period_met_in_a_pause_goes_on_with_one_that_stands_too() -> None:
    story = Story(
        process(
            WEEKLY.replace("held: {{actions: {{", "held: {{actions: {{late_entry: {{by: office}}, ")
            .replace("met_by: enter", "met_by: late_entry")
            .format(rule="FREQ=WEEKLY;BYDAY=FR", more="paused_in: [held],", rungs=MISSED)
        )
    )
    story.wait(DAY).act("hold").act("late_entry")
    assert ended(story.last) == [("met", 1)]
    assert [each.status for each in periods(story)] == ["paused"]
    story.now = at("2026-03-24 09:00")

    assert dues(story.act("resume")) == ["03-27"]


def test_what_a_case_remembers_of_its_periods_is_bounded() -> None:
    story = Story(weekly("FREQ=DAILY", rungs=""))
    until(story, at("2026-07-01 09:00"))
    story_size = len(json.dumps(story.case.snapshot))
    until(story, at("2026-12-01 09:00"))

    assert len(periods(story)) == recurring.MOST_OPEN
    assert len(json.dumps(story.case.snapshot)) < story_size * 1.1
    assert [op for op, _ in ended(story.last)] == ["missed"]


def test_a_long_duty_that_is_done_leaves_one_period_in_the_snapshot() -> None:
    story = Story(weekly("FREQ=DAILY"))
    for _ in range(120):
        story.act("enter").wait(DAY)
    assert len(periods(story)) == 1


def test_expressions_see_the_oldest_open_period_and_how_the_last_one_ended() -> None:
    body = WEEKLY.replace(
        "{{type: bool, default: false}}", "{{type: bool, default: false}}, kept: {{type: bool, compute: \"met('dispatch')\"}}"
    )
    story = Story(process(body.format(rule="FREQ=WEEKLY;BYDAY=FR", more="", rungs=MISSED)))
    assert (story.act("look").case.data["behind"], story.case.data["kept"]) == (False, False)
    until(story, at("2026-03-16 09:00"))
    assert story.act("look").case.data["behind"] is True
    story.act("enter")
    assert (story.act("look").case.data["behind"], story.case.data["kept"]) == (True, False)
    story.act("enter").act("enter").act("look")

    assert (story.case.data["behind"], story.case.data["kept"]) == (False, True)


def test_each_period_has_a_number_of_its_own_so_that_a_rung_is_unique() -> None:
    story = Story(weekly())
    until(story, at("2026-04-20 09:00"))
    rungs = [decision.rung for decision in story.decisions if decision.rung is not None]

    assert len({(rung.deadline_n, rung.rung) for rung in rungs}) == len(rungs) == 7
    assert [each.due_date for each in periods(story)] == sorted(each.due_date or date.max for each in periods(story))


def test_a_new_stay_begins_with_the_first_period_again() -> None:
    story = Story(weekly())
    until(story, at("2026-03-16 09:00"))
    story.act("hold", OFFICE).act("resume")

    assert [each.period.number for each in periods(story) if each.period] == [1]
    assert dues(story) == ["03-20"]
