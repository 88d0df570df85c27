"""The types of data: what a case, a form, a setting or a signal may hold.

A `DataType` is the one description from which the typed environment of expressions, the validation of forms, the canonical
form of stored values and the JSON Schema are made. Source: the table of types of the workflow language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from engine.definition.patterns import pattern_fault
from engine.errors import Text

if TYPE_CHECKING:
    from engine.definition.expressions import Expression
    from engine.definition.queries import Query

TEXT_MAX = 20_000
"""Characters of a text whose declaration names no `max`."""

LIST_MAX = 1_000
"""Entries of a list, of tags or of an attendance whose declaration names no `max`."""

SCALE_MAX = 9
"""Decimal places of a decimal: with the digits before the point it still fits a double, which is what CEL computes with."""


class TypeName(StrEnum):
    """The word after `type:`."""

    TEXT = "text"
    INT = "int"
    DECIMAL = "decimal"
    BOOL = "bool"
    CHOICE = "choice"
    TAGS = "tags"
    LIST = "list"
    DATE = "date"
    DATETIME = "datetime"
    PERSON = "person"
    UNIT = "unit"
    ORGANISATION = "organisation"
    REF = "ref"
    RECORD = "record"
    CASE = "case"  # another case, as it tells of itself
    ATTENDANCE = "attendance"
    TERM = "term"  # settings only
    OPTIONS = "options"  # settings only


IDENTITIES = frozenset({TypeName.PERSON, TypeName.UNIT, TypeName.ORGANISATION})
STRINGS = frozenset({TypeName.TEXT, TypeName.CHOICE, TypeName.TERM}) | IDENTITIES
INSTANTS = frozenset({TypeName.DATE, TypeName.DATETIME})
NUMBERS = frozenset({TypeName.INT, TypeName.DECIMAL})
LISTS = frozenset({TypeName.TAGS, TypeName.LIST, TypeName.ATTENDANCE})
STRUCTS = frozenset({TypeName.RECORD, TypeName.REF, TypeName.CASE})

_MEANT_FOR: Mapping[str, frozenset[TypeName]] = {
    "max": frozenset({TypeName.TEXT}) | LISTS,
    "between": NUMBERS | {TypeName.DATE},
    "pattern": frozenset({TypeName.TEXT}),
    "scale": frozenset({TypeName.DECIMAL}),
    "options": frozenset({TypeName.CHOICE, TypeName.TAGS}),
    "of": frozenset({TypeName.LIST, TypeName.ATTENDANCE}),
    "fields": frozenset({TypeName.RECORD, TypeName.REF}),
}


@dataclass(frozen=True, slots=True)
class DataType:
    """One type with all that narrows it.

    ``of``: the element of a list. ``fields``: of a record, or what a ref `read`s. ``options``: key -> text of a closed list;
    with ``options_setting`` the keys in force are the case's own and ``options`` are the setting's default. ``between`` holds
    canonical values (int, Decimal, ISO date). ``max`` counts characters of a text, entries of a list.
    """

    name: TypeName
    of: DataType | None = None
    fields: tuple[DataItem, ...] = ()
    options: Mapping[str, Text] | None = None
    options_setting: str | None = None
    scale: int | None = None
    max: int | None = None
    between: tuple[Any, Any] | None = None
    pattern: str | None = None
    target: str | None = None  # of a ref: the registry or workflow it points into

    def __str__(self) -> str:
        return f"list of {self.of}" if self.of is not None and self.name is TypeName.LIST else str(self.name)

    @property
    def element(self) -> DataType | None:
        """What a list holds, also for tags and attendance; None for all else."""
        if self.name is TypeName.TAGS:
            return DataType(TypeName.CHOICE, options=self.options, options_setting=self.options_setting) if self.options else TAG
        return self.of or ATTENDANCE_ENTRY if self.name is TypeName.ATTENDANCE else self.of

    @property
    def struct_fields(self) -> tuple[DataItem, ...]:
        """The fields an expression may read of a record or ref; empty for all else."""
        return (*REF_FIELDS, *self.fields) if self.name is TypeName.REF else self.fields

    @property
    def reads_others(self) -> bool:
        """Say whether a value holds refs of which more is read than the id: rows and cases that are looked up when they are read."""
        if self.name is TypeName.REF:
            return bool(self.fields)
        return any(kind.reads_others for kind in (*((self.of,) if self.of else ()), *(each.type for each in self.fields)))

    def field(self, name: str) -> DataItem | None:
        """Find a field by its id."""
        return next((each for each in self.struct_fields if each.id == name), None)

    def faults(self) -> list[tuple[str, str]]:
        """Name all mistakes of the declaration, each as (key, message); empty when it is sound."""
        found = [
            (key, f"`{key}` has no meaning for type {self.name}; it belongs to {', '.join(sorted(meant))}")
            for key, meant in _MEANT_FOR.items()
            if (given := getattr(self, key)) is not None and given != () and self.name not in meant
        ]
        checks = (self._list_faults, self._option_faults, self._number_faults, self._pattern_faults)
        return [*found, *(fault for check in checks for fault in check())]

    def _list_faults(self) -> list[tuple[str, str]]:
        if self.name is TypeName.LIST and self.of is None:
            return [("of", "a list needs `of`, the type of its entries, like `of: person`")]
        if self.of is not None and self.of.name in LISTS:
            return [("of", f"expected entries of a simple type or record, got {self.of}: a list cannot hold lists")]
        if self.max is not None and self.max < 1:
            return [("max", f"expected `max` to be at least 1, got {self.max}")]
        if self.name is TypeName.RECORD and not self.fields:
            return [("fields", "a record needs `fields`, like `fields: {unit: {type: unit}}`")]
        return []

    def _option_faults(self) -> list[tuple[str, str]]:
        if self.name is TypeName.CHOICE and not self.options:
            return [("options", "a choice needs `options`: a map of ids to texts, or the name of a list, like `lists.sources`")]
        return []

    def _number_faults(self) -> list[tuple[str, str]]:
        if self.scale is not None and not 0 <= self.scale <= SCALE_MAX:
            return [("scale", f"expected `scale` to be 0 to {SCALE_MAX}, got {self.scale}")]
        if self.between is not None and self.between[0] > self.between[1]:
            return [("between", f"expected the lower bound first, got [{self.between[0]}, {self.between[1]}]")]
        return []

    def _pattern_faults(self) -> list[tuple[str, str]]:
        fault = pattern_fault(self.pattern) if self.pattern is not None else None
        return [("pattern", f"expected `pattern` to be a regular expression (RE2), got {self.pattern!r}: {fault}")] if fault else []


@dataclass(frozen=True, slots=True, eq=False)
class DataItem:
    """One item of a case's data, or one field of a record. ``default`` is canonical JSON; None: it may be empty.

    ``required``: a field that must be filled in wherever the record is. ``unknown``: what an expression reads of a field that is empty,
    where that is no mistake.
    ``sealed_until``: a state or an act before which nobody reads it. ``seen_by``: role ids; empty: all who see the case.
    """

    id: str
    title: Text
    type: DataType
    default: Any = None
    compute: Expression | None = None
    sensitive: bool = False
    seen_by: tuple[str, ...] = ()
    sealed_until: str | None = None
    expected: Expression | None = None  # attendance: who is expected
    methods: Mapping[str, Text] = field(default_factory=dict)
    late_after: str | None = None
    required: bool = False
    unknown: Any = None
    query: Query | None = None
    is_live: bool = False  # its query is asked each time it is read, until an act fixes it

    @property
    def may_be_empty(self) -> bool:
        """Say whether a case can be without it: it has no default, and no query fills it."""
        return self.default is None and self.query is None


def bounds(name: TypeName, low: object, high: object) -> tuple[Any, Any]:
    """Bring the two ends of `between` into the type's own form. Raises ValueError with what was expected."""
    match name:
        case TypeName.INT if isinstance(low, int) and isinstance(high, int):
            return low, high
        case TypeName.DECIMAL if isinstance(low, int | float | str | Decimal) and isinstance(high, int | float | str | Decimal):
            return Decimal(str(low)), Decimal(str(high))
        case TypeName.DATE if isinstance(low, str) and isinstance(high, str):
            return low, high
        case _:
            raise ValueError(f"expected `between` to be two values of type {name}, got [{low}, {high}]")


