"""What becomes of a mutant: lint tells something of it, or a scenario fails, or it behaves as the unbroken file, or it survives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from engine.definition.calendar_files import load_calendars
from engine.definition.calendars import Calendar
from engine.definition.expressions import Expression
from engine.definition.loader import Loaded, interfaces, load
from engine.definition.process import Branch, ProcessDefinition, Refuse
from engine.definition.workflow_files import REGISTRIES, workflow_files
from engine.proof.graph import Graph
from engine.proof.lint import lint_loaded
from engine.proof.scenario_goals import Goal, Taken
from engine.proof.scenario_model import Scenario
from engine.proof.scenario_paths import EFFORT, NotFound
from engine.proof.scenario_play import Position
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_run import Result, Routes, run
from engine.proof.scenario_workflows import Workflows
from tests.prove.defects import structure, times, values
from tests.prove.defects.chart import charts
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
    """Judges the mutants of one workflow file by lint and by the scenarios beside it that speak of its workflows.

    Raises ValueError if there is something to tell of the unbroken file: then nothing that is told of a mutant would mean anything.
    """

    def __init__(self, file: Path) -> None:
        self.file, text = file, file.read_text("utf-8")
        self.charts = charts(text, str(file))
        self.calendars: Mapping[str, Calendar] = load_calendars(Path("workflows/calendars"))
        others = [each for folder in (file.parent, file.parent / REGISTRIES) for each in workflow_files(folder) if each != file]
        self.library = interfaces((each, str(each)) for each in others)
        self.neighbours = Neighbours(others, self.calendars)
        names = [str(chart.data["workflow"]) for chart in self.charts]
        tests = {path: path.read_text("utf-8") for path in sorted(file.parent.glob("*.test.yaml"))}
        self.scenarios = {path: said for path, said in tests.items() if any(name in said for name in names)}
        loaded, told = self.lint(text)
        if told:
            raise ValueError(f"the unbroken {file} is not clean: {'; '.join(told)}")
        self.behaviour = behaviours(loaded)
        unbroken, problems = self.read(loaded)
        self.ways: dict[str, tuple[Taken, ...]] = {}
        routes = Remembered(self.ways)
        results = [run(scenario, routes) for scenario in unbroken]
        if problems or not all(result.passed for result in results):
            failed = [result.scenario.name for result in results if not result.passed]
            raise ValueError(f"the scenarios of the unbroken {file} do not pass: {'; '.join([*problems, *failed])}")
        self.words = {key(result.scenario): _words(result) for result in results}
        self.hits = dict.fromkeys(self.words, 0)

    def lint(self, text: str) -> tuple[Loaded, list[str]]:
        """Check a text; give what was loaded and the rules that told something, of errors and warnings alike."""
        loaded = load(text, str(self.file), calendars=self.calendars, library=self.library)
        return loaded, [problem.rule for problem in lint_loaded(loaded)]

    def read(self, loaded: Loaded) -> tuple[Sequence[Scenario], list[str]]:
        """Read the scenarios for what was loaded, and what is wrong with them."""
        workflows = self.neighbours.beside(loaded)
        found = [read_scenarios(text, str(path), workflows) for path, text in self.scenarios.items()]
        return [each for file in found for each in file.scenarios], [each.rule for file in found for each in file.problems]

    def judge(self, mutant: Mutant) -> Judged:
        """Judge a mutant. Scenarios that speak of the place of the change are played first."""
        loaded, told = self.lint(mutant.text)
        if told:
            return Judged(Verdict.LINT, told[0])
        if behaviours(loaded) == self.behaviour:
            return Judged(Verdict.EQUIVALENT)
        scenarios, problems = self.read(loaded)
        if problems:
            return Judged(Verdict.SCENARIO, problems[0])
        remembered, found = Remembered(dict(self.ways)), Routes(EFFORT)
        for scenario in sorted(scenarios, key=lambda each: self.nearness(each, mutant), reverse=True):
            # Most of the time goes into finding where a scenario begins, so the ways through the unbroken file are tried first. What
            # fails on one of them must also fail as `yishi test` plays it, on a way found in the mutant.
            if not run(scenario, remembered).passed and not run(scenario, found).passed:
                self.hits[key(scenario)] += 1
                return Judged(Verdict.SCENARIO, scenario.name)
        return Judged(Verdict.SURVIVED)

    def nearness(self, scenario: Scenario, mutant: Mutant) -> tuple[int, int]:
        """Say how much a scenario has to do with a place: names they share, then how much it has found so far."""
        words = self.words[key(scenario)]
        return sum(step in words for step in mutant.path if isinstance(step, str)), self.hits[key(scenario)]


def key(scenario: Scenario) -> str:
    """Name a scenario among those of all files."""
    return f"{scenario.document.file} {scenario.path} {scenario.name}"


class Neighbours(Workflows):
    """The workflows and registries beside a file, read once for all its mutants."""

    def __init__(self, files: Iterable[Path], calendars: Mapping[str, Calendar]) -> None:
        super().__init__(files, calendars)
        self._read_files_with("")

    def beside(self, loaded: Loaded) -> Workflows:
        """Give them together with what was loaded from the file itself."""
        every = copy(self)
        every._definitions = {name: [*versions] for name, versions in self._definitions.items()}
        every._registries = {**self._registries, **{each.registry: each for each in loaded.registries}}
        for definition in loaded.definitions:
            every._definitions.setdefault(definition.workflow, []).append(definition)
        return every


class Remembered(Routes):
    """Ways found in one workflow, tried first in another that is almost the same."""

    def __init__(self, ways: dict[str, tuple[Taken, ...]]) -> None:
        super().__init__(EFFORT)
        self.ways = ways

    def way(self, scenario: Scenario, position: Position, goal: Goal) -> tuple[Taken, ...] | NotFound:
        """Give the way that was found for this step of this scenario if it still leads there, else find one."""
        step = f"{key(scenario)} {goal.name} {position.now} {position.case.seq if position.case is not None else ''}"
        finder = self.finder(scenario)
        known = self.ways.get(step)
        if known is not None and finder.leads_there(position, known, goal):
            return known
        found = super().way(scenario, position, goal)
        if not isinstance(found, NotFound):
            self.ways[step] = found
        return found


def _words(result: Result) -> frozenset[str]:
    """Give the names that a scenario speaks of or goes through."""
    scenario = result.scenario
    said = repr((scenario.given, scenario.steps))
    return frozenset(re.findall(r"[a-z][a-z0-9_]*", " ".join([said, *(f"{item.id} {item.way}" for item in result.seen)])))


# --- behaviour ------------------------------------------------------------------------------------------------------

TOLD_ONLY = frozenset({"source", "digest", "title", "languages", "scope", "indicators", "basis"})
"""What people read of a definition, and its identity: nothing that happens depends on it."""


def behaviours(loaded: Loaded) -> list[object]:
    """Give the behaviour of all workflows of a file."""
    return [behaviour(definition) for definition in loaded.definitions]


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
