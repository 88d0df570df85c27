"""The watch over figures: what has changed is counted in the background, and who a quota names is told when it falls behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from engine.runtime.figures import Figures
from engine.runtime.publishing import publish
from engine.scheduler.figure_watch import FigureWatch
from engine.store.log import unread_notices
from engine.store.records import NoticeRecord
from tests.application import ADMIN, DAY, OFFICE, ORG, Trial, trial
from tests.counted import COUNTED


@pytest.fixture
def counted(database_url: str, tmp_path: Path) -> Iterator[Trial]:
    """A trial with the process that is counted."""
    with trial(database_url, tmp_path) as office:
        office.app.registry.publish(ADMIN, COUNTED, "counted.yaml", office.clock.now())
        yield office


def told(office: Trial) -> list[NoticeRecord]:
    with office.app.store.read() as reader:
        return unread_notices(reader, ORG, roles={"chair"}, unit=None, person="chen")


def test_what_has_changed_is_counted_before_anybody_asks(counted: Trial) -> None:
    counted.app.service.open(OFFICE, "counted").result()
    FigureWatch(counted.app).run_once(counted.clock.now())
    figures = Figures(counted.app)
    process = counted.app.registry.published(ORG, "counted")

    assert figures.counting.up_to_date(ORG, process, counted.clock.now()) == 0


def test_who_is_behind_is_told_by_what_the_body_has_chosen(counted: Trial) -> None:
    publish(counted.app, ADMIN, [("{preset: eager, workflow: counted, title: 多, basis: rule, settings: {least: 31}}", "eager.yaml")])
    counted.clock.instant += 10 * DAY
    assert FigureWatch(counted.app).run_once(counted.clock.now()) == 1
    (notice,) = told(counted)
    assert orjson.loads(notice.text)["en"].endswith("(0 / 11 / 31)")


def test_the_roles_of_a_quota_are_told_once_in_each_period_that_it_falls_behind(counted: Trial) -> None:
    watch = FigureWatch(counted.app)
    assert watch.run_once(counted.clock.now()) == 0  # 2 March: nothing is expected of a quarter of a day
    counted.clock.instant += 10 * DAY

    assert watch.run_once(counted.clock.now()) == 1
    assert watch.run_once(counted.clock.now()) == 0
    counted.clock.instant += DAY
    assert FigureWatch(counted.app).run_once(counted.clock.now()) == 0  # also not by another node
    (notice,) = told(counted)
    assert ("quota", "chair") == (notice.kind, notice.role)
    assert orjson.loads(notice.text) == {"zh-CN": "统计：closings落后于进度（0 / 1 / 4）", "en": "统计: closings is behind (0 / 1 / 4)"}

    counted.clock.instant += 30 * DAY  # April
    assert watch.run_once(counted.clock.now()) == 1
    assert len(told(counted)) == 2


def test_nobody_is_told_of_a_quota_that_keeps_its_pace(counted: Trial) -> None:
    for _ in range(2):
        case = counted.app.service.open(OFFICE, "counted").result().case
        assert case is not None
        for act in ("accept", "close"):
            counted.act(case, act)
    counted.clock.instant += 15 * DAY

    assert FigureWatch(counted.app).run_once(counted.clock.now()) == 0
    counted.clock.instant += 10 * DAY
    assert FigureWatch(counted.app).run_once(counted.clock.now()) == 1
