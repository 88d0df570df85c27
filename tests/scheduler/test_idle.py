"""What an idle service keeps ready: what opens cases by itself or warns of a quota, and nothing else."""

from __future__ import annotations

from engine.runtime.bootstrap import publish_shipped
from engine.scheduler.figure_watch import FigureWatch
from engine.scheduler.schedules import Schedules
from tests.application import Trial


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
