"""Moving many cases to another version through the one door: planned, in batches, resumable, in the trail, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.clock import Instant, parse_instant, rfc3339
from engine.core.case import Case
from engine.core.chain import verify_chain
from engine.errors import CommandRefused, InvalidInput, NotAllowed, NotFound
from engine.runtime.lane import BULK_SLICE
from engine.runtime.migrating import Migrating
from engine.runtime.people import Principal
from engine.runtime.reading import Reading
from engine.runtime.rebuilding import rebuilt
from engine.runtime.timeline import timeline
from engine.store.deadlines import deadlines_of_case
from engine.store.trail import StoredEvent, events_of_case
from tests.application import ADMIN, DAY, MEMBER, OFFICE, ORG, START, TRIAL, Trial, trial

SECOND = (
    TRIAL.replace("version: 1", "version: 2", 1)
    .replace("initial: received", "initial: intake")
    .replace("  received:", "  intake:")
    .replace("within: 1 month", "within: 2 months")
    .replace(
        "deadlines: {accept:", "deadlines: {sight: {within: 3 working days, basis: default, rungs: [{at: due, notify: [owner]}]}, accept:"
    )
    + "migrate: {from: 1, states: {received: intake}, deadlines: {default: keep, work.report: recompute}}\n"
)
SECONDS = 1_000_000
DESIGNER = Principal("sun", ORG, frozenset({"designer"}))


@pytest.fixture
def migrating(office: Trial) -> Migrating:
    office.app.registry.publish(ADMIN, SECOND, "trial.yaml", START)
    return Migrating(office.app)


def opened(office: Trial, count: int) -> list[Case]:
    """Cases of version 1, opened one after the other; every second one accepted."""
    cases = []
    for n in range(count):
        cases.append(office.app.service.open(OFFICE, "trial", version=1, data={"topic": f"路灯{n}"}).result().case)
        office.clock.instant += SECONDS
    for case in cases[1::2]:
        office.act(case, "accept", data={"n": 1})
    return cases


def trail(office: Trial, case: Case) -> list[StoredEvent]:
    with office.app.store.read() as reader:
        return events_of_case(reader, ORG, case.id)


def deadline_rows(office: Trial, case: Case) -> dict[str, tuple[str, str | None]]:
    with office.app.store.read() as reader:
        rows = deadlines_of_case(reader, ORG, case.id)
    return {row.name: (row.status, None if row.next_at is None else rfc3339(row.next_at)) for row in rows}


def in_inbox(office: Trial, case: Case) -> list[tuple[str, str]]:
    items: Any = Reading(office.app).inbox(OFFICE, "zh-CN", cursor=None, limit=500)["tasks"]
    return [(task["kind"], task["state"]) for task in items if task["case"] == case.id]


def local(text: str) -> Instant:
    return parse_instant(f"{text}+08:00")


def test_the_plan_says_for_each_case_where_it_goes_and_what_becomes_of_its_deadlines(office: Trial, migrating: Migrating) -> None:
    received, accepted = opened(office, 2)
    office.clock.instant += 4 * DAY
    plan = migrating.plan(DESIGNER, "trial", 2)

    assert (plan["moved"], plan["cannot_move"], plan["next"]) == (2, 0, None)
    first, second = plan["cases"]
    assert (first["case"], first["from"], first["to"]) == (received.id, ["received"], ["intake"])
    assert (second["case"], second["from"], second["to"]) == (accepted.id, ["work"], ["work"])
    assert first["deadlines"] == [
        {
            "name": "intake.sight",
            "was": None,
            "operation": "armed",
            "old_due": None,
            "new_due": rfc3339(local("2026-03-06T00:00:00")),
            "rungs_due": ["due"],
        },
        {
            "name": "intake.accept",
            "was": "received.accept",
            "operation": "kept",
            "old_due": rfc3339(local("2026-03-10T00:00:00")),
            "new_due": rfc3339(local("2026-03-10T00:00:00")),
            "rungs_due": [],
        },
    ]
    (report,) = second["deadlines"]
    assert (report["operation"], report["old_due"], report["new_due"]) == (
        "recomputed",
        rfc3339(local("2026-04-03T00:00:00")),
        rfc3339(local("2026-05-07T00:00:00")),
    )


def test_a_plan_changes_nothing(office: Trial, migrating: Migrating) -> None:
    cases = opened(office, 3)
    before = [office.case(case.id) for case in cases]
    migrating.plan(DESIGNER, "trial", 2, policy="restart")

    assert before == [office.case(case.id) for case in cases]


def test_what_was_planned_is_what_happens(office: Trial, migrating: Migrating) -> None:
    opened(office, 4)
    plan = migrating.plan(DESIGNER, "trial", 2, policy="restart")
    done = migrating.migrate(DESIGNER, "trial", 2, policy="restart", reason="新规施行")

    assert (done["moved"], done["skipped"], done["cannot_move"], done["next"]) == (4, 0, 0, None)
    for planned in plan["cases"]:
        case = office.case(planned["case"])
        assert list(case.configuration) == planned["to"]
        assert case.definition_version == 2
        live = {name: rfc3339(kept["due"]) for name, kept in case.snapshot["deadlines"].items()}
        assert live == {each["name"]: each["new_due"] for each in planned["deadlines"]}


def test_every_row_of_a_moved_case_is_rebuilt_from_its_trail_and_its_chain_is_whole(office: Trial, migrating: Migrating) -> None:
    cases = opened(office, 4)
    migrating.migrate(DESIGNER, "trial", 2, policy="remaining", reason="新规施行")
    migrating.undo(DESIGNER, "trial", 2, only=[cases[0].id, cases[1].id])
    for case in cases:
        stored = trail(office, case)
        assert rebuilt(stored) == office.case(case.id)
        assert verify_chain([each.event.body.encode() for each in stored], [each.event.hash for each in stored]) == []
    body = orjson.loads(trail(office, cases[2])[-1].event.body)
    assert (body["kind"], body["action"], body["definition"], body["actor"]) == (
        "migration",
        "migrate",
        2,
        {"id": "sun", "role": "migrator"},
    )
    assert {key: body["notes"][key]["version"] for key in ("from", "to")} == {"from": 1, "to": 2}
    assert (body["notes"]["policy"], body["before"], body["after"]) == ("remaining", ["received"], ["intake"])


def test_rows_of_deadlines_and_tasks_follow(office: Trial, migrating: Migrating) -> None:
    (case,) = opened(office, 1)
    assert in_inbox(office, case) == [("owner", "received")]
    migrating.migrate(DESIGNER, "trial", 2)
    rows = deadline_rows(office, case)

    assert rows["received.accept"] == ("cancelled", None)
    assert rows["intake.accept"][0] == rows["intake.sight"][0] == "running"
    assert in_inbox(office, case) == [("owner", "intake")]
    office.clock.instant += 6 * DAY
    fired = office.app.service.fire_due(office.clock.now(), 50).result()
    assert (fired.fired, fired.failed) == (2, ())


def test_cases_go_on_by_the_new_version_and_new_ones_open_in_it(office: Trial, migrating: Migrating) -> None:
    (case,) = opened(office, 1)
    migrating.migrate(DESIGNER, "trial", 2)

    assert office.act(case, "accept", data={"n": 1}).case.configuration == ("work",)
    assert office.open().definition_version == 2


def test_beginning_again_passes_over_whoever_is_there(office: Trial, migrating: Migrating) -> None:
    cases = opened(office, 5)
    first = migrating.migrate(DESIGNER, "trial", 2, limit=2)
    assert (first["moved"], first["next"] is not None) == (2, True)
    assert {office.case(case.id).definition_version for case in cases[:2]} == {2}
    rest = migrating.migrate(DESIGNER, "trial", 2)
    again = migrating.migrate(DESIGNER, "trial", 2)

    assert (rest["moved"], again["moved"]) == (3, 0)
    assert [office.case(case.id).seq for case in cases] == [2, 3, 2, 3, 2]


def test_going_on_from_the_cursor_moves_the_rest(office: Trial, migrating: Migrating) -> None:
    opened(office, 5)
    cursor, moved = None, []
    while True:
        done = migrating.migrate(DESIGNER, "trial", 2, limit=2, cursor=cursor)
        moved.append(done["moved"])
        if (cursor := done["next"]) is None:
            break

    assert moved == [2, 2, 1]


def test_progress_is_told_slice_by_slice_while_clerks_act_in_between(database_url: str, tmp_path: Path) -> None:
    with trial(database_url, tmp_path, threads=True) as office:
        office.app.registry.publish(ADMIN, SECOND, "trial.yaml", START)
        cases = opened(office, BULK_SLICE + 3)
        seen: list[int] = []

        def progress(count: int) -> None:
            if not seen:
                office.act(cases[-1], "accept", data={"n": 1})
            seen.append(count)

        done = Migrating(office.app).migrate(DESIGNER, "trial", 2, progress=progress)
        last = office.case(cases[-1].id)

    assert (seen, done["moved"]) == ([BULK_SLICE, 3], BULK_SLICE + 3)
    assert (last.configuration, last.definition_version, last.seq) == (("work",), 2, 3)


def test_a_case_that_cannot_move_is_told_with_its_reasons_and_stays(office: Trial) -> None:
    without = SECOND.replace("states: {received: intake}, ", "")
    office.app.registry.publish(ADMIN, without, "trial.yaml", START)
    received, accepted = opened(office, 2)
    done = Migrating(office.app).migrate(DESIGNER, "trial", 2)

    assert (done["moved"], done["cannot_move"]) == (1, 1)
    (refused,) = done["refused"]
    assert (refused["case"], [each["code"] for each in refused["refusals"]]) == (received.id, ["no_such_state"])
    assert (office.case(received.id).definition_version, office.case(accepted.id).definition_version) == (1, 2)


def test_ended_cases_are_left_alone(office: Trial, migrating: Migrating) -> None:
    (case,) = opened(office, 1)
    office.clock.instant += 30 * DAY
    while office.app.service.fire_due(office.clock.now(), 50).result().fired:
        pass
    assert office.case(case.id).outcome == "lapsed"

    assert migrating.plan(DESIGNER, "trial", 2)["cases"] == []
    assert migrating.migrate(DESIGNER, "trial", 2)["moved"] == 0


def test_undoing_puts_back_what_nothing_has_happened_to_and_nothing_else(office: Trial, migrating: Migrating) -> None:
    untouched, acted = opened(office, 2)
    before = {case.id: office.case(case.id) for case in (untouched, acted)}
    migrating.migrate(DESIGNER, "trial", 2, policy="restart")
    office.act(acted, "call")
    done = migrating.undo(DESIGNER, "trial", 2, reason="条文有误")

    assert (done["moved"], done["cannot_move"]) == (1, 0)
    case = office.case(untouched.id)
    assert {**case.snapshot, "counters": 0} == {**before[case.id].snapshot, "counters": 0}
    assert (case.configuration, case.digest, case.seq) == (("received",), before[case.id].digest, 3)
    assert office.case(acted.id).definition_version == 2
    assert deadline_rows(office, untouched)["received.accept"][0] == "running"
    assert in_inbox(office, untouched) == [("owner", "received")]
    assert migrating.undo(DESIGNER, "trial", 2)["moved"] == 0


def test_after_undoing_the_rungs_fire_and_the_migration_can_be_done_again(office: Trial, migrating: Migrating) -> None:
    (case,) = opened(office, 1)
    migrating.migrate(DESIGNER, "trial", 2)
    migrating.undo(DESIGNER, "trial", 2)
    office.clock.instant += 6 * DAY
    assert office.app.service.fire_due(office.clock.now(), 50).result().fired == 1
    migrating.migrate(DESIGNER, "trial", 2)
    kept = office.case(case.id).snapshot["deadlines"]["intake.accept"]

    assert list(kept["fired"]) == ["80 %"]
    assert rebuilt(trail(office, case)) == office.case(case.id)


def test_the_counts_say_how_many_run_at_which_version_and_where(office: Trial, migrating: Migrating) -> None:
    opened(office, 3)
    migrating.migrate(DESIGNER, "trial", 2, limit=1)

    assert migrating.standing(DESIGNER, "trial")["versions"] == [
        {
            "version": 1,
            "running": 2,
            "states": {"received": 1, "work": 1},
            "places": [{"states": ["received"], "running": 1}, {"states": ["work"], "running": 1}],
        },
        {"version": 2, "running": 1, "states": {"intake": 1}, "places": [{"states": ["intake"], "running": 1}]},
    ]


def test_it_needs_the_right_to_publish_a_known_version_and_a_known_policy(migrating: Migrating) -> None:
    with pytest.raises(NotAllowed):
        migrating.migrate(MEMBER, "trial", 2)
    with pytest.raises(NotFound):
        migrating.plan(DESIGNER, "trial", 3)
    with pytest.raises(InvalidInput, match="keep, recompute, remaining, restart"):
        migrating.plan(DESIGNER, "trial", 2, policy="forget")


def test_the_story_of_a_moved_case_is_told_in_the_words_of_each_version(office: Trial, migrating: Migrating) -> None:
    (case,) = opened(office, 1)
    office.clock.instant += 6 * DAY
    office.app.service.fire_due(office.clock.now(), 50).result()
    migrating.migrate(DESIGNER, "trial", 2)
    office.act(case, "accept", data={"n": 1})
    told = timeline(office.app, OFFICE, case.id, "en")

    assert [entry["what"] for entry in told][2] == "Moved to another version"
    assert [entry["where"] for entry in told] == [["received"], ["received"], ["intake"], ["work"]]


def test_a_form_that_was_open_before_is_stale_afterwards(office: Trial, migrating: Migrating) -> None:
    (case,) = opened(office, 1)
    migrating.migrate(DESIGNER, "trial", 2)

    assert office.case(case.id).version == case.version + 1


def test_undoing_is_refused_when_the_case_moved_on_in_between(office: Trial, migrating: Migrating) -> None:
    (case,) = opened(office, 1)
    migrating.migrate(DESIGNER, "trial", 2)
    seq = office.case(case.id).seq
    office.act(case, "urge", MEMBER)
    with pytest.raises(CommandRefused) as refused:
        migrating._put_back(DESIGNER, case.id, seq, None).result()

    assert [each.code for each in refused.value.refusals] == ["not_last"]
