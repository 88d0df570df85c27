"""The deadlines of a case during a migration, and during its undoing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine.core import recurring, rungs
from engine.core.bridge import Bridge
from engine.core.case import EMPTY, Case
from engine.core.deadline_policies import OPERATIONS, Terms, carried
from engine.core.decision import DeadlineChange
from engine.core.ledger import Ledger, Status, live_of
from engine.core.ledgers import Ledgers
from engine.core.parties import Party
from engine.definition.process import ROOT, Deadline, State

if TYPE_CHECKING:
    from engine.core.interpreter import Run


class MigratedLedgers(Ledgers):
    """Carries live deadlines into another version. ``policy`` stands for the default of `migrate`, where one was asked for."""

    def __init__(self, run: Run, bridge: Bridge, policy: str | None) -> None:
        super().__init__(run)
        self.bridge, self.policy = bridge, policy
        self._data: Mapping[str, Any] | None = None

    def carry(self) -> None:
        """Carry each live deadline by its policy, in document order; what has no place in the new version ends as cancelled."""
        kept = self.run.draft.section("deadlines")
        active = self.run.process.tree.active(self.run.configuration)
        done: set[str] = set()
        for name, old in self.bridge.old.definition.deadlines.items():
            ledgers = [Ledger.from_json(each) for each in live_of(kept, name)]
            if not ledgers:
                continue
            new = self.run.process.definition.deadlines.get(self.bridge.deadlines.get(name, ""))
            has_no_place = new is None or new.name in done or not has_place(new, ledgers[0], active)
            for ledger in ledgers:
                if new is None or has_no_place or not self._is_still_asked(new, ledger):
                    self._cancel(ledger, "" if new is None or new.name in done else new.name)
                else:
                    self._carry(old, new, ledger)
            if new is not None and not has_no_place:
                done.add(new.name)

    def arm_new(self, states: Iterable[State]) -> None:
        """Arm what the new version adds to states that are active already, from their entry on, if the guard is true now."""
        known = set(self.bridge.deadlines.values())
        for deadline in (each for state in states for each in state.every_deadline):
            if deadline.name in known or not self._applies(deadline):
                continue
            if deadline.group is None:
                self._arm_since(deadline)
                continue
            for party in self.run.parties.awaited(deadline.group):
                self._arm_since(deadline, party)

    def _is_still_asked(self, new: Deadline, ledger: Ledger) -> bool:
        """Say whether a deadline that each party has is still that of a party who has not signed."""
        return new.group is None or any(party.id == ledger.party for party in self.run.parties.awaited(new.group))

    def settled(self) -> None:
        """Remember the data as they came over: only what changes from here on moves a deadline by what it reads."""
        self._data = self.run.draft.section("data")

    def recompute_changed(self) -> None:
        """Count again where data have changed since they came over; until then policies alone move deadlines."""
        if self.run.draft.section("data") != self._data:
            super().recompute_changed()

    def _carry(self, old: Deadline, new: Deadline, ledger: Ledger) -> None:
        policy = self.bridge.block.deadlines.get(new.name) or self.policy or self.bridge.block.default
        terms = Terms(self._term(new.within), self._term(new.lead), self._start(new), self._until(new), self._rest_day(new))
        if new.name != ledger.name:  # a number means one name for ever: under another name the rest runs under another number
            self._cancel(ledger, "")
            ledger = ledger._replace(n=self._next_number(), name=new.name)
        pauses = tuple(pause._replace(state=self.bridge.states.get(pause.state, pause.state)) for pause in ledger.pauses)
        calendar, before = self.run.process.calendar, self.bridge.old.calendar
        moved = carried(policy, old, new, ledger._replace(pauses=pauses), terms, calendar, before, self.run.moment)
        if moved.period is not None and moved.due is None:  # the new rule has no more days
            self._cancel(moved, "")
        else:
            self._keep(OPERATIONS[policy], moved)

    def _arm_since(self, deadline: Deadline, party: Party | None = None) -> None:
        since = self.run.case.opened_at if deadline.state == ROOT else self.run.draft.section("entered")[deadline.state][0]
        since = since if party is None else party.facts["invited"]
        if deadline.rrule is not None:
            calendar, rest_day = self.run.process.calendar, self._rest_day(deadline)
            self._begin(recurring.first_period(deadline, calendar, self.run.moment, rest_day=rest_day, since=since))
            return
        whose = None if party is None else party.id
        self._arm_from(deadline, since, whose, n=self._next_number(), within=self._term(deadline.within))

    def _cancel(self, ledger: Ledger, name: str) -> None:
        """End a ledger; ``name`` is under what the new version knows it, empty where it does not."""
        self.run.draft.drop("deadlines", ledger.key)
        if name:
            key = ledger._replace(name=name, period=None).key  # of periods it is the last one that counts
            self.run.draft.put("ended", key, [Status.CANCELLED.value, ledger.due or 0])
        self._changes.append(cancelled(ledger, self.run.moment))


class RestoredLedgers(Ledgers):
    """Puts the deadlines back as they were before a migration."""

    def restore(self, before: Case) -> None:
        """End what the migration armed and give back what it changed."""
        now, then = (named_by_number(each.snapshot.get("deadlines", EMPTY)) for each in (self.run.case, before))
        self._changes += [cancelled(Ledger.from_json(kept), self.run.moment) for n, kept in now.items() if n not in then]
        self._changes += [restored(Ledger.from_json(kept)) for n, kept in then.items() if now.get(n) != kept]

    def recompute_changed(self) -> None:
        """Count nothing again: everything is as it was."""


def has_place(deadline: Deadline, ledger: Ledger, active: set[str]) -> bool:
    """Say whether a deadline can go on where the case stands: in its state, or paused where its clock stands."""
    return deadline.state in active or (ledger.status is Status.PAUSED and not active.isdisjoint(deadline.paused_in))


def named_by_number(ledgers: Mapping[str, Any]) -> dict[int, Any]:
    """Give live ledgers by number, in its order."""
    return {kept["n"]: kept for kept in sorted(ledgers.values(), key=lambda kept: int(kept["n"]))}


def cancelled(ledger: Ledger, now: int) -> DeadlineChange:
    """Say that a deadline ends, neither met nor late."""
    return DeadlineChange("cancelled", ledger.name, ledger.n, ledger._replace(status=Status.CANCELLED, ended=now).to_json())


def restored(ledger: Ledger) -> DeadlineChange:
    """Say that a deadline runs as it ran."""
    next_at, rung = rungs.next_rung(ledger) or (None, None)
    return DeadlineChange("restored", ledger.name, ledger.n, ledger.to_json(), next_at, rung)
