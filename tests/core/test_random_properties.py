"""What holds on every walk through every process, whatever is written in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from hypothesis import assume, given, settings

from engine.clock import Instant
from engine.core.actions import list_actions
from engine.core.advance import advance
from engine.core.case import Case, fold
from engine.core.chain import canonical
from engine.core.command import Act, Command
from engine.core.compiled import Process
from engine.core.decision import Decision, Refused
from engine.definition.loader import load
from engine.definition.process import Kind
from engine.proof.lint import lint_loaded
from tests.core.process import calendars
from tests.core.random_processes import ACTS, FORMS, Shape, examples, workflows
from tests.core.random_walks import PEOPLE, WALKS, Walk, compiled

ENDINGS = {"state.no_end", "state.trap"}

pytestmark = pytest.mark.timeout(0)


@given(workflows(), WALKS)
@settings(max_examples=examples(20))
def test_configurations_are_legal(workflow: Shape, walk: list[int]) -> None:
    """Of a compound state one child is active, of a parallel one each region, of a final or atomic one nothing is inside."""
    played = Walk(workflow)
    for thrown in walk:
        played.step(thrown)
        if played.case is None:
            continue
        states, active = played.process.states, played.process.tree.active(played.case.configuration)
        for path in active:
            inside = active.intersection(states[path].children)
            assert len(inside) == {Kind.COMPOUND: 1, Kind.PARALLEL: len(states[path].children)}.get(states[path].kind, 0)
        leaves = [path for path in states if path in active and not states[path].children]
        assert list(played.case.configuration) == leaves


@given(workflows(empty=False), WALKS)
@settings(max_examples=examples(20))
def test_what_is_listed_is_what_is_accepted(workflow: Shape, walk: list[int]) -> None:
    """Listed as open: taken with a good form, unless its guard hangs on that form. Listed as refused: refused, for the same reasons.

    Listing does not run the steps, so that a case that would not come to rest is only found when it is tried.
    """
    played = Walk(workflow)
    for thrown in walk:
        played.step(thrown)
        case = played.case
        for person in PEOPLE.values() if case is not None else ():
            assert case is not None
            listed = {status.name: status for status in list_actions(played.process, case, person, played.now)}
            for name in ACTS:
                outcome = advance(played.process, case, Act(person, name, dict.fromkeys(FORMS[name], thrown % 4)), played.now)
                codes = [] if isinstance(outcome, Decision) else [reason.code for reason in outcome.refusals]
                if name not in listed:
                    assert set(codes) <= {"not_here", "ended", "unknown_action"}
                    assert codes
                elif not listed[name].allowed:
                    known = [reason.code for reason in listed[name].refusals]
                    assert codes == known or (listed[name].depends_on and set(known) < set(codes))
                else:
                    assert not codes or codes == ["unsettled"] or listed[name].depends_on


@given(workflows(), WALKS)
@settings(max_examples=examples(20))
def test_armed_deadlines_are_those_of_active_states(workflow: Shape, walk: list[int]) -> None:
    """A deadline lives while its state is active, until it is met, and beyond only while it stands still in a state that pauses it."""
    played = Walk(workflow)
    for thrown in walk:
        played.step(thrown)
        if played.case is None or not played.decisions:
            continue
        active = played.process.tree.active(played.case.configuration)
        for name, deadline in played.process.definition.deadlines.items():
            pausing = not active.isdisjoint(deadline.paused_in)
            kept = played.live.get(name)
            if kept is not None:
                assert deadline.state in active or pausing
                assert (kept["status"] == "paused") == pausing
            elif deadline.state in active and not played.case.has_ended:
                assert deadline.met_by is not None


@given(workflows(), WALKS)
@settings(max_examples=examples(20))
def test_folding_the_deltas_of_the_trail_gives_the_snapshot(workflow: Shape, walk: list[int]) -> None:
    played = Walk(workflow)
    for thrown in walk:
        played.step(thrown)
        snapshot: dict[str, Any] = {}
        for decision in played.decisions:
            snapshot = dict(fold(snapshot, orjson.loads(orjson.dumps(decision.delta))))
        if played.case is not None and played.decisions:
            assert orjson.loads(canonical(played.case.snapshot)) == snapshot


@given(workflows(), WALKS)
@settings(max_examples=examples(20))
def test_same_commands_give_the_same_events_in_every_thread(workflow: Shape, walk: list[int]) -> None:
    """Deciding hangs on nothing but process, case, command and time: not on the order of a set, nor on who else uses the process."""
    played = Walk(workflow)
    for thrown in walk:
        played.step(thrown)
    with ThreadPoolExecutor(2) as threads:
        shared = compiled(played.text)
        again = [threads.submit(replay, shared, played.commands) for _ in range(2)]
    assert [played.decisions] * 2 == [each.result() for each in again]


def replay(process: Process, commands: list[tuple[Command, Instant]]) -> list[Decision]:
    """Decide commands one after the other; those that are refused change nothing."""
    case: Case | None = None
    decisions = []
    for command, now in commands:
        outcome = advance(process, case, command, now)
        if isinstance(outcome, Decision):
            case = outcome.case
            decisions.append(outcome)
    return decisions


@given(workflows(onward=True, empty=False), WALKS)
@settings(max_examples=examples(30))
def test_every_case_can_still_end(workflow: Shape, walk: list[int]) -> None:
    """Lint finds no trap in these workflows, and indeed: wherever a walk has led, going on ends the case."""
    played = Walk(workflow)
    found = lint_loaded(load(played.text, "drawn.yaml", calendars=calendars()))
    assert not {problem.rule for problem in found} & ENDINGS, found
    for thrown in walk:
        played.step(thrown)
        assume(played.case is not None)
        assert played.case is not None
        case, now = played.case, played.now
        for _ in range(2 * len(played.process.states)):
            if not case.has_ended:
                outcome = advance(played.process, case, Act(PEOPLE["member"], "go"), now)
                assert not isinstance(outcome, Refused), outcome
                case = outcome.case
        assert case.has_ended
