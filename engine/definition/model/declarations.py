"""What a workflow declares beside its states: settings, lists, people, data, documents, links, signals, numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from engine.definition.model.shapes import (
    BY_FORM,
    ID,
    OTHER,
    TEXT,
    TEXT_SCHEMA,
    AlsoWritten,
    Cel,
    Dotted,
    Hour,
    Id,
    Many,
    OneOrMany,
    Roles,
    Shape,
    Text,
    Word,
    expected,
)
from engine.definition.model.templates import TemplatePart

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

    of: OneOrMany[Id] = Field(description="The workflows or the registry that is asked.")
    over: Dotted | None = Field(None, description="What is ranged over within them, like act.X or attendance.X.")
    where: Cel | None = Field(None, description="Which of them; reads `row`.")
    as_: CelOrMap | None = Field(None, alias="as", description="What is taken of each, for a list.")
    fixed_at: Dotted | None = Field(None, description="The act that fixes the answer; until then it is live.")


class DataItem(Shape):
    """`data.X`, and a field of a record or registry."""

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    type: TypeName = Field(description="The type of its values.")
    default: Any = Field(None, description="The value of a new case.")
    max: int | None = Field(None, ge=1, description="The most characters, entries or tags.")
    between: Many[Any] | None = Field(None, description="The least and the most: [a, b].")
    pattern: str | None = Field(None, description="A regular expression (RE2) that the whole text must match.")
    scale: int | None = Field(None, ge=0, le=9, description="Digits after the point of a decimal; rounded half up.")
    of: Id | None = Field(None, description="The type of a list's elements, or what a ref points to.")
    fields: dict[Id, DataItem] | None = Field(None, description="The fields of a record: id -> item.")
    options: Options | None = Field(None, description="Of which: id -> text, or 'lists.X', 'settings.X'.")
    query: Query | None = Field(None, description="Taken from other cases or a registry.")
    compute: Cel | None = Field(None, description="Derived by this expression after every step, never typed in.")
    read: Many[Id] | None = Field(None, description="What is read of the row or case a ref points to.")
    methods: dict[Id, Text] | None = Field(None, description="How one signs in to an attendance: id -> text.")
    expected: Cel | None = Field(None, description="Who is expected; whoever is not there is absent.")
    late_after: Hour | None = Field(None, description="Time of day after which one is late, like '09:15'.")
    sensitive: bool = Field(False, description="Whether it is masked where it need not be seen, and can be redacted.")
    seen_by: Roles | None = Field(None, description="The roles that may see it; all by default.")
    sealed_until: Dotted | None = Field(None, description="Hidden until this state is left or this act taken.")

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
        derived = [key for key in ("default", "compute", "query") if getattr(self, key) is not None]
        if len(derived) > 1:
            yield "type", "expected at most one of `default`, `compute` and `query`"
        if self.type == "attendance" and derived:
            yield derived[0], f"`{derived[0]}` has no meaning for an attendance: it is filled by `attend`, `excuse` and the form item `x+`"


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

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    type: SettingType = Field(description="The type of its value.")
    default: Any = Field(description="The value a body has that says nothing.")
    between: Many[Any] | None = Field(None, description="The least and the most a body may choose: [a, b].")
    options: Options | None = Field(None, description="Of which, for a choice: id -> text, or 'lists.X'.")
    must_have: Many[Id] | None = Field(None, description="Options that every body must keep.")
    basis: Basis = Field(description="Where the value comes from: this very process's source, a written rule, or nobody but us.")

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

    title: Text = Field(description="What staff see; a text or one for each language.")
    bound: Cel | None = Field(None, description="Only that person or unit, or one of that list; `party` in parties. Empty means nobody.")
    superior_of: Id | None = Field(None, description="Whoever is one level above the holder of this role.")

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that a role is found in one way."""
        if self.bound is not None and self.superior_of is not None:
            yield "superior_of", "expected one of `bound` and `superior_of`, got both"


