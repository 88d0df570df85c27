"""The parties of a case on its page: a table for each group, with what each party said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api.console.writing import When, Writer
from engine.core.parties import PARTED
from engine.definition.party_groups import VERDICT
from engine.definition.process import ProcessDefinition
from engine.runtime.groups import parties_view
from engine.runtime.reading import Seen


@dataclass(frozen=True, slots=True)
class PartyShown:
    """One party: what it said, by whom and when, or why there is nothing yet."""

    name: str
    verdict: str
    note: str
    by: str
    at: When | None


@dataclass(frozen=True, slots=True)
class PartiesShown:
    """One group of parties. ``state``: how many are still awaited, or that it is complete."""

    name: str
    title: str
    state: str
    parties: tuple[PartyShown, ...]


def parties_shown(seen: Seen, writer: Writer) -> Iterable[PartiesShown]:
    """Show each group of parties that the case has or had."""
    words, definition = writer.words, seen.process.definition
    for group in parties_view(seen.process, seen.case, writer.language):
        awaited = sum(party["awaited"] for party in group["parties"])
        state = words("parties_awaited", count=awaited) if awaited else words("parties_complete")
        shown = (party_shown(party, writer, definition, is_open=group["open"]) for party in group["parties"])
        yield PartiesShown(group["name"], group["title"], state, tuple(shown))


def party_shown(party: Mapping[str, Any], writer: Writer, definition: ProcessDefinition, *, is_open: bool) -> PartyShown:
    """Show one party."""
    words = writer.words
    if party["person"] is not None:
        name = writer.person(party["person"])
    else:
        name = writer.unit(party["unit"]) if party["unit"] is not None else writer.role(definition, party["role"])
    if party["waived_at"] is not None:
        note = words("party_waived")
    elif party["signed_at"] is None:
        note = words("party_waiting" if is_open else "party_not_signed")
    else:
        note = words("party_refuses") if party["refuses"] else ""
    signed = party["signed_at"]
    by = "" if signed is None else writer.person(party["signed_by"])
    return PartyShown(name, party["said"] or "", note, by, None if signed is None else writer.instant(signed))


def verdicts_said(body: Mapping[str, Any], definition: ProcessDefinition, writer: Writer) -> Iterable[str]:
    """Say for which party an event signed, and what it said."""
    for key, facts in body.get("delta", {}).get("parties", {}).items():
        name, _, party = key.partition(PARTED)
        group = definition.parties.get(name)
        if group is None or facts is None or body["action"] != f"{name}.sign":
            continue
        who = writer.role(definition, party) if group.source is None else writer.person(party) if group.persons else writer.unit(party)
        verdict = facts[VERDICT]
        said = writer.text(group.verdicts[verdict]) if verdict in group.verdicts else verdict
        yield writer.words("party_said", party=who, verdict=said)


def people_among(seen: Seen) -> set[str]:
    """Find the ids of people who are parties or have signed for one."""
    found: set[str] = set()
    for group in parties_view(seen.process, seen.case, "en"):
        found |= {who for party in group["parties"] for who in (party["person"], party["signed_by"]) if who is not None}
    return found
