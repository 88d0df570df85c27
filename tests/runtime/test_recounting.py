"""A changed calendar and running cases: previewed, applied in batches through the one door, in the trail, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import orjson
import pytest

from engine.clock import Instant, parse_instant, rfc3339
from engine.core.case import Case
from engine.core.chain import verify_chain
from engine.errors import NotAllowed
from engine.runtime.lane import BULK_SLICE
from engine.runtime.people import Principal
from engine.runtime.reading import Reading
from engine.runtime.rebuilding import rebuilt
from engine.runtime.recounting import Behind, Recounting
from engine.runtime.timeline import timeline
from engine.scheduler.calendar_watch import CalendarWatch
from engine.store.deadlines import deadlines_of_case
from engine.store.trail import StoredEvent, events_of_case
from tests.application import ADMIN, DAY, MEMBER, OFFICE, ORG, ROOT, Trial, trial

SECONDS = 1_000_000
DECEMBER: Instant = parse_instant("2026-12-28T09:00:00+08:00")
KEEPER = Principal("kong", ORG, frozenset({"admin"}))
NOTICE = """calendar: cn
year: 2027
status: announced
source: {zh-CN: 测试用通知, en: A notice made up for this test}
published: 2026-11-04
days:
  - {date: 2027-01-01, kind: rest, reason: {zh-CN: 元旦, en: "New Year's Day"}}
  - {date: 2027-01-04, kind: rest, reason: {zh-CN: 元旦调休, en: "New Year's Day, moved"}}
"""
Begin = Callable[[], Trial]


@pytest.fixture
def workflows(tmp_path: Path) -> Path:
    """A folder of calendars of the test's own."""
    folder = tmp_path / "workflows"
    shutil.copytree(ROOT / "workflows" / "calendars", folder / "calendars")
    return folder


@pytest.fixture
def begin(database_url: str, tmp_path: Path, workflows: Path) -> Iterator[Begin]:
    """Start the application on the calendars as they are now; the one before is closed."""
    with ExitStack() as stack:
        running: list[ExitStack] = []

        def started() -> Trial:
            while running:
                running.pop().close()
            own = stack.enter_context(ExitStack())
            running.append(own)
            return own.enter_context(trial(database_url, tmp_path, now=DECEMBER, workflows=workflows))

        yield started


def enter_notice(workflows: Path, text: str = NOTICE) -> None:
    (workflows / "calendars" / "cn" / "2027.yaml").write_text(text, "utf-8")


def opened(office: Trial, count: int) -> list[Case]:
    """Cases opened one after the other; every second one accepted, so that its term of one month runs."""
    cases = []
    for _ in range(count):
        cases.append(office.open())
        office.clock.instant += SECONDS
    for case in cases[1::2]:
        office.act(case, "accept", data={"n": 1})
    return cases


@pytest.fixture
def changed(begin: Begin, workflows: Path) -> tuple[Trial, list[Case]]:
    """Four cases that were counted on the provisional year, and the service started again on the notice."""
    cases = opened(begin(), 4)
    enter_notice(workflows)
    office = begin()
    office.clock.instant = DECEMBER + DAY
    return office, cases


def trail(office: Trial, case: Case) -> list[StoredEvent]:
    with office.app.store.read() as reader:
        return events_of_case(reader, ORG, case.id)


def due(office: Trial, case: Case, name: str = "received.accept") -> str:
    return rfc3339(office.case(case.id).snapshot["deadlines"][name]["due"])


def test_the_preview_says_for_each_case_what_was_and_what_would_be(changed: tuple[Trial, list[Case]]) -> None:
    office, (received, accepted, *_) = changed
    found = Recounting(office.app).preview(KEEPER, language="en")
    assert (found["dry_run"], found["moved"], found["skipped"], found["next"]) == (True, 4, 0, None)
    assert found["calendars"]["cn"] == office.app.calendars["cn"].version
    first, second = found["cases"][:2]
    assert (first["case"], second["case"]) == (received.id, accepted.id)
    (moved,) = first["deadlines"]
    assert {key: moved[key] for key in ("name", "old_due", "new_due", "was_provisional", "provisional", "rungs_due")} == {
        "name": "received.accept",
        "old_due": "2027-01-05T16:00:00Z",
        "new_due": "2027-01-06T16:00:00Z",
        "was_provisional": True,
        "provisional": False,
        "rungs_due": [],
    }
    assert [(rung["at"], rung["old_instant"], rung["new_instant"]) for rung in moved["rungs"]] == [
        ("80 %", "2027-01-04T16:00:00Z", "2027-01-05T16:00:00Z"),
        ("due", "2027-01-05T16:00:00Z", "2027-01-06T16:00:00Z"),
        ("5 working days after", "2027-01-12T16:00:00Z", "2027-01-13T16:00:00Z"),
    ]
    (month,) = second["deadlines"]
    assert (month["name"], month["old_due"] == month["new_due"], month["was_provisional"], month["provisional"]) == (
        "work.report",
        True,
        True,
        False,
    )


