"""Recurring deadlines explained, migrated and missed by a service that stood still."""

from __future__ import annotations

from typing import Any

import pytest

from engine.clock import rfc3339
from engine.core.advance import advance
from engine.core.bridge import bridge
from engine.core.case import Case
from engine.core.command import Migrate, UndoMigration
from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision
from engine.core.explain import explain
from engine.core.recurring import falls_due_again
from engine.definition.loader import load_one
from engine.proof.migration_plan import verdict
from tests.core.process import OFFICE, Story, calendars
from tests.core.test_recurring import MISSED, NAME, WEEKLY, at, dues, ended, periods, until, weekly

TERM = WEEKLY.replace("rrule: {rule}", "within: 2 months").replace('hour: "17:00", ', "")


def version(number: int, body: str, rule: str = "FREQ=WEEKLY;BYDAY=FR", more: str = "", migrate: str = "") -> Process:
    text = f"workflow: trial\nversion: {number}\ntitle: 试\ncalendar: cn\nroles: {{office: 办公室, clerk: 职员}}\n"
    text += body.format(rule=rule, more=more, rungs=MISSED) + migrate
    return compile_process(load_one(text, "trial.yaml", calendars=calendars()), calendars()["cn"])


def moved(story: Story, new: Process, policy: str | None = None) -> Decision:
    decision = advance(new, story.case, Migrate(OFFICE, bridge(story.process, new), policy), story.now)
    assert isinstance(decision, Decision), decision
    return decision


def named(case: Case) -> dict[str, str]:
    return {key: kept["due_date"][5:] for key, kept in case.snapshot.get("deadlines", {}).items()}


# --- migration ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "due"),
    [("keep", "03-13"), ("recompute", "03-09"), ("remaining", "03-13"), ("restart", "03-16")],
)
def test_the_running_period_follows_the_policy_and_one_past_due_keeps_its_day(policy: str, due: str) -> None:
    """On Monday 9 March at nine: the rule of Fridays becomes one of Mondays. A day that begins does not count under `restart`."""
    story = Story(version(1, WEEKLY))
    until(story, at("2026-03-09 09:00"))
    new = version(2, WEEKLY, "FREQ=WEEKLY;BYDAY=MO", migrate="migrate: {from: 1}\n")
    decision = moved(story, new, policy)
    assert named(decision.case) == {f"{NAME}#1": "03-06", f"{NAME}#2": due}
    story.process, story.case = new, decision.case
    until(story, at("2026-03-16 18:00"))

    assert dues(story)[-1] == "03-23"


def test_a_term_that_becomes_a_rule_ends_as_cancelled_and_owes_nothing_of_the_past() -> None:
    story = Story(version(1, TERM))
    story.now = at("2026-03-24 09:00")
    decision = moved(story, version(2, WEEKLY, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", migrate="migrate: {from: 1}\n"))
    assert [(change.op, change.name) for change in decision.deadlines] == [("cancelled", NAME), ("armed", NAME)]

    assert named(decision.case) == {f"{NAME}#1": "03-30"}  # the second week is counted from the entry on 2 March


def test_a_rule_that_becomes_a_term_ends_its_periods_as_cancelled() -> None:
    story = Story(version(1, WEEKLY))
    until(story, at("2026-03-09 09:00"))
    decision = moved(story, version(2, TERM, migrate="migrate: {from: 1}\n"))

    assert ended(decision) == [("cancelled", 1), ("cancelled", 2)]
    assert named(decision.case) == {NAME: "05-06"}


def test_the_plan_of_a_migration_pairs_periods_and_undoing_it_gives_them_back() -> None:
    story = Story(version(1, WEEKLY))
    until(story, at("2026-03-09 09:00"))
    new = version(2, WEEKLY, "FREQ=WEEKLY;BYDAY=MO", migrate="migrate: {from: 1}\n")
    plan = verdict(bridge(story.process, new), story.case, OFFICE, story.now, "recompute")
    assert [(each.name, each.was, each.operation) for each in plan.deadlines] == [(NAME, NAME, "recomputed")] * 2
    assert [each.new_due == each.old_due for each in plan.deadlines] == [True, False]

    decision = moved(story, new, "recompute")
    undone = advance(story.process, decision.case, UndoMigration(OFFICE, story.case), story.now)
    assert isinstance(undone, Decision)
    assert undone.case.snapshot["deadlines"] == story.case.snapshot["deadlines"]


# --- explaining -----------------------------------------------------------------------------------------------------


def told(story: Story, place: int = 0, language: str | None = "zh-CN") -> dict[str, Any]:
    deadline = story.process.definition.deadlines[NAME]
    return explain(deadline, periods(story)[place], story.process.calendar, story.now, language)


def test_a_period_tells_its_rule_its_beginning_and_what_became_of_the_rest_day() -> None:
    story = Story(weekly(more="rest_day: previous,"), at=at("2026-04-20 09:00"))
    until(story, at("2026-04-27 09:00"))
    second = told(story, 1)
    assert (second["period"], second["due"], second["agrees"]) == (2, rfc3339(at("2026-04-30 17:00")), True)
    assert [step["text"] for step in second["steps"]] == [
        "按规则重复：每周五，自2026年4月20日起，遇休息日提前至上一工作日",
        "第2期，自2026年4月24日后开始",
        "规则之日：2026年5月1日",
        "提前至2026年4月30日：5月1日（劳动节）休息",
        "本期截止：2026年4月30日17:00",
    ]
    assert [(day["date"], day["works"]) for day in second["days"]] == [
        ("2026-04-24", True), ("2026-05-01", False), ("2026-04-30", True),
    ]  # fmt: skip
    assert second["rules"].keys() == {"rrule"}


def test_what_was_left_out_on_a_rest_day_is_told_with_its_reason() -> None:
    story = Story(weekly(more="rest_day: skip,"), at=at("2026-04-27 09:00"))
    days = {day["date"]: day["reason"] for day in told(story)["days"]}

    assert days == {"2026-04-27": "星期一", "2026-05-01": "劳动节", "2026-05-08": "星期五"}


def test_a_period_of_a_year_that_is_not_announced_says_so_only_where_rest_days_matter() -> None:
    kept = Story(weekly("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31"), at=at("2027-03-01 09:00"))
    moves = Story(weekly("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31", more="rest_day: next,"), at=at("2027-03-01 09:00"))
    assert [periods(story)[0].provisional for story in (kept, moves)] == [False, True]

    assert [step["kind"] for step in told(moves)["steps"]][-1] == "provisional"


def test_a_period_that_lies_ahead_says_that_it_has_not_begun() -> None:
    story = Story(weekly()).act("enter")
    assert told(story)["status_text"] == "本期尚未开始"
    assert told(story, language="en")["status_text"] == "has not begun yet"


# --- a service that stood still -------------------------------------------------------------------------------------


def test_of_periods_missed_in_a_stop_only_the_last_is_not_followed_by_another() -> None:
    story = Story(weekly())
    deadline, calendar = story.process.definition.deadlines[NAME], story.process.calendar
    now = at("2026-03-24 09:00")
    followed = []
    for period in (1, 2, 3):
        ledger = periods(story)[-1]
        assert ledger.due is not None
        followed.append((period, falls_due_again(deadline, ledger, calendar, ledger.due, now)))
        until(story, ledger.due)

    assert followed == [(1, True), (2, True), (3, False)]
