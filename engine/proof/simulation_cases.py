"""The cases of a simulation: the workflows they are of, what each went through, stay by stay, and what a role has in hand."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from engine.clock import Instant
from engine.core.case import Case
from engine.core.compiled import Process
from engine.definition.process import State, Transition
from engine.proof.scenario_model import Who
from engine.proof.simulation_acting import Acting
from engine.proof.simulation_model import Assumptions
from engine.proof.simulation_tally import Tally
from engine.proof.simulation_time import OfficeTime


@dataclass(slots=True, eq=False)
class Plan:
    """One workflow: what is assumed of it, who acts in it, and what was counted. ``acts``: what people can do, by state and name."""

    process: Process
    assumptions: Assumptions
    acting: Acting
    acts: Mapping[str, Mapping[str, Transition]]
    tally: Tally = field(default_factory=Tally)

    @property
    def name(self) -> str:
        """The id of the workflow."""
        return self.process.definition.workflow


@dataclass(slots=True, eq=False)
class Stay:
    """One stay of one case in a state without states. ``cause``: the stay in which somebody acted so that this one began.

    It may be one of another case: a child whose end was waited for.

    ``began``: when somebody had a hand free for it. ``deadline``: the innermost one that ran when it began. ``awaits``: the act that was
    asked for to leave it. ``stuck``: what stood in the way of every way out when somebody last looked, ``looked`` times in a row.
    """

    plan: Plan
    leaf: str
    entered: Instant
    cause: Stay | None
    deadline: str | None = None
    began: Instant | None = None
    left: Instant | None = None
    taken: Counter[str] = field(default_factory=Counter)
    awaits: str = ""
    stuck: tuple[str, ...] = ()
    looked: int = 0


@dataclass(slots=True, eq=False)
class Life:
    """One case from its opening on. ``last``: the stay in which it was ended."""

    plan: Plan
    number: int
    rng: Random
    opener: Who
    case: Case
    stays: list[Stay] = field(default_factory=list)
    active: dict[str, Stay] = field(default_factory=dict)
    last: Stay | None = None


@dataclass(slots=True, eq=False)
class Desk:
    """What a role can have in hand at a time, and what waits for it."""

    seats: int
    held: list[Stay] = field(default_factory=list)
    waiting: deque[tuple[Life, Stay]] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of a simulation, case by case. ``plans``: the workflow that was simulated, then those whose cases its own have opened.

    ``refused``: why cases could not be opened, with how often.
    """

    plans: tuple[Plan, ...]
    seed: int
    time: OfficeTime
    begin: Instant
    end: Instant
    lives: tuple[Life, ...]
    refused: Counter[str]

    @property
    def main(self) -> Plan:
        """The workflow that was simulated."""
        return self.plans[0]

    def of(self, plan: Plan) -> list[Life]:
        """Give the cases of one workflow."""
        return [life for life in self.lives if life.plan is plan]


class Section(NamedTuple):
    """One workflow of a simulation, with its cases."""

    simulated: Simulated
    plan: Plan

    @property
    def states(self) -> Mapping[str, State]:
        """The states of the workflow, in the order of the file."""
        return self.plan.process.states

    @property
    def lives(self) -> list[Life]:
        """Its cases."""
        return self.simulated.of(self.plan)

    @property
    def time(self) -> OfficeTime:
        """The hours of the office."""
        return self.simulated.time
