"""Rules about deadlines: what begins them anew unnoticed, what never ends them, days that may still move."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.definition.expressions import Expression
from engine.definition.process import ROOT, Deadline, History, Role
from engine.proof.filled import may_be_filled
from engine.proof.graph import Graph
from engine.proof.rules import WARNING, Finding, Subject, rule

_DATE = re.compile(r"\bdate\(\s*([0-9]{4})\s*,")


@rule("deadline.reset_by_pause", WARNING)
def reset_by_pause(subject: Subject) -> Iterator[Finding]:
    """Find deadlines that a suspension begins anew: the case leaves their state for one that leads back to it."""
    graph = subject.graph
    for deadline in subject.definition.deadlines.values():
        if deadline.within is None or deadline.start is not None or deadline.reentry != "restart" or deadline.state == ROOT:
            continue  # it is counted from a day that stays, or from where it stood
        for path in _pauses(graph, deadline.state):
            if deadline.paused_in.isdisjoint(graph.states[path].line):
                short = deadline.name.rpartition(".")[2]
                text = f"going to `{path}` and back begins `{short}` anew with a full term: let it pause there by `paused_in: {path}`"
                yield Finding(f"{text}, or go on by `reentry: continue`", subject.work.places[deadline.name])


def _pauses(graph: Graph, state: str) -> Iterator[str]:
    """Give the states to which a case goes from a state, and which lead back to it by a history."""
    inside = {each.path for each in graph.inside(state)}
    entered = {path for edge in graph.edges if edge.leaf in inside and edge.leaf in graph.reachable for path in graph.states[edge.to].line}
    for path in graph.states:
        if path in entered and path not in inside and path not in graph.states[state].line and _leads_back(graph, path, state):
            yield path


def _leads_back(graph: Graph, path: str, state: str) -> bool:
    for spec in graph.states[path].transitions:
        for branch in spec.branches:
            target = branch.target
            if isinstance(target, History) and (target.of is None or target.of in graph.states[state].line):
                return True
    return False


@rule("deadline.endless")
def endless(subject: Subject) -> Iterator[Finding]:
    """Find deadlines that nothing stops: those of final states, where nobody goes on, without an act that meets them."""
    for deadline in subject.definition.deadlines.values():
        if deadline.state in subject.graph.ends and deadline.met_by is None and not deadline.timer:
            text = "nothing ends this deadline, for no case leaves a final state by itself: name the act that meets it in `met_by`"
            yield Finding(f"{text}, or write `timer: true` if nobody can be late", subject.work.places[deadline.name])


@rule("deadline.met_by_not_here")
def met_by_elsewhere(subject: Subject) -> Iterator[Finding]:
    """Find deadlines whose act of `met_by` cannot be taken while they run."""
    graph = subject.graph
    for deadline in subject.definition.deadlines.values():
        if deadline.met_by is None:
            continue
        act = deadline.met_by
        near = [*graph.states[deadline.state].line, *(each.path for each in graph.inside(deadline.state))]
        here = [spec for path in near for spec in graph.states[path].transitions if act in {spec.name, f"{path}.{spec.name}".lstrip(".")}]
        if not here:
            text = f"`{act}` cannot be taken while this deadline runs, so that nothing meets it"
            yield Finding(text, (*subject.work.places[deadline.name], "met_by"), at_key=False)


@rule("deadline.provisional", WARNING)
def provisional_year(subject: Subject) -> Iterator[Finding]:
    """Find days written into a deadline that lie in a year whose working days are not announced yet: the due day may still move."""
    calendar = subject.definition.scope.values.calendar
    for deadline in subject.definition.deadlines.values():
        for key, expression in (("until", deadline.until), ("from", deadline.start)):
            for year in _years(expression):
                if not calendar.announced(year):
                    text = f"the working days of {year} are not announced in the calendar `{calendar.id}`: what hangs on this day may move"
                    yield Finding(text, (*subject.work.places[deadline.name], key), at_key=False)


def _years(expression: Expression | None) -> list[int]:
    return [int(year) for year in dict.fromkeys(_DATE.findall(expression.text))] if expression is not None else []


@rule("escalate.nobody")
def escalated_to_nobody(subject: Subject) -> Iterator[Finding]:
    """Find rungs that escalate to a role nobody can hold: bound to items that no way here can have filled."""
    filled = None
    for deadline in subject.definition.deadlines.values():
        for number, rung in enumerate(deadline.rungs):
            role = subject.definition.roles.get(rung.escalate or "")
            items = _bound_to(subject, role)
            if not items:
                continue
            filled = filled if filled is not None else may_be_filled(subject.definition, subject.graph)
            if not items & _filled_while(deadline, subject.graph, filled):
                shown = " or ".join(f"`data.{item}`" for item in sorted(items))
                text = f"nobody can hold `{rung.escalate}` here: it is bound to {shown}, which no way to this state fills"
                yield Finding(text, (*subject.work.places[deadline.name], "rungs", number, "escalate"), at_key=False)


def _filled_while(deadline: Deadline, graph: Graph, filled: dict[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*(filled.get(leaf, frozenset()) for leaf in graph.leaves(deadline.state)))


def _bound_to(subject: Subject, role: Role | None) -> frozenset[str]:
    """Name the items of which one at least must be filled for a role to be anybody's; none for a role without a bound."""
    seen = set[str]()
    while role is not None and role.superior_of is not None and role.id not in seen:
        seen.add(role.id)
        role = subject.definition.roles.get(role.superior_of)
    return role.bound.reads if role is not None and role.bound is not None else frozenset()
