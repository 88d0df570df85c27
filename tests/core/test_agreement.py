"""The engine and a second interpreter, written from Appendix D of the SCXML recommendation, agree on random processes and random walks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from engine.core.actions import allowed_actions
from engine.core.command import Act, Command, Fire, Open
from engine.core.decision import Decision, Outcome
from tests.core.appendix_d import Interpreter
from tests.core.random_processes import Shape, examples, from_yaml, workflows
from tests.core.random_walks import PEOPLE, WALKS, Walk


class TwoInterpreters(Walk):
    """A walk on which every command goes to both."""

    def __init__(self, workflow: Shape) -> None:
        super().__init__(workflow)
        self.second = Interpreter(from_yaml(self.text))

    def decide(self, command: Command, what: str) -> Outcome:
        outcome = super().decide(command, what)
        assert isinstance(outcome, Decision) == self.tell(command), outcome
        if isinstance(outcome, Decision):
            self.compare(outcome)
        return outcome

    def tell(self, command: Command) -> bool:
        """Give the command to the second interpreter."""
        match command:
            case Open():
                self.second = Interpreter(from_yaml(self.text))
                return self.second.open(command.actor.roles, command.data)
            case Act():
                return self.second.act(command.name, command.actor.roles, command.data)
            case Fire():
                return self.second.fire(command.deadline, self.second.rung(command.deadline, command.rung))
        raise AssertionError(command)

    def compare(self, outcome: Decision) -> None:
        """Compare what both made of a command."""
        case, second = outcome.case, self.second
        assert [tuple(step) for step in outcome.steps] == [tuple(step) for step in second.steps]
        assert list(case.configuration) == second.leaves
        assert dict(case.data) == second.memory.data
        assert outcome.notes.get("dropped", []) == second.dropped
        assert case.has_ended == second.has_ended
        assert {name: (kept["n"], kept["status"]) for name, kept in self.live.items()} == second.memory.deadlines
        for role, person in PEOPLE.items():
            assert set(allowed_actions(self.process, case, person, self.now)) == second.listed([role])


@pytest.mark.timeout(0)
@given(workflows(), WALKS)
@settings(max_examples=examples(60))
def test_engine_and_appendix_d_agree_on_every_walk(workflow: Shape, walk: list[int]) -> None:
    """Same steps with the same exits and entries in the same order, same configuration, data, open actions and live deadlines."""
    both = TwoInterpreters(workflow)
    for thrown in walk:
        both.step(thrown)
