"""The shapes of a file of assumptions. Names are checked once the workflow is known."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict

from engine.definition.model.shapes import BY_FORM, OTHER, TEXT, Dotted, Hour, Id, Many, Shape, Word, expected
from engine.definition.terms import parse_term
from engine.proof.simulation_model import Basis, Weekday

MOST = 1_000_000.0


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not 0 <= value <= MOST:
        raise expected(f"a number from 0 to {MOST:,.0f}")
    return float(value)


def _term(value: Any) -> Any:
    try:
        parse_term(str(value))
    except ValueError as error:
        raise expected(str(error).removeprefix("expected ").split(", got ")[0]) from None
    return str(value)


Number = Annotated[float, Strict(strict=False), BeforeValidator(_number)]
Term = Annotated[str, BeforeValidator(_term)]
Day = Annotated[str, Word(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day like '2026-01-01'")]
Few = Annotated[int, Field(ge=1, le=10_000)]


class SpreadShape(Shape):
    """`takes: {median, p90}` or `takes: {between: [low, high]}`, in working days."""

    median: Number | None = None
    p90: Number | None = None
    between: Many[Number] | None = None

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check that it is one of the two, and in order."""
        if self.between is not None:
            if self.median is not None or self.p90 is not None:
                yield "between", "expected either `between` or `median` with `p90`"
            elif len(self.between) != 2 or self.between[0] > self.between[1]:
                yield "between", "expected two numbers, the smaller one first"
        elif self.median is None or self.p90 is None:
            yield "", "expected `median` with `p90`, or `between`"
        elif not 0 < self.median <= self.p90:
            yield "p90", "expected `median` above 0 and `p90` no smaller"


Takes = Annotated[Annotated[Number, TEXT] | Annotated[SpreadShape, OTHER], BY_FORM]


class StateShape(Shape):
    """What is assumed of one state."""

    takes: Takes | None = None
    ways: dict[Dotted, Number] | None = None
    branches: dict[Dotted, dict[Dotted, Number]] = Field(default_factory=dict)
    meanwhile: dict[Dotted, Number] | None = None
    basis: Basis = "default"


class AssumptionsShape(Shape):
    """A file of assumptions."""

    simulation: Id
    from_: Day | None = Field(None, alias="from")
    for_: Term | None = Field(None, alias="for")
    hours: Many[Hour] | None = None
    arrivals: Annotated[Annotated[Number, TEXT] | Annotated[dict[Weekday, Number], OTHER], BY_FORM] | None = None
    openers: dict[Id, Number] | None = None
    basis: Basis = "default"
    people: dict[Id, Few] = Field(default_factory=dict)
    capacity: dict[Id, Few] = Field(default_factory=dict)
    registries: dict[Id, Many[dict[str, Any]]] = Field(default_factory=dict)
    data: dict[Dotted, Any] = Field(default_factory=dict)
    states: dict[Dotted, StateShape] = Field(default_factory=dict)

    def mistakes(self) -> Iterable[tuple[str, str]]:
        """Check the hours."""
        if self.hours is not None and (len(self.hours) != 2 or self.hours[0] >= self.hours[1]):
            yield "hours", "expected two times of day, the earlier one first"
