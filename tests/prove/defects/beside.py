"""What stands beside a file and is the same for all its mutants: other workflows, and ways to where scenarios begin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from pathlib import Path

from engine.definition.calendars import Calendar
from engine.definition.loader import Loaded
from engine.proof.scenario_goals import Goal, Taken
from engine.proof.scenario_model import Scenario
from engine.proof.scenario_paths import EFFORT, NotFound
from engine.proof.scenario_play import Position
from engine.proof.scenario_run import Routes
from engine.proof.scenario_workflows import Workflows


class Neighbours(Workflows):
    """The workflows and registries beside a file, read once for all its mutants."""

    def __init__(self, files: Iterable[Path], calendars: Mapping[str, Calendar]) -> None:
        super().__init__(files, calendars)
        self._read_files_with("")
        for name in self._definitions:
            self.find(name)

    def beside(self, loaded: Loaded) -> Workflows:
        """Give them together with what was loaded from the file itself."""
        every = copy(self)
        every._definitions = {name: [*versions] for name, versions in self._definitions.items()}
        every._processes = {**self._processes}
        every._registries = {**self._registries, **{each.registry: each for each in loaded.registries}}
        for definition in loaded.definitions:
            every._definitions.setdefault(definition.workflow, []).append(definition)
        return every


class Remembered(Routes):
    """Ways found in one workflow, tried first in another that is almost the same."""

    def __init__(self, ways: dict[str, tuple[Taken, ...]]) -> None:
        super().__init__(EFFORT)
        self.ways = ways

    def known(self, scenario: Scenario, position: Position, goal: Goal) -> Iterator[tuple[Taken, ...]]:
        """Give the way that was found for this step of this scenario first."""
        here = step(scenario, position, goal)
        if here in self.ways:
            yield self.ways[here]
        for known in super().known(scenario, position, goal):
            self.ways[here] = known  # nobody asks for another if it leads there
            yield known

    def find(self, scenario: Scenario, position: Position, goal: Goal) -> tuple[Taken, ...] | NotFound:
        """Find a way where the known one leads elsewhere, and remember it."""
        found = super().find(scenario, position, goal)
        if not isinstance(found, NotFound):
            self.ways[step(scenario, position, goal)] = found
        return found


def step(scenario: Scenario, position: Position, goal: Goal) -> str:
    """Name a step of a scenario."""
    return f"{key(scenario)} {goal.name} {position.now} {position.case.seq if position.case is not None else ''}"


def key(scenario: Scenario) -> str:
    """Name a scenario among those of all files."""
    return f"{scenario.document.file} {scenario.path}"
