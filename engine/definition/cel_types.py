"""How declared types look in CEL: to the checker as messages, to the runtime as plain values.

The checker sees structs as generated protobuf messages, so that every field is known and typed. The runtime sees a struct as a map
whose keys carry the struct's label (`tasks.due`). So a field that is not filled is an absent key: reading it is an error
that names it, `has()` is exact for every type, and no default value can pass for data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from cel_expr_python import cel
from google.protobuf import descriptor_pb2, descriptor_pool, timestamp_pb2

from engine.clock import SECOND, Instant, from_datetime, parse_instant, rfc3339
from engine.definition.calendars import Calendar
from engine.definition.canonical import rounded
from engine.definition.datatypes import LISTS, ROW_FIELDS, STRINGS, STRUCTS, DataItem, DataType, TypeName

Convert = Callable[[Any], Any]

_FIELD = descriptor_pb2.FieldDescriptorProto
_PROTO = dict.fromkeys(STRINGS, _FIELD.TYPE_STRING) | {
    TypeName.INT: _FIELD.TYPE_INT64,
    TypeName.DECIMAL: _FIELD.TYPE_DOUBLE,
    TypeName.BOOL: _FIELD.TYPE_BOOL,
}
_TIMESTAMP = ".google.protobuf.Timestamp"
_SIMPLE = dict.fromkeys(STRINGS, cel.Type.STRING) | {
    TypeName.INT: cel.Type.INT,
    TypeName.DECIMAL: cel.Type.DOUBLE,
    TypeName.BOOL: cel.Type.BOOL,
    TypeName.DATE: cel.Type.TIMESTAMP,
    TypeName.DATETIME: cel.Type.TIMESTAMP,
    TypeName.OPTIONS: cel.Type.Map(cel.Type.STRING, cel.Type.STRING),
}


_BY_CHECKER = {
    "string": DataType(TypeName.TEXT),
    "int": DataType(TypeName.INT),
    "double": DataType(TypeName.DECIMAL),
    "bool": DataType(TypeName.BOOL),
    "timestamp": DataType(TypeName.DATETIME),
}


def element_of(kind: DataType) -> DataType | None:
    """Give what a list holds, as expressions see it: rows of a list of records also have `at` and `by`."""
    element = kind.element
    if element is None or element.name is not TypeName.RECORD or kind.name is TypeName.ATTENDANCE:
        return element
    known = {each.id for each in element.fields}
    return DataType(TypeName.RECORD, fields=(*element.fields, *(each for each in ROW_FIELDS if each.id not in known)))


def with_row_fields(kind: DataType) -> DataType:
    """Give the type a stored list has: its rows may carry `at` and `by`."""
    return replace(kind, of=element_of(kind)) if kind.name is TypeName.LIST else kind


class Structs:
    """The messages of one definition's expressions. Grows while expressions are compiled; not shared between definitions."""

    def __init__(self) -> None:
        self.pool = descriptor_pool.DescriptorPool()
        self.pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
        self._by_name: dict[str, tuple[str, DataType]] = {}
        self._names: dict[tuple[str, int], str] = {}

    def check_type(self, kind: DataType, label: str) -> Any:
        """Give the type of a variable to the checker; messages it needs are added under ``label``."""
        element = element_of(kind)
        if kind.name in LISTS and element is not None:
            return cel.Type.List(self.check_type(element, label))
        return cel.Type(self._message(kind, label)) if kind.name in STRUCTS else _SIMPLE[kind.name]

    def struct(self, type_text: str) -> tuple[str, DataType] | None:
        """Give label and type of a message by its full name, None for all that is no message of ours."""
        return self._by_name.get(type_text)

    def declared(self, type_text: str) -> DataType | None:
        """Give the declared type that a type of the checker stands for; None where there is none. All strings are texts to it."""
        if type_text.startswith("list("):
            element = self.declared(type_text[5:-1])
            return None if element is None else DataType(TypeName.LIST, of=element)
        found = self.struct(type_text)
        return found[1] if found is not None else _BY_CHECKER.get(type_text)

    def glossary(self) -> dict[str, tuple[str, list[str]]]:
        """Give label and fields of every message by its full name."""
        return {name: (label, [each.id for each in kind.struct_fields]) for name, (label, kind) in self._by_name.items()}

    def readable(self, text: str) -> str:
        """Replace names of messages in a text of the checker by what a designer calls them."""
        for name in sorted(self._by_name, key=len, reverse=True):
            text = text.replace(name, f"record {self._by_name[name][0]}")
        return text

    def _message(self, kind: DataType, label: str) -> str:
        # By identity: two variables may bear one name in different expressions. The type is kept alive beside its name.
        known = self._names.get((label, id(kind)))
        if known is not None:
            return known
        # Ids are lower case, so a capital keeps `a.b` and `a_b` apart.
        short = f"{label.replace('.', 'X')}N{len(self._names)}"
        name = self._names[label, id(kind)] = f"yishi.{short}"
        self._by_name[name] = (label, kind)
        described = descriptor_pb2.FileDescriptorProto(name=f"{short}.proto", package="yishi", syntax="proto2")
        message = described.message_type.add(name=short)
        needed = {"google/protobuf/timestamp.proto"}
        for number, item in enumerate(kind.struct_fields, 1):
            needed |= self._add_field(message, name, number, item, item.id if label == "data" else f"{label}.{item.id}")
        described.dependency.extend(sorted(needed))
        self.pool.AddSerializedFile(described.SerializeToString())
        return name

    def _add_field(self, message: Any, owner: str, number: int, item: DataItem, label: str) -> set[str]:
        element = element_of(item.type)
        field = message.field.add(name=item.id, number=number, label=_FIELD.LABEL_OPTIONAL if element is None else _FIELD.LABEL_REPEATED)
        kind = element or item.type
        if kind.name in _PROTO:
            field.type = _PROTO[kind.name]
            return set()
        field.type = _FIELD.TYPE_MESSAGE
        if kind.name is TypeName.OPTIONS:
            _add_map(message, field, owner)
            return set()
        if kind.name not in STRUCTS:
            field.type_name = _TIMESTAMP
            return set()
        inner = self._message(kind, label)
        field.type_name = f".{inner}"
        return {f"{inner.removeprefix('yishi.')}.proto"}