def simple(name: TypeName) -> DataType:
    """Give the type of that name without any narrowing."""
    return DataType(name)


def other_case(told: tuple[DataItem, ...], workflow: str) -> DataType:
    """Give the type of another case as an expression sees it: what every case tells, and the items it was asked to tell."""
    data = DataItem("data", {"en": "data"}, DataType(TypeName.RECORD, fields=told))
    return DataType(TypeName.CASE, target=workflow, fields=(*OTHER_CASE_FIELDS, data))


def fields_of(kinds: Mapping[str, DataType]) -> tuple[DataItem, ...]:
    """Give fields that have no titles of their own, because mostly expressions alone see them."""
    return tuple(DataItem(name, {"en": name}, kind) for name, kind in kinds.items())


def record(kinds: Mapping[str, DataType]) -> DataType:
    """Give a record of such fields."""
    return DataType(TypeName.RECORD, fields=fields_of(kinds))


def _fields(**names: TypeName) -> tuple[DataItem, ...]:
    return fields_of({name: simple(kind) for name, kind in names.items()})


TAG = DataType(TypeName.TEXT, max=200)
REF_FIELDS = _fields(id=TypeName.TEXT)
CASE_REF_FIELDS = _fields(state=TypeName.TEXT, outcome=TypeName.TEXT, done=TypeName.BOOL)
"""What one may read of every case that a ref points to, beside what its `read` names."""
ROW_FIELDS = _fields(at=TypeName.DATETIME, by=TypeName.PERSON)
"""What a row added by ``x+`` also has: when, and by whom."""