def test_a_preview_changes_nothing(changed: tuple[Trial, list[Case]]) -> None:
    office, cases = changed
    before = [office.case(case.id) for case in cases]
    Recounting(office.app).preview(KEEPER)
    assert [office.case(case.id) for case in cases] == before


def test_what_was_previewed_is_what_happens_and_a_second_time_finds_nothing(changed: tuple[Trial, list[Case]]) -> None:
    office, cases = changed
    recounting = Recounting(office.app)
    planned = recounting.preview(KEEPER)["cases"]
    done = recounting.apply(KEEPER, reason="国务院办公厅通知")
    assert (done["dry_run"], done["moved"], done["skipped"], done["next"]) == (False, 4, 0, None)
    for each in planned:
        live = office.case(each["case"]).snapshot["deadlines"]
        assert {one["name"]: one["new_due"] for one in each["deadlines"]} == {name: rfc3339(kept["due"]) for name, kept in live.items()}
    again = recounting.apply(KEEPER)
    assert (again["moved"], again["skipped"], recounting.preview(KEEPER)["cases"]) == (0, 0, [])
    assert [office.case(case.id).seq for case in cases] == [2, 3, 2, 3]


def test_the_trail_says_who_why_and_what_it_was_and_gives_the_case_again(changed: tuple[Trial, list[Case]]) -> None:
    office, cases = changed
    Recounting(office.app).apply(KEEPER, reason="国务院办公厅通知")
    for case in cases:
        stored = trail(office, case)
        assert rebuilt(stored) == office.case(case.id)
        assert verify_chain([each.event.body.encode() for each in stored], [each.event.hash for each in stored]) == []
    body = orjson.loads(trail(office, cases[0])[-1].event.body)
    assert (body["kind"], body["action"], body["actor"]) == ("calendar", "recount", {"id": "kong", "role": "calendar_keeper"})
    assert body["deadlines"] == [{"op": "recomputed", "name": "received.accept", "n": 1, "due": "2027-01-06T16:00:00Z"}]
    assert body["notes"]["was"]["received.accept"]["due"] == "2027-01-05T16:00:00Z"
    assert body["notes"]["calendar"] == office.app.calendars["cn"].version
    told = timeline(office.app, OFFICE, cases[0].id, "en")[-1]
    assert told["what"] == "Counted again, for the calendar has changed"
    assert any("New Year's Day" in line for line in told["deadlines"][0]["why"])


def test_open_forms_stay_good_for_nothing_of_them_has_changed(changed: tuple[Trial, list[Case]]) -> None:
    office, (received, *_) = changed
    Recounting(office.app).apply(KEEPER)
    assert office.case(received.id).version == received.version
    office.act(received, "accept", data={"n": 1}, expected=received.version)


def test_rungs_fire_at_the_new_instants_and_what_has_fired_stays(begin: Begin, workflows: Path) -> None:
    office = begin()
    (case,) = opened(office, 1)
    office.clock.instant = parse_instant("2027-01-04T16:00:00Z")
    assert office.app.service.fire_due(office.clock.now(), 50).result().fired == 1
    enter_notice(workflows)
    office = begin()
    office.clock.instant = parse_instant("2027-01-05T15:00:00Z")
    Recounting(office.app).apply(KEEPER)
    with office.app.store.read() as reader:
        (row,) = deadlines_of_case(reader, ORG, case.id)
    assert (row.due_at, row.next_at, row.next_rung, row.provisional, row.calendar) == (
        parse_instant("2027-01-06T16:00:00Z"),
        parse_instant("2027-01-06T16:00:00Z"),
        "due",
        False,
        office.app.calendars["cn"].version,
    )
    office.clock.instant = parse_instant("2027-01-06T15:59:59Z")
    assert office.app.service.fire_due(office.clock.now(), 50).result().fired == 0
    office.clock.instant += SECONDS
    assert office.app.service.fire_due(office.clock.now(), 50).result().fired == 1
    assert list(office.case(case.id).snapshot["deadlines"]["received.accept"]["fired"]) == ["80 %", "due"]


