"""Scenarios in which people vote."""

from __future__ import annotations

from pathlib import Path

from tests.proof.scenarios import passes

VOTING = """
workflow: voting
version: 1
title: 表决
calendar: cn
roles: {office: 办公室, member: 委员}
start: {by: office}
initial: voting
states:
  voting:
    owner: office
    ballots: {poll: {title: 表决票, voters: [member], scale: {agree: 赞成, disagree: 反对}, secret: true, quorum: {more_than: 1/2, of: roll}, closes: {within: 5 working days}}}
    done: {choice: [{guard: ballots.poll.quorate && ballots.poll.share.agree > 0.5, to: passed}, {to: failed}]}
  passed: {final: true, outcome: success}
  failed: {final: true, outcome: failed}
"""


def test_people_vote_and_the_clock_closes(tmp_path: Path) -> None:
    passes(
        tmp_path,
        """
name: two of three agree
given: {workflow: voting, in: voting, at: 2026-03-02 09:00, people: {member: [zhao, qian, sun]}}
when:
  - {poll.vote: {by: {role: member, person: zhao}, data: {grade: agree}}}
  - {poll.vote: {by: {role: member, person: qian}, data: {grade: agree}}}
  - {poll.vote: {by: {role: member, person: qian}, data: {grade: agree}, refused: [already_voted]}}
  - {poll.vote: {by: {role: member, person: li}, data: {grade: agree}, refused: [not_on_roll]}}
  - {wait: 6 working days}
then: {in: [passed], outcome: success}
""",
        VOTING,
    )
