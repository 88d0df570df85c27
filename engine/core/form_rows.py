"""What becomes of the rows that a form brings: each is kept with who filled it in, and when.

``x+`` appends rows. A form that sends such a list whole again replaces it, but a row that is the same as before keeps who and when: only
what is new or was changed bears the name of whoever sent it. A list to which no form of the workflow adds rows keeps nothing beside them.
To an attendance ``x+`` adds the entries of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.clock import Instant, rfc3339
from engine.core.attendance import register
from engine.definition.calendars import Calendar
from engine.definition.datatypes import ROW_FIELDS, TypeName
from engine.definition.forms import Form, FormField
from engine.errors import Refusal

STAMPS = frozenset(each.id for each in ROW_FIELDS)


class Keeping(NamedTuple):
    """When rows are filled in and by whom, on which calendar; ``added_to``: the lists to which some form adds rows."""

    now: Instant
    by: str
    calendar: Calendar
    added_to: frozenset[str]


def with_rows(form: Form, values: Mapping[str, Any], data: Mapping[str, Any], keeping: Keeping) -> tuple[dict[str, Any], list[Refusal]]:
    """Give the values of a form with the lists its rows lead to, and what is wrong with rows. ``data``: as they were before."""
    made, faults = {**values}, list[Refusal]()
    for name, field in form.rows.items():
        if name not in values:
            continue
        before = data.get(name, [])
        if field.item.type.name is TypeName.ATTENDANCE:
            made[name], found = register(field.item, before, values[name], keeping.now, keeping.calendar)
            faults += found
        elif name in keeping.added_to:
            made[name] = _appended(before, values[name], keeping) if field.adds_row else _replaced(field, before, values[name], keeping)
    return made, faults


def _appended(before: list[Any], rows: list[Any], keeping: Keeping) -> list[Any]:
    return [*before, *(_stamped(row, keeping) for row in rows)]


def _replaced(field: FormField, before: list[Any], rows: list[Any], keeping: Keeping) -> list[Any]:
    """Give each row the stamp of one that was the same, of several the first that is left; else a new one."""
    known = [*before]
    kept = []
    for row in rows:
        same = next((each for each in known if _plain(each, field) == row), None)
        if same is not None:
            known.remove(same)
        kept.append(_stamped(row, keeping) if same is None else same)
    return kept


def _plain(row: Any, field: FormField) -> Any:
    own = {each.id for each in field.kind.of.fields} if field.kind.of is not None else set()
    return {key: value for key, value in row.items() if key in own or key not in STAMPS}


def _stamped(row: Any, keeping: Keeping) -> Any:
    if not isinstance(row, Mapping):  # a list of texts, persons or numbers keeps nothing beside them
        return row
    return (
        {"at": rfc3339(keeping.now), "by": keeping.by, **row}
        if STAMPS & row.keys()
        else {**row, "at": rfc3339(keeping.now), "by": keeping.by}
    )
