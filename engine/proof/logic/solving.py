"""Is there a case in which a formula holds? Decided by trying representatives where each variable is compared with constants; else by z3.

Most guards compare single items with constants. Then a few values of each item stand for all: one for each constant, and one between
and beyond them. A comparison of two items, one of which stands nowhere else, can be true and false whatever the other is. Only what
compares items with each other beyond that, or has too many combinations, is asked of z3, which is loaded then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise, product
from math import ceil, floor, prod
from typing import Any

from engine.proof.logic.formula import (
    Assignment,
    Atom,
    Compare,
    Every,
    Formula,
    Not,
    Present,
    Same,
    Some,
    Sort,
    Truth,
    Value,
    Variable,
    atoms,
    every,
    holds,
    reduced,
    variables,
    variables_of,
)
from engine.proof.logic.terms import DAY

MOST_COMBINATIONS = 2_000
"""Combinations of representatives that are tried before z3 is asked."""

SOLVER_MILLISECONDS = 2_000
"""How long z3 may think about one question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a formula can hold: True with an example, False, or None where that cannot be decided."""

    possible: bool | None
    example: Assignment = field(default_factory=dict)


IMPOSSIBLE, UNDECIDED = Answer(possible=False), Answer(possible=None)


@lru_cache(maxsize=20_000)
def possible(formula: Formula) -> Answer:
    """Say whether there is a case in which a formula holds. An example that hangs on what is opaque decides nothing."""
    if isinstance(formula, bool):
        return Answer(possible=formula)
    used = variables(formula)
    tried = _combinations(formula, used)
    if tried is None:
        return _asked_of_z3(formula, used)
    opaque = any(variable.opaque for variable in used.values())
    answer = IMPOSSIBLE
    for example in tried:
        if holds(formula, example):
            answer = _certain(formula, example, used) if opaque else Answer(possible=True, example=example)
            if answer.possible:
                return answer
    return answer


@lru_cache(maxsize=20_000)
def can_be_made(formula: Formula, chosen: frozenset[str], given: Formula) -> bool:
    """Say whether, whatever else is the case, values can be chosen with which a formula holds. False in doubt.

    ``chosen``: the names of the variables that somebody may choose. ``given``: what holds anyhow. What is opaque may be anything.
    """
    assumed = every(*(part for part in _parts(given) if chosen.isdisjoint(variables(part))))
    wanted = every(formula, *(part for part in _parts(given) if not chosen.isdisjoint(variables(part))))
    lone = _lone(every(wanted, assumed), only=chosen)
    wanted = reduced(wanted, lone)
    mine = chosen | {name for free in lone.values() for name in variables(free)}
    used = variables(every(wanted, assumed))
    values = _representatives(every(wanted, assumed), used)
    if values is None or prod(map(len, values.values())) > MOST_COMBINATIONS:
        return _always_by_z3(wanted, mine, assumed, used)
    choices = list(_every_case({name: each for name, each in values.items() if name in mine}))
    cases = _every_case({name: each for name, each in values.items() if name not in mine})
    return all(any(holds(wanted, {**case, **choice}) for choice in choices) for case in cases if holds(assumed, case))


def _parts(formula: Formula) -> tuple[Formula, ...]:
    return formula.parts if isinstance(formula, Every) else (formula,)


def _certain(formula: Formula, example: Assignment, used: Mapping[str, Variable]) -> Answer:
    """Accept an example if the formula holds whatever the opaque variables are."""
    known = {name: value for name, value in example.items() if not used[name].opaque}
    return Answer(possible=True, example=known) if holds(formula, known) else UNDECIDED


# --- representatives ------------------------------------------------------------------------------------------------


def _combinations(formula: Formula, used: Mapping[str, Variable]) -> Iterator[Assignment] | None:
    """Give cases that stand for all; None where there are too many, or variables are compared with each other."""
    candidates = _representatives(formula, used)
    if candidates is None or prod(map(len, candidates.values())) > MOST_COMBINATIONS:
        return None
    return _every_case(candidates)


def _every_case(candidates: Mapping[str, list[Value | None]]) -> Iterator[Assignment]:
    return (dict(zip(candidates, values, strict=True)) for values in product(*candidates.values()))


def _lone(formula: Formula, *, only: frozenset[str]) -> dict[Atom, Formula]:
    """Find comparisons of two things, one of which stands nowhere else and may be anything: they are true or false at will.

    Gives for each atom a variable of its own that stands for it. ``only``: the names of what may be anything.
    """
    found = {*atoms(formula)}
    times = Counter(variable.name for atom in found if not isinstance(atom, Present) for variable in variables_of(atom))
    lone: dict[Atom, Formula] = {}
    for atom in found:
        between = variables_of(atom) if isinstance(atom, Same | Compare) else ()
        free = [each for each in between if each.name in only and times[each.name] == 1 and _may_be_anything(each, atom)]
        if len(between) > 1 and free:
            lone[atom] = Truth(Variable(f"{free[0].name} at will", Sort.BOOL))
    return lone


def _may_be_anything(variable: Variable, atom: Atom) -> bool:
    if variable.options is not None or variable.low is not None or variable.high is not None:
        return False
    factors = [factor for factor, each in atom.sum.terms if each == variable] if isinstance(atom, Compare) else [Fraction(1)]
    # Of a whole number, `=` asks that the others add up to a multiple: not always so.
    return not (isinstance(atom, Compare) and variable.sort is Sort.WHOLE and abs(factors[0]) != 1)


def _representatives(formula: Formula, used: Mapping[str, Variable]) -> dict[str, list[Value | None]] | None:
    """Give the values that stand for all of each variable; None where variables are compared with each other."""
    limits: dict[str, set[Fraction]] = {name: set() for name in used}
    texts: dict[str, set[str]] = {name: set() for name in used}
    for atom in atoms(formula):
        if len(variables_of(atom)) > 1:
            return None
        if isinstance(atom, Compare):
            ((factor, variable),) = atom.sum.terms
            limits[variable.name].add(-atom.sum.constant / factor)
        elif isinstance(atom, Same) and isinstance(atom.right, str):
            texts[atom.left.name].add(atom.right)
    return {name: [*_values(variable, limits[name], texts[name]), *([None] * variable.may_be_empty)] for name, variable in used.items()}


def _values(variable: Variable, limits: set[Fraction], texts: set[str]) -> Iterator[Value]:
    match variable.sort:
        case Sort.BOOL:
            yield from (False, True)
        case Sort.TEXT:
            if variable.options is not None:
                yield from (option for option in variable.options if option in texts)
                rest = next((option for option in variable.options if option not in texts), None)
                yield from () if rest is None else (rest,)
            else:
                yield from (*sorted(texts), _other_than(texts))
        case _:
            yield from _numbers(variable, sorted(limits))


def _numbers(variable: Variable, limits: list[Fraction]) -> Iterator[Fraction]:
    found = {*limits, *((low + high) / 2 for low, high in pairwise(limits))}
    found |= {limits[0] - 1, limits[-1] + 1} if limits else {Fraction(0)}
    found |= {bound for bound in (variable.low, variable.high) if bound is not None}
    if variable.sort is Sort.WHOLE:
        found = {Fraction(whole) for each in found for whole in (floor(each), ceil(each))}
    low, high = variable.low, variable.high
    yield from (each for each in sorted(found) if (low is None or each >= low) and (high is None or each <= high))


def _other_than(texts: set[str]) -> str:
    return next(f"{'…' * length}" for length in range(1, len(texts) + 2) if "…" * length not in texts)


# --- z3 -------------------------------------------------------------------------------------------------------------


def _asked_of_z3(formula: Formula, used: Mapping[str, Variable]) -> Answer:
    question = _Question(used)
    question.add(formula)
    found = question.answered()
    if found is None:
        return UNDECIDED
    if found is False:
        return IMPOSSIBLE
    example = question.example()
    return (
        _certain(formula, example, used) if any(variable.opaque for variable in used.values()) else Answer(possible=True, example=example)
    )


def _always_by_z3(wanted: Formula, mine: frozenset[str], assumed: Formula, used: Mapping[str, Variable]) -> bool:
    question = _Question(used)
    question.add(assumed)
    question.add_refusal(wanted, mine)
    return question.answered() is False


class _Question:
    """One question to z3. Texts are numbers: each constant its own, so that only what must be equal is."""

    def __init__(self, used: Mapping[str, Variable]) -> None:
        import z3  # noqa: PLC0415 it takes long to load and is seldom needed

        self.z3, self.used = z3, used
        self.solver = z3.Solver()
        self.solver.set("timeout", SOLVER_MILLISECONDS)
        self.texts: dict[str, int] = {}
        kinds = {Sort.BOOL: z3.Bool, Sort.REAL: z3.Real}
        self.symbols = {name: kinds.get(variable.sort, z3.Int)(name) for name, variable in used.items()}

    def _bounds(self, names: Iterable[str]) -> list[Any]:
        """Say what values variables can have."""
        found = []
        for variable in (self.used[name] for name in names):
            symbol = self.symbols[variable.name]
            if variable.options is not None:
                found.append(self.z3.Or([symbol == self._code(option) for option in variable.options]))
            if variable.low is not None:
                found.append(symbol >= _exact(self.z3, variable.low))
            if variable.high is not None:
                found.append(symbol <= _exact(self.z3, variable.high))
        if {"now", "today"} <= {*names}:  # `today` is the day of `now`, in whatever zone: within a day of it either way
            now, today = self.symbols["now"], self.symbols["today"]
            found += [now >= (today - 1) * DAY, now < (today + 2) * DAY]
        return found

    def _code(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def _is_there(self, variable: Variable) -> Any:
        return self.z3.Bool(f"{variable.name}?") if variable.may_be_empty else True

    def add(self, formula: Formula) -> None:
        """Ask for a case in which a formula holds."""
        self.solver.add(self._formula(formula), *self._bounds(variables(formula)))

    def add_refusal(self, formula: Formula, mine: frozenset[str]) -> None:
        """Ask for a case in which none of my choices makes a formula true."""
        names = variables(formula)
        others = [name for name in names if name not in mine]
        chosen = [name for name in names if name in mine]
        symbols = [self.symbols[name] for name in chosen] + [
            self._is_there(self.used[name]) for name in chosen if self.used[name].may_be_empty
        ]
        made = self.z3.And([self._formula(formula), *self._bounds(chosen)])
        self.solver.add(*self._bounds(others), self.z3.ForAll(symbols, self.z3.Not(made)) if symbols else self.z3.Not(made))

    def _formula(self, formula: Formula) -> Any:
        match formula:
            case bool():
                return self.z3.BoolVal(formula)
            case Not(part):
                return self.z3.Not(self._formula(part))
            case Every(parts):
                return self.z3.And([self._formula(part) for part in parts])
            case Some(parts):
                return self.z3.Or([self._formula(part) for part in parts])
            case _:
                there = [self._is_there(variable) for variable in variables_of(formula)]
                return self.z3.And([*there, self._atom(formula)])

    def _atom(self, atom: Present | Truth | Compare | Same) -> Any:
        match atom:
            case Present():
                return True
            case Truth(variable):
                return self.symbols[variable.name]
            case Same(left, right):
                return self.symbols[left.name] == (self._code(right) if isinstance(right, str) else self.symbols[right.name])
            case Compare(sign, total):
                value = sum(
                    (_exact(self.z3, factor) * self.symbols[variable.name] for factor, variable in total.terms),
                    _exact(self.z3, total.constant),
                )
                return value == 0 if sign == "=" else value < 0 if sign == "<" else value <= 0

    def answered(self) -> bool | None:
        """Give what z3 found: a case, none, or nothing in time."""
        return {"sat": True, "unsat": False}.get(str(self.solver.check()))

    def example(self) -> dict[str, Value | None]:
        """Give the case that was found."""
        model, names = self.solver.model(), {number: text for text, number in self.texts.items()}
        found: dict[str, Value | None] = {}
        for name, variable in self.used.items():
            value = model.eval(self.symbols[name], model_completion=True)
            if variable.may_be_empty and not self.z3.is_true(model.eval(self._is_there(variable), model_completion=True)):
                found[name] = None
            elif variable.sort is Sort.BOOL:
                found[name] = self.z3.is_true(value)
            elif variable.sort is Sort.TEXT:
                found[name] = names.get(value.as_long(), f"…{value}")
            elif variable.sort is Sort.REAL:
                found[name] = Fraction(value.numerator_as_long(), value.denominator_as_long())
            else:
                found[name] = Fraction(value.as_long())
        return found


def _exact(z3: Any, number: Fraction) -> Any:
    return z3.IntVal(number.numerator) if number.denominator == 1 else z3.Q(number.numerator, number.denominator)
