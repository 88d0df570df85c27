"""The engine and a second interpreter, written from Appendix D of the SCXML recommendation, agree on random processes and random walks."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from engine.core.actions import allowed_actions
from engine.core.advance import advance
from engine.core.case import EMPTY, Case
from engine.core.command import Act, Fire, Open
from engine.core.compiled import Process, compile_process
from engine.core.deadlines import next_rung
from engine.core.decision import Decision, Outcome
from engine.core.ledger import Ledger
from engine.definition.loader import load
from tests.core.appendix_d import Interpreter
from tests.core.process import MEMBER, OFFICE, START, calendars
from tests.core.random_processes import ACTS, FORMS, as_yaml, examples, from_yaml, workflows

PEOPLE = {"office": OFFICE, "member": MEMBER}
WALKS = st.builds(lambda steps, seed: [Random(seed + n).randrange(2**10) for n in range(steps)], st.integers(20, 60), st.integers(0, 2**32))


def compiled(text: str) -> Process:
    """Compile a workflow that was drawn: it has no problem."""
    found = load(text, "drawn.yaml", calendars=calendars())
    assert not found.problems, found.problems
    return compile_process(found.definitions[0], calendars()["cn"])


class Pair:
    """One case, held by both."""

    def __init__(self, workflow: dict[str, Any]) -> None:
        self.text = as_yaml(workflow)
        note(self.text)
        self.process, self.plain = compiled(self.text), from_yaml(self.text)
        self.case: Case | None = None

    def open(self, n: int) -> None:
        """Open a case."""
        self.second, self.now, self.case = Interpreter(self.plain), START, None
        outcome = advance(self.process, None, Open(OFFICE, "body", "case", {"n": n}), START)
        self.compare(outcome, taken=self.second.open(["office"], {"n": n}), what=f"open n={n}")

    def compare(self, outcome: Outcome, *, taken: bool, what: str) -> None:
        """Compare what both made of a command."""
        note(what)
        assert isinstance(outcome, Decision) == taken, outcome
        if not isinstance(outcome, Decision):
            return
        self.case = outcome.case
        for mine, others in zip(outcome.steps, self.second.steps, strict=False):
            note(f"  {mine.trigger} {mine.taken}: -{mine.exited} +{mine.entered}")
            assert tuple(mine) == tuple(others)
        assert len(outcome.steps) == len(self.second.steps)
        assert list(self.case.configuration) == self.second.leaves
        assert dict(self.case.data) == self.second.memory.data
        assert outcome.notes.get("dropped", []) == self.second.dropped
        assert self.case.has_ended == self.second.has_ended
        assert {name: (kept["n"], kept["status"]) for name, kept in self.live.items()} == self.second.memory.deadlines
        for role, person in PEOPLE.items():
            assert set(allowed_actions(self.process, self.case, person, self.now)) == self.second.listed([role])

    @property
    def live(self) -> dict[str, Any]:
        assert self.case is not None
        return dict(self.case.snapshot.get("deadlines", EMPTY))

    def act(self, name: str, role: str, n: int) -> None:
        """Take an action, or try to."""
        form = dict.fromkeys(FORMS[name], n)
        outcome = advance(self.process, self.case, Act(PEOPLE[role], name, form), self.now)
        self.compare(outcome, taken=self.second.act(name, [role], form), what=f"{name} {form} by {role}")

    def fire(self) -> None:
        """Let the next rung fire, if there is one."""
        ledgers = {name: Ledger.from_json(kept) for name, kept in self.live.items()}
        due = [(*upcoming, name) for name, ledger in ledgers.items() if (upcoming := next_rung(ledger)) is not None]
        if not due:
            return
        instant, at, name = min(due)
        self.now = max(self.now, instant)
        deadline = self.process.definition.deadlines[name]
        place = self.second.chart.workflow["anywhere"] if not deadline.state else self.second.chart.states[deadline.state].shape
        rung = next(each for each in place["deadlines"]["due"]["rungs"] if each["at"] == at)
        outcome = advance(self.process, self.case, Fire(name, ledgers[name].n, at, instant), self.now)
        self.compare(outcome, taken=self.second.fire(name, rung), what=f"{name} {at}")

    def step(self, dice: int) -> None:
        """Go on as dice say: mostly an action that is open, sometimes any, sometimes the next rung."""
        (n, role, kind), which = (dice % 4, list(PEOPLE)[dice // 4 % 2], dice // 8 % 8), dice // 64
        if self.case is None or self.case.has_ended:
            self.open(n)
        elif kind == 0:
            self.fire()
        else:
            listed = sorted(self.second.listed([role])) if kind > 1 else []
            names = listed or list(ACTS)
            self.act(names[which % len(names)], role, n)


@pytest.mark.timeout(0)
@given(workflows(), WALKS)
@settings(max_examples=examples(150))
def test_engine_and_appendix_d_agree_on_every_walk(workflow: dict[str, Any], walk: list[int]) -> None:
    """Same steps with the same exits and entries in the same order, same configuration, data, open actions and live deadlines."""
    pair = Pair(workflow)
    for dice in walk:
        pair.step(dice)
