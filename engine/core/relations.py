"""What a case knows of other cases: its children, the cases at the other ends of its links, and who opened it.

========== ==========================================================================================================
section    key -> value
========== ==========================================================================================================
children   case id -> {group, key, n, stay, org, told?, waived?, cancelled?, refused?}
links      ``link:case id`` -> {link, id, n, org, taken, wants, told?}
shared     case id, or ``link:case id`` -> data that the other case has told
origin     ``parent`` -> {org, case, group, key, wants}; ``schedule`` -> {name, at}
gathering  ``link:case id`` -> True while a case that is to be gathered has not answered
========== ==========================================================================================================

``stay`` is the seq of the event that entered the group's state; ``told`` holds state, outcome, number, opened_at, done, overdue, told_at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.core.case import EMPTY, Draft
from engine.core.compiled import Process
from engine.definition.datatypes import LISTS, NUMBERS, DataItem, TypeName

Entry = Mapping[str, Any]
UNTOLD: Entry = {"state": "", "outcome": "", "number": "", "done": False, "overdue": False, "taken": []}


def children_of(draft: Draft, group: str) -> dict[str, Entry]:
    """Give the children of a group's present stay, else of its last, by case id, in the order of their rows."""
    found = {case: entry for case, entry in draft.section("children").items() if entry["group"] == group}
    latest = max((entry["stay"] for entry in found.values()), default=0)
    return dict(sorted(((case, entry) for case, entry in found.items() if entry["stay"] == latest), key=lambda pair: pair[1]["n"]))


def links_of(draft: Draft, link: str) -> dict[str, Entry]:
    """Give the ends of a link by their key, in the order in which they were tied."""
    found = ((key, entry) for key, entry in draft.section("links").items() if entry["link"] == link)
    return dict(sorted(found, key=lambda pair: pair[1]["n"]))


def is_running(entry: Entry) -> bool:
    """Say whether a child has not ended, and nobody has told it to."""
    return not (is_done(entry) or "cancelled" in entry or "refused" in entry)


def is_done(entry: Entry) -> bool:
    """Say whether the other case has ended, as it was last told."""
    return bool(entry.get("told", EMPTY).get("done"))


def counts_as_done(entry: Entry) -> bool:
    """Say whether a group need not wait for a child: it has ended, or was waived."""
    return is_done(entry) or "waived" in entry


def child_views(process: Process, draft: Draft) -> dict[str, list[dict[str, Any]]]:
    """Give what an expression sees as `children`."""
    return {
        name: [
            case_view(case, entry, group.read, draft.section("shared").get(case, EMPTY), key=entry["key"])
            for case, entry in children_of(draft, name).items()
        ]
        for name, group in process.definition.groups.items()
    }


def link_views(process: Process, draft: Draft) -> dict[str, list[dict[str, Any]]]:
    """Give what an expression sees as `links`."""
    told = draft.section("shared")
    return {
        name: [case_view(entry["id"], entry, link.read, told.get(key, EMPTY)) for key, entry in links_of(draft, name).items()]
        for name, link in process.definition.links.items()
    }


def case_view(case: str, entry: Entry, read: Iterable[DataItem], shared: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    """Give another case as an expression sees it. Untold numbers are 0, untold lists are empty."""
    return {
        **UNTOLD,
        **entry.get("told", EMPTY),
        "id": case,
        "key": key,
        "organisation": entry["org"],
        "waived": "waived" in entry,
        "data": {**{item.id: untold for item in read if (untold := _untold(item)) is not None}, **shared},
    }


def _untold(item: DataItem) -> Any:
    if item.type.name in LISTS:
        return []
    if item.type.name in NUMBERS:
        return 0 if item.type.name is TypeName.INT else "0"
    return None


def next_place(draft: Draft) -> int:
    """Give the place after all that is known so far, so that order is that of coming."""
    sections = (draft.section("children"), draft.section("links"))
    return max((entry["n"] for section in sections for entry in section.values()), default=0) + 1
