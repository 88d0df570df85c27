"""The gates that parties and children add to a transition: who signs, who has not, and whom an act names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.core import refusals as say
from engine.core import relation_refusals
from engine.core.parties import acting_party, outstanding, parties_of
from engine.core.relations import children_of, counts_as_done
from engine.definition.party_groups import PARTY, VERDICT, PartyGroup
from engine.definition.process import Transition
from engine.definition.relations import WaiveChild
from engine.errors import Refusal

if TYPE_CHECKING:
    from engine.core.gates import Gates

CHILD = "child"


def in_turn(gates: Gates, spec: Transition) -> tuple[str, ...]:
    """Give the roles of `by`; where each of them is a party, the one in which this actor signs first."""
    group = party_group(gates, spec)
    if group is None or group.source is not None or (party := acting_party(gates.draft, group, gates.request.actor)) is None:
        return spec.by
    return (party.id, *(role for role in spec.by if role != party.id)) if party.id in spec.by else spec.by


def party_group(gates: Gates, spec: Transition) -> PartyGroup | None:
    """Find the group of parties that a built-in act is of."""
    return gates.process.definition.parties.get(spec.name.partition(".")[0]) if spec.own else None


def party_refusals(gates: Gates, spec: Transition, role: str, own: Mapping[str, Any]) -> Iterator[Refusal]:
    """Refuse what waits for parties; to sign for a party that one is not; and to name a party that is none, or one already."""
    for name in spec.signed:
        awaited = gates.process.definition.parties[name]
        invited = bool(parties_of(gates.draft, awaited)) or gates.draft.get("entered", awaited.state) is not None
        if not invited or (missing := outstanding(gates.draft, awaited)):
            yield say.awaiting_parties(awaited, [] if not invited else missing)
    group = party_group(gates, spec)
    if group is None:
        return
    if VERDICT in spec.own:
        party = acting_party(gates.draft, group, gates.request.actor)
        if role and party is None:
            yield say.not_bound(role, gates.process.definition.roles[role].title)
        elif party is not None and party.is_waived:
            yield say.waived(group.title)
        return
    known = [party.id for party in parties_of(gates.draft, group)]
    adds = spec.name.split(".")[1] == "add"
    if gates.request.listing and not adds:
        gates.choices[spec.id] = {PARTY: tuple(known)}
    if PARTY in own:
        if adds and own[PARTY] in known:
            yield say.already_party(own[PARTY])
        elif not adds and own[PARTY] not in known:
            yield say.no_party(own[PARTY], known)


def child_refusals(gates: Gates, spec: Transition, own: Mapping[str, Any]) -> Iterator[Refusal]:
    """Refuse to waive a child that is not there or need not be waited for."""
    for effect in spec.effects if spec.builtin else ():
        if isinstance(effect, WaiveChild):
            waited_for = tuple(str(entry["key"]) for entry in children_of(gates.draft, effect.group).values() if not counts_as_done(entry))
            if gates.request.listing:
                gates.choices[spec.id] = {CHILD: waited_for}
            if own.get(CHILD) is not None and own[CHILD] not in waited_for:
                yield relation_refusals.unknown_child(own[CHILD], waited_for)
