"""A year of cases, drawn by chance and run through the real core: who comes when, how long each state takes, how it is left.

Nothing here decides what a case may do: every act is a command to the core and every rung fires at its own instant. What is drawn is only
when somebody acts, who, with which of the acts that are open, and what is filled in. Each case draws from a source of its own, so
that one case more leaves all others as they were.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from itertools import count, takewhile
from random import Random
from typing import NamedTuple

from engine.clock import Instant
from engine.core.case import CLOCK, EMPTY, Case
from engine.core.command import Command, Fire, OpenRelated
from engine.core.compiled import Process
from engine.core.decision import Decision, Refused
from engine.core.delivery import command_of, declined
from engine.core.ledger import live_of
from engine.core.message import Message, Sender
from engine.core.opening import scheduled_data
from engine.core.world import Holder, World
from engine.definition.periods import add_term
from engine.definition.schedules import Schedule
from engine.proof.scenario_model import Who
from engine.proof.scenario_play import MOST_BY_ITSELF, ORGANISATION, Endless, Played, Position, decided, upcoming
from engine.proof.scenario_town import Town, TownWorld
from engine.proof.simulation_acting import Acting, codes
from engine.proof.simulation_cases import Life, Plan, Simulated, Stay
from engine.proof.simulation_defaults import acts_of
from engine.proof.simulation_model import Assumptions
from engine.proof.simulation_time import OfficeTime
from engine.proof.simulation_work import Work

RUNG, PERSON = 0, 1
"""What happens first at one instant: a rung, as the sweep fires what is due before anybody acts."""


class Letter(NamedTuple):
    """A message on its way, with who sent it. ``acting``: the stay in which somebody acted so that it was sent."""

    sender: Sender
    workflow: str
    message: Message
    acting: Stay | None


def simulate(
    process: Process,
    assumptions: Assumptions,
    seed: int,
    *,
    others: Mapping[str, tuple[Process, Assumptions]] = EMPTY,
    told: Callable[[int, int], None] = lambda _done, _all: None,
    seen: Callable[[Decision], None] = lambda _decision: None,
) -> Simulated:
    """Simulate. The same process, assumptions and seed give the same cases, act by act.

    Args:
        process: the compiled workflow.
        assumptions: what is assumed of it.
        seed: chooses the chance.
        others: by their names, the workflows whose cases this one opens, each with what is assumed of it.
        told: called with the days that have passed and how many there are, for a progress bar.
        seen: called with every decision, for whoever counts something else.

    Raises:
        Endless: the clock, or messages to and fro, go round for ever with no time passing.
    """
    return _Simulation({process.definition.workflow: (process, assumptions), **others}, seed, seen).run(told)


class _Simulation:
    """The moving parts: a queue of what happens next, in order of time."""

    def __init__(self, workflows: Mapping[str, tuple[Process, Assumptions]], seed: int, seen: Callable[[Decision], None]) -> None:
        self.seed, self.seen = seed, seen
        process, assumptions = next(iter(workflows.values()))
        calendar, self.first_day = process.calendar, assumptions.begin
        self.last_day = add_term(calendar, self.first_day, assumptions.term)
        self.begin, self.end = calendar.midnight(self.first_day), calendar.midnight(self.last_day)
        self.time = OfficeTime(calendar, self.first_day, assumptions.opens, assumptions.closes)
        self.plans = {name: self.plan(*each) for name, each in workflows.items()}
        self.main = self.plans[process.definition.workflow]
        people = {role: tuple(Holder(f"{role}_{n}", role) for n in range(1, many + 1)) for role, many in assumptions.people.items()}
        self.town = Town(lambda name: self.plans[name].process if name in self.plans else None, people, assumptions.registries)
        self.work = Work(self, assumptions.capacity)
        self.lives: dict[str, Life] = {}
        self.cases: dict[str, Case] = {}
        self.refused: Counter[str] = Counter()
        self.post: deque[Letter] = deque()
        self.now: Instant | None = None
        self.at_once: list[Played] = []  # all that has followed at this instant from the one thing it began with
        self._queue: list[tuple[Instant, int, int, Callable[[Instant], None], list[Played]]] = []
        self._number = count()

    def plan(self, process: Process, assumptions: Assumptions) -> Plan:
        """Make a workflow ready."""
        acts = {path: acts_of(process, process.states[path]) for path in assumptions.states}
        return Plan(process, assumptions, Acting(process, assumptions, self.world), acts)

    def world(self, now: Instant) -> World:
        """Give the body as it stands at an instant."""
        return TownWorld(self.town, self.cases, now)

    def run(self, told: Callable[[int, int], None]) -> Simulated:
        days = (self.last_day - self.first_day).days
        for number, instant in enumerate(self.arrivals() if self.main.process.opening is not None else ()):
            self.at(instant, partial(self.arrive, number))
        for plan in self.plans.values():
            for schedule in plan.process.definition.schedules.values():
                for day, instant in self.openings(plan.process, schedule):
                    self.at(instant, partial(self.open_by_itself, plan, schedule, day))
        while self._queue and self._queue[0][0] < self.end:
            self.now, _, _, happen, self.at_once = heapq.heappop(self._queue)
            instant = self.now
            told((self.main.process.calendar.local_date(instant) - self.first_day).days, days)
            happen(instant)
            while self.post:
                self.deliver(self.post.popleft(), instant)
        told(days, days)
        lives, plans = tuple(self.lives.values()), tuple(self.plans.values())
        return Simulated(plans, self.seed, self.time, self.begin, self.end, lives, self.refused)

    def at(self, instant: Instant, happen: Callable[[Instant], None], order: int = PERSON) -> None:
        """Let something happen at an instant. At this very one it belongs to all that follows at once."""
        at_once = self.at_once if instant == self.now else []
        heapq.heappush(self._queue, (instant, order, next(self._number), happen, at_once))

    # --- coming -----------------------------------------------------------------------------------------------------

    def arrivals(self) -> Iterator[Instant]:
        """Draw when cases come: within the hours of working days, independently of each other."""
        rng = self.chance("arrivals")
        calendar, day = self.main.process.calendar, self.first_day
        while day < self.last_day:
            mean = self.main.assumptions.arrivals[day.weekday()]
            if mean > 0 and calendar.is_working_day(day):
                position = self.time.position(calendar.midnight(day))
                passed = rng.expovariate(mean)
                while passed < 1:
                    yield self.time.instant(position + passed)
                    passed += rng.expovariate(mean)
            day += timedelta(days=1)

    def arrive(self, number: int, now: Instant) -> None:
        """Open a case of the workflow that is simulated."""
        case_id = f"case {number}"
        rng = self.chance(case_id)
        who, played = self.main.acting.open(case_id, now, rng)
        if isinstance(played, Played):
            self.begin_life(self.main, who, rng, played, None, now)
        else:
            self.refused.update(codes(played))

    def openings(self, process: Process, schedule: Schedule) -> Iterator[tuple[date, Instant]]:
        """Give the occurrences whose cases open in the time that is simulated, with the instant of each."""
        lead = None if schedule.lead is None else process.term(schedule.lead, process.settings)
        openings = schedule.openings(process.calendar, self.first_day - timedelta(days=1), lead)
        within = takewhile(lambda each: each[1] < self.end, openings)
        return ((day, instant) for day, instant in within if instant >= self.begin)

    def open_by_itself(self, plan: Plan, schedule: Schedule, day: date, now: Instant) -> None:
        """Open the case of an occurrence, as the clock does."""
        case_id = f"{plan.name} {schedule.name} {day}"
        origin = {"schedule": {"name": schedule.name, "date": day.isoformat()}}
        data = scheduled_data(plan.process, schedule, day, now)
        command = OpenRelated(org=ORGANISATION, case_id=case_id, opened_by=CLOCK, data=data, origin=origin)
        played = decided(plan.process, Position(None, now), command, self.world(now))
        if isinstance(played, Played):
            self.begin_life(plan, Who("", CLOCK), self.chance(case_id), played, None, now)
        else:
            self.refused.update(codes(played.refusals))

    def chance(self, of: str) -> Random:
        """Give a source of chance of its own to a case, or to the arrivals."""
        return Random(f"{self.seed} {of}")  # noqa: S311  chance that can be repeated is what is wanted

    def begin_life(self, plan: Plan, opener: Who, rng: Random, played: Played, acting: Stay | None, now: Instant) -> None:
        """Keep a case that was opened."""
        case = played.decision.case
        life = self.lives[case.id] = Life(plan, len(self.lives), rng, opener, case)
        self.took(life, played, acting, now)

    def deliver(self, letter: Letter, now: Instant) -> None:
        """Let a message arrive: it is a command of the case that it goes to, or opens one."""
        message, life = letter.message, self.lives.get(letter.message.to_case)
        command = command_of(letter.sender, message, letter.workflow)
        if life is not None:
            played = decided(life.plan.process, Position(life.case, now), command, self.world(now))
            if isinstance(played, Played):
                self.took(life, played, letter.acting, now)
        elif message.kind == "open":
            self.open_for(letter, command, now)

    def open_for(self, letter: Letter, command: Command, now: Instant) -> None:
        """Open a case for another one; where that cannot be, the other one hears so."""
        message, plan = letter.message, self.plans.get(letter.message.body["workflow"])
        reasons: tuple[str, ...] = ("unknown_workflow",)
        if plan is not None:
            played = decided(plan.process, Position(None, now), command, self.world(now))
            if isinstance(played, Played):
                self.begin_life(plan, Who("", message.body["by"]), self.chance(message.to_case), played, letter.acting, now)
                return
            reasons = codes(played.refusals)
        answer = declined(self.plans[letter.workflow].process.definition, letter.sender, message, [*reasons])
        self.post.append(Letter(Sender(message.to_org, message.to_case, 0), message.body["workflow"], answer, letter.acting))

    # --- what was taken ---------------------------------------------------------------------------------------------

    def took(self, life: Life, played: Played, acting: Stay | None, now: Instant) -> None:
        """Keep what a command led to: which stays ended and began, and when something happens next.

        Raises Endless where more than MOST_BY_ITSELF follow at once.
        """
        if len(self.at_once) == MOST_BY_ITSELF:
            raise Endless(self.at_once, life.plan.process.calendar)
        self.at_once.append(played)
        assert played.after.case is not None
        asked = life.case.snapshot.get("asked", EMPTY)
        life.case = self.cases[life.case.id] = played.after.case
        life.plan.tally.note(life.number, played.decision, now)
        self.seen(played.decision)
        new = self.moved(life, played, acting, now)
        if life.case.has_ended and new:
            life.last = acting
        for stay in new:
            if stay.left is None:
                self.work.queue(life, stay, now)
        for action in life.case.snapshot.get("asked", EMPTY):
            if action not in asked:
                self.at(self.time.after(now, life.rng.uniform(0.5, 2.0)), partial(self.work.answer, life, action))
        for change in played.decision.deadlines:
            if change.op == "armed" and "period" in change.ledger:
                self.work.owe(life, change.ledger, now)
        for stay in life.active.values():
            if stay.stuck and stay not in new:
                stay.looked = 0
                self.at(now, partial(self.work.leave, life, stay))
        sender = Sender(life.case.org, life.case.id, life.case.seq)
        self.post.extend(Letter(sender, life.plan.name, message, acting) for message in played.decision.messages)
        self.await_rung(life, now)

    def moved(self, life: Life, played: Played, acting: Stay | None, now: Instant) -> list[Stay]:
        """End and begin stays as the steps of a decision say; give those that began."""
        new: list[Stay] = []
        for step in played.decision.steps:
            for path in step.exited:
                if (stay := life.active.pop(path, None)) is not None:
                    stay.left = now
                    self.work.release(stay, now)
            for path in step.entered:
                if not life.plan.process.states[path].children:
                    life.active[path] = stay = Stay(life.plan, path, now, acting)
                    life.stays.append(stay)
                    new.append(stay)
        for stay in new:
            stay.deadline = governing(life.plan.process, life.case, stay.leaf)
        return new

    def await_rung(self, life: Life, now: Instant) -> None:
        """Let the next rung of a case fire at its instant."""
        due = upcoming(life.case)
        if due is not None:
            self.at(max(due.due, now), partial(self.fire, life, due, life.case.seq), RUNG)

    def fire(self, life: Life, due: Fire, seq: int, now: Instant) -> None:
        """Fire a rung, unless the case has moved on since it was expected."""
        if life.case.seq != seq:
            return
        outcome = decided(life.plan.process, Position(life.case, now), due, self.world(now))
        assert not isinstance(outcome, Refused), "it is the next one of a case nobody has touched"
        process = life.plan.process
        state = process.definition.deadlines[due.deadline].state
        under = (stay for leaf, stay in life.active.items() if state in process.states[leaf].line)
        self.took(life, outcome, next(under, None), now)


def governing(process: Process, case: Case, leaf: str) -> str | None:
    """Name the innermost deadline that a state stands under in a case: rather one with a term, of several the one that is due first."""
    kept = case.snapshot.get("deadlines", EMPTY)
    for path in process.states[leaf].line:
        mine = [
            (each.within is None, ledger["due"], each.name)
            for each in process.states[path].deadlines
            for ledger in live_of(kept, each.name)[:1]
            if not each.timer and ledger["due"] is not None
        ]
        if mine:
            return min(mine)[-1]
    return None
