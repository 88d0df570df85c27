"""`yishi doctor`: whether this installation can be relied on."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import typer
from sqlalchemy import Connection, make_url, text

from api.commands.failing import Exit
from api.commands.here import here
from api.commands.options import AsJson, command_app
from api.commands.screen import show_json, show_table
from engine.clock import rfc3339, stopwatch
from engine.core.advance import advance
from engine.core.case import Actor
from engine.core.command import Open
from engine.core.compiled import compile_process
from engine.core.decision import Decision
from engine.definition.calendar_files import load_calendars
from engine.definition.loader import load_one
from engine.errors import YishiError
from engine.runtime.application import Application
from engine.runtime.manual_clock import INSTANT, KIND, SERVICE
from engine.runtime.recounting import Recounting
from engine.settings import Settings
from engine.store.log import count_unsealed
from engine.store.migration import newest_version, schema_version
from engine.store.service import get_state
from engine.store.sqlite import OLDEST, choose_driver
from engine.store.store import Store

app = command_app()

SYNCS = 20
SLOW_MS = 50.0
"""A disk that takes longer for one commit is no disk for a service."""
PRAGMAS = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
TINY = """\
workflow: doctor
version: 1
title: doctor
calendar: {calendar}
roles: {{doctor: doctor}}
data: {{word: {{type: text, title: word}}}}
start: {{by: doctor, form: [word], guard: size(data.word) == 3}}
initial: well
states: {{well: {{title: well, final: true, outcome: success}}}}
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    found: str
    ok: bool = True


Examination = Callable[[Settings], Iterator[Finding]]


@app.command()
def doctor_command(context: typer.Context, as_json: AsJson = False) -> None:
    """Look at everything the service stands on; exit with 1 if anything is wrong. Nothing is changed."""
    settings = here(context).settings
    findings = [finding for examine in EXAMINATIONS for finding in examined(examine, settings)]
    if as_json:
        show_json(
            {
                "ok": all(each.ok for each in findings),
                "findings": [{"name": each.name, "ok": each.ok, "found": each.found} for each in findings],
            }
        )
    else:
        show_table(("", "", ""), [("✓" if each.ok else "✗", each.name, each.found) for each in findings])
    if not all(each.ok for each in findings):
        raise typer.Exit(Exit.PROBLEMS)


def examined(examine: Examination, settings: Settings) -> Iterator[Finding]:
    """Look at one thing; that it cannot be looked at is a finding too."""
    try:
        yield from examine(settings)
    except (YishiError, OSError) as error:
        yield Finding(examine.__name__.replace("_", " "), " ".join(str(error).split()), ok=False)


def sqlite(settings: Settings) -> Iterator[Finding]:
    """Look at the SQLite that is used, whether or not there is a database yet."""
    if sqlite_file(settings) is not None:
        version = choose_driver().sqlite_version
        yield Finding("sqlite", f"{version} (at least {'.'.join(map(str, OLDEST))})")


def database(settings: Settings) -> Iterator[Finding]:
    """Look at the database: its schema, how safely it writes, its clock and its backlog. A file that is not there is not made."""
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        yield Finding("database", f"{file} is not there yet; `yishi init` makes it", ok=False)
        return
    store = Store(settings.database_url)
    try:
        with store.read() as reader:
            yield from pragmas(reader) if file is not None else server(reader)
            found, wanted = schema_version(settings.database_url), newest_version()
            yield Finding("schema", found or "none; `yishi init` makes it", ok=found == wanted)
            if found == wanted:
                yield clock_kind(reader, settings)
                yield backlog(reader)
    finally:
        store.close()


def pragmas(reader: Connection) -> Iterator[Finding]:
    """Look at how SQLite writes."""
    for name, wanted in PRAGMAS.items():
        found = str(reader.execute(text(f"PRAGMA {name}")).scalar_one())
        yield Finding(f"pragma {name}", found, ok=found == wanted)


