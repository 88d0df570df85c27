"""Attendance: who was there, who was excused, who was missing. One entry for each person.

An entry only ever rises: from absent to on leave to present. Whoever was excused and comes after all is present; whoever is entered as
present stays so, and what was entered wrongly is set right by a correction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.clock import Instant, parse_instant, rfc3339
from engine.core import refusals as say
from engine.core.undecidable import evaluated
from engine.definition.attendance import METHOD
from engine.definition.calendars import Calendar
from engine.definition.canonical import entries_max
from engine.definition.datatypes import ABSENT, LEAVE, PRESENT, DataItem
from engine.definition.effects import Attend
from engine.definition.process import ROOT, Branch, Kind, State, Transition
from engine.errors import Refusal

if TYPE_CHECKING:
    from engine.core.gates import Gates
    from engine.core.interpreter import Run

Entry = Mapping[str, Any]

_RANK = {ABSENT: 0, LEAVE: 1, PRESENT: 2}
BY_HAND = "manual"
"""The method by which whoever keeps the list enters others, where the process has it; else the first one."""


# --- entries --------------------------------------------------------------------------------------------------------


def entry(item: DataItem, person: str, status: str, at: Instant, calendar: Calendar, **known: str | None) -> Entry:
    """Make an entry. ``known``: unit, role and method, as far as they are known; only who is present comes in some way, or late."""
    facts = {key: value for key, value in known.items() if value and (key != METHOD or status == PRESENT)}
    return {"person": person, **facts, "at": rfc3339(at), "late": status == PRESENT and is_late(item, at, calendar), "status": status}


def is_late(item: DataItem, at: Instant, calendar: Calendar) -> bool:
    """Say whether somebody who comes at an instant is late: after the time of day that `late_after` says, in the calendar's zone."""
    return item.late_after is not None and at > calendar.end_of(calendar.local_date(at), item.late_after)


def entered(entries: Sequence[Entry], new: Entry) -> list[Entry]:
    """Enter somebody; an entry that this person had gives way."""
    return [*(each for each in entries if each["person"] != new["person"]), new]


def standing(entries: Sequence[Entry], person: str, status: str) -> Entry | None:
    """Give the entry that stands against another one of that person; None where there is none, or it would rise."""
    found = next((each for each in entries if each["person"] == person), None)
    return found if found is not None and _RANK[found["status"]] >= _RANK[status] else None


def register(
    item: DataItem, before: Sequence[Entry], rows: Sequence[Mapping[str, Any]], now: Instant, calendar: Calendar
) -> tuple[list[Entry], list[Refusal]]:
    """Add the entries of others, as whoever keeps the list fills them in; give the list and what is wrong, row by row."""
    entries, faults = [*before], list[Refusal]()
    for number, row in enumerate(rows):
        status, at = row.get("status", PRESENT), parse_instant(row["at"]) if "at" in row else now
        place = f"{item.id}.{number}"
        if (there := standing(entries, row["person"], status)) is not None:
            faults.append(say.in_field(say.already_entered(there), f"{place}.person", item.title))
        elif at > now:
            faults.append(
                say.in_field(say.invalid_field(place, "发生时间不能晚于现在", "cannot be in the future"), f"{place}.at", item.title)
            )
        elif len(entries) >= entries_max(item.type):
            faults.append(say.in_field(say.limit_reached(entries_max(item.type), None), place, item.title))
        else:
            method = row.get(METHOD) or (BY_HAND if BY_HAND in item.methods else next(iter(item.methods), None))
            entries = entered(
                entries, entry(item, row["person"], status, at, calendar, unit=row.get("unit"), role=row.get("role"), method=method)
            )
    return entries, faults


# --- one's own entry ------------------------------------------------------------------------------------------------


def entry_refusals(gates: Gates, spec: Transition, branch: Branch | None) -> Iterator[Refusal]:
    """Refuse to enter somebody who is entered already, or more people than an attendance holds."""
    asked = gates.draft.get("asked", spec.name) if spec.asked_by else None
    person = asked["by"] if asked is not None else gates.request.actor.id
    for effect in (*spec.effects, *(branch.effects if branch is not None else ())):
        if isinstance(effect, Attend):
            entries, item = gates.data.get(effect.item, ()), gates.process.definition.data[effect.item]
            there = standing(entries, person, LEAVE if effect.excused else PRESENT)
            if there is not None:
                yield say.already_entered(there)
            elif len(entries) >= entries_max(item.type) and all(each["person"] != person for each in entries):
                yield say.limit_reached(entries_max(item.type), None)


class Attendances:
    """The attendances of one case during one command. Implements `engine.core.constructs.Construct`."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def enter_actor(self, effect: Attend, spec: Transition | None) -> None:
        """Enter whoever acts, or whoever asked where another decides. The gates have checked that nothing stands against it."""
        run, actor = self.run, self.run.request.actor
        who = {"by": actor.id, "unit": actor.unit, "role": run.role}
        if spec is not None and spec.asked_by and run.asked is not None:
            who = {key: run.asked[key] for key in who}
        item, status = run.process.definition.data[effect.item], LEAVE if effect.excused else PRESENT
        method = run.own_values.get(METHOD) or next(iter(item.methods), None)
        role = who["role"] if who["role"] in run.process.definition.roles else None
        self._enter(item, str(who["by"]), status, unit=who["unit"], role=role, method=method)

    # --- states come and go -----------------------------------------------------------------------------------------

    def enter(self, state: State) -> None:
        """At the end of a case, enter as absent whoever is missing where `anywhere` takes an attendance."""
        if state.kind is Kind.FINAL and state.parent == ROOT:
            self._miss(ROOT)

    def leave(self, state: State) -> None:
        """When a state that takes an attendance is left, enter as absent whoever was expected and has no entry."""
        self._miss(state.path)

    def is_complete(self, state: State) -> bool:
        """Say yes: an attendance keeps no state from being complete."""
        del state
        return True

    def _miss(self, state: str) -> None:
        for item in self.run.process.taken_in.get(state, ()):
            assert item.expected is not None
            for person in evaluated(item.expected, self.run.view(), optional=True) or ():
                if standing(self._entries(item), person, ABSENT) is None:
                    self._enter(item, person, ABSENT)

    def _enter(self, item: DataItem, person: str, status: str, **known: str | None) -> None:
        made = entry(item, person, status, self.run.moment, self.run.process.calendar, **known)
        self.run.set_data({item.id: entered(self._entries(item), made)})

    def _entries(self, item: DataItem) -> Sequence[Entry]:
        entries: Sequence[Entry] = self.run.draft.get("data", item.id, ())
        return entries
