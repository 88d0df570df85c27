"""`NAME.chronicle.txt` beside `NAME.test.yaml`: what happened in its scenarios when somebody last looked and agreed.

Plain text, so that the difference two versions make is read like any other: a section for each scenario, one with the forms that were seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path

from engine.definition.workflow_files import SCENARIOS
from engine.errors import Problem
from engine.proof.chronicle import Chronicle
from engine.proof.scenario_model import Scenario
from engine.proof.scenario_run import Result, Routes, run

RULE = "scenario.chronicle"
CHRONICLE = ".chronicle.txt"
HEADING = "== "
FORMS = "=== forms"
NOTHING = "nothing"
LONGEST = 200
"""Characters of a line that are shown."""
WAY_OUT = "if that is meant, write it anew with `yishi test --write`"

Line = tuple[int, str]
"""Its number in the file, and its text."""


def chronicle_beside(scenarios: Path) -> Path:
    """Give where the chronicle of a file of scenarios lies."""
    return scenarios.with_name(scenarios.name.removesuffix(SCENARIOS) + CHRONICLE)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file holds: the forms of each act, the lines of each scenario by its name."""

    file: str
    forms: Mapping[str, tuple[Line, ...]]
    scenarios: Mapping[str, tuple[Line, ...]]
    headings: Mapping[str, int] = field(default_factory=dict)

    def difference(self, name: str, chronicle: Chronicle) -> Problem | None:
        """Give the first line of a scenario that is another than was kept, or a form that is; None where all is as it was."""
        if name not in self.scenarios:
            return Problem(self.file, 1, 1, RULE, f"expected a section for the scenario {name!r}, found none; {WAY_OUT}")
        for kept, now in zip_longest(self.scenarios[name], chronicle.lines):
            if kept is None or kept[1] != now:
                number = kept[0] if kept is not None else max((each[0] for each in self.scenarios[name]), default=self.headings[name])
                return self._differs(number, name, kept[1] if kept is not None else None, now)
        for act, form in sorted(chronicle.forms):
            known = self.forms.get(act, ())
            if form not in (text for _, text in known):
                number, text = known[0] if known else (1, None)
                return self._differs(number, f"{name}: form of {act}", text, form)
        return None

    def unknown(self, names: Iterable[str]) -> list[Problem]:
        """Point at sections of scenarios that are not there any more."""
        gone = self.scenarios.keys() - set(names)
        return [
            Problem(self.file, self.headings[name], 1, RULE, f"there is no scenario {name!r} beside it; {WAY_OUT}") for name in sorted(gone)
        ]

    def _differs(self, line: int, what: str, kept: str | None, now: str | None) -> Problem:
        expected, got = (NOTHING if each is None else _short(each.strip()) for each in (kept, now))
        return Problem(self.file, line, 1, RULE, f"{what}: expected {expected}, got {got}; {WAY_OUT}")


@dataclass(slots=True)
class Playing:
    """What came of the scenarios of a file: their results, chronicles, and what of these is another than was kept."""

    results: list[Result] = field(default_factory=list)
    chronicles: list[tuple[str, Chronicle]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    differing: set[str] = field(default_factory=set)


def played_with_chronicle(
    scenarios: Path, chosen: Sequence[Scenario], routes: Routes, *, whole: bool = True, anew: bool = False
) -> Playing:
    """Play scenarios of a file and compare them with the chronicle beside it, where there is one; else none is made, unless ``anew``.

    A scenario that fails has nothing to compare. ``whole``: these are all of the file, so that what is kept of others is out of date.
    """
    kept, playing = read_chronicle(scenarios), Playing()
    for scenario in chosen:
        chronicle = Chronicle() if anew or kept is not None else None
        result = run(scenario, routes, chronicle)
        playing.results.append(result)
        if chronicle is None:
            continue
        playing.chronicles.append((scenario.name, chronicle))
        if kept is not None and result.passed and (differs := kept.difference(scenario.name, chronicle)) is not None:
            playing.differing.add(scenario.name)
            playing.problems.append(replace(differs, way=result.story))
    if kept is not None and whole:
        playing.problems += kept.unknown(scenario.name for scenario in chosen)
    return playing


def read_chronicle(path: Path) -> Kept | None:
    """Read the chronicle beside a file of scenarios; None where none is kept."""
    beside = chronicle_beside(path)
    if not beside.is_file():
        return None
    forms: dict[str, list[Line]] = {}
    scenarios: dict[str, list[Line]] = {}
    headings: dict[str, int] = {}
    lines: list[Line] | None = None
    for number, text in enumerate(beside.read_text("utf-8").splitlines(), 1):
        if text.startswith(HEADING):
            name = text.removeprefix(HEADING)
            lines, headings[name] = scenarios.setdefault(name, []), number
        elif lines is not None and text:
            lines.append((number, text))
        elif ": " in text and not text.startswith("#"):
            act, _, form = text.partition(": ")
            forms.setdefault(act, []).append((number, form))
    return Kept(
        str(beside), {act: tuple(each) for act, each in forms.items()}, {name: tuple(each) for name, each in scenarios.items()}, headings
    )


def written(scenarios: Path, chronicles: Iterable[tuple[str, Chronicle]]) -> str:
    """Give the text of the chronicle of a file: its scenarios by name, in their order."""
    return "\n".join(_lines(scenarios, list(chronicles))) + "\n"


def _lines(scenarios: Path, chronicles: list[tuple[str, Chronicle]]) -> Iterator[str]:
    yield f"# What happens in the scenarios of {scenarios.name}, written by `yishi test --write` and compared ever since."
    yield ""
    yield FORMS
    yield from (f"{act}: {form}" for act, form in sorted({pair for _, chronicle in chronicles for pair in chronicle.forms}))
    for name, chronicle in chronicles:
        yield ""
        yield f"{HEADING}{name}"
        yield from chronicle.lines


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
