"""What becomes of a mutant: a rule of lint or a scenario tells something of it, or it behaves as the unbroken file, or it survives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, takewhile
from pathlib import Path
from typing import NamedTuple

from engine.definition.calendar_files import load_calendars
from engine.definition.calendars import Calendar
from engine.definition.loader import Loaded, interfaces, load
from engine.definition.reader import read
from engine.definition.source import Path as Place
from engine.definition.workflow_files import REGISTRIES, SCENARIOS, workflow_files
from engine.proof import rules_space, rules_waiting
from engine.proof.chronicle import Chronicle
from engine.proof.chronicle_files import Kept, read_chronicle
from engine.proof.lint import lint_loaded
from engine.proof.rules import RULES, Registered
from engine.proof.scenario_goals import Taken
from engine.proof.scenario_model import Scenario
from engine.proof.scenario_paths import EFFORT
from engine.proof.scenario_reading import Entry, entries, read_scenario
from engine.proof.scenario_run import Result, Routes, run
from engine.proof.scenario_workflows import Workflows
from tests.prove.defects import structure, times, values
from tests.prove.defects.behaviour import behaviours
from tests.prove.defects.beside import Neighbours, Remembered, key
from tests.prove.defects.chart import charts
from tests.prove.defects.operators import Mutant

OPERATOR_MODULES = (structure, times, values)
"""Reading them registers their operators."""

EXPLORING = {rules_space.__name__, rules_waiting.__name__}
QUICK = [each for each in RULES.values() if each.check.__module__ not in EXPLORING]
"""Rules that do not explore all that a case can do."""

NEAREST = 6
"""Scenarios that are played before anybody asks whether a mutant behaves otherwise at all; most defects fail one of them."""


class Verdict(StrEnum):
    """What became of a mutant."""

    RULE = "rule"
    SCENARIO = "scenario"
    EQUIVALENT = "equivalent"
    SURVIVED = "survived"


class Judged(NamedTuple):
    """A verdict, and the rule or scenario it is owed to."""

    verdict: Verdict
    by: str = ""


@dataclass(slots=True)
class Witness:
    """A scenario as it is written, the names it speaks of or goes through, where its cases were, and how much it has found so far."""

    entry: Entry
    words: frozenset[str]
    been_in: frozenset[str]
    found: int = 0

    def can_tell(self, mutant: Mutant) -> bool:
        """Say whether a change can make a difference to this scenario: what stands in a state matters only to cases that come there."""
        steps = takewhile(lambda pair: pair[0] in ("states", "regions"), zip(mutant.path[::2], mutant.path[1::2], strict=False))
        state = ".".join(str(name) for _, name in steps)
        return not state or any(each == state or each.startswith(f"{state}.") for each in self.been_in)


class Court:
    """Judges the mutants of one workflow file as lint of its folder would: by the rules, and by the scenarios that speak of its workflows.

    Stops at the first that tells something; the rules that explore come last, since they take longest. Raises ValueError if there is
    something to tell of the unbroken file: then nothing that is told of a mutant would mean anything.
    """

    def __init__(self, file: Path) -> None:
        self.file, text = file, file.read_text("utf-8")
        self.charts = charts(text, str(file))
        self.calendars: Mapping[str, Calendar] = load_calendars(Path("workflows/calendars"))
        others = [each for folder in (file.parent, file.parent / REGISTRIES) for each in workflow_files(folder) if each != file]
        self.library = interfaces((each, str(each)) for each in others)
        self.neighbours = Neighbours(others, self.calendars)
        loaded = self.load(text)
        if told := lint_loaded(loaded):
            raise ValueError(f"the unbroken {file} is not clean: {'; '.join(problem.rule for problem in told)}")
        self.behaviour = behaviours(loaded)
        self.ways: dict[str, tuple[Taken, ...]] = {}
        self.chronicles: dict[str, Kept] = {}
        self.witnesses = list(self.unbroken(loaded))
        self.common = Counter(word for witness in self.witnesses for word in witness.words)
        self.latest: dict[Place, Witness] = {}  # by place and what is around it: who found the latest mutant there
        self.sure: set[tuple[str, str]] = set()

    def load(self, text: str) -> Loaded:
        """Load a text in place of the file."""
        return load(text, str(self.file), calendars=self.calendars, library=self.library)

    def unbroken(self, loaded: Loaded) -> Iterator[Witness]:
        """Hear the scenarios of the unbroken file, and remember the ways they go."""
        names = [str(chart.data["workflow"]) for chart in self.charts]
        workflows, routes = self.neighbours.beside(loaded), Remembered(self.ways)
        for path in sorted(self.file.parent.glob(f"*{SCENARIOS}")):
            if (kept := read_chronicle(path)) is not None:
                self.chronicles[str(path)] = kept
            for entry in entries(read(path, str(path))) if any(name in path.read_text("utf-8") for name in names) else ():
                scenario, problems = read_scenario(entry, workflows)
                if scenario is None:
                    raise ValueError(f"a scenario of the unbroken {self.file} cannot be read: {'; '.join(map(str, problems))}")
                result = run(scenario, routes)
                if not result.passed or not self.goes_as_kept(scenario, routes):
                    raise ValueError(f"a scenario of the unbroken {self.file} does not pass: {scenario.name}")
                yield Witness(entry, _words(result), _been_in(result))

    def judge(self, mutant: Mutant) -> Judged:
        """Judge a mutant."""
        loaded = self.load(mutant.text)
        if told := self.told(loaded, QUICK):
            return Judged(Verdict.RULE, told)
        heard = self.hear(loaded, mutant)
        if failed := next(filter(None, islice(heard, NEAREST)), ""):
            return Judged(Verdict.SCENARIO, failed)
        if behaviours(loaded) == self.behaviour:
            return Judged(Verdict.EQUIVALENT)
        if failed := next(filter(None, heard), ""):
            return Judged(Verdict.SCENARIO, failed)
        if told := self.told(loaded, RULES.values()):
            return Judged(Verdict.RULE, told)
        return Judged(Verdict.SURVIVED)

    def told(self, loaded: Loaded, rules: Iterable[Registered]) -> str:
        """Give the first thing that some rules tell, of errors and warnings alike."""
        # A waiver of a rule that was not asked lets nothing pass.
        told = loaded.problems or [problem for problem in lint_loaded(loaded, rules) if problem.rule != "waiver.unused"]
        return told[0].rule if told else ""

    def hear(self, loaded: Loaded, mutant: Mutant) -> Iterator[str]:
        """Play the scenarios, those first that have most to do with the place of the change; give what fails, or nothing, of each."""
        workflows, routes = self.neighbours.beside(loaded), Remembered(dict(self.ways))
        able = (each for each in self.witnesses if each.can_tell(mutant))
        for witness in sorted(able, key=lambda each: self.nearness(each, mutant), reverse=True):
            failed = self.failing(witness, workflows, routes, mutant)
            if failed:
                witness.found += 1
                self.latest.update((mutant.path[:length], witness) for length in range(1, len(mutant.path) + 1))
            yield failed

    def nearness(self, witness: Witness, mutant: Mutant) -> tuple[int, float, int]:
        """Say how much a scenario has to do with a place: how near it was the latest to find something, which names they share, the rare
        ones above all, then how much it has found so far.
        """
        lengths = range(len(mutant.path), 2, -1)
        near = next((length for length in lengths if self.latest.get(mutant.path[:length]) is witness), 0)
        names = {name for name in mutant.path if isinstance(name, str)}
        return near, sum(1 / self.common[name] for name in names & witness.words), witness.found

    def failing(self, witness: Witness, workflows: Workflows, remembered: Routes, mutant: Mutant) -> str:
        """Say what of a scenario fails; nothing if it passes.

        Most of the time goes into finding where a scenario begins, so the ways through the unbroken file are tried first. What fails on
        one of them must also fail as lint plays it, on a way found in the mutant; of an operator's mutants the first answers for all.
        """
        scenario, problems = read_scenario(witness.entry, workflows)
        if scenario is None:
            return problems[0].rule
        if self.goes_as_kept(scenario, remembered):
            return ""
        known = (key(scenario), mutant.operator)
        if known not in self.sure and self.goes_as_kept(scenario, Routes(EFFORT)):
            return ""
        self.sure.add(known)
        return scenario.name

    def goes_as_kept(self, scenario: Scenario, routes: Routes) -> bool:
        """Say whether a scenario goes as it says, and as its chronicle has it."""
        chronicle = Chronicle()
        kept = self.chronicles.get(scenario.document.file)
        return run(scenario, routes, chronicle).passed and (kept is None or kept.difference(scenario.name, chronicle) is None)


def _been_in(result: Result) -> frozenset[str]:
    """Give the states that a scenario's cases may have been in: as its story tells them, those on the way to where it begins too."""
    told = (line.rpartition("→")[2] if "→" in line else line.rpartition("(stays in ")[2] for line in result.story)
    given = (state for other in result.scenario.given.cases for state in other.process.definition.states)  # of which no story is told
    return frozenset((*re.findall(r"[a-z][a-z0-9_.]*", " ".join(told)), *given))


def _words(result: Result) -> frozenset[str]:
    """Give the names that a scenario speaks of or goes through."""
    scenario = result.scenario
    said = repr((scenario.given, scenario.steps))
    return frozenset(re.findall(r"[a-z][a-z0-9_]*", " ".join([said, *(f"{item.id} {item.way}" for item in result.seen)])))
