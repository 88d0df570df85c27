"""A registry as it is compiled: rows instead of cases, with typed fields, computed ones among them, and who keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.clock import Instant
from engine.definition.canonical import Settings
from engine.definition.datatypes import LISTS, DataItem, DataType, TypeName
from engine.definition.expressions import EvaluationFailed, MissingData
from engine.definition.forms import Form
from engine.definition.indicators import Indicator
from engine.errors import Text

ROW = "row"
"""The name by which expressions know a row."""

ANYONE = "anyone"

NO_SETTINGS: Settings = {}


@dataclass(frozen=True, slots=True, eq=False)
class RegistryDefinition:
    """One version of a registry, found sound. Immutable; shared by every thread.

    ``fields`` stand in the order of the file; ``form`` takes those that are filled in, of which the key alone must be. ``computed``:
    fields with `compute`, each after those it reads. ``timeless``: those among them that never change while the row does not.
    ``committed``: fields whose values stand in events as commitments only.
    """

    registry: str
    digest: str  # sha256 of the source text, hex
    title: Text
    languages: tuple[str, ...]
    calendar: str
    source: str
    key: str
    fields: Mapping[str, DataItem]
    kept_by: tuple[str, ...]
    seen_by: tuple[str, ...]
    ledger: bool
    form: Form
    computed: tuple[str, ...]
    timeless: frozenset[str]
    committed: frozenset[str]
    row: DataType
    """The type of `row` in expressions: all fields, and the key once more as ``id``."""
    indicators: Mapping[str, Indicator]

    @property
    def defaults(self) -> dict[str, Any]:
        """Give what a new row holds where it says nothing itself."""
        return {name: item.default for name, item in self.fields.items() if item.default is not None}

    def complete(self, key: str, values: Mapping[str, Any], now: Instant) -> dict[str, Any]:
        """Give a row as expressions see it, in canonical JSON: its ``id``, what is filled in, and what is computed at an instant.

        What cannot be computed is empty, for want of a field that it reads or for another reason, which `failing` tells.
        """
        return self._computed({**values, "id": key}, self.computed, now)

    def failing(self, key: str, values: Mapping[str, Any], now: Instant) -> dict[str, str]:
        """Give the computed fields that fail for another reason than an empty field, each with that reason."""
        failures: dict[str, str] = {}
        self._computed({**values, "id": key}, self.computed, now, failures)
        return failures

    def _computed(self, row: dict[str, Any], names: Iterable[str], now: Instant, failures: dict[str, str] | None = None) -> dict[str, Any]:
        moment: Any = _Moment(now, NO_SETTINGS)  # without a case there is but the moment
        for name in names:
            compute = self.fields[name].compute
            try:
                if compute is not None:
                    row[name] = compute.evaluate(moment, {ROW: row})
            except MissingData:
                continue
            except EvaluationFailed as failure:
                if failures is not None:
                    failures[name] = failure.detail
        return row

    def index_entries(self, key: str, values: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
        """Give by which (field, value) a row is found: every simple field, each entry of a list, computed ones that no date changes."""
        row = self._computed({**values, "id": key}, (name for name in self.computed if name in self.timeless), 0)
        found = ((name, row[name]) for name in self.fields if name in row and self.is_indexed(name))
        return frozenset((name, each) for name, value in found for each in indexed_values(value))

    def is_indexed(self, name: str) -> bool:
        """Say whether rows are found by the values of a field through the index."""
        field = self.fields.get(name)
        if field is None or (field.compute is not None and name not in self.timeless):
            return False
        kind = field.type.element if field.type.name in LISTS else field.type
        return kind is not None and kind.name is not TypeName.RECORD


@dataclass(frozen=True, slots=True)
class _Moment:
    """All of a view that an expression without a case asks for."""

    now: Instant
    settings: Settings


LONGEST_INDEXED = 200


def indexed_values(value: Any) -> Iterator[str]:
    """Give the texts under which a value stands in the index: one, or one for each entry of a list."""
    for each in value if isinstance(value, list) else [value]:
        yield indexed_value(each)


def indexed_value(value: Any) -> str:
    """Give the text under which one simple value stands in the index. Of a long text only the beginning; who reads compares the whole."""
    match value:
        case bool():
            return "true" if value else "false"
        case {"id": str(target)}:
            return target
        case str():
            return value[:LONGEST_INDEXED]
        case _:
            return str(value)


def holds(value: Any, wanted: Any) -> bool:
    """Say whether a field has a value: is it, or, if it is a list, has it among its entries. A reference is its target's key."""
    if isinstance(value, list):
        return any(holds(each, wanted) for each in value)
    if isinstance(value, dict) and isinstance(wanted, str):
        return value.get("id") == wanted
    return type(value) is type(wanted) and bool(value == wanted)
