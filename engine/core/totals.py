"""Figures from facts: counted, added up, ranked; every cell of a closed list shown, every share with what it is a share of.

Pure and exact: integers, decimals and fractions, rounded once, at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import ceil
from typing import Any, NamedTuple

import orjson

from engine.definition import indicators as words
from engine.definition.canonical import rounded
from engine.definition.indicators import ALL, YES_NO, Indicator, Part

SHARE_PLACES = 4
MOST_CELLS = 10_000
"""So many cells are shown, empty ones among them; beyond that only those with something in them."""

Values = tuple[Any, ...]
"""One value for each thing an indicator is parted by; None where it is not known."""


class Group(NamedTuple):
    """Facts that say the same, counted together: all of `engine.core.figures.Fact` but when they happened."""

    period: str
    cell: str
    marks: str
    value: str | None
    name: str
    times: int


class Place(NamedTuple):
    """One place of a ranking; equal values share it."""

    place: int
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: of a period and a cell, of a share also for one denominator, of percentiles for one of them.

    ``numerator`` and ``denominator`` of a share are counts; of a mean the sum and how many went into it; of a percentile the denominator
    alone. ``value`` is None where there is nothing to divide by. ``left_out``: rows in which what is measured is not known.
    """

    period: str
    by: Values
    value: int | str | None
    of: str = ALL
    at: str | None = None
    numerator: int | str | None = None
    denominator: int | None = None
    left_out: int = 0
    places: tuple[Place, ...] = ()


def figures(indicator: Indicator, groups: Iterable[Group], periods: Sequence[str]) -> list[Figure]:
    """Give the figures of each period and cell, in the order of periods, options and values."""
    heaps: dict[tuple[str, Values], list[Group]] = {}
    for group in groups:
        heaps.setdefault((group.period, tuple(orjson.loads(group.cell))), []).append(group)
    cells = list(_cells(indicator.by, {by for _, by in heaps}))
    return [
        figure
        for period in dict.fromkeys([*periods, *sorted({period for period, _ in heaps} - set(periods))])
        for by in cells
        for figure in measured(indicator, period, by, heaps.get((period, by), []))
    ]


def whole(indicator: Indicator, groups: Iterable[Group]) -> list[Figure]:
    """Give the figures of everything together."""
    return list(measured(indicator, "", (), list(groups)))


def measured(indicator: Indicator, period: str, by: Values, groups: Sequence[Group]) -> Iterator[Figure]:
    """Measure the facts of one cell."""
    known: Counter[str] = Counter()
    for group in groups:
        if group.value is not None:
            known[group.value] += group.times
    count = known.total()
    left_out = sum(group.times for group in groups) - count
    match indicator.measure:
        case words.COUNT:
            yield Figure(period, by, count)
        case words.SHARE:
            yield from _shares(indicator, period, by, groups)
        case words.SUM:
            yield Figure(period, by, number(total(known)), left_out=left_out)
        case words.MEAN:
            mean = rounded(_decimal(Fraction(total(known)) / count), None) if count else None
            yield Figure(period, by, mean, numerator=number(total(known)), denominator=count, left_out=left_out)
        case words.DISTINCT:
            yield Figure(period, by, len(known), left_out=left_out)
        case words.PERCENTILE:
            for at in indicator.at:
                yield Figure(period, by, percentile(known, at), at=str(at), denominator=count, left_out=left_out)
        case _:
            yield Figure(period, by, count, left_out=left_out, places=tuple(places(groups)))


def _shares(indicator: Indicator, period: str, by: Values, groups: Sequence[Group]) -> Iterator[Figure]:
    """Give a share for each denominator: of those it counts, how many meet the condition."""
    for place, name in enumerate(indicator.of, 1):
        inside = [group for group in groups if group.marks[place] == "1"]
        denominator = sum(group.times for group in inside)
        numerator = sum(group.times for group in inside if group.marks[0] == "1")
        share = rounded(_decimal(Fraction(numerator, denominator)), SHARE_PLACES) if denominator else None
        yield Figure(period, by, share, of=name, numerator=numerator, denominator=denominator)


def total(known: Mapping[str, int]) -> Decimal:
    """Add up values, each so many times."""
    return sum((Decimal(value) * times for value, times in known.items()), Decimal(0))


def percentile(known: Mapping[str, int], at: Decimal) -> str | None:
    """Give the least value below which, or at which, at least so many per cent lie (nearest rank); None where there is no value."""
    place = ceil(at * sum(known.values()) / 100)
    for value in sorted(known, key=Decimal):
        place -= known[value]
        if place <= 0:
            return value
    return None


def places(groups: Iterable[Group]) -> Iterator[Place]:
    """Rank by value, the greatest first; equal values share a place, and the place after them is left out."""
    order = sorted((group for group in groups if group.value is not None), key=lambda group: (-Decimal(group.value or 0), group.name))
    place, last = 0, None
    for number_, group in enumerate(order, 1):
        value = Decimal(group.value or 0)
        place, last = (place, last) if value == last else (number_, value)
        yield Place(place, group.name, group.value or "")


def number(value: Decimal) -> int | str:
    """Write a sum: a whole number as one, else a decimal as it is."""
    return int(value) if value == value.to_integral_value() else format(value.normalize(), "f")


def _decimal(fraction: Fraction) -> Decimal:
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


# --- cells ----------------------------------------------------------------------------------------------------------


def _cells(by: Sequence[Part], seen: set[Values]) -> Iterator[Values]:
    """Give all cells: of closed lists every value, of all else those that were seen."""
    axes = [_axis(part, {values[place] for values in seen}) for place, part in enumerate(by)]
    size = 1
    for axis in axes:
        size *= len(axis)
    every = product(*axes)
    yield from (values for values in every if size <= MOST_CELLS or values in seen)


def _axis(part: Part, seen: set[Any]) -> list[Any]:
    closed: list[Any] = [] if part.options is None else [True, False] if part.options is YES_NO else list(part.options)
    more = sorted((value for value in seen if value not in closed), key=lambda value: (value is None, isinstance(value, str), value or 0))
    return [*closed, *more]
