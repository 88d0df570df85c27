"""A case as the core sees it: a few columns and a snapshot of JSON values. Nothing here knows a database.

The snapshot is a mapping of sections, each a mapping of keys; that shape is what makes one generic delta possible: an event
keeps ``section -> key -> new value`` (None: gone; ``{"+": rows}``: added to the list that is there), and folding the deltas of a case's
events gives its snapshot again.

========== ===================================================================================================
section    key -> value
========== ===================================================================================================
data       item -> JSON value (an empty item is absent)
settings   setting -> value that differs from the definition's default
history    state -> leaves that were active below it when it was last left
behind     state -> leaves that the move which entered it left behind
entered    state -> [instant, seq] of its latest entry
announced  state -> True while its completion in the present stay was announced
acts       ``state.act`` -> [times, latest instant]
actors     act -> {"persons": […], "units": […]} (only acts that a duty names)
recent     ``state.act`` -> [[instant, person], …] (only acts with a limit, only as many as the limit needs)
since      ``act@state`` -> times since that state was last entered
cycles     branch -> times taken since opening or re-opening
documents  document -> {"id", "sha256", "at", "seq", "by", "approved_by"?}
asked      action -> {"by", "unit", "role", "at", "state", "data", "reason"}
ballots    ballot -> {"opened", "items", "closed"?, "result"?, "box"?} (engine.core.ballots)
roll       ``ballot@person`` -> {"as", "may", "unit"?, "own"?, "voted"?, "papers"?} of a voter
urn        ``ballot@mode@item`` -> papers of a secret ballot, counted together; no event tells of it
counted    ``ballot@mode@item`` -> papers of others, as they were counted
parties    ``group@id`` -> {"order", "invited", "verdict"?, "signed"?, "by"?, "waived"?} of a party (engine.core.parties)
deadlines  full name -> ledger of the live deadline (engine.core.deadlines); of one that recurs ``name#3`` -> ledger of a period
ended      full name -> [status, due instant or 0] of the latest ended one
previous   full name -> its last ledger, where a later stay continues it
tasks      number -> the open task
children   these, links, shared, origin and gathering: what is known of other cases (engine.core.relations)
counters   "deadline", "task" -> numbers given so far
========== ===================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from engine.clock import Instant

Configuration = tuple[str, ...]
"""The active leaves in document order."""

UNRECORDED = frozenset({"urn"})
"""Sections of which no event tells: who voted stands in the event, so what was voted must not."""

Snapshot = Mapping[str, Mapping[str, Any]]
Delta = dict[str, dict[str, Any]]

EMPTY: Mapping[str, Any] = MappingProxyType({})

ADDED = "+"
"""The one key of a change that tells what was added to a list. Nothing in a snapshot has such a key: ids are words."""


CLOCK = "clock"
"""The id and the role of the actor when a deadline acts."""
CASE_ROLE = "case"
"""The role in which another case acts, whose id is then the actor's."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person or a system, with the roles held in this organisation, and for whom, if for another."""

    id: str
    roles: frozenset[str]
    organisation: str
    unit: str | None = None
    acting_for: str | None = None


class Case(NamedTuple):
    """One case. ``version`` moves with configuration, data and terms; ``seq`` with every event; ``head`` is the last event's hash."""

    org: str
    id: str
    workflow: str
    definition_version: int
    digest: str
    configuration: Configuration
    snapshot: Snapshot
    version: int
    seq: int
    head: str
    opened_at: Instant
    opened_by: str
    updated_at: Instant
    number: str | None = None
    client_ref: str | None = None
    outcome: str | None = None
    ended_at: Instant | None = None

    @property
    def data(self) -> Mapping[str, Any]:
        """The data items that are not empty."""
        return self.snapshot.get("data", EMPTY)

    @property
    def has_ended(self) -> bool:
        """Whether the case is in a final state of the top level."""
        return self.ended_at is not None


