"""When deadlines are armed, met, late, extended, recomputed, and what their rungs do."""

from __future__ import annotations

import pytest

from engine.clock import parse_instant, rfc3339
from engine.core.advance import advance
from engine.core.command import Fire
from engine.core.decision import Refused
from tests.core.process import DAY, MEMBER, OFFICE, OTHER, Story, process

VETTING = """
start: {by: office}
initial: proposed
states:
  proposed: {actions: {submit: {by: office, to: vetting}}}
  vetting:
    owner: member
    deadlines:
      decide: {within: 15 working days, basis: default, rungs: [
        {at: 80 %, notify: [owner]}, {at: 5 working days after, escalate: clerk}, {at: 10 working days after, act: send_back}]}
    actions:
      approve: {by: member, to: over}
      send_back: {by: [member, clock], reason: required, to: proposed, cycles: {at_most: 3, then: over}}
  over: {final: true, outcome: success}
"""


def test_ladder_reminds_escalates_and_acts_each_at_its_instant() -> None:
    story = Story(process(VETTING), at=parse_instant("2026-02-10T09:00:00+08:00")).act("submit")
    story.fire("vetting.decide")
    assert ("2026-03-04T16:00:00Z", [{"as": "owner", "role": "member"}]) == (rfc3339(story.last.occurred_at), list(story.last.notify))
    story.fire("vetting.decide")
    assert ["escalation", "owner"] == sorted(task["kind"] for task in story.case.snapshot["tasks"].values())
    assert ["vetting"] == story.where
    story.fire("vetting.decide")

    assert ["proposed"] == story.where
    assert ("clock", "rung") == (story.last.actor_id, story.last.kind)
    assert {} == dict(story.case.snapshot.get("tasks", {})) or "escalation" not in {
        t["kind"] for t in story.case.snapshot["tasks"].values()
    }


def test_rung_fires_once_and_not_before_its_turn() -> None:
    story = Story(process(VETTING)).act("submit")
    ledger = story.ledger("vetting.decide")
    later = ledger.rungs[1]
    assert later.instant is not None
    assert isinstance(advance(story.process, story.case, Fire("vetting.decide", ledger.n, later.at, later.instant), story.now), Refused)
    first = ledger.rungs[0]
    assert first.instant is not None
    story.fire("vetting.decide")

    again = advance(story.process, story.case, Fire("vetting.decide", ledger.n, first.at, first.instant), story.now)
    assert Refused(()) == again


def test_reminder_does_not_make_a_form_stale_and_an_act_by_the_clock_does() -> None:
    story = Story(process(VETTING)).act("submit")
    version = story.case.version
    story.fire("vetting.decide").fire("vetting.decide")
    assert version == story.case.version

    assert version < story.fire("vetting.decide").case.version


def test_leaving_in_time_is_met_and_after_the_due_instant_late() -> None:
    made = process(VETTING)
    assert "met" == Story(made).act("submit").wait(DAY).act("approve", MEMBER).last.deadlines[-1].op

    assert "late" == Story(made).act("submit").wait(60 * DAY).act("approve", MEMBER).last.deadlines[-1].op


EXTENSION = """
start: {by: office}
initial: research
states:
  research:
    deadlines:
      report: {within: 3 months, basis: source, rungs: [{at: due, notify: [owner]}],
               extend: {asked_by: member, by: office, up_to: 6 months, at_most: 1, reason: required, before_due: true}}
    actions: {end: {by: office, to: over}}
  over: {final: true, outcome: success}
"""


def test_extension_is_asked_before_due_granted_by_another_and_only_as_often_as_allowed() -> None:
    story = Story(process(EXTENSION), at=parse_instant("2026-03-02T09:00:00+08:00"))
    assert ["reason_required"] == story.codes("report.extend.ask", MEMBER)
    story.act("report.extend.ask", MEMBER, reason="暂停施工")
    version = story.case.version
    story.wait(120 * DAY).act("report.extend", OFFICE)  # asked in time, granted after the due day

    assert "2026-09-02" == str(story.ledger("research.report").due_date)
    assert version < story.case.version
    assert ["limit_reached"] == story.codes("report.extend.ask", MEMBER, reason="再延")


