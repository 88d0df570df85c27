"""A registry document -> `RegistryDefinition`: its fields with the data types of workflows, its computed fields in CEL over `row`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.definition import model
from engine.definition.calendars import Calendar
from engine.definition.cel_results import Expected
from engine.definition.compilation import compiled
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.declared_data import computed_order, data_item, is_committed
from engine.definition.expressions import Expression, Names, Scope
from engine.definition.forms import Form, FormField
from engine.definition.indicator_parts import Indicators
from engine.definition.indicators import DATA, ROWS, Indicator, Over
from engine.definition.limits import Measure
from engine.definition.registry import ROW, RegistryDefinition
from engine.definition.source import Document, Path
from engine.errors import Problem, Text, did_you_mean

ID = "id"
KEY_TYPES = frozenset({TypeName.TEXT, TypeName.PERSON, TypeName.UNIT, TypeName.ORGANISATION})
OF_A_CASE = ("query", "sealed_until", "methods", "expected", "late_after")
"""Keys of a data item that mean something in a case only."""


@dataclass(slots=True)
class Registering:
    """One registry on its way from model to definition: a registry has no lists, settings, states or acts of its own."""

    document: Document
    written: model.Registry
    problems: list[Problem] = field(default_factory=list)
    measure: Measure = field(default_factory=Measure)
    scope: Scope | None = None  # once the types of its fields are known

    @property
    def languages(self) -> tuple[str, ...]:
        """Give the languages; a text without one is in the first."""
        return self.written.language

    @property
    def lists(self) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
        """Give no lists: options stand in their field."""
        return {}

    @property
    def settings(self) -> Mapping[str, model.Setting]:
        """Give no settings."""
        return {}

    def report(self, rule: str, message: str, path: Sequence[str | int], *, column: int = 0, at_key: bool = False) -> None:
        """Note a problem at its place."""
        self.problems.append(self.document.problem(rule, message, path, column=column, at_key=at_key))

    def unknown(self, kind: str, rule: str, name: str, known: Iterable[str], path: Sequence[str | int]) -> None:
        """Report a name that means nothing, with the nearest that does."""
        self.report(rule, f"there is no {kind} `{name}`{did_you_mean(name, known)}", path)

    def expression(
        self, text: str | None, expects: Expected, path: Sequence[str | int], variables: Mapping[str, DataType] | None = None
    ) -> Expression | None:
        """Compile an expression; None, with its problems placed inside the text, if it is wrong."""
        return None if text is None or self.scope is None else compiled(self, self.scope, text, expects, path, variables)

    def text(self, text: Mapping[str, str] | None, otherwise: str) -> Text:
        """Give a text by language; what has no title is called by its id."""
        return model.by_language(text, otherwise, self.languages[0])

    def roles(self, names: Iterable[str] | None, path: Path) -> tuple[str, ...]:  # noqa: ARG002  workflows declare roles
        """Take roles as they are: they are those of the body, and no workflow is at hand that could declare them."""
        return tuple(names or ())

    def ref_fields(self, item: model.DataItem, path: Path) -> tuple[DataItem, ...]:  # noqa: ARG002  a row reads no other
        """Give none: of what a row points to only the id is known."""
        return ()

    def entry(self, item: model.DataItem) -> DataType | None:  # noqa: ARG002  reported: an attendance belongs to a case
        """Give none: nobody attends a row."""
        return None

    def seal(self, name: str | None, path: Path) -> str | None:  # noqa: ARG002  reported with the other keys of a case
        """Give none: a row has no states."""
        return None


def registry_definition(work: Registering, calendars: Mapping[str, Calendar]) -> RegistryDefinition | None:
    """Compile a registry; what is wrong is noted. None where it could not be put together at all."""
    written = work.written
    calendar = _calendar(work, calendars)
    if calendar is None:
        return None
    items = {name: _field(work, name, item) for name, item in written.fields.items()}
    _check_key(work, items)
    _check_titles(work, items)
    row = _row_type(items, written.key)
    work.scope = Scope({}, Names.plain(), calendar)
    fields = {name: replace(item, compute=_compute(work, row, name, item)) for name, item in items.items()}
    reads = {name: _reads(item.compute) & fields.keys() for name, item in fields.items() if item.compute is not None}
    computed = computed_order(work, reads, "fields", ("fields",))
    filled = [item for name, item in fields.items() if written.fields[name].compute is None]
    return RegistryDefinition(
        registry=written.registry,
        digest=work.document.digest,
        title=work.text(written.title, written.registry),
        languages=work.languages,
        calendar=calendar.id,
        source=work.document.text,
        key=written.key,
        fields=fields,
        kept_by=written.kept_by,
        seen_by=written.seen_by,
        ledger=written.ledger,
        form=Form(tuple(FormField(item, optional=item.id != written.key) for item in filled)),
        computed=computed,
        timeless=_timeless(fields, computed, reads),
        committed=frozenset(name for name, item in fields.items() if name != written.key and is_committed(item)),
        row=row,
        indicators=_indicators(work, row, fields),
    )


def _calendar(work: Registering, calendars: Mapping[str, Calendar]) -> Calendar | None:
    name = work.written.calendar
    if name is None and len(calendars) == 1:
        return next(iter(calendars.values()))
    if name is None:
        listed = ", ".join(calendars) or "none"
        work.report("model.missing_key", f"missing key `calendar`: the body has several ({listed})", ("registry",), at_key=True)
    elif name not in calendars:
        work.report("name.unknown_calendar", f"there is no calendar `{name}`{did_you_mean(name, calendars)}", ("calendar",))
    return calendars.get(name) if name is not None else None


def _field(work: Registering, name: str, item: model.DataItem) -> DataItem:
    path: Path = ("fields", name)
    for key in OF_A_CASE:
        if getattr(item, key):
            work.report(
                "registry.field", f"`{key}` has no meaning in a registry: a row has no acts and no states", (*path, key), at_key=True
            )
    if TypeName.ATTENDANCE in {item.type, item.of}:
        work.report("registry.field", "expected a type that a row can hold; an attendance belongs to a case", (*path, "type"))
    if item.read is not None:
        work.report("registry.field", "`read` has no meaning in a registry: of what a row points to only the id is known", (*path, "read"))
    if name == ID and work.written.key != ID:
        work.report("registry.field", "`id` is what expressions call the key of a row; name this field otherwise", path, at_key=True)
    return data_item(work, name, item, path)


def _check_key(work: Registering, items: Mapping[str, DataItem]) -> None:
    """Check the key: it stands in addresses, in the trail and in other rows: a simple text that is given once and never hidden."""
    name = work.written.key
    written, path = work.written.fields[name], ("fields", name)
    if items[name].type.name not in KEY_TYPES:
        listed = ", ".join(sorted(KEY_TYPES))
        work.report("registry.key", f"expected the key to be of type {listed}, got {items[name].type}", (*path, "type"))
    for key in ("default", "compute", "sensitive", "seen_by"):
        if getattr(written, key):
            work.report("registry.key", f"`{key}` has no meaning for the key of a registry", (*path, key), at_key=True)


def _check_titles(work: Registering, items: Mapping[str, DataItem]) -> None:
    """Titles are the headings of a sheet, so each must mean one field."""
    by_heading: dict[str, list[str]] = defaultdict(list)
    for name, item in items.items():
        for heading in {name, *item.title.values()}:
            by_heading[heading].append(name)
    for heading, names in by_heading.items():
        if len(names) > 1:
            message = f"`{names[0]}` is called {heading!r} too: as the heading of a column it would mean either"
            work.report("registry.same_title", message, ("fields", names[1], "title"))


def _row_type(items: Mapping[str, DataItem], key: str) -> DataType:
    alias = () if ID in items else (replace(items[key], id=ID),)
    return DataType(TypeName.RECORD, fields=(*alias, *items.values()))


def _compute(work: Registering, row: DataType, name: str, item: DataItem) -> Expression | None:
    return work.expression(work.written.fields[name].compute, item.type, ("fields", name, "compute"), {ROW: row})


def _indicators(work: Registering, row: DataType, fields: Mapping[str, DataItem]) -> dict[str, Indicator]:
    def ranged(written: str | None, path: Path) -> tuple[Over | None, Mapping[str, DataType]]:
        word, _, name = (written or ROWS).partition(".")
        entry = fields[name].type.element if word == DATA and name in fields else None
        if entry is not None:
            return Over(DATA, name), {ROW: entry, DATA: row}
        if word == ROWS:
            return Over(ROWS), {ROW: row}
        message = f"a registry has its `rows` to range over, and the entries of a list of theirs as `data.FIELD`; got `{written}`"
        work.report("indicator.over", message, path)
        return None, {}

    return Indicators(work, ranged, fields, {}, scheduled=False).all(work.written.indicators)


def _reads(compute: Expression) -> frozenset[str]:
    """Give the fields that an expression reads of the row."""
    return frozenset(parts[1] for name in compute.may_be_missing if (parts := name.split("."))[0] == ROW and len(parts) > 1)


def _timeless(fields: Mapping[str, DataItem], computed: Sequence[str], reads: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Give the computed fields that hang on no clock, neither themselves nor through another."""
    found: set[str] = set()
    for name in computed:
        compute = fields[name].compute
        if compute is not None and not compute.reads_clock and all(read in found for read in reads[name] if read in reads):
            found.add(name)
    return frozenset(found)
