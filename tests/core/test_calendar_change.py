"""A changed calendar and the live deadlines of a case: what moves, what stays, and that it is decided like any other command."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import Instant, parse_instant, rfc3339
from engine.core.advance import advance
from engine.core.case import fold
from engine.core.chain import canonical
from engine.core.command import Recount
from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision, Refused
from engine.core.ledger import Ledger, Status
from engine.definition.calendar_files import load_calendars
from engine.definition.calendars import Calendar
from engine.definition.loader import load_one
from tests.core.process import CALENDARS, DAY, OFFICE, Story

BODY = """workflow: trial
version: 1
title: 试
calendar: cn
roles: {office: 办公室}
data: {on: {type: date, title: 日期}}
start: {by: office, form: [on?]}
initial: work
states:
  work:
    owner: office
    deadlines:
      answer:
        within: 20 working days
        basis: rule
        paused_in: [away]
        extend: {by: office, add: 5 working days, at_most: 1, reason: required}
        rungs: [{at: 5 working days before, notify: [owner]}, {at: due, escalate: office}]
      months: {within: 1 month, basis: rule, rungs: [{at: due, notify: [owner]}]}
      hours: {within: 48 hours, basis: rule, rungs: [{at: due, notify: [owner]}]}
      hear: {until: data.on, basis: rule, rungs: [{at: due, notify: [owner]}]}
    actions: {leave: {by: office, to: away}, end: {by: office, to: done}}
  away: {owner: office, actions: {back: {by: office, to: {history: deep}}}}
  done: {final: true, outcome: success}
"""
NOTICE = """calendar: cn
year: 2027
status: announced
source: {zh-CN: 测试用通知, en: A notice made up for this test}
published: 2026-11-04
days:
  - {date: 2027-01-01, kind: rest, reason: {zh-CN: 元旦, en: "New Year's Day"}}
  - {date: 2027-01-04, kind: rest, reason: {zh-CN: 元旦调休, en: "New Year's Day, moved"}}
  - {date: 2027-01-05, kind: rest, reason: {zh-CN: 元旦调休, en: "New Year's Day, moved"}}
