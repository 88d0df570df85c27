"""Towns made ready: a database with shipped files in use that tests begin on a copy of, and which files those are."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.core.compiled import Process
from engine.definition.calendar_files import load_calendars
from engine.definition.loader import load, offered
from engine.definition.workflow_files import REGISTRIES, workflow_files
from engine.runtime.application import opened
from engine.runtime.bootstrap import units_written
from engine.scheduler.demonstration import begin_at
from engine.settings import Settings
from engine.store.definitions import list_versions
from tests.town import PEOPLE, START, WORKFLOWS, Town, instant, publish_files


def settings_in(folder: Path) -> Settings:
    """Settings that keep everything below a folder. On SQLite: what a process says does not hang on the database."""
    return Settings(database_url=f"sqlite:///{folder / 'yishi.db'}", clock="manual", workflows=WORKFLOWS, files=folder / "files")


@dataclass(frozen=True)
class Prepared:
    """A database with the people's units and some shipped files in use, its clock at START, and what was compiled of them."""

    folder: Path
    files: tuple[Path, ...]
    compiled: dict[str, Process]

    @contextmanager
    def copy(self, folder: Path) -> Iterator[Town]:
        """Give the town on a copy of its own."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        with opened(settings_in(folder)) as application:
            application.registry._compiled.update(self.compiled)
            yield Town(application, self.files)


def prepare(folder: Path, files: tuple[Path, ...]) -> Prepared:
    """Make a database with files published, for tests to begin with."""
    with opened(settings_in(folder)) as application:
        begin_at(application, instant(START))
        application.lane.write(units_written(application.org, PEOPLE))
        publish_files(application, files, application.org)
        with application.store.read() as reader:
            published = {row.workflow for row in list_versions(reader, application.org)}
        for workflow in published:
            application.registry.make_ready(application.org, workflow, application.now())
        return Prepared(folder, files, {**application.registry._compiled})


class CarrierMissing(Exception):
    """A file that is to carry something is not there."""


class Shelf:
    """The files of a folder of workflows, and what each needs of the others."""

    def __init__(self, folder: Path = WORKFLOWS) -> None:
        self.folder = folder
        self.calendars = load_calendars(WORKFLOWS / "calendars")
        paths = [*workflow_files(folder / REGISTRIES), *workflow_files(folder)]
        self._homes = {name: path for path in paths for name in names_in(path)}
        self._offered = offered(folder)  # read once for all files
        self._needs: dict[Path, tuple[Path, ...]] = {}

    def file(self, carrier: str) -> Path:
        """The file of a carrier: `proposal` or `registries/places`. Raises CarrierMissing."""
        path = self.folder / f"{carrier}.yaml"
        if not path.is_file():
            raise CarrierMissing(f"there is no {path.relative_to(self.folder.parent)}")
        return path

    def files(self, *carriers: str) -> tuple[Path, ...]:
        """The files of some carriers with all that they need, registries first."""
        found: dict[Path, None] = {}
        waiting = [self.file(carrier) for carrier in carriers]
        while waiting:
            path = waiting.pop()
            if path not in found:
                found[path] = None
                waiting += self._needed(path)
        return tuple(sorted(found, key=lambda path: (path.parent == self.folder, path)))

    def _needed(self, path: Path) -> tuple[Path, ...]:
        if path not in self._needs:
            loaded = load(path, str(path), calendars=self.calendars, library=self._offered)
            imports = {name for each in loaded.definitions for name in each.imports}
            self._needs[path] = tuple({self._homes[name] for name in imports if name in self._homes} - {path})
        return self._needs[path]


def names_in(path: Path) -> list[str]:
    """The names of the workflows and registries of a file."""
    return re.findall(r"^(?:workflow|registry): (\w+)", path.read_text("utf-8"), re.MULTILINE)
