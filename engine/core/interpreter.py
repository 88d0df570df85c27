"""One command, one macrostep, one moment: SCXML's algorithm on a case, as a pure function.

    outcome = advance(process, case, Act(actor, "approve", {"department": "住建局"}), now)

No session, clock, log or network. A refusal is a value too; whatever happens, the case that was passed in is unchanged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from engine.clock import Instant
from engine.core.asking import answer
from engine.core.attendance import Attendances
from engine.core.ballots import Ballots
from engine.core.case import EMPTY, Case, Configuration, Draft
from engine.core.children import Children
from engine.core.compiled import Process, act_key
from engine.core.constructs import Construct
from engine.core.decision import Decision, FiredRung, NumberWanted, Step
from engine.core.effects import Effecting
from engine.core.gates import Gates, Request
from engine.core.ledgers import Ledgers
from engine.core.links import Links
from engine.core.machine import Chosen
from engine.core.message import Message
from engine.core.parties import Parties
from engine.core.remembering import count, count_anew
from engine.core.standing import bound_to
from engine.core.tasks import task_changes
from engine.core.telling import tellings
from engine.core.tree import Memories, Move, route
from engine.core.undecidable import evaluated
from engine.core.view import CaseView
from engine.core.world import Witness
from engine.definition.datatypes import DataItem
from engine.definition.process import ROOT, History, Kind, State, Transition
from engine.errors import Refusal

MOST_STEPS = 100
ALWAYS = "always:"
VERSIONED = frozenset({"data", "parties"})
"""Sections whose change makes a form stale that was shown before."""


class Unsettled(Exception):
    """The case does not come to rest within MOST_STEPS steps."""


class Run:
    """The moving parts of one macrostep. It never outlives the decision."""

    def __init__(self, process: Process, case: Case, now: Instant, moment: Instant, request: Request) -> None:
        self.process, self.states = process, process.states
        self.case, self.now, self.moment = case, now, moment
        self.witness = Witness(request.world) if process.looks_up else None
        self.request = request if self.witness is None else request._replace(world=self.witness)
        self.seq = case.seq + 1
        self.draft = Draft(case.snapshot)
        self.configuration: Configuration = case.configuration
        self.role = ""
        self.raised: deque[str] = deque()
        self.steps: list[Step] = []
        self.guards: dict[str, bool] = {}
        self.notes: dict[str, Any] = {}
        self.document: Mapping[str, Any] | None = None
        self.asked_values: Mapping[str, Any] = EMPTY
        self.own_values: Mapping[str, Any] = EMPTY  # what the form of a built-in act gives that is no item of the case
        self.restored: frozenset[str] = frozenset()  # what the present step enters because a history remembers it
        self.asked: Mapping[str, Any] | None = None  # what was asked for, and by whom, while it is decided
        self.party_due: tuple[str, str] | None = None  # the group and the party whose deadline fires
        self.corrected_outcome: str | None = None
        self.given: Mapping[str, Any] = EMPTY  # what is seen at this moment only: the `signal` that is heard
        self.outbox: list[Message] = []
        self._view: CaseView | None = None
        self.effects = Effecting(self)
        self.ledgers = Ledgers(self)
        self.constructs: tuple[Construct, ...] = (self.children, self.parties, self.ballots) if process.constructs else ()
        if process.taken_in:
            self.constructs = (*self.constructs, self.attendances)

    # Most acts have to do with none of these, so each is made when it is first asked for.

    @cached_property
    def links(self) -> Links:
        """The ties to other cases."""
        return Links(self)

    @cached_property
    def children(self) -> Children:
        """The cases below this one."""
        return Children(self)

    @cached_property
    def parties(self) -> Parties:
        """Who has to sign or answer."""
        return Parties(self)

    @cached_property
    def ballots(self) -> Ballots:
        """What is voted on."""
        return Ballots(self)

    @cached_property
    def attendances(self) -> Attendances:
        """Who was there."""
        return Attendances(self)

    # --- selecting --------------------------------------------------------------------------------------------------

    def gates(self) -> Gates:
        """Give the gates for where the case stands at this moment."""
        return Gates(self.process, self.case, self.draft, self.configuration, self.moment, self.request, self.given)

    def choose(self, trigger: str) -> tuple[list[Chosen], Gates, dict[Transition, tuple[Refusal, ...]]]:
        """Select on the configuration as it is now; where two exit sets would meet, the inner or the first one stays."""
        gates = self.gates()
        chosen, refused = self.process.select(self.configuration, trigger, gates)
        if len(chosen) > 1:
            chosen = self.process.tree.without_conflicts(chosen, self.move)
        for one in chosen if gates.guards else ():
            for key in (one.spec.id, *(branch.id for branch in one.spec.branches)):
                if key in gates.guards:
                    self.guards[key] = gates.guards[key]
        return chosen, gates, refused

    def move(self, chosen: Chosen, domain: State | None = None) -> Move | None:
        """Say where a chosen branch leads; with its budget spent, to `then`. ``domain``: what stays, once that was found."""
        branch = chosen.branch
        target: str | History | None = branch.target
        if branch.cycles is not None and self.draft.get("cycles", branch.id, 0) >= branch.cycles.at_most:
            target = branch.cycles.then
        if target is None:
            return None
        memories = Memories(self.draft.section("history"), self.draft.section("behind"))
        return self.process.move(chosen, target, memories, domain)

    # --- moving -----------------------------------------------------------------------------------------------------

    def take(self, chosen: list[Chosen], trigger: str) -> None:
        """Move: exits, inner and later first; the transitions' effects; entries, outer and earlier first."""
        if len(self.steps) == MOST_STEPS:
            raise Unsettled(trigger)
        moves = {one: move for one in chosen if (move := self.move(one)) is not None}
        way = route(self.process.tree, self.configuration, (*moves.values(),))
        if self.process.remembered:
            moves |= self.remember(way.exited, moves)
            way = route(self.process.tree, self.configuration, (*moves.values(),))
        self.restored = way.restored
        self.look_behind(way.exited, moves.values())
        count_anew(self, way)
        for one in chosen:  # before its state is left: what this very act meets was not missed
            self.ledgers.met_by(one.spec)
        for state in way.exited:
            self.ledgers.leave(state, way.after)
            for construct in self.constructs:
                construct.leave(state)
            self.draft.drop("announced", state.path)
            if state.exit:
                self.effects.apply(state.exit)
        for one in chosen:
            count(self, one)
            self.effects.apply((*one.spec.effects, *one.branch.effects), one.spec)
        self.configuration = way.after
        for state in way.entered:
            if state.path not in way.restored or self.draft.get("entered", state.path) is None:
                self.draft.put("entered", state.path, [self.moment, self.seq])
            if state.entry:
                self.effects.apply(state.entry)
            self.ledgers.enter(state)
            for construct in self.constructs:
                construct.enter(state)
        self.ledgers.pause_and_resume()
        self.drop_unanswered(way.exits)
        self.compute()
        if way.restored:
            self.restore_silently(way.restored)
        self.steps.append(Step(trigger, tuple(one.branch.id for one in chosen), way.exits, way.entries))

    def remember(self, exited: tuple[State, ...], moves: Mapping[Chosen, Move]) -> dict[Chosen, Move]:
        """Keep the histories of what is left, and give the moves that ask them anew: one may be asked for what is left right now."""
        left = [state for state in self.process.remembered if state in exited]
        for state in left:
            below = [leaf for leaf in self.configuration if self.states[leaf].is_below(state) or leaf == state.path]
            self.draft.put("history", state.path, below)
        asking = ((one, move.domain) for one, move in moves.items() if left and isinstance(one.branch.target, History))
        return {one: again for one, domain in asking if (again := self.move(one, domain)) is not None}

    def look_behind(self, exited: tuple[State, ...], moves: Iterable[Move]) -> None:
        """Keep what the entry of a state leaves behind. Sister regions go on and are none of it; entering again keeps the first."""
        if not self.process.looked_behind:
            return
        for move in moves:
            for state in move.entered:
                if state.path in self.process.looked_behind and state not in exited:
                    self.draft.put("behind", state.path, [leaf for leaf in self.configuration if self.states[leaf].is_below(move.domain)])

    def drop_unanswered(self, left: tuple[str, ...]) -> None:
        """Drop what is still asked when the state it was asked in is left."""
        asked = self.draft.section("asked")
        for action, pending in [*asked.items()] if asked else ():
            if pending["state"] in left:
                self.draft.drop("asked", action)

    def ask(self, items: Iterable[DataItem]) -> None:
        """Fill items with what their queries give now."""
        for item in items:
            self.set_data({item.id: answer(item, self.view(), self.request.world)})

    def compute(self) -> None:
        """Derive the computed items again; one over an empty item is empty."""
        for name in self.process.definition.computed:
            item = self.process.definition.data[name]
            assert item.compute is not None
            value = evaluated(item.compute, self.view(), optional=True)
            if value is None:
                if name in self.draft.section("data"):
                    self.set_data({name: None})
            elif value != self.draft.get("data", name):
                self.set_data({name: value})

    # --- settling ---------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Eventless transitions until none is enabled, then one raised or done event; again, until there is neither."""
        self.announce()
        while not self.has_ended():
            trigger, chosen = ALWAYS, self.choose(ALWAYS)[0] if self.process.eventless else []
            if not chosen:
                if not self.raised:
                    return
                trigger = self.raised.popleft()
                chosen, _, _ = self.choose(trigger)
            if chosen:
                self.take(chosen, trigger)
                self.announce()
            elif trigger.startswith("hear:"):
                self.notes.setdefault("dropped", []).append(trigger.removeprefix("hear:"))

    def announce(self) -> None:
        """Raise `done` of each state that has become complete, once per stay, inner ones first."""
        if not self.process.composites:
            return
        for state in self.process.tree.composites(self.configuration):
            if not self.draft.get("announced", state.path) and self.is_complete(state):
                self.draft.put("announced", state.path, True)
                self.raised.append(f"done:{state.path}")

    def is_complete(self, state: State) -> bool:
        """Say whether all that a state has is done: its active child is final, or each of its regions is complete, and its constructs."""
        children = [self.states[child] for child in state.children]
        if state.kind is Kind.PARALLEL:
            inner = all(self.is_complete(child) for child in children)
        else:
            inner = not children or any(child.kind is Kind.FINAL and child.path in self.configuration for child in children)
        return inner and all(construct.is_complete(state) for construct in self.constructs)

    def restore_silently(self, restored: frozenset[str]) -> None:
        """Keep quiet about what a history restores: it was announced in the stay it remembers."""
        for state in (self.states[path] for path in sorted(restored)):
            if (state.children or state.has_constructs) and self.is_complete(state):
                self.draft.put("announced", state.path, True)

    def has_ended(self) -> bool:
        """Say whether a final state of the top level is reached."""
        leaf = self.states[self.configuration[0]]
        return leaf.kind is Kind.FINAL and leaf.parent == ROOT

    # --- reading and writing ----------------------------------------------------------------------------------------

    def view(self) -> CaseView:
        """Give the view of the data as they are now; the same one until they, or where the case stands, change."""
        view = self._view
        data = self.draft.section("data")
        fresh = view is not None and view.data is data and view.configuration is self.configuration and view.given is self.given
        if view is None or not fresh or view.actor["role"] != self.role:
            view = self._view = self.gates().view(self.role)
            view.was = self.case.data
        return view

    def send(self, message: Message) -> None:
        """Send something to another case: it follows this command's commit."""
        self.outbox.append(message)

    def set_data(self, values: Mapping[str, Any]) -> None:
        """Write items; None empties one."""
        if values:
            self.draft.replace("data", values)

    # --- the decision -----------------------------------------------------------------------------------------------

    def decision(self, kind: str, action: str, reason: str | None, rung: FiredRung | None = None) -> Decision:
        """Put together what happened."""
        ended = self.has_ended()
        if ended and not self.case.has_ended:
            self.ledgers.stop_all_but(self.configuration[0])
        self.ledgers.recompute_changed()
        tasks = task_changes(self)
        delta = self.draft.delta()
        actor = self.request.actor
        deadlines = self.ledgers.changes()
        number = self.number_wanted(kind)
        moved = self.configuration != self.case.configuration or not delta.keys().isdisjoint(VERSIONED)
        moved = moved or any(change.op == "extended" for change in deadlines)
        case = Case(
            org=self.case.org,
            id=self.case.id,
            workflow=self.case.workflow,
            definition_version=self.case.definition_version,
            digest=self.case.digest,
            configuration=self.configuration,
            snapshot=self.draft.snapshot(),
            version=self.case.version + (1 if moved else 0),
            seq=self.seq,
            head=self.case.head,
            opened_at=self.case.opened_at,
            opened_by=self.case.opened_by,
            updated_at=self.now,
            number=self.case.number,
            client_ref=self.case.client_ref,
            outcome=self.outcome() if ended else None,
            ended_at=(self.case.ended_at or self.moment) if ended else None,
        )
        decision = Decision(
            case=case,
            kind=kind,
            action=action,
            actor_id=actor.id,
            role=self.role,
            unit=actor.unit,
            acting_for=actor.acting_for,
            occurred_at=self.moment,
            recorded_at=self.now,
            reason=reason,
            before=self.case.configuration,
            steps=tuple(self.steps),
            guards=self.guards,
            delta=delta,
            deadlines=deadlines,
            tasks=tasks,
            notify=tuple(self.effects.notices),
            published=tuple(self.effects.published),
            rung=rung,
            number=number,
            read=self.witness.seen if self.witness is not None else EMPTY,
            messages=(*self.outbox, *tellings(self.process, self.case, case, at=self.moment, numbered=number is not None)),
            notes=self.notes,
        )
        # Its parts hold the run as it holds them. Emptied, nothing of it waits for the garbage collector.
        vars(self).clear()
        return decision

    def outcome(self) -> str | None:
        """Say how the case ended: as its final state says, unless that was corrected."""
        if self.corrected_outcome is not None:
            return self.corrected_outcome
        return self.case.outcome if self.case.has_ended and not self.steps else self.states[self.configuration[0]].outcome

    def holders(self, role: str) -> list[dict[str, Any]]:
        """Say who is meant by a role in this case: whoever holds it, or the persons or units it is bound to."""
        found = self.process.definition.roles.get(role)
        if found is None or not found.is_bound:
            return [{"role": role}]
        kind = "person" if self.process.binds_person[role] else "unit"
        return [{"role": role, kind: one} for one in sorted(bound_to(found, self.view()))]

    def took(self, act: str) -> bool:
        """Say whether an act, named as ``act`` or ``state.act``, was taken in this run."""
        specs = (self.process.transitions.get(branch.rpartition("#")[0]) for step in self.steps for branch in step.taken)
        keys = self.process.acts.get(act, ())
        return any(spec is not None and act_key(spec) in keys for spec in specs)

    def number_wanted(self, kind: str) -> NumberWanted | None:
        """Say which number the case gets by this command, if it has none yet. The clock may take the act that gives it too."""
        series = self.process.definition.number
        if series is None or self.case.number is not None:
            return None
        if not (kind == "open" if series.at == "start" else self.took(series.at)):
            return None
        year = self.process.calendar.local_date(self.moment).year
        name, form = series.named(self.draft.get("data", series.by.id) if series.by is not None else None)
        return NumberWanted(name, str(year) if series.per == "year" else "", form, year)
