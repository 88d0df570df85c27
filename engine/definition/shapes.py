"""Pydantic models made from declared types: what a value of any depth must be, and its canonical form.

A model is a TypedDict, so that an item may have any name (`copy`, `json`) and validated values are plain JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError, ValidationInfo
from typing_extensions import TypedDict

from engine.definition.canonical import Invalid, Settings, canonical, entries_max
from engine.definition.datatypes import LISTS, REF_FIELDS, STRUCTS, DataItem, DataType, TypeName
from engine.errors import Text


@dataclass(frozen=True, slots=True)
class Column:
    """One key of a model."""

    id: str
    type: DataType
    optional: bool
    rows: bool = False  # one entry of the list, or several: what `x+` takes


def validator(columns: Iterable[Column]) -> Callable[..., dict[str, Any]]:
    """Make ``validate(data, context=settings)`` for some keys; it raises pydantic's ValidationError with all mistakes.

    The model is made when it is first asked: a process that is only linted, drawn or compared needs none.
    """
    keys, made = tuple(columns), list[Callable[..., dict[str, Any]]]()

    def validate(data: Any, context: Settings | None = None) -> dict[str, Any]:
        if not made:
            made.append(TypeAdapter(_typed_dict(keys)).validator.validate_python)  # made twice by two threads, it is the same
        return made[0](data, context=context)

    return validate


def canonicaliser(kind: DataType) -> Callable[[Any, Settings | None], Any]:
    """Give ``(value, settings) -> canonical value`` for a type of any depth; it raises `Invalid` with the place and the reason."""
    if kind.name not in LISTS | STRUCTS:
        return canonical(kind)  # no model has to be made for a single value
    validate = validator([Column("value", kind, optional=False)])

    def check(value: Any, settings: Settings | None) -> Any:
        try:
            return validate({"value": value}, context=settings)["value"]
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"][1:])
            why = reason(first["type"], first.get("ctx", {}), first["msg"])
            raise Invalid(*((f"{place}: {why['en']}", f"{place}：{why['zh-CN']}") if place else (why["en"], why["zh-CN"]))) from None

    return check


def reason(kind: str, context: Mapping[str, Any], message: str) -> Text:
    """Say in both languages why a value is not what its model asks for."""
    match kind:
        case "invalid_field":
            return dict(context)
        case "missing":
            return {"en": "this must be filled in", "zh-CN": "此项必填"}
        case "extra_forbidden":
            return {"en": "there is no such field here", "zh-CN": "没有这一项"}
        case "too_long":
            limit, got = context.get("max_length"), context.get("actual_length")
            return {"en": f"expected at most {limit} entries, got {got}", "zh-CN": f"最多{limit}条，实为{got}条"}
        case "list_type":
            return {"en": "expected a list", "zh-CN": "应为列表"}
        case "dict_type":
            return {"en": "expected an object with its fields", "zh-CN": "应为含各字段的对象"}
        case _:
            return {"en": message, "zh-CN": "填写有误"}


def _typed_dict(columns: Iterable[Column]) -> Any:
    keys = {each.id: NotRequired[_key(each)] if each.optional else _key(each) for each in columns}
    make: Any = TypedDict  # called, not written as a class: its keys are known only now
    made = make("Struct", keys)
    made.__pydantic_config__ = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
    return made


def _key(column: Column) -> Any:
    made = _annotation(column.type)
    return Annotated[made, BeforeValidator(lambda value: value if isinstance(value, list) else [value])] if column.rows else made


def _annotation(kind: DataType) -> Any:
    element = kind.element
    if kind.name in LISTS and element is not None:
        entries: Any = Annotated[list[_annotation(element)], Field(max_length=entries_max(kind))]  # type: ignore[misc] # made while running
        return Annotated[entries, AfterValidator(_each_once)] if kind.name is TypeName.TAGS else entries
    if kind.name is TypeName.REF:
        return Annotated[_struct(REF_FIELDS), BeforeValidator(_only_id)]
    if kind.name in STRUCTS:
        return _struct(kind.struct_fields)
    check = canonical(kind)

    def validate(value: Any, info: ValidationInfo) -> Any:
        return check(value, info.context)

    return Annotated[Any, PlainValidator(validate)]


def _only_id(value: Any) -> Any:
    """Keep of a ref its id alone: what else is read of it is looked up each time."""
    match value:
        case str():
            return {"id": value}
        case {"id": str(found)}:
            return {"id": found}
        case _:
            return value


def _struct(fields: Iterable[DataItem]) -> Any:
    # Which fields of a record are needed is for guards to say: `has(r.due)`.
    return _typed_dict(Column(each.id, each.type, optional=not each.required) for each in fields)


def _each_once(tags: list[str]) -> list[str]:
    if len(set(tags)) != len(tags):
        twice = next(tag for tag in tags if tags.count(tag) > 1)
        raise Invalid(f"expected each entry once, got {twice!r} twice", f"不能重复：{twice!r}")
    return tags
