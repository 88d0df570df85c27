"""How often acts were taken, counted only as far as comparisons tell it apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil

from engine.proof.logic.formula import Compare

_COUNT = re.compile(r"count\('([^']*)'(?:, '([^']*)')?\)")
Terms = tuple[tuple[int, str, str], ...]
"""How many times what is counted: factor, act, and the state since whose entry it is counted (else nothing)."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A sum of counts, known exactly between two values and beyond them only as "that much or more" or "or less"."""

    terms: Terms
    low: int
    high: int

    @property
    def never_below(self) -> bool:
        """Whether the low value is exact, because nothing is subtracted."""
        return all(factor > 0 for factor, _, _ in self.terms)

    def after(self, value: int, act: str) -> tuple[int, ...]:
        """Give what the measure may be after an act was taken."""
        change = sum(factor for factor, counted, _ in self.terms if counted == act)
        return self._moved(value, change) if change else (value,)

    def entered(self, value: int, state: str) -> tuple[int, ...]:
        """Give what the measure may be after a state was entered: counts since then begin at 0."""
        anew = [since == state for _, _, since in self.terms]
        if not any(anew):
            return (value,)
        return (self.clipped(0),) if all(anew) else tuple(range(self.low, self.high + 1))

    def _moved(self, value: int, change: int) -> tuple[int, ...]:
        found = {self.clipped(value + change)}
        if value == self.high and change < 0:
            found.update(range(self.clipped(value + change), self.high + 1))
        if value == self.low and change > 0 and not self.never_below:
            found.update(range(self.low, self.clipped(value + change) + 1))
        return tuple(sorted(found))

    def clipped(self, value: int) -> int:
        """Bring a value between the two."""
        return max(self.low, min(self.high, value))

    def says(self, compare: Compare, value: int) -> bool | None:
        """Say whether a comparison of this very sum holds; None where the value is not exact enough."""
        bound, is_exact = -compare.sum.constant, self.low < value < self.high or (value == self.low and self.never_below)
        if compare.sign == "=":
            return bound == value if is_exact else False if self.low < bound < self.high else None
        at_most = value <= bound if compare.sign == "<=" else value < bound
        if is_exact or (value == self.high and not at_most) or (value == self.low and at_most):
            return at_most
        return None

    def widened(self, compare: Compare) -> Measure:
        """Count as far as one more comparison needs."""
        bound = ceil(-compare.sum.constant)
        return Measure(self.terms, min(self.low, bound - 2) if not self.never_below else 0, max(self.high, bound + 2, 1))


def measure_of(compare: Compare) -> Measure | None:
    """Give the measure that a comparison asks for; None where it compares anything but counts."""
    terms = []
    for factor, variable in compare.sum.terms:
        match = _COUNT.fullmatch(variable.name)
        if match is None or factor.denominator != 1:
            return None
        terms.append((int(factor), match[1], match[2] or ""))
    return Measure(tuple(terms), 0, 0).widened(compare)
