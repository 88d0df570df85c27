"""Migration and back: a case is given exactly what it had, unless something has been built upon the move."""

from __future__ import annotations

import pytest

from engine.clock import Instant
from engine.core.advance import advance
from engine.core.case import Case, fold
from engine.core.command import UndoMigration
from engine.core.decision import Decision, Refused
from tests.core.migrating import FIRST, SECOND, local, moved, vetting
from tests.core.process import HOUR, OTHER


def undone(before: Case, case: Case, now: Instant) -> Decision | Refused:
    return advance(FIRST, case, UndoMigration(OTHER, before, "弄错了"), now)


@pytest.mark.parametrize("policy", ["keep", "recompute", "remaining", "restart"])
@pytest.mark.parametrize("suspended", [False, True])
def test_undoing_gives_back_exactly_what_was_there(policy: str, suspended: bool) -> None:
    story = vetting(kind="c", n=3, gone="旧").act("visit").fire("vetting.hours").fire("vetting.decide")
    if suspended:
        story.act("suspend")
    before = story.case
    case = moved(before, story.now + HOUR, policy=policy).case
    back = undone(before, case, story.now + 2 * HOUR)
    assert isinstance(back, Decision)
    after = back.case
    assert fold(case.snapshot, back.delta) == after.snapshot
    assert {**after.snapshot, "counters": {}} == {**before.snapshot, "counters": {}}
    assert (after.configuration, after.digest, after.definition_version) == (before.configuration, before.digest, 1)
    assert (after.outcome, after.ended_at, after.seq, after.version) == (None, None, before.seq + 2, before.version + 2)
    assert (back.kind, back.action, back.notes["undoes"], back.actor_id) == ("migration", "undo", case.seq, "wang")


def test_undoing_closes_what_the_migration_opened_and_opens_what_it_closed() -> None:
    before = vetting().case
    decision = moved(before, local("2026-03-03T12:00:00"), policy="restart")
    back = undone(before, decision.case, local("2026-03-03T13:00:00"))
    assert isinstance(back, Decision)
    assert {task.n for task in decision.tasks if task.op == "closed"} == {task.n for task in back.tasks if task.op == "opened"}
    assert {task.n for task in decision.tasks if task.op == "opened"} == {task.n for task in back.tasks if task.op == "closed"}
    new = {change.n for change in decision.deadlines if change.op in ("armed", "restarted")}
    assert new == {change.n for change in back.deadlines if change.op == "cancelled"}
    assert {"vetting.decide", "vetting.hours", "vetting.dropped"} == {change.name for change in back.deadlines if change.op == "restored"}


def test_numbers_given_meanwhile_are_not_given_again() -> None:
    before = vetting().case
    case = moved(before, local("2026-03-03T12:00:00")).case
    back = undone(before, case, local("2026-03-03T13:00:00"))
    assert isinstance(back, Decision)
    assert back.case.snapshot["counters"] == case.snapshot["counters"]


def test_what_has_been_built_upon_cannot_be_undone() -> None:
    story = vetting()
    before = story.case
    story.process, story.case = SECOND, moved(before, story.now).case
    story.act("visit")
    outcome = undone(before, story.case, story.now)
    assert isinstance(outcome, Refused)
    assert [each.code for each in outcome.refusals] == ["not_last"]
