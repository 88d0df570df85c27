"""Form fields for a browser, made from the declared types; and back: what was typed, as the JSON that the service checks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from api.console.writing import Writer
from engine.clock import parse_instant, to_datetime
from engine.definition.canonical import options_in_force
from engine.definition.datatypes import IDENTITIES, LISTS, STRUCTS, DataItem, DataType, TypeName
from engine.definition.forms import Form, FormField

Sent = Mapping[str, Sequence[str]]
"""What a browser sent: each name with its values."""

PREFIX = "data"
LONG_TEXT = 200
SPARE_ROWS = 2
WHOLE = re.compile(r"[-+]?[0-9]{1,20}")
NOTHING: Sent = {}
NO_CHOICES: Mapping[str, Sequence[str]] = {}


class Kind(StrEnum):
    """Which control stands on the page."""

    LINE = "line"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    YES_NO = "yes_no"
    CHECKS = "checks"
    LINES = "lines"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One control with its label. ``values`` is what it shows; ``fields`` are those inside a group."""

    name: str
    label: str
    kind: Kind
    required: bool
    values: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    error: str = ""
    fields: tuple[Field, ...] = ()

    @property
    def value(self) -> str:
        """The one value of a control that has one."""
        return self.values[0] if self.values else ""


# --- to the page ----------------------------------------------------------------------------------------------------


class Drawing:
    """Draws the fields of one form.

    ``present``: the data that stay unless something else is typed; ``typed``: what was sent before; ``choices``: the only ids that some
    fields take.
    """

    def __init__(
        self,
        writer: Writer,
        settings: Mapping[str, Any],
        present: Mapping[str, Any],
        typed: Sent | None,
        errors: Mapping[str, str],
        choices: Mapping[str, Sequence[str]] = NO_CHOICES,
    ) -> None:
        self.writer, self.words, self.settings = writer, writer.words, settings
        self.present, self.typed, self.errors, self.choices = present, typed, errors, choices

    def fields(self, form: Form | None) -> tuple[Field, ...]:
        """Draw a form."""
        return () if form is None else tuple(self._field(line) for line in form.fields)

    def _field(self, line: FormField) -> Field:
        item, name = line.item, f"{PREFIX}.{line.item.id}"
        # What has to be stated anew is not filled in beforehand; what may stay is.
        shown = self.present.get(item.id) if line.optional and not line.adds_row else None
        kind = line.kind.element if line.adds_row and line.kind.element is not None else line.kind
        made = self._control(name, item, kind, shown, required=not line.optional)
        if item.id in self.choices:
            made = replace(made, kind=Kind.CHOICE, options=self._chosen(kind, self.choices[item.id]), attributes=(), hint="")
        notes = [made.hint] if made.hint else []
        if line.adds_row:
            notes.append(self.words("one_row"))
        elif shown is not None and made.kind is not Kind.CHECKS:
            notes.append(self.words("keep_if_empty"))
        return replace(made, hint=self.words("semicolon").join(notes), error=self.errors.get(item.id, ""))

    def _control(self, name: str, item: DataItem, kind: DataType, shown: Any, *, required: bool) -> Field:
        label = self.writer.text(item.title)
        if kind.name in LISTS and kind.element is not None and (kind.element.fields or kind.element.options):
            return self._list(name, label, kind.element, shown, required=required)
        if kind.name in STRUCTS and kind.name is not TypeName.REF:
            row = shown if isinstance(shown, Mapping) else {}
            inner = (self._control(f"{name}.{each.id}", each, each.type, row.get(each.id), required=False) for each in kind.fields)
            return Field(name, label, Kind.GROUP, required, fields=tuple(inner))
        control, attributes, hint = self._how(kind)
        values = self._values(name, kind, shown)
        return Field(name, label, control, required, values, self._options(kind), attributes, hint)

    def _list(self, name: str, label: str, element: DataType, shown: Any, *, required: bool) -> Field:
        rows = shown if isinstance(shown, list) else []
        if element.options:
            values = tuple(self.typed.get(name, ())) if self.typed is not None else tuple(map(str, rows))
            return Field(name, label, Kind.CHECKS, required, values, self._options(element))
        many = max(len(rows), typed_rows(self.typed, name)) + SPARE_ROWS
        inner = []
        for place in range(many):
            row = rows[place] if place < len(rows) else {}
            drawn = (
                self._control(f"{name}.{place}.{each.id}", each, each.type, row.get(each.id), required=False) for each in element.fields
            )
            inner.append(Field(f"{name}.{place}", self.words("row_n", n=place + 1), Kind.GROUP, required=False, fields=tuple(drawn)))
        return Field(name, label, Kind.GROUP, required, fields=tuple(inner))

    def _values(self, name: str, kind: DataType, shown: Any) -> tuple[str, ...]:
        if self.typed is not None:
            return tuple(value.replace("\r\n", "\n") for value in self.typed.get(name, ()))
        if shown is None:
            return ()
        if isinstance(shown, list):
            return ("\n".join(map(str, shown)),)
        if isinstance(shown, bool):
            return ("true" if shown else "false",)
        if isinstance(shown, Mapping):
            return (str(shown.get("id", "")),)
        return (local_moment(shown, self.writer.zone) if kind.name is TypeName.DATETIME else str(shown),)

    def _options(self, kind: DataType) -> tuple[Option, ...]:
        if not kind.options:
            return ()
        found = options_in_force(kind, self.settings)
        return tuple(Option(key, text if isinstance(text, str) else self.writer.text(text)) for key, text in found.items())

    def _chosen(self, kind: DataType, ids: Sequence[str]) -> tuple[Option, ...]:
        """Give the ids that a field takes, by their names."""
        item = DataItem("", {}, kind)
        return tuple(Option(each, self.writer.value(item, each, self.settings).text) for each in ids)

    def _how(self, kind: DataType) -> tuple[Kind, tuple[tuple[str, str], ...], str]:
        """Choose the control of a simple type, its attributes, and what to say beside it."""
        match kind.name:
            case TypeName.TEXT:
                limit = (("maxlength", str(kind.max)),) if kind.max is not None else ()
                return (Kind.LINE if kind.max is not None and kind.max <= LONG_TEXT else Kind.TEXT), limit, ""
            case TypeName.INT | TypeName.DECIMAL:
                return Kind.NUMBER, tuple(self._number(kind)), self._range(kind)
            case TypeName.BOOL:
                return Kind.YES_NO, (), ""
            case TypeName.CHOICE:
                return Kind.CHOICE, (), ""
            case TypeName.DATE:
                low_high = zip(("min", "max"), kind.between or (), strict=False)
                return Kind.DATE, tuple((key, str(bound)) for key, bound in low_high), ""
            case TypeName.DATETIME:
                return Kind.DATETIME, (), self.writer.zone_name()
            case name if name in LISTS:
                by_id = self.words("by_id") if kind.element is not None and kind.element.name in IDENTITIES else ""
                return Kind.LINES, (), self.words.listed([*filter(None, (by_id, self.words("one_per_line")))])
            case name if name in IDENTITIES or name is TypeName.REF:
                options = (("list", "units"),) if name is TypeName.UNIT else ()
                return Kind.LINE, (("maxlength", "200"), *options), self.words("by_id")
            case _:
                return Kind.LINE, (), ""

    @staticmethod
    def _number(kind: DataType) -> Iterator[tuple[str, str]]:
        if kind.between is not None:
            yield "min", str(kind.between[0])
            yield "max", str(kind.between[1])
        whole = kind.name is TypeName.INT
        yield "step", "1" if whole else "any" if kind.scale is None else f"{10**-kind.scale:.{kind.scale}f}"
        yield "inputmode", "numeric" if whole else "decimal"

    def _range(self, kind: DataType) -> str:
        notes = [self.words("range", low=kind.between[0], high=kind.between[1])] if kind.between is not None else []
        if kind.scale:
            notes.append(self.words("places", places=kind.scale))
        return self.words.listed(notes)


