"""Rules about states and moves: what cannot be reached, what cannot end, what is never decided."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definition.process import ROOT, Kind, Transition, Trigger
from engine.proof.graph import Edge
from engine.proof.rules import WARNING, Finding, Subject, rule


@rule("state.unreachable")
def unreachable(subject: Subject) -> Iterator[Finding]:
    """Find states that no order of acts enters."""
    graph = subject.graph
    for state in graph.states.values():
        # Of a whole branch nobody enters, the outermost state says it all.
        if state.path not in graph.reachable_states and state.parent in graph.reachable_states:
            yield Finding(f"no transition leads to `{state.path}`: it can never be entered", subject.state_place(state.path))


@rule("state.trap")
def trap(subject: Subject) -> Iterator[Finding]:
    """Find states that are not final and that nothing leaves."""
    graph = subject.graph
    for leaf in sorted(graph.reachable):
        if graph.states[leaf].kind is not Kind.FINAL and not graph.has_way_out(leaf):
            yield Finding(f"nothing leads out of `{leaf}`: give it an action with `to`, or `final: true`", subject.state_place(leaf))


@rule("state.no_end")
def no_end(subject: Subject) -> Iterator[Finding]:
    """Find states from which no case can ever end."""
    graph = subject.graph
    if not graph.ends & graph.reachable:
        yield Finding("no case can ever end: no final state of the top level can be reached", ("states",))
        return
    for leaf in sorted(graph.reachable - graph.can_end):
        if graph.states[leaf].kind is not Kind.FINAL and graph.has_way_out(leaf):
            yield Finding(f"from `{leaf}` no final state can be reached: such a case never ends", subject.state_place(leaf))


@rule("action.dead", WARNING)
def dead_action(subject: Subject) -> Iterator[Finding]:
    """Find actions that hold in no state a case can be in."""
    for transition in subject.written():
        if transition.source not in subject.graph.reachable_states:
            continue  # that is said of the state
        if transition.trigger is Trigger.ACT and not set(subject.graph.open_in(transition)) & subject.graph.reachable:
            yield Finding(f"`{transition.name}` holds in no state a case can be in", subject.place(transition))


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
    """Find loops that the clock or `always` can drive without anybody: they need `cycles`."""
    driven = [edge for edge in subject.graph.edges if edge.leaf in subject.graph.reachable and _drives_itself(subject, edge)]
    for edge in driven:
        starts = edge.transition.trigger is Trigger.ALWAYS or _by_clock(subject, edge.transition)
        if starts and edge.branch.cycles is None and edge.leaf in _reach(driven, edge.to):
            text = f"the case can go round from `{edge.leaf}` by itself for ever: give a transition of this loop `cycles`"
            yield Finding(text, subject.place(edge.transition))


def _drives_itself(subject: Subject, edge: Edge) -> bool:
    if edge.branch.cycles is not None and not edge.spent:
        return False
    return edge.transition.trigger is not Trigger.ACT or _by_clock(subject, edge.transition)


def _by_clock(subject: Subject, transition: Transition) -> bool:
    """Say whether some rung takes the action: `by: clock` alone does not make it happen."""
    if transition.trigger is not Trigger.ACT or "clock" not in transition.by:
        return False
    line = subject.graph.states[transition.source].line
    for deadline in subject.definition.deadlines.values():
        near = deadline.state in line or transition.source in subject.graph.states[deadline.state].line
        if near and any(rung.act is not None and rung.act.rpartition(".")[2] == transition.name for rung in deadline.rungs):
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
