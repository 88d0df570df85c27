"""Setting the stage of a demonstration year: each place an organisation of its own, with its people, processes, presets and registers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from engine.definition.texts import with_texts
from engine.definition.workflow_files import PRESETS, workflow_files
from engine.errors import ClockRefused
from engine.runtime.access import administrator_of_this_machine
from engine.runtime.application import Application
from engine.runtime.bootstrap import registry_files, units_written
from engine.runtime.manual_clock import SERVICE
from engine.runtime.playbook import Playbook, instants
from engine.runtime.publishing import publish
from engine.runtime.row_import import RowImport
from engine.runtime.sheets import CSV
from engine.runtime.sign_in import PersonExists, SignIn
from engine.scheduler.demonstration import begin_at
from engine.store.cases import has_cases
from engine.store.definitions import list_versions
from engine.store.records import ServiceStateRecord
from engine.store.service import get_state

REASON = "演示"
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
        firsts = [instants(matter, book.place.courses[matter.course])[0] for book in books for matter in book.matters[:1]]
        begin_at(application, min(firsts))
        application.lane.write(lambda batch, _: batch.put(ServiceStateRecord(SERVICE, MARK, this)))
    elif begun != this:
        raise ClockRefused(f"This database was begun with another playbook or another share of it, {begun}, not {this}; use a fresh one.")
    if is_set:  # what has been played since may have changed the registers: they are not imported over it
        return
    for book in books:
        enter(application, book)
        import_rows(application, book)
    application.lane.write(lambda batch, _: batch.put(ServiceStateRecord(SERVICE, IS_SET, this)))


def enter(application: Application, book: Playbook) -> None:
    """Publish what a place works with, and enter its people. Doing it again changes nothing."""
    org = book.place.place
    operator = administrator_of_this_machine(org)
    with application.store.read() as reader:
        published = bool(list_versions(reader, org))
    if published:
        return
    people = SignIn(application.store, application.lane, org, session_hours=1)
    application.lane.write(units_written(org, book.place.everybody()))
    for person in book.place.people:
        with suppress(PersonExists):  # entered before it was stopped
            people.create_person(operator, person.id, person.name, None, person.roles, unit=person.unit)
    publish(
        application, operator, [(with_texts(path, path.read_bytes()), str(path)) for path in sources(application.settings.workflows, book)]
    )


def import_rows(application: Application, book: Playbook) -> None:
    """Import the registers of a place. What is there already stays as it is."""
    imports = RowImport(application)
    people = book.place.everybody().by_id
    for each in book.place.rows:
        principal = people[each.by].principal(book.place.place)
        table = imports.table((book.folder / each.file).read_bytes(), CSV, None)
        imports.run(principal, each.registry, imports.attempt(principal, each.registry, table, REASON)).result()


def sources(folder: Path, book: Playbook) -> Iterator[Path]:
    """Give the files a place works with: all registries, the workflows it names, else all, and the presets it has chosen."""
    wanted = set(book.place.workflows)
    yield from registry_files(folder)
    yield from (path for path in workflow_files(folder) if not wanted or path.stem in wanted)
    yield from (folder / PRESETS / f"{name}.yaml" for name in book.place.presets)
