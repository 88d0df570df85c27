"""What the outside sees of a case, an action, an event: JSON values with texts in the reader's language.

What is sealed or not for this reader's roles is left out here, in one place, for HTTP, pages and command line alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from engine.clock import Instant, rfc3339
from engine.core.actions import ActionStatus, allowed_actions, live_values
from engine.core.case import EMPTY, Case, Configuration
from engine.core.chain import is_commitment
from engine.core.compiled import Process
from engine.core.refusals import label
from engine.core.standing import unsealed
from engine.core.world import World
from engine.definition.datatypes import DataItem
from engine.definition.process import ROOT, Document, ProcessDefinition
from engine.errors import Refusal
from engine.runtime.people import Principal
from engine.settings import is_sandbox
from engine.store.records import MessageRecord
from engine.store.trail import StoredEvent

Json = dict[str, Any]


def case_view(
    process: Process,
    case: Case,
    principal: Principal,
    now: Instant,
    language: str,
    world: World,
    sent: Sequence[MessageRecord] = (),
) -> Json:
    """Give a case as its reader may see it, with the names of the actions open to that reader. ``sent``: messages that still wait."""
    definition = process.definition
    return {
        "id": case.id,
        "trial": is_sandbox(case.org),
        "workflow": case.workflow,
        "definition_version": case.definition_version,
        "title": label(definition.title, language),
        "number": case.number,
        "client_ref": case.client_ref,
        "state": case.configuration[0].split(".", 1)[0],
        "configuration": list(case.configuration),
        "where": [state_title(process, leaf, language) for leaf in case.configuration],
        "owner": [*owners(process, case.configuration)],
        "data": visible_data(process, case, principal, asked_now(process, case, now, world)),
        "documents": {
            name: attached_view(kept)
            for name, kept in case.snapshot.get("documents", EMPTY).items()
            if may_see_document(definition, principal, name)
        },
        "deadlines": [
            deadline_view(definition, ledger, now, language)
            for ledger in sorted(case.snapshot.get("deadlines", EMPTY).values(), key=lambda each: (each["name"], each["n"]))
        ],
        "actions": allowed_actions(process, case, principal.actor, now, world),
        "pending_messages": [{"kind": each.kind, "case": each.to_case} for each in sent],
        "outcome": case.outcome,
        "version": case.version,
        "seq": case.seq,
        "opened_at": rfc3339(case.opened_at),
        "opened_by": case.opened_by,
        "updated_at": rfc3339(case.updated_at),
        "ended_at": None if case.ended_at is None else rfc3339(case.ended_at),
    }


@lru_cache(maxsize=4096)
def state_title(process: Process, leaf: str, language: str) -> str:
    """Give the title of a leaf, written or not, with those of the states around it, outer first."""
    line = [path for path in reversed(process.states[leaf].line) if path != ROOT]
    return " · ".join(label(process.states[path].title, language) for path in line)


def attached_view(kept: Mapping[str, Any]) -> Json:
    """Give the document that is attached now, and whether it was approved."""
    seen: Json = {**kept, "at": rfc3339(kept["at"])}
    if "approved_at" in kept:
        seen["approved_at"] = rfc3339(kept["approved_at"])
    return seen


@lru_cache(maxsize=4096)
def owners(process: Process, configuration: Configuration) -> tuple[str, ...]:
    """Give the roles in whose inbox a case lies."""
    return tuple(dict.fromkeys(role for leaf in configuration for role in process.states[leaf].owner))


def visible_data(process: Process, case: Case, principal: Principal, asked: Mapping[str, Any] = EMPTY) -> Json:
    """Give the data items this reader may see now, with what live queries give and what is computed from that."""
    everybodys = open_items(process.definition)
    return {
        name: value
        for name, value in sorted({**case.data, **asked}.items())
        if name in everybodys or may_see(process, case, principal, name)
    }


@lru_cache(maxsize=256)
def open_items(definition: ProcessDefinition) -> frozenset[str]:
    """Name the items that every reader may see at any time."""
    return frozenset(item.id for item in definition.data.values() if item.sealed_until is None and not item.seen_by)


@lru_cache(maxsize=256)
def live_items(definition: ProcessDefinition) -> tuple[DataItem, ...]:
    """Give the items that a query fills at the moment of reading."""
    return tuple(item for item in definition.data.values() if item.is_live)


def asked_now(process: Process, case: Case, now: Instant, world: World) -> Json:
    """Give what live queries give that no act has fixed yet, and what follows from it; one that reads what is empty gives nothing."""
    items = [item for item in live_items(process.definition) if item.id not in case.data]
    if not items or case.has_ended:
        return {}
    return live_values(process, case, items, now, world)


def may_see(process: Process, case: Case, principal: Principal, name: str) -> bool:
    """Say whether an item is open to a reader: not sealed any more, and for one of the reader's roles."""
    item = process.definition.data.get(name)
    if item is None:
        return False
    if item.sealed_until is not None and not unsealed(process, case, item.sealed_until):
        return False
    return not item.seen_by or not principal.roles.isdisjoint(item.seen_by) or "audit" in principal.rights


def may_see_document(definition: ProcessDefinition, principal: Principal, name: str) -> bool:
    """Say whether a document is open to a reader; one that this version does not have any more was open to all."""
    document = definition.documents.get(name)
    seen_by = document.seen_by if document is not None else ()
    return not seen_by or not principal.roles.isdisjoint(seen_by) or "audit" in principal.rights


def made_documents(definition: ProcessDefinition, principal: Principal) -> dict[str, Document]:
    """Give the documents that are made of a template and open to a reader, by name."""
    made = (each for each in definition.documents.values() if each.template)
    return {each.id: each for each in made if may_see_document(definition, principal, each.id)}