PRESENT, LEAVE, ABSENT = "present", "leave", "absent"
STATUSES: Mapping[str, Text] = {
    PRESENT: {"zh-CN": "出席", "en": "present"},
    LEAVE: {"zh-CN": "请假", "en": "on leave"},
    ABSENT: {"zh-CN": "缺席", "en": "absent"},
}
"""How somebody stands in an attendance."""

_ENTRY: Mapping[str, tuple[str, str, TypeName]] = {
    "person": ("人员", "person", TypeName.PERSON),
    "unit": ("单位", "unit", TypeName.UNIT),
    "role": ("身份", "role", TypeName.TEXT),
    "method": ("方式", "method", TypeName.TEXT),
    "at": ("时间", "at", TypeName.DATETIME),
    "late": ("迟到", "late", TypeName.BOOL),
    "status": ("状态", "status", TypeName.CHOICE),
}


def _entry_field(name: str, *, required: bool = False, options: Mapping[str, Text] | None = None, blank: bool = False) -> DataItem:
    zh, en, kind = _ENTRY[name]
    unknown = "" if blank and name in {"unit", "role", "method"} else None
    made = DataType(kind if options is None else TypeName.CHOICE, options=options)
    return DataItem(name, {"zh-CN": zh, "en": en}, made, required=required, unknown=unknown)


def attendance_entry(methods: Mapping[str, Text] | None = None, roles: Mapping[str, Text] | None = None) -> DataType:
    """Give what an attendance holds of each person. What is not known, like the unit of somebody absent, is an empty text."""
    options = {"status": STATUSES, "method": methods or None, "role": roles}
    return DataType(TypeName.RECORD, fields=tuple(_entry_field(name, options=options.get(name), blank=True) for name in _ENTRY))


def registration(item: DataItem) -> DataType:
    """Give what the form item ``x+`` of an attendance asks for: the entries of others, as whoever keeps the list fills them in."""
    role = (item.type.element or ATTENDANCE_ENTRY).field("role")
    by_hand = {status: STATUSES[status] for status in (PRESENT, LEAVE)}
    options = {"status": by_hand, "method": item.methods, "role": role.type.options if role is not None else None}
    asked = [name for name in _ENTRY if name not in {"late", *(() if item.methods else ("method",))}]
    fields = tuple(_entry_field(name, required=name == "person", options=options.get(name)) for name in asked)
    return DataType(TypeName.LIST, of=DataType(TypeName.RECORD, fields=fields), max=item.type.max)


ATTENDANCE_ENTRY = attendance_entry()
ACTOR = DataType(
    TypeName.RECORD,
    fields=_fields(id=TypeName.PERSON, role=TypeName.TEXT, unit=TypeName.UNIT, organisation=TypeName.ORGANISATION),
)
OTHER_CASE_FIELDS = _fields(
    id=TypeName.TEXT,
    number=TypeName.TEXT,
    key=TypeName.TEXT,
    organisation=TypeName.ORGANISATION,
    opened_at=TypeName.DATETIME,
    state=TypeName.TEXT,
    outcome=TypeName.TEXT,
    done=TypeName.BOOL,
    waived=TypeName.BOOL,
    overdue=TypeName.BOOL,
    taken=TypeName.TAGS,
    told_at=TypeName.DATETIME,
)
CASE = DataType(
    TypeName.RECORD,
    fields=_fields(
        id=TypeName.TEXT,
        number=TypeName.TEXT,
        organisation=TypeName.ORGANISATION,
        opened_at=TypeName.DATETIME,
        opened_by=TypeName.PERSON,
        parent=TypeName.TEXT,
    ),
)
