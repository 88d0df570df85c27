"""The exploration has all that the engine can do, on random processes and random walks; what it proves to end, ends."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings

from engine.core.actions import allowed_actions
from engine.core.advance import advance
from engine.core.case import Case
from engine.core.command import Act
from engine.core.compiled import Process
from engine.core.decision import Decision
from engine.definition.loader import load
from engine.proof.rules import Subject
from engine.proof.space.exploring import Space
from tests.core.process import calendars
from tests.core.random_processes import ACTS, FORMS, Shape, examples, workflows
from tests.core.random_walks import PEOPLE, WALKS, Walk

pytestmark = pytest.mark.timeout(0)

MOST_TRIED = 3_000


def spaces_of(text: str) -> tuple[Space, ...]:
    (document,) = load(text, "drawn.yaml", calendars=calendars()).documents
    assert document.workflow is not None
    assert document.draft is not None
    assert document.work is not None
    return Subject(document.document, document.workflow, document.draft, document.work).spaces


@given(workflows(), WALKS)
@settings(max_examples=examples(30))
def test_what_the_engine_does_was_explored(workflow: Shape, walk: list[int]) -> None:
    """Every configuration in which a case comes to rest, every state that is entered, every branch that is taken."""
    played = Walk(workflow)
    (space,) = spaces_of(played.text)
    assume(not space.is_partial)
    standing = {position.leaves for position in space.positions}
    specs = {branch.id: spec for spec in (space.plan.opening, *space.plan.transitions) for branch in spec.branches}
    for thrown in walk:
        played.step(thrown)
        if played.case is None or not played.decisions:
            continue
        assert played.case.configuration in standing
        for step in played.decisions[-1].steps:
            assert {path for path in step.entered if path} <= space.reached
            relevant = {branch for branch in step.taken if space.plan.is_relevant(specs[branch], space.tracked)}
            assert relevant <= space.watch.taken


@given(workflows(empty=False), WALKS)
@settings(max_examples=examples(30))
def test_where_a_case_is_proved_to_end_it_can_be_brought_to_an_end(workflow: Shape, walk: list[int]) -> None:
    played = Walk(workflow)
    (space,) = spaces_of(played.text)
    assume(not space.is_partial)
    doubtful = {space.positions[number].leaves for number in range(len(space.positions)) if number not in space.can_end}
    for thrown in walk[:20]:
        played.step(thrown)
    case = played.case
    if case is not None and case.configuration not in doubtful:
        assert can_end(played.process, case, played.now)


def can_end(process: Process, case: Case, now: int) -> bool:
    """Search for acts that bring a case to an end; cases that differ in nothing a guard reads count as one."""
    waiting, seen = [case], set[str]()
    tried = 0
    while waiting and tried < MOST_TRIED:
        here = waiting.pop(0)
        if here.has_ended:
            return True
        for person in PEOPLE.values():
            for name in allowed_actions(process, here, person, now) or ACTS:
                for n in range(4):
                    tried += 1
                    outcome = advance(process, here, Act(person, name, dict.fromkeys(FORMS[name], n)), now)
                    if isinstance(outcome, Decision) and (kept := looks(outcome.case)) not in seen:
                        seen.add(kept)
                        waiting.append(outcome.case)
    return tried >= MOST_TRIED  # not settled within the search


def looks(case: Case) -> str:
    acts = {act: min(times, 3) for act, (times, _) in case.snapshot.get("acts", {}).items()}
    sections = {name: case.snapshot.get(name) for name in ("data", "cycles", "behind", "history", "announced", "asked")}
    return repr((case.configuration, acts, sections))
