"""JSON Schema (draft 2020-12) of forms: what a client needs to draw one and to check it before sending.

Made from the same declared types as the validation. It says all of it but what a schema cannot: how texts are
normalised, the bounds of dates and of decimals written as text, and how many digits a number has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definition.canonical import ID_MAX, INT_BOUND, Settings, entries_max, options_in_force
from engine.definition.datatypes import IDENTITIES, LISTS, REF_FIELDS, SCALE_MAX, STRUCTS, TEXT_MAX, DataType, TypeName
from engine.definition.patterns import whole
from engine.errors import Text

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def in_language(text: Text | str, language: str) -> str:
    """Choose the text of the language, or the first there is."""
    return text if isinstance(text, str) else text.get(language) or next(iter(text.values()), "")


def of_type(kind: DataType, language: str, settings: Settings | None = None) -> dict[str, Any]:
    """Give the schema of one type, with the texts of its options in that language."""
    element = kind.element
    if kind.name in LISTS and element is not None:
        made = {"type": "array", "items": of_type(element, language, settings), "maxItems": entries_max(kind)}
        return {**made, "uniqueItems": True} if kind.name is TypeName.TAGS else made
    if kind.name in STRUCTS:
        fields = REF_FIELDS if kind.name is TypeName.REF else kind.struct_fields
        needed = tuple(each.id for each in fields if each.required)
        record = struct({each.id: (each.title, of_type(each.type, language, settings)) for each in fields}, needed, language)
        return {"anyOf": [_id(), record]} if kind.name is TypeName.REF else record
    return _simple(kind, language, settings)


def struct(keys: Mapping[str, tuple[Text, dict[str, Any]]], required: tuple[str, ...], language: str) -> dict[str, Any]:
    """Give the schema of an object with just these keys, each with its title."""
    properties = {name: {"title": in_language(title, language), **schema} for name, (title, schema) in keys.items()}
    made: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**made, "required": list(required)} if required else made


def filled(schema: dict[str, Any]) -> dict[str, Any]:
    """Narrow a schema to values that are not empty: a text with a character, a list with an entry."""
    match schema.get("type"):
        case "string" if "enum" not in schema and "format" not in schema:
            return {**schema, "minLength": 1}
        case "array":
            return {**schema, "minItems": 1}
        case _:
            return schema


def _simple(kind: DataType, language: str, settings: Settings | None) -> dict[str, Any]:
    match kind.name:
        case TypeName.TEXT:
            made: dict[str, Any] = {"type": "string", "maxLength": kind.max or TEXT_MAX}
            return {**made, "pattern": whole(kind.pattern)} if kind.pattern is not None else made
        case TypeName.INT:
            low, high = kind.between or (1 - INT_BOUND, INT_BOUND - 1)
            return {"type": "integer", "minimum": low, "maximum": high}
        case TypeName.DECIMAL:
            return _decimal(kind)
        case TypeName.BOOL:
            return {"type": "boolean"}
        case TypeName.DATE:
            return {"type": "string", "format": "date"}
        case TypeName.DATETIME:
            return {"type": "string", "format": "date-time"}
        case TypeName.CHOICE:
            options = options_in_force(kind, settings)
            titled = [{"const": key, "title": in_language(text, language)} for key, text in options.items()]
            return {"type": "string", "enum": list(options), "oneOf": titled}
        case name if name in IDENTITIES:
            return _id()
        case _:
            return {"type": "string"}


def _id() -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": ID_MAX}


def _decimal(kind: DataType) -> dict[str, Any]:
    places = SCALE_MAX if kind.scale is None else kind.scale
    fraction = rf"(?:\.[0-9]{{1,{places}}}0*)?" if places else r"(?:\.0+)?"
    made: dict[str, Any] = {"type": ["string", "number"], "pattern": rf"^[-+]?[0-9]{{1,40}}{fraction}$"}
    if kind.between is not None:
        made |= {"minimum": _number(kind.between[0]), "maximum": _number(kind.between[1])}
    return made


def _number(bound: Any) -> int | float:
    return int(bound) if bound == int(bound) else float(bound)
