"""Example values for forms, from the types of their items and the constants in the guards that read them.

Booleans take both values, choices each option, numbers those around a constant; what no guard reads gets one value. A form is
filled plainly first, then one item at a time is given another value, then pairs that one guard reads together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from engine.clock import Instant, rfc3339
from engine.core.case import EMPTY
from engine.core.compiled import Process
from engine.core.refusals import label
from engine.definition.datatypes import DataItem, DataType, TypeName
from engine.definition.forms import Form, FormField
from engine.definition.periods import HOUR, add_term
from engine.definition.terms import Term, Unit
from engine.proof.scenario_checks import plain_value
from engine.proof.scenario_relevance import Relevance

MOST_FORMS = 60
"""Fillings tried of one form."""

LEFT_OUT = object()
"""An item that may stay empty and does."""

LONGEST_LIST = 3


class Examples:
    """Fills forms of one workflow. ``given``: items whose value is fixed; ``keys``: those of the rows that a registry has."""

    def __init__(self, process: Process, relevance: Relevance, given: Mapping[str, Any], keys: Mapping[str, Sequence[str]] = EMPTY) -> None:
        self.process, self.relevance, self.keys = process, relevance, keys
        self.given = {name: plain_value(value) for name, value in given.items()}

    def fillings(self, form: Form | None, now: Instant) -> Iterator[dict[str, Any]]:
        """Give the fillings of a form worth trying, the plainest first, at most MOST_FORMS."""
        values = {field.item.id: self.values(field, now) for field in form.fields} if form is not None else {}
        return islice(self._combined(values), MOST_FORMS)

    def _combined(self, values: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
        plain = {name: each[0] for name, each in values.items()}
        yield _filled(plain)
        for name, each in values.items():
            yield from (_filled({**plain, name: value}) for value in each[1:])
        pairs = self.relevance.together(name for name, each in values.items() if len(each) > 1)
        for one, other in sorted(pairs, key=lambda pair: len(values[pair[0]]) * len(values[pair[1]])):
            for first in values[one][1:]:
                yield from (_filled({**plain, one: first, other: second}) for second in values[other][1:])

    def values(self, field: FormField, now: Instant) -> list[Any]:
        """Give the values of one line of a form; what may stay empty does so first."""
        item = field.item
        if item.id in self.given:
            return [self.given[item.id]]
        own = item is not self.process.definition.data.get(item.id)  # a field of the act's own, like a verdict
        decides = own or item.id in self.relevance.items
        if field.adds_row and field.kind.element is not None:
            found = self._of_type(item, field.kind.element, now, decides=decides)
        else:
            found = self._of_type(item, field.kind, now, decides=decides)
        if field.optional:
            return [LEFT_OUT, *(found if decides else ())]
        return [value for value in found if value != []] or found

    def _of_type(self, item: DataItem, kind: DataType, now: Instant, *, decides: bool) -> list[Any]:
        found = list(self._domain(item, kind, now, decides=decides))
        return found if decides or kind.target in self.keys else found[:1]  # one row is as good as another, and each has its turn

    def _domain(self, item: DataItem, kind: DataType, now: Instant, *, decides: bool) -> Iterator[Any]:
        match kind.name:
            case TypeName.BOOL:
                yield from (True, False)
            case TypeName.CHOICE:
                yield from kind.options or ()
            case TypeName.INT | TypeName.DECIMAL:
                yield from self._numbers(item, kind)
            case TypeName.DATE | TypeName.DATETIME:
                yield from self._days(item, kind, now)
            case TypeName.PERSON | TypeName.UNIT | TypeName.ORGANISATION:
                yield from (f"{kind.name.value}_{n}" for n in (1, 2))
            case TypeName.REF if kind.target in self.keys:
                yield from self.keys[kind.target or ""]
            case TypeName.LIST | TypeName.TAGS:
                yield from self._lists(item, kind, now, decides=decides)
            case TypeName.RECORD:
                yield {each.id: self._one(each, now) for each in kind.struct_fields}
            case _:
                yield from dict.fromkeys((*self._texts(item, kind), self._plain_text(item, kind)))

    def _one(self, item: DataItem, now: Instant) -> Any:
        return next(self._domain(item, item.type, now, decides=False))

    def _texts(self, item: DataItem, kind: DataType) -> Iterable[str]:
        return (text for text in self.relevance.texts(item.id) if text and len(text) <= (kind.max or len(text)))

    def _plain_text(self, item: DataItem, kind: DataType) -> str:
        title = label(item.title, self.process.definition.languages[0])
        return title[: kind.max] if kind.max else title

    def _numbers(self, item: DataItem, kind: DataType) -> Iterator[Any]:
        step = Decimal(1) if kind.name is TypeName.INT else Decimal(1).scaleb(-(kind.scale if kind.scale is not None else 1))
        low, high = (Decimal(str(each)) for each in kind.between) if kind.between else (None, None)
        wanted = [Decimal(text) + way * step for text in self.relevance.numbers(item.id) for way in (0, 1, -1)]
        wanted += [Decimal(1) if low is None else max(low, Decimal(1)), *([low] if low is not None else [Decimal(0)])]
        for number in dict.fromkeys(each.quantize(step) for each in wanted):
            if (low is None or number >= low) and (high is None or number <= high):
                yield int(number) if kind.name is TypeName.INT else str(number)

    def _days(self, item: DataItem, kind: DataType, now: Instant) -> Iterator[str]:
        calendar = self.process.calendar
        today = calendar.local_date(now)
        beside = sorted({int(text) for text in self.relevance.numbers(item.id) if text.isdecimal() and 0 < int(text) < 1000})
        ahead = [20, *(n + way for n in beside for way in (0, 1, -1) if n + way > 0), 1]
        days: list[date] = [add_term(calendar, today, Term(n, Unit.WORKING_DAYS)) for n in dict.fromkeys(ahead)] + [today]
        for day in dict.fromkeys(days):
            yield day.isoformat() if kind.name is TypeName.DATE else rfc3339(calendar.midnight(day) + 9 * HOUR)

    def _lists(self, item: DataItem, kind: DataType, now: Instant, *, decides: bool) -> Iterator[list[Any]]:
        element = kind.element
        if element is None:
            return
        entries = list(self._domain(item, element, now, decides=decides)) or [item.id]
        longest = min(kind.max or LONGEST_LIST, LONGEST_LIST)
        repeats = kind.name is TypeName.LIST
        for length in (1, 2, 3) if decides else (1,):
            if length <= longest and (repeats or length <= len(entries)):
                yield [entries[n % len(entries)] for n in range(length)]
        yield []


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not LEFT_OUT}
