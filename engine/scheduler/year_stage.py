"""Setting the stage of a demonstration year: each place an organisation of its own, with its people, processes, presets and registers."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from engine.definition.loader import Loaded
from engine.definition.texts import with_texts
from engine.definition.workflow_files import PRESETS, workflow_files
from engine.errors import ClockRefused, Problem
from engine.runtime.access import administrator_of_this_machine
from engine.runtime.application import Application
from engine.runtime.bootstrap import registry_files, units_written
from engine.runtime.demonstration import Person
from engine.runtime.manual_clock import SERVICE
from engine.runtime.people import Principal
from engine.runtime.playbook import Playbook
from engine.runtime.publishing import publish_loaded, texts_loaded
from engine.runtime.registry import faultless
from engine.runtime.row_import import RowImport
from engine.runtime.sheets import CSV
from engine.runtime.sign_in import PersonExists, SignIn
from engine.scheduler.demonstration import begin_at
from engine.store.cases import has_cases
from engine.store.definitions import list_versions
from engine.store.records import ServiceStateRecord
from engine.store.service import get_state

REASON = "演示"
ORGANISATIONS, KEEPER = "organisation", "office"
"""The register of bodies, and who keeps it."""
MARK = "demo.year"
"""The service's state that says what is played in a database, so that no other cases are mixed with it."""
IS_SET = "demo.year.set"
"""The service's state that says that all places are entered."""
DIGITS = 12


def set_stage(application: Application, books: Sequence[Playbook]) -> None:
    """Set the clock to the first day of all, and enter each place that is not there yet.

    Raises ClockRefused for a database with other cases, or begun with another playbook: with other places, another share, other rows.
    """
    with application.store.read() as reader:
        begun = get_state(reader, SERVICE, MARK)
        is_set, used = get_state(reader, SERVICE, IS_SET) is not None, has_cases(reader)
    this = " ".join(f"{book.place.place}:{book.digest[:DIGITS]}" for book in books)
    if begun is None:
        if used:
            raise ClockRefused("This database has cases of its own; a demonstration year needs a fresh one.")
        begin_at(application, min(book.begins for book in books))
        application.lane.write(lambda batch, _: batch.put(ServiceStateRecord(SERVICE, MARK, this)))
    elif begun != this:
        raise ClockRefused(f"This database was begun with another playbook or another share of it, {begun}, not {this}; use a fresh one.")
    if is_set:  # what has been played since may have changed the registers: they are not imported over it
        return
    stage = Stage(application)
    for book in books:
        stage.enter(book)
        import_rows(application, book)
        stage.enter_below(book)
    application.lane.write(lambda batch, _: batch.put(ServiceStateRecord(SERVICE, IS_SET, this)))


@dataclass
class Stage:
    """Enters organisations that are not there yet. What several of them work with is loaded once, for none of them has anything before."""

    application: Application
    loaded: dict[tuple[Path, ...], tuple[list[Loaded], tuple[Problem, ...]]] = field(default_factory=dict)

    def enter(self, book: Playbook) -> None:
        """Publish what a place works with, and enter its people. Doing it again changes nothing."""
        org = book.place.place
        if self._is_there(org):
            return
        self.application.lane.write(units_written(org, book.place.everybody()))
        self._publish(org, book.place.people, tuple(sources(self.application.settings.workflows, book)))

    def enter_below(self, book: Playbook) -> None:
        """Enter the bodies below a place, and in each body and the place those directly below it."""
        below = book.place.below
        if below is None:
            return
        folder, imports = self.application.settings.workflows, RowImport(self.application)
        files = (*registry_files(folder), *(folder / f"{name}.yaml" for name in below.workflows))
        for body in book.bodies:
            if not self._is_there(body):
                self._publish(body, below.people, files)
            if rows := book.below_of(body):
                keeper = next(person for person in below.people if KEEPER in person.roles).principal(body)
                import_csv(imports, keeper, ORGANISATIONS, as_csv(rows))

    def _is_there(self, org: str) -> bool:
        with self.application.store.read() as reader:
            return bool(list_versions(reader, org))

    def _publish(self, org: str, people: Sequence[Person], files: tuple[Path, ...]) -> None:
        operator = administrator_of_this_machine(org)
        accounts = SignIn(self.application.store, self.application.lane, org, session_hours=1)
        for person in people:
            with suppress(PersonExists):  # entered before it was stopped
                accounts.create_person(operator, person.id, person.name, None, person.roles, unit=person.unit)
        if files not in self.loaded:
            loaded = texts_loaded(self.application, org, [(with_texts(path, path.read_bytes()), str(path)) for path in files])
            self.loaded[files] = loaded, faultless(*loaded)
        publish_loaded(self.application, operator, *self.loaded[files])


def as_csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    """Give rows as a CSV file."""
    stream = StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def import_rows(application: Application, book: Playbook) -> None:
    """Import the registers of a place."""
    imports = RowImport(application)
    people = book.place.everybody().by_id
    for each in book.place.rows:
        principal = people[each.by].principal(book.place.place)
        import_csv(imports, principal, each.registry, (book.folder / each.file).read_bytes())


def import_csv(imports: RowImport, principal: Principal, registry: str, data: bytes) -> None:
    """Import rows as a clerk imports a file. What is there already stays as it is."""
    table = imports.table(data, CSV, None)
    imports.run(principal, registry, imports.attempt(principal, registry, table, REASON)).result()


def sources(folder: Path, book: Playbook) -> Iterator[Path]:
    """Give the files a place works with: all registries, the workflows it names, else all, and the presets it has chosen."""
    wanted = set(book.place.workflows)
    yield from registry_files(folder)
    yield from (path for path in workflow_files(folder) if not wanted or path.stem in wanted)
    yield from (folder / PRESETS / f"{name}.yaml" for name in book.place.presets)
