"""What is assumed of a workflow that nobody has said anything about. All of it is `basis: default`: a place to begin, no finding.

- Four cases a week come, and every role of `start` is as likely to open one.
- Half of the stays in a state take at most half the term of its deadline, one in ten takes longer than the term. States inside a deadline
  of an outer state, without one of their own, share its term. Without any deadline: two working days, and five; with one that recurs,
  half a year and a year.
- A stay ends with an act that leads forward in the file, or, where there is none, back. Any other way out has a tenth of the weight, one
  that gives the case up a twentieth.
- For a deadline that recurs the act that meets it is taken once in each period, with the same shares of the period.
- Every party signs once; a verdict that refuses has a tenth of the weight of the others.
- Meanwhile every act of the state that decides where a case can go is taken once, every other one every second time, one of `anywhere` one
  time in fifty, and an extension is asked for one time in twenty. One case in fifty is re-opened, at any time in which it may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from enum import IntEnum

from engine.core.compiled import Process
from engine.definition.calendars import Calendar
from engine.definition.party_groups import VERDICT
from engine.definition.process import ROOT, Deadline, History, Kind, State, TermSource, Transition, Trigger
from engine.definition.relations import OpenCase
from engine.definition.terms import Term, Unit
from engine.proof.graph import Graph
from engine.proof.playing import staff
from engine.proof.scenario_relevance import Relevance
from engine.proof.simulation_model import Assumptions, Even, Likely, Skewed, StateAssumption

A_WEEK = 4.0
PERSONS = 3
OPENS, CLOSES = "09:00", "17:30"
A_YEAR = Term(1, Unit.YEARS)

MEDIAN_SHARE, P90_SHARE = 0.5, 1.0
WITHOUT_TERM, RECURRING = Skewed(2.0, 5.0), Skewed(125.0, 250.0)
USUAL, SIDE, GIVEN_UP = 1.0, 0.1, 0.05
DECIDING, OTHER, ANYWHERE, EXTENSION, REOPENING = 1.0, 0.5, 0.02, 0.05, 0.02
SHORTEST, DAYS_A_YEAR = 0.2, 250.0

MINUTES_A_WORKING_DAY = Term(1, Unit.WORKING_DAYS).typical_minutes
SIGN = ".sign"
WELL_ENDED = frozenset({"success", "partial"})


class Way(IntEnum):
    """Where an act leads, the most usual first."""

    FORWARD = 0
    BACK = 1
    GIVEN_UP = 2


def related(process: Process, find: Callable[[str], Process | None]) -> dict[str, Process]:
    """Give the workflows whose cases one opens, as children or at the other end of a link, and those whose cases these open, by name."""
    found: dict[str, Process] = {}
    waiting = [process]
    while waiting:
        for name in opened_by(waiting.pop()):
            other = find(name) if name not in found and name != process.definition.workflow else None
            if other is not None:
                found[name] = other
                waiting.append(other)
    return found


def opened_by(process: Process) -> Iterator[str]:
    """Name the workflows whose cases one opens."""
    yield from (group.workflow for group in process.definition.groups.values())
    yield from (effect.workflow for effects in Relevance(process).all_effects() for effect in effects if isinstance(effect, OpenCase))


def together(processes: Mapping[str, Process], begin: date | None = None) -> dict[str, Assumptions]:
    """Give the assumptions about several workflows of one body, the one that is simulated first: its people are those of all."""
    found = {name: default_assumptions(process, begin) for name, process in processes.items()}
    people = {role: many for each in found.values() for role, many in each.people.items()}
    return {name: replace(each, people=people) for name, each in found.items()}


def default_assumptions(process: Process, begin: date | None = None) -> Assumptions:
    """Give the assumptions about a workflow. It begins on the first of January of the last year whose notice is out.

    Raises ValueError where no year of the calendar is announced and no other beginning is given.
    """
    calendar = process.calendar
    roles = dict.fromkeys(role for spec in (*process.transitions.values(), process.opening) if spec for role in staff(spec.by))
    graph, relevance = Graph(process.definition), Relevance(process)
    states = (process.states[path] for path in process.states if path in graph.reachable)
    return Assumptions(
        begin=begin or first_of_january(calendar),
        term=A_YEAR,
        opens=OPENS,
        closes=CLOSES if calendar.closing == "24:00" else calendar.closing,
        arrivals=(A_WEEK / 5 if process.opening is not None else 0.0,) * 7,
        openers=dict.fromkeys(staff(process.opening.by), 1.0) if process.opening is not None else {},
        people=dict.fromkeys(roles, PERSONS),
        data=usual_verdicts(process),
        states={state.path: found for state in states if (found := state_assumption(process, relevance, state)) is not None},
    )


def first_of_january(calendar: Calendar) -> date:
    """Give the beginning of the last year whose notice is out. Raises ValueError where there is none."""
    announced = [year for year in calendar.years if calendar.announced(year)]
    if not announced:
        raise ValueError(f"no year of the calendar {calendar.id!r} is announced; say from which day on to simulate")
    return date(max(announced), 1, 1)


def state_assumption(process: Process, relevance: Relevance, leaf: State) -> StateAssumption | None:
    """Assume how a stay in a state goes; None of a final one, unless the case may be re-opened from there."""
    acts = acts_of(process, leaf)
    if leaf.kind is Kind.ATOMIC:
        return StateAssumption(usual_length(process, leaf), usual_ways(process, leaf, acts), usual_meanwhile(relevance, acts))
    reopening = {name: spec.reopens for name, spec in acts.items() if spec.source == leaf.path and spec.reopens is not None}
    if not reopening:
        return None
    terms = [days_of(process, bounds.within) for bounds in reopening.values() if bounds.within is not None]
    return StateAssumption(Even(0.0, max(terms, default=DAYS_A_YEAR)), {}, dict.fromkeys(reopening, REOPENING))


# --- how long -------------------------------------------------------------------------------------------------------


def usual_length(process: Process, leaf: State) -> Skewed:
    """Assume how long a stay takes: by the deadline it stands under, shared by all states that have none of their own."""
    for path in leaf.line:
        terms = [term for deadline in process.states[path].deadlines if (term := working_days(process, deadline)) is not None]
        if terms:
            return usual_share(min(terms) / len(sharing(process, process.states[path])))
        if any(deadline.rrule is not None for deadline in process.states[path].deadlines):
            return RECURRING
    return WITHOUT_TERM


def usual_share(days: float) -> Skewed:
    """Assume how long it takes to do what there are so many working days for."""
    return Skewed(max(SHORTEST, round(days * MEDIAN_SHARE, 1)), max(SHORTEST, round(days * P90_SHARE, 1)))


def working_days(process: Process, deadline: Deadline) -> float | None:
    """Give about how many working days a deadline leaves; None for a timer, and where it is no term that is counted from the entry."""
    return None if deadline.within is None or deadline.timer else days_of(process, deadline.within)


def days_of(process: Process, source: TermSource) -> float:
    """Give about how many working days a term is."""
    return max(SHORTEST, process.term(source, process.settings).typical_minutes / MINUTES_A_WORKING_DAY)


def sharing(process: Process, around: State) -> list[str]:
    """Name the states that share the term of a deadline: those inside that stand under no other."""
    inside = [state for state in process.states.values() if state.kind is Kind.ATOMIC and around.path in state.line]
    own = [state.path for state in inside if nearest_term(process, state) == around.path]
    return own or [around.path]


def nearest_term(process: Process, leaf: State) -> str | None:
    """Name the innermost state around a leaf that has a deadline with a term."""
    timed = (path for path in leaf.line if any(working_days(process, each) is not None for each in process.states[path].deadlines))
    return next(timed, None)


# --- what is done ---------------------------------------------------------------------------------------------------


def acts_of(process: Process, leaf: State) -> Mapping[str, Transition]:
    """Give the acts that people can take in a state, by name; of several of one name the innermost."""
    found: dict[str, Transition] = {}
    for path in leaf.line:
        for spec in process.states[path].transitions:
            if spec.trigger is Trigger.ACT and staff(spec.by) and spec.excluded.isdisjoint(leaf.line):
                found.setdefault(spec.name, spec)
    return found


def usual_ways(process: Process, leaf: State, acts: Mapping[str, Transition]) -> Mapping[str, float]:
    """Assume how a stay ends. Acts of `anywhere` end none by themselves: they come in between."""
    leading = {name: spec for name, spec in acts.items() if leads_away(spec) and spec.source != ROOT}
    if not leading:
        return {}
    ranks = {name: way_of(process, leaf, spec) for name, spec in leading.items()}
    best = min(ranks.values())
    nearest = next(path for path in leaf.line if any(spec.source == path and ranks[name] is best for name, spec in leading.items()))
    usual = {name for name, spec in leading.items() if ranks[name] is best and spec.source == nearest}
    return {name: USUAL if name in usual else GIVEN_UP if ranks[name] is Way.GIVEN_UP else SIDE for name in leading}


def way_of(process: Process, leaf: State, spec: Transition) -> Way:
    """Say where an act leads; with several branches the most usual of them counts."""
    return min(_ways(process, leaf, spec))


def _ways(process: Process, leaf: State, spec: Transition) -> Iterator[Way]:
    for branch in spec.branches:
        if isinstance(branch.target, History):
            yield Way.FORWARD
        elif branch.target is not None:
            target = process.states[branch.target]
            if target.kind is Kind.FINAL and target.outcome is not None and target.outcome not in WELL_ENDED:
                yield Way.GIVEN_UP
            else:
                yield Way.FORWARD if target.first > leaf.first else Way.BACK


def meets_periods(process: Process, spec: Transition) -> bool:
    """Say whether an act meets a deadline that recurs."""
    return any(deadline.rrule is not None for deadline in process.met_by.get(spec.id, ()))


def usual_verdicts(process: Process) -> Mapping[str, Likely]:
    """Assume what parties say: those that refuse have a tenth of the weight."""
    found: dict[str, Likely] = {}
    for group in process.definition.parties.values():
        weights = {verdict: SIDE if verdict in group.refusing else USUAL for verdict in group.verdicts}
        found[f"{group.name}.{VERDICT}"] = Likely(weights, tuple(weights.items()))
    return found


def leads_away(spec: Transition) -> bool:
    """Say whether an act can leave the state it is taken in."""
    return any(branch.target is not None for branch in spec.branches)


def usual_meanwhile(relevance: Relevance, acts: Mapping[str, Transition]) -> Mapping[str, float]:
    """Assume what is done in the course of a stay. Documents are handed in, and things asked for, when they are needed."""
    found: dict[str, float] = {}
    for name, spec in acts.items():
        if spec.id in relevance.process.extends:
            if not name.endswith(".decline") and not spec.asked_by:
                found[name] = EXTENSION
        elif (spec.name.endswith(SIGN) and spec.own) or meets_periods(relevance.process, spec):
            found[name] = DECIDING
        elif spec.builtin or (leads_away(spec) and spec.source != ROOT):
            continue
        elif spec.source == ROOT:
            found[name] = ANYWHERE
        else:
            found[name] = DECIDING if relevance.decides(spec) else OTHER
    return found
