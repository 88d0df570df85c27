"""What becomes of a mutant: lint tells something of it, or a scenario fails, or it behaves as the unbroken file, or it survives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from engine.core.compiled import Process, compile_process
from engine.definition.calendar_files import load_calendars
from engine.definition.calendars import Calendar
from engine.definition.expressions import Expression
from engine.definition.loader import load
from engine.definition.process import Branch, ProcessDefinition, Refuse
from engine.proof.graph import Graph
from engine.proof.lint import lint_loaded
from engine.proof.scenario_goals import Goal, Taken
from engine.proof.scenario_model import Scenario
from engine.proof.scenario_paths import EFFORT, NotFound
from engine.proof.scenario_play import Position
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_run import Result, Routes, run
from engine.proof.scenario_workflows import Workflows, WorkflowUnknown
from tests.prove.defects import structure, times, values
from tests.prove.defects.chart import Chart
from tests.prove.defects.operators import Mutant

OPERATOR_MODULES = (structure, times, values)
"""Reading them registers their operators."""


class Verdict(StrEnum):
    """What became of a mutant."""

    LINT = "lint"
    SCENARIO = "scenario"
    EQUIVALENT = "equivalent"
    SURVIVED = "survived"


class Judged(NamedTuple):
    """A verdict, and the rule or scenario it is owed to."""

    verdict: Verdict
    by: str = ""


class Court:
    """Judges the mutants of one workflow file by lint and by the scenarios beside it.

    Raises ValueError if there is something to tell of the unbroken file: then nothing that is told of a mutant would mean anything.
    """

    def __init__(self, file: Path, calendars: Path = Path("workflows/calendars")) -> None:
        self.chart = Chart(file.read_text("utf-8"), str(file))
        self.calendars: Mapping[str, Calendar] = load_calendars(calendars)
        beside = file.with_name(f"{file.stem}.test.yaml")
        self.scenarios = beside.read_text("utf-8") if beside.exists() else ""
        self.scenario_file = str(beside)
        definition, told = self.lint(self.chart.text.text)
        if definition is None or told:
            raise ValueError(f"the unbroken {file} is not clean: {'; '.join(told)}")
        self.behaviour = behaviour(definition)
        unbroken, problems = self.read(definition)
        self.ways: dict[str, tuple[Taken, ...]] = {}
        routes = Remembered(self.ways)
        results = [run(scenario, routes) for scenario in unbroken]
        if problems or not all(result.passed for result in results):
            failed = [result.scenario.name for result in results if not result.passed]
            raise ValueError(f"the scenarios of the unbroken {file} do not pass: {'; '.join([*problems, *failed])}")
        self.words = {result.scenario.name: _words(result, self.scenarios) for result in results}
        self.hits = dict.fromkeys(self.words, 0)

    def lint(self, text: str) -> tuple[ProcessDefinition | None, list[str]]:
        """Check a text; give its definition and the rules that told something, of errors and warnings alike."""
        loaded = load(text, self.chart.file, calendars=self.calendars)
        return next(iter(loaded.definitions), None), [problem.rule for problem in lint_loaded(loaded)]

    def read(self, definition: ProcessDefinition) -> tuple[Sequence[Scenario], list[str]]:
        """Read the scenarios for a definition, and what is wrong with them."""
        process = compile_process(definition, self.calendars[definition.calendar])
        if not self.scenarios:
            return (), []
        found = read_scenarios(self.scenarios, self.scenario_file, OneWorkflow(process, self.calendars))
        return found.scenarios, [problem.rule for problem in found.problems]

    def judge(self, mutant: Mutant) -> Judged:
        """Judge a mutant. Scenarios that speak of the place of the change are played first."""
        definition, told = self.lint(mutant.text)
        if definition is None or told:
            return Judged(Verdict.LINT, told[0])
        if behaviour(definition) == self.behaviour:
            return Judged(Verdict.EQUIVALENT)
        scenarios, problems = self.read(definition)
        if problems:
            return Judged(Verdict.SCENARIO, problems[0])
        remembered, found = Remembered(dict(self.ways)), Routes(EFFORT)
        for scenario in sorted(scenarios, key=lambda each: self.nearness(each, mutant), reverse=True):
            # Most of the time goes into finding where a scenario begins, so the ways through the unbroken file are tried first. What
            # fails on one of them must also fail as `yishi test` plays it, on a way found in the mutant.
            if not run(scenario, remembered).passed and not run(scenario, found).passed:
                self.hits[scenario.name] += 1
                return Judged(Verdict.SCENARIO, scenario.name)
        return Judged(Verdict.SURVIVED)

    def nearness(self, scenario: Scenario, mutant: Mutant) -> tuple[int, int]:
        """Say how much a scenario has to do with a place: names they share, then how much it has found so far."""
        words = self.words[scenario.name]
        return sum(step in words for step in mutant.path if isinstance(step, str)), self.hits[scenario.name]


class OneWorkflow(Workflows):
    """The one workflow that scenarios are played on, whatever file it would be found in."""

    def __init__(self, process: Process, calendars: Mapping[str, Calendar]) -> None:
        super().__init__((), calendars)
        self.process = process

    def find(self, name: str, version: int | None = None) -> Process:
        """Give it. Raises WorkflowUnknown for another."""
        definition = self.process.definition
        if name != definition.workflow or version not in (None, definition.version):
            raise WorkflowUnknown(f"there is no workflow {name!r} here")
        return self.process


class Remembered(Routes):
    """Ways found in one workflow, tried first in another that is almost the same."""

    def __init__(self, ways: dict[str, tuple[Taken, ...]]) -> None:
        super().__init__(EFFORT)
        self.ways = ways

    def way(self, scenario: Scenario, position: Position, goal: Goal) -> tuple[Taken, ...] | NotFound:
        """Give the way that was found for this step of this scenario if it still leads there, else find one."""
        key = f"{scenario.path} {goal.name} {position.now} {position.case.seq if position.case is not None else ''}"
        finder = self.finder(scenario)
        known = self.ways.get(key)
        if known is not None and finder.leads_there(position, known, goal):
            return known
        found = super().way(scenario, position, goal)
        if not isinstance(found, NotFound):
            self.ways[key] = found
        return found


def _words(result: Result, text: str) -> frozenset[str]:
    """Give the names that a scenario speaks of or goes through."""
    scenario = result.scenario
    begin, end = text.find(f"name: {scenario.name}"), -1
    end = text.find("\n- name: ", begin + 1)
    said = text[begin : end if end > 0 else None]
    return frozenset(re.findall(r"[a-z][a-z0-9_]*", " ".join([said, *(f"{item.id} {item.way}" for item in result.seen)])))


# --- behaviour ------------------------------------------------------------------------------------------------------

TOLD_ONLY = frozenset({"source", "digest", "title", "languages", "scope", "indicators", "basis"})
"""What people read of a definition, and its identity: nothing that happens depends on it."""


def behaviour(definition: ProcessDefinition) -> object:
    """Give all that decides what a definition does, so that two of the same behaviour are equal.

    Not every two that behave alike are found equal by it, but what it finds equal does.
    """
    return _plain(definition, Graph(definition))


def _plain(value: Any, graph: Graph) -> object:
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, Branch) and isinstance(value.target, str):
        source = value.id.partition("/")[0]
        inside = value.target in graph.states[source].line
        target = value.target if inside else tuple(graph.entered(value.target, source))
        return (target, *(_plain(getattr(value, each.name), graph) for each in fields(value) if each.name != "target"))
    if isinstance(value, Refuse):
        return value.code
    if is_dataclass(value) and not isinstance(value, type):
        shown = [each.name for each in fields(value) if each.name not in TOLD_ONLY and not each.name.startswith("_")]
        return (type(value).__name__, *(_plain(getattr(value, name), graph) for name in shown))
    if isinstance(value, Mapping):
        return tuple((key, _plain(each, graph)) for key, each in value.items())
    if isinstance(value, frozenset | set):
        return frozenset(_plain(each, graph) for each in value)
    if isinstance(value, list | tuple):
        return tuple(_plain(each, graph) for each in value)
    return value
