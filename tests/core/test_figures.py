"""What one case adds to an indicator: papers, entries, children, links, parts; how long it holds; nothing that is still sealed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.clock import Instant, parse_instant, rfc3339
from engine.core.compiled import Process, compile_process
from engine.core.figures import Fact, facts_of, holds_for
from engine.core.story import Story, tell
from engine.definition.calendar_files import load_calendars
from engine.definition.loader import load
from tests.application import DAY, ROOT

CN = load_calendars(ROOT / "workflows" / "calendars")["cn"]
NOW: Instant = parse_instant("2026-03-02T10:00:00+08:00")
MATTER = """workflow: matter
version: 1
title: 事项
calendar: cn
roles: {office: 办公室, member: 委员}
data:
  came: {type: attendance, methods: {qr: 扫码}}
  units: {type: list, of: unit, default: []}
  tags: {type: tags, options: {a: 甲, b: 乙}, default: []}
  score: {type: decimal, sealed_until: closed}
  day: {type: date}
links: {later: {workflow: matter, inverse: earlier}, earlier: {workflow: matter, inverse: later, read: [score]}}
start: {by: office, form: [units?, day?]}
initial: open
states:
  open:
    owner: office
    deadlines:
      reply: {within: 5 working days, basis: rule}
      weekly: {rrule: FREQ=WEEKLY;BYDAY=FR, met_by: report, basis: rule}
      remind: {timer: true, within: 3 days, rungs: [{at: due, notify: [owner]}]}
    ballots:
      quality: {voters: [member], scale: {good: 好, bad: 差}, values: {good: 100, bad: 40}, closed_by: office}
      points: {voters: [member], items: data.units, points: {effect: [0, 80], care: [0, 20]}, closed_by: office}
    children: {parts: {workflow: matter, for_each: data.units, key: each, at: open, read: [day]}}
    actions: {report: {by: office}, close: {by: office, form: [score?], to: closed}}
  closed: {final: true, outcome: success}
indicators:
  cases: {count: cases, on: data.day}
  whole: {count: cases, parts: true}
  persons: {count: attendance.came, by: row.status, where: row.method == 'qr' || row.status != 'present'}
  papers: {count: ballot, by: [row.ballot, row.mode], where: row.valid}
  grades: {share: row.grade == 'good', of: {valid: row.valid, all: "true"}, over: ballot.quality}
  mean: {mean: row.points, over: ballot.points, by: row.item, where: row.valid}
  children: {count: children.parts, by: row.done}
  tied: {sum: row.data.score, over: links.earlier}
  units: {distinct: row, over: data.units}
  tags: {count: data.tags, by: row}
  weeks: {share: row.met, over: deadline.open.weekly}
  reminders: {count: deadline.open.remind}
  score: {sum: data.score}
  today: {count: cases, where: has(data.day) && today >= data.day}
  late: {count: cases, where: overdue('open.reply')}
  since: {sum: "count('report', 'open')"}
