"""A case on a virtual clock: commands through the one door of the core, rungs at their exact instants, no database.

A `Position` is a value: playing on from it leaves it as it was, so that a search can try one thing after another.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from engine.clock import Instant, from_datetime, to_datetime
from engine.core.advance import advance
from engine.core.case import CLOCK, EMPTY, Actor, Case, Draft
from engine.core.chain import GENESIS
from engine.core.command import Act, Command, Comment, Fire, Open, OpenRelated, Receive
from engine.core.compiled import Process
from engine.core.decision import Decision, Refused
from engine.core.delivery import command_of
from engine.core.gates import Gates, Request
from engine.core.ledger import Ledger
from engine.core.message import Message, Sender
from engine.core.parties import holder, outstanding
from engine.core.rungs import next_rung
from engine.core.standing import bound_to
from engine.core.world import NOWHERE, World
from engine.definition.calendars import Calendar
from engine.definition.periods import HOUR, add_term
from engine.definition.terms import Term, Unit
from engine.proof.scenario_model import START, Who
from engine.proof.scenario_names import ANYONE
from engine.proof.scenario_town import Others, Town, TownWorld

ORGANISATION = "body"
CASE_ID = "case"
MOST_BY_ITSELF = 5_000
"""Rungs that fire before the next step, or messages that one command leads to; more than these go round for ever.