NamedRole = Annotated[Role, BeforeValidator(_role), AlsoWritten(TEXT_SCHEMA)]


class Duty(Shape):
    """One separation of duties: a map with one key, the kind, and the acts."""

    different_person: Many[Dotted] | None = Field(None, description="No person takes two of these acts.")
    different_unit: Many[Dotted] | None = Field(None, description="No unit takes two of these acts.")
    same_person: Many[Dotted] | None = Field(None, description="One person takes all of these acts.")
    same_unit: Many[Dotted] | None = Field(None, description="One unit takes all of these acts.")

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

    document: Id = Field(description="The document.")
    when: Cel | None = Field(None, description="Needed only if this holds.")

    @model_validator(mode="before")
    @classmethod
    def _from_short(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"document": value}
        if isinstance(value, dict) and len(value) == 1:
            ((document, when),) = value.items()
            return {"document": document, "when": when}
        raise expected("a document, or a map of one document to a condition, like {report: data.agreed}")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        keys: dict[str, Any] = handler.resolve_ref_schema(handler(schema))["properties"]
        document, condition = keys["document"], keys["when"]
        only = {"type": "object", "patternProperties": {document["pattern"]: condition}, "minProperties": 1, "maxProperties": 1}
        return {"description": cls.__doc__, "anyOf": [document, only]}


class Refuse(Shape):
    """`refuse`: what a person is told when the guard says no."""

    code: Id = Field(description="A stable code, like too_small.")
    text: Text = Field(description="What the person is told.")


FormItem = Annotated[str, Word(rf"{ID}[?+]?", "a data item like 'note', 'note?' (may stay empty) or 'visits+' (adds a row)")]
Form = Many[FormItem]


class Document(Shape):
    """`documents.X`."""

    title: Text | None = Field(None, description="What staff see; a text or one for each language.")
    attached_by: Roles | None = Field(None, description="Who may hand it in.")
    approved_by: Roles | None = Field(None, description="Who approves it; then it counts only once approved.")
    template: Many[TemplatePart] | None = Field(
        None, min_length=1, max_length=200, description="The parts of the Word file that is made of it with the data of a case."
    )
    per: Dotted | None = Field(None, description="The state at whose every entry it is sought anew.")
    seen_by: Roles | None = Field(None, description="The roles that may see it; all by default.")


class Link(Shape):
    """`links.X`: cases this one is tied to."""

    workflow: OneOrMany[Id] = Field(description="The workflow at the other end, or a list at an end that only others open.")
    inverse: Id = Field(description="The link's name in the other workflow.")
    read: Many[Id] | None = Field(None, description="Data of the other case that it tells this one.")


class Signal(Shape):
    """`signals.X`: what other cases may tell this one."""

    from_: OneOrMany[Id] = Field(alias="from", description="The workflows that may send it.")
    carries: dict[Id, TypeName] | None = Field(None, description="What it carries: id -> type.")


class Number(Shape):
    """`number`: the series a case is numbered in, and the act at which."""

    series: Id = Field(description="The series in which numbers are given.")
    per: Literal["year", "term", "ever"] = Field("ever", description="When a series begins again.")
    format: str = Field(min_length=1, description='How a number looks, like "{year}议{n:03}".')
    by: Id | None = Field(None, description="A choice, each option of which is a series of its own; its title stands for {by} in `format`.")
    at: Dotted = Field("start", description="The act at which a case gets its number; 'start' is the opening.")


class Start(Shape):
    """`start`: who opens a case, and what must be filled in."""

    by: Roles = Field(description="Who may open a case.")
    form: Form = Field((), description="What is filled in: x, x? (may stay empty), x+ (adds a row).")
    requires: Many[Requirement] = Field((), description="Documents needed to open one.")
    guard: Cel | None = Field(None, description="Opened only if this holds.")
    refuse: Refuse | None = Field(None, description="What is said when the guard does not hold.")
    set: dict[Id, Cel] = Field(default_factory=dict, description="Data item -> expression.")
