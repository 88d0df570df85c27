"""The rule that plays: what a scenario beside a workflow says should happen, and does not.

A target that leads to another sound state leaves a sound workflow; only what the designer said should happen can contradict it (ADR 0016).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from engine.definition.workflow_files import scenarios_beside
from engine.errors import Problem, told
from engine.proof.chronicle_files import played_with_chronicle
from engine.proof.scenario_paths import EFFORT
from engine.proof.scenario_reading import read_scenarios
from engine.proof.scenario_report import shown
from engine.proof.scenario_run import Result, Routes
from engine.proof.scenario_workflows import Folders
from engine.proof.verdicts import Report, Word

LONGEST = 160
"""Characters of a value that are shown."""


def with_scenarios(report: Report, files: Iterable[Path], folders: Folders) -> Report:
    """Add what the scenarios beside some files have to say. A workflow that does not do what they say is refused."""
    problems, refused = set(report.problems), set[str]()
    routes = Routes(EFFORT)
    for file in files:
        if any(problem.severity == "error" for problem in folders.of(file).loaded(file).problems):
            continue  # what cannot run needs no scenario to be wrong
        tests = scenarios_beside(file)
        read = read_scenarios(tests, str(tests), folders.of(tests))
        problems.update(read.problems)
        told_of = played_with_chronicle(tests, read.scenarios, routes)
        for result in told_of.results:
            if not result.passed:
                problems.add(problem(result))
            if not result.passed or result.scenario.name in told_of.differing:
                refused.add(result.scenario.process.definition.workflow)
        problems.update(told_of.problems)
    verdicts = (replace(each, word=Word.REFUSED) if each.workflow in refused else each for each in report.verdicts)
    return Report(told(problems), tuple(verdicts))


def problem(result: Result) -> Problem:
    """Tell a scenario that does not hold at the first place where it differs; the way is how the case went."""
    scenario, first = result.scenario, result.differences[0]
    text = f"{scenario.name}: {first.what}: expected {_short(first.expected)}, got {_short(first.got)}"
    more = len(result.differences) - 1
    found = scenario.document.problem(first.rule, f"{text}; {more} more differ" if more else text, first.path)
    return replace(found, way=result.story)


def _short(value: object) -> str:
    text = " ".join(_lines(shown(value)))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines())
