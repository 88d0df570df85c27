"""The cases of a simulation: what each went through, stay by stay, and what a role has in hand."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from random import Random

from engine.clock import Instant
from engine.core.case import Case
from engine.core.compiled import Process
from engine.proof.scenario_model import Who
from engine.proof.simulation_model import Assumptions
from engine.proof.simulation_tally import Tally
from engine.proof.simulation_time import OfficeTime


@dataclass(slots=True, eq=False)
class Stay:
    """One stay of one case in a state without states. ``cause``: the stay in which somebody acted so that this one began.

    ``began``: when somebody had a hand free for it. ``deadline``: the innermost one that ran when it began. ``awaits``: the act that was
    asked for to leave it. ``stuck``: what stood in the way of every way out when somebody last looked, ``looked`` times in a row.
    """

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
    """What came of a simulation, case by case. ``refused``: why cases could not be opened, with how often."""

    process: Process
    assumptions: Assumptions
    seed: int
    time: OfficeTime
    begin: Instant
    end: Instant
    lives: tuple[Life, ...]
    tally: Tally
    refused: Counter[str]