def test_extension_asked_too_late_is_refused() -> None:
    story = Story(process(EXTENSION)).wait(120 * DAY)

    assert ["too_late"] == story.codes("report.extend.ask", MEMBER, reason="忘了")


NOTICE = """
data: {session_on: {type: date}}
start: {by: office}
initial: prepare
states:
  prepare:
    deadlines: {notice: {until: data.session_on, lead: 15 working days, hour: "17:30", met_by: call, basis: rule, rungs: [{at: due, notify: [owner]}]}}
    actions: {plan: {by: office, form: [session_on]}, call: {by: office}, end: {by: office, to: over}}
  over: {final: true, outcome: success}
"""


def test_deadline_waits_while_its_date_is_empty_and_is_recomputed_when_it_changes() -> None:
    story = Story(process(NOTICE))
    assert "waiting" == story.ledger("prepare.notice").status
    story.act("plan", session_on="2026-04-20")
    first = story.ledger("prepare.notice")
    assert ("recomputed", "running") == (story.last.deadlines[-1].op, first.status)
    story.act("plan", session_on="2026-04-27")

    assert story.ledger("prepare.notice").due_date != first.due_date


@pytest.mark.parametrize("day", ["0001-01-01", "1905-06-01", "2950-01-01", "9999-12-31"])
def test_day_that_no_calendar_reaches_is_refused_and_nothing_changes(day: str) -> None:
    story = Story(process(NOTICE))
    assert ["guard_undefined"] == story.codes("plan", session_on=day)
    assert "waiting" == story.ledger("prepare.notice").status


def test_act_that_meets_a_deadline_ends_it_while_the_state_lasts() -> None:
    story = Story(process(NOTICE)).act("plan", session_on="2026-04-20").act("call")

    assert ["met"] == [change.op for change in story.last.deadlines]
    assert ["prepare"] == story.where


def test_self_transition_begins_a_new_full_term_and_an_act_without_target_does_not() -> None:
    made = process("""
start: {by: office}
initial: a
states:
  a: {deadlines: {d: {within: 5 working days, basis: default, rungs: [{at: due, notify: [owner]}]}},
      actions: {again: {by: office, to: a}, note: {by: office}, end: {by: office, to: over}}}
  over: {final: true, outcome: success}
""")
    story = Story(made).wait(DAY).act("note")
    assert not story.last.deadlines
    story.act("again")

    assert ["met", "armed"] == [change.op for change in story.last.deadlines]
    assert 2 == story.ledger("a.d").n


def test_obligation_after_the_end_lives_on_in_the_final_state() -> None:
    made = process("""
start: {by: office}
initial: a
states:
  a: {actions: {end: {by: office, to: closed}}}
  closed: {final: true, outcome: success, deadlines: {recheck: {within: 12 months, basis: rule, rungs: [{at: due, escalate: clerk}]}}}
""")
    story = Story(made).act("end").fire("closed.recheck")

    assert ["escalation"] == [task["kind"] for task in story.case.snapshot["tasks"].values()]
    assert "success" == story.case.outcome


def test_clock_act_that_is_refused_is_recorded_and_told_to_the_owner() -> None:
    made = process(VETTING.replace("reason: required, to: proposed", "reason: required, guard: count('submit') > 5, to: proposed"))
    story = Story(made).act("submit").fire("vetting.decide").fire("vetting.decide").fire("vetting.decide")

    assert (["vetting"], [{"code": "guard_failed"}]) == (story.where, story.last.notes["refused"])
    assert [{"as": "owner", "role": "member"}] == list(story.last.notify)


def test_setting_gives_the_term_and_a_case_keeps_what_it_opened_with() -> None:
    made = process("""
settings: {term: {type: term, default: 15 working days, between: [5 working days, 1 month], basis: default}}
start: {by: office}
initial: a
states:
  a: {deadlines: {d: {within: settings.term, basis: default, rungs: [{at: due, notify: [owner]}]}}, actions: {end: {by: office, to: over}}}
  over: {final: true, outcome: success}
""")

    assert "2026-03-23" == str(Story(made).ledger("a.d").due_date)


def test_persons_of_a_duty_are_told_by_the_trail() -> None:
    story = Story(process(VETTING)).act("submit", OTHER)

    assert OTHER.id == story.last.actor_id != OFFICE.id
