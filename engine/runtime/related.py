"""What the outside sees of the cases that a case has to do with: its children, the other ends of its links, and who opened it."""

from __future__ import annotations

from typing import Any

from engine.clock import rfc3339
from engine.core.case import EMPTY, Case, Draft
from engine.core.compiled import Process
from engine.core.refusals import label
from engine.core.relations import Entry, children_of, counts_as_done, is_running, links_of

Json = dict[str, Any]


def related_view(process: Process, case: Case, language: str) -> Json:
    """Give children by group, links by name, and the parent, as they have told of themselves."""
    draft, definition = Draft(case.snapshot), process.definition
    told = case.snapshot.get("shared", EMPTY)
    parent = case.snapshot.get("origin", EMPTY).get("parent")
    return {
        "children": [
            {
                "name": group.name,
                "title": label(group.title, language),
                "state": group.state,
                "cases": [
                    {**seen(case_id, entry, told.get(case_id, EMPTY)), "key": entry["key"], "counts_as_done": counts_as_done(entry)}
                    for case_id, entry in children_of(draft, group.name).items()
                ],
            }
            for group in definition.groups.values()
        ],
        "links": [
            {
                "name": link.name,
                "workflows": list(link.workflows),
                "cases": [seen(entry["id"], entry, told.get(key, EMPTY)) for key, entry in links_of(draft, link.name).items()],
            }
            for link in definition.links.values()
        ],
        "parent": None if parent is None else {"id": parent["case"], "organisation": parent["org"], "group": parent["group"]},
    }


def seen(case_id: str, entry: Entry, told: Entry) -> Json:
    """Give one other case: what it has told, and whether it was cancelled, waived or refused."""
    facts = entry.get("told", EMPTY)
    return {
        "id": case_id,
        "organisation": entry["org"],
        "number": facts.get("number") or None,
        "state": facts.get("state") or None,
        "outcome": facts.get("outcome") or None,
        "done": bool(facts.get("done")),
        "overdue": bool(facts.get("overdue")),
        "running": is_running(entry),
        "waived": "waived" in entry,
        "refused": list(entry.get("refused", ())),
        "opened_at": rfc3339(facts["opened_at"]) if "opened_at" in facts else None,
        "told_at": facts.get("told_at"),
        "data": dict(told),
    }
