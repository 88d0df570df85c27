"""One command on one position, in every way it can go: SCXML's macrostep over what is known of the case.

The algorithm is that of `engine.core.interpreter`; where it evaluates a gate, this one asks what the gate may say and forks.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import NamedTuple

from engine.core.compiled import act_key
from engine.core.interpreter import MOST_STEPS
from engine.core.machine import Chosen
from engine.core.tree import Memories, Move
from engine.definition.effects import Effect, Effects, Raise, SetItems
from engine.definition.process import Branch, State, Transition, Trigger
from engine.proof.logic.formula import Formula, every
from engine.proof.space.outcomes import REFUSED, UNSETTLED, Decider, Script
from engine.proof.space.plan import Plan
from engine.proof.space.tracking import Tracked, Values

BEHIND, HISTORY, ANNOUNCED = "behind", "history", "announced"
MOST_ASKED = 6
"""How often one guard is asked in one command, each time after data have changed, before it is said not to come to rest for sure."""

Event = tuple[Trigger, str]
Memory = tuple[tuple[str, str, tuple[str, ...]], ...]
"""What is remembered: kind, state, leaves. ``announced``: a state that was complete in this stay and is not any more."""


class Position(NamedTuple):
    """Where a case stands, as far as it matters."""

    leaves: tuple[str, ...]
    memory: Memory = ()
    values: Values = ()


class Watch:
    """What was seen of transitions in all runs.

    ``steps``: how many, each as often as states are active. ``taken``: branches. ``entered``: states, also those that are left at
    once. ``restless``: transitions with which a command did not come to rest, and whether that hangs on a guard that was asked again and
    again, so that it may well be false one day.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.taken: set[str] = set()
        self.entered: set[str] = set()
        self.restless: dict[str, bool] = {}