"""


@pytest.fixture(scope="module")
def process() -> Process:
    loaded = load(MATTER, "matter.yaml", calendars={"cn": CN})
    assert loaded.problems == ()
    return compile_process(loaded.definitions[0], CN)


def body(seq: int, *, at: Instant = NOW, **more: Any) -> dict[str, Any]:
    """An event as the trail has it."""
    told = rfc3339(at)
    return {
        "org": "o",
        "case": "c1",
        "workflow": "matter",
        "definition": 1,
        "digest": "d",
        "seq": seq,
        "version": seq,
        "kind": "act",
        "action": "report",
        "actor": {"id": "li", "role": "office"},
        "before": ["open"],
        "after": ["open"],
        "occurred_at": told,
        "recorded_at": told,
        "opened_at": told,
        "opened_by": "li",
        **more,
    }


def story(delta: Mapping[str, Any] | None = None, **more: Any) -> Story:
    """The story of a case that was opened and has what the delta says."""
    found = tell([body(1, before=[], delta={"entered": {"open": [NOW, 1]}, **(delta or {})}, **more)])
    assert found is not None
    return found


def facts(process: Process, key: str, of: Story, now: Instant = NOW) -> list[Fact]:
    indicator = process.definition.indicators[key]
    return facts_of(of, process, [indicator], CN, now)[key]


def counts(process: Process, key: str, of: Story, now: Instant = NOW) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in facts(process, key, of, now):
        found[each.cell + each.marks] = found.get(each.cell + each.marks, 0) + each.times
    return found


def test_papers_of_a_closed_ballot_count_each_and_those_of_an_open_one_not_at_all(process: Process) -> None:
    box = {"@0": {"valid": 3, "blank": 1, "invalid": 0, "grades": {"good": 2, "bad": 1}}}
    closed = {"opened": NOW, "items": [None], "closed": NOW, "result": {}, "box": box}
    counted = {"quality@@0": {"issued": 2, "returned": 2, "cell": {"valid": 1, "blank": 0, "invalid": 1, "grades": {"good": 1}}}}
    done = story({"ballots": {"quality": closed}, "counted": counted})

    assert counts(process, "grades", done) == {"[]111": 3, "[]011": 1, "[]001": 2}
    assert counts(process, "papers", done) == {'["quality",""]': 4}
    still = story({"ballots": {"quality": {"opened": NOW, "items": [None]}}})
    assert facts(process, "grades", still) == []


def test_points_are_counted_by_item_and_their_mean_is_exact(process: Process) -> None:
    box = {
        "@0": {"valid": 3, "blank": 0, "invalid": 0, "sums": {"effect": "200", "care": "50"}},
        "@1": {"valid": 0, "blank": 1, "invalid": 0},
    }
    done = story({"ballots": {"points": {"opened": NOW, "items": ["water", "fire"], "closed": NOW, "result": {}, "box": box}}})

    assert [(each.cell, each.value, each.times) for each in facts(process, "mean", done)] == [('["water"]', "83.333333333", 3)]


def test_entries_of_an_attendance_are_person_times(process: Process) -> None:
    at = "2026-03-02T02:30:00Z"
    entries = [
        {"person": "li", "method": "qr", "at": at, "late": False, "status": "present"},
        {"person": "wang", "at": at, "late": False, "status": "absent"},
        {"person": "zhao", "at": at, "late": False, "status": "present"},
    ]
    found = facts(process, "persons", story({"data": {"came": entries}}))
    assert [(each.cell, each.at) for each in found] == [('["present"]', parse_instant(at)), ('["absent"]', parse_instant(at))]


def test_children_and_links_count_as_they_have_told(process: Process) -> None:
    told = {"state": "closed", "outcome": "success", "number": "", "opened_at": "2026-03-01T00:00:00Z", "done": True, "overdue": False}
    child = {"group": "parts", "key": "water", "n": 1, "stay": 1, "org": "o"}
    tied = {"link": "earlier", "id": "c2", "n": 3, "org": "o", "told": told}
    known = story(
        {
            "children": {"k1": {**child, "told": told}, "k2": {**child, "key": "fire", "n": 2}},
            "links": {"earlier:c2": tied, "earlier:c3": {**tied, "id": "c3", "n": 4}},
            "shared": {"earlier:c2": {"score": "7.5"}},
        }
    )
    assert counts(process, "children", known) == {"[true]": 1, "[false]": 1}
    assert [(each.value, each.at) for each in facts(process, "tied", known)] == [
        ("7.5", parse_instant("2026-03-01T00:00:00Z")),
        ("0", parse_instant("2026-03-01T00:00:00Z")),
    ]


def test_a_part_of_a_divided_matter_counts_only_where_parts_do(process: Process) -> None:
    part = story(notes={"at": "open"})
    assert (facts(process, "cases", part), len(facts(process, "whole", part))) == ([], 1)


def test_entries_of_plain_lists_are_the_row_itself(process: Process) -> None:
    known = story({"data": {"units": ["water", "fire", "water"], "tags": ["b"]}})
    assert [each.value for each in facts(process, "units", known)] == ['"water"', '"fire"', '"water"']
    assert counts(process, "tags", known) == {'["b"]': 1}


def test_a_case_counts_on_the_day_it_names_and_else_when_it_was_opened(process: Process) -> None:
    (named,) = facts(process, "cases", story({"data": {"day": "2025-12-31"}}))
    assert named.at == parse_instant("2025-12-31T00:00:00+08:00")
    assert [each.at for each in facts(process, "cases", story())] == [NOW]


def test_what_is_sealed_is_not_known_until_its_seal_is_broken(process: Process) -> None:
    sealed = story({"data": {"score": "90"}})
    assert [each.value for each in facts(process, "score", sealed)] == [None]


def test_periods_that_were_met_missed_or_are_past_due_are_owed_and_timers_never(process: Process) -> None:
    def change(op: str, n: int, due: str, period: int) -> dict[str, Any]:
        return {"op": op, "name": "open.weekly", "n": n, "due": due, "period": period}

    opened = body(
        1,
        before=[],
        deadlines=[
            change("armed", 1, "2026-03-06T10:00:00Z", 1),
            {"op": "armed", "name": "open.remind", "n": 9, "due": "2026-03-05T00:00:00Z"},
        ],
    )
    later = body(2, deadlines=[change("met", 1, "2026-03-06T10:00:00Z", 1), change("armed", 2, "2026-03-13T10:00:00Z", 2)])
    known = tell([opened, later])
    assert known is not None
    assert counts(process, "weeks", known) == {"[]11": 1}
    assert counts(process, "weeks", known, NOW + 30 * DAY) == {"[]11": 1, "[]01": 1}
    assert facts(process, "reminders", known, NOW + 30 * DAY) == []
    missed = tell([opened, later, body(3, deadlines=[change("missed", 2, "2026-03-13T10:00:00Z", 2)])])
    assert missed is not None
    assert counts(process, "weeks", missed) == {"[]11": 1, "[]01": 1}


def test_takings_since_a_state_was_entered_are_counted_from_the_trail(process: Process) -> None:
    taking: dict[str, Any] = {"steps": [{"trigger": "act:report", "taken": ["open/act:report#0"], "exited": [], "entered": []}]}
    known = tell([body(1, before=[], delta={"entered": {"open": [NOW, 1]}}), body(2, **taking), body(3, **taking)])
    assert known is not None
    assert [each.value for each in facts(process, "since", known)] == ["2"]


def test_facts_hold_until_midnight_where_today_is_read_and_until_what_is_due_where_lateness_is(process: Process) -> None:
    due = {"op": "armed", "name": "open.reply", "n": 1, "due": "2026-03-09T10:00:00Z"}
    ledger = {"n": 1, "name": "open.reply", "status": "running", "armed": NOW, "calendar": CN.version, "provisional": False, "rungs": []}
    running = {"open.reply": {**ledger, "due": parse_instant("2026-03-09T10:00:00Z"), "fired": {}}}
    known = story({"data": {"day": "2026-03-03"}, "deadlines": running}, deadlines=[due])

    def holds(*names: str, now: Instant = NOW) -> tuple[Instant, Instant | None]:
        return tuple(holds_for(known, [process.definition.indicators[name] for name in names], CN, now))  # type: ignore[return-value]

    assert holds("cases") == (NOW, None)
    assert holds("today") == (NOW, parse_instant("2026-03-03T00:00:00+08:00"))
    assert holds("late") == (NOW, parse_instant("2026-03-09T10:00:00Z"))
    assert holds("late", "today") == holds("today")
    assert holds("late", now=NOW + 10 * DAY) == (parse_instant("2026-03-09T10:00:00Z"), None)
    assert holds("today", now=NOW + DAY) == (parse_instant("2026-03-03T00:00:00+08:00"), parse_instant("2026-03-04T00:00:00+08:00"))
    assert [len(facts(process, "late", known, now)) for now in (NOW, NOW + 10 * DAY)] == [0, 1]
    assert [len(facts(process, "today", known, now)) for now in (NOW, NOW + DAY)] == [0, 1]


def test_an_act_whose_time_is_corrected_counts_at_the_right_time() -> None:
    taking: dict[str, Any] = {"steps": [{"trigger": "act:report", "taken": ["open/act:report#0"], "exited": [], "entered": []}]}
    right = "2026-02-27T02:00:00Z"
    asked = body(3, kind="correction", notes={"corrects": 2, "occurred_at": right, "asked": True})
    done = body(4, kind="correction", notes={"corrects": 2, "occurred_at": right, "approves": 3})
    events = [body(1, before=[]), body(2, **taking), asked, done]

    def taken(many: int) -> list[Instant]:
        known = tell(events[:many])
        assert known is not None
        return [each.at for each in known.takings]

    assert [taken(3), taken(4)] == [[NOW], [parse_instant(right)]]


def test_stays_follow_the_configuration_also_through_a_migration_that_renames_a_state() -> None:
    events = [
        body(1, before=[], after=["old.a"]),
        body(2, at=NOW + DAY, kind="migration", before=["old.a"], after=["new.a"]),
        body(3, at=NOW + 2 * DAY, before=["new.a"], after=["new.b"]),
    ]
    known = tell(events)
    assert known is not None
    assert {state: [(stay.begin - NOW, stay.end and stay.end - NOW) for stay in stays] for state, stays in known.stays.items()} == {
        "old": [(0, DAY)],
        "old.a": [(0, DAY)],
        "new": [(DAY, None)],
        "new.a": [(DAY, 2 * DAY)],
        "new.b": [(2 * DAY, None)],
    }
