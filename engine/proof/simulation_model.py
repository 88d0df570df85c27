"""What a simulation assumes: how many cases come, who opens them, how long each state takes and how it is left.

Every number is an assumption and says where it comes from (``basis``). Lengths are working days of the calendar.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any, Literal, NamedTuple

from engine.definition.terms import Term
from engine.proof.scenario_town import Kept

OF_EACH = frozenset({"states", "data"})
"""What is assumed of each workflow by itself; all else is of the body, and told once."""

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

Basis = Literal["source", "rule", "measured", "default"]
"""Where a number comes from: the published account, a written rule, one's own cases, or nowhere but here."""

WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND = frozenset(WEEKDAYS[5:])

_Z90 = 1.2815515655446004
"""The 90th percentile of the standard normal distribution."""


class Skewed(NamedTuple):
    """A log-normal length: half take at most ``median``, nine in ten at most ``p90``. Most are short, some take very long."""

    median: float
    p90: float

    def draw(self, rng: Random) -> float:
        """Draw a length."""
        return rng.lognormvariate(math.log(self.median), math.log(self.p90 / self.median) / _Z90)

    def as_json(self) -> Mapping[str, Any]:
        """Give it as it is written."""
        return {"median": self.median, "p90": self.p90}


class Even(NamedTuple):
    """Every length from ``low`` to ``high`` is as likely as any other; the two may be the same."""

    low: float
    high: float

    def draw(self, rng: Random) -> float:
        """Draw a length."""
        return rng.uniform(self.low, self.high)

    def as_json(self) -> Mapping[str, Any]:
        """Give it as it is written."""
        return {"between": [self.low, self.high]}


Spread = Skewed | Even


@dataclass(frozen=True, slots=True)
class StateAssumption:
    """How a stay in a state goes.

    ``takes``: from when somebody begins until it is left. ``ways``: acts that end it, by their weight against the others that are open
    then. ``meanwhile``: acts taken in the course of it, by how many times on average. ``branches``: of an act with a `choice`, the states
    that it leads to by their weight, so far as what is filled in with it decides.
    """

    takes: Spread
    ways: Mapping[str, float]
    meanwhile: Mapping[str, float]
    basis: Basis = "default"
    branches: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Likely:
    """The values of a data item wherever a form asks for it: each with its weight, or evenly between two numbers. ``written``: as given."""

    written: Any
    values: tuple[tuple[Any, float], ...] = ()
    between: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Assumptions:
    """All that a simulation of one workflow assumes.

    ``arrivals``: cases on a working day of each weekday, Monday first, on average. ``capacity``: how many cases a role has in hand at a
    time; further ones wait; a role without one works on all at once. ``registries``: the rows that stand in them all the time, by the
    registry's name. ``basis`` is that of arrivals and openers.
    """

    begin: date
    term: Term
    opens: str
    closes: str
    arrivals: tuple[float, ...]
    openers: Mapping[str, float]
    people: Mapping[str, int]
    states: Mapping[str, StateAssumption]
    capacity: Mapping[str, int] = field(default_factory=dict)
    registries: Mapping[str, Kept] = field(default_factory=dict)
    data: Mapping[str, Likely] = field(default_factory=dict)
    basis: Basis = "default"

    def as_json(self, *, alone: bool = True) -> dict[str, Any]:
        """Give them as a file of assumptions has them, every default written out.

        Without ``alone`` only what is assumed of a workflow whose cases another one opens: when, who and how many are told there.
        """
        weekly = len(set(self.arrivals)) == 1
        found: dict[str, Any] = {
            "from": self.begin.isoformat(),
            "for": str(self.term),
            "hours": [self.opens, self.closes],
            "arrivals": round(self.arrivals[0] * 5, 4) if weekly else dict(zip(WEEKDAYS, self.arrivals, strict=True)),
            "openers": dict(self.openers),
            "basis": self.basis,
            "people": dict(self.people),
            "capacity": dict(self.capacity),
            "registries": {name: [dict(row) for row in rows.values()] for name, (_, rows) in self.registries.items()},
            "data": {name: each.written for name, each in self.data.items()},
        }
        found["states"] = {
            path: {
                "takes": each.takes.as_json(),
                "ways": dict(each.ways),
                **({"branches": {act: dict(weights) for act, weights in each.branches.items()}} if each.branches else {}),
                "meanwhile": dict(each.meanwhile),
                "basis": each.basis,
            }
            for path, each in self.states.items()
        }
        return {name: value for name, value in found.items() if value != {} and (alone or name in OF_EACH)}
