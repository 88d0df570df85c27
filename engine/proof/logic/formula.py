"""Formulas over what an expression reads: a small language of our own, between CEL and the solver.

Numbers, dates (days) and times (seconds) are compared as linear sums; texts and choices for equality; all else stands as one opaque
variable that the solver cannot look into, the same variable wherever the same text stands.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Sort(StrEnum):
    """What a variable ranges over."""

    BOOL = "bool"
    WHOLE = "whole"  # ints, days of dates, seconds of times
    REAL = "real"
    TEXT = "text"


Value = bool | int | Fraction | str
Assignment = Mapping[str, Value | None]
"""By name of a variable; None: the item is empty."""


@dataclass(frozen=True, slots=True)
class Variable:
    """Something an expression reads. ``name`` is what a designer calls it: ``data.amount``, ``count('x')``, or an expression's text.

    ``low``, ``high``: bounds, both included. ``options``: all that a text may be. ``opaque``: it stands for an expression, and which
    values that can have is not known; ``reads`` then names all it reads. ``unit``: `day` or `second` for what is a date or a time.
    """

    name: str
    sort: Sort
    may_be_empty: bool = False
    low: Fraction | None = None
    high: Fraction | None = None
    options: tuple[str, ...] | None = None
    opaque: bool = False
    reads: frozenset[str] = frozenset()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """A linear sum: each variable so many times, and a constant."""

    terms: tuple[tuple[Fraction, Variable], ...]
    constant: Fraction

    def plus(self, other: Sum, times: int = 1) -> Sum:
        """Add another sum so many times."""
        counts = {variable: factor for factor, variable in self.terms}
        for factor, variable in other.terms:
            counts[variable] = counts.get(variable, Fraction(0)) + factor * times
        terms = tuple((factor, variable) for variable, factor in counts.items() if factor)
        return Sum(terms, self.constant + other.constant * times)

    def scaled(self, factor: Fraction, shift: Fraction = Fraction(0)) -> Sum:
        """Multiply by a constant, then add another."""
        terms = tuple((factor * each, variable) for each, variable in self.terms) if factor else ()
        return Sum(terms, self.constant * factor + shift)


# --- formulas -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Present:
    """The item is not empty."""

    variable: Variable


@dataclass(frozen=True, slots=True)
class Truth:
    """The variable, a bool, is true."""

    variable: Variable


@dataclass(frozen=True, slots=True)
class Compare:
    """A sum compared with 0: ``=``, ``<`` or ``<=``."""

    sign: str
    sum: Sum


@dataclass(frozen=True, slots=True)
class Same:
    """Two texts are equal; one of them may be a constant."""

    left: Variable
    right: Variable | str


@dataclass(frozen=True, slots=True)
class Not:
    """The formula does not hold."""

    part: Formula


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple[Formula, ...]


Formula = bool | Present | Truth | Compare | Same | Not | Every | Some
Atom = Present | Truth | Compare | Same


@dataclass(frozen=True, slots=True)
class Meaning:
    """Where a condition is true and where it is false. Where neither holds, it cannot be evaluated: it reads what is empty."""

    true: Formula
    false: Formula

    def negated(self) -> Meaning:
        """Swap the two."""
        return Meaning(self.false, self.true)


ALWAYS = Meaning(true=True, false=False)
"""What a branch or transition without a guard says."""


def no(part: Formula) -> Formula:
    """Negate a formula."""
    if isinstance(part, bool):
        return not part
    return part.part if isinstance(part, Not) else Not(part)


def every(*parts: Formula) -> Formula:
    """Join formulas by "and"; constants and repetitions are folded away."""
    return _joined(parts, Every, neutral=True)


def some(*parts: Formula) -> Formula:
    """Join formulas by "or"; constants and repetitions are folded away."""
    return _joined(parts, Some, neutral=False)


def _joined(parts: tuple[Formula, ...], kind: type[Every | Some], *, neutral: bool) -> Formula:
    found: dict[Formula, None] = {}
    for part in parts:
        if isinstance(part, bool):
            if part is not neutral:
                return part
            continue
        found.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    if any(no(part) in found for part in found):
        return not neutral
    if not found:
        return neutral
    return next(iter(found)) if len(found) == 1 else kind(tuple(found))


# --- looking at formulas --------------------------------------------------------------------------------------------


def atoms(formula: Formula) -> Iterator[Atom]:
    """Give the atoms of a formula, with repetitions, in its order."""
    match formula:
        case Every(parts) | Some(parts):
            for part in parts:
                yield from atoms(part)
        case Not(part):
            yield from atoms(part)
        case bool():
            return
        case _:
            yield formula


def variables_of(atom: Atom) -> tuple[Variable, ...]:
    """Give the variables of an atom."""
    match atom:
        case Present(variable) | Truth(variable):
            return (variable,)
        case Compare():
            return tuple(variable for _, variable in atom.sum.terms)
        case Same(left, right):
            return (left,) if isinstance(right, str) else (left, right)


def variables(formula: Formula) -> dict[str, Variable]:
    """Give the variables of a formula by name, in its order."""
    return {variable.name: variable for atom in atoms(formula) for variable in variables_of(atom)}


def surely_present(formula: Formula) -> frozenset[str]:
    """Name the variables that are surely not empty wherever a formula holds."""
    match formula:
        case bool() | Not():
            return frozenset()
        case Every(parts):
            return frozenset().union(*map(surely_present, parts))
        case Some(parts):
            return frozenset.intersection(*map(surely_present, parts))
        case _:
            return frozenset(variable.name for variable in variables_of(formula))


def reduced(formula: Formula, known: Mapping[Atom, Formula]) -> Formula:
    """Put what is known of atoms into a formula."""
    match formula:
        case bool():
            return formula
        case Not(part):
            return no(reduced(part, known))
        case Every(parts):
            return every(*(reduced(part, known) for part in parts))
        case Some(parts):
            return some(*(reduced(part, known) for part in parts))
        case _:
            return known.get(formula, formula)


_SIGNS: Mapping[str, Callable[[Fraction, int], bool]] = {"=": operator.eq, "<": operator.lt, "<=": operator.le}


def holds(formula: Formula, given: Assignment) -> bool | None:
    """Evaluate a formula; None where that hangs on a variable to which nothing is assigned.

    An atom over an empty item is false: the meaning of an expression asks for presence beside it.
    """
    match formula:
        case bool():
            return formula
        case Not(part):
            found = holds(part, given)
            return None if found is None else not found
        case Every(parts) | Some(parts):
            ending, unknown = isinstance(formula, Some), False
            for part in parts:
                found = holds(part, given)
                if found is ending:
                    return ending
                unknown = unknown or found is None
            return None if unknown else not ending
        case _:
            return _atom_holds(formula, given)


def _atom_holds(atom: Atom, given: Assignment) -> bool | None:
    used = variables_of(atom)
    if any(variable.name not in given for variable in used):
        return None
    if isinstance(atom, Present):
        return given[atom.variable.name] is not None
    if any(given[variable.name] is None for variable in used):
        return False
    match atom:
        case Truth(variable):
            return given[variable.name] is True
        case Same(left, right):
            return given[left.name] == (right if isinstance(right, str) else given[right.name])
        case Compare(sign, total):
            value = total.constant
            for factor, variable in total.terms:
                value += factor * Fraction(given[variable.name])  # type: ignore[arg-type] # it is a number, by its sort
            return _SIGNS[sign](value, 0)
