"""A picture before it has places: boxes in boxes, arrows between them, and the lines of text in both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Shape(StrEnum):
    """What a box stands for."""

    STATE = "state"
    COMPOUND = "compound"
    PARALLEL = "parallel"
    REGION = "region"
    FINAL = "final"
    ANYWHERE = "anywhere"
    START = "start"
    CHOICE = "choice"
    HISTORY = "history"


class Look(StrEnum):
    """What an arrow stands for."""

    ACT = "act"  # somebody acts
    AUTO = "auto"  # by itself: always, done, signals, the clock alone
    SPENT = "spent"  # where it goes once its budget is used up
    BEGIN = "begin"  # from a start dot


class Tone(StrEnum):
    """How a line of text is written."""

    TITLE = "title"
    QUIET = "quiet"
    DEADLINE = "deadline"
    RUNG = "rung"
    ACTION = "action"
    CHILDREN = "children"
    LABEL = "label"  # the first line on an arrow
    NOTE = "note"
    ORDERED = "ordered"  # a numbered condition: the first that holds is taken
    GATE = "gate"  # with which words an act is refused
    COUNT = "count"  # how often, how long: of an overlay


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as it will stand, already broken. ``first``: it begins its paragraph, and has the sign of its tone."""

    text: str
    tone: Tone
    first: bool = True


@dataclass(frozen=True, slots=True)
class Box:
    """A box. ``id`` is unique in the chart; of a state it is its path, prefixed. ``about``: the long text, for who asks."""

    id: str
    shape: Shape
    lines: tuple[Line, ...] = ()
    children: tuple[Box, ...] = ()
    state: str | None = None
    about: str = ""

    def walk(self) -> Iterator[Box]:
        """Give this box and all in it, outer first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between two boxes. ``branch``: the branch of the definition it stands for, None for a part of one.

    ``others``: further branches it stands for, which lead to the same box.
    """

    id: str
    source: str
    target: str
    look: Look
    lines: tuple[Line, ...] = ()
    branch: str | None = None
    about: str = ""
    others: tuple[str, ...] = ()

    @property
    def branches(self) -> tuple[str, ...]:
        """The branches it stands for."""
        return (self.branch, *self.others) if self.branch is not None else ()


@dataclass(frozen=True, slots=True)
class Chart:
    """One process in one language. ``notes``: texts too long for their arrows, in the order of their numbers."""

    title: str
    version: int
    language: str
    about: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    notes: tuple[str, ...] = ()

    def walk(self) -> Iterator[Box]:
        """Give every box, outer ones first."""
        for box in self.boxes:
            yield from box.walk()


@dataclass(slots=True)
class Draft:
    """A box while the chart is put together."""

    id: str
    shape: Shape
    lines: list[Line] = field(default_factory=list)
    children: list[Draft] = field(default_factory=list)
    state: str | None = None
    about: str = ""

    def finished(self) -> Box:
        """Give the box with all that was put in."""
        box = Box(self.id, self.shape, tuple(self.lines), state=self.state, about=self.about)
        return replace(box, children=tuple(child.finished() for child in self.children))
