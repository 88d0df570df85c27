"""Forms: which items an act asks for, and what may be filled in.

A form compiles to one pydantic model. All that is wrong is told at once, under the codes `missing_field` and `invalid_field`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from engine.definition import json_schemas
from engine.definition.canonical import Settings, nearest
from engine.definition.datatypes import DataItem, DataType, TypeName, registration
from engine.definition.shapes import Column, reason, validator
from engine.errors import Refusal

MOST_REFUSALS = 100
"""Mistakes told of one form; more of them help nobody."""


@dataclass(frozen=True, slots=True, eq=False)
class FormField:
    """One line of a form: ``x``, ``x?`` (optional: may stay empty) or ``x+`` (adds_row: one row, or a list of rows, to append).

    ``kind`` is the type of what is filled in: that of the item, or of the entries that whoever keeps an attendance adds to it.
    """

    item: DataItem
    optional: bool = False
    adds_row: bool = False
    kind: DataType = field(init=False, repr=False)

    def __post_init__(self) -> None:
        kept_for_others = self.adds_row and self.item.type.name is TypeName.ATTENDANCE
        object.__setattr__(self, "kind", registration(self.item) if kept_for_others else self.item.type)

    @property
    def has_rows(self) -> bool:
        """Say whether it holds rows that are kept with who filled them in, and when."""
        return self.adds_row or (self.kind.name is TypeName.LIST and self.kind.of is not None and self.kind.of.name is TypeName.RECORD)


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """The form of one act. Immutable; shared by every thread."""

    fields: tuple[FormField, ...]
    rows: Mapping[str, FormField] = field(init=False, repr=False)
    """The fields whose rows are kept with who filled them in, and when."""
    _by_name: Mapping[str, FormField] = field(init=False, repr=False)
    _validate: Callable[..., dict[str, Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        columns = [Column(each.item.id, each.kind, each.optional, each.adds_row) for each in self.fields]
        object.__setattr__(self, "rows", {each.item.id: each for each in self.fields if each.has_rows})
        object.__setattr__(self, "_by_name", {each.item.id: each for each in self.fields})
        object.__setattr__(self, "_validate", validator(columns))

    def validate(self, data: Mapping[str, Any], settings: Settings | None = None) -> tuple[dict[str, Any], list[Refusal]]:
        """Check what was filled in, all at once.

        An empty text and an empty list are nothing filled in. Gives the values in canonical JSON (what ``x+`` adds always as a
        list) and the refusals, whose facts name the ``field`` (``tasks.0.due``); with refusals there are no values.
        ``settings`` are the case's, for choices whose options they hold.
        """
        filled = {name: value for name, value in data.items() if not _is_empty(value)}
        try:
            return self._validate(filled, context=settings), []
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)[:MOST_REFUSALS]
            return {}, [self._refusal(each["type"], each["loc"], each.get("ctx", {}), each["msg"]) for each in found]

    def item(self, name: str) -> DataItem | None:
        """Give what a field of the form holds."""
        field = self._by_name.get(name)
        return field.item if field is not None else None

    def json_schema(self, language: str, settings: Settings | None = None) -> dict[str, Any]:
        """Give the JSON Schema (2020-12) of the form with titles in that language; the caller may keep and change it."""
        keys = {each.item.id: (each.item.title, _line_schema(each, language, settings)) for each in self.fields}
        required = tuple(each.item.id for each in self.fields if not each.optional)
        return {"$schema": json_schemas.DIALECT, **json_schemas.struct(keys, required, language)}

    def _refusal(self, kind: str, location: tuple[str | int, ...], context: Mapping[str, Any], message: str) -> Refusal:
        why = reason(kind, context, message)
        if kind == "extra_forbidden":
            near = nearest(str(location[-1]), self._known_beside(location))
            why = {language: why[language] + text for language, text in zip(("en", "zh-CN"), near, strict=True)}
        code = "missing_field" if kind == "missing" else "invalid_field"
        return Refusal(code, why, {"field": ".".join(str(part) for part in location)})

    def _known_beside(self, location: tuple[str | int, ...]) -> list[str]:
        """Name the keys that exist where an unknown one was found."""
        if len(location) == 1:
            return [*self._by_name]
        kind: DataType | None = self._by_name[str(location[0])].kind
        for part in location[1:-1]:
            if kind is not None:
                inner = kind.field(part) if isinstance(part, str) else None
                kind = kind.element if isinstance(part, int) else inner.type if inner else None
        return [each.id for each in kind.struct_fields] if kind is not None else []


def _is_empty(value: object) -> bool:
    return value == [] or (isinstance(value, str) and not value.strip())


def _line_schema(line: FormField, language: str, settings: Settings | None) -> dict[str, Any]:
    schema = json_schemas.of_type(line.kind, language, settings)
    if line.adds_row:
        return {"anyOf": [schema["items"], {**schema, "minItems": 1}]}
    return schema if line.optional else json_schemas.filled(schema)
