"""The workflow files of a folder: each read once, their workflows found by name and made ready to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.core.compiled import Process, compile_process
from engine.definition.calendars import Calendar
from engine.definition.interface import Shelf
from engine.definition.loader import Loaded, load, offered
from engine.definition.presets import PresetDefinition
from engine.definition.process import ProcessDefinition
from engine.definition.reader import MAX_BYTES
from engine.definition.registry import RegistryDefinition
from engine.definition.workflow_files import COMING, PARTS, definition_files, home_of, workflow_files
from engine.errors import Problem, did_you_mean


class WorkflowUnknown(Exception):
    """There is no such workflow, or it has mistakes of its own; ``problems`` are those."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class Workflows:
    """Workflows by name and version. A file is loaded when it is asked for, or when a scenario first asks for a name that stands in it."""

    def __init__(self, files: Iterable[Path], calendars: Mapping[str, Calendar]) -> None:
        self.calendars = calendars
        paths = [*files]
        beside = dict.fromkeys(each for folder in {path.parent for path in paths} for each in definition_files(folder))
        kept = [each for each in beside if each.parent.name in PARTS]
        self._files = {path: _text_of(path) for path in (*paths, *kept)}  # those that nobody asked for yet
        self._loaded: dict[Path, Loaded] = {}
        self._definitions: dict[str, list[ProcessDefinition]] = {}
        self._processes: dict[str, Process] = {}
        self._registries: dict[str, RegistryDefinition] = {}
        self._presets: dict[str, PresetDefinition] = {}
        self._offered: dict[Path, Shelf] = {}  # by folder, read once for all its files

    def find(self, name: str, version: int | None = None) -> Process:
        """Give a workflow, the newest version unless one is named. Raises WorkflowUnknown."""
        self._read_files_with(name)
        versions = {each.version: each for each in self._definitions.get(name, ())}
        if not versions:
            raise self._unknown(name)
        if version is not None and version not in versions:
            known = ", ".join(map(str, sorted(versions)))
            raise WorkflowUnknown(f"there is no version {version} of {name!r}; there is {known}")
        definition = versions[max(versions) if version is None else version]
        process = self._processes.get(definition.digest)
        if process is None:
            process = self._processes[definition.digest] = compile_process(definition, self.calendars[definition.calendar])
        return process

    def known(self, name: str) -> Process | None:
        """Give the newest version of a workflow, None where there is none that could run."""
        try:
            return self.find(name)
        except WorkflowUnknown:
            return None

    def registry(self, name: str) -> RegistryDefinition | None:
        """Give a registry, None where there is none."""
        self._read_files_with(name)
        return self._registries.get(name)

    def preset(self, name: str) -> PresetDefinition | None:
        """Give a preset of settings, None where there is none without mistakes."""
        self._read_files_with(name)
        return self._presets.get(name)

    def loaded(self, path: Path) -> Loaded:
        """Give a file as it was loaded: once, whoever asks."""
        if path not in self._loaded:
            self._files.pop(path, None)
            home = home_of(path)
            library = self._offered.setdefault(home, offered(home))
            loaded = self._loaded[path] = load(path, str(path), calendars=self.calendars, library=library)
            self._registries.update((each.registry, each) for each in loaded.registries)
            self._presets.update((each.preset, each) for each in loaded.presets)
            for definition in loaded.definitions:
                self._definitions.setdefault(definition.workflow, []).append(definition)
        return self._loaded[path]

    def _read_files_with(self, name: str) -> None:
        for path in [path for path, text in self._files.items() if name in text]:
            self.loaded(path)

    def _unknown(self, name: str) -> WorkflowUnknown:
        mine = (problem for path, loaded in self._loaded.items() if path.stem == name for problem in loaded.problems)
        broken = tuple(problem for problem in mine if problem.severity == "error")
        if broken:
            return WorkflowUnknown(f"the workflow {name!r} has mistakes of its own", broken)
        names = [*self._definitions, *(path.stem for path in self._files)]
        return WorkflowUnknown(f"there is no workflow {name!r} beside the file{did_you_mean(name, names)}")


class Folders:
    """The workflow files of several folders."""

    def __init__(self, calendars: Mapping[str, Calendar]) -> None:
        self.calendars = calendars
        self._known: dict[Path, Workflows] = {}

    def of(self, path: Path) -> Workflows:
        """Give the files of the folder in which a file names others; for a version to come, with all that are to come."""
        home = home_of(path)
        folder = path.parent if path.parent.name == COMING else home
        if folder not in self._known:
            files = [each for each_folder in dict.fromkeys((folder, home)) for each in workflow_files(each_folder)]
            self._known[folder] = Workflows(files, self.calendars)
        return self._known[folder]


def _text_of(path: Path) -> str:
    """Read as much of a file as could be a workflow; what is too large is refused when it is loaded."""
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES).decode("utf-8", "replace")
