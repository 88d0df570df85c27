"""Ballots: who rates what, in which way, and what the result looks like (议事表决、测评)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.definition.datatypes import DataType, TypeName, record, simple

if TYPE_CHECKING:
    from engine.definition.expressions import Expression
    from engine.errors import Text

ITEM, MODE, GRADE, POINTS = "item", "mode", "grade", "points"
"""Fields of `X.vote`: what is rated, in which way, and what the paper says. All of them are the act's own."""

ISSUED, RETURNED, BLANK, INVALID, COUNTS, PAPERS = "issued", "returned", "blank", "invalid", "counts", "papers"
"""Fields of `X.count`: the papers of others, as they were counted."""

PLAIN = ""
"""The mode of a ballot that has no modes."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One way of voting, and the roles that vote in it."""

    id: str
    title: Text
    voters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many papers are needed: ``at_least`` so many, or ``more_than`` a part of the roll, of those issued, or of those returned."""

    at_least: int | None
    more_than: Fraction | None
    of: str


@dataclass(frozen=True, slots=True, eq=False)
class Ballot:
    """One ballot of a state: ``state`` holds it, ``name`` is what expressions and gates call it.

    ``items`` gives what is rated, each of type ``item``; None: the matter itself. ``not_own``: expressions that give the persons or units
    of an item, or roles. ``grades`` are those of a scale, ``values`` what each counts; or ``points`` has the least and the most of each
    aspect. ``closing``: the full name of the deadline by which it closes. ``rules`` tells two versions of a ballot apart.
    """

    name: str
    state: str
    title: Text
    items: Expression | None
    item: DataType | None
    modes: Mapping[str, Mode]
    per: frozenset[str]
    eligible: Expression | None
    not_own: tuple[Expression | str, ...]
    grades: Mapping[str, Text]
    values: Mapping[str, Decimal]
    points: Mapping[str, tuple[Decimal, Decimal]]
    blanks: str
    secret: bool
    quorum: Quorum | None
    closing: str | None
    rules: str

    @property
    def has_modes(self) -> bool:
        """Whether there are several ways of voting."""
        return PLAIN not in self.modes

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that vote, each once."""
        return tuple(dict.fromkeys(role for mode in self.modes.values() for role in mode.voters))


_INT, _BOOL, _DECIMAL = simple(TypeName.INT), simple(TypeName.BOOL), simple(TypeName.DECIMAL)

_TEXT = simple(TypeName.TEXT)
VOTER = record({"id": simple(TypeName.PERSON), "unit": simple(TypeName.UNIT), "role": _TEXT, "mode": _TEXT})
"""What `eligible` sees of somebody who holds a voting role."""


def tally_type(grades: tuple[str, ...], aspects: tuple[str, ...], modes: tuple[str, ...], item: DataType | None) -> DataType:
    """Give the type in which expressions see one ballot. Before it is closed only ``closed`` is there."""
    counted = dict.fromkeys(("roll", "cast", "valid", "blank", "invalid"), _INT)
    result: dict[str, DataType] = {**counted, "mean": _DECIMAL}
    if grades:
        result |= {"share": record(dict.fromkeys(grades, _DECIMAL)), "counts": record(dict.fromkeys(grades, _INT))}
    if aspects:
        result["aspects"] = record(dict.fromkeys(aspects, _DECIMAL))
    whole = {**result, "issued": _INT, "returned": _INT, "quorate": _BOOL, "covered": _BOOL, "closed": _BOOL}
    if modes:
        whole["modes"] = record(dict.fromkeys(modes, record(result)))
    if item is not None:
        whole["items"] = DataType(TypeName.LIST, of=record({"item": item, "rank": _INT, **result}))
    return record(whole)