class Draft:
    """A case while one command is decided: sections are copied when first written, and every touched key is remembered."""

    __slots__ = ("_before", "_sections", "_touched")

    def __init__(self, snapshot: Snapshot) -> None:
        self._before = snapshot
        self._sections: dict[str, Any] = dict(snapshot)
        self._touched: dict[str, dict[str, None]] = {}

    def section(self, name: str) -> Mapping[str, Any]:
        """Read a section."""
        found: Mapping[str, Any] = self._sections.get(name, EMPTY)
        return found

    def get(self, section: str, key: str, default: Any = None) -> Any:
        """Read one value."""
        return self._sections.get(section, EMPTY).get(key, default)

    def put(self, section: str, key: str, value: Any) -> None:
        """Write one value. What was put must not be changed in place afterwards."""
        touched = self._touched.get(section)
        if touched is None:
            touched = self._touched[section] = {}
            self._sections[section] = {**self._sections.get(section, EMPTY)}
        self._sections[section][key] = value
        touched[key] = None

    def drop(self, section: str, key: str) -> None:
        """Remove one value, if it is there."""
        if key in self._sections.get(section, EMPTY):
            self.put(section, key, None)
            del self._sections[section][key]

    def replace(self, section: str, values: Mapping[str, Any]) -> None:
        """Write several values at once, None removing one, into a fresh mapping, so that who holds the old one sees no change."""
        merged = {**self._sections.get(section, EMPTY), **values}
        self._sections[section] = {key: value for key, value in merged.items() if value is not None}
        self._touched.setdefault(section, {}).update(dict.fromkeys(values))

    def touched(self, section: str) -> frozenset[str]:
        """Name the keys of a section that were written."""
        return frozenset(self._touched.get(section, ()))

    def delta(self) -> Delta:
        """Give what differs from before: section -> key -> change (`changed`), None where it is gone."""
        delta: Delta = {}
        for section, keys in self._touched.items():
            if section in UNRECORDED:
                continue
            before, after = self._before.get(section, EMPTY), self._sections[section]
            changes = {}
            for key in keys:
                old, new = before.get(key), after.get(key)
                if new != old:
                    changes[key] = changed(old, new) if isinstance(old, list) else new
            if changes:
                delta[section] = changes
        return delta

    def snapshot(self) -> dict[str, Mapping[str, Any]]:
        """Give the snapshot after; empty sections are left out."""
        return {name: values for name, values in self._sections.items() if values}


def changed(before: list[Any], value: Any) -> Any:
    """Tell a change of a list: if it only grew by rows with their time what was added, else the new value.

    Such lists become long, one act for each row: each event would else tell all rows before it.
    """
    rows = grown_by(before, value) if before else ()
    return {ADDED: rows} if rows and all(isinstance(row, Mapping) and "at" in row for row in rows) else value


def grown_by(before: Any, value: Any) -> list[Any]:
    """Give what was added at the end of a list; nothing where it changed otherwise, and where one of the two is no list."""
    if isinstance(before, list) and isinstance(value, list) and value[: len(before)] == before:
        return value[len(before) :]
    return []


def changed_to(before: Any, change: Any) -> Any:
    """Give the value that a change told leads to; where nothing is known of what was there before, as far as it is told."""
    if not isinstance(change, Mapping) or ADDED not in change:
        return change
    return [*(before if isinstance(before, list) else ()), *change[ADDED]]


def values_after(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values that the changes told of one section lead to, None where one is gone."""
    return {key: changed_to(before.get(key), change) for key, change in changes.items()}


def fold(snapshot: Snapshot, delta: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Apply the delta of one event: the projection by which a case row is rebuilt from its trail."""
    sections = dict(snapshot)
    for name, changes in delta.items():
        before = sections.get(name, EMPTY)
        merged = {**before, **values_after(before, changes)}
        sections[name] = {key: value for key, value in merged.items() if value is not None}
    return {name: values for name, values in sections.items() if values}
