"""Importing a file of rows: everything in it is good, or nothing is taken, and every bad cell is named.

Rows are told apart by their key: one that is new is added, one that differs is changed, one that is equal is left alone, so that the
same file imported again does nothing. Columns that a file does not have stay as they are; an empty cell means the field's default, or
else empties it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from engine.clock import Instant
from engine.core.case import Actor
from engine.core.chain import GENESIS
from engine.core.decision import Refused
from engine.core.refusals import EN, ZH
from engine.core.rows import NewRow, Row, RowCommand, RowDecision, about_reason, about_who, decide
from engine.definition.registry import RegistryDefinition
from engine.errors import CommandRefused, Refusal, Text, YishiError, did_you_mean
from engine.runtime.answers import Answer, RequestKey, once
from engine.runtime.application import Application
from engine.runtime.lane import Pending
from engine.runtime.people import Principal
from engine.runtime.registries import Kept
from engine.runtime.row_reading import RowReading
from engine.runtime.row_recording import record_row, to_row
from engine.runtime.row_service import held
from engine.runtime.service import new_id
from engine.runtime.sheets.cells import Cell, CellFault, Reader, plain, shown
from engine.runtime.sheets.workbook import Table, column_letter, read_table
from engine.store.reader import Source
from engine.store.registry_rows import rows_by_key
from engine.store.writer import Batch

MOST_FAULTS = 1_000
"""Bad cells that are told; how many there are is told too."""
LONGEST_FOUND = 100
TOLD_EVERY = 200
Progress = Callable[[int, int], None]
"""Is told how many rows are decided, and how many there are."""
UNDECIDED = "?"
"""Stands for the id of a row that is only tried."""


def nobody_looks(done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """One bad cell, or a bad row: where it is (``column`` is a letter), what was expected, and what was found there."""

    sheet: str
    row: int
    column: str | None
    field: str | None
    code: str
    message: Text
    found: str


class ImportRefused(YishiError):
    """The file has mistakes and nothing of it was taken."""

    code = "import_refused"

    def __init__(self, faults: list[RowFault]) -> None:
        self.faults, self.total = tuple(faults[:MOST_FAULTS]), len(faults)
        super().__init__(f"{self.total} mistake(s) in the file; nothing was imported.")


@dataclass(frozen=True, slots=True)
class Headings:
    """Which field each column holds, by its number from 0; ``passed_over`` are headings of computed fields."""

    fields: Mapping[int, str]
    passed_over: tuple[str, ...]

    def letter(self, name: str) -> str | None:
        """Give the letter of a field's column, None where the file has none."""
        return next((column_letter(column) for column, known in self.fields.items() if known == name), None)


