"""Receiving: what another case has sent arrives as a command of this one, by the same algorithm as all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.clock import Instant, rfc3339
from engine.core.case import CASE_ROLE, EMPTY, Actor, Case
from engine.core.command import Receive
from engine.core.compiled import Process
from engine.core.decision import Outcome
from engine.core.gates import Request
from engine.core.interpreter import Run
from engine.core.links import stands_in
from engine.core.machine import Chosen
from engine.core.message import Message
from engine.core.relations import is_done
from engine.core.world import World


def receive(process: Process, case: Case, command: Receive, now: Instant, world: World) -> Outcome:
    """Decide what a message does to the case. It is never refused for what it asks: what cannot be done is noted."""
    actor = Actor(f"case:{command.sender.case_id}", frozenset({CASE_ROLE}), command.sender.org)
    run = Run(process, case, now, now, Request(actor, world=world))
    run.role = CASE_ROLE
    run.notes["from"] = command.sender.noted()
    _BY_KIND[command.kind](run, command, command.body)
    return run.decision("message", name_of(command), None)


def name_of(command: Receive) -> str:
    """Name a message for the trail: a signal by its own name, all else by what it is."""
    return f"signal:{command.body['name']}" if command.kind == "signal" else command.kind


def _hear(run: Run, event: str, given: Mapping[str, Any] = EMPTY) -> bool:
    """Take what hears an event, and settle; say whether anything did."""
    run.given = given
    chosen, _, _ = run.choose(f"hear:{event}")
    if chosen:
        run.take(chosen, f"hear:{event}")
    run.given = EMPTY
    run.settle()
    return bool(chosen)


def _signal(run: Run, command: Receive, body: Mapping[str, Any]) -> None:
    """Hear a signal. One that nothing receives changes nothing, stays in the trail and is shown to the owner."""
    declared = run.process.definition.signals.get(body["name"])
    welcome = declared is not None and (command.workflow is None or command.workflow in declared.senders)
    given = {"signal": body["carries"]} if body["carries"] else EMPTY
    if not (welcome and _hear(run, body["name"], given)):
        run.notes["unreceived"] = body["name"]
        run.effects.notices.extend(run.effects.recipients(("owner",)))


def _tell(run: Run, command: Receive, body: Mapping[str, Any]) -> None:
    """Learn how a related case stands. It moves no state by itself; what follows from it does."""
    sender = command.sender.case_id
    section, key = ("children", sender) if "child" in body else ("links", f"{body['link']}:{sender}")
    entry = run.draft.get(section, key)
    if entry is None:
        run.notes["unreceived"] = "tell"
        return
    told = {**body["facts"], "told_at": rfc3339(run.now)}
    wants = {"wants": body["wants"]} if section == "links" else {}
    run.draft.put(section, key, {**entry, **wants, "told": told})
    if body["data"] or run.draft.get("shared", key):
        run.draft.put("shared", key, body["data"])
    run.compute()
    if section == "links" and told["done"] and not is_done(entry):
        run.raised.append(f"hear:{body['link']}.ended")
    run.settle()


def _refused(run: Run, command: Receive, body: Mapping[str, Any]) -> None:
    """Learn that a case that should have been opened was not: the owner is told, who may waive it or do it otherwise."""
    sender = command.sender.case_id
    run.notes["refused"] = [{"code": code} for code in body["codes"]]
    run.effects.notices.extend(run.effects.recipients(("owner",)))
    if "child" in body:
        entry = run.draft.get("children", sender)
        if entry is not None:
            run.draft.put("children", sender, {**entry, "refused": list(body["codes"])})
        _hear(run, f"{body['child']}.refused")
    else:
        run.links.untie(f"{body['link']}:{sender}")
        run.settle()


def _cancel(run: Run, _: Receive, __: Mapping[str, Any]) -> None:
    """End as cancelled, unless a state hears `parent.cancelled` and knows better."""
    if not run.has_ended() and not _hear(run, "parent.cancelled"):
        spec = run.process.cancelling
        run.take([Chosen(spec, spec.branches[0])], "hear:parent.cancelled")
        run.settle()


def _tie(run: Run, command: Receive, body: Mapping[str, Any]) -> None:
    """Be tied to the sender, in whatever state."""
    run.links.tie(body["link"], command.sender.org, command.sender.case_id, wants=body["wants"])
    run.compute()
    run.settle()


def _collect(run: Run, command: Receive, body: Mapping[str, Any]) -> None:
    """Come under the sender, if this case stands in one of the states meant and receives `<link>.collected` there; else say no."""
    link, taken = body["link"], False
    declared = run.process.definition.links.get(link)
    if not run.has_ended() and stands_in(run.configuration, body["states"]) and declared is not None:
        run.links.tie(link, command.sender.org, command.sender.case_id, taken=True, wants=body["wants"])
        taken = _hear(run, f"{link}.collected")
    if not taken:
        run.links.untie(f"{link}:{command.sender.case_id}")
        run.notes["left_out"] = link
    inverse = declared.inverse if declared is not None else ""
    wants = [item.id for item in declared.read] if declared is not None and taken else []
    run.send(Message(command.sender.org, command.sender.case_id, "gathered", {"link": inverse, "taken": taken, "wants": wants}))


def _gathered(run: Run, command: Receive, body: Mapping[str, Any]) -> None:
    """Hear the answer of a case that was to be gathered; once each has answered, `<link>.gathered` is raised."""
    link, case = body["link"], command.sender.case_id
    run.draft.drop("gathering", f"{link}:{case}")
    if body["taken"]:
        run.links.tie(link, command.sender.org, case, taken=True, wants=body["wants"])
    else:
        run.notes["left_out"] = {"link": link, "case": case}
    run.compute()
    if not any(key.startswith(f"{link}:") for key in run.draft.section("gathering")):
        run.raised.append(f"hear:{link}.gathered")
    run.settle()


def _release(run: Run, command: Receive, body: Mapping[str, Any]) -> None:
    """Be on one's own again."""
    run.links.untie(f"{body['link']}:{command.sender.case_id}")
    run.compute()
    _hear(run, f"{body['link']}.released")


_BY_KIND: Mapping[str, Callable[[Run, Receive, Mapping[str, Any]], None]] = {
    "signal": _signal,
    "tell": _tell,
    "refused": _refused,
    "cancel": _cancel,
    "tie": _tie,
    "collect": _collect,
    "gathered": _gathered,
    "release": _release,
}
