"""The headline figures of the sources beside what the trail of a demonstration year gives: asked of the service, none typed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from engine.definition.indicators import SHARE
from engine.errors import YishiError
from engine.runtime.demonstration import Strict, Texts, checked, documents_of
from engine.runtime.figures import Asked, Figures
from engine.runtime.people import Principal

RULE = "figures"
READER = "auditor"
ABOUT = Fraction(1, 10)
"""How far a value may lie from one that a source gives as about so much."""


class There(Strict):
    """What a source states: just so much, at least or about so much, a rate in per cent, or that there is a figure, without its value."""

    exact: int | None = None
    at_least: int | None = None
    about: int | None = None
    percent: str | None = None
    percent_at_least: str | None = None
    none: Literal[True] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"expected exactly one of {', '.join(type(self).model_fields)}, got {len(self.model_fields_set)}")
        return self


class HeadlineShape(Strict):
    """One row: the figure, where a source states it, and which indicator of which place it is here.

    ``by``: the cell, ``of``: the denominator by its name, ``part``: the share of the cell in all cells, ``what``: one of the two counts of
    a share, ``at``: the percentile.
    """

    id: str
    title: Texts
    source: str
    there: There
    place: str
    indicator: str
    workflow: str | None = None
    by: list[str] = Field(default_factory=list)
    of: str | None = None
    period: str | None = None
    at: str | None = None
    part: bool = False
    what: Literal["value", "numerator", "denominator"] = "value"
    since: date | None = Field(default=None, alias="from")
    until: date | None = Field(default=None, alias="to")
    how: Texts


class HeadlinesShape(Strict):
    """The file of figures."""

    figures: list[HeadlineShape] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Headline:
    """One row with what the service says. ``agrees``: None where the source gives no value. ``missing``: why there is none here.

    A share and a mean have both their counts; a share is a ``rate``, which is told in per cent.
    """

    shape: HeadlineShape
    here: Fraction | None = None
    numerator: int | Decimal | None = None
    denominator: int | None = None
    rate: bool = False
    missing: str = ""

    @property
    def agrees(self) -> bool | None:
        """Say whether the figure is what the source states; a rate after rounding to the digits it states."""
        there, here = self.shape.there, self.here
        if there.none:
            return None if here is not None else False
        if here is None:
            return False
        if there.exact is not None:
            return here == there.exact
        if there.at_least is not None:
            return here >= there.at_least
        if there.about is not None:
            return abs(here - there.about) <= there.about * ABOUT
        stated = Decimal(there.percent or there.percent_at_least or "0")
        if there.percent_at_least is not None:
            return here * 100 >= Fraction(stated)
        digits = -int(stated.as_tuple().exponent)
        return round(here * 100, digits) == Fraction(stated)


def read_headlines(path: Path) -> list[HeadlineShape]:
    """Read the file of figures. Raises DefinitionRefused with every mistake at its place."""
    return checked(documents_of(path, RULE)[0], HeadlinesShape, RULE).figures


def headlines(figures: Figures, shapes: Iterable[HeadlineShape]) -> list[Headline]:
    """Ask the service for each figure, as `GET /v1/indicators/{key}` answers an auditor of the place."""
    return [_asked(figures, shape) for shape in shapes]


def _asked(figures: Figures, shape: HeadlineShape) -> Headline:
    auditor = Principal(READER, shape.place, frozenset({READER}))
    try:
        answer = figures.figures(auditor, shape.indicator, Asked(shape.since, shape.until), "en", workflow=shape.workflow)
    except YishiError as fault:
        return Headline(shape, missing=str(fault))
    if len(answer["indicators"]) != 1:
        return Headline(shape, missing=f"several have {shape.indicator!r}: say which `workflow`")
    view = answer["indicators"][0]
    cells = [each for each in view["figures"] if _is_meant(each, shape)]
    together = [each for each in view["whole"] if each["of"] == shape.of and each["at"] == shape.at]
    if not shape.by and shape.period is None and together:
        cells = together
    if len(cells) > 1 and all(each["numerator"] is None for each in cells):  # counts and sums of several periods
        cells = [{**cells[0], "value": sum(Fraction(str(each["value"])) for each in cells)}]
    if len(cells) != 1:
        return Headline(shape, missing=f"expected one figure for {shape.by or 'all'}, found {len(cells)}")
    cell = cells[0]
    if shape.part:
        whole = sum(each["value"] for each in view["figures"] if each["period"] == cell["period"])
        return Headline(shape, Fraction(cell["value"], whole) if whole else None, cell["value"], whole, rate=True)
    if cell[shape.what] is None:
        return Headline(shape, missing="there is nothing to count yet")
    top, bottom = cell["numerator"], cell["denominator"]
    exact = Fraction(top) / bottom if shape.what == "value" and top is not None and bottom else Fraction(str(cell[shape.what]))
    return Headline(shape, exact, top, bottom, rate=view["measure"] == SHARE and shape.what == "value")


def _is_meant(cell: Mapping[str, Any], shape: HeadlineShape) -> bool:
    named = [str(each["value"]).lower() if isinstance(each["value"], bool) else str(each["value"]) for each in cell["by"]]
    same_period = shape.period is None or cell["period"] == shape.period
    return named == shape.by and cell["of"] == shape.of and same_period and cell["at"] == shape.at
