"""Numbers, times and texts of an expression, and what comes of comparing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from math import ceil, floor
from zoneinfo import ZoneInfo

from engine.proof.logic.formula import Compare, Formula, Meaning, Present, Same, Sort, Sum, Variable, every, no

DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Number:
    """A number, a date (in days) or a time (in seconds), with what must be filled for it to have a value."""

    sum: Sum
    present: Formula
    unit: str = ""  # "", day or second


@dataclass(frozen=True, slots=True)
class Words:
    """A text, with what must be filled for it to have a value."""

    value: Variable | str
    present: Formula


def takings(*names: str) -> Variable:
    """Give the variable that counts takings of an act (`state.act`), all of them or those since a state was entered."""
    return Variable(f"count({', '.join(map(repr, names))})", Sort.WHOLE, low=Fraction(0))


def fixed_offset(zone: ZoneInfo) -> int | None:
    """Give how many seconds a zone is ahead of UTC; None for one whose clocks are changed."""
    found = {datetime(year, month, 1, tzinfo=zone).utcoffset() for year in (2000, 2020, 2040) for month in (1, 4, 7, 10)}
    only = found.pop() if len(found) == 1 else None
    return int(only.total_seconds()) if only is not None else None


def in_seconds(number: Number, offset: int | None) -> Number:
    """Give a date as the time at which it begins, in a zone that is so far ahead of UTC."""
    if number.unit != "day":
        return number
    return Number(number.sum.scaled(Fraction(DAY), Fraction(-(offset or 0))), number.present, "second")


def compared(sign: str, left: Number, right: Number) -> Meaning:
    """Compare two numbers by ``=``, ``<`` or ``<=``."""
    difference, there = left.sum.plus(right.sum, -1), every(left.present, right.present)
    if not difference.terms:
        value = difference.constant
        answer = value == 0 if sign == "=" else value < 0 or (sign == "<=" and value == 0)
        return Meaning(every(there, answer), every(there, not answer))
    compare = _in_one_form(sign, difference)
    return Meaning(every(there, compare), every(there, no(compare)))


def _in_one_form(sign: str, difference: Sum) -> Formula:
    """Compare a sum with 0 so that the same comparison, or its contrary, is always written alike."""
    terms = tuple(sorted(difference.terms, key=lambda term: term[1].name))
    first = terms[0][0]
    total = Sum(terms, difference.constant).scaled(1 / abs(first) if first > 0 else -1 / abs(first))
    if sign == "=":
        return Compare("=", total)
    strict = sign == "<" if first > 0 else sign == "<="
    if all(variable.sort is Sort.WHOLE and factor.denominator == 1 for factor, variable in total.terms):
        # Between whole numbers, `< 3` is `<= 2`; and `<= 2.5` is `<= 2` as well.
        bound = -total.constant
        compare = Compare("<=", Sum(total.terms, Fraction(-(ceil(bound) - 1 if strict else floor(bound)))))
    else:
        compare = Compare("<" if strict else "<=", total)
    return compare if first > 0 else no(compare)


def same(left: Words, right: Words) -> Meaning:
    """Compare two texts for equality."""
    there = every(left.present, right.present)
    if isinstance(left.value, str):
        left, right = right, left
    if isinstance(left.value, str):
        answer: Formula = left.value == right.value
    elif left.value == right.value:
        answer = True
    elif isinstance(right.value, Variable) and right.value.name < left.value.name:
        answer = Same(right.value, left.value)
    else:
        answer = Same(left.value, right.value)
    return Meaning(every(there, answer), every(there, no(answer)))


def constant(value: Fraction, unit: str = "") -> Number:
    """Give a number that is known."""
    return Number(Sum((), value), True, unit)


def arithmetic(sign: str, left: Number, right: Number) -> Number | None:
    """Add, subtract or multiply ints; a product of two that are not known is not linear."""
    there = every(left.present, right.present)
    if sign != "_*_":
        return Number(left.sum.plus(right.sum, 1 if sign == "_+_" else -1), there)
    factor, of = (right, left) if not right.sum.terms else (left, right)
    return Number(of.sum.scaled(factor.sum.constant), there) if not factor.sum.terms else None


def just(variable: Variable) -> Sum:
    """Give the sum of one variable alone."""
    return Sum(((Fraction(1), variable),), Fraction(0))


def presence_of(variable: Variable) -> Formula:
    """Say when a variable has a value."""
    return Present(variable) if variable.may_be_empty else True


def days(text: str) -> int:
    """Count the days of an ISO date from 1970."""
    return date.fromisoformat(text).toordinal() - _EPOCH


def day_of(year: int, month: int, day: int) -> Number | None:
    """Give a date; None where there is no such day."""
    try:
        return constant(Fraction(date(year, month, day).toordinal() - _EPOCH), "day")
    except ValueError:
        return None


def moment_of(text: str) -> Number | None:
    """Give a time from its RFC 3339 text; None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return constant(Fraction(int(moment.astimezone(UTC).timestamp())), "second") if moment.tzinfo else None
