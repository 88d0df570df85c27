"""The shapes of `*.test.yaml`: which keys may stand where. Names are checked once the workflow is known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from engine.definition.model.shapes import BY_FORM, OTHER, TEXT, Dotted, Id, Many, OneOrMany, Shape, Word

LocalTime = Annotated[
    str,
    Word(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9]", "a local time like '2026-02-10 09:00', in the calendar's zone"),
]


class PersonShape(Shape):
    """`by: {role, person, unit}`."""

    role: Id
    person: str | None = None
    unit: str | None = None


By = Annotated[Annotated[Id, TEXT] | Annotated[PersonShape, OTHER], BY_FORM]


class ActShape(Shape):
    """`{ACT: {by, data, reason, document, refused}}`."""

    by: By
    data: dict[str, Any] = Field(default_factory=dict)
    reason: str | None = None
    document: bool | None = None
    refused: OneOrMany[Id] | None = None


class UntilShape(Shape):
    """`{wait: {until: …}}`."""

    until: LocalTime


class RepeatShape(Shape):
    """`{repeat: {times, steps}}`."""

    times: int = Field(ge=1, le=1000)
    steps: Many[Any]


class CommentShape(Shape):
    """`{comment: {by, text}}`."""

    text: str
    by: By | None = None


class ElsewhereShape(Shape):
    """`{elsewhere: {children, key, steps}}`: what another case does."""

    children: Id | None = None
    key: str | None = None
    links: Id | None = None
    nth: int = Field(1, ge=1, le=1000)
    case: Id | None = None
    parent: Id | None = None
    steps: Many[Any] = Field(min_length=1)

    @property
    def kinds(self) -> list[str]:
        """The keys that say which case it is; it must be one."""
        return [key for key in ("children", "links", "case", "parent") if getattr(self, key) is not None]

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that it is one case."""
        if len(self.kinds) != 1:
            yield "", "expected one of children, links, case and parent"
        if (self.children is None) != (self.key is None):
            yield "key", "`children` and `key` go together: the group, and which of it"


class PersonOfShape(Shape):
    """One entry of `people`: `{person, unit}`."""

    person: str
    unit: str | None = None


class OtherCaseShape(Shape):
    """One of `cases`: another case that is there when the scenario begins."""

    workflow: Id
    version: int | None = None
    in_: OneOrMany[Dotted] | None = Field(None, alias="in")
    by: Many[Any] | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    preset: Id | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class TaskShape(Shape):
    """One entry of `tasks` with its kind: `{escalation: chairperson}`."""

    owner: Id | None = None
    escalation: Id | None = None
    asked: Id | None = None
    party: Id | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that there is one kind."""
        if len(self.model_fields_set) != 1:
            yield "", f"expected one of {', '.join(type(self).model_fields)}"


Task = Annotated[Annotated[Id, TEXT] | Annotated[TaskShape, OTHER], BY_FORM]


class ChildShape(Shape):
    """One of `children` with what it has told: `{in: responding, data: {response: …}}`."""

    in_: Dotted | None = Field(None, alias="in")
    data: dict[str, Any] | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that something is asked."""
        if not self.model_fields_set:
            yield "", "expected `in`, `data` or both"


Child = Annotated[Annotated[Dotted, TEXT] | Annotated[ChildShape, OTHER], BY_FORM]
Notice = Annotated[Annotated[Id, TEXT] | Annotated[dict[Id, str], OTHER], BY_FORM]


class ThenShape(Shape):
    """`then`: what must hold."""

    in_: OneOrMany[Dotted] | None = Field(None, alias="in")
    refused: OneOrMany[Id] | None = None
    rungs: OneOrMany[str] | None = None
    due: dict[str, str] | None = None
    data: dict[str, Any] | None = None
    outcome: str | None = None
    notified: OneOrMany[Notice] | None = None
    published: dict[Id, OneOrMany[str]] | None = None
    number: str | None = None
    tasks: Many[Task] | None = None
    allowed: dict[Id, OneOrMany[Dotted]] | None = None
    children: dict[Id, dict[str, Child]] | None = None
    links: dict[Id, int] | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that something is asked."""
        if not self.model_fields_set:
            yield "", "expected at least one thing that must hold"


class GivenShape(Shape):
    """`given`: where the case begins."""

    workflow: Id
    version: int | None = None
    in_: OneOrMany[Dotted] | None = Field(None, alias="in")
    by: Many[Any] | None = None
    at: LocalTime
    data: dict[str, Any] = Field(default_factory=dict)
    preset: Id | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    people: dict[Id, Many[str | PersonOfShape]] = Field(default_factory=dict)
    registries: dict[Id, Many[dict[str, Any]]] = Field(default_factory=dict)
    cases: dict[Id, OtherCaseShape] = Field(default_factory=dict)


class ScenarioShape(Shape):
    """One scenario. Its steps are looked at one by one: each is a map with one key."""

    name: str
    given: GivenShape
    when: Many[Any] = ()
    then: ThenShape | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that it says something."""
        if not self.when and self.then is None:
            yield "", "expected `when`, `then` or both: a scenario without them shows nothing"