Of what is shipped a year of cadences fires most, 85 rungs, and a merger of proposals sends most, 12 messages; in simulated years at
most 23 of both follow at once.
"""
MOST_NAMED = 4
"""Rungs and messages of a circle that are named, those that came most often."""
NOTHING_DRAWN: Mapping[tuple[str, str], int] = {}


class Position(NamedTuple):
    """Where a case stands, and when. ``case`` is None until it is opened. ``others``: the cases it has to do with, in this ``town``.

    ``drawn``: of each series and period the number that was given last.
    """

    case: Case | None
    now: Instant
    others: Others = EMPTY
    town: Town | None = None
    drawn: Mapping[tuple[str, str], int] = NOTHING_DRAWN

    @property
    def cases(self) -> dict[str, Case]:
        """Give all cases there are, by their ids."""
        return {**self.others, **({self.case.id: self.case} if self.case is not None else {})}

    def world(self) -> World:
        """Give the body as it stands now."""
        return NOWHERE if self.town is None else TownWorld(self.town, self.cases, self.now)


class Played(NamedTuple):
    """One command that was taken, the case it was taken on, and where that led.

    ``after`` is where everything stands once the messages it sent were delivered; ``rest`` is what they did, in order.
    """

    before: Case | None
    command: Command
    decision: Decision
    after: Position
    rest: tuple[Played, ...] = ()


class Endless(Exception):
    """The clock, or messages to and fro, went round without coming to an end. ``fired``: all that happened, in order."""

    def __init__(self, fired: Sequence[Played], calendar: Calendar) -> None:
        self.fired = fired
        often = Counter(named(each) for each in fired if isinstance(each.command, Fire | Receive | OpenRelated))
        most = ", ".join(f"{name} {times:,} times" for name, times in often.most_common(MOST_NAMED))
        more = f" and {len(often) - MOST_NAMED} more" if len(often) > MOST_NAMED else ""
        first, last = (local(calendar, each.after.now) for each in (fired[0], fired[-1]))
        super().__init__(f"no end after {most}{more}, {f'all at {first}' if first == last else f'from {first} to {last}'}")


def named(played: Played) -> str:
    """Name what happened by itself: a rung, or a message as the trail names it."""
    rung = f": {played.command.rung}" if isinstance(played.command, Fire) else ""
    return f"{played.decision.case.workflow} {played.decision.action}{rung}"


def play(process: Process, position: Position, command: Command, on: str | None = None) -> Played | Refused:
    """Decide one command, on the case or ``on`` another, and deliver what it sends.

    Raises Endless where that leads to more than MOST_BY_ITSELF messages.
    """
    own = process if on is None else workflow_of(position, on)
    if own is None:
        return Refused(())
    played = decided(own, position, command, position.world(), on)
    if isinstance(played, Refused) or position.town is None or not played.decision.messages:
        return played
    after = played.after
    rest: list[Played] = []
    waiting = deque((played.decision.case, message) for message in played.decision.messages)
    while waiting:
        sender, message = waiting.popleft()
        each = delivered(process, after, sender, message)
        if isinstance(each, Played):
            if len(rest) == MOST_BY_ITSELF:
                raise Endless([played, *rest], process.calendar)
            rest.append(each)
            after = each.after
            waiting.extend((each.decision.case, sent) for sent in each.decision.messages)
    return played._replace(after=after, rest=tuple(each._replace(after=after) for each in rest))


def decided(process: Process, position: Position, command: Command, world: World, on: str | None = None) -> Played | Refused:
    """Decide one command. What it sends is left to whoever keeps the cases. Each series of numbers begins at 1."""
    acting = position.case if on is None else position.others.get(on)
    outcome = advance(process, acting, command, position.now, world)
    if isinstance(outcome, Refused):
        return outcome
    decision, drawn = with_number(outcome, position.drawn)
    return Played(acting, command, decision, placed(position._replace(drawn=drawn), decision.case, on))


def workflow_of(position: Position, other: str) -> Process | None:
    """Give the workflow of another case."""
    return position.town.find(position.others[other].workflow) if position.town is not None else None


def with_number(decision: Decision, drawn: Mapping[tuple[str, str], int]) -> tuple[Decision, Mapping[tuple[str, str], int]]:
    """Draw the number that a decision gives its case, if it gives one; give the decision with it, and what is drawn by then."""
    wanted = decision.number
    if wanted is None:
        return decision, drawn
    series = wanted.series, wanted.period
    n = drawn.get(series, 0) + 1
    return decision.numbered(wanted.format.format(year=wanted.year, n=n)), {**drawn, series: n}


def placed(position: Position, case: Case, on: str | None) -> Position:
    """Put a case back as a decision has left it."""
    position = position._replace(now=max(position.now, case.updated_at))
    return position._replace(case=case) if on is None else position._replace(others={**position.others, on: case})


def delivered(process: Process, position: Position, sender: Case, message: Message) -> Played | Refused | None:
    """Deliver one message; it comes to nothing (None) where its receiver is not there or its workflow is not known."""
    assert position.town is not None
    mine = position.case is not None and message.to_case == position.case.id
    on = None if mine else message.to_case
    receiver = position.case if mine else position.others.get(message.to_case)
    name = message.body["workflow"] if message.kind == "open" else receiver.workflow if receiver is not None else ""
    found = process if mine else position.town.find(name)
    if found is None or (receiver is None) != (message.kind == "open"):
        return None
    command = command_of(Sender(sender.org, sender.id, sender.seq), message, sender.workflow)
    return decided(found, position, command, position.world(), on)


def wait(process: Process, position: Position, until: Instant) -> Iterator[Played]:
    """Let time pass. Each rung that falls due on the way fires at its own instant, earliest first. The case ends up at the last one.

    Raises Endless where they are more than MOST_BY_ITSELF, or where one leads to more messages than that.
    """
    fired: list[Played] = []
    while (due := next_due(position)) is not None and due[0].due <= until:
        if len(fired) == MOST_BY_ITSELF:
            raise Endless(fired, process.calendar)
        fire, on = due
        played = play(process, position._replace(now=max(position.now, fire.due)), fire, on)
        if isinstance(played, Refused):
            return  # it was the next one a moment ago, so this is no way a case can be
        fired.append(played)
        yield played
        position = played.after


def next_due(position: Position) -> tuple[Fire, str | None] | None:
    """Give the rung that fires next among all cases, and the other case it is of; the case itself goes first."""
    cases = ((None, position.case), *position.others.items())
    found = [(fire, on) for on, case in cases if case is not None and (fire := upcoming(case)) is not None]
    return min(found, key=lambda pair: pair[0].due, default=None)


def upcoming(case: Case) -> Fire | None:
    """Give the rung of a case that fires next: the earliest, of several the one whose deadline was armed first."""
    found = [
        Fire(ledger.name, ledger.n, rung, instant)
        for kept in case.snapshot.get("deadlines", EMPTY).values()
        if (pending := next_rung(ledger := Ledger.from_json(kept))) is not None
        for instant, rung in (pending,)
    ]
    return min(found, key=lambda fire: (fire.due, fire.n), default=None)


def command_for(
    process: Process,
    position: Position,
    name: str,
    who: Who,
    data: Mapping[str, Any] = EMPTY,
    *,
    reason: str | None = None,
    document: bool = False,
    settings: Mapping[str, Any] = EMPTY,
) -> Command:
    """Make the command by which somebody takes an act; `start` opens the case."""
    if position.case is not None and who.person is None and who.unit is None:  # of several parties it is the first that is awaited
        who = next((party for party in asked_to_sign(process, position.case, name) or () if party.role == who.role), who)
    if name == START and process.opening is None and who.role == CLOCK:  # as another case or a schedule opens it
        return OpenRelated(ORGANISATION, CASE_ID, CLOCK, data, settings=settings)
    person = actor(process, position, who)
    if name == START:
        return Open(person, ORGANISATION, CASE_ID, data, settings=settings, reason=reason)
    return Act(person, name, data, reason, attached(name, position) if document else None)


def attached(name: str, position: Position) -> Mapping[str, Any]:
    """Make a document to attach: one that nobody has handed in before."""
    seq = position.case.seq if position.case is not None else 0
    return {"id": f"{name.removesuffix('.attach')}-{seq}", "sha256": f"{seq:064x}", "size": 1, "media_type": "text/plain"}


def actor(process: Process, position: Position, who: Who) -> Actor:
    """Make a person who acts in a role.

    Unless it is said otherwise, a bound role is acted in by the one it is bound to, and person and unit of any other bear the name of
    the role.
    """
    bound = bound_to_now(process, position, who.role)
    binds_person = process.binds_person.get(who.role, False)
    person = who.person or (bound[0] if bound and binds_person else who.role)
    unit = who.unit or (bound[0] if bound and not binds_person else who.role)
    return Actor(person, frozenset() if who.role == ANYONE else frozenset({who.role}), ORGANISATION, unit)


def comment_by(process: Process, position: Position, who: Who | None, text: str) -> Comment:
    """Make a comment; unless it is said otherwise, by whoever opened the case."""
    assert position.case is not None
    return Comment(Actor(position.case.opened_by, frozenset(), ORGANISATION) if who is None else actor(process, position, who), text)


def bound_to_now(process: Process, position: Position, role: str) -> list[str]:
    """Give the persons or units a role is bound to where the case stands; none for a role that is not bound."""
    found = process.definition.roles.get(role)
    case = position.case
    if found is None or not found.is_bound:
        return []
    nobody = Actor("", frozenset(), ORGANISATION)
    if case is None:
        case = Case(ORGANISATION, CASE_ID, "", 0, "", (), {}, 0, 0, GENESIS, position.now, "", position.now)
    gates = Gates(process, case, Draft(case.snapshot), case.configuration, position.now, Request(nobody, world=position.world()))
    return sorted(bound_to(found, gates.view("")))


def asked_to_sign(process: Process, case: Case, act: str) -> list[Who] | None:
    """Give the parties that an act of signing still waits for, those that refused too; None of another act."""
    group, _, kind = act.rpartition(".")
    if kind != "sign" or group not in process.definition.parties:
        return None
    found = process.definition.parties[group]
    return [Who(**holder(found, party)) for party in outstanding(Draft(case.snapshot), found)]


# --- time -----------------------------------------------------------------------------------------------------------


def later(calendar: Calendar, now: Instant, term: Term) -> Instant:
    """Give the instant a term later, at the same time of day; a term of hours counts the hours."""
    if term.unit is Unit.HOURS:
        return now + term.n * HOUR
    moment = to_datetime(now).astimezone(calendar.zone)
    day = add_term(calendar, moment.date(), term)
    return from_datetime(datetime.combine(day, moment.time(), calendar.zone))


def local(calendar: Calendar, instant: Instant) -> str:
    """Show an instant as a clock on the wall does."""
    return f"{to_datetime(instant).astimezone(calendar.zone):%Y-%m-%d %H:%M}"


def due_day(calendar: Calendar, instant: Instant) -> str:
    """Show a due instant as the day it ends: 24:00 of that day, not 00:00 of the next."""
    moment = to_datetime(instant).astimezone(calendar.zone)
    midnight = (moment.hour, moment.minute) == (0, 0)
    day: date = moment.date() - timedelta(days=1) if midnight else moment.date()
    return f"{day} {'24:00' if midnight else f'{moment:%H:%M}'}"
