"""A rule about terms that do not fit together: what a case waits for may be in time, and yet come after its own deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from engine.clock import Instant
from engine.core.compiled import act_key
from engine.definition.calendars import LAST_YEAR, Calendar
from engine.definition.periods import count_forward
from engine.definition.process import ROOT, Deadline, ProcessDefinition, State, Trigger
from engine.definition.terms import Term
from engine.proof.graph import Edge, Graph
from engine.proof.rules import WARNING, Finding, Subject, rule

MOST_COMPARED = 20
"""Deadlines of one workflow that are held against what they wait for, each over every day of a year."""
MOST_HELD, MOST_EDGES = 6, 5_000
"""Stages within a deadline, and moves of a workflow, up to which it is asked what must follow what."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What a state waits for, the terms that others have for it one after another, and where that is written."""

    state: str
    group: str
    who: str
    terms: tuple[Term, ...]

    @property
    def length(self) -> int:
        """Give how long it usually is, for comparing only."""
        return sum(map(_length, self.terms))


@rule("deadline.outlasted", WARNING)
def outlasted(subject: Subject) -> Iterator[Finding]:
    """Find deadlines that are late though children and parties, one stage after another, keep the terms that they have."""

    @cache
    def terms_of_case(name: str) -> tuple[Term, ...]:
        other = subject.beside(name)
        return _terms_of_case(other) if other is not None else ()

    waits = [wait for state in subject.graph.states.values() for wait in _waits(subject, state, terms_of_case)]
    deadlines = [each for each in subject.definition.deadlines.values() if each.group is None and _term(subject.definition, each)]
    for deadline in deadlines[:MOST_COMPARED] if waits else ():
        own = _term(subject.definition, deadline)
        stages = _longest(subject, [wait for wait in waits if _holds_up(subject, deadline, wait)], deadline.state)
        terms = tuple(term for stage in stages for term in stage.terms)
        try:
            worst = _worst(subject.definition.scope.values.calendar, terms, own) if own is not None and terms else None
        except ValueError:
            continue  # beyond the years that a calendar can know, nobody is late
        if worst is not None:
            day, last, due = worst
            others = ", then ".join(f"{stage.who} ({' and '.join(map(str, stage.terms))})" for stage in stages)
            text = f"`{deadline.name}` allows {own}, and waits for {others}: begun on {day}, they have until {last}, and it is due on {due}"
            yield Finding(f"{text}; give it more, or them less", subject.work.places[deadline.name])


def _waits(subject: Subject, state: State, terms_of_case: Callable[[str], tuple[Term, ...]]) -> Iterator[Wait]:
    """Give what a state waits for, so far as there are terms for it: its parties, and its children until they end well."""
    for group in state.parties:
        terms = [term for deadline in group.deadlines if (term := _term(subject.definition, deadline)) is not None]
        if terms:
            yield Wait(state.path, group.name, f"the parties `{group.name}`", (max(terms, key=_length),))
    for children in state.children_groups:
        stages = terms_of_case(children.workflow) if children.at is None and children.done_when == "all" else ()
        if stages:
            yield Wait(state.path, children.name, f"the children `{children.name}`", stages)


def _terms_of_case(definition: ProcessDefinition) -> tuple[Term, ...]:
    """Give the terms that a case has one after another: the longest of each top-level state that no way to success avoids."""
    graph = Graph(definition)
    ends = {path for path in graph.ends if graph.states[path].outcome == "success"} or {*graph.ends}
    found: list[Term] = []
    for path in graph.states[ROOT].children if len(graph.edges) <= MOST_EDGES else ():
        terms = [term for each in definition.states[path].deadlines if (term := _term(definition, each)) is not None]
        if terms and not _avoids(graph, path, ends):
            found.append(max(terms, key=_length))
    return tuple(found)


def _avoids(graph: Graph, path: str, ends: set[str]) -> bool:
    """Say whether a way from opening to one of some ends does not pass a state."""
    inside = frozenset(graph.leaves(path))
    return not ends.isdisjoint(graph.reached_from(graph.entered(ROOT), lambda edge: edge.leaf in inside))


def _term(definition: ProcessDefinition, deadline: Deadline) -> Term | None:
    """Give the term of a deadline that runs from the entry of its state, whatever the data; with settings as they come."""
    if deadline.timer or deadline.within is None or deadline.start is not None or deadline.rrule is not None or deadline.guard is not None:
        return None
    if deadline.within.setting is None:
        return deadline.within.term
    setting = definition.settings.get(deadline.within.setting)
    return setting.value if setting is not None and isinstance(setting.value, Term) else None


def _length(term: Term) -> int:
    return term.typical_minutes


def _holds_up(subject: Subject, deadline: Deadline, wait: Wait) -> bool:
    """Say whether a deadline is met only once what a state waits for is done: by an act that is signed, or on completion."""
    line = subject.graph.states[wait.state].line
    if deadline.state not in line:
        return False
    around = [spec for path in line for spec in subject.graph.states[path].transitions]
    signed = [spec for spec in around if wait.group in spec.signed]
    if deadline.met_by is not None:
        return any(deadline.met_by in {spec.name, act_key(spec)} for spec in signed)
    return bool(signed) or any(spec.trigger is Trigger.DONE for spec in around)


def _longest(subject: Subject, waits: list[Wait], around: str) -> list[Wait]:
    """Give the stages that follow each other within a state and take longest together: a stage is over before the next one begins."""
    graph = subject.graph
    held = waits[:MOST_HELD] if len(graph.edges) <= MOST_EDGES else []
    before = {last.state: [first for first in held if _needs(graph, around, last, first)] for last in held}

    def chain(last: Wait) -> list[Wait]:
        return [*max(map(chain, before[last.state]), key=_whole, default=[]), last]

    return max((*map(chain, held), *([each] for each in waits)), key=_whole, default=[])


def _whole(chain: list[Wait]) -> int:
    return sum(wait.length for wait in chain)


def _needs(graph: Graph, around: str, last: Wait, first: Wait) -> bool:
    """Say whether, from entering a state around both, one stage is come to only once another is done."""
    if first.state in graph.states[last.state].line or last.state in graph.states[first.state].line:
        return False
    inside = frozenset(graph.leaves(first.state))

    def completes(edge: Edge) -> bool:
        return edge.leaf in inside and (edge.transition.trigger is Trigger.DONE or first.group in edge.transition.signed)

    return graph.reached_from(graph.entered(around), completes).isdisjoint(graph.leaves(last.state))


def _worst(calendar: Calendar, terms: tuple[Term, ...], own: Term) -> tuple[date, date, date] | None:
    """Give the first day, in the last year that the calendar knows, from which the terms outlast their own most; None where they never do.

    Each term begins on the day on which the one before it ends.
    """
    first = date(min(max(calendar.years, default=LAST_YEAR), LAST_YEAR), 1, 1)
    found: tuple[Instant, tuple[date, date, date]] | None = None
    for day in (first + timedelta(days=n) for n in range(366)):
        begin = calendar.midnight(day)
        end = begin
        last = day
        for term in terms:
            due = count_forward(calendar, end, term)
            end, last = max(due.instant - 1, begin), due.date
        whole = count_forward(calendar, begin, own)
        over = end - (whole.instant - 1)
        if over > 0 and (found is None or over > found[0]):
            found = over, (day, last, whole.date)
    return found[1] if found is not None else None