def server(reader: Connection) -> Iterator[Finding]:
    """Look at a PostgreSQL server."""
    yield Finding("postgresql", str(reader.execute(text("SHOW server_version")).scalar_one()))
    for name in ("fsync", "full_page_writes"):
        found = str(reader.execute(text(f"SHOW {name}")).scalar_one())
        yield Finding(name, found, ok=found == "on")


def clock_kind(reader: Connection, settings: Settings) -> Finding:
    """See that the database belongs to the clock that is configured."""
    kind = get_state(reader, SERVICE, KIND) or "system"
    instant = get_state(reader, SERVICE, INSTANT)
    at = f", at {rfc3339(int(instant))}" if kind == "manual" and instant is not None else ""
    return Finding("clock", f"{kind}{at}", ok=kind == settings.clock)


def backlog(reader: Connection) -> Finding:
    """Count the events that have no place in the log yet."""
    return Finding("unsealed events", str(count_unsealed(reader)))


def calendars(settings: Settings) -> Iterator[Finding]:
    """Say until when the calendars are announced."""
    for calendar in load_calendars(settings.workflows / "calendars").values():
        announced = [year for year in calendar.years if calendar.announced(year)]
        yield Finding(f"calendar {calendar.id}", f"announced until the end of {max(announced)}" if announced else "no year is announced")


def calendar_changes(settings: Settings) -> Iterator[Finding]:
    """See whether live deadlines were counted on an older version of their calendar and would move."""
    file = sqlite_file(settings)
    if (file is None or file.exists()) and schema_version(settings.database_url) == newest_version():
        application = Application(settings)
        try:
            behind = Recounting(application).behind(application.org)
        finally:
            application.close()
        found = f"live deadlines that would move: {behind.deadlines}, of cases: {behind.cases}; see `yishi calendar changes`"
        yield Finding("calendar changes", found if behind.deadlines else "no live deadline would move", ok=not behind.deadlines)


def expressions(settings: Settings) -> Iterator[Finding]:
    """Run a guard through the whole engine."""
    known = load_calendars(settings.workflows / "calendars")
    name = next(iter(known))
    process = compile_process(load_one(TINY.format(calendar=name), calendars=known), known[name])
    actor = Actor("doctor", frozenset({"doctor"}), "doctor")
    answers = [isinstance(advance(process, None, Open(actor, "doctor", "doctor", {"word": word}), 0), Decision) for word in ("yes", "no")]
    works = answers == [True, False]
    yield Finding("expressions", "a guard is evaluated" if works else f"a guard gave {answers} instead of [True, False]", ok=works)


def files_folder(settings: Settings) -> Iterator[Finding]:
    """See that documents can be kept."""
    folder = nearest(settings.files)
    with tempfile.TemporaryFile(dir=folder):
        yield Finding("files folder", f"{settings.files} can be written" if folder == settings.files else f"{settings.files} can be made")


def disk(settings: Settings) -> Iterator[Finding]:
    """Measure how long the disk takes to keep something for certain: every commit waits for that."""
    file = sqlite_file(settings)
    folder = nearest(file.parent if file is not None else settings.files)
    with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
        took = []
        for _ in range(SYNCS):
            begun = stopwatch()
            probe.write(b"\0" * 4096)
            os.fdatasync(probe.fileno())
            took.append((stopwatch() - begun) * 1000)
    yield Finding("fdatasync", f"{median(took):.2f} ms in {folder}", ok=median(took) < SLOW_MS)


def sqlite_file(settings: Settings) -> Path | None:
    """Give the file of a SQLite database."""
    url = make_url(settings.database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def nearest(folder: Path) -> Path:
    """Give a folder, or the one above it in which it would be made; what is there and no folder fails when it is written to."""
    while not folder.exists():
        folder = folder.parent
    return folder


EXAMINATIONS: tuple[Examination, ...] = (sqlite, database, calendars, calendar_changes, expressions, files_folder, disk)
