"""Small processes for the tests of the core, written in the language itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from engine.clock import Instant, parse_instant
from engine.core.advance import advance
from engine.core.case import Actor, Case
from engine.core.command import Act, Fire, Open
from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision, Refused
from engine.core.ledger import Ledger
from engine.core.rungs import next_rung
from engine.definition.calendar_files import load_calendars
from engine.definition.calendars import Calendar
from engine.definition.loader import load_one

CALENDARS = Path(__file__).parents[2] / "workflows" / "calendars"
START: Instant = parse_instant("2026-03-02T09:00:00+08:00")  # a Monday without a holiday near
HOUR: Instant = 3_600_000_000
DAY: Instant = 24 * HOUR


@cache
def calendars() -> dict[str, Calendar]:
    """Load the shipped calendars once."""
    return dict(load_calendars(CALENDARS))


def process(body: str, roles: str = "office: 办公室, member: 委员, clerk: 职员") -> Process:
    """Compile the body of a workflow below a common head."""
    head = f"workflow: trial\nversion: 1\ntitle: 试\ncalendar: cn\nroles: {{{roles}}}\n"
    return compile_process(load_one(head + body, "trial.yaml", calendars=calendars()), calendars()["cn"])


def person(name: str = "li", *roles: str, unit: str | None = None) -> Actor:
    """Make an actor; without roles, one that holds office."""
    return Actor(name, frozenset(roles or ("office",)), "body", unit)


OFFICE = person("li", "office")
OTHER = person("wang", "office")
MEMBER = person("zhao", "member")


class Story:
    """Plays a case by hand: each step must be taken, or tells its refusals."""

    def __init__(self, made: Process, actor: Actor = OFFICE, at: Instant = START, **data: Any) -> None:
        self.process = made
        self.now = at
        self.decisions: list[Decision] = []
        outcome = advance(made, None, Open(actor, "body", "case", data), at)
        assert isinstance(outcome, Decision), outcome
        self._keep(outcome)

    def _keep(self, decision: Decision) -> None:
        self.decisions.append(decision)
        self.case: Case = decision.case

    @property
    def last(self) -> Decision:
        """The latest decision."""
        return self.decisions[-1]

    def wait(self, instant: Instant) -> Story:
        """Let time pass; nothing fires by itself in the core."""
        self.now += instant
        return self

    def act(self, name: str, actor: Actor = OFFICE, /, reason: str | None = None, document: str | None = None, **data: Any) -> Story:
        """Take an action; it must be taken."""
        outcome = self.attempt(name, actor, reason=reason, document=document, **data)
        assert isinstance(outcome, Decision), outcome
        self._keep(outcome)
        return self

    def attempt(
        self, name: str, actor: Actor = OFFICE, /, reason: str | None = None, document: str | None = None, **data: Any
    ) -> Decision | Refused:
        """Try an action and give the outcome; the case stays as it is."""
        attached = {"id": document, "sha256": "0" * 64, "size": 1, "media_type": "text/plain"} if document else None
        return advance(self.process, self.case, Act(actor, name, data, reason, attached), self.now)

    def codes(self, name: str, actor: Actor = OFFICE, /, **more: Any) -> list[str]:
        """Give the codes with which an action is refused."""
        outcome = self.attempt(name, actor, **more)
        assert isinstance(outcome, Refused), outcome
        return [refusal.code for refusal in outcome.refusals]

    def ledger(self, name: str) -> Ledger:
        """Give a live deadline."""
        return Ledger.from_json(self.case.snapshot["deadlines"][name])

    def fire(self, name: str) -> Story:
        """Fire the next rung of a deadline at its instant."""
        ledger = self.ledger(name)
        upcoming = next_rung(ledger)
        assert upcoming is not None
        instant, rung = upcoming
        self.now = max(self.now, instant)
        outcome = advance(self.process, self.case, Fire(name, ledger.n, rung, instant), self.now)
        assert isinstance(outcome, Decision), outcome
        self._keep(outcome)
        return self

    @property
    def where(self) -> list[str]:
        """The active leaves."""
        return list(self.case.configuration)
