"""A scenario: where a case begins, what happens to it, and what must then hold. What `*.test.yaml` says, once its names are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.clock import Instant
from engine.core.compiled import Process
from engine.definition.source import Document, Path
from engine.definition.terms import Term
from engine.proof.scenario_town import Town

START = "start"
"""The act that opens a case."""

FAILED, ENDLESS = "scenario.failed", "scenario.endless"
"""The rules by which a scenario does not pass: something is not as it says, or the clock goes round for ever."""

NONE = "none"
"""How a scenario says that there is nothing: no outcome, no number, no live deadline."""


class Who(NamedTuple):
    """Who acts: a role, and where it matters which person and unit."""

    role: str
    person: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ActStep:
    """Somebody takes an action. ``who`` None: whoever may, with example values. ``refused``: the codes it must be refused with."""

    path: Path
    name: str
    who: Who | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    document: bool = False
    refused: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class WaitStep:
    """Time passes: a term, at the end of which it is the same time of day, or until an instant. Rungs fire on the way."""

    path: Path
    term: Term | None = None
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class CommentStep:
    """Somebody says something; ``who`` None: whoever opened the case."""

    path: Path
    text: str
    who: Who | None = None


@dataclass(frozen=True, slots=True)
class CheckStep:
    """What must hold at this point, by the keys of `then`, with states, acts and deadlines named in full."""

    path: Path
    expected: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Which other case: a child by its ``key``, the ``nth`` at the other end of a link, one of `given`, or the parent."""

    kind: str  # children | links | case | parent
    name: str
    key: str | None = None
    nth: int = 1


@dataclass(frozen=True, slots=True)
class ElsewhereStep:
    """Steps that another case takes."""

    path: Path
    where: Elsewhere
    process: Process
    steps: tuple[Step, ...]


Step = ActStep | WaitStep | CommentStep | CheckStep | ElsewhereStep


@dataclass(frozen=True, slots=True)
class OtherCase:
    """A case that is there when the scenario begins, under a name that stands for its id."""

    name: str
    path: Path
    process: Process
    given: Given


@dataclass(frozen=True, slots=True)
class Given:
    """Where a case begins: opened ``at``, taken by the acts ``by`` and then the shortest way to all of ``states``."""

    at: Instant
    states: tuple[str, ...] = ()
    by: tuple[Step, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    cases: tuple[OtherCase, ...] = ()
    town: Town | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, with the document it stands in, so that whatever fails can be pointed at."""

    name: str
    document: Document
    path: Path
    process: Process
    given: Given
    steps: tuple[Step, ...]

    @property
    def opens_itself(self) -> bool:
        """Say whether the first thing it does is to open the case."""
        first = next((step for step in (*self.given.by, *self.steps) if isinstance(step, ActStep)), None)
        return not self.given.states and first is not None and first.name == START
