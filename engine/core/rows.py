"""Rows of registries, decided purely: one command changes one row, as a whole or not at all.

A row is added, changed (from now on it is otherwise), corrected (it was wrong), retired (it is not offered any more) and restored. Who
does it must keep the registry, and all but adding needs a reason. The rows of a ledger are only added and corrected; what should
not stand in it is retired.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from engine.clock import Instant
from engine.core import refusals as say
from engine.core.case import EMPTY, Actor
from engine.core.decision import Refused
from engine.definition.registry import RegistryDefinition
from engine.errors import Refusal

Action = Literal["add", "change", "correct", "retire", "restore"]

LONGEST_KEY = 200
RESERVED_KEYS = frozenset({"import", "export", ".", ".."})
"""They would be read as something else where a key stands in an address."""
NOT_IN_KEYS = re.compile(r"[/\\?#%\x00-\x1f\x7f]|^\s|\s$")


class Row(NamedTuple):
    """A row as the core sees it. ``version`` counts its events, ``head`` is the hash of the latest."""

    org: str
    registry: str
    key: str
    id: str
    version: int
    head: str
    definition: int
    values: Mapping[str, Any]
    added_at: Instant
    updated_at: Instant
    updated_by: str
    retired_at: Instant | None = None


class RowCommand(NamedTuple):
    """What is to happen to a row. ``values``: fields with their values, None empties one; of a new row its ``key`` is among them."""

    actor: Actor
    action: Action
    values: Mapping[str, Any] = EMPTY
    reason: str | None = None


class RowDecision(NamedTuple):
    """What happened to a row. ``delta``: field -> new value (None: empty now); it is empty where the row is as it was."""

    before: Row | None
    row: Row
    action: Action
    delta: Mapping[str, Any]
    role: str
    reason: str | None

    @property
    def changes_nothing(self) -> bool:
        """Say that there is nothing to record: a change to what is there already."""
        return not self.delta and self.action in {"change", "correct"}


class NewRow(NamedTuple):
    """What a new row is given by who asks: where it belongs, what its events are of, and the hash that its first event follows."""

    org: str
    id: str
    head: str


def decide(definition: RegistryDefinition, version: int, before: Row | NewRow, command: RowCommand, now: Instant) -> RowDecision | Refused:
    """Decide one command on one row.

    Args:
        definition: the definition in force.
        version: its number.
        before: the row as it is, or what a new one begins with.
        command: what is to happen.
        now: when it is recorded, microseconds UTC. A row never goes back in time: the later of this and its last change counts.

    Returns:
        A RowDecision, or Refused with every reason.
    """
    reasons = [*about_who(definition, command.actor), *(about_reason(command.reason) if command.action != "add" else ())]
    reasons += _about_row(definition, before, command)
    values, faults = _values(definition, before, command)
    if reasons or faults:
        return Refused((*reasons, *faults))
    now = now if isinstance(before, NewRow) else max(now, before.updated_at)
    key = str(values[definition.key])
    reasons += [_not_computable(definition, name, why) for name, why in definition.failing(key, values, now).items()]
    if reasons:
        return Refused(tuple(reasons))
    role = next(role for role in definition.kept_by if role in command.actor.roles)
    row = _row(definition, version, before, values, command, now)
    known = EMPTY if isinstance(before, NewRow) else before.values
    delta = {name: values.get(name) for name in sorted({*known, *values}) if known.get(name) != values.get(name)}
    return RowDecision(None if isinstance(before, NewRow) else before, row, command.action, delta, role, command.reason)


def key_given(definition: RegistryDefinition, values: Mapping[str, Any]) -> str | None:
    """Give the key among the values of a new row in canonical form, None where it is missing or cannot be one."""
    found = definition.form.validate({definition.key: values.get(definition.key)})[0].get(definition.key)
    return found if isinstance(found, str) and not key_refusals(definition, found) else None


def key_refusals(definition: RegistryDefinition, key: str) -> list[Refusal]:
    """Refuse a key that could not stand in an address."""
    if len(key) <= LONGEST_KEY and key not in RESERVED_KEYS and not NOT_IN_KEYS.search(key):
        return []
    zh = f"编号最多{LONGEST_KEY}字，首尾不能有空格，不能含 / \\ ? # % 和控制字符，也不能是 import、export"
    en = f"expected a key of at most {LONGEST_KEY} characters, without blanks around it and without / \\ ? # % and control characters"
    en += "; import and export are no keys"
    return [say.in_field(Refusal("invalid_field", {say.ZH: zh, say.EN: en}), definition.key, definition.fields[definition.key].title)]


def about_who(definition: RegistryDefinition, actor: Actor) -> list[Refusal]:
    """Refuse who does not keep the registry."""
    if actor.roles.isdisjoint(definition.kept_by):
        return [say.wrong_role((role, {say.ZH: role}) for role in definition.kept_by)]
    return []


def about_reason(reason: str | None) -> list[Refusal]:
    """Refuse what has to have a reason and has none."""
    return [] if reason is not None and reason.strip() else [say.reason_required()]


def _about_row(definition: RegistryDefinition, before: Row | NewRow, command: RowCommand) -> list[Refusal]:
    """Refuse what the row itself stands against."""
    if isinstance(before, NewRow):
        return []
    retired = before.retired_at is not None
    if command.action == "add":
        return [say.row_exists(before.key, retired=retired)]
    found = []
    if command.action == "change" and definition.ledger:
        found.append(say.ledger_is_corrected())
    if command.action == "restore" and not retired:
        found.append(say.row_not_retired(before.key))
    if command.action != "restore" and retired:
        found.append(say.row_retired(before.key))
    return found


def _values(definition: RegistryDefinition, before: Row | NewRow, command: RowCommand) -> tuple[dict[str, Any], list[Refusal]]:
    """Give the row's values as they will be, in canonical form, or what is wrong with them."""
    given, key = command.values, definition.key
    wanted = {**(definition.defaults if isinstance(before, NewRow) else before.values), **given}
    faults = [_is_computed(definition, name) for name in given if name in definition.computed]
    filled = {name: value for name, value in wanted.items() if value is not None and name not in definition.computed}
    values, found = definition.form.validate(filled)
    faults += [_in_row(definition, fault) for fault in found]
    if not faults and isinstance(before, NewRow):
        faults += key_refusals(definition, str(values[key]))
    elif not faults and not isinstance(before, NewRow) and values[key] != before.key:
        faults.append(say.key_is_fixed(key, before.key, definition.fields[key].title))
    return values, faults


