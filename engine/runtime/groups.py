"""What the outside sees of the parties of a case: who was asked, what each said, and who is still awaited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.clock import Instant, rfc3339
from engine.core.ballot_facts import entry_of, is_open, item_id, item_label, open_papers, roll_of
from engine.core.case import Case, Draft
from engine.core.compiled import Process
from engine.core.ledger import live_of
from engine.core.parties import Party, holder, outstanding, parties_of
from engine.core.refusals import label
from engine.definition.party_groups import VERDICT, PartyGroup

Json = dict[str, Any]


def parties_view(process: Process, case: Case, now: Instant, language: str) -> list[Json]:
    """Give the groups of parties that a case has or had, in the order of the process; of each the present stay, else the last."""
    active, draft = process.tree.active(case.configuration), Draft(case.snapshot)
    entered = case.snapshot.get("entered", {})
    return [
        group_view(group, draft, now, language, open_now=group.state in active and not case.has_ended)
        for group in process.definition.parties.values()
        if group.state in entered
    ]


def group_view(group: PartyGroup, draft: Draft, now: Instant, language: str, *, open_now: bool) -> Json:
    """Give one group; ``open_now``: its state is active, so that its parties can sign."""
    awaited = {party.id for party in outstanding(draft, group)}
    return {
        "name": group.name,
        "title": label(group.title, language),
        "state": group.state,
        "open": open_now,
        "complete": not awaited,
        "parties": [
            {**party_view(group, party, language), "awaited": party.id in awaited, **due_view(group, party, draft, now)}
            for party in parties_of(draft, group)
        ],
    }


def party_view(group: PartyGroup, party: Party, language: str) -> Json:
    """Give one party: who it is, what it said and when."""
    who, facts = holder(group, party), party.facts
    verdict: str | None = facts.get(VERDICT)
    return {
        "role": who["role"],
        "unit": who.get("unit"),
        "person": who.get("person"),
        "verdict": verdict,
        "said": label(group.verdicts[verdict], language) if verdict is not None else None,
        "refuses": verdict in group.refusing,
        "invited_at": rfc3339(facts["invited"]),
        "signed_at": _moment(facts, "signed"),
        "signed_by": facts.get("by"),
        "waived_at": _moment(facts, "waived"),
    }


def ballots_view(process: Process, case: Case, person: str, language: str) -> list[Json]:
    """Give the ballots that are open or closed: how many have voted, and of a closed one the result. ``person``: who looks."""
    draft = Draft(case.snapshot)
    found = []
    for ballot in process.definition.ballots.values():
        kept = draft.get("ballots", ballot.name)
        if kept is None:
            continue
        roll, mine = roll_of(draft, ballot), entry_of(draft, ballot, person)
        found.append(
            {
                "name": ballot.name,
                "title": label(ballot.title, language),
                "state": ballot.state,
                "open": is_open(draft, ballot),
                "secret": ballot.secret,
                "opened_at": rfc3339(kept["opened"]),
                "closed_at": _moment(kept, "closed"),
                "voters": len(roll),
                "voted": sum("voted" in entry for entry in roll.values()),
                "waiting_for_me": 0 if mine is None or not is_open(draft, ballot) else len(open_papers(ballot, mine)),
                "items": [
                    {"id": item_id(item, number), "label": item_label(ballot, item)}
                    for number, item in enumerate(kept["items"])
                    if ballot.items is not None
                ],
                "result": kept.get("result"),
            }
        )
    return found


def due_view(group: PartyGroup, party: Party, draft: Draft, now: Instant) -> Json:
    """Say when what a party is asked for is due, and whether that is over; of several deadlines the earliest."""
    live = [kept for deadline in group.deadlines for kept in live_of(draft.section("deadlines"), deadline.name)]
    dues = [kept["due"] for kept in live if kept.get("party") == party.id and kept["due"] is not None]
    due = min(dues, default=None)
    return {"due": None if due is None else rfc3339(due), "overdue": due is not None and due <= now}


def _moment(facts: Mapping[str, Any], name: str) -> str | None:
    return rfc3339(facts[name]) if name in facts else None
