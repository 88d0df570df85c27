"""`yishi registry`: the rows of registries, and their exchange as Excel or CSV."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from api.commands.case import person_given, show_next
from api.commands.failing import Misused
from api.commands.files import form_of
from api.commands.forms import form_given
from api.commands.gateway import Progress as Told
from api.commands.gateway import RowsWanted, gateway
from api.commands.here import here
from api.commands.options import AsJson, AsPerson, Cursor, Data, Expected, Fields, Limit, Roles, Unit, command_app
from api.commands.screen import console, show_facts, show_json, show_line, show_table

app = command_app("The rows of registries, and their exchange as Excel or CSV.")

Json = dict[str, Any]

Name = Annotated[str, typer.Argument(metavar="REGISTRY", help="Id of the registry.")]
RowKey = Annotated[str, typer.Argument(metavar="KEY", help="Key of the row.")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the history of the row.")]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="FIELD=VALUE", help="Only rows with this value, or with it in a list; may be repeated."),
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DAY", help="As it stood at the end of this day, or at a time with its zone.")]
Retired = Annotated[bool, typer.Option("--retired", help="Also rows that are retired.")]
STANDARD_OUTPUT = Path("-")


class Form(StrEnum):
    """How rows are written to a file."""

    XLSX = "xlsx"
    CSV = "csv"


def wanted(where: list[str] | None, as_of: str | None, retired: bool) -> RowsWanted:
    """Put together which rows are wanted. Raises Misused."""
    for each in where or ():
        if not each.partition("=")[0] or "=" not in each:
            raise Misused(f"--where: expected FIELD=VALUE, got {each!r}")
    return RowsWanted(tuple(each.replace("=", ":", 1) for each in where or ()), as_of, retired)


@app.command("list")
def list_registries(
    context: typer.Context, as_person: AsPerson = None, role: Roles = None, unit: Unit = None, as_json: AsJson = False
) -> None:
    """List the registries you may look at."""
    with gateway(here(context), person_given(as_person, role, unit)) as service:
        found = service.registries.all()
    if as_json:
        show_json(found)
        return
    show_table(
        ("registry", "title", "rows", "key", "kept by", "version"),
        [
            (each["registry"], each["title"], each["rows"], each["key"], ", ".join(each["kept_by"]), each["version"])
            for each in found["registries"]
        ],
    )


@app.command("show")
def show(
    context: typer.Context,
    registry: Name,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="Key of one row, to see its history too.")] = None,
    where: Where = None,
    as_of: AsOf = None,
    retired: Retired = False,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Show the rows of a registry, or one row with everything that happened to it."""
    rows = wanted(where, as_of, retired)
    with gateway(here(context), person_given(as_person, role, unit)) as service:
        asked = service.registries
        found = asked.row(registry, key, as_of) if key is not None else asked.rows(registry, rows, limit, cursor)
    if as_json:
        show_json(found)
    elif key is not None:
        show_row(found)
        show_history(found["history"])
    else:
        fields = [field["field"] for field in found["fields"]]
        show_table(fields, [[row["data"].get(name) for name in fields] for row in found["items"]])
        show_next(found)


