"""What the outside sees of registries and their rows: JSON values, without what is not for this reader's roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.clock import Instant, rfc3339
from engine.core.chain import is_commitment
from engine.core.refusals import label
from engine.core.rows import Row
from engine.definition import json_schemas
from engine.definition.registry import ANYONE, RegistryDefinition
from engine.runtime.people import Principal
from engine.runtime.rebuilding import whole_body
from engine.store.trail import StoredEvent

Json = dict[str, Any]


def may_look(principal: Principal, definition: RegistryDefinition) -> bool:
    """Say whether somebody may look at a registry: its keepers, those it is open to, and who may read everything."""
    open_to = {*definition.kept_by, *definition.seen_by}
    return "read" in principal.rights or ANYONE in open_to or not principal.roles.isdisjoint(open_to)


def keeps(principal: Principal, definition: RegistryDefinition) -> bool:
    """Say whether somebody keeps a registry."""
    return not principal.roles.isdisjoint(definition.kept_by)


def may_see(principal: Principal, definition: RegistryDefinition, name: str) -> bool:
    """Say whether a field is open to a reader: for all, for one of the reader's roles, or because the reader keeps the registry."""
    item = definition.fields.get(name)
    if item is None:
        return False
    return not item.seen_by or not principal.roles.isdisjoint(item.seen_by) or keeps(principal, definition) or "audit" in principal.rights


def visible_fields(principal: Principal, definition: RegistryDefinition) -> tuple[str, ...]:
    """Give the fields this reader may see, in the order of the file."""
    return tuple(name for name in definition.fields if may_see(principal, definition, name))


def registry_view(definition: RegistryDefinition, version: int, rows: int, principal: Principal, language: str) -> Json:
    """Give a registry with its fields as this reader sees them."""
    return {
        "registry": definition.registry,
        "version": version,
        "digest": definition.digest,
        "title": label(definition.title, language),
        "key": definition.key,
        "kept_by": list(definition.kept_by),
        "seen_by": list(definition.seen_by),
        "ledger": definition.ledger,
        "may_keep": keeps(principal, definition),
        "rows": rows,
        "fields": [
            {
                "field": name,
                "title": label(definition.fields[name].title, language),
                "type": str(definition.fields[name].type.name),
                "computed": name in definition.computed,
                "form": json_schemas.of_type(definition.fields[name].type, language),
            }
            for name in visible_fields(principal, definition)
        ],
    }


def row_view(definition: RegistryDefinition, row: Row, principal: Principal, now: Instant) -> Json:
    """Give a row as its reader may see it, with what is computed at an instant."""
    complete = definition.complete(row.key, row.values, now)
    return {
        "registry": row.registry,
        "key": row.key,
        "version": row.version,
        "data": {name: complete[name] for name in visible_fields(principal, definition) if name in complete},
        "retired": row.retired_at is not None,
        "added_at": rfc3339(row.added_at),
        "updated_at": rfc3339(row.updated_at),
        "updated_by": row.updated_by,
    }


def history_view(definition: RegistryDefinition, events: list[StoredEvent], principal: Principal) -> list[Json]:
    """Tell what happened to a row, oldest first: who did what, when and why, and each field before and after.

    A value whose text was removed from the trail is null, and ``removed`` says so.
    """
    told: list[Json] = []
    values: dict[str, Any] = {}
    for stored in events:
        body = whole_body(stored)
        delta: Mapping[str, Any] = body.get("delta", {})
        changes = [change_view(name, values.get(name), value) for name, value in delta.items() if may_see(principal, definition, name)]
        values.update(delta)
        entry: Json = {
            "version": body["seq"],
            "action": body["action"],
            "at": body["recorded_at"],
            "actor": body["actor"]["id"],
            "role": body["actor"]["role"],
            "reason": body["reason"] if isinstance(body.get("reason"), str) else None,
            "changes": changes,
            "hash": stored.event.hash,
        }
        told.append(entry)
    return told


def change_view(name: str, before: Any, after: Any) -> Json:
    """Give one field before and after."""
    seen: Json = {"field": name, "before": plain(before), "after": plain(after)}
    if is_commitment(before) or is_commitment(after):
        seen["removed"] = True
    return seen


def plain(value: Any) -> Any:
    """Give a value, None where only its commitment is left."""
    return None if is_commitment(value) else value


def row_event_view(definition: RegistryDefinition, principal: Principal, stored: StoredEvent) -> Json:
    """Give an event of a row as an auditor sees it, with what it commits to put back, as far as it is kept and this reader may see it."""
    body = whole_body(stored)
    delta: Json = body.get("delta", {})
    for name in delta:
        if not may_see(principal, definition, name):
            delta[name] = {"hidden": True}
    return {**body, "hash": stored.event.hash, **({} if stored.log_index is None else {"log_index": stored.log_index})}