def deadline_view(definition: ProcessDefinition, ledger: Mapping[str, Any], now: Instant, language: str) -> Json:
    """Give one deadline, or that of a period or party: due when, overdue or not, and its rungs with when they fire or fired."""
    deadline = definition.deadlines[ledger["name"]]
    due = ledger.get("due")
    return {
        "name": deadline.name,
        "title": label(deadline.title, language),
        "n": ledger["n"],
        "period": ledger["period"]["number"] if "period" in ledger else None,
        "party": ledger.get("party"),
        "status": ledger["status"],
        "basis": deadline.basis,
        "timer": deadline.timer,
        "due": None if due is None else rfc3339(due),
        "due_date": ledger.get("due_date"),
        "nominal_date": ledger.get("nominal"),
        "provisional": ledger["provisional"],
        "overdue": ledger["status"] == "running" and due is not None and due <= now and not deadline.timer,
        "rungs": [rung_view(rung, ledger) for rung in ledger["rungs"]],
    }


def rung_view(rung: Mapping[str, Any], ledger: Mapping[str, Any]) -> Json:
    """Give one rung: when it fires, and when its command was taken or, after a stop of the service, only recorded."""
    at = rung["at"]
    recorded = ledger.get("recorded", {})
    fired = ledger["fired"].get(at, recorded.get(at))
    seen: Json = {"at": at, "instant": rfc3339(rung["instant"]) if "instant" in rung else None}
    seen["fired"] = None if fired is None else rfc3339(fired)
    if at in recorded:
        seen["recorded_only"] = True
    return seen


def action_view(status: ActionStatus, language: str, settings: Mapping[str, Any]) -> Json:
    """Give one action: allowed with the JSON Schema of its form, or refused with every reason."""
    seen: Json = {"name": status.name, "title": label(status.title, language), "allowed": status.allowed, "by": list(status.by)}
    if status.form is not None:
        seen["form"] = form = status.form.json_schema(language, settings)
        for name, ids in status.choices.items():
            form["properties"][name]["enum"] = list(ids)
    if status.reason:
        seen["reason"] = status.reason
    if status.attaches:
        seen["attaches"] = True
    if status.depends_on:
        seen["depends_on"] = list(status.depends_on)
    if not status.allowed:
        seen["refusals"] = refusal_views(status.refusals, language)
    return seen


def refusal_views(refusals: Iterable[Refusal], language: str) -> list[Json]:
    """Give refusals with their texts in one language; codes and facts never change with it."""
    return [{"code": refusal.code, "message": label(refusal.message, language), **refusal.facts} for refusal in refusals]


def event_view(process: Process, case: Case, principal: Principal, stored: StoredEvent) -> Json:
    """Give an event with what it commits to put back in place, as far as it is kept and this reader may see it."""
    body: Json = orjson.loads(stored.event.body)
    kept: Mapping[str, list[Any]] = orjson.loads(stored.payload) if stored.payload else {}
    for pointer, (_, value) in kept.items():
        if pointer_is_open(process, case, principal, pointer):
            put_back(body, pointer, what_was_asked(process, case, principal, pointer, value))
    hide_data(body, process, case, principal)
    body["hash"] = stored.event.hash
    if stored.log_index is not None:
        body["log_index"] = stored.log_index
    return body


def pointer_is_open(process: Process, case: Case, principal: Principal, pointer: str) -> bool:
    """Say whether a committed value is open to a reader."""
    item = pointer.removeprefix("/delta/data/")
    return may_see(process, case, principal, item) if item != pointer else True


def what_was_asked(process: Process, case: Case, principal: Principal, pointer: str, value: Any) -> Any:
    """Leave out of what waits for its decision the items that this reader may not see."""
    if not pointer.startswith("/delta/asked/"):
        return value
    return {**value, "data": {name: given for name, given in value["data"].items() if may_see(process, case, principal, name)}}


def hide_data(body: Json, process: Process, case: Case, principal: Principal) -> None:
    """Leave out of an event the values that this reader may not see; that they changed stays visible."""
    data = body.get("delta", {}).get("data", {})
    for name, value in data.items():
        if not is_commitment(value) and not may_see(process, case, principal, name):
            data[name] = {"hidden": True}
    hide_papers(body, case)


def hide_papers(body: Json, case: Case) -> None:
    """Leave out what the papers of a ballot say until it is closed; that somebody has voted stays visible."""
    delta, ballots = body.get("delta", {}), case.snapshot.get("ballots", EMPTY)
    for section in ("roll", "counted"):
        for key, entry in delta.get(section, {}).items():
            if entry is None or "closed" in ballots.get(key.partition("@")[0], EMPTY):
                continue
            delta[section][key] = {"hidden": True} if section == "counted" else {**entry, **({"papers": {}} if "papers" in entry else {})}


def put_back(body: Json, pointer: str, value: Any) -> None:
    """Put a value in the place of its commitment."""
    *way, last = pointer.strip("/").split("/")
    place = body
    for part in way:
        place = place.get(part, {})
    if is_commitment(place.get(last)):
        place[last] = value


def earliest_due(process: Process, case: Case) -> Instant | None:
    """Give the earliest due instant of the deadlines that run."""
    live: Mapping[str, Any] = case.snapshot.get("deadlines", EMPTY)
    declared = process.definition.deadlines
    dues = [
        ledger["due"]
        for ledger in live.values()
        if ledger["status"] == "running" and ledger.get("due") is not None and not declared[ledger["name"]].timer
    ]
    return min(dues, default=None)
