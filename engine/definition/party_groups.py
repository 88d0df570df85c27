"""Groups of parties: units or bodies of which each gives a verdict of its own (会办, 会签)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.definition.datatypes import DataType, TypeName, record, simple

if TYPE_CHECKING:
    from engine.definition.expressions import Expression
    from engine.definition.process import Deadline
    from engine.errors import Text

VERDICT, PARTY = "verdict", "party"
"""What a party says when it signs, and which party is meant by the other acts: fields of these acts, not items of the case."""


@dataclass(frozen=True, slots=True, eq=False)
class PartyGroup:
    """One group of a state: ``state`` holds it, ``name`` is what expressions and gates call it.

    ``source`` gives the units (or, with ``persons``, the persons) that are its parties; None: each of ``roles`` is one party.
    ``listed``: the data item that `source` is, where `add` and `remove` keep it up to date.
    """

    name: str
    state: str
    title: Text
    roles: tuple[str, ...]
    source: Expression | None
    persons: bool
    listed: str | None
    verdicts: Mapping[str, Text]
    refusing: frozenset[str]
    deadlines: tuple[Deadline, ...] = ()  # of each party, armed when it is invited


def parties_type(verdicts: Mapping[str, Text]) -> DataType:
    """Give the type in which expressions see the parties of one group: a list of them in the order of their invitation.

    ``verdict`` is an empty text until a party signs; ``unit``, ``person`` or ``role`` says who it is. A row also has `at` and `by`:
    when and by whom it was signed.
    """
    fields = {
        "unit": simple(TypeName.UNIT),
        "person": simple(TypeName.PERSON),
        "role": simple(TypeName.TEXT),
        VERDICT: DataType(TypeName.CHOICE, options=verdicts),
        "signed": simple(TypeName.BOOL),
        "waived": simple(TypeName.BOOL),
    }
    return DataType(TypeName.LIST, of=record(fields))
