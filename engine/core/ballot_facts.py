"""What a case knows of its ballots: the roll, who has voted, what is rated, and the results of those that are closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.case import Draft
from engine.definition.ballots import ITEM, MODE, Ballot
from engine.definition.datatypes import STRINGS

SECTION, ROLL, URN, COUNTED = "ballots", "roll", "urn", "counted"
LONGEST_LABEL = 100


def is_open(draft: Draft, ballot: Ballot) -> bool:
    """Say whether papers are taken."""
    kept = draft.get(SECTION, ballot.name)
    return kept is not None and "closed" not in kept


def is_closed(draft: Draft, ballot: Ballot) -> bool:
    """Say whether there is a result."""
    kept = draft.get(SECTION, ballot.name)
    return kept is not None and "closed" in kept


def entry_of(draft: Draft, ballot: Ballot, person: str) -> Mapping[str, Any] | None:
    """Give the entry of somebody on the roll."""
    found: Mapping[str, Any] | None = draft.get(ROLL, f"{ballot.name}@{person}")
    return found


def roll_of(draft: Draft, ballot: Ballot) -> dict[str, Mapping[str, Any]]:
    """Give the roll: person -> entry."""
    mine = f"{ballot.name}@"
    return {key.removeprefix(mine): entry for key, entry in draft.section(ROLL).items() if key.startswith(mine)}


def masks(entry: Mapping[str, Any], which: str) -> dict[str, int]:
    """Give what somebody may rate (``may``), may not for it is their own (``own``), or has rated (``voted``): mode -> items."""
    return {mode: int(mask, 16) for mode, mask in entry.get(which, {}).items()}


def open_papers(ballot: Ballot, entry: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Give the papers somebody may still hand in: mode and number of the item."""
    may, voted = masks(entry, "may"), masks(entry, "voted")
    everything = 0
    for mask in voted.values():
        everything |= mask
    found = []
    for mode, mask in may.items():
        done = voted.get(mode, 0) if MODE in ballot.per else everything
        if ITEM not in ballot.per and done:
            continue
        found += [(mode, item) for item in range(mask.bit_length()) if mask >> item & 1 and not done >> item & 1]
    return found


def item_ids(draft: Draft, ballot: Ballot) -> list[str]:
    """Name the items of a ballot as papers name them: by the id they are or have, else by their number."""
    return [item_id(item, number) for number, item in enumerate(draft.get(SECTION, ballot.name)["items"])]


def item_id(item: Any, number: int) -> str:
    """Name one item."""
    if isinstance(item, str):
        return item
    return str(item["id"]) if isinstance(item, Mapping) and "id" in item else str(number + 1)


def item_label(ballot: Ballot, item: Any) -> str:
    """Say what an item is, for who chooses among them."""
    if not isinstance(item, Mapping) or ballot.item is None:
        return "" if item is None else str(item)
    texts = [field.id for field in ballot.item.struct_fields if field.type.name in STRINGS and field.id != "by"]
    return " · ".join(str(item[name]) for name in texts if name in item)[:LONGEST_LABEL]


def seen_ballots(draft: Draft, ballots: Mapping[str, Ballot]) -> dict[str, dict[str, Any]]:
    """Give all ballots as expressions see them: before it is closed nothing of one can be read but that it is not."""
    found: dict[str, dict[str, Any]] = {}
    for name, ballot in ballots.items():
        kept = draft.get(SECTION, name)
        if not is_closed(draft, ballot):
            found[name] = {"closed": False}
            continue
        result = {**kept["result"], "closed": True}
        if "items" in result:
            result["items"] = [{**row, "item": kept["items"][row["n"]]} for row in result["items"]]
        found[name] = result
    return found