def _add_map(message: Any, field: Any, owner: str) -> None:
    entry = message.nested_type.add(name=f"{field.name.title().replace('_', '')}Entry")
    entry.options.map_entry = True
    for number, part in enumerate(("key", "value"), 1):
        entry.field.add(name=part, number=number, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    field.label, field.type_name = _FIELD.LABEL_REPEATED, f".{owner}.{entry.name}"


class Values:
    """Turns canonical JSON into what the runtime takes, and results back. A date is 00:00 of the calendar's zone."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._today: tuple[Instant, Instant, Any] = (0, 0, None)
        self.date = lru_cache(maxsize=4096)(self._date)
        self.datetime = lru_cache(maxsize=4096)(_datetime)

    def inward(self, kind: DataType, label: str) -> Convert | None:
        """Give how a value of this type goes in; None when it goes as it is."""
        element = element_of(kind)
        if kind.name in LISTS and element is not None:
            one = self.inward(element, label)
            return None if one is None else lambda values: [one(value) for value in values]
        match kind.name:
            case TypeName.DECIMAL:
                return float
            case TypeName.DATE:
                return self.date
            case TypeName.DATETIME:
                return self.datetime
            case TypeName.TERM:
                return str
            case TypeName.OPTIONS:
                return _options
            case TypeName.RECORD | TypeName.REF | TypeName.CASE:
                return self._struct_inward(kind, label)
            case _:
                return None

    def outward(self, kind: DataType) -> Convert:
        """Give how a result of this type comes back as JSON. What it gives has still to be checked against the type."""
        element = element_of(kind)
        if kind.name in LISTS and element is not None:
            one = self.outward(element)
            return lambda values: [one(value) for value in values]
        match kind.name:
            case TypeName.DECIMAL:
                return lambda number: rounded(number, kind.scale)
            case TypeName.DATE:
                return lambda moment: self.calendar.local_date(from_datetime(moment)).isoformat()
            case TypeName.DATETIME:
                return lambda moment: rfc3339(from_datetime(moment))
            case TypeName.RECORD | TypeName.REF | TypeName.CASE:
                fields = {each.id: self.outward(each.type) for each in kind.struct_fields}
                return lambda struct: _struct_outward(struct, fields)
            case _:
                return lambda value: value

    def today(self, now: Instant) -> Any:
        """Give 00:00 of the day that ``now`` falls on."""
        start, end, found = self._today
        if not start <= now < end:
            day = self.calendar.local_date(now)
            start, end = self.calendar.midnight(day), self.calendar.midnight(day + timedelta(days=1))
            found = timestamp(start)
            self._today = start, end, found  # in one piece: other threads see this day or the one before
        return found

    def _date(self, text: str) -> Any:
        return timestamp(self.calendar.midnight(date.fromisoformat(text)))

    def _struct_inward(self, kind: DataType, label: str) -> Convert:
        fields = {each.id: (f"{label}.{each.id}", self.inward(each.type, f"{label}.{each.id}")) for each in kind.struct_fields}
        unknown = {each.id: each.unknown for each in kind.struct_fields if each.unknown is not None}

        def convert(struct: Mapping[str, Any]) -> dict[str, Any]:
            filled = {**unknown, **struct} if unknown else struct
            known = ((fields[name], value) for name, value in filled.items() if name in fields)
            return {key: value if inner is None else inner(value) for (key, inner), value in known}

        return convert


def timestamp(instant: Instant) -> Any:
    """Give an instant as the message the runtime knows as a timestamp; unlike a datetime it may stand inside a map."""
    return timestamp_pb2.Timestamp(seconds=instant // SECOND, nanos=instant % SECOND * 1000)


def _datetime(value: str | Instant) -> Any:
    # Data hold RFC 3339 texts; what the core itself knows of a case, like when it was opened, are instants.
    return timestamp(value if isinstance(value, int) else parse_instant(value))


def plain(value: Any) -> Any:
    """Give a result whose type was not declared as JSON; labels of keys are dropped, times are RFC 3339 in UTC."""
    match value:
        case datetime():
            return rfc3339(from_datetime(value))
        case list():
            return [plain(each) for each in value]
        case dict():
            return {str(key).rpartition(".")[2]: plain(each) for key, each in value.items()}
        case float():
            return rounded(value, None)
        case _:
            return value


def _struct_outward(struct: Mapping[str, Any] | str, fields: Mapping[str, Convert]) -> dict[str, Any]:
    if isinstance(struct, str):  # a ref, by its id alone
        return {"id": struct}
    bare = {str(key).rpartition(".")[2]: value for key, value in struct.items()}
    return {name: fields[name](value) if name in fields else value for name, value in bare.items()}


def _options(options: Mapping[str, Any]) -> dict[str, str]:
    """Give keys and one text each; which language does not matter, expressions compare keys."""
    return {key: text if isinstance(text, str) else next(iter(text.values()), "") for key, text in options.items()}
