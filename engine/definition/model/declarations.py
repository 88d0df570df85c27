"""What a workflow declares beside its states: settings, lists, people, data, documents, links, signals, numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from engine.definition.model.shapes import (
    BY_FORM,
    ID,
    OTHER,
    TEXT,
    Cel,
    Dotted,
    Id,
    Many,
    OneOrMany,
    Roles,
    Shape,
    Text,
    Word,
    expected,
)

Basis = Literal["source", "rule", "default"]
TypeName = Literal[
    "text",
    "choice",
    "int",
    "decimal",
    "bool",
    "tags",
    "list",
    "date",
    "datetime",
    "person",
    "unit",
    "organisation",
    "ref",
    "record",
    "attendance",
]
SettingType = TypeName | Literal["term", "options"]

ListOrSetting = Annotated[str, Word(rf"(lists|settings)\.{ID}", "a map of ids and texts, or 'lists.NAME' or 'settings.NAME'")]
Options = Annotated[Annotated[ListOrSetting, TEXT] | Annotated[dict[Id, Text], OTHER], BY_FORM]
CelOrMap = Annotated[Annotated[Cel, TEXT] | Annotated[dict[Id, Cel], OTHER], BY_FORM]


class Query(Shape):
    """`query`: what is taken from other cases or a registry of this body."""

    of: OneOrMany[Id]
    over: Dotted | None = None
    where: Cel | None = None
    as_: CelOrMap | None = Field(None, alias="as")
    fixed_at: Dotted | None = None


class DataItem(Shape):
    """`data.X`, and a field of a record or registry."""

    title: Text | None = None
    type: TypeName
    default: Any = None
    max: int | None = Field(None, ge=1)
    between: Many[Any] | None = None
    pattern: str | None = None
    scale: int | None = Field(None, ge=0, le=9)
    of: Id | None = None
    fields: dict[Id, DataItem] | None = None
    options: Options | None = None
    query: Query | None = None
    compute: Cel | None = None
    read: Many[Id] | None = None
    methods: dict[Id, Text] | None = None
    expected: Cel | None = None
    late_after: str | None = None
    sensitive: bool = False
    seen_by: Roles | None = None
    sealed_until: Dotted | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that the keys suit the type."""
        element = self.of if self.type == "list" else self.type
        for key, types in _ONLY_FOR.items():
            if getattr(self, key) is not None and element not in types and self.type not in types:
                yield key, f"`{key}` is for {' and '.join(sorted(types))} only, this is {self.type}"
        if self.type in {"list", "ref"} and self.of is None:
            yield "type", f"missing key `of`: a {self.type} says of what"
        if element in {"choice", "tags"} and self.options is None:
            yield "type", f"missing key `options`: a {element} says of which"
        if element == "record" and not self.fields:
            yield "type", "missing key `fields`: a record has fields"
        if self.between is not None and len(self.between) != 2:
            yield "between", f"expected `between` to be a list of two, the least and the most, got {len(self.between)}"
        if self.type == "list" and self.of is not None and self.of not in _ELEMENTS:
            yield "of", f"expected `of` to be the type of the list's elements ({', '.join(sorted(_ELEMENTS))}), got {self.of!r}"
        if sum(each is not None for each in (self.compute, self.query, self.default)) > 1:
            yield "type", "expected at most one of `default`, `compute` and `query`"


_ELEMENTS = frozenset({"text", "choice", "int", "decimal", "bool", "date", "datetime", "person", "unit", "organisation", "ref", "record"})
_ONLY_FOR = {
    "max": frozenset({"text", "list", "tags"}),
    "pattern": frozenset({"text"}),
    "between": frozenset({"int", "decimal", "date", "datetime"}),
    "scale": frozenset({"decimal"}),
    "of": frozenset({"list", "ref"}),
    "fields": frozenset({"record"}),
    "options": frozenset({"choice", "tags"}),
    "read": frozenset({"ref"}),
    "methods": frozenset({"attendance"}),
    "expected": frozenset({"attendance"}),
    "late_after": frozenset({"attendance"}),
}


