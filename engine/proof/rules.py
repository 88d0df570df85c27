"""What a lint rule sees and gives, and the register of all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from engine.definition.compilation import Compilation
from engine.definition.model import Workflow
from engine.definition.process import ROOT, ProcessDefinition, Transition
from engine.definition.source import Document, Path
from engine.proof.graph import Graph

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found, and where in the document."""

    message: str
    path: Path
    at_key: bool = True


@dataclass(frozen=True)
class Subject:
    """A workflow under scrutiny: as written, as compiled, and where everything stands."""

    document: Document
    workflow: Workflow
    definition: ProcessDefinition
    work: Compilation

    @cached_property
    def graph(self) -> Graph:
        """The moves of the workflow."""
        return Graph(self.definition)

    def place(self, transition: Transition) -> Path:
        """Give where a transition stands; a built-in act stands nowhere and is placed at its state."""
        return self.work.places.get(transition.id) or self.state_place(transition.source)

    def state_place(self, state: str) -> Path:
        """Give where a state stands."""
        return self.work.states[state].where if state != ROOT else ("states",)


Rule = Callable[[Subject], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Registered:
    """A rule with its id and how grave what it finds is."""

    id: str
    severity: str
    check: Rule


RULES: dict[str, Registered] = {}


def rule(rule_id: str, severity: str = ERROR) -> Callable[[Rule], Rule]:
    """Register a rule under its stable id."""

    def register(check: Rule) -> Rule:
        RULES[rule_id] = Registered(rule_id, severity, check)
        return check

    return register