class Stepping:
    """One run of one command, with the decisions of its script."""

    def __init__(self, plan: Plan, tracked: Tracked, position: Position, script: Script, watch: Watch) -> None:
        self.plan, self.tracked, self.script, self.watch = plan, tracked, script, watch
        self.states = plan.states
        self.leaves, self.values = position.leaves, position.values
        self.memory = {(kind, path): leaves for kind, path, leaves in position.memory if kind != ANNOUNCED}
        self.raised: deque[Event] = deque()
        self.announced = {*plan.complete(self.leaves), *(path for kind, path, _ in position.memory if kind == ANNOUNCED)}
        self.asked = False  # whether people choose what happens: in the first step of an act
        self.acting: frozenset[str] | None = None  # the roles of who acts, where acts of one name are for different ones
        self.several = False  # whether acts of that name stand in several places
        self.changes = 0  # of data, so far: a guard that was asked before says the same as long as nothing has changed
        self._answers: dict[tuple[str, int, tuple[str, ...]], int | None] = {}
        self._asked: Counter[str] = Counter()
        self._steps = 0
        self._budgets: Counter[str] = Counter()

    # --- commands ---------------------------------------------------------------------------------------------------

    def act(self, trigger: Trigger, name: str) -> Position | int:
        """Let somebody take an act, or something be heard from outside."""
        self.asked = True
        if trigger is Trigger.ACT:
            self.let_somebody_act(name)
        chosen = self.choose((trigger, name))
        self.asked = False
        if not chosen:
            return REFUSED
        self.take(chosen)
        return self.settled()

    def let_somebody_act(self, name: str) -> None:
        """Decide in which role somebody acts, where that decides which acts of a name are taken."""
        active = self.plan.active(self.leaves)
        specs = dict.fromkeys(spec for leaf in self.leaves for spec in self.plan.answering(leaf, Trigger.ACT, name))
        rights = [frozenset(spec.by) for spec in specs if spec.excluded.isdisjoint(active)]
        self.several = len(rights) > 1
        if len({*rights}) > 1:
            roles = sorted(frozenset().union(*rights))
            chosen = self.script.decide(Decider.PEOPLE, len(roles) + 1)
            if chosen == len(roles):
                self.script.decide(Decider.PERHAPS, 1)
            self.acting = frozenset(roles if chosen == len(roles) else roles[chosen : chosen + 1])

    def open(self, spec: Transition) -> Position | int:
        """Open a case in its initial state."""
        self.fill_in(spec)
        self.take([Chosen(spec, spec.branches[0])])
        return self.settled()

    def fire(self, effects: Effects, *, sure: bool) -> Position | int:
        """Let a rung set and raise what it does."""
        if not sure:
            self.script.decide(Decider.PERHAPS, 1)
        self.apply(effects)
        return self.settled()

    def complete(self, path: str) -> Position | int:
        """Let be done what a state waits for beside what is inside it."""
        self.raised.append((Trigger.DONE, path))
        return self.settled()

    def leave_by(self, taken: Chosen) -> Position | int:
        """Let a region that is left out of this view lead the case out of all of them."""
        self.script.decide(Decider.PERHAPS, 1)
        self.take([taken])
        return self.settled()

    # --- choosing ---------------------------------------------------------------------------------------------------

    def choose(self, event: Event) -> list[Chosen]:
        """Choose, in each region, the nearest transition that is let through."""
        active, chosen = self.plan.active(self.leaves), list[Chosen]()
        for leaf in self.leaves:
            for spec in self.plan.answering(leaf, *event):
                if not spec.excluded.isdisjoint(active):
                    continue
                number = self.branch_of(spec, active)
                if number is not None:
                    taken = Chosen(spec, spec.branches[number])
                    if taken not in chosen:
                        chosen.append(taken)
                    break
        if len(chosen) < 2:
            return chosen
        return self.plan.tree.without_conflicts(chosen, lambda each: self.move(each, spent=False))

    def branch_of(self, spec: Transition, active: frozenset[str]) -> int | None:
        """Decide which branch a transition takes, if any. As long as no data change, it is decided once."""
        key = (spec.id, self.changes, self.leaves)
        if key not in self._answers:
            before = self.values
            if self.asked and spec.trigger is Trigger.ACT:
                self.fill_in(spec)
            answer = self._decided(spec, active)
            if answer is None:
                self.values = before
            self._answers[key] = answer
        return self._answers[key]

    def _decided(self, spec: Transition, active: frozenset[str]) -> int | None:
        ways = self.plan.gates.of(spec).ways(self.values, active, self.tracked, asked=self.asked)
        if not ways.possible or not self.may_act(spec):
            return None
        if not ways.sure or not self.asked:
            return self._as_the_facts_are(spec, ways.possible, may_be_shut=ways.may_be_shut)
        perhaps = [number for number in ways.possible if number not in ways.sure]
        rest: list[int | None] = [*perhaps, *([None] if self.several else [])]
        options: list[int | None] = [*ways.sure, *([None] if rest else [])]
        chosen = options[self.script.decide(Decider.PEOPLE, len(options))]
        return chosen if chosen is not None else rest[self.script.decide(Decider.PERHAPS, len(rest))]

    def _as_the_facts_are(self, spec: Transition, possible: tuple[int, ...], *, may_be_shut: bool) -> int | None:
        options = [*possible, *([None] if may_be_shut or (self.several and self.asked) else [])]
        if len(options) > 1 and not self.asked:
            self._asked[spec.id] += 1
        return options[self.script.decide(Decider.FACTS, len(options))]

    def may_act(self, spec: Transition) -> bool:
        """Say whether who acts has the right to take a transition."""
        who = self.acting if self.asked and spec.trigger is Trigger.ACT else None
        return who is None or not who.isdisjoint(spec.by) or "anyone" in spec.by

    def move(self, taken: Chosen, *, spent: bool, domain: State | None = None) -> Move | None:
        """Say where a branch leads; ``spent``: its budget is."""
        branch = taken.branch
        target = branch.cycles.then if spent and branch.cycles is not None else branch.target
        if target is None:
            return None
        if target is branch.target and branch.id in self.plan.moves:
            return self.plan.moves[branch.id]
        history = {path: [*leaves] for (kind, path), leaves in self.memory.items() if kind == HISTORY}
        behind = {path: [*leaves] for (kind, path), leaves in self.memory.items() if kind == BEHIND}
        return self.plan.tree.move(taken.spec, branch, target, Memories(history, behind), domain)

    # --- moving -----------------------------------------------------------------------------------------------------

    def take(self, chosen: list[Chosen]) -> None:
        """Leave, do, enter."""
        self._steps += 1
        self.watch.steps += len(self.leaves) or 1
        self.watch.taken.update(taken.branch.id for taken in chosen)
        spent = {taken.branch.id: self.is_spent(taken.branch) for taken in chosen}
        moves = {one: move for one in chosen if (move := self.move(one, spent=spent[one.branch.id])) is not None}
        way = self.plan.tree.route(self.leaves, (*moves.values(),))
        if self.plan.remembered:
            moves |= self.remember(way.exited, moves, spent)
            way = self.plan.tree.route(self.leaves, (*moves.values(),))
        self.look_behind(way.exited, moves.values())
        for state in way.exited:
            self.announced.discard(state.path)
            self.apply(state.exit)
        for one in chosen:
            self.count(one.spec)
            self.apply((*one.spec.effects, *one.branch.effects))
        self.leaves = tuple(leaf for leaf in way.after if not self.plan.is_ignored(leaf))
        for state in way.entered:
            self.watch.entered.add(state.path)
            if not self.plan.is_ignored(state.path):
                if state.path not in way.restored:
                    self.values = self.one_of(self.tracked.entered(self.values, state.path))
                self.apply(state.entry)
        self.announced.update(path for path in self.plan.complete(self.leaves) if path in way.restored)

    def is_spent(self, branch: Branch) -> bool:
        """Decide whether a budget is spent: nothing is known of that, but that it will be."""
        if branch.cycles is None:
            return False
        if self._budgets[branch.id] == branch.cycles.at_most:
            return True
        self._budgets[branch.id] += 1
        return self.script.decide(Decider.BUDGET, 2) == 1

    def remember(self, exited: tuple[State, ...], moves: dict[Chosen, Move], spent: dict[str, bool]) -> dict[Chosen, Move]:
        """Keep the histories of what is left, and look anew where the moves lead that ask for them."""
        left = [state for state in exited if state.path in self.plan.remembered]
        for state in left:
            below = tuple(leaf for leaf in self.leaves if self.states[leaf].is_below(state) or leaf == state.path)
            self.memory[HISTORY, state.path] = below
        asking = ((one, move.domain) for one, move in moves.items() if left)
        again = ((one, self.move(one, spent=spent[one.branch.id], domain=domain)) for one, domain in asking)
        return {one: move for one, move in again if move is not None}

    def look_behind(self, exited: tuple[State, ...], moves: Iterable[Move]) -> None:
        """Keep what the entry of a state leaves behind, as long as the case stays in it."""
        leaves = self.leaves
        entered = {state.path: move for move in moves for state in move.entered}
        for state in exited:
            if state.path not in entered:
                self.memory.pop((BEHIND, state.path), None)
        for path, move in entered.items():
            if path in self.plan.looked_behind and self.states[path] not in exited:
                self.memory[BEHIND, path] = tuple(leaf for leaf in leaves if self.states[leaf].is_below(move.domain))

    # --- data -------------------------------------------------------------------------------------------------------

    def one_of(self, options: tuple[Values, ...], decider: Decider = Decider.FACTS) -> Values:
        """Decide which values come next."""
        return options[self.script.decide(decider, len(options))]

    def fill_in(self, spec: Transition) -> None:
        """Let people fill in the form of an act: anything that fits. What may stay empty may also stay as it is."""
        gate, declared = self.plan.gates.of(spec), self.plan.gates.reader.declared
        demanded = [item for item in sorted(gate.required) if self.tracked.touched([item])]
        if demanded:
            fact = every(*(declared.is_filled(item, by_people=True) for item in demanded))
            self.values = self.one_of(self.tracked.outcomes(self.values, self.tracked.touched(demanded), fact), Decider.PEOPLE)
        for item in sorted(gate.form - gate.required):
            places = self.tracked.touched([item])
            if places:
                filled = self.tracked.outcomes(self.values, places, declared.is_filled(item, by_people=True))
                self.values = self.one_of(tuple(dict.fromkeys((self.values, *filled))), Decider.PEOPLE)
        if places := self.tracked.touched(gate.kept):
            self.values = self.one_of(self.tracked.outcomes(self.values, places, fact=True), Decider.PEOPLE)

    def apply(self, effects: Iterable[Effect]) -> None:
        """Set and raise; what is told to whom does not matter here."""
        for effect in effects:
            if isinstance(effect, SetItems):
                self.set_items(effect)
            elif isinstance(effect, Raise):
                self.raised.append((Trigger.HEAR, effect.event))

    def set_items(self, effect: SetItems) -> None:
        """Set items to what is known of their new values; all right sides are read first."""
        self.changes += 1
        items = [one for one in effect.items if self.tracked.touched([one.item])]
        if not items:
            return
        values = self.values

        def known(formula: Formula) -> Formula:
            return self.tracked.reduce(formula, values)

        fact = every(*(self.plan.gates.reader.assigned(one.item, one.value, known) for one in items))
        self.values = self.one_of(self.tracked.outcomes(values, self.tracked.touched(one.item for one in items), fact))

    def count(self, spec: Transition) -> None:
        """Count a taking."""
        if spec.trigger in {Trigger.ACT, Trigger.HEAR} and self.tracked.measures:
            self.values = self.one_of(self.tracked.counted(self.values, act_key(spec)))

    # --- settling ---------------------------------------------------------------------------------------------------

    def settled(self) -> Position | int:
        """Take what is eventless, then what was raised or completed, until there is neither."""
        self.announce()
        while not self.has_ended():
            chosen = self.choose((Trigger.ALWAYS, "")) if self.plan.eventless else []
            if not chosen:
                if not self.raised:
                    break
                chosen = self.choose(self.raised.popleft())
            if chosen:
                asked = max(self._asked.values(), default=0)
                if self._steps >= MOST_STEPS or asked > MOST_ASKED:
                    spec = chosen[0].spec.id
                    self.watch.restless[spec] = self.watch.restless.get(spec, True) and asked > 1
                    return UNSETTLED
                self.take(chosen)
                self.announce()
        kept = [(kind, path, leaves) for (kind, path), leaves in self.memory.items()]
        kept += [(ANNOUNCED, path, ()) for path in self.announced.difference(self.plan.complete(self.leaves))]
        return Position(self.leaves, tuple(sorted(kept)), self.values)

    def announce(self) -> None:
        """Raise `done` of each state that has become complete, inner ones first."""
        for path in self.plan.complete(self.leaves):
            if path not in self.announced:
                self.announced.add(path)
                self.raised.append((Trigger.DONE, path))

    def has_ended(self) -> bool:
        """Say whether the case has ended."""
        return len(self.leaves) == 1 and self.leaves[0] in self.plan.ends