def test_what_has_become_due_by_it_is_told_beforehand_and_fires_at_once(begin: Begin, workflows: Path) -> None:
    office = begin()
    (case,) = opened(office, 1)
    worked = NOTICE.replace("2027-01-04, kind: rest", "2027-01-02, kind: work")
    enter_notice(workflows, worked)
    office = begin()
    office.clock.instant = parse_instant("2027-01-04T12:00:00Z")
    (planned,) = Recounting(office.app).preview(KEEPER)["cases"]
    assert planned["deadlines"][0]["rungs_due"] == ["80 %"]
    Recounting(office.app).apply(KEEPER)
    assert office.app.service.fire_due(office.clock.now(), 50).result().fired == 1
    assert list(office.case(case.id).snapshot["deadlines"]["received.accept"]["fired"]) == ["80 %"]


def test_in_parts_and_broken_off_it_goes_on_where_it_was(changed: tuple[Trial, list[Case]]) -> None:
    office, cases = changed
    recounting = Recounting(office.app)
    first = recounting.apply(KEEPER, limit=1)
    assert (first["moved"], first["next"] is not None) == (1, True)
    second = recounting.apply(KEEPER, limit=2, cursor=first["next"])
    assert second["moved"] == 2
    assert recounting.apply(KEEPER)["moved"] == 1  # begun again without the cursor
    assert {kept["provisional"] for case in cases for kept in office.case(case.id).snapshot["deadlines"].values()} == {False}


def test_only_the_cases_that_are_named_are_counted(changed: tuple[Trial, list[Case]]) -> None:
    office, cases = changed
    assert Recounting(office.app).apply(KEEPER, only=[cases[2].id])["moved"] == 1
    assert [office.case(case.id).seq for case in cases] == [1, 2, 2, 2]


def test_clerks_act_in_between(database_url: str, tmp_path: Path, begin: Begin, workflows: Path) -> None:
    cases = opened(begin(), BULK_SLICE + 3)
    enter_notice(workflows)
    seen: list[int] = []
    with trial(database_url, tmp_path, threads=True, now=DECEMBER + DAY, workflows=workflows) as office:

        def progress(count: int) -> None:
            if not seen:
                office.act(cases[-1], "accept", data={"n": 1})
            seen.append(count)

        done = Recounting(office.app).apply(KEEPER, progress=progress)
        last = office.case(cases[-1].id)
    # What was accepted meanwhile was counted on the new calendar then: it is passed over.
    assert (seen, done["moved"], done["skipped"]) == ([BULK_SLICE, 3], BULK_SLICE + 2, 1)
    assert (last.configuration, last.seq) == (("work",), 2)


def test_the_service_says_at_its_start_what_was_counted_on_an_older_calendar(changed: tuple[Trial, list[Case]]) -> None:
    office, _ = changed
    assert Recounting(office.app).behind(ORG) == Behind(4, 4)
    assert CalendarWatch(office.app).run_once(office.clock.now()) == Behind(4, 4)
    Recounting(office.app).apply(KEEPER)
    assert CalendarWatch(office.app).run_once(office.clock.now()) == Behind(0, 0)


def test_nothing_is_behind_where_the_notice_touches_nothing_that_runs(begin: Begin, workflows: Path) -> None:
    office = begin()
    office.clock.instant = parse_instant("2026-09-01T09:00:00+08:00")
    (case,) = opened(office, 1)
    enter_notice(workflows)
    office = begin()
    assert Recounting(office.app).behind(ORG) == Behind(0, 0)
    done = Recounting(office.app).apply(KEEPER)
    assert (done["moved"], done["skipped"], office.case(case.id).seq) == (0, 1, 1)


def test_until_then_the_explanation_says_that_the_calendar_leads_elsewhere(changed: tuple[Trial, list[Case]]) -> None:
    office, (received, *_) = changed
    reading = Reading(office.app)
    assert reading.explain(OFFICE, received.id, "received.accept", "en")["agrees"] is False
    Recounting(office.app).apply(KEEPER)
    assert reading.explain(OFFICE, received.id, "received.accept", "en")["agrees"] is True
    assert due(office, received) == "2027-01-06T16:00:00Z"


def test_it_needs_the_right_over_calendars(changed: tuple[Trial, list[Case]]) -> None:
    office, _ = changed
    for nobody in (MEMBER, Principal("sun", ORG, frozenset({"designer"}))):
        with pytest.raises(NotAllowed):
            Recounting(office.app).preview(nobody)
        with pytest.raises(NotAllowed):
            Recounting(office.app).apply(nobody)
    assert "calendars" in ADMIN.rights