# --- from the page --------------------------------------------------------------------------------------------------


def read_form(form: Form | None, sent: Sent, zone: tzinfo) -> dict[str, Any]:
    """Read what was typed into a form as JSON values. What is no value of its type goes on as it is: the service says what is wrong."""
    data: dict[str, Any] = {}
    for line in form.fields if form is not None else ():
        name, kind = f"{PREFIX}.{line.item.id}", line.kind
        if line.adds_row and kind.element is not None:
            row = read_value(kind.element, name, sent, zone)
            value = None if row is None else [row]
        else:
            value = read_value(kind, name, sent, zone)
        if value is not None:
            data[line.item.id] = value
    return data


def read_value(kind: DataType, name: str, sent: Sent, zone: tzinfo) -> Any:
    """Read one value; None when nothing was typed."""
    if kind.name in LISTS and kind.element is not None:
        return read_list(kind.element, name, sent, zone)
    if kind.name is TypeName.RECORD:
        row = {each.id: read_value(each.type, f"{name}.{each.id}", sent, zone) for each in kind.fields}
        return {key: value for key, value in row.items() if value is not None} or None
    text = (sent.get(name) or ("",))[0].replace("\r\n", "\n")
    if not text.strip():
        return None
    match kind.name:
        case TypeName.TEXT:
            return text
        case TypeName.INT if WHOLE.fullmatch(text.strip()):
            return int(text)
        case TypeName.BOOL if text in {"true", "false"}:
            return text == "true"
        case TypeName.DATETIME:
            return zoned(text.strip(), zone)
        case _:
            return text.strip()


def read_list(element: DataType, name: str, sent: Sent, zone: tzinfo) -> list[Any] | None:
    """Read the entries of a list: ticked boxes, rows of a record, or lines."""
    if element.options:
        return [value for value in sent.get(name, ()) if value] or None
    if element.fields:
        rows = (read_value(element, f"{name}.{place}", sent, zone) for place in range(typed_rows(sent, name)))
        return [row for row in rows if row is not None] or None
    lines = [line.strip() for text in sent.get(name, ()) for line in text.splitlines() if line.strip()]
    return [read_value(element, "line", {"line": [line]}, zone) for line in lines] or None


def typed_rows(sent: Sent | None, name: str) -> int:
    """Say how many rows of a list were sent."""
    row = re.compile(re.escape(name) + r"\.([0-9]{1,4})\.")
    return max((int(found[1]) + 1 for key in sent or () if (found := row.match(key))), default=0)


def zoned(text: str, zone: tzinfo) -> str:
    """Give a local time, as a browser sends it, its zone; anything else stays as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).isoformat()


def local_moment(text: str, zone: tzinfo) -> str:
    """Write an instant as a `datetime-local` control takes it."""
    return f"{to_datetime(parse_instant(text)).astimezone(zone):%Y-%m-%dT%H:%M}"