def _row(
    definition: RegistryDefinition, version: int, before: Row | NewRow, values: Mapping[str, Any], command: RowCommand, now: Instant
) -> Row:
    if isinstance(before, NewRow):
        key = str(values[definition.key])
        return Row(before.org, definition.registry, key, before.id, 1, before.head, version, values, now, now, command.actor.id)
    retired_at = now if command.action == "retire" else None if command.action == "restore" else before.retired_at
    return before._replace(
        version=before.version + 1,
        definition=version,
        values=values,
        updated_at=now,
        updated_by=command.actor.id,
        retired_at=retired_at,
    )


def _in_row(definition: RegistryDefinition, fault: Refusal) -> Refusal:
    """Tell a fault of a form with the title of its field."""
    place = str(fault.facts["field"])
    item = definition.fields.get(place.partition(".")[0])
    return say.in_field(fault, place, {say.ZH: place, say.EN: place} if item is None else item.title)


def _is_computed(definition: RegistryDefinition, name: str) -> Refusal:
    why = {say.ZH: "由系统计算得出，不能填写", say.EN: "this is computed and never typed in"}
    return say.in_field(Refusal("invalid_field", why, {"field": name}), name, definition.fields[name].title)


def _not_computable(definition: RegistryDefinition, name: str, why: str) -> Refusal:
    told = {say.ZH: f"据此无法计算：{why}", say.EN: f"this cannot be computed from the row: {why}"}
    return say.in_field(Refusal("invalid_field", told, {"field": name}), name, definition.fields[name].title)
