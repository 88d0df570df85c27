"""A year of cases, drawn by chance and run through the real core: who comes when, how long each state takes, how it is left.

Nothing here decides what a case may do: every act is a command to the core and every rung fires at its own instant. What is drawn is only
when somebody acts, who, with which of the acts that are open, and what is filled in. Each case draws from a source of its own, so
that one case more leaves all others as they were.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any

from engine.clock import Instant
from engine.core.case import EMPTY, Case
from engine.core.command import Fire
from engine.core.compiled import Process
from engine.core.decision import Decision, Refused
from engine.core.ledger import live_of
from engine.definition.periods import add_term
from engine.definition.process import Kind, State
from engine.proof.scenario_play import Played, Position, asked_to_sign, play, upcoming
from engine.proof.simulation_acting import Acting, codes, in_weighted_order, need
from engine.proof.simulation_cases import Desk, Life, Simulated, Stay
from engine.proof.simulation_defaults import acts_of, meets_periods, usual_share
from engine.proof.simulation_model import Assumptions, StateAssumption
from engine.proof.simulation_tally import Tally
from engine.proof.simulation_time import OfficeTime

RUNG, PERSON = 0, 1
"""What happens first at one instant: a rung, as the sweep fires what is due before anybody acts."""

SHORTEST = 0.01
"""Working days that anything takes at least."""

GRANTED = 0.9
"""How often what was asked for is granted."""

LONGEST_PAUSE = 64
"""Working days after which at the latest somebody looks again whether time alone has opened a way."""

MOST_NEEDS = 20
"""Documents and the like that are handed in for one act, and acts that are made up for at the end of a stay."""


def simulate(
    process: Process,
    assumptions: Assumptions,
    seed: int,
    *,
    told: Callable[[int, int], None] = lambda _done, _all: None,
    seen: Callable[[Decision], None] = lambda _decision: None,
) -> Simulated:
    """Simulate. The same process, assumptions and seed give the same cases, act by act.

    Args:
        process: the compiled workflow.
        assumptions: what is assumed of it.
        seed: chooses the chance.
        told: called with the days that have passed and how many there are, for a progress bar.
        seen: called with every decision, for whoever counts something else.
    """
    return _Simulation(process, assumptions, seed, seen).run(told)


class _Simulation:
    """The moving parts: a queue of what happens next, in order of time."""

    def __init__(self, process: Process, assumptions: Assumptions, seed: int, seen: Callable[[Decision], None]) -> None:
        self.process, self.assumptions, self.seed, self.seen = process, assumptions, seed, seen
        calendar, self.first_day = process.calendar, assumptions.begin
        self.last_day = add_term(calendar, self.first_day, assumptions.term)
        self.begin, self.end = calendar.midnight(self.first_day), calendar.midnight(self.last_day)
        self.time = OfficeTime(calendar, self.first_day, assumptions.opens, assumptions.closes)
        self.acting = Acting(process, assumptions)
        self.acts = {path: acts_of(process, process.states[path]) for path in assumptions.states}
        self.desks = {role: Desk(seats) for role, seats in assumptions.capacity.items()}
        self.lives: list[Life] = []
        self.tally = Tally()
        self.refused: Counter[str] = Counter()
        self._queue: list[tuple[Instant, int, int, Callable[[Instant], None]]] = []
        self._number = count()

    def run(self, told: Callable[[int, int], None]) -> Simulated:
        days = (self.last_day - self.first_day).days
        for number, instant in enumerate(self.arrivals()):
            self.at(instant, partial(self.arrive, number))
        while self._queue and self._queue[0][0] < self.end:
            instant, _, _, happen = heapq.heappop(self._queue)
            told((self.process.calendar.local_date(instant) - self.first_day).days, days)
            happen(instant)
        told(days, days)
        lives = tuple(self.lives)
        return Simulated(self.process, self.assumptions, self.seed, self.time, self.begin, self.end, lives, self.tally, self.refused)

    def at(self, instant: Instant, happen: Callable[[Instant], None], order: int = PERSON) -> None:
        """Let something happen at an instant."""
        heapq.heappush(self._queue, (instant, order, next(self._number), happen))

    # --- coming -----------------------------------------------------------------------------------------------------

    def arrivals(self) -> Iterator[Instant]:
        """Draw when cases come: within the hours of working days, independently of each other."""
        rng = Random(f"{self.seed} arrivals")  # noqa: S311  chance that can be repeated is what is wanted
        day = self.first_day
        while day < self.last_day:
            mean = self.assumptions.arrivals[day.weekday()]
            if mean > 0 and self.process.calendar.is_working_day(day):
                position = self.time.position(self.process.calendar.midnight(day))
                passed = rng.expovariate(mean)
                while passed < 1:
                    yield self.time.instant(position + passed)
                    passed += rng.expovariate(mean)
            day += timedelta(days=1)

    def arrive(self, number: int, now: Instant) -> None:
        """Open a case."""
        rng = Random(f"{self.seed} case {number}")  # noqa: S311  as above
        who, played = self.acting.open(now, rng)
        if not isinstance(played, Played):
            self.refused.update(codes(played))
            return
        assert played.after.case is not None
        life = Life(number, rng, who, played.after.case)
        self.lives.append(life)
        self.took(life, played, None, now)

    # --- what was taken ---------------------------------------------------------------------------------------------

    def took(self, life: Life, played: Played, acting: Stay | None, now: Instant) -> None:
        """Keep what a command led to: which stays ended and began, and when something happens next."""
        assert played.after.case is not None
        asked = life.case.snapshot.get("asked", EMPTY)
        life.case = played.after.case
        self.tally.note(life.number, played.decision, now)
        self.seen(played.decision)
        new = self.moved(life, played, acting, now)
        if life.case.has_ended and new:
            life.last = acting
        for stay in new:
            if stay.left is None:
                self.queue(life, stay, now)
        for action in life.case.snapshot.get("asked", EMPTY):
            if action not in asked:
                self.at(self.time.after(now, life.rng.uniform(0.5, 2.0)), partial(self.answer, life, action))
        for change in played.decision.deadlines:
            if change.op == "armed" and "period" in change.ledger:
                self.owe(life, change.ledger, now)
        for stay in life.active.values():
            if stay.stuck and stay not in new:
                stay.looked = 0
                self.at(now, partial(self.leave, life, stay))
        self.await_rung(life, now)

    def moved(self, life: Life, played: Played, acting: Stay | None, now: Instant) -> list[Stay]:
        """End and begin stays as the steps of a decision say; give those that began."""
        new: list[Stay] = []
        for step in played.decision.steps:
            for path in step.exited:
                if (stay := life.active.pop(path, None)) is not None:
                    stay.left = now
                    self.release(stay, now)
            for path in step.entered:
                if not self.process.states[path].children:
                    life.active[path] = stay = Stay(path, now, acting)
                    life.stays.append(stay)
                    new.append(stay)
        for stay in new:
            stay.deadline = self.governing(life.case, self.process.states[stay.leaf])
        return new

    def governing(self, case: Case, leaf: State) -> str | None:
        """Name the innermost deadline that a state stands under in a case: rather one with a term, of several the one that is due first."""
        kept = case.snapshot.get("deadlines", EMPTY)
        for path in leaf.line:
            mine = [
                (each.within is None, ledger["due"], each.name)
                for each in self.process.states[path].deadlines
                for ledger in live_of(kept, each.name)[:1]
                if not each.timer and ledger["due"] is not None
            ]
            if mine:
                return min(mine)[-1]
        return None

    def owe(self, life: Life, period: Mapping[str, Any], now: Instant) -> None:
        """Plan the acts that meet a period of a deadline that recurs."""
        begin, deadline = max(now, period["start"]), self.process.definition.deadlines[period["name"]]
        for leaf, stay in life.active.items():
            for act, mean in self.assumptions.states[leaf].meanwhile.items() if leaf in self.acts else ():
                if deadline in self.process.met_by.get(self.acts[leaf][act].id, ()):
                    for _ in range(int(mean) + (life.rng.random() < mean % 1)):
                        days = usual_share(self.time.between(begin, period["due"])).draw(life.rng)
                        self.at(self.time.after(begin, days), partial(self.in_the_course, life, stay, act))

    def await_rung(self, life: Life, now: Instant) -> None:
        """Let the next rung of a case fire at its instant."""
        due = upcoming(life.case)
        if due is not None:
            self.at(max(due.due, now), partial(self.fire, life, due, life.case.seq), RUNG)

    def fire(self, life: Life, due: Fire, seq: int, now: Instant) -> None:
        """Fire a rung, unless the case has moved on since it was expected."""
        if life.case.seq != seq:
            return
        outcome = play(self.process, Position(life.case, now), due)
        assert not isinstance(outcome, Refused), "it is the next one of a case nobody has touched"
        state = self.process.definition.deadlines[due.deadline].state
        under = (stay for leaf, stay in life.active.items() if state in self.process.states[leaf].line)
        self.took(life, outcome, next(under, None), now)

    # --- working ----------------------------------------------------------------------------------------------------

    def queue(self, life: Life, stay: Stay, now: Instant) -> None:
        """Begin with a stay, or let it wait for a free hand of its owner."""
        desk = self.desk_of(stay)
        if desk is None or len(desk.held) < desk.seats:
            self.begin_with(life, stay, now)
        else:
            desk.waiting.append((life, stay))

    def desk_of(self, stay: Stay) -> Desk | None:
        """Give whose hands a stay needs: those of its first owner with a limit. Nobody waits for a state that is final."""
        state = self.process.states[stay.leaf]
        if stay.leaf not in self.assumptions.states or state.kind is Kind.FINAL:
            return None
        return next((self.desks[role] for role in state.owner if role in self.desks), None)

    def release(self, stay: Stay, now: Instant) -> None:
        """Take a stay off its desk, so that the next one can begin."""
        desk = self.desk_of(stay)
        if desk is None:
            return
        if stay in desk.held:
            desk.held.remove(stay)
        while desk.waiting and len(desk.held) < desk.seats:
            life, waiting = desk.waiting.popleft()
            if waiting.left is None:
                self.begin_with(life, waiting, now)

    def begin_with(self, life: Life, stay: Stay, now: Instant) -> None:
        """Plan a stay: how long it takes, what is done in its course, that it is then left."""
        assumed = self.assumptions.states.get(stay.leaf)
        desk = self.desk_of(stay)
        if desk is not None:
            desk.held.append(stay)
        stay.began = now
        if assumed is None:
            return
        days = self.length_of(life, stay)
        for act, mean in assumed.meanwhile.items():
            for _ in range(self.times(life, stay, act, mean)):
                self.at(self.time.after(now, life.rng.random() * days), partial(self.in_the_course, life, stay, act))
        if assumed.ways:
            self.at(self.time.after(now, days), partial(self.leave, life, stay))

    def length_of(self, life: Life, stay: Stay) -> float:
        """Draw how long a stay takes: some minutes at least, so that no loop runs on the spot."""
        return max(SHORTEST, self.assumptions.states[stay.leaf].takes.draw(life.rng))

    def times(self, life: Life, stay: Stay, act: str, mean: float) -> int:
        """Draw how often an act is taken in the course of a stay; to sign is taken so often by each party it waits for.

        What meets a deadline that recurs is planned with each period.
        """
        if meets_periods(self.process, self.acts[stay.leaf][act]):
            return 0
        parties = asked_to_sign(self.process, life.case, act)
        return sum(int(mean) + (life.rng.random() < mean % 1) for _ in range(1 if parties is None else len(parties)))

    def in_the_course(self, life: Life, stay: Stay, act: str, now: Instant) -> None:
        """Take an act in the course of a stay, if it is open."""
        if stay.left is None:
            self.take(life, stay, act, now)

    def leave(self, life: Life, stay: Stay, now: Instant) -> None:
        """Leave a state by one of its ways. If none is open, do what was to be done meanwhile and try once more; then wait."""
        if stay.left is not None:
            return
        assumed = self.assumptions.states[stay.leaf]
        stay.stuck = ()
        refused = self.leave_by(life, stay, assumed, now)
        for _ in range(MOST_NEEDS):
            if not refused or not self.catch_up(life, stay, assumed, now):
                break
            refused = self.leave_by(life, stay, assumed, now)
        if refused:
            self.give_up(life, stay, refused, now)
        elif not stay.awaits:
            self.leave_later(life, stay, now)

    def leave_later(self, life: Life, stay: Stay, now: Instant) -> None:
        """Go on where an act that could have led away did not."""
        if stay.left is None:
            self.at(self.time.after(now, self.length_of(life, stay)), partial(self.leave, life, stay))

    def give_up(self, life: Life, stay: Stay, refused: tuple[str, ...], now: Instant) -> None:
        """Wait until the case changes or, where a guard reads the clock, some time has passed: twice as long each time."""
        stay.stuck = refused
        if self.acting.relevance.time_decides:
            pause = min(1 << stay.looked, LONGEST_PAUSE)
            stay.looked += 1
            self.at(self.time.after(now, pause), partial(self.look_again, life, stay))

    def look_again(self, life: Life, stay: Stay, now: Instant) -> None:
        """See whether time has opened a way."""
        if stay.stuck:
            self.leave(life, stay, now)

    def leave_by(self, life: Life, stay: Stay, assumed: StateAssumption, now: Instant) -> tuple[str, ...]:
        """Take the first way that is open, in an order by chance; give the codes of what stood in the way, none once it is left."""
        refused: dict[str, None] = {}
        for act in in_weighted_order(assumed.ways, life.rng):
            reasons = self.take(life, stay, act, now) if stay.left is None else ()
            if not reasons:
                stay.awaits = act if act in life.case.snapshot.get("asked", EMPTY) else ""
                return ()
            refused |= dict.fromkeys(reasons)
        return tuple(refused)

    def catch_up(self, life: Life, stay: Stay, assumed: StateAssumption, now: Instant) -> bool:
        """Take one of the acts that belong to a stay and were not taken yet; say whether there was one."""
        missed = [
            act
            for act, mean in assumed.meanwhile.items()
            if mean >= 1 and (not stay.taken[act] or asked_to_sign(self.process, life.case, act))
        ]
        return any(not self.take(life, stay, act, now) for act in missed)

    def take(self, life: Life, stay: Stay, act: str, now: Instant) -> tuple[str, ...]:
        """Take an act, with what it needs first; give the codes of a refusal.

        What must be asked for is asked for, and whoever decides answers later.
        """
        spec = self.acts[stay.leaf].get(act)
        if spec is None:
            return ("unknown_action",)
        for _ in range(MOST_NEEDS):
            outcome = self.acting.take(spec, Position(life.case, now), life.opener, life.rng)
            if isinstance(outcome, Played):
                stay.taken[act] += 1
                self.took(life, outcome, stay, now)
                return ()
            needed = need(self.process, life.case, outcome)
            if needed is None or (other := self.acts[stay.leaf].get(needed)) is None or stay.left is not None:
                return codes(outcome)
            provided = self.acting.take(other, Position(life.case, now), life.opener, life.rng)
            if not isinstance(provided, Played):
                return codes(outcome)
            self.took(life, provided, stay, now)
            if needed.endswith(".ask"):
                return ()
        return ("missing_document",)

    def answer(self, life: Life, action: str, now: Instant) -> None:
        """Decide what was asked for: grant it nine times in ten, else decline; what cannot be granted is declined."""
        pending = life.case.snapshot.get("asked", EMPTY).get(action)
        if pending is None:
            return
        under = [leaf for leaf in life.active if pending["state"] in self.process.states[leaf].line]
        if not under:
            return
        stay, reasons = life.active[under[0]], codes(())
        for each in (action, f"{action}.decline") if life.rng.random() < GRANTED else (f"{action}.decline",):
            if reasons:
                reasons = self.take(life, stay, each, now)
        if stay.awaits == action and stay.left is None:
            stay.awaits = ""
            if reasons:
                self.give_up(life, stay, reasons, now)
            else:
                self.leave_later(life, stay, now)
