"""The demonstration year: a tenth of it is played through the service, stopped and gone on with, and its figures are those of the sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.definition.calendar_files import load_calendars
from engine.errors import ClockRefused, DefinitionRefused
from engine.runtime.application import Application, opened
from engine.runtime.figures import Figures
from engine.runtime.headline import HeadlineShape, headlines, read_headlines
from engine.runtime.playbook import Playbook, read_playbook
from engine.scheduler.year import Played, YearPlayer
from engine.scheduler.year_stage import set_stage
from engine.settings import Settings
from engine.store.migration import migrate
from engine.store.tables import case_event, cases, rung

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / "workflows"
YEAR = WORKFLOWS / "demo" / "year"
CALENDAR = load_calendars(WORKFLOWS / "calendars")["cn"]
FIGURES = read_headlines(YEAR / "figures.yaml")
TENTH = 10


@contextmanager
def stage(folder: Path) -> Iterator[Application]:
    """An installation on a manual clock, with a lane of its own as a server has."""
    url = f"sqlite:///{folder / 'year.db'}"
    migrate(url)
    with opened(Settings(database_url=url, workflows=WORKFLOWS, files=folder / "files", clock="manual"), serve=True) as application:
        yield application


def books(*only: str, share: int = 1) -> list[Playbook]:
    return read_playbook(YEAR, CALENDAR, only=only, share=share)


def played(application: Application, chosen: list[Playbook], told: Callable[[int, int], None] = lambda _, __: None) -> Played:
    set_stage(application, chosen)
    return YearPlayer(application, chosen, told).play()


def trail(application: Application) -> list[tuple[Any, ...]]:
    """What stands in the trail: by place, matter and kind of event how many there are, and the rungs that fired."""
    with application.store.read() as reader:
        joined = case_event.join(cases, (cases.c.org == case_event.c.org) & (cases.c.id == case_event.c.case_id))
        counted = (
            select(cases.c.org, cases.c.workflow, cases.c.client_ref, cases.c.state, case_event.c.kind, func.count())
            .select_from(joined)
            .group_by(cases.c.org, cases.c.workflow, cases.c.client_ref, cases.c.state, case_event.c.kind)
        )
        fired = reader.execute(select(func.count()).select_from(rung).where(rung.c.org.is_not(None))).scalar_one()
        return [*sorted(tuple(map(str, row)) for row in reader.execute(counted)), (fired,)]


def test_a_tenth_of_every_place_goes_as_the_playbook_has_it(tmp_path: Path) -> None:
    chosen = books(share=TENTH)
    with stage(tmp_path) as application:
        done = played(application, chosen)
        rows = headlines(Figures(application), FIGURES)
    assert done.faults == []
    assert done.fired > 0
    assert {matter.course for book in chosen for matter in book.matters} == {matter.course for book in books() for matter in book.matters}
    assert [each.missing for each in rows if each.missing] == []


def test_stopped_anywhere_it_goes_on_and_comes_to_the_same(tmp_path: Path) -> None:
    chosen = books("xingtai", "jiangbei", share=4)
    (tmp_path / "whole").mkdir()
    (tmp_path / "broken").mkdir()
    with stage(tmp_path / "whole") as application:
        assert played(application, chosen).faults == []
        whole = trail(application)

    class Stopped(BaseException):
        """As Ctrl-C does it, in the middle of a moment."""

    def stopping_at(least: int) -> Callable[[int, int], None]:
        def stop(done: int, _: int) -> None:
            if done >= least:
                raise Stopped

        return stop

    for least in (7, 100, 333, 700):
        with stage(tmp_path / "broken") as application, pytest.raises(Stopped):
            played(application, chosen, stopping_at(least))
    with stage(tmp_path / "broken") as application:
        assert played(application, chosen).faults == []
        assert trail(application) == whole


def test_a_database_with_other_cases_is_left_alone(tmp_path: Path) -> None:
    with stage(tmp_path) as application:
        played(application, books("chengde"))
        with pytest.raises(ClockRefused, match="chengde"):
            played(application, books("baoding"))


def test_the_proposals_of_ningbo_come_out_as_published_and_the_three_without_a_class_are_told(tmp_path: Path) -> None:
    chosen = books("ningbo_2011")
    with stage(tmp_path) as application:
        assert played(application, chosen).faults == []
        found = {each.shape.id: each for each in headlines(Figures(application), FIGURES) if each.shape.place == "ningbo_2011"}
    assert {each.agrees for each in found.values()} == {True}
    assert found["ningbo.share_a"].numerator == 148
    assert found["ningbo.proposals"].here == 591
    assert found["ningbo.share_a"].denominator == 588  # three have no class, and vanish
    assert (found["ningbo.satisfied_work"].numerator, found["ningbo.satisfied_result"].numerator) == (526, 519)


# --- the playbook ---------------------------------------------------------------------------------------------------


def stated(shape: HeadlineShape) -> int | None:
    there = shape.there
    return there.exact if there.exact is not None else there.at_least if there.at_least is not None else there.about


@pytest.mark.parametrize("place", sorted({each.place for each in FIGURES}))
def test_the_playbook_of_a_place_holds_no_figure_that_it_should_bring_about(place: str) -> None:
    """Inputs only: who brought what when. Years, money that one matter gave and the numbers of days are inputs."""
    text = re.sub(r"^#.*$", "", (YEAR / f"{place}.yaml").read_text("utf-8"), flags=re.MULTILINE)
    text = re.sub(r"after: \d+", "", text)
    numbers = {int(each) for each in re.findall(r"(?<![\w\"'.-])(\d{2,})(?![\w\"'.-])", text)}
    totals = {value for each in FIGURES if each.place == place and (value := stated(each)) is not None and value >= 20}
    assert numbers & totals == set()
    assert not re.search(r"\b(repeat|times|count)\b\s*:", text)


def test_every_line_of_a_ledger_is_one_matter_of_its_own() -> None:
    for book in books():
        refs = [matter.ref for matter in book.matters]
        assert len(refs) == len(set(refs)), book.place.place


def test_mistakes_of_a_playbook_are_told_at_their_places(tmp_path: Path) -> None:
    (tmp_path / "here.yaml").write_text(
        "place: here\ntitle: {zh-CN: 此地, en: Here}\nsource: none\npeople: [{id: li, name: 李, roles: [office]}]\n"
        "courses:\n  one:\n    workflow: proposal\n    steps: [{by: lee, open: {}}, {by: li, act: submit, tell: me}]\n"
        "rhythms: [{course: two, on: FREQ=SOMETIMES, from: 2025-02-30, to: 2025-03-01}]\n",
        "utf-8",
    )
    with pytest.raises(DefinitionRefused) as refused:
        read_playbook(tmp_path, CALENDAR)
    told = [str(problem) for problem in refused.value.problems]
    assert any(":8:" in each and "tell" in each for each in told)
    assert any(":9:" in each and "RFC 5545" in each for each in told)
    assert any("2025-02-30" in each for each in told)
    with pytest.raises(DefinitionRefused) as unknown:
        read_playbook(YEAR, CALENDAR, only=["xingtay"])
    assert "did you mean 'xingtai'" in unknown.value.problems[0].message
