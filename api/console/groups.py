"""The parties of a case and the cases it has to do with, on its page: a table for each group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.console.writing import When, Writer
from engine.core.parties import PARTED
from engine.definition.party_groups import VERDICT
from engine.definition.process import ProcessDefinition
from engine.runtime.groups import ballots_view
from engine.runtime.people import Principal
from engine.runtime.reading import Seen
from engine.runtime.related import related_view


@dataclass(frozen=True, slots=True)
class PartyShown:
    """One party: what it said, by whom and when, or why there is nothing yet."""

    name: str
    verdict: str
    note: str
    by: str
    at: When | None
    due: When | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class PartiesShown:
    """One group of parties. ``state``: how many are still awaited, or that it is complete."""

    name: str
    title: str
    state: str
    parties: tuple[PartyShown, ...]


def parties_shown(groups: Sequence[Mapping[str, Any]], definition: ProcessDefinition, writer: Writer) -> Iterable[PartiesShown]:
    """Show each group of parties that the case has or had."""
    words = writer.words
    for group in groups:
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
    return PartyShown(
        name,
        party["said"] or "",
        note,
        by,
        None if signed is None else writer.instant(signed),
        None if party["due"] is None else writer.due(party["due"]),
        party["overdue"],
    )


@dataclass(frozen=True, slots=True)
class BallotShown:
    """One ballot: how many have voted, and once it is closed what came of it, as pairs of a title and a value."""

    name: str
    title: str
    state: str
    pairs: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, str, str], ...]


def ballots_shown(seen: Seen, principal: Principal, writer: Writer) -> Iterable[BallotShown]:
    """Show each ballot that is open or closed."""
    words, definition = writer.words, seen.process.definition
    for ballot in ballots_view(seen.process, seen.case, principal.id, writer.language):
        state = words("ballot_open", voted=ballot["voted"], voters=ballot["voters"]) if ballot["open"] else words("ballot_closed")
        result, declared = ballot["result"], definition.ballots[ballot["name"]]
        pairs, rows = list[tuple[str, str]](), list[tuple[str, str, str, str]]()
        if result is not None:
            pairs = [
                (words(f"ballot_{word}"), str(result[word]))
                for word in ("roll", "cast", "valid", "blank", "invalid", "mean")
                if word in result
            ]
            pairs += [(writer.text(declared.grades[grade]), str(count)) for grade, count in result.get("counts", {}).items()]
            pairs.append((words("ballot_quorate"), words("yes" if result["quorate"] else "no")))
            for row in result.get("items", ()):
                label = writer.unit(ballot["items"][row["n"]]["label"])
                rows.append((str(row.get("rank", "")), label, str(row.get("mean", "")), str(row["valid"])))
        yield BallotShown(ballot["name"], ballot["title"], state, tuple(pairs), tuple(rows))


def verdicts_said(body: Mapping[str, Any], definition: ProcessDefinition, writer: Writer) -> Iterable[str]:
    """Say for which party an event signed, and what it said."""
    for key, facts in body.get("delta", {}).get("parties", {}).items():
        name, _, party = key.partition(PARTED)
        group = definition.parties.get(name)
        if group is None or facts is None or body["action"] != f"{name}.sign":
            continue
        who = party_of(party, name, definition, writer)
        verdict = facts[VERDICT]
        said = writer.text(group.verdicts[verdict]) if verdict in group.verdicts else verdict
        yield writer.words("party_said", party=who, verdict=said)


def party_of(party: str | None, group: str | None, definition: ProcessDefinition, writer: Writer) -> str | None:
    """Name a party of a group: a person, a unit, or else the role that it is; None for none."""
    found = definition.parties.get(group or "")
    if party is None or found is None:
        return party
    if found.source is None:
        return writer.role(definition, party)
    return writer.person(party) if found.persons else writer.unit(party)


def people_among(groups: Sequence[Mapping[str, Any]]) -> set[str]:
    """Find the ids of people who are parties or have signed for one."""
    parties = [party for group in groups for party in group["parties"]]
    return {who for party in parties for who in (party["person"], party["signed_by"]) if who is not None}


@dataclass(frozen=True, slots=True)
class RelatedShown:
    """One other case: where it stands and how it ended."""

    id: str
    name: str
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class RelationShown:
    """Children of a group, cases at the other end of a link, or the parent. ``state``: how many of the children are still awaited."""

    name: str
    title: str
    state: str
    cases: tuple[RelatedShown, ...]


Newest = Callable[[str], ProcessDefinition | None]
"""Gives the newest version of a workflow, None where there is none."""


def related_shown(seen: Seen, writer: Writer, newest: Newest) -> Iterable[RelationShown]:
    """Show the cases that this one has to do with; groups and links without any are left out."""
    definition = seen.process.definition
    words, found = writer.words, related_view(seen.process, seen.case, writer.language)
    if found["parent"] is not None:
        parent = RelatedShown(found["parent"]["id"], words("parent_case"), "", "")
        yield RelationShown("parent", words("parent_case"), "", (parent,))
    for group in found["children"]:
        awaited = sum(not each["counts_as_done"] for each in group["cases"])
        state = words("children_awaited", count=awaited) if awaited else words("parties_complete")
        if group["cases"]:
            workflow = newest(definition.groups[group["name"]].workflow)
            children = (one_related(each, writer.key(each["key"]), workflow, writer) for each in group["cases"])
            yield RelationShown(group["name"], group["title"], state, tuple(children))
    for link in found["links"]:
        if link["cases"]:
            workflows = [newest(each) for each in link["workflows"]]
            title = words.listed([writer.text(each.title) for each in workflows if each is not None]) or words("related")
            shown = (one_related(each, linked_name(each, title, writer), workflows[0], writer) for each in link["cases"])
            yield RelationShown(link["name"], title, "", tuple(shown))


def linked_name(case: Mapping[str, Any], title: str, writer: Writer) -> str:
    """Name a case at the other end of a link: by its number, else by the title of its workflow and, once it has told, its opening."""
    if case["number"] or not case["opened_at"]:
        return case["number"] or title
    return writer.words("related_opened", title=title, at=writer.instant(case["opened_at"]).text)


def one_related(case: Mapping[str, Any], name: str, workflow: ProcessDefinition | None, writer: Writer) -> RelatedShown:
    """Show one other case."""
    words = writer.words
    notes = {"refused": bool(case["refused"]), "waived": case["waived"], "overdue": case["overdue"] and not case["done"]}
    note = next((words(f"related_{key}") for key, holds in notes.items() if holds), "")
    if case["outcome"]:
        stands = words(f"outcome_{case['outcome']}")
    elif case["state"]:
        stands = case["state"] if workflow is None else writer.state(workflow, case["state"])
    else:
        stands = words("related_untold")
    return RelatedShown(case["id"], name, stands, note)
