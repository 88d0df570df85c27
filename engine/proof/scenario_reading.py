"""`*.test.yaml` -> scenarios: shape, then names against the workflow. All problems at once, each at its line and column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from engine.clock import Instant, from_datetime
from engine.core.compiled import Process
from engine.core.world import Holder
from engine.definition.calendars import Calendar
from engine.definition.model.shapes import Shape, shown
from engine.definition.reader import Reading, Source, read
from engine.definition.source import Document, Path
from engine.definition.terms import parse_term
from engine.errors import MOST_TOLD, Problem
from engine.proof.rows_given import kept
from engine.proof.scenario_model import (
    ActStep,
    CheckStep,
    CommentStep,
    Elsewhere,
    ElsewhereStep,
    Given,
    OtherCase,
    Scenario,
    Step,
    WaitStep,
    Who,
)
from engine.proof.scenario_names import Names
from engine.proof.scenario_shapes import (
    ActShape,
    By,
    CommentShape,
    ElsewhereShape,
    GivenShape,
    OtherCaseShape,
    PersonShape,
    RepeatShape,
    ScenarioShape,
    ThenShape,
    UntilShape,
)
from engine.proof.scenario_town import Town
from engine.proof.scenario_workflows import Workflows, WorkflowUnknown

S = TypeVar("S", bound=Shape)

MOST_STEPS = 10_000
"""Steps of all that one scenario repeats: one `repeat` inside another multiplies."""

STEP = "a step: a map with one key, like {wait: 5 working days}, {ACT: ROLE}, {comment: …}, {repeat: …} or {then: …}"


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """What a file of scenarios says. Scenarios with problems of their own are left out."""

    scenarios: tuple[Scenario, ...]
    problems: tuple[Problem, ...]


class Entry(NamedTuple):
    """One scenario as it is written."""

    document: Document
    path: Path
    data: Any


def read_scenarios(source: Source, file: str, workflows: Workflows) -> ScenarioFile:
    """Read the scenarios of a file: lists of them, or one a document. Never raises for what the file contains."""
    reading = read(source, file)
    problems = list(reading.problems)
    scenarios: list[Scenario] = []
    for entry in entries(reading):
        if len(problems) > MOST_TOLD:
            break
        scenario, found = read_scenario(entry, workflows)
        problems += found
        scenarios += [scenario] if scenario is not None else []
    return ScenarioFile(tuple(scenarios), tuple(sorted(set(problems))))


def entries(reading: Reading) -> Iterator[Entry]:
    """Give the scenarios of a file as they are written."""
    for document in reading.documents:
        if isinstance(document.data, list):
            yield from (Entry(document, (n,), each) for n, each in enumerate(document.data))
        else:
            yield Entry(document, (), document.data)


def read_scenario(entry: Entry, workflows: Workflows) -> tuple[Scenario | None, list[Problem]]:
    """Read one scenario, and what is wrong with it; with problems of its own it is left out."""
    one = _Reader(entry.document, workflows)
    scenario = one.scenario(entry.path, entry.data)
    is_wrong = any(problem.severity == "error" for problem in one.problems)
    return None if is_wrong else scenario, one.problems


class _Reader:
    """Reads one scenario and gathers what is wrong with it."""

    def __init__(self, document: Document, workflows: Workflows) -> None:
        self.document, self.workflows = document, workflows
        self.problems: list[Problem] = []
        self.cases: dict[str, Process] = {}  # those of `given`, by name
        self.repeats = 0

    def scenario(self, path: Path, entry: Any) -> Scenario | None:
        shape = self.shape(ScenarioShape, path, entry)
        if shape is None:
            return None
        process = self.process(shape.given, (*path, "given"))
        if process is None:
            return None
        names = Names(process, self.report)
        given = self.given(names, shape.given, (*path, "given"))
        steps = self.steps(names, shape.when, (*path, "when"))
        if shape.then is not None:
            steps = (*steps, self.check(names, shape.then, (*path, "then")))
        return Scenario(shape.name, self.document, path, process, given, steps)

    def process(self, given: GivenShape | OtherCaseShape, path: Path) -> Process | None:
        try:
            return self.workflows.find(given.workflow, given.version)
        except WorkflowUnknown as unknown:
            self.report("scenario.workflow", str(unknown), (*path, "workflow" if given.version is None else "version"))
            self.problems += unknown.problems
            return None

    def given(self, names: Names, shape: GivenShape, path: Path) -> Given:
        at = self.instant(shape.at, names.process.calendar, (*path, "at"))
        cases = tuple(self.other_cases(shape, at, (*path, "cases")))
        return replace(self.beginning(names, shape, at, path), cases=cases, town=self.town(shape, path))

    def beginning(self, names: Names, shape: GivenShape | OtherCaseShape, at: Instant, path: Path) -> Given:
        """Read what is given of one case."""
        names.items(shape.data, (*path, "data"))
        return Given(
            at=at,
            states=tuple(names.state(each, (*path, "in", n)) for n, each in enumerate(shape.in_ or ())),
            by=self.steps(names, shape.by or (), (*path, "by"), bare=True),
            data=shape.data,
            settings={**self.preset(names, shape.preset, (*path, "preset")), **names.settings(shape.settings, (*path, "settings"))},
        )

    def preset(self, names: Names, name: str | None, path: Path) -> Mapping[str, Any]:
        """Give what a preset beside the file has for the settings of a workflow."""
        found = self.workflows.preset(name) if name is not None else None
        workflow = names.process.definition.workflow
        if found is not None and found.workflow == workflow:
            return found.settings
        if name is not None:
            why = f"it is one of {found.workflow!r}" if found is not None else "there is none of that name beside the file"
            self.report("scenario.preset", f"expected a preset of {workflow!r} without mistakes, got {name!r}: {why}", path)
        return {}

    def other_cases(self, shape: GivenShape, at: Instant, path: Path) -> Iterator[OtherCase]:
        for name, written in shape.cases.items():
            here = (*path, name)
            process = self.process(written, here)
            if process is None:
                continue
            given = self.beginning(Names(process, self.report), written, at, here)
            self.cases[name] = process
            yield OtherCase(name, here, process, given)

    def town(self, shape: GivenShape, path: Path) -> Town:
        """Give the rest of the body: workflows by name, who holds which role, rows of registries."""
        people = {
            role: tuple(Holder(each) if isinstance(each, str) else Holder(each.person, each.unit) for each in holders)
            for role, holders in shape.people.items()
        }
        registries = {}
        for name, rows in shape.registries.items():
            definition = self.workflows.registry(name)
            if definition is None:
                self.report("scenario.registry", f"there is no registry {name!r} beside the file", (*path, "registries", name), at_key=True)
                continue
            registries[name] = kept(definition, rows, (*path, "registries", name), partial(self.report, "scenario.value"))
        return Town(self.workflows.known, people, registries)

    # --- steps ------------------------------------------------------------------------------------------------------

    def steps(self, names: Names, entries: Iterable[Any], path: Path, *, bare: bool = False) -> tuple[Step, ...]:
        read: list[Step] = []
        for number, entry in enumerate(entries):
            if len(self.problems) > MOST_TOLD:
                break
            read += self.step(names, entry, (*path, number), bare=bare)
        return tuple(read)

    def step(self, names: Names, entry: Any, path: Path, *, bare: bool) -> Sequence[Step]:
        if bare and isinstance(entry, str):
            return [ActStep(path, names.act(entry, path), document=entry.endswith(".attach"))]
        if not isinstance(entry, dict) or len(entry) != 1:
            self.report("scenario.step", f"expected {STEP}, got {shown(entry)}", path)
            return []
        ((key, value),) = entry.items()
        here = (*path, key)
        if key == "repeat":
            repeat = self.shape(RepeatShape, here, value)
            return [] if repeat is None else self.repeated(names, repeat, here)
        if key == "elsewhere":
            other = self.shape(ElsewhereShape, here, value)
            step_there = None if other is None else self.elsewhere(names, other, here)
            return [] if step_there is None else [step_there]
        if key == "then":
            then = self.shape(ThenShape, here, value)
            return [] if then is None else [self.check(names, then, here)]
        read = {"wait": self.wait, "comment": self.comment}.get(key)
        step = self.act(names, str(key), value, here) if read is None else read(names, value, here)
        return [] if step is None else [step]

    def repeated(self, names: Names, repeat: RepeatShape, path: Path) -> Sequence[Step]:
        before = self.repeats
        steps = self.steps(names, repeat.steps, (*path, "steps"))
        self.repeats = before + len(steps) * repeat.times  # what is repeated in them is among them
        if steps and self.repeats > MOST_STEPS:
            self.report("scenario.value", f"expected at most {MOST_STEPS:,} steps, got {self.repeats:,}", path)
            return []
        return steps * repeat.times

    def elsewhere(self, names: Names, shape: ElsewhereShape, path: Path) -> Step | None:
        """Read what another case does, by the names of its own workflow."""
        (kind,) = shape.kinds
        name = str(getattr(shape, kind))
        process = self.cases.get(name) if kind == "case" else self.workflows.known(names.other(kind, name, (*path, kind)))
        if process is None:
            self.report("scenario.workflow", f"the workflow of {kind} {name!r} is not known beside the file", (*path, kind))
            return None
        where = Elsewhere(kind, name, shape.key, shape.nth)
        return ElsewhereStep(path, where, process, self.steps(Names(process, self.report), shape.steps, (*path, "steps")))

    def wait(self, names: Names, value: Any, path: Path) -> Step | None:
        if isinstance(value, dict):
            shape = self.shape(UntilShape, path, value)
            return None if shape is None else WaitStep(path, until=self.instant(shape.until, names.process.calendar, (*path, "until")))
        try:
            return WaitStep(path, term=parse_term(str(value)))
        except ValueError as error:
            self.report("scenario.value", f"`wait`: {error}, or {{until: 2026-03-09 17:30}}", path)
            return None

    def comment(self, names: Names, value: Any, path: Path) -> Step | None:
        if isinstance(value, str):
            return CommentStep(path, value)
        shape = self.shape(CommentShape, path, value)
        return None if shape is None else CommentStep(path, shape.text, None if shape.by is None else names.who(_who(shape.by), path))

    def act(self, names: Names, name: str, value: Any, path: Path) -> Step | None:
        shape = self.shape(ActShape, path, {"by": value} if isinstance(value, str) else value)
        if shape is None:
            return None
        refused = None if shape.refused is None else names.codes(shape.refused, (*path, "refused"))
        if refused is None or "unknown_action" not in refused:
            names.act(name, path)
        if refused is None or "invalid_field" not in refused:
            names.filled(name, shape.data, (*path, "data"))
        document = shape.document if shape.document is not None else name.endswith(".attach")
        return ActStep(path, name, names.who(_who(shape.by), (*path, "by")), shape.data, shape.reason, document, refused)

    def check(self, names: Names, shape: ThenShape, path: Path) -> CheckStep:
        return CheckStep(path, names.expected(shape, path))

    # --- parts ------------------------------------------------------------------------------------------------------

    def instant(self, text: str, calendar: Calendar, path: Path) -> Instant:
        try:
            return from_datetime(datetime.fromisoformat(text).replace(tzinfo=calendar.zone))
        except ValueError as error:
            self.report("scenario.value", f"expected a day that exists, got {text!r}: {error}", path)
            return 0

    def shape(self, kind: type[S], path: Path, data: Any) -> S | None:
        try:
            return kind.model_validate(data)
        except ValidationError as error:
            for each in error.errors(include_url=False, include_input=False):
                rule = each["type"].replace("model.", "scenario.")
                unknown = each["type"] == "model.unknown_key"
                self.report(rule if "." in rule else "scenario.value", each["msg"], (*path, *each["loc"]), at_key=unknown)
            return None

    def report(self, rule: str, message: str, path: Sequence[str | int], *, at_key: bool = False) -> None:
        self.problems.append(self.document.problem(rule, message, path, at_key=at_key))


def _who(by: By) -> Who:
    return Who(by.role, by.person, by.unit) if isinstance(by, PersonShape) else Who(str(by))
