"""How long one decision of the pure core takes: the twelve acts of the benchmark's process, with nothing read and nothing written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from engine.clock import Instant, parse_instant
from engine.core.advance import advance
from engine.core.case import Actor, Case
from engine.core.command import Act, Open
from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision, Outcome
from engine.definition.calendars import Calendar
from engine.definition.loader import load_one
from tests.bench.consultation import ACTOR, STEPS
from tests.bench.ours.round import DEFINITION, FORM, ORGANISATION, ROLES, TOPIC

ROUNDS = 300
SECOND = 1_000_000
"""Microseconds from act to act. Cases that come to a state on one day share its plan, as those of a busy body do."""
CLERK = Actor(ACTOR, frozenset(ROLES), ORGANISATION)
BEGUN = parse_instant("2026-03-02T09:00:00+08:00")


def microseconds(calendar: Calendar) -> float:
    """Give the median, over many rounds, of what one of the twelve acts takes. Raises ValueError when one is refused."""
    process = compile_process(load_one(DEFINITION.read_text("utf-8"), DEFINITION.name, calendars={calendar.id: calendar}), calendar)
    rounds = timed_rounds(process)
    next(rounds)  # what is planned and built once
    return median(next(rounds) for _ in range(ROUNDS)) / len(STEPS) * 1e6


def timed_rounds(process: Process) -> Iterator[float]:
    """Carry one case round and round; give the seconds of each round."""
    now = BEGUN
    case = taken(advance(process, None, Open(CLERK, ORGANISATION, "case", TOPIC), now))
    while True:
        begun = time.perf_counter()
        case, now = one_round(process, case, now)
        yield time.perf_counter() - begun


def one_round(process: Process, case: Case, now: Instant) -> tuple[Case, Instant]:
    """Take the twelve acts, after which the case stands where it began."""
    for step in STEPS:
        now += SECOND
        case = taken(advance(process, case, Act(CLERK, step.action, FORM), now))
    return case, now


def taken(outcome: Outcome) -> Case:
    """Give the case after a step. Raises ValueError when it was refused."""
    if isinstance(outcome, Decision):
        return outcome.case
    raise ValueError(f"the core refused a step of the benchmark: {outcome}")
