"""What is done with a stay: it waits for a free hand, things happen in its course, and it is left by one of its ways that are open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any, Protocol

from engine.clock import Instant
from engine.core.case import EMPTY
from engine.definition.process import Kind
from engine.proof.scenario_play import Played, Position, asked_to_sign
from engine.proof.simulation_acting import codes, in_weighted_order, need
from engine.proof.simulation_cases import Desk, Life, Stay
from engine.proof.simulation_defaults import meets_periods, usual_share
from engine.proof.simulation_model import StateAssumption
from engine.proof.simulation_time import OfficeTime

SHORTEST = 0.01
"""Working days that anything takes at least."""

GRANTED = 0.9
"""How often what was asked for is granted."""

LONGEST_PAUSE = 64
"""Working days after which at the latest somebody looks again whether time alone has opened a way."""

MOST_NEEDS = 20
"""Documents and the like that are handed in for one act, and acts that are made up for at the end of a stay."""


class Agenda(Protocol):
    """What happens next, and what comes of what was done."""

    time: OfficeTime

    def at(self, instant: Instant, happen: Callable[[Instant], None]) -> None:
        """Let something happen at an instant."""
        ...

    def took(self, life: Life, played: Played, acting: Stay | None, now: Instant) -> None:
        """Keep what a command led to."""
        ...


class Work:
    """The people of the body at work. ``capacity``: how many cases a role has in hand at a time."""

    def __init__(self, agenda: Agenda, capacity: Mapping[str, int]) -> None:
        self.agenda, self.time = agenda, agenda.time
        self.desks = {role: Desk(seats) for role, seats in capacity.items()}

    def queue(self, life: Life, stay: Stay, now: Instant) -> None:
        """Begin with a stay, or let it wait for a free hand of its owner."""
        desk = self.desk_of(stay)
        if desk is None or len(desk.held) < desk.seats:
            self.begin_with(life, stay, now)
        else:
            desk.waiting.append((life, stay))

    def desk_of(self, stay: Stay) -> Desk | None:
        """Give whose hands a stay needs: those of its first owner with a limit. Nobody waits for a state that is final."""
        state = stay.plan.process.states[stay.leaf]
        if stay.leaf not in stay.plan.assumptions.states or state.kind is Kind.FINAL:
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
        assumed = stay.plan.assumptions.states.get(stay.leaf)
        desk = self.desk_of(stay)
        if desk is not None:
            desk.held.append(stay)
        stay.began = now
        if assumed is None:
            return
        days = self.length_of(life, stay)
        for act, mean in assumed.meanwhile.items():
            for _ in range(self.times(life, stay, act, mean)):
                self.agenda.at(self.time.after(now, life.rng.random() * days), partial(self.in_the_course, life, stay, act))
        if assumed.ways:
            self.agenda.at(self.time.after(now, days), partial(self.leave, life, stay))

    def length_of(self, life: Life, stay: Stay) -> float:
        """Draw how long a stay takes: some minutes at least, so that no loop runs on the spot."""
        return max(SHORTEST, stay.plan.assumptions.states[stay.leaf].takes.draw(life.rng))

    def times(self, life: Life, stay: Stay, act: str, mean: float) -> int:
        """Draw how often an act is taken in the course of a stay; to sign is taken so often by each party it waits for.

        What meets a deadline that recurs is planned with each period.
        """
        if meets_periods(stay.plan.process, stay.plan.acts[stay.leaf][act]):
            return 0
        parties = asked_to_sign(stay.plan.process, life.case, act)
        return sum(how_often(mean, life.rng) for _ in range(1 if parties is None else len(parties)))

    def in_the_course(self, life: Life, stay: Stay, act: str, now: Instant) -> None:
        """Take an act in the course of a stay, if it is open."""
        if stay.left is None:
            self.take(life, stay, act, now)

    def leave(self, life: Life, stay: Stay, now: Instant) -> None:
        """Leave a state by one of its ways. If none is open, do what was to be done meanwhile and try once more; then wait."""
        if stay.left is not None:
            return
        assumed = stay.plan.assumptions.states[stay.leaf]
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
            self.agenda.at(self.time.after(now, self.length_of(life, stay)), partial(self.leave, life, stay))

    def give_up(self, life: Life, stay: Stay, refused: tuple[str, ...], now: Instant) -> None:
        """Wait until the case changes or, where a guard reads the clock, some time has passed: twice as long each time."""
        stay.stuck = refused
        if stay.plan.acting.relevance.time_decides:
            pause = min(1 << stay.looked, LONGEST_PAUSE)
            stay.looked += 1
            self.agenda.at(self.time.after(now, pause), partial(self.look_again, life, stay))

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
            if mean >= 1 and (not stay.taken[act] or asked_to_sign(stay.plan.process, life.case, act))
        ]
        return any(not self.take(life, stay, act, now) for act in missed)

    def take(self, life: Life, stay: Stay, act: str, now: Instant) -> tuple[str, ...]:
        """Take an act, with what it needs first; give the codes of a refusal.

        What must be asked for is asked for, and whoever decides answers later.
        """
        spec = stay.plan.acts[stay.leaf].get(act)
        if spec is None:
            return ("unknown_action",)
        for _ in range(MOST_NEEDS):
            assumed = stay.plan.assumptions.states.get(stay.leaf)
            weights = assumed.branches.get(act, EMPTY) if assumed is not None else EMPTY
            wanted = next(iter(in_weighted_order(weights, life.rng)), None)
            outcome = stay.plan.acting.take(spec, Position(life.case, now), life.opener, life.rng, wanted)
            if isinstance(outcome, Played):
                stay.taken[act] += 1
                self.agenda.took(life, outcome, stay, now)
                return ()
            needed = need(stay.plan.process, life.case, outcome)
            if needed is None or (other := stay.plan.acts[stay.leaf].get(needed)) is None or stay.left is not None:
                return codes(outcome)
            provided = stay.plan.acting.take(other, Position(life.case, now), life.opener, life.rng)
            if not isinstance(provided, Played):
                return codes(outcome)
            self.agenda.took(life, provided, stay, now)
            if needed.endswith(".ask"):
                return ()
        return ("missing_document",)

    def answer(self, life: Life, action: str, now: Instant) -> None:
        """Decide what was asked for: grant it nine times in ten, else decline; what cannot be granted is declined."""
        pending = life.case.snapshot.get("asked", EMPTY).get(action)
        if pending is None:
            return
        under = [leaf for leaf in life.active if pending["state"] in life.plan.process.states[leaf].line]
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

    def owe(self, life: Life, period: Mapping[str, Any], now: Instant) -> None:
        """Plan the acts that meet a period of a deadline that recurs."""
        begin, deadline = max(now, period["start"]), life.plan.process.definition.deadlines[period["name"]]
        for leaf, stay in life.active.items():
            for act, mean in stay.plan.assumptions.states[leaf].meanwhile.items() if leaf in stay.plan.acts else ():
                if deadline in stay.plan.process.met_by.get(stay.plan.acts[leaf][act].id, ()):
                    for _ in range(how_often(mean, life.rng)):
                        days = usual_share(self.time.between(begin, period["due"])).draw(life.rng)
                        self.agenda.at(self.time.after(begin, days), partial(self.in_the_course, life, stay, act))


def how_often(mean: float, rng: Random) -> int:
    """Draw how often something is done that is done so often on average."""
    return int(mean) + (rng.random() < mean % 1)
