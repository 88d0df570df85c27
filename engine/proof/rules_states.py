"""Rules about states and moves as they are written: what is shadowed, what goes round by itself."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definition.process import ROOT, Branch, Transition, Trigger
from engine.proof.graph import Edge
from engine.proof.rules import WARNING, Finding, Subject, rule
from engine.proof.space.gates import takes


@rule("action.shadow", WARNING)
def shadow(subject: Subject) -> Iterator[Finding]:
    """Find inner actions that, when refused, let an outer one of the same name through."""
    states = subject.graph.states
    for inner in subject.written():
        for path in states[inner.source].line[1:]:
            for outer in states[path].transitions:
                if outer.name == inner.name and outer.trigger is inner.trigger is Trigger.ACT and inner.source not in outer.excluded:
                    where = f"`{path}`" if path != ROOT else "`anywhere`"
                    text = f"when `{inner.name}` is refused here, that of {where} is taken instead: rename one, or close it with `except`"
                    yield Finding(text, subject.place(inner))


@rule("always.stays", WARNING)
def always_stays(subject: Subject) -> Iterator[Finding]:
    """Find eventless transitions that leave nothing: taken again and again until their guard turns false."""
    for transition in subject.written():
        if transition.trigger is Trigger.ALWAYS and any(branch.target is None for branch in transition.branches):
            text = "`always` without `to` is taken again until its guard is false; more than 100 times is refused with `unsettled`"
            yield Finding(text, subject.place(transition))


@rule("loop.no_budget")
def loop_without_budget(subject: Subject) -> Iterator[Finding]:
    """Find loops that the clock, `always` or ballots that close by themselves can drive without anybody: they need `cycles`."""
    driven = [edge for edge in subject.graph.reachable_edges if _drives_itself(subject, edge)]
    for edge in driven:
        alone = edge.transition.trigger is Trigger.ALWAYS or _closes_by_itself(subject, edge.transition)
        starts = alone or _by_clock(subject, edge.transition)
        if starts and edge.branch.cycles is None and edge.leaf in _reach(driven, edge.to):
            text = f"the case can go round from `{edge.leaf}` by itself for ever: give a transition of this loop `cycles`"
            yield Finding(text, subject.place(edge.transition))


@rule("cycles.never_back", WARNING)
def budget_without_a_loop(subject: Subject) -> Iterator[Finding]:
    """Find budgets that are never spent: the case cannot come back to where the move is made."""
    graph = subject.graph
    for transition, number, branch in _budgets(subject):
        made_in = {*graph.open_in(transition)} & graph.reachable
        led_to = {edge.to for edge in graph.edges if edge.branch is branch and edge.leaf in made_in and not edge.spent}
        after = {leaf for start in led_to for leaf in _reach(graph.reachable_edges, start)}
        if led_to and not after & (made_in | graph.returning_leaves):
            text = f"this budget is never spent: after `{transition.name}` the case cannot come back here; leave `cycles` out, or lead back"
            yield Finding(text, (*subject.place(transition), "choice", number, "cycles"))


@rule("cycles.same_end", WARNING)
def budget_that_changes_nothing(subject: Subject) -> Iterator[Finding]:
    """Find budgets after which the case goes where it went before."""
    for transition, number, branch in _budgets(subject):
        if branch.cycles is not None and branch.cycles.then == branch.target:
            text = f"spent or not, this leads to `{branch.target}`: let `then` lead elsewhere, or leave `cycles` out"
            yield Finding(text, (*subject.place(transition), "choice", number, "cycles", "then"), at_key=False)


def _budgets(subject: Subject) -> Iterator[tuple[Transition, int, Branch]]:
    for transition in subject.written():
        yield from ((transition, number, branch) for number, branch in enumerate(transition.branches) if branch.cycles is not None)


def _drives_itself(subject: Subject, edge: Edge) -> bool:
    if edge.branch.cycles is not None and not edge.spent:
        return False
    return edge.transition.trigger is not Trigger.ACT or _by_clock(subject, edge.transition)


def _closes_by_itself(subject: Subject, transition: Transition) -> bool:
    """Say whether a state is complete without anybody: all it waits for are ballots with a day on which they close."""
    state = subject.graph.states[transition.source]
    waits_only = bool(state.ballots) and not (state.parties or state.children_groups or state.children)
    return transition.trigger is Trigger.DONE and waits_only and all(ballot.closing is not None for ballot in state.ballots)


def _by_clock(subject: Subject, transition: Transition) -> bool:
    """Say whether some rung takes the action: `by: clock` alone does not make it happen."""
    if transition.trigger is not Trigger.ACT or "clock" not in transition.by:
        return False
    line = subject.graph.states[transition.source].line
    for deadline in subject.definition.deadlines.values():
        near = deadline.state in line or transition.source in subject.graph.states[deadline.state].line
        if near and takes(deadline, transition):
            return True
    return False


def _reach(edges: list[Edge], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        leaf = waiting.pop()
        if leaf not in found:
            found.add(leaf)
            waiting.extend(edge.to for edge in edges if edge.leaf == leaf)
    return found
