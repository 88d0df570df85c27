"""What an expression may read: the data as they will be, as they were, the actor, the case, and the case's own memory.

A view is made for one moment of one macrostep. Its ``data`` mapping is never changed in place, so an evaluator may keep what it
builds from it for as long as the identity of the mapping lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.clock import Instant
from engine.core.asking import answer
from engine.core.ballot_facts import seen_ballots
from engine.core.case import EMPTY, Actor, Case, Draft
from engine.core.compiled import Process
from engine.core.deadlines import is_overdue
from engine.core.ledger import OVER_TIME, Ledger, ended_of, live_of
from engine.core.parties import seen_parties
from engine.core.relations import child_views, link_views
from engine.core.world import NOWHERE, World


class CaseView:
    """The view of one case during one command. Implements `engine.definition.expressions.View`."""

    __slots__ = (
        "_active",
        "_draft",
        "_process",
        "_world",
        "actor",
        "cache",
        "case",
        "configuration",
        "data",
        "given",
        "now",
        "settings",
        "was",
    )

    def __init__(
        self,
        process: Process,
        draft: Draft,
        configuration: tuple[str, ...],
        *,
        actor: Mapping[str, Any],
        case: Mapping[str, Any],
        settings: Mapping[str, Any],
        data: Mapping[str, Any],
        was: Mapping[str, Any],
        now: Instant,
        given: Mapping[str, Any] = EMPTY,
        world: World = NOWHERE,
    ) -> None:
        self._process = process
        self._draft = draft
        self._active: set[str] | None = None
        self.configuration = configuration
        self.actor, self.case, self.settings = actor, case, settings
        self.data, self.was, self.now = data, was, now
        self.given, self._world = given, world
        self.cache: dict[Any, Any] = {}  # evaluators keep here what they build from this view

    @property
    def ballots(self) -> Mapping[str, Any]:
        """The result of each ballot that is closed."""
        return seen_ballots(self._draft, self._process.definition.ballots)

    @property
    def parties(self) -> Mapping[str, Any]:
        """The parties of each group, as they are at this moment of the step."""
        return seen_parties(self._draft, self._process.definition.parties)

    @property
    def children(self) -> Mapping[str, Any]:
        """Give the children of each group as they have told of themselves."""
        return child_views(self._process, self._draft)

    @property
    def links(self) -> Mapping[str, Any]:
        """Give the cases at the other ends of each link as they have told of themselves."""
        return link_views(self._process, self._draft)

    def live(self, item: str) -> Any:
        """Give what a live query gives at this moment, asked once for each view."""
        answers = self.cache
        if ("live", item) not in answers:
            answers["live", item] = answer(self._process.definition.data[item], self, self._world)
        return answers["live", item]

    def looked_up(self, target: str, key: str) -> Mapping[str, Any]:
        """Give what is known of the case, or the row of a registry, that a ref points to; nothing where there is none."""
        return self._world.referred(target, key) or EMPTY

    def is_in(self, state: str) -> bool:
        """Say whether a state is active."""
        if self._active is None:
            self._active = self._process.tree.active(self.configuration)
        return state in self._active

    def count(self, act: str) -> int:
        """Say how many times an act was taken in this case."""
        acts = self._draft.section("acts")
        return sum(acts[key][0] for key in self._process.acts.get(act, ()) if key in acts)

    def count_since(self, act: str, state: str) -> int:
        """Say how many times an act was taken since a state was last entered."""
        since = self._draft.section("since")
        return sum(since.get(f"{key}@{state}", 0) for key in self._process.acts.get(act, ()))

    def last(self, act: str) -> Instant | None:
        """Give the instant at which an act was last taken."""
        acts = self._draft.section("acts")
        return max((acts[key][1] for key in self._process.acts.get(act, ()) if key in acts), default=None)

    def entered(self, state: str) -> Instant | None:
        """Give the instant at which a state was last entered."""
        found = self._draft.get("entered", state)
        return found[0] if found else None

    def overdue(self, deadline: str) -> bool:
        """Say whether a deadline, in the present stay or the last, is past due and not met in time.

        Of one that recurs: whether its oldest open period is; once none is open, whether the last one was late or missed. Of one that
        each party has: whether any party's is or was.
        """
        live = live_of(self._draft.section("deadlines"), deadline)
        if live and live[0].get("party") is None:
            return is_overdue(Ledger.from_json(live[0]), self.now)
        if any(is_overdue(Ledger.from_json(kept), self.now) for kept in live):
            return True
        return not OVER_TIME.isdisjoint(ended_of(self._draft.section("ended"), deadline))

    def met(self, deadline: str) -> bool:
        """Say whether a deadline, in the present stay or the last, was met in time.

        Of one that recurs: the period that ended last. Of one that each party has: whether all of them met it.
        """
        found = ended_of(self._draft.section("ended"), deadline)
        if any(kept.get("period") is None for kept in live_of(self._draft.section("deadlines"), deadline)):
            return False
        return set(found) == {"met"}


def actor_facts(actor: Actor, role: str) -> dict[str, Any]:
    """Give what an expression sees of the actor; an absent unit is absent."""
    facts = {"id": actor.id, "role": role, "organisation": actor.organisation}
    if actor.unit:
        facts["unit"] = actor.unit
    return facts


def case_facts(case: Case, parent: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give what an expression sees of the case."""
    facts: dict[str, Any] = {"id": case.id, "organisation": case.org, "opened_at": case.opened_at, "opened_by": case.opened_by}
    if case.number:
        facts["number"] = case.number
    if parent is not None:
        facts["parent"] = parent["case"]
    return facts
