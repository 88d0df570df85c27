"""The demonstration year: a tenth of it is played through the service, stopped and gone on with, and its figures are those of the sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.commands.demo_year import here_text
from engine.definition.calendar_files import load_calendars
from engine.errors import ClockRefused, DefinitionRefused
from engine.runtime.application import Application, opened
from engine.runtime.figures import Figures
from engine.runtime.headline import Headline, HeadlineShape, headlines, read_headlines
from engine.runtime.lane import Pending
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


def played(application: Application, chosen: list[Playbook]) -> Played:
    set_stage(application, chosen)
    return YearPlayer(application, chosen).play()


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
    assert next(each.here for each in rows if each.shape.id == "lulong.best") == 10  # nominated with files that no row has opened


def test_what_opens_by_itself_opens_where_a_place_says_so_and_from_its_day_on(tmp_path: Path) -> None:
    chosen = books("chengde", "jingxian", share=TENTH)
    assert chosen[1].place.schedules.keys() == {"activity_day"}
    with stage(tmp_path) as application:
        assert played(application, chosen).faults == []
        with application.store.read() as reader:
            by_itself = select(cases.c.org, cases.c.number).where(cases.c.opened_by == "clock").order_by(cases.c.opened_at)
            opened_so = [tuple(row) for row in reader.execute(by_itself)]
    assert opened_so[:6] == [("jingxian", f"2025年第{number}次活动日") for number in range(1, 7)]
    assert {org for org, _ in opened_so} == {"jingxian"}


class Stopped(BaseException):
    """As Ctrl-C does it."""


def stopped_after(commits: int, patch: pytest.MonkeyPatch) -> None:
    """Stop who waits for the lane: so many times he was told that it is committed, and could not write down what comes of it."""
    told, result = count(1), Pending.result

    def stopping(pending: Pending, timeout: float | None = 60) -> Any:
        answer = result(pending, timeout)
        if next(told) > commits:
            raise Stopped
        return answer

    patch.setattr(Pending, "result", stopping)


def test_stopped_between_any_commit_and_what_comes_of_it_it_goes_on_and_comes_to_the_same(tmp_path: Path) -> None:
    chosen = books("xingtai", share=8)
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    with stage(tmp_path / "whole") as application:
        assert played(application, chosen).faults == []
        whole = trail(application)
    for commits in (1, 40, 100, 101, 300):  # the first of them while the place is entered
        with pytest.MonkeyPatch.context() as patch, stage(tmp_path / "broken") as application:
            stopped_after(commits, patch)
            with pytest.raises(Stopped):
                played(application, chosen)
    with stage(tmp_path / "broken") as application:
        assert trail(application) != whole
        assert played(application, chosen).faults == []
        assert trail(application) == whole
        assert played(application, chosen).steps == 0  # all of it is done
        assert trail(application) == whole


def refusing(folder: Path) -> Path:
    """A playbook of one place, in which one step of one matter is refused, one row lacks a column that is asked for, and the third goes well."""
    (folder / "here").mkdir()
    (folder / "here.yaml").write_text(
        "place: here\ntitle: {zh-CN: 此地, en: Here}\nsource: none\n"
        "people:\n  - {id: li, name: 李, roles: [any_member, member, author]}\n  - {id: editor, name: 编, roles: [editor]}\n"
        "courses:\n"
        "  well: {workflow: public_opinion, steps: [{by: $by, open: {text: $text, urgent: false}}]}\n"
        "  badly:\n    workflow: public_opinion\n    steps:\n"
        "      - {by: $by, open: {text: $text, urgent: false}}\n"
        "      - {after: 1, by: li, act: classify, data: {text: $text}}\n"
        "      - {after: 2, by: editor, comment: $text}\n"
        "  lacking: {workflow: public_opinion, steps: [{by: $by, open: {text: $txet, urgent: false}}]}\n"
        "ledgers: [all.csv]\n",
        "utf-8",
    )
    (folder / "here" / "all.csv").write_text(
        "ref,on,course,by,text\na,2025-01-06,badly,li,路灯\nb,2025-01-07,lacking,li,积水\nc,2025-02-10,well,li,停车\n", "utf-8"
    )
    return folder


def test_each_refused_step_is_told_with_its_places_and_codes_and_not_forgotten_by_going_on(tmp_path: Path) -> None:
    chosen = read_playbook(refusing(tmp_path), CALENDAR)
    with stage(tmp_path) as application:
        done = played(application, chosen)
        told = [str(fault) for fault in done.faults]
        assert [(fault.ref, fault.what, list(fault.codes)) for fault in done.faults] == [
            ("a", "classify", ["wrong_role", "missing_field", "missing_field"]),
            ("b", "open", ["no_value"]),
        ]
        assert "all.csv:2: a: classify (" in told[0]
        assert "here.yaml:13): wrong_role, missing_field, missing_field: Only these roles" in told[0]
        assert "all.csv:3: b: open (" in told[1]
        assert "txet" in told[1]
        assert done.steps == 2  # the others went on
        again = played(application, chosen)
    assert again.faults == done.faults
    assert again.steps == 0


def test_a_database_with_other_cases_is_left_alone(tmp_path: Path) -> None:
    with stage(tmp_path) as application:
        played(application, books("chengde"))
        for other in (books("baoding"), books("chengde", share=TENTH)):
            with pytest.raises(ClockRefused, match="another playbook"):
                played(application, other)


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


def test_a_share_is_told_in_per_cent_and_a_mean_as_what_it_is_each_with_both_counts() -> None:
    shape = FIGURES[0]
    share, mean = (Headline(shape, Fraction(top) / 8, top, 8, rate=rate) for top, rate in ((6, True), (Decimal("633.0"), False)))
    assert [here_text(each) for each in (share, mean, Headline(shape, Fraction(7)))] == ["6/8 = 75.00 %", "633.0/8 = 79.12", "7"]


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
        ledgers = [book.folder / name for name in book.place.ledgers]
        lines = sum(len(path.read_text("utf-8").splitlines()) - 1 for path in ledgers)
        assert lines == len([matter for matter in book.matters if matter.file in map(str, ledgers)]), book.place.place


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
    rows = refusing(tmp_path) / "here" / "all.csv"
    rows.write_text(rows.read_text("utf-8").replace("\nc,2025-02-10", "\na,2025-02-10").replace("2025-01-07", "7 January"), "utf-8")
    with pytest.raises(DefinitionRefused) as mistaken:
        read_playbook(tmp_path, CALENDAR)
    ends = [(Path(problem.file).name, problem.line, problem.message) for problem in mistaken.value.problems]
    assert ends[0][:2] == ("all.csv", 3)
    assert "7 January" in ends[0][2]
    assert ends[1][:2] == ("all.csv", 4)
    assert "all.csv:2 already" in ends[1][2]
    with pytest.raises(DefinitionRefused) as unknown:
        read_playbook(YEAR, CALENDAR, only=["xingtay"])
    assert "did you mean 'xingtai'" in unknown.value.problems[0].message
