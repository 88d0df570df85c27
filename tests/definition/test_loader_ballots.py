"""Ballots as they are loaded: their results are typed, and what is wrong is told at its place."""

from __future__ import annotations

import pytest

from tests.definition.loading import SMALLEST, changed, place, problems, rules, sound

BALLOT = "owner: department\n    ballots: {poll: {voters: [office], scale: {good: 好, poor: 差}, values: {good: 1, poor: 0}, closed_by: [office]}}\n"
WITH_BALLOT = changed(SMALLEST, ("owner: department\n", BALLOT))
GUARD = "form: [reply], "


def asked(guard: str) -> str:
    return changed(WITH_BALLOT, (GUARD, f'{GUARD}guard: "{guard}", '))


@pytest.mark.parametrize(
    "guard", ["ballots.poll.quorate && ballots.poll.share.good > 0.5", "ballots.all(b, ballots[b].covered)", "ballots.poll.counts.poor < 3"]
)
def test_results_can_be_asked_for(guard: str) -> None:
    assert sound(asked(guard)).ballots["poll"].name == "poll"


@pytest.mark.parametrize(
    ("guard", "wrong", "said"),
    [
        ("ballots.poll.share.god > 0.5", "god", "did you mean 'good'?"),
        ("ballots.pool.quorate", "pool.quorate", "did you mean 'poll'?"),
        ("true && ballots.all(b, ballots[b].quorat)", "ballots.all", "did you mean 'quorate'?"),
    ],
)
def test_a_name_that_means_nothing_is_told_with_the_nearest(guard: str, wrong: str, said: str) -> None:
    text = asked(guard)
    found, *_ = problems(text)

    assert said in found.message
    assert found.line == place(text, wrong)[0]


def test_acts_exist_as_far_as_they_are_granted() -> None:
    acts = {each.name for each in sound(WITH_BALLOT).states["answering"].transitions}
    counted = changed(WITH_BALLOT, ("closed_by: [office]}", "closed_by: [office], counted_by: [office]}"))

    assert {"poll.vote", "poll.close"} == {name for name in acts if name.startswith("poll.")}
    assert "poll.count" in {each.name for each in sound(counted).states["answering"].transitions}


def test_who_is_told_must_be_voters_of_a_ballot() -> None:
    sound(changed(WITH_BALLOT, ("notify: [initiator]", "notify: [voters.poll]")))
    assert rules(problems(WITH_BALLOT, ("notify: [initiator]", "notify: [voters.pool]"))) == ["name.unknown_ballot"]
