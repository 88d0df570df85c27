"""A vote and a migration: the rules do not change while people vote, and no paper is lost on the way there and back."""

from __future__ import annotations

from engine.core.advance import advance
from engine.core.bridge import bridge
from engine.core.case import fold
from engine.core.command import Migrate, UndoMigration
from engine.core.compiled import Process, compile_process
from engine.core.decision import Decision, Refused
from engine.definition.loader import load_one
from tests.core.process import OFFICE, calendars
from tests.core.test_ballots import FIVE, Vote, voter

BODY = """workflow: trial
version: {version}
title: 试
calendar: cn
roles: {{office: 办公室, member: 委员}}
start: {{by: office}}
initial: voting
migrate: {{from: {before}}}
states:
  voting: {{ballots: {{poll: {{title: {title}, voters: [member], scale: {{yes: 赞成, {other}}}, secret: true, closed_by: [office]}}}}, done: {{to: over}}}}
  over: {{final: true, outcome: success}}
"""


def version(number: int, title: str = "表决", other: str = "no: 反对") -> Process:
    text = BODY.format(version=number, before=number - 1, title=title, other=other)
    return compile_process(load_one(text, "trial.yaml", calendars=calendars()), calendars()["cn"])


def test_other_rules_are_refused_while_the_ballot_is_open_and_other_titles_are_not() -> None:
    old, vote = version(1), Vote(version(1), FIVE).act("poll.vote", voter("a"), grade="yes")
    changed, renamed = version(2, other="abstain: 弃权"), version(2, title="表决票")

    refused = advance(changed, vote.case, Migrate(OFFICE, bridge(old, changed)), vote.now)
    assert isinstance(refused, Refused)
    assert ["ballot_open"] == [each.code for each in refused.refusals]

    moved = advance(renamed, vote.case, Migrate(OFFICE, bridge(old, renamed)), vote.now)
    assert isinstance(moved, Decision), moved
    assert vote.case.snapshot["urn"] == moved.case.snapshot["urn"]
    assert vote.case.snapshot["roll"] == moved.case.snapshot["roll"]


def test_undoing_a_migration_keeps_the_papers_that_no_event_tells_of() -> None:
    old, renamed = version(1), version(2, title="表决票")
    vote = Vote(old, FIVE).act("poll.vote", voter("a"), grade="yes")
    moved = advance(renamed, vote.case, Migrate(OFFICE, bridge(old, renamed)), vote.now)
    assert isinstance(moved, Decision), moved
    told: dict[str, object] = {}
    for decision in vote.decisions:
        told = fold(told, decision.delta)  # type: ignore[arg-type, assignment]
    before = vote.case._replace(snapshot=told)  # type: ignore[arg-type]  # as a trail has it: without the urn

    back = advance(old, moved.case, UndoMigration(OFFICE, before), vote.now)

    assert isinstance(back, Decision), back
    assert vote.case.snapshot["urn"] == back.case.snapshot["urn"]
