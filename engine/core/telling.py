"""What a case tells those it is related to: after every step, its parent and the other ends of its links, if it has changed for them.

Facts of every case are its top-level state, outcome, number, when it was opened, whether it has ended, and whether anything is overdue;
beside them the data that the other side asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.clock import Instant
from engine.core.case import EMPTY, Case, Snapshot
from engine.core.compiled import Process
from engine.core.deadlines import is_overdue
from engine.core.ledger import Ledger
from engine.core.message import Message


def tellings(process: Process, before: Case, after: Case, *, at: Instant, numbered: bool) -> Iterator[Message]:
    """Give the messages by which related cases learn what has changed. ``at``: the moment of the step.

    ``numbered``: the step gives the case its number. That is a change too, though the number is put in once it is drawn.
    """
    if "origin" not in after.snapshot and "links" not in after.snapshot:
        return
    was = facts(process, before, before.updated_at) if before.seq else None
    now = facts(process, after, at)
    moved = numbered or was != now
    parent = after.snapshot.get("origin", EMPTY).get("parent")
    if parent is not None:
        wants = parent["wants"]
        if moved or shared(before.snapshot, wants) != shared(after.snapshot, wants):
            told = {"child": parent["group"], "facts": now, "data": shared(after.snapshot, wants)}
            yield Message(parent["org"], parent["case"], "tell", told)
    known = before.snapshot.get("links", EMPTY)
    for key, entry in after.snapshot.get("links", EMPTY).items():
        link, wants = process.definition.links[entry["link"]], entry["wants"]
        new = key not in known
        changed = moved or shared(before.snapshot, wants) != shared(after.snapshot, wants)
        if new or changed or known[key]["wants"] != wants:
            told = {"link": link.inverse, "facts": now, "data": shared(after.snapshot, wants), "wants": [item.id for item in link.read]}
            yield Message(entry["org"], entry["id"], "tell", told)


def facts(process: Process, case: Case, at: Instant) -> dict[str, Any]:
    """Give what every case tells of itself."""
    return {
        "state": case.configuration[0].split(".", 1)[0],
        "outcome": case.outcome or "",
        "number": case.number or "",
        "opened_at": case.opened_at,
        "done": case.has_ended,
        "taken": sorted({name for act in case.snapshot.get("acts", EMPTY) for name in (act, act.rpartition(".")[2])}),
        "overdue": any(anything_overdue(process, case.snapshot, at)),
    }


def anything_overdue(process: Process, snapshot: Snapshot, at: Instant) -> Iterator[bool]:
    """Say of each live deadline whether it is past due; for a timer nobody is late."""
    for kept in snapshot.get("deadlines", EMPTY).values():
        deadline = process.definition.deadlines.get(kept["name"])
        yield deadline is not None and not deadline.timer and is_overdue(Ledger.from_json(kept), at)


def shared(snapshot: Snapshot, wants: list[str]) -> Mapping[str, Any]:
    """Give the data that another case asked for, as far as there are any."""
    data = snapshot.get("data", EMPTY)
    return {name: data[name] for name in wants if name in data}
