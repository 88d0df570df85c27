"""What the core answers: a value that says what happened and what is to be recorded, or the reasons why nothing does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.clock import Instant
from engine.core.case import EMPTY, Case, Delta
from engine.core.message import Message
from engine.errors import Refusal


class Step(NamedTuple):
    """One microstep, as the trail keeps it."""

    trigger: str  # act:approve, always:, done:follow_up, …
    taken: tuple[str, ...]  # branch ids
    exited: tuple[str, ...]
    entered: tuple[str, ...]


class DeadlineChange(NamedTuple):
    """What happened to one deadline. ``ledger`` is its state afterwards, also when it has ended."""

    op: str  # armed | waiting | paused | resumed | extended | recomputed | fired | noted | met | late | cancelled | stopped
    name: str
    n: int
    ledger: Mapping[str, Any]
    next_at: Instant | None = None  # the next rung's instant, while there is one to fire
    next_rung: str | None = None


class TaskChange(NamedTuple):
    """A task opens or closes."""

    op: str  # opened | closed
    n: int
    task: Mapping[str, Any]


class FiredRung(NamedTuple):
    """The proof that a rung fired: its row is unique."""

    deadline_n: int
    rung: str
    due: Instant


class NumberWanted(NamedTuple):
    """The act gives the case its number; whoever records the decision draws the next one of the series."""

    series: str
    period: str
    format: str
    year: int


class Decision(NamedTuple):
    """A command taken. ``case`` is the case afterwards, but for ``head`` and ``number``, which recording adds; see ``numbered``."""

    case: Case
    kind: str  # open | act | rung | message | comment | correction | migration | calendar
    action: str
    actor_id: str
    role: str
    unit: str | None
    acting_for: str | None
    occurred_at: Instant
    recorded_at: Instant
    reason: str | None
    before: tuple[str, ...]
    steps: tuple[Step, ...]
    guards: Mapping[str, bool]
    delta: Delta
    deadlines: tuple[DeadlineChange, ...] = ()
    tasks: tuple[TaskChange, ...] = ()
    notify: tuple[Mapping[str, Any], ...] = ()
    published: tuple[Mapping[str, Any], ...] = ()
    rung: FiredRung | None = None
    number: NumberWanted | None = None
    messages: tuple[Message, ...] = ()
    read: Mapping[str, Mapping[str, Any]] = EMPTY  # what refs pointed to when this was decided
    notes: Mapping[str, Any] = EMPTY  # facts of one kind of event: a refused clock act, a dropped event

    def numbered(self, number: str) -> Decision:
        """Give the decision with the number that was drawn for it: the case has it, and related cases are told it."""
        messages = tuple(
            sent._replace(body={**sent.body, "facts": {**sent.body["facts"], "number": number}}) if sent.kind == "tell" else sent
            for sent in self.messages
        )
        return self._replace(case=self.case._replace(number=number), messages=messages)


class Refused(NamedTuple):
    """A command not taken: all reasons at once. Nothing has changed."""

    refusals: tuple[Refusal, ...]


Outcome = Decision | Refused
