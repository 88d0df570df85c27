"""From when new cases open with a version: stated when it is published, judged by the service's clock, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from engine.clock import Instant, parse_instant
from engine.errors import NotFound, NotInForce, VersionInForce, VersionPublished
from engine.runtime.application import Application, opened
from engine.runtime.catalogue import Catalogue
from engine.runtime.registry import Published
from engine.settings import Settings
from tests.application import ADMIN, DAY, MEMBER, OFFICE, ORG, ROOT, START, TRIAL, Trial

APRIL = date(2026, 4, 1)
APRIL_BEGINS: Instant = parse_instant("2026-04-01T00:00:00+08:00")


def version(number: int, workflow: str = "trial") -> str:
    return TRIAL.replace("version: 1", f"version: {number}", 1).replace("workflow: trial", f"workflow: {workflow}", 1)


def publish(office: Trial, text: str, begins: date | Instant | None = None, *, dry_run: bool = False) -> Published:
    return office.app.registry.publish(ADMIN, text, "trial.yaml", office.clock.now(), effective_from=begins, dry_run=dry_run)


def opens_with(office: Trial, workflow: str = "trial", number: int | None = None) -> int:
    case = office.app.service.open(OFFICE, workflow, version=number, data={"topic": "路灯"}).result().case
    return int(case.definition_version)


def listed(office: Trial, workflow: str | None = None) -> list[tuple[str, int, bool]]:
    lines = Catalogue(office.app).definitions(MEMBER, "en", workflow)["definitions"]
    return [(line["workflow"], line["version"], line["in_force"]) for line in lines]


def test_a_day_begins_at_midnight_of_the_calendar_of_the_body(office: Trial) -> None:
    assert publish(office, version(2), APRIL).effective_from == APRIL_BEGINS
    office.clock.instant = APRIL_BEGINS - 1
    assert opens_with(office) == 1
    office.clock.instant = APRIL_BEGINS
    assert opens_with(office) == 2


def test_an_instant_is_taken_as_it_is_and_without_any_a_version_is_in_force_at_once(office: Trial) -> None:
    publish(office, version(2), START + DAY)
    publish(office, version(3))
    assert opens_with(office) == 3
    office.clock.instant += 2 * DAY
    assert opens_with(office) == 3


def test_of_several_in_force_the_greatest_version_opens_whatever_the_order_of_their_days(office: Trial) -> None:
    publish(office, version(2), START + 9 * DAY)
    publish(office, version(3), START + 5 * DAY)
    seen = []
    for _ in range(3):
        seen.append(opens_with(office))
        office.clock.instant += 5 * DAY
    assert seen == [1, 3, 3]


def test_a_version_that_is_not_in_force_opens_only_for_who_names_it(office: Trial) -> None:
    publish(office, version(2), APRIL)
    assert opens_with(office) == 1
    assert opens_with(office, number=2) == 2


def test_before_the_first_version_is_in_force_the_way_out_is_told(office: Trial) -> None:
    publish(office, version(1, "later"), APRIL)
    with pytest.raises(NotInForce, match="from 2026-03-31T16:00:00Z on; name version 1"):
        opens_with(office, "later")
    assert opens_with(office, "later", 1) == 1
    office.clock.instant = APRIL_BEGINS
    assert opens_with(office, "later") == 1
    with pytest.raises(NotFound, match="did you mean 'later'"):
        opens_with(office, "latre")


def test_the_lists_show_what_opens_now_and_what_is_to_come(office: Trial) -> None:
    publish(office, version(2), APRIL)
    publish(office, version(1, "later"), APRIL)
    assert listed(office) == [("later", 1, False), ("trial", 1, True)]
    assert listed(office, "trial") == [("trial", 2, False), ("trial", 1, True)]
    office.clock.instant = APRIL_BEGINS
    assert listed(office) == [("later", 1, True), ("trial", 2, True)]
    lines = Catalogue(office.app).definitions(MEMBER, "en", "trial")["definitions"]
    assert [line["effective_from"] for line in lines] == ["2026-03-31T16:00:00Z", "2026-03-02T01:00:00Z"]


def test_until_it_is_in_force_the_day_may_be_moved_and_then_it_stands(office: Trial) -> None:
    publish(office, version(2), APRIL)
    assert publish(office, version(2)).effective_from == APRIL_BEGINS  # says nothing of a day, so it stays
    assert publish(office, version(2), date(2026, 3, 20), dry_run=True).new is False
    assert opens_with(office) == 1
    moved = publish(office, version(2), date(2026, 3, 10))
    assert (moved.new, moved.effective_from) == (False, parse_instant("2026-03-10T00:00:00+08:00"))
    office.clock.instant = START + 8 * DAY
    assert opens_with(office) == 2
    with pytest.raises(VersionInForce, match="since 2026-03-09T16:00:00Z"):
        publish(office, version(2), APRIL)
    with pytest.raises(VersionInForce):
        publish(office, version(1), APRIL)
    with pytest.raises(VersionPublished):
        publish(office, version(2).replace("5 working days", "6 working days"), APRIL)
    assert publish(office, version(2), date(2026, 3, 10)).new is False  # the same again is no change


@pytest.fixture
def by_hand(database_url: str, tmp_path: Path) -> Iterator[Application]:
    """An application on a manual clock, as a server has it."""
    settings = Settings(database_url=database_url, clock="manual", workflows=ROOT / "workflows", files=tmp_path / "files")
    with opened(settings, serve=True) as application:
        yield application


def test_the_manual_clock_decides_where_it_is_the_service_s(by_hand: Application) -> None:
    now = by_hand.now()
    by_hand.registry.publish(ADMIN, version(1), "trial.yaml", now)
    by_hand.registry.publish(ADMIN, version(2), "trial.yaml", now, effective_from=now + 40 * DAY)
    seen = []
    for days in (0, 39, 40):
        by_hand.manual_clock.move(now + days * DAY)
        answer = by_hand.service.open(OFFICE, "trial", data={"topic": "路灯"}).result()
        seen.append(answer.case.definition_version)
    assert seen == [1, 1, 2]
    assert by_hand.registry.published(ORG, "trial").definition.version == 2
