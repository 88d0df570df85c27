"""What an idle service keeps ready: what opens cases by itself or warns of a quota, and nothing else."""

from __future__ import annotations

import pytest

from engine.runtime import registry
from engine.runtime.bootstrap import publish_shipped
from engine.runtime.reading import Reading
from engine.scheduler.figure_watch import FigureWatch
from engine.scheduler.schedules import Schedules
from engine.store.cases import CaseFilter
from engine.store.definitions import get_definition
from tests.application import ADMIN, OFFICE, ORG, TRIAL, Trial


def test_only_what_the_clock_looks_at_is_compiled_as_long_as_there_are_no_cases(office: Trial) -> None:
    publish_shipped(office.app)
    office.app.registry._compiled.clear()
    Schedules(office.app).next_instant()
    FigureWatch(office.app).run_once(office.clock.now())

    compiled = {process.definition.workflow for process in office.app.registry._compiled.values()}
    looked_at = {
        process.definition.workflow
        for process in office.app.registry._compiled.values()
        if process.definition.schedules or any(each.quota is not None for each in process.definition.indicators.values())
    }
    assert compiled == looked_at
    assert "proposal" not in compiled


def test_a_workflow_is_counted_as_soon_as_it_has_a_case(office: Trial) -> None:
    FigureWatch(office.app).run_once(office.clock.now())
    assert "trial" not in {process.definition.workflow for process in office.app.registry._compiled.values()}
    office.open()
    FigureWatch(office.app).run_once(office.clock.now())
    assert "trial" in {process.definition.workflow for process in office.app.registry._compiled.values()}


def test_who_was_not_asked_for_the_longest_goes_where_there_are_too_many(office: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MOST_COMPILED", 2)
    published, used = office.app.registry, []
    for version in (2, 3):
        published.publish(ADMIN, TRIAL.replace("version: 1", f"version: {version}", 1), "trial.yaml", office.clock.now())
    for version in (1, 2, 1, 3, 1):
        with office.app.store.read() as reader:
            row = get_definition(reader, ORG, "trial", version)
        assert row is not None
        used.append(published.process(ORG, "trial", version, row.digest))
    assert used[0] is used[2] is used[4]  # it was asked for again each time before it would have gone
    assert {used[3].definition.digest, used[4].definition.digest} == published.compiled


def test_a_list_compiles_nothing_but_the_versions_of_the_cases_it_shows(office: Trial) -> None:
    case = office.open()
    publish_shipped(office.app)
    office.app.registry._compiled.clear()
    listed = Reading(office.app).cases(OFFICE, CaseFilter(state="received"), "en", cursor=None, limit=5)
    assert [case.id] == [each["id"] for each in listed["cases"]]
    assert {case.digest} == office.app.registry.compiled
