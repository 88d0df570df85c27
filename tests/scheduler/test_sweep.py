"""The sweep fires each rung exactly once, in order, whoever sweeps and whatever stopped in between."""

from __future__ import annotations

import orjson

from engine.clock import parse_instant, rfc3339
from engine.scheduler.relay import STORM, Relay
from engine.scheduler.sealer import Sealer
from engine.scheduler.sweep import Sweep
from engine.store.log import log_after, unread_notices
from engine.store.trail import events_of_case
from tests.application import DAY, MEMBER, ORG, START, Trial


def rungs(office: Trial, case_id: str) -> list[tuple[str, str, str]]:
    """The rungs in the trail: which, when it was due, when it was recorded."""
    with office.app.store.read() as reader:
        stored = events_of_case(reader, ORG, case_id)
    bodies = [orjson.loads(each.event.body) for each in stored]
    return [(body["notes"]["rung"], body["occurred_at"], body["recorded_at"]) for body in bodies if body["kind"] == "rung"]


def test_rungs_fire_once_each_at_their_instants_however_often_one_sweeps(office: Trial) -> None:
    case = office.open()
    sweep = Sweep(office.app)
    for _ in range(24):
        office.clock.instant += DAY
        sweep.run_once(office.clock.now())
        Sweep(office.app).run_once(office.clock.now())

    assert [("80 %", "2026-03-06T16:00:00Z"), ("due", "2026-03-09T16:00:00Z"), ("5 working days after", "2026-03-16T16:00:00Z")] == [
        (rung, due) for rung, due, _ in rungs(office, case.id)
    ]
    assert (("lapsed",), "lapsed") == (office.case(case.id).configuration, office.case(case.id).outcome)


def test_what_was_missed_is_made_up_for_in_order_of_time(office: Trial) -> None:
    first, second = office.open(), office.open()
    office.clock.instant += 60 * DAY
    result = Sweep(office.app).run_once(office.clock.now())

    assert (6, 0) == (result.fired, result.failed)
    for case in (first, second):
        due = [instant for _, instant, _ in rungs(office, case.id)]
        assert sorted(due) == due
        assert {rfc3339(office.clock.now())} == {recorded for _, _, recorded in rungs(office, case.id)}


def test_many_due_rungs_all_fire_in_several_commits(office: Trial) -> None:
    cases = [office.open() for _ in range(130)]
    office.clock.instant = parse_instant("2026-03-07T09:00:00+08:00")

    assert len(cases) == Sweep(office.app).run_once(office.clock.now()).fired
    assert 0 == Sweep(office.app).run_once(office.clock.now()).fired


def test_broken_case_does_not_hold_up_the_others(office: Trial) -> None:
    broken, sound = office.open(), office.open()
    engine = office.app.store.dialect.engine(read_only=False, size=1)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE cases SET snapshot = '{{}}' WHERE id = '{broken.id}'")
        connection.exec_driver_sql(f"UPDATE cases SET definition_version = 99, digest = 'gone' WHERE id = '{broken.id}'")
    engine.dispose()
    office.clock.instant += 6 * DAY
    result = Sweep(office.app).run_once(office.clock.now())

    assert (1, 1) == (result.fired, result.failed)
    assert ["80 %"] == [rung for rung, _, _ in rungs(office, sound.id)]


def test_suspended_case_fires_nothing_until_it_is_resumed(office: Trial) -> None:
    case = office.open()
    office.act(case, "accept", data={"n": 1})
    office.act(case, "suspend", reason="等资料")
    office.clock.instant += 90 * DAY
    assert 0 == Sweep(office.app).run_once(office.clock.now()).fired
    office.act(case, "resume")
    assert 0 == Sweep(office.app).run_once(office.clock.now()).fired
    office.clock.instant += 32 * DAY

    assert 1 == Sweep(office.app).run_once(office.clock.now()).fired


def test_sealed_log_numbers_every_event_once_without_gaps(office: Trial) -> None:
    for _ in range(3):
        office.act(office.open(), "accept", data={"n": 1})
    assert 6 == Sealer(office.app).run_once(START)
    assert 0 == Sealer(office.app).run_once(START)
    office.open()
    Sealer(office.app).run_once(START)
    with office.app.store.read() as reader:
        found = [stored.log_index for stored in log_after(reader, ORG, 0, 100)]

    assert list(range(1, 8)) == found


def test_notices_reach_who_is_meant_once(office: Trial) -> None:
    case = office.open()
    office.act(case, "urge", MEMBER)
    Sealer(office.app).run_once(START)
    assert 1 == Relay(office.app).run_once(START)
    assert 0 == Relay(office.app).run_once(START)
    with office.app.store.read() as reader:
        (notice,) = unread_notices(reader, ORG, roles={"office"}, unit=None, person="li")

    assert (case.id, "office") == (notice.case_id, notice.role)


def test_storm_of_notices_becomes_one_that_counts_the_rest(office: Trial) -> None:
    case = office.open()
    for _ in range(STORM + 30):
        office.act(case, "urge", MEMBER)
    Sealer(office.app).run_once(START)

    assert STORM == Relay(office.app).run_once(START)
    with office.app.store.read() as reader:
        kinds = [notice.kind for notice in unread_notices(reader, ORG, roles={"office"}, unit=None, person="li")]
    assert 1 == kinds.count("storm")