@app.command("add")
def add(
    context: typer.Context,
    registry: Name,
    data: Data = None,
    field: Fields = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, where that is worth keeping.")] = None,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Add a row."""
    with gateway(here(context), person_given(as_person, role, unit)) as service:
        show_changed(service.registries.add(registry, form_given(data, field), reason), as_json=as_json)


def alters_fields(action: str, about: str) -> None:
    """Declare the command that says of some fields of a row what they are."""

    @app.command(action, help=about)
    def alter(
        context: typer.Context,
        registry: Name,
        key: RowKey,
        reason: Why,
        data: Data = None,
        field: Fields = None,
        expected: Expected = None,
        as_person: AsPerson = None,
        role: Roles = None,
        unit: Unit = None,
        as_json: AsJson = False,
    ) -> None:
        with gateway(here(context), person_given(as_person, role, unit)) as service:
            show_changed(service.registries.alter(registry, key, action, form_given(data, field), reason, expected), as_json=as_json)


def alters_use(action: str, about: str) -> None:
    """Declare the command that takes a whole row out of use, or into it again."""

    @app.command(action, help=about)
    def alter(
        context: typer.Context,
        registry: Name,
        key: RowKey,
        reason: Why,
        expected: Expected = None,
        as_person: AsPerson = None,
        role: Roles = None,
        unit: Unit = None,
        as_json: AsJson = False,
    ) -> None:
        with gateway(here(context), person_given(as_person, role, unit)) as service:
            show_changed(service.registries.alter(registry, key, action, {}, reason, expected), as_json=as_json)


alters_fields("change", "Say that some fields are otherwise from now on; `-f NAME=null` empties one.")
alters_fields("correct", "Say that some fields were entered wrongly; what was entered stays in the history.")
alters_use("retire", "Take a row out of use; it stays in the history, and its key is not given again.")
alters_use("restore", "Take a retired row into use again.")


@app.command("import")
def import_file(
    context: typer.Context,
    registry: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An Excel workbook (*.xlsx) or CSV (*.csv).")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the history of every row that changes.")],
    sheet: Annotated[str | None, typer.Option("--sheet", metavar="NAME", help="Which sheet; else the first with anything in it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Import rows, all of a file or nothing; exit with 1 and name every bad cell if there is any.

    Rows with a new key are added, those that differ are changed, equal ones are left alone.
    """
    form_of(file)
    if not file.is_file():
        raise Misused(f"there is no file {file}")
    with gateway(here(context), person_given(as_person, role, unit)) as service, bar(registry, as_json=as_json) as told:
        report = service.registries.take(registry, file, reason, sheet, told, dry_run=dry_run)
    if as_json:
        show_json(report)
        return
    word = "would be " if dry_run else ""
    show_line(f"{report['added']} {word}added, {report['changed']} {word}changed, {report['unchanged']} unchanged")
    if report["columns_passed_over"]:
        show_line(f"computed, passed over: {', '.join(report['columns_passed_over'])}")


@app.command("export")
def export_file(
    context: typer.Context,
    registry: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to: *.xlsx or *.csv, or - for standard output.")],
    form: Annotated[Form | None, typer.Option("--format", help="With -: xlsx or csv.")] = None,
    where: Where = None,
    as_of: AsOf = None,
    retired: Retired = False,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Export rows to a file that can be imported again as it is."""
    if file == STANDARD_OUTPUT and form is None:
        raise Misused("--format: say xlsx or csv when the rows go to standard output")
    chosen = form.value if form is not None else form_of(file)
    with gateway(here(context), person_given(as_person, role, unit)) as service:
        content = service.registries.give(registry, chosen, wanted(where, as_of, retired))
    if file == STANDARD_OUTPUT:
        sys.stdout.buffer.write(content)
        return
    file.write_bytes(content)
    if as_json:
        show_json({"file": str(file), "bytes": len(content)})
    else:
        show_line(f"{file}: {len(content)} bytes")


# --- showing --------------------------------------------------------------------------------------------------------


@contextmanager
def bar(title: str, *, as_json: bool) -> Iterator[Told]:
    """Show how far it is, for whoever looks on."""
    screen = console(errors=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=screen, transient=True, disable=as_json or not screen.is_terminal) as shown:
        task = shown.add_task(title, total=None)
        yield lambda done, of: shown.update(task, completed=done, total=of)


def show_changed(row: Json, *, as_json: bool) -> None:
    """Show a row that was changed."""
    if as_json:
        show_json(row)
    else:
        show_row(row)


def show_row(row: Json) -> None:
    """Show one row."""
    state = "retired" if row["retired"] else None
    show_facts({"row": f"{row['registry']}/{row['key']}", "version": row["version"], "state": state, **row["data"]})


def show_history(history: list[Json]) -> None:
    """Show what happened to a row."""
    show_line("")
    show_table(
        ("version", "at", "who", "did", "changed", "why"),
        [
            (entry["version"], entry["at"], entry["actor"], entry["action"], changes_text(entry["changes"]), entry["reason"])
            for entry in history
        ],
    )


def changes_text(changes: list[Json]) -> str:
    """Say what changed, one field to a line."""
    return "\n".join(f"{each['field']}: {each['before']} -> {each['after']}" for each in changes)
