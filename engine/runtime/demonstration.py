"""The scripts of demonstrations: who takes part, and what they do when. A script says nothing of what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from engine.clock import Instant, from_datetime
from engine.definition.reader import read
from engine.definition.source import Document
from engine.errors import DefinitionRefused, Problem
from engine.runtime.people import Principal

Texts = dict[str, str]
Model = TypeVar("Model", bound=BaseModel)
LOCAL = "%Y-%m-%d %H:%M"
RULE = "demo"


def must_read(read_by: Callable[[str], object], expected: str) -> AfterValidator:
    """Make what accepts a text only if it can be read; ``expected`` says like what."""

    def reads(text: str) -> str:
        try:
            read_by(text)
        except (ValueError, ZoneInfoNotFoundError):
            raise ValueError(f"expected {expected}, got {text!r}") from None
        return text

    return AfterValidator(reads)


def _local(text: str) -> datetime:
    return datetime.strptime(text, LOCAL)  # noqa: DTZ007  the zone stands once, in the script


LocalTime = Annotated[str, must_read(_local, "a local time like '2026-02-10 09:00'")]
Zone = Annotated[str, must_read(ZoneInfo, "a time zone like 'Asia/Shanghai'")]


class Strict(BaseModel):
    """A part of a script: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Unit(Strict):
    """A unit of the demonstration."""

    id: str
    title: Texts
    parent: str | None = None


class Person(Strict):
    """A person of the demonstration, who does not exist."""

    id: str
    name: str
    title: Texts = Field(default_factory=dict)
    roles: list[str]
    unit: str | None = None

    def principal(self, org: str, *, late: bool = False) -> Principal:
        """Give the person as the service sees whoever comes with a key; ``late``: with the right to enter what happened earlier."""
        more = {"recorder"} if late else set()
        return Principal(self.id, org, frozenset({*self.roles, *more}), self.unit, key="demonstration")


class People(Strict):
    """Who takes part."""

    units: list[Unit] = Field(default_factory=list)
    people: list[Person]

    @property
    def by_id(self) -> Mapping[str, Person]:
        """Find people by their ids."""
        return {person.id: person for person in self.people}


class TextFile(Strict):
    """A file with a text in it."""

    name: str
    text: str


class Step(Strict):
    """What one person does at one moment: ``at`` moves the clock there first; ``days_ago`` enters now what happened then."""

    at: LocalTime | None = None
    days_ago: Annotated[int, Field(ge=1, le=1000)] | None = None
    by: str
    open: dict[str, Any] | None = None
    act: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    reason: str | None = None
    attach: str | None = None
    file: TextFile | None = None
    comment: str | None = None
    expect_refused: str | None = None
    note: Texts | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        things = [name for name in ("open", "act", "attach", "comment") if getattr(self, name) is not None]
        if len(things) != 1:
            raise ValueError(f"expected exactly one of open, act, attach and comment, got {', '.join(things) or 'none'}")
        if (self.attach is None) != (self.file is None):
            raise ValueError("`attach` and `file` go together")
        if self.days_ago is not None and (self.at is not None or self.reason is None or self.comment is not None):
            raise ValueError("`days_ago` needs a `reason`, and goes with neither `at` nor `comment`")
        return self


class Script(Strict):
    """A demonstration: one case from its opening on."""

    demo: str
    title: Texts
    workflow: str
    version: int | None = None
    zone: Zone
    steps: list[Step] = Field(min_length=1)

    def instant(self, step: Step) -> Instant | None:
        """Give the moment of a step."""
        if step.at is None:
            return None
        return from_datetime(_local(step.at).replace(tzinfo=ZoneInfo(self.zone)))


def read_scripts(path: Path) -> list[Script]:
    """Read the scripts of a file. Raises DefinitionRefused with every mistake at its place."""
    return [checked(document, Script, RULE) for document in documents_of(path, RULE)]


def read_people(path: Path) -> People:
    """Read who takes part. Raises DefinitionRefused with every mistake at its place."""
    return checked(documents_of(path, RULE)[0], People, RULE)


def documents_of(path: Path, rule: str) -> tuple[Document, ...]:
    """Read the documents of a file, at least one. Raises DefinitionRefused."""
    reading = read(path, str(path))
    if reading.problems or not reading.documents:
        raise DefinitionRefused(reading.problems or [Problem(str(path), 1, 1, rule, "the file is empty")])
    return reading.documents


def checked(document: Document, model: type[Model], rule: str) -> Model:
    """Read what a document holds. Raises DefinitionRefused with every mistake at its place."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise DefinitionRefused(
            [document.problem(rule, _in_words(each), each["loc"]) for each in error.errors(include_url=False)]
        ) from None


def _in_words(error: ErrorDetails) -> str:
    """Say what is wrong with a value; of a key that is not known, which."""
    if error["type"] == "extra_forbidden":
        return f"the key {error['loc'][-1]!r} is not permitted here"
    return error["msg"].removeprefix("Value error, ")
