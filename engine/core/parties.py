"""Parties of a case: who was invited, what each said, and whether all that a state asked for is signed.

What a case knows of its parties lies in its snapshot, one key for each, and stays there when the state is left, until it is
entered anew. What a history restores goes on with its old stay.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.core.case import Actor, Draft
from engine.core.undecidable import evaluated
from engine.definition.effects import PartyAct
from engine.definition.party_groups import PARTY, VERDICT, PartyGroup
from engine.definition.process import State

if TYPE_CHECKING:
    from engine.core.interpreter import Run

SECTION = "parties"
PARTED = "@"


class Party(NamedTuple):
    """One party of a group: ``id`` of the unit, person or role it is, and what is known of it."""

    id: str
    facts: Mapping[str, Any]

    @property
    def has_signed(self) -> bool:
        """Whether it gave a verdict."""
        return "signed" in self.facts

    @property
    def is_waived(self) -> bool:
        """Whether nothing is asked of it any more."""
        return "waived" in self.facts

    @property
    def is_done(self) -> bool:
        """Whether it has signed, whatever it said, or need not any more."""
        return self.has_signed or self.is_waived


def parties_of(draft: Draft, group: PartyGroup) -> list[Party]:
    """Give the parties of a group in the order of their invitation: of the present stay, else of the last."""
    mine = f"{group.name}{PARTED}"
    kept = draft.section(SECTION)
    found = (Party(key.removeprefix(mine), facts) for key, facts in kept.items() if key.startswith(mine))
    return sorted(found, key=lambda party: party.facts["order"])


def outstanding(draft: Draft, group: PartyGroup) -> list[Party]:
    """Give the parties that still stand in the way: not waived, and not signed or signed with a refusing verdict."""
    return [party for party in parties_of(draft, group) if not party.is_waived and party.facts.get(VERDICT, "") in {"", *group.refusing}]


def acting_party(draft: Draft, group: PartyGroup, actor: Actor) -> Party | None:
    """Say for which party somebody signs: for the own person, unit or role; of several roles for the first that has not signed."""
    if group.source is None:
        mine = [party for party in parties_of(draft, group) if party.id in actor.roles]
        return next((party for party in mine if not party.has_signed), mine[0] if mine else None)
    by_id = {party.id: party for party in parties_of(draft, group)}
    return by_id.get(actor.id) or by_id.get(actor.unit or "")


def holder(group: PartyGroup, party: Party) -> dict[str, str]:
    """Say who a party is, as tasks and notices name people."""
    if group.source is None:
        return {"role": party.id}
    return {"role": group.roles[0], "person" if group.persons else "unit": party.id}


def seen_parties(draft: Draft, groups: Mapping[str, PartyGroup]) -> dict[str, list[dict[str, Any]]]:
    """Give all parties by group, as expressions see them."""
    return {name: [_seen(group, party) for party in parties_of(draft, group)] for name, group in groups.items()}


def _seen(group: PartyGroup, party: Party) -> dict[str, Any]:
    seen = {**holder(group, party), VERDICT: party.facts.get(VERDICT, ""), "signed": party.has_signed, "waived": party.is_waived}
    if party.has_signed:
        seen |= {"at": party.facts["signed"], "by": party.facts["by"]}
    return seen


class Parties:
    """The parties of one case during one command. Implements `engine.core.constructs.Construct`."""

    def __init__(self, run: Run) -> None:
        self.run = run

    # --- states come and go -----------------------------------------------------------------------------------------

    def enter(self, state: State) -> None:
        """Invite the parties of a state; those of the last stay are forgotten, unless a history restores that stay."""
        for group in state.parties:
            if state.path not in self.run.restored:
                self._forget(group)
            here = {party.id: party for party in parties_of(self.run.draft, group)}
            for party in here.values():
                if not party.is_done:
                    self.run.ledgers.invite(group.deadlines, party.id)
            self.invite(group, [party_id for party_id in self._named(group) if party_id not in here])

    def invite_new(self, states: Iterable[State], known: Container[str]) -> None:
        """Invite the parties of groups that a new version adds to states in which the case is already."""
        for state in states:
            for group in state.parties:
                if group.name not in known:
                    self.invite(group, self._named(group))

    def _forget(self, group: PartyGroup) -> None:
        """Drop what is known of the last stay: the parties, and how their deadlines ended."""
        for party in parties_of(self.run.draft, group):
            self.run.draft.drop(SECTION, self._key(group, party.id))
        names = tuple(f"{deadline.name}{PARTED}" for deadline in group.deadlines)
        for key in [key for key in self.run.draft.section("ended") if names and key.startswith(names)]:
            self.run.draft.drop("ended", key)

    def leave(self, state: State) -> None:
        """Leave them as they are: what was said can still be read."""

    def is_complete(self, state: State) -> bool:
        """Say whether each party has signed without refusing, or is waived or removed."""
        return not any(outstanding(self.run.draft, group) for group in state.parties)

    # --- what is done with them -------------------------------------------------------------------------------------

    def take(self, effect: PartyAct) -> None:
        """Take one of the built-in acts; the gates have checked who acts, and which party is meant."""
        group = self.run.process.definition.parties[effect.group]
        if effect.act == "sign":
            self.sign(group)
            return
        party_id = str(self.run.own_values[PARTY])
        match effect.act:
            case "add":
                self.invite(group, [party_id])
                self._list(group, [*self._listed(group), party_id])
            case "remove":
                self.run.ledgers.release(group.deadlines, party_id)
                self.run.draft.drop(SECTION, self._key(group, party_id))
                self._list(group, [each for each in self._listed(group) if each != party_id])
            case "waive":
                self.run.ledgers.release(group.deadlines, party_id)
                self._note(group, party_id, waived=self.run.moment)

    def sign(self, group: PartyGroup) -> None:
        """Keep a party's verdict in place of what it said before; a refusal is heard in this very step."""
        party = acting_party(self.run.draft, group, self.run.request.actor)
        assert party is not None
        verdict = str(self.run.own_values[VERDICT])
        self.run.ledgers.release(group.deadlines, party.id)
        self._note(group, party.id, verdict=verdict, signed=self.run.moment, by=self.run.request.actor.id)
        if verdict in group.refusing:
            self.run.raised.append(f"hear:{group.name}.refused")

    def invite(self, group: PartyGroup, party_ids: Iterable[str]) -> None:
        """Add parties that have not said anything."""
        first = 1 + max((party.facts["order"] for party in parties_of(self.run.draft, group)), default=0)
        for order, party_id in enumerate(party_ids, first):
            self.run.draft.put(SECTION, self._key(group, party_id), {"order": order, "invited": self.run.moment})
            self.run.ledgers.invite(group.deadlines, party_id)

    # --- who is to be told, and what is still to be done ------------------------------------------------------------

    def tasks(self, active: set[str]) -> Iterator[dict[str, Any]]:
        """Give a task for each party that has not signed yet, in the inbox of its unit."""
        for group in self.run.process.definition.parties.values():
            if group.state not in active:
                continue
            for party in parties_of(self.run.draft, group):
                if not party.is_done:
                    roles = group.roles if group.source is not None else (party.id,)
                    told = {"kind": "party", "state": group.state, "action": f"{group.name}.sign", **holder(group, party)}
                    yield from ({**told, "role": role} for role in roles)

    def due(self) -> list[dict[str, str]]:
        """Say who the party is whose deadline fires."""
        if self.run.party_due is None:
            return []
        name, party_id = self.run.party_due
        group = self.run.process.definition.parties[name]
        return [holder(group, party) for party in parties_of(self.run.draft, group) if party.id == party_id]

    def awaited(self, name: str) -> list[Party]:
        """Give the parties of a group that have not signed yet, whatever they are to say."""
        return [party for party in parties_of(self.run.draft, self.run.process.definition.parties[name]) if not party.is_done]

    def holders(self, name: str) -> list[dict[str, str]]:
        """Say who the parties of a group are."""
        group = self.run.process.definition.parties[name]
        return [holder(group, party) for party in parties_of(self.run.draft, group)]

    # --- parts ------------------------------------------------------------------------------------------------------

    def _named(self, group: PartyGroup) -> list[str]:
        """Give those that are to be invited, each once; nobody while what `from` reads is empty."""
        if group.source is None:
            return list(group.roles)
        return list(dict.fromkeys(evaluated(group.source, self.run.view(), optional=True) or ()))

    def _note(self, group: PartyGroup, party_id: str, **facts: Any) -> None:
        key = self._key(group, party_id)
        self.run.draft.put(SECTION, key, {**self.run.draft.get(SECTION, key), **facts})

    def _listed(self, group: PartyGroup) -> list[str]:
        return list(self.run.draft.get("data", group.listed, ())) if group.listed is not None else []

    def _list(self, group: PartyGroup, ids: list[str]) -> None:
        """Keep the list that `from` names as it is now, so that the next entry invites the same."""
        if group.listed is not None and ids != self._listed(group):
            self.run.set_data({group.listed: list(dict.fromkeys(ids))})
            self.run.compute()

    @staticmethod
    def _key(group: PartyGroup, party_id: str) -> str:
        return f"{group.name}{PARTED}{party_id}"
