"""What is known wherever a transition is weighed: who acts, where the case stands, what is filled."""

from __future__ import annotations

from engine.definition.process import ROOT, Kind, State, Transition, Trigger
from engine.proof.filled import Filled
from engine.proof.graph import Graph
from engine.proof.logic.formula import Formula, Present, Same, Sort, Truth, Variable, every, no, some, variables


def context(formula: Formula, transition: Transition, graph: Graph, filled: Filled) -> Formula:
    """Give what surely holds, of the variables of a formula, when a transition is weighed."""
    used, facts = variables(formula), [facts_about(formula, transition, filled)]
    for path, state in graph.states.items():
        asked = used.get(is_in(path).name)
        if asked is not None and (where := stands_in(state, transition, graph)) is not None:
            facts.append(Truth(asked) if where else no(Truth(asked)))
    return every(*facts)


def facts_about(formula: Formula, transition: Transition, filled: Filled) -> Formula:
    """Give what surely is filled, and in which role somebody acts."""
    used, known = variables(formula), filled.with_computed(filled.before(transition))
    facts: list[Formula] = [Present(used[f"data.{item}"]) for item in sorted(known) if f"data.{item}" in used]
    role = used.get("actor.role")
    if role is not None and transition.trigger is Trigger.ACT and "anyone" not in transition.by:
        facts.append(some(*(Same(role, name) for name in transition.by)))
    return every(*facts)


def is_in(path: str) -> Variable:
    """Give the variable that says whether a state is active."""
    return Variable(f"In({path!r})", Sort.BOOL)


def stands_in(state: State, transition: Transition, graph: Graph) -> bool | None:
    """Say whether a state is active when a transition is weighed: surely, surely not, or None."""
    source = graph.states[transition.source]
    if state.path in source.line or state.path == ROOT:
        return True
    if state.is_below(source):
        return None
    meeting = next(path for path in source.line if path in state.line)
    return None if graph.states[meeting].kind is Kind.PARALLEL else False
