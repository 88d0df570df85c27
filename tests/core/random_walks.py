"""Walks through random workflows: what the engine decides, command by command, on a clock of the walk's own."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import note
from hypothesis import strategies as st

from engine.clock import Instant
from engine.core.actions import allowed_actions
from engine.core.advance import advance
from engine.core.case import EMPTY, Actor, Case
from engine.core.command import Act, Command, Fire, Open
from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision, Outcome
from engine.core.ledger import Ledger
from engine.core.rungs import next_rung
from engine.definition.loader import load
from tests.core.process import MEMBER, OFFICE, START, calendars
from tests.core.random_processes import ACTS, FORMS, Shape, as_yaml

PEOPLE: dict[str, Actor] = {"office": OFFICE, "member": MEMBER}


def dice(steps: int, seed: int) -> list[int]:
    """Throw dice for a walk."""
    thrown = Random(seed)
    return [thrown.randrange(1024) for _ in range(steps)]


WALKS = st.builds(dice, st.integers(15, 50), st.integers(0, 2**32))


def compiled(text: str) -> Process:
    """Compile a workflow that was drawn: it has no problem."""
    found = load(text, "drawn.yaml", calendars=calendars())
    assert not found.problems, found.problems
    return compile_process(found.definitions[0], calendars()["cn"])


class Walk:
    """Plays one workflow as dice say; a case that has ended is followed by another."""

    def __init__(self, workflow: Shape) -> None:
        self.text = as_yaml(workflow)
        note(self.text)
        self.process = compiled(self.text)
        self.case: Case | None = None
        self.now = START
        self.commands: list[tuple[Command, Instant]] = []  # to the present case
        self.decisions: list[Decision] = []  # of the present case, one for each command that was taken

    def step(self, thrown: int) -> None:
        """Go on: mostly with an action that is open, sometimes with any, sometimes with the next rung."""
        role, n, kind, which = list(PEOPLE)[thrown % 2], thrown // 2 % 4, thrown // 8 % 8, thrown // 64
        if self.case is None or self.case.has_ended:
            self.open(n)
        elif kind == 0:
            self.fire()
        else:
            names = (allowed_actions(self.process, self.case, PEOPLE[role], self.now) if kind > 1 else []) or ACTS
            self.act(names[which % len(names)], role, n)

    def open(self, n: int) -> None:
        """Open a case."""
        self.case, self.now, self.commands, self.decisions = None, START, [], []
        self.decide(Open(OFFICE, "body", "case", {"n": n}), f"open n={n}")

    def act(self, name: str, role: str, n: int) -> None:
        """Take an action, or try to."""
        form: dict[str, Any] = dict.fromkeys(FORMS[name], n)
        self.decide(Act(PEOPLE[role], name, form), f"{name} {form} by {role}")

    def fire(self) -> None:
        """Let the next rung fire, if there is one."""
        ledgers = [Ledger.from_json(kept) for kept in self.live.values()]
        due = [(*upcoming, ledger) for ledger in ledgers if (upcoming := next_rung(ledger)) is not None]
        if due:
            instant, rung, ledger = min(due, key=lambda each: (each[0], each[2].name))
            self.now = max(self.now, instant)
            self.decide(Fire(ledger.name, ledger.n, rung, instant), f"{ledger.name} {rung}")

    def decide(self, command: Command, what: str) -> Outcome:
        """Give a command to the engine and keep what comes of it."""
        note(what)
        outcome = advance(self.process, self.case, command, self.now)
        self.commands.append((command, self.now))
        if isinstance(outcome, Decision):
            self.case = outcome.case
            self.decisions.append(outcome)
            for step in outcome.steps:
                note(f"  {step.trigger} {step.taken}: -{step.exited} +{step.entered}")
        return outcome

    @property
    def live(self) -> dict[str, Any]:
        """The ledgers of the live deadlines, by name."""
        assert self.case is not None
        return dict(self.case.snapshot.get("deadlines", EMPTY))
