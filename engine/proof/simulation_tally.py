"""What is counted while a simulation runs: acts, tasks, deadlines and rungs, decision by decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.clock import Instant
from engine.core.case import CASE_ROLE, CLOCK
from engine.core.decision import Decision


class ActTaken(NamedTuple):
    """One act of a person, or of the clock."""

    instant: Instant
    role: str
    act: str


class TaskMoved(NamedTuple):
    """A task that opened (``by`` 1) or closed (-1)."""

    instant: Instant
    role: str
    kind: str
    by: int


@dataclass(slots=True)
class Tally:
    """What was counted. ``deadlines``: by case and number, the ledger of each one that was armed, as it stands or ended."""

    acts: list[ActTaken] = field(default_factory=list)
    tasks: list[TaskMoved] = field(default_factory=list)
    deadlines: dict[tuple[int, int], Mapping[str, Any]] = field(default_factory=dict)
    rungs: Counter[tuple[str, str]] = field(default_factory=Counter)
    clock_refused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, number: int, decision: Decision, now: Instant) -> None:
        """Count a decision on the case of that number."""
        if decision.rung is not None:
            self.rungs[decision.action, decision.rung.rung] += 1
            if "refused" in decision.notes:
                self.clock_refused[decision.action, decision.rung.rung] += 1
        elif decision.role != CASE_ROLE:
            self.acts.append(ActTaken(now, decision.role or CLOCK, decision.action))
        for change in decision.tasks:
            role, kind = change.task["role"], change.task["kind"]
            self.tasks.append(TaskMoved(now, role, kind, 1 if change.op == "opened" else -1))
        for moved in decision.deadlines:
            self.deadlines[number, moved.n] = moved.ledger