@dataclass(slots=True)
class Plan:
    """What an import would do, decided against the rows as they were: ``versions`` of those that were there."""

    definition: int
    versions: dict[str, int]
    decisions: list[RowDecision] = field(default_factory=list)
    unchanged: int = 0
    faults: list[RowFault] = field(default_factory=list)
    passed_over: tuple[str, ...] = ()

    def report(self, registry: str, *, dry_run: bool) -> dict[str, Any]:
        """Say what was done, or would be."""
        added = sum(decision.action == "add" for decision in self.decisions)
        return {
            "registry": registry,
            "added": added,
            "changed": len(self.decisions) - added,
            "unchanged": self.unchanged,
            "columns_passed_over": list(self.passed_over),
            "dry_run": dry_run,
        }


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that was read and found good, with what importing it would do."""

    table: Table
    reason: str
    plan: Plan


class RowImport:
    """Imports files. Safe to share between threads; blocks, but for what is awaited."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def table(self, data: bytes, form: str, sheet: str | None) -> Table:
        """Read a file. Raises FileRefused."""
        return read_table(data, form, sheet)

    def try_out(self, principal: Principal, registry: str, table: Table, reason: str) -> dict[str, Any]:
        """Say what importing would do, and record nothing. Raises NotFound, ImportRefused."""
        return self.prepare(principal, registry, table, reason).plan.report(registry, dry_run=True)

    def prepare(self, principal: Principal, registry: str, table: Table, reason: str, progress: Progress = nobody_looks) -> Prepared:
        """Decide all that can be decided before the lane is asked. Raises NotFound, CommandRefused and ImportRefused."""
        with self._application.store.read() as reader:
            kept = RowReading(self._application).kept(reader, principal, registry)
            return Prepared(table, reason, self._plan(reader, kept, principal.actor, table, reason, self._application.now(), progress))

    def attempt(self, principal: Principal, registry: str, table: Table, reason: str) -> Prepared | ImportRefused | CommandRefused:
        """Prepare a file, or give why it is refused, for `run` to say: a request that was answered before is answered alike again."""
        try:
            return self.prepare(principal, registry, table, reason)
        except (ImportRefused, CommandRefused) as refused:
            return refused

    def run(
        self, principal: Principal, registry: str, prepared: Prepared | ImportRefused | CommandRefused, key: RequestKey | None = None
    ) -> Pending:
        """Import in one commit. Answers 200 with the report. Raises (when awaited) NotFound, CommandRefused and ImportRefused.

        On the lane it is decided anew only if the definition or one of the rows has changed meanwhile.
        """

        def write(batch: Batch, now: Instant) -> Answer:
            if isinstance(prepared, YishiError):
                raise prepared
            kept = held(self._application.registries, batch, principal, registry)
            plan = prepared.plan
            if not still_right(batch, principal.org, kept, plan):
                plan = self._plan(batch, kept, principal.actor, prepared.table, prepared.reason, now)
            for decision in plan.decisions:
                record_row(batch, kept.definition, at(decision, now), principal.actor)
            return Answer(200, {}, orjson.dumps(plan.report(registry, dry_run=False)))

        return self._application.lane.submit(once(key, write, bulk=True))

    def _plan(
        self, source: Source, kept: Kept, actor: Actor, table: Table, reason: str, now: Instant, progress: Progress = nobody_looks
    ) -> Plan:
        """Decide every row of a table. Raises CommandRefused for who may not, and ImportRefused with every bad cell."""
        definition = kept.definition
        if refused := [*about_who(definition, actor), *about_reason(reason)]:
            raise CommandRefused(refused)
        headings, faults = read_headings(definition, table)
        if faults:
            raise ImportRefused(faults)
        zone = self._application.calendars[definition.calendar].zone
        read = list(read_rows(definition, table, headings, zone, faults))
        org = actor.organisation
        known = {key: to_row(each) for key, each in rows_by_key(source, org, definition.registry, [row.key for row in read]).items()}
        plan = Plan(kept.version, {key: each.version for key, each in known.items()}, faults=faults, passed_over=headings.passed_over)
        for done, row in enumerate(read):
            if done % TOLD_EVERY == 0:
                progress(done, len(read))
            before: Row | NewRow = known.get(row.key) or NewRow(org, UNDECIDED, GENESIS)
            decision = decide_row(kept, before, actor, row.values, reason, now)
            if isinstance(decision, Refused):
                plan.faults += [fault_of(table, row, headings, refusal) for refusal in decision.refusals]
            elif decision.changes_nothing:
                plan.unchanged += 1
            else:
                plan.decisions.append(decision)
        progress(len(read), len(read))
        if plan.faults:
            raise ImportRefused(sorted(plan.faults, key=lambda fault: (fault.row, fault.column or "")))
        return plan


def decide_row(
    kept: Kept, before: Row | NewRow, actor: Actor, values: Mapping[str, Any], reason: str, now: Instant
) -> RowDecision | Refused:
    """Decide one row: to add it, or to change it if it differs. A row of a ledger that differs is refused, one that is equal is not."""
    if isinstance(before, NewRow):
        return decide(kept.definition, kept.version, before, RowCommand(actor, "add", values, reason), now)
    if kept.definition.ledger:
        equal = decide(kept.definition, kept.version, before, RowCommand(actor, "correct", values, reason), now)
        if isinstance(equal, Refused) or equal.changes_nothing:
            return equal
    return decide(kept.definition, kept.version, before, RowCommand(actor, "change", values, reason), now)


def still_right(source: Source, org: str, kept: Kept, plan: Plan) -> bool:
    """Say whether nothing has happened since to what a plan hangs on: the definition, and the rows with the keys of the file."""
    if kept.version != plan.definition:
        return False
    keys = {*plan.versions, *(decision.row.key for decision in plan.decisions)}
    now = {key: each.version for key, each in rows_by_key(source, org, kept.definition.registry, keys).items()}
    return now == plan.versions


def at(decision: RowDecision, now: Instant) -> RowDecision:
    """Give a decision as of when it is recorded; a new row gets its id."""
    row = decision.row
    moment = now if decision.before is None else max(now, decision.before.updated_at)
    row = row._replace(updated_at=moment)
    return decision._replace(row=row._replace(id=new_id(now), added_at=moment) if decision.before is None else row)


# --- reading --------------------------------------------------------------------------------------------------------