"""
NO_DAYS = NOTICE[: NOTICE.index("days:")] + "days: []\n"
DECEMBER: Instant = parse_instant("2026-12-14T09:00:00+08:00")


@cache
def calendar(notice: str = "") -> Calendar:
    """The shipped calendar, with another file for 2027 where one is given."""
    with TemporaryDirectory() as folder:
        place = Path(folder) / "calendars"
        shutil.copytree(CALENDARS, place)
        if notice:
            (place / "cn" / "2027.yaml").write_text(notice, "utf-8")
        return load_calendars(place)["cn"]


@cache
def process(notice: str = "") -> Process:
    known = calendar(notice)
    return compile_process(load_one(BODY, "trial.yaml", calendars={"cn": known}), known)


def recounted(story: Story, notice: str = NOTICE) -> Decision:
    outcome = advance(process(notice), story.case, Recount(OFFICE, "通知"), story.now)
    assert isinstance(outcome, Decision), outcome
    return outcome


def ledgers(decision: Decision) -> dict[str, Ledger]:
    return {name: Ledger.from_json(kept) for name, kept in decision.case.snapshot["deadlines"].items()}


def local_day(instant: Instant | None) -> str:
    assert instant is not None
    return rfc3339(instant - 1 + 8 * 3_600_000_000)[:10]


def test_when_the_notice_comes_out_what_runs_into_the_year_moves_and_becomes_certain() -> None:
    story = Story(process(), at=DECEMBER)
    before = story.ledger("work.answer")
    assert (local_day(before.due), before.provisional) == ("2027-01-12", True)
    after = ledgers(recounted(story))["work.answer"]
    assert (local_day(after.due), after.provisional, after.calendar) == ("2027-01-14", False, calendar(NOTICE).version)
    assert [local_day(rung.instant) for rung in after.rungs] == ["2027-01-07", "2027-01-14"]


def test_what_the_year_does_not_touch_is_left_alone_and_not_mentioned() -> None:
    story = Story(process(), at=DECEMBER)
    decision = recounted(story)
    assert {change.name for change in decision.deadlines} == {"work.answer", "work.months"}
    assert decision.case.snapshot["deadlines"]["work.hours"] == story.case.snapshot["deadlines"]["work.hours"]
    early = Story(process(), at=DECEMBER - 90 * DAY)
    assert advance(process(NOTICE), early.case, Recount(OFFICE), early.now) == Refused(())


def test_a_date_that_only_becomes_certain_is_put_on_record_too() -> None:
    certain = NOTICE[: NOTICE.index("  - {date: 2027-01-04")]
    story = Story(process(), at=DECEMBER)
    decision = recounted(story, certain)
    (months,) = (change for change in decision.deadlines if change.name == "work.months")
    assert months.ledger["due"] == story.case.snapshot["deadlines"]["work.months"]["due"]
    assert (story.case.snapshot["deadlines"]["work.months"]["provisional"], months.ledger["provisional"]) == (True, False)


def test_the_event_says_what_moved_by_itself_and_the_case_stays_where_it_is() -> None:
    story = Story(process(), at=DECEMBER)
    decision = recounted(story)
    assert (decision.kind, decision.action, decision.role, decision.reason) == ("calendar", "recount", "calendar_keeper", "通知")
    assert decision.notes["calendar"] == calendar(NOTICE).version
    assert decision.notes["was"]["work.answer"] == {
        "calendar": calendar().version,
        "provisional": True,
        "due": rfc3339(story.case.snapshot["deadlines"]["work.answer"]["due"]),
    }
    assert decision.delta.keys() == {"deadlines"}
    assert canonical(decision.notes)
    assert (decision.case.configuration, decision.case.version, decision.case.seq) == (("work",), story.case.version, story.case.seq + 1)
    assert fold(story.case.snapshot, decision.delta) == decision.case.snapshot
    assert (decision.steps, decision.tasks, decision.notify) == ((), (), ())


def test_a_second_time_finds_nothing() -> None:
    story = Story(process(), at=DECEMBER)
    once = recounted(story)
    assert advance(process(NOTICE), once.case, Recount(OFFICE), story.now) == Refused(())


def test_rungs_that_fired_stay_fired_and_the_rest_moves() -> None:
    story = Story(process(), at=DECEMBER).fire("work.answer")
    fired = story.ledger("work.answer").rungs[0]
    after = ledgers(recounted(story))["work.answer"]
    assert after.rungs[0] == fired
    assert local_day(after.rungs[1].instant) == "2027-01-14"
    (change,) = (each for each in recounted(story).deadlines if each.name == "work.answer")
    assert change.next_rung == "due"


def test_pauses_and_extensions_count_as_before() -> None:
    story = Story(process(), at=DECEMBER).act("answer.extend", reason="情况复杂").act("leave").wait(3 * DAY).act("back")
    assert local_day(story.ledger("work.answer").due) == "2027-01-22"
    after = ledgers(recounted(story))["work.answer"]
    assert (local_day(after.due), len(after.pauses), len(after.grants)) == ("2027-01-26", 1, 1)


def test_a_clock_that_stands_goes_on_standing() -> None:
    story = Story(process(), at=DECEMBER).act("leave").wait(DAY)
    after = ledgers(recounted(story))["work.answer"]
    assert (after.status, local_day(after.due)) == (Status.PAUSED, "2027-01-14")
    (change,) = (each for each in recounted(story).deadlines if each.name == "work.answer")
    assert change.next_at is None


def test_a_given_day_that_is_a_rest_day_now_is_moved_on_and_an_empty_one_waits() -> None:
    given = Story(process(), at=DECEMBER, on="2027-01-04")
    assert local_day(given.ledger("work.hear").due) == "2027-01-04"
    assert local_day(ledgers(recounted(given))["work.hear"].due) == "2027-01-06"
    waiting = Story(process(), at=DECEMBER)
    assert "work.hear" not in {change.name for change in recounted(waiting).deadlines}


def test_a_case_that_has_ended_has_nothing_to_count() -> None:
    story = Story(process(), at=DECEMBER).act("end")
    assert advance(process(NOTICE), story.case, Recount(OFFICE), story.now) == Refused(())


def test_what_a_migration_kept_from_another_calendar_keeps_its_date() -> None:
    story = Story(process(), at=DECEMBER)
    kept = {**story.case.snapshot["deadlines"]}
    kept["work.answer"] = {**kept["work.answer"], "calendar": "county@0123456789ab"}
    case = story.case._replace(snapshot={**story.case.snapshot, "deadlines": kept})
    outcome = advance(process(NOTICE), case, Recount(OFFICE), story.now)
    assert isinstance(outcome, Decision)
    assert {change.name for change in outcome.deadlines} == {"work.months"}


@given(st.integers(0, 400), st.sampled_from([NOTICE, NOTICE.replace("kind: rest", "kind: work", 1), NO_DAYS]))
def test_afterwards_every_date_is_that_of_a_case_opened_on_the_new_calendar(days: int, notice: str) -> None:
    at = DECEMBER - 200 * DAY + days * DAY
    story = Story(process(), at=at)
    outcome = advance(process(notice), story.case, Recount(OFFICE), at)
    case = outcome.case if isinstance(outcome, Decision) else story.case
    fresh = Story(process(notice), at=at).case
    for name, kept in case.snapshot["deadlines"].items():
        wanted = Ledger.from_json(fresh.snapshot["deadlines"][name])
        assert Ledger.from_json(kept)._replace(calendar=wanted.calendar) == wanted
