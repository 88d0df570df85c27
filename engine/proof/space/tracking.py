"""What is kept in mind of a case's data while its moves are explored: whether some atoms of guards hold, and how often acts were taken.

Nothing at first: an atom is tracked only once something hangs on it (`exploring`). What is not tracked may be anything, at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product

from engine.proof.logic.formula import Atom, Compare, Formula, Variable, atoms, every, no, reduced, variables_of
from engine.proof.logic.solving import possible
from engine.proof.space.measures import Measure, Terms, measure_of

MOST_ATOMS = 14
"""Atoms tracked at once."""

MOST_AT_ONCE = 6
"""Atoms that one act may change at once: all ways in which they can come out are looked at."""

MOST_TAKINGS = 60
"""Values of one measure."""

Values = tuple[int, ...]
"""Of each tracked atom whether it holds (0 or 1), then each measure's value."""


class TooMuch(Exception):
    """More hangs together than can be tracked."""


@dataclass(frozen=True, eq=False)
class Tracked:
    """The atoms and measures that are tracked."""

    atoms: tuple[Atom, ...] = ()
    measures: tuple[Measure, ...] = ()

    def with_atoms_of(self, formulas: Iterable[Formula], stays: Callable[[Variable], bool], foreign: frozenset[str]) -> Tracked:
        """Track the atoms of formulas as well, if all they read stays until this view changes it, but for foreign acts. Raises TooMuch."""
        kept: dict[Atom, None] = dict.fromkeys(self.atoms)
        measures: dict[Terms, Measure] = {measure.terms: measure for measure in self.measures}
        for atom in (atom for formula in formulas for atom in atoms(formula)):
            measure = measure_of(atom) if isinstance(atom, Compare) else None
            if isinstance(atom, Compare) and measure is not None:
                if foreign.isdisjoint(act for _, act, _ in measure.terms):
                    measures[measure.terms] = measures.get(measure.terms, measure).widened(atom)
            elif all(map(stays, variables_of(atom))):
                kept[atom] = None
        if len(kept) > MOST_ATOMS or any(each.high - each.low > MOST_TAKINGS for each in measures.values()):
            raise TooMuch
        return Tracked(tuple(kept), tuple(measures.values()))

    def reduce(self, formula: Formula, values: Values) -> Formula:
        """Put into a formula what is known of it."""
        if not values:
            return formula
        known: dict[Atom, Formula] = {atom: bool(value) for atom, value in zip(self.atoms, values, strict=False)}
        measured = dict(zip(self._terms, zip(self.measures, values[len(self.atoms) :], strict=True), strict=True))
        for atom in atoms(formula) if measured else ():
            asked = measure_of(atom) if isinstance(atom, Compare) else None
            if isinstance(atom, Compare) and asked is not None and asked.terms in measured:
                measure, value = measured[asked.terms]
                said = measure.says(atom, value)
                if said is not None:
                    known[atom] = said
        return reduced(formula, known)

    @cached_property
    def _terms(self) -> tuple[Terms, ...]:
        return tuple(measure.terms for measure in self.measures)

    # --- what changes them ------------------------------------------------------------------------------------------

    def touched(self, items: Iterable[str]) -> tuple[int, ...]:
        """Give the places of the atoms that hang on data items."""
        return tuple(sorted({place for item in items for place in self._by_item.get(item, ())}))

    @cached_property
    def _by_item(self) -> Mapping[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {}
        for place, atom in enumerate(self.atoms):
            for item in {item for variable in variables_of(atom) for item in items_of(variable)}:
                found.setdefault(item, []).append(place)
        return {item: tuple(places) for item, places in found.items()}

    def counted(self, values: Values, act: str) -> tuple[Values, ...]:
        """Give the values there can be after an act was taken."""
        return self._measured(values, [measure.after(value, act) for measure, value in self._with_values(values)])

    def entered(self, values: Values, state: str) -> tuple[Values, ...]:
        """Give the values there can be after a state was entered."""
        return self._measured(values, [measure.entered(value, state) for measure, value in self._with_values(values)])

    def _with_values(self, values: Values) -> Iterator[tuple[Measure, int]]:
        return zip(self.measures, values[len(self.atoms) :], strict=True)

    def _measured(self, values: Values, options: list[tuple[int, ...]]) -> tuple[Values, ...]:
        return tuple((*values[: len(self.atoms)], *each) for each in product(*options)) if options else (values,)

    def outcomes(self, values: Values, places: tuple[int, ...], fact: Formula) -> tuple[Values, ...]:
        """Give the values there can be after the atoms at these places have changed so that a fact holds. Raises TooMuch."""
        if not places:
            return (values,)
        others = every(*(literal(self.atoms[place], values[place]) for place in self._near(places)))
        return tuple(_changed(values, places, bits) for bits in _ways(tuple(self.atoms[place] for place in places), every(fact, others)))

    def _near(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """Give the atoms that stay and hang together with those that change."""
        mine = {variable.name for place in places for variable in variables_of(self.atoms[place])}
        return tuple(
            place
            for place, atom in enumerate(self.atoms)
            if place not in places and not mine.isdisjoint(variable.name for variable in variables_of(atom))
        )

    def opening(self, fact: Formula) -> tuple[Values, ...]:
        """Give the values there can be before anything was filled in. Raises TooMuch."""
        nothing = (*(0 for _ in self.atoms), *(measure.clipped(0) for measure in self.measures))
        found: list[Values] = [nothing]
        for cluster in self._clusters():
            found = [after for values in found for after in self.outcomes(values, cluster, fact)]
        return tuple(found)

    def _clusters(self) -> list[tuple[int, ...]]:
        """Part the atoms into those that hang together by what they read."""
        clusters: list[tuple[set[int], set[str]]] = []
        for place, atom in enumerate(self.atoms):
            mine, names = {place}, {variable.name for variable in variables_of(atom)}
            for other in [each for each in clusters if not each[1].isdisjoint(names)]:
                clusters.remove(other)
                mine, names = mine | other[0], names | other[1]
            clusters.append((mine, names))
        return [tuple(sorted(places)) for places, _ in clusters]


@lru_cache(maxsize=5_000)
def _ways(changing: tuple[Atom, ...], fact: Formula) -> tuple[tuple[int, ...], ...]:
    """Give the truth values that atoms can have together under a fact. What cannot be decided is reckoned with."""
    if len(changing) > MOST_AT_ONCE:
        raise TooMuch
    combinations = product((0, 1), repeat=len(changing))
    return tuple(bits for bits in combinations if possible(every(fact, *map(literal, changing, bits))).possible is not False)


def _changed(values: Values, places: tuple[int, ...], bits: tuple[int, ...]) -> Values:
    after = list(values)
    for place, bit in zip(places, bits, strict=True):
        after[place] = bit
    return tuple(after)


def literal(atom: Atom, value: int) -> Formula:
    """Say of an atom that it holds, or that it does not."""
    return atom if value else no(atom)


def items_of(variable: Variable) -> frozenset[str]:
    """Name the data items that a variable hangs on."""
    if variable.opaque:
        return frozenset(read.removeprefix("data.") for read in variable.reads if read.startswith("data."))
    name = variable.name.removeprefix("size(").removesuffix(")") if variable.name.startswith("size(") else variable.name
    return frozenset({name.removeprefix("data.").split(".")[0]}) if name.startswith("data.") else frozenset()