def read_headings(definition: RegistryDefinition, table: Table) -> tuple[Headings, list[RowFault]]:
    """Find which field each column holds: by its title in any language, or by its id."""
    number, cells = table.rows[0]
    names = {plain(heading).casefold(): item.id for item in definition.fields.values() for heading in (item.id, *item.title.values())}
    fields: dict[int, str] = {}
    passed_over: list[str] = []
    faults: list[RowFault] = []

    def fault(column: int, zh: str, en: str) -> None:
        found = shown(cells[column])
        faults.append(RowFault(table.sheet, number, column_letter(column), None, "heading", {ZH: zh, EN: en}, found[:LONGEST_FOUND]))

    for column, cell in enumerate(cells):
        heading = plain(shown(cell))
        name = names.get(heading.casefold())
        if not heading:
            if any(len(row) > column and row[column] not in {None, ""} for _, row in table.rows[1:]):
                fault(column, "此列有内容但没有标题", "this column has something in it and no heading")
        elif name is None:
            known = [text for item in definition.fields.values() for text in (*item.title.values(), item.id)]
            near = did_you_mean(heading, known)
            fault(
                column,
                f"没有“{heading}”这一项{near.replace(', did you mean ', '，是否应为')}",
                f"expected the title or id of a field{near}",
            )
        elif name in definition.computed:
            passed_over.append(heading)
        elif name in fields.values():
            fault(column, "此项已有一列", "there is a column of this field already")
        else:
            fields[column] = name
    if definition.key not in fields.values() and not faults:
        title = definition.fields[definition.key].title
        zh, en = next(iter(title.values())), title.get(EN) or definition.key
        fault(0, f"缺少“{title.get(ZH, zh)}”一列，各行靠它区分", f"expected a column {en!r}: it tells the rows apart")
    return Headings(fields, tuple(passed_over)), faults


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as it was read: its number, its key, and the values of the cells that could be read."""

    number: int
    key: str
    values: dict[str, Any]


def read_rows(
    definition: RegistryDefinition, table: Table, headings: Headings, zone: ZoneInfo, faults: list[RowFault]
) -> Iterator[ReadRow]:
    """Give each row that has a key of its own; cells that cannot be read, and rows without such a key, go to ``faults``."""
    reader = Reader(zone, table.untyped)
    seen: dict[str, int] = {}
    key_column = next(column for column, name in headings.fields.items() if name == definition.key)
    for number, cells in table.rows[1:]:
        values: dict[str, Any] = {}
        for column, name in headings.fields.items():
            cell = cells[column] if column < len(cells) else None
            try:
                if (column, number) in table.errors:
                    raise CellFault("有效内容，单元格为公式错误", "a value, the cell holds the error of a formula")
                value = reader.value(definition.fields[name].type, cell)
                values[name] = definition.fields[name].default if value is None else value
            except CellFault as fault:
                message = {ZH: f"应为{fault.expected[ZH]}", EN: f"expected {fault.expected[EN]}"}
                faults.append(cell_fault(table, number, column, name, "invalid_field", message, cell))
        if definition.key not in values:
            continue
        key = plain_key(values[definition.key] or "")
        if not key:
            message = {ZH: "此项必填", EN: "this must be filled in"}
            faults.append(cell_fault(table, number, key_column, definition.key, "missing_field", message, None))
        elif key in seen:
            message = {ZH: f"与第{seen[key]}行重复", EN: f"expected each key once, row {seen[key]} has it too"}
            faults.append(cell_fault(table, number, key_column, definition.key, "duplicate_key", message, key))
        else:
            seen[key] = number
            yield ReadRow(number, key, {**values, definition.key: key})


def plain_key(key: str) -> str:
    """Give a key in the form in which it is stored, without the blanks that a cell may have around it."""
    return unicodedata.normalize("NFC", key.strip())


def cell_fault(table: Table, number: int, column: int, name: str, code: str, message: Text, cell: Cell) -> RowFault:
    """Say what is wrong with a cell."""
    return RowFault(table.sheet, number, column_letter(column), name, code, message, shown(cell)[:LONGEST_FOUND])


def fault_of(table: Table, row: ReadRow, headings: Headings, refusal: Refusal) -> RowFault:
    """Tell a reason for which a row is refused, at the cell it is about."""
    name = str(refusal.facts.get("pointer", "")).removeprefix("/data/").partition("/")[0] or None
    found = row.values.get(name) if name is not None else None
    told = found if isinstance(found, str) else "" if found is None else orjson.dumps(found).decode()
    column = headings.letter(name) if name is not None else None
    return RowFault(table.sheet, row.number, column, name, refusal.code, refusal.message, told[:LONGEST_FOUND])