class Setting(Shape):
    """`settings.X`: a typed constant that a body may change without a new version."""

    title: Text | None = None
    type: SettingType
    default: Any
    between: Many[Any] | None = None
    options: Options | None = None
    must_have: Many[Id] | None = None
    basis: Basis

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that the keys suit the type."""
        if self.between is not None and len(self.between) != 2:
            yield "between", f"expected `between` to be a list of two, the least and the most, got {len(self.between)}"
        if self.type == "choice" and self.options is None:
            yield "type", "missing key `options`: a choice says of which"
        if self.must_have is not None and self.type != "options":
            yield "must_have", f"`must_have` is for options only, this is {self.type}"


def _role(value: Any) -> Any:
    if isinstance(value, str) or (isinstance(value, dict) and value and not value.keys() & {"title", "bound", "superior_of"}):
        return {"title": value}
    return value


class Role(Shape):
    """`roles.X`: whoever holds it here; with `bound`, only that person or unit; or the superior of another role."""

    title: Text
    bound: Cel | None = None
    superior_of: Id | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that a role is found in one way."""
        if self.bound is not None and self.superior_of is not None:
            yield "superior_of", "expected one of `bound` and `superior_of`, got both"


NamedRole = Annotated[Role, BeforeValidator(_role)]


class Duty(Shape):
    """One separation of duties: a map with one key, the kind, and the acts."""

    different_person: Many[Dotted] | None = None
    different_unit: Many[Dotted] | None = None
    same_person: Many[Dotted] | None = None
    same_unit: Many[Dotted] | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """One kind each, over two acts at least."""
        given = self.given()
        if len(given) != 1:
            yield "", "expected one of different_person, different_unit, same_person and same_unit"
        for kind, acts in given:
            if len(acts) < 2:
                yield kind, f"expected `{kind}` to name two acts at least, got {len(acts)}"

    def given(self) -> list[tuple[str, tuple[str, ...]]]:
        """Give the kinds that stand here, with their acts."""
        return [(kind, acts) for kind in type(self).model_fields if (acts := getattr(self, kind)) is not None]


class Requirement(Shape):
    """One item of `requires`: a document, or a document with a condition."""

    document: Id
    when: Cel | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_short(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"document": value}
        if isinstance(value, dict) and len(value) == 1:
            ((document, when),) = value.items()
            return {"document": document, "when": when}
        raise expected("a document, or a map of one document to a condition, like {report: data.agreed}")


class Refuse(Shape):
    """`refuse`: what a person is told when the guard says no."""

    code: Id
    text: Text


FormItem = Annotated[str, Word(rf"{ID}[?+]?", "a data item like 'note', 'note?' (may stay empty) or 'visits+' (adds a row)")]
Form = Many[FormItem]


class Document(Shape):
    """`documents.X`."""

    title: Text | None = None
    attached_by: Roles | None = None
    approved_by: Roles | None = None
    template: str | None = None
    per: Dotted | None = None
    seen_by: Roles | None = None


class Link(Shape):
    """`links.X`: cases this one is tied to."""

    workflow: OneOrMany[Id]
    inverse: Id
    read: Many[Id] | None = None


class Signal(Shape):
    """`signals.X`: what other cases may tell this one."""

    from_: OneOrMany[Id] = Field(alias="from")
    carries: dict[Id, TypeName] | None = None


class Number(Shape):
    """`number`: the series a case is numbered in, and the act at which."""

    series: Id
    per: Literal["year", "term", "ever"] = "ever"
    format: str = Field(min_length=1)
    at: Dotted = "start"


class Start(Shape):
    """`start`: who opens a case, and what must be filled in."""

    by: Roles
    form: Form = ()
    requires: Many[Requirement] = ()
    guard: Cel | None = None
    refuse: Refuse | None = None
    set: dict[Id, Cel] = Field(default_factory=dict)
