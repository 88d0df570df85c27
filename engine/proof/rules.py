"""What a lint rule sees and gives, and the register of all rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from engine.core.compiled import countable
from engine.definition.compilation import Compilation
from engine.definition.loader import definition_beside
from engine.definition.model import Workflow
from engine.definition.process import ROOT, ProcessDefinition, Transition
from engine.definition.source import Document, Path
from engine.proof.filled import Filled
from engine.proof.graph import Graph
from engine.proof.logic.reading import Reader
from engine.proof.space.exploring import Space, explore_all
from engine.proof.space.gates import Gates

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found, and where in the document.

    ``undecided``: the rule could not tell; that is no problem, but keeps the file from being `proved`. ``way``: the acts that show it.
    """

    message: str
    path: Path
    at_key: bool = True
    undecided: bool = False
    way: tuple[str, ...] = ()


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

    @cached_property
    def reader(self) -> Reader:
        """What the conditions of the workflow say, as formulas."""
        transitions = [each for state in self.definition.states.values() for each in state.transitions]
        return Reader(self.definition.scope, self.definition.data, countable(transitions))

    @cached_property
    def filled(self) -> Filled:
        """Which items are surely filled where."""
        return Filled(self.definition, self.graph, self.reader)

    @cached_property
    def spaces(self) -> tuple[Space, ...]:
        """All that a case can do, in one view or in several."""
        return explore_all(Gates(self.definition, self.reader, self.filled))

    def beside(self, name: str) -> ProcessDefinition | None:
        """Give another workflow that this one names, compiled once for all rules; None where there is none that could run."""
        if name == self.definition.workflow:
            return self.definition
        if name not in self._beside:
            calendar = self.definition.scope.values.calendar
            self._beside[name] = definition_beside(self.work, name, {calendar.id: calendar})
        return self._beside[name]

    @cached_property
    def _beside(self) -> dict[str, ProcessDefinition | None]:
        return {}

    @cached_property
    def words(self) -> Counter[str]:
        """How often each word stands in the text of the file, comments and all."""
        return Counter(re.findall(r"\w+", self.document.text))

    def written(self) -> Iterator[Transition]:
        """Give the transitions that are written in the file, not those every workflow has."""
        return (each for state in self.graph.states.values() for each in state.transitions if not each.builtin)

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
