"""All positions a case can come to, and from which of them people can bring it to an end.

At first nothing is known of a case's data: every guard may say yes or no, if it can at all. Where a case cannot be shown to end that
way, what the guards there ask is tracked, and all is explored anew; until the question is settled, or nothing more can be tracked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from engine.core.machine import Chosen
from engine.definition.effects import Effects
from engine.definition.process import ROOT, Trigger
from engine.proof.logic.examples import shown_fact
from engine.proof.logic.formula import Formula, atoms, every, variables_of
from engine.proof.space.gates import Gates, surely_runs
from engine.proof.space.outcomes import UNSETTLED, Script, TooMany, Tree, all_runs, ends, leads, may_lead, when_spent
from engine.proof.space.plan import Plan
from engine.proof.space.steps import Position, Stepping, Watch
from engine.proof.space.tracking import TooMuch, Tracked, items_of
from engine.proof.space.views import views

MOST_WORK, MOST_FOR_ONE = 30_000, 2_000
"""Steps that are taken in one exploration, and for one command, each as often as states are active: memory and time stay bounded."""

MOST_ROUNDS = 5
"""How often more is tracked."""

Command = tuple[str, Callable[[Stepping], "Position | int"]]
"""What is done, in the words of the trail, and how."""


@dataclass(eq=False)
class Space:
    """What was found. Positions are numbered in the order in which they were come to, so that ways there are shortest."""

    plan: Plan
    tracked: Tracked
    positions: list[Position] = field(default_factory=list)
    commands: list[list[tuple[str, Tree]]] = field(default_factory=list)  # of each position: what can be done, and what comes of it
    came: list[tuple[int, str]] = field(default_factory=list)  # of each position: the one before, and what was done there
    watch: Watch = field(default_factory=Watch)
    unsettled: dict[int, str] = field(default_factory=dict)  # position -> what does not come to rest there
    cut: str = ""  # why not all was looked at; empty if it was
    doubtful: frozenset[str] = frozenset()  # commands that may happen, but on which nothing may be built: others may not be ready for them

    @property
    def is_partial(self) -> bool:
        """Whether a case may do more than was found."""
        return bool(self.cut) or any(self.watch.restless.values())

    def way(self, number: int) -> tuple[str, ...]:
        """Give what was done on a shortest way to a position."""
        done: list[str] = []
        while number >= 0:
            number, name = self.came[number]
            done.append(name)
        return tuple(reversed(done))

    def facts(self, number: int) -> str:
        """Give what is known, in a position, of what the gates there ask."""
        position = self.positions[number]
        gates = (self.plan.gates.of(spec) for spec in self.plan.open_in(position.leaves))
        asked = {atom for gate in gates for branch in gate.branches for atom in atoms(branch)}
        known = zip(self.tracked.atoms, position.values, strict=False)
        return ", ".join(shown_fact(atom, holds=bool(value)) for atom, value in known if atom in asked)

    def active(self, number: int) -> frozenset[str]:
        """Give the states that are active in a position."""
        return self.plan.active(self.positions[number].leaves)

    def moves(self, number: int) -> bool:
        """Say whether something leads from a position to where the case stands otherwise."""
        leaves = self.positions[number].leaves
        return any(end >= 0 and self.positions[end].leaves != leaves for _, tree in self.commands[number] for end in ends(tree))

    @cached_property
    def stuck(self) -> tuple[int, ...]:
        """The positions in which cases get stuck: all that can be reached is no end and leads back. The nearest of each kind."""
        found: list[int] = []
        known = set(self.might_end)
        for number in range(len(self.positions)):
            if number in known:
                continue
            bottom, beyond = number, self._beyond(number)
            while deeper := beyond - self._closed({bottom}, may_lead):
                bottom = max(deeper)
                beyond = self._beyond(bottom)
            circle = beyond | {bottom}
            known |= self._closed(circle, may_lead)
            found.append(min(circle))
        return tuple(sorted(found))

    def _beyond(self, number: int) -> set[int]:
        """Give the positions that can be reached from one by one command or more."""
        found: set[int] = set()
        waiting = [number]
        while waiting:
            after = {end for _, tree in self.commands[waiting.pop()] for end in ends(tree) if end >= 0} - found
            found |= after
            waiting.extend(after)
        return found

    def has_ended(self, number: int) -> bool:
        """Say whether a position is an end of the case."""
        leaves = self.positions[number].leaves
        return len(leaves) == 1 and leaves[0] in self.plan.ends

    @cached_property
    def reached(self) -> frozenset[str]:
        """The states that are ever active, also for a moment; the root included."""
        return frozenset({ROOT, *self.watch.entered})

    @cached_property
    def can_end(self) -> frozenset[int]:
        """The positions from which people can bring the case to an end, whatever the facts are."""
        known = self._closed(self._ends(), leads)
        while (more := self._one_that_ends_by_repeating(known)) is not None:
            known = self._closed({*known, more}, leads)
        return frozenset(known)

    @cached_property
    def might_end(self) -> frozenset[int]:
        """The positions from which the case comes to an end if the facts are as one would have them."""
        return frozenset(self._closed(self._ends(), may_lead))

    def _ends(self) -> set[int]:
        return {number for number in range(len(self.positions)) if self.has_ended(number)}

    def _closed(self, known: set[int], lead: Callable[[Tree, Callable[[int], bool]], bool]) -> set[int]:
        """Add all positions from which a command leads to known ones, until there are no more."""
        known = {*known}
        waiting = deque(known)
        while waiting:
            for before in self._before.get(waiting.popleft(), ()):
                if before not in known and any(lead(tree, known.__contains__) for tree in self._trees(before, lead)):
                    known.add(before)
                    waiting.append(before)
        return known

    def _trees(self, number: int, lead: object) -> Iterator[Tree]:
        return (tree for name, tree in self.commands[number] if lead is may_lead or name not in self.doubtful)

    def doubting(self, commands: frozenset[str]) -> Space:
        """Give the same where nothing may be built on some commands more."""
        return replace(self, doubtful=self.doubtful | commands)

    def done_for_sure(self, path: str) -> bool:
        """Say whether all that is in this view of a state with regions can be brought to be complete, wherever it stands."""
        inside = {number for number in range(len(self.positions)) if path in self.active(number)}
        ready = {number for number in inside if path in self.plan.waiting(self.positions[number].leaves)}
        return inside <= self._closed(ready, leads)

    @cached_property
    def _before(self) -> dict[int, list[int]]:
        found: dict[int, dict[int, None]] = {}
        for number, commands in enumerate(self.commands):
            for _, tree in commands:
                for end in ends(tree):
                    found.setdefault(end, {})[number] = None
        return {end: [*numbers] for end, numbers in found.items()}

    def _one_that_ends_by_repeating(self, known: set[int]) -> int | None:
        rest = (number for number in range(len(self.positions)) if number not in known)
        return next((number for number in rest if self._ends_by_repeating(number, known)), None)

    def _ends_by_repeating(self, number: int, known: set[int]) -> bool:
        """Say whether doing the same again and again leads to an end once a budget is spent: so far, one must come back here."""
        around: set[int] | None = None
        for tree in self._trees(number, leads):
            if when_spent(tree, known.__contains__, lambda _: True):
                around = around if around is not None else self._closed({*known, number}, leads)
                if when_spent(tree, known.__contains__, around.__contains__):
                    return True
        return False


def explore_all(gates: Gates) -> tuple[Space, ...]:
    """Explore a definition in all its views, and find out on what of the others nothing may be built in each."""
    spaces = tuple(explore(Plan(gates.definition, gates, ignored)) for ignored in views(gates))
    parted = {gates.definition.states[region].parent for space in spaces for region in space.plan.ignored}
    unsure = frozenset(done(path) for path in parted if not all(space.done_for_sure(path) for space in spaces))
    return tuple(space.doubting(unsure) for space in spaces) if unsure else spaces


def explore(plan: Plan) -> Space:
    """Explore one view, tracking as much of the data as it takes to settle from where a case can end."""
    tracked = Tracked()
    space = _walk(plan, tracked)
    for _ in range(MOST_ROUNDS):
        wanted = [] if space.cut else list(_open_questions(space))
        if not wanted:
            break
        try:
            more = tracked.with_atoms_of(wanted, plan.stays, plan.foreign_acts)
            if (more.atoms, more.measures) == (tracked.atoms, tracked.measures):
                break
            again = _walk(plan, more)
        except TooMuch:
            break
        if again.cut:
            break
        tracked, space = more, again
    return space


def _open_questions(space: Space) -> Iterator[Formula]:
    """Give what is asked, and not known, where a case might end and cannot be shown to, or might not come to rest."""
    doubtful = {number for number in range(len(space.positions)) if number not in space.can_end}
    if any(space.watch.restless.values()):
        doubtful |= space.unsettled.keys()
    for number in sorted(doubtful):
        position = space.positions[number]
        active = space.plan.active(position.leaves)
        for spec in space.plan.open_in(position.leaves):
            gate = space.plan.gates.of(spec)
            asked = spec.trigger is Trigger.ACT
            ways = gate.ways(position.values, active, space.tracked, asked=asked)
            if set(ways.possible) - set(ways.sure) or ways.may_be_shut:
                yield from gate.residues(position.values, active, space.tracked)


# --- walking --------------------------------------------------------------------------------------------------------


def _walk(plan: Plan, tracked: Tracked) -> Space:
    """Come to every position there is, nearest first. Raises TooMuch."""
    space = Space(plan, tracked)
    numbers: dict[Position, int] = {}

    def number_of(position: Position, before: int, done: str) -> int:
        found = numbers.get(position)
        if found is None:
            found = numbers[position] = len(space.positions)
            space.positions.append(position)
            space.came.append((before, done))
        return found

    def run(command: Command, position: Position, before: int) -> Tree:
        name, step = command
        begun = space.watch.steps

        def once(script: Script) -> int:
            if space.watch.steps - begun > MOST_FOR_ONE:
                raise TooMany
            end = step(Stepping(plan, tracked, position, script, space.watch))
            return end if isinstance(end, int) else number_of(end, before, name)

        return all_runs(once)

    for command, position in _openings(plan, tracked):
        try:
            run(command, position, -1)
        except TooMany:
            space.cut = "opening a case can go in too many ways"
    number = work = 0
    while number < len(space.positions):
        position, found = space.positions[number], []
        for command in _commands(plan, tracked, position):
            work += len(position.leaves)
            try:
                tree = run(command, position, number)
            except TooMany:
                space.cut = f"`{command[0]}` can go in too many ways"
                continue
            found.append((command[0], tree))
            if any(end == UNSETTLED for end in ends(tree)):
                space.unsettled.setdefault(number, command[0])
        space.commands.append(found)
        number += 1
        if work + space.watch.steps > MOST_WORK:
            space.cut = f"{number:,} positions were looked at, and there are more"
            break
    space.commands += [[] for _ in range(len(space.positions) - len(space.commands))]
    return space


def _openings(plan: Plan, tracked: Tracked) -> Iterator[tuple[Command, Position]]:
    """Give the ways to open a case. What other cases fill in may be anything."""
    reader = plan.gates.reader
    items = sorted({item for atom in tracked.atoms for variable in variables_of(atom) for item in items_of(variable)})
    known = [reader.declared.begins_with(item) for item in items] if plan.definition.start is not None else []
    for values in tracked.opening(every(*known)):
        yield ("start", lambda run: run.open(plan.opening)), Position((), (), values)


def _commands(plan: Plan, tracked: Tracked, position: Position) -> Iterator[Command]:
    """Give all that may happen in a position and matters."""
    events = dict.fromkeys(event for leaf in position.leaves for event in plan.names_at[leaf])
    for trigger, name in events:
        specs = (spec for leaf in position.leaves for spec in plan.answering(leaf, trigger, name))
        if any(plan.is_relevant(spec, tracked) for spec in specs):
            yield name, _taking(trigger, name)
    for path in plan.waiting(position.leaves):
        yield done(path), _completing(path)
    active = {path for leaf in position.leaves for path in plan.holders(leaf)}
    for around, spec, branch in plan.ways_out:
        if around in active:
            yield spec.name, _leaving(Chosen(spec, branch))
    for deadline, rung in plan.rungs:
        if deadline.state in active:
            yield f"{deadline.name} {rung.at.text}", _firing(rung.effects, sure=surely_runs(deadline))


def _taking(trigger: Trigger, name: str) -> Callable[[Stepping], Position | int]:
    return lambda run: run.act(trigger, name)


def done(path: str) -> str:
    """Name what happens when all that a state waits for is done."""
    return f"all of {path} is done"


def _leaving(taken: Chosen) -> Callable[[Stepping], Position | int]:
    return lambda run: run.leave_by(taken)


def _completing(path: str) -> Callable[[Stepping], Position | int]:
    return lambda run: run.complete(path)


def _firing(effects: Effects, *, sure: bool) -> Callable[[Stepping], Position | int]:
    return lambda run: run.fire(effects, sure=sure)
