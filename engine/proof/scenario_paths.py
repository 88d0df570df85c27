"""The shortest way to a place: a search over what people may do and the clock does, each step through the core itself.

Best first over positions, guided by how far a state is at least away in the graph of moves. Positions are told apart by what decides
where a case can go (`scenario_relevance`); first only what is new about a state at all is followed, then new pairs, then everything.
What is found can really be done, and no step of it can be left out. What is not found may still be possible: with other values, other
people, or a longer search.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from itertools import combinations, count
from typing import Any, NamedTuple

from engine.clock import Instant
from engine.core.case import CLOCK, EMPTY, Case, Draft
from engine.core.command import Act, Command, Fire, Open
from engine.core.compiled import Process
from engine.core.decision import Refused
from engine.core.parties import parties_of
from engine.core.standing import document_state
from engine.definition.party_groups import PARTY, VERDICT
from engine.definition.process import ROOT, Transition, Trigger
from engine.definition.terms import Term, Unit
from engine.proof.graph import Edge, Graph
from engine.proof.scenario_coverage import observed_refusal
from engine.proof.scenario_examples import Examples
from engine.proof.scenario_goals import Goal, Taken, stem
from engine.proof.scenario_model import ENDLESS, FAILED, START, Who
from engine.proof.scenario_names import ANYONE
from engine.proof.scenario_play import Endless, Played, Position, asked_to_sign, decided, later, play, upcoming, wait
from engine.proof.scenario_relevance import Relevance

EFFORT = 4_000
"""Commands tried in one search unless more are allowed."""

LONGEST = 200
"""Steps of a way."""

ACT_COST, WAIT_COST = 2, 3
PULL = 20
"""How much a step that is still needed weighs against one that was taken: more than that one costs, so that the search goes ahead."""

FAR = 1_000_000

LOOP = 3
"""Acts that once more around a loop takes, about."""

Facts = frozenset[tuple[str, ...]]


class NotFound(NamedTuple):
    """No way was found, and how hard it was tried. ``exhausted``: all that example values lead to was looked at.

    ``rule``: the one that a scenario breaks for which it was sought.
    """

    why: str
    exhausted: bool
    rule: str = FAILED


class Finder:
    """Searches one workflow, with what is given of its data and settings."""

    def __init__(self, process: Process, data: Mapping[str, Any], settings: Mapping[str, Any], effort: int = EFFORT) -> None:
        self.process, self.settings, self.effort = process, settings, effort
        self.relevance = Relevance(process)
        self.examples = Examples(process, self.relevance, data)
        self.data = data
        self._distances: dict[object, Mapping[str, int]] = {}
        self._graph = Graph(process.definition)
        self._into: dict[str, list[Edge]] = {}
        for edge in self._graph.edges:
            self._into.setdefault(edge.to, []).append(edge)

    def find(self, start: Position, goal: Goal) -> tuple[Taken, ...] | NotFound:
        """Find a way from a position, as short as the guidance allows."""
        left = self.effort
        exhausted = False
        for width, timely, share in ((2, goal.timely, 0.5), (2, True, 0.5), (None, True, 1)):
            allowed = math.ceil(left * share)
            search = _Search(self, goal, width, allowed, timely=timely)
            try:
                found = search.run(start)
            except Endless as endless:  # to try on would be to go round it again and again
                return NotFound(f"no way found to {goal.name}: {endless}", exhausted=False, rule=ENDLESS)
            if found is not None:
                return self.shortened(start, found, goal)
            left -= allowed - max(0, search.left)
            exhausted = width is None and search.left > 0
        tried = self.effort - left
        end = "these are all that example values lead to" if exhausted else "the search ended there; allow more with a larger effort"
        return NotFound(f"no way found to {goal.name} among {tried} commands tried; {end}", exhausted)

    def shortened(self, start: Position, way: tuple[Taken, ...], goal: Goal) -> tuple[Taken, ...]:
        """Leave out every step without which a way leads to its goal all the same."""
        for number in range(len(way) - 2, -1 if start.case is not None else 0, -1):
            shorter = (*way[:number], *way[number + 1 :])
            if self.leads_there(start, shorter, goal):
                way = shorter
        return way

    def leads_there(self, position: Position, way: tuple[Taken, ...], goal: Goal) -> bool:
        """Say whether a way leads from a position to a goal, with its last step."""
        return self.walk(position, way, goal) is not None

    def walk(self, position: Position, way: tuple[Taken, ...], goal: Goal) -> list[Played] | None:
        """Walk a way and give what happens on it; None where it does not lead to the goal with its last step."""
        walked: list[Played] = []
        steps: list[Played] = []
        for number, taken in enumerate(way):
            if taken.refused:
                return walked if number == len(way) - 1 and self.is_refused(position, taken, goal) else None
            try:
                steps = list(taken.play(self.process, position, self.settings))
            except Endless:
                return None
            if not steps and taken.until is None:
                return None
            walked += steps
            position = steps[-1].after if steps else position._replace(now=taken.until or position.now)
        return walked if goal.holds(position) or (goal.shown_by is not None and any(map(goal.shown_by, steps))) else None

    def is_refused(self, position: Position, taken: Taken, goal: Goal) -> bool:
        """Say whether an act is refused here and shows a guard that is false."""
        command = taken.command(self.process, position, self.settings)
        outcome = decided(self.process, position, command, position.world())
        seen = observed_refusal(self.process, position, command, outcome) if isinstance(outcome, Refused) else set()
        return goal.refusal in seen

    # --- what can be tried ------------------------------------------------------------------------------------------

    def candidates(self, position: Position, goal: Goal, *, timely: bool) -> Iterator[tuple[Taken, ...]]:
        """Give what can be tried here, in groups: who of a group is tried first and not refused does for all roles of it.

        ``timely``: also what only moves deadlines.
        """
        case = position.case
        if case is None:
            if self.process.opening is not None:
                yield from self._of(self.process.opening, START, position)
            else:  # only other cases and schedules open it
                yield (Taken(START, Who(CLOCK), self.data),)
            return
        active = self.process.tree.active(case.configuration)
        for name in self.process.acts_at(case.configuration):
            for spec in self.process.transitions.values():
                if spec.trigger is not Trigger.ACT or spec.name != name or spec.source not in active:
                    continue
                asked = goal.act is not None and stem(name) == stem(goal.act)
                if asked or (self.relevance.decides(spec) and (timely or spec.id not in self.process.extends)):
                    yield from self._of(spec, name, position)

    def _of(self, spec: Transition, name: str, position: Position) -> Iterator[tuple[Taken, ...]]:
        reason = "理由" if spec.reason is not None else None
        fillings = list(self.examples.fillings(spec.form if not spec.asked_by else None, position.now))
        if PARTY in spec.own and spec.form is not None and (known := self.parties(spec, position)):
            fillings = [{**filling, PARTY: party} for filling in fillings for party in known]
        people = list(self.people(spec, position))
        groups = [[who] for who in people] if self.relevance.depends_on_actor(spec) else [people]
        for group in groups:
            yield tuple(Taken(name, who, data, reason) for who in group for data in fillings)

    def parties(self, spec: Transition, position: Position) -> list[str]:
        """Give the parties that an act may name; none where it names a new one."""
        name, act = spec.name.split(".")[:2]
        group = self.process.definition.parties[name]
        if act == "add" or position.case is None:
            return []
        return [party.id for party in parties_of(Draft(position.case.snapshot), group)]

    def people(self, spec: Transition, position: Position) -> Iterator[Who]:
        """Give who could take a transition: each role, then somebody else of the role, then whoever opened the case; of parties each."""
        parties = asked_to_sign(self.process, position.case, spec.name) if position.case is not None else None
        if parties is not None:
            yield from parties
            return
        roles = [role for role in spec.by if role in self.process.definition.roles or role == ANYONE]
        yield from (Who(role) for role in roles)
        if self.process.definition.duties or spec.asked_by:
            yield from (Who(role, f"{role}_2") for role in roles)
        if self.relevance.depends_on_actor(spec) and position.case is not None:
            yield from (Who(role, position.case.opened_by) for role in roles if role != position.case.opened_by)

    def waits(self, position: Position, goal: Goal) -> Iterator[Taken]:
        """Give the times worth waiting for: the next rung and, where guards read the clock, the days in the data and a month on."""
        case, about_time = position.case, self.relevance.time_decides
        if case is None or not (about_time or self.relevance.clock_acts or goal.timely):
            return
        due = upcoming(case)
        until = {due.due} if due is not None else set()
        if about_time:
            until.add(later(self.process.calendar, position.now, Term(1, Unit.MONTHS)))
        yield from (Taken("wait", None, until=each) for each in sorted(until) if each > position.now)

    # --- where a position is ----------------------------------------------------------------------------------------

    def distance(self, case: Case | None, goal: Goal) -> int:
        """Give about how many acts are still needed."""
        farthest = 0
        behind = case.snapshot.get("behind", EMPTY) if case is not None else EMPTY
        cycles = case.snapshot.get("cycles", EMPTY) if case is not None else EMPTY
        start = case.configuration if case is not None else tuple(self._graph.entered(ROOT))
        for leaves in goal.near:
            key = (leaves, tuple(sorted(cycles.items())))
            to = self._distances.get(key)
            if to is None:
                to = self._distances[key] = self._distances_to(leaves, cycles)
            back = [to.get(leaf, FAR) + 1 for state in start for leaf in behind.get(state, ())]
            farthest = max(farthest, min([*back, *(to.get(leaf, FAR) for leaf in start)], default=FAR))
        return farthest

    def _distances_to(self, goal: frozenset[str], cycles: Mapping[str, int]) -> Mapping[str, int]:
        """Give the distance of every leaf. Where a spent budget leads is as far as there is budget left."""
        found = dict.fromkeys(goal, 0)
        waiting = [(0, leaf) for leaf in sorted(goal)]
        while waiting:
            far, leaf = heapq.heappop(waiting)
            for edge in self._into.get(leaf, ()) if far == found[leaf] else ():
                cost = 1 if edge.transition.trigger is Trigger.ACT else 0
                if edge.spent and edge.branch.cycles is not None:
                    cost += LOOP * max(0, edge.branch.cycles.at_most - cycles.get(edge.branch.id, 0))
                if far + cost < found.get(edge.leaf, FAR):
                    found[edge.leaf] = far + cost
                    heapq.heappush(waiting, (far + cost, edge.leaf))
        return found

    def facts(self, case: Case, now: Instant, *, timely: bool) -> Facts:
        """Give what decides where a case can go, beside the states it is in; ``timely`` with the time and how its deadlines stand."""
        snapshot, draft = case.snapshot, Draft(case.snapshot)
        found: list[tuple[str, ...]] = [("data", item, repr(case.data[item])) for item in self.relevance.items if item in case.data]
        found += [("document", name, document_state(self.process, draft, name)) for name in self.relevance.documents]
        found += [("cycles", branch, str(times)) for branch, times in snapshot.get("cycles", EMPTY).items()]
        found += [("party", key, str(party.get(VERDICT)), str("waived" in party)) for key, party in snapshot.get("parties", EMPTY).items()]
        found += [("asked", action) for action in snapshot.get("asked", EMPTY)]
        found += [("act", act, str(kept[0])) for act, kept in snapshot.get("acts", EMPTY).items() if act in self.relevance.counted]
        found += [("since", key, str(times)) for key, times in snapshot.get("since", EMPTY).items()]
        found += [("behind", state, *leaves) for state, leaves in snapshot.get("behind", EMPTY).items() if state in case.configuration]
        found += [("history", state, *leaves) for state, leaves in snapshot.get("history", EMPTY).items()]
        for name, kept in snapshot.get("deadlines", EMPTY).items() if timely else ():
            found.append(("deadline", name, kept["status"], str(len(kept["fired"])), str(len(kept.get("extensions", ())))))
        if timely and self.relevance.time_decides:
            found.append(("now", str(now)))
        return frozenset(found)


class _Search:
    """One run of the search."""

    def __init__(self, finder: Finder, goal: Goal, width: int | None, effort: int, *, timely: bool) -> None:
        self.finder, self.goal, self.width, self.left, self.timely = finder, goal, width, effort, timely
        self.process = finder.process
        self.known: set[object] = set()
        self.queue: list[tuple[int, int, int, Position, tuple[Taken, ...]]] = []
        self.number = count()

    def run(self, start: Position) -> tuple[Taken, ...] | None:
        self.push(start, (), 0)
        while self.queue and self.left > 0:
            _, _, _, position, way = heapq.heappop(self.queue)
            if len(way) >= LONGEST:
                continue
            found = self.expand(position, way)
            if found is not None:
                return found
        return None

    def expand(self, position: Position, way: tuple[Taken, ...]) -> tuple[Taken, ...] | None:
        for group in self.finder.candidates(position, self.goal, timely=self.timely):
            able: str | None = None
            for taken in group:
                if able is not None and taken.who is not None and taken.who.role != able:
                    break  # somebody of another role may do the same, which leads nowhere else
                if self.left <= 0:
                    return None
                self.left -= 1
                command = taken.command(self.process, position, self.finder.settings)
                outcome = play(self.process, position, command)
                if isinstance(outcome, Refused):
                    codes = tuple(refusal.code for refusal in outcome.refusals)
                    if self.refusal_shown(position, command, outcome):
                        return (*way, taken._replace(refused=codes))
                    continue
                able = taken.who.role if taken.who is not None else None
                steps = [outcome, *wait(self.process, outcome.after, outcome.after.now)]
                if (found := self.arrived(steps, (*way, taken))) is not None:
                    return found
        for taken in self.finder.waits(position, self.goal) if self.timely else ():
            self.left -= 1
            assert taken.until is not None
            steps = list(wait(self.process, position, taken.until))
            if not steps:
                self.push(position._replace(now=taken.until), (*way, taken), WAIT_COST)
            elif (found := self.arrived(steps, (*way, taken))) is not None:
                return found
        return None

    def refusal_shown(self, position: Position, command: Command, refused: Refused) -> bool:
        wanted = self.goal.refusal
        if wanted is None or not (isinstance(command, Open) or (isinstance(command, Act) and command.name == self.goal.act)):
            return False
        return wanted in observed_refusal(self.process, position, command, refused)

    def arrived(self, steps: list[Played], way: tuple[Taken, ...]) -> tuple[Taken, ...] | None:
        shown = self.goal.shown_by
        if (shown is not None and any(map(shown, steps))) or self.goal.holds(steps[-1].after):
            return way
        self.push(steps[-1].after, way, WAIT_COST if isinstance(steps[0].command, Fire) else ACT_COST)
        return None

    def push(self, position: Position, way: tuple[Taken, ...], cost: int) -> None:
        case = position.case
        if case is not None and (not self.is_new(case, position.now) or self.is_over(case)):
            return
        far = self.finder.distance(case, self.goal)
        if far >= FAR:
            return
        length = sum(WAIT_COST if taken.who is None else ACT_COST for taken in way[:-1]) + cost
        heapq.heappush(self.queue, (length + PULL * far, far, next(self.number), position, way))

    def is_over(self, case: Case) -> bool:
        """Say whether nothing can happen to a case any more."""
        return case.has_ended and not self.process.acts_at(case.configuration) and not case.snapshot.get("deadlines")

    def is_new(self, case: Case, now: Instant) -> bool:
        """Say whether something about a position is new: a fact, a pair of facts, or all of them together."""
        facts = self.finder.facts(case, now, timely=self.timely)
        here = case.configuration
        keys: set[object] = {here}
        match self.width:
            case 1:
                keys |= {(here, fact) for fact in facts}
            case 2:
                keys |= {(here, fact) for fact in facts} | {(here, *pair) for pair in combinations(sorted(facts), 2)}
            case _:
                keys = {(here, facts)}
        new = not keys <= self.known
        self.known |= keys
        return new
