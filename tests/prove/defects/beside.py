"""What stands beside a file and is the same for all its mutants: other workflows, and ways to where scenarios begin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def key(scenario: Scenario) -> str:
    """Name a scenario among those of all files."""
    return f"{scenario.document.file} {scenario.path}"
