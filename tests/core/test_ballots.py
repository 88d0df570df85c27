"""Ballots (议事表决、测评): who is on the roll, one paper for each, nobody rates himself, and what a secret ballot does not tell."""

from __future__ import annotations

import orjson
import pytest

from engine.core.actions import list_actions
from engine.core.advance import advance
from engine.core.case import Actor, fold
from engine.core.command import Act, Fire, Open
from engine.core.compiled import Process
from engine.core.decision import Decision, Refused
from engine.core.rungs import next_rung
from engine.core.world import Holder, Nowhere
from tests.core.process import DAY, OFFICE, Story, person, process


class Hall(Nowhere):
    """A body in which some people hold some roles."""

    def __init__(self, **roles: list[tuple[str, str | None]]) -> None:
        self.roles = roles

    def holders(self, role: str) -> list[Holder]:
        return [Holder(*each) for each in self.roles.get(role, [])]


class Vote(Story):
    """A story in a body with people in it."""

    def __init__(self, made: Process, world: Hall, **data: object) -> None:
        self.process, self.world, self.now, self.decisions = made, world, 1_772_413_200_000_000, []
        outcome = advance(made, None, Open(OFFICE, "body", "case", data), self.now, world)
        assert isinstance(outcome, Decision), outcome
        self._keep(outcome)

    def attempt(
        self, name: str, actor: Actor = OFFICE, /, reason: str | None = None, document: str | None = None, **data: object
    ) -> Decision | Refused:
        assert document is None
        return advance(self.process, self.case, Act(actor, name, data, reason), self.now, self.world)


def voter(name: str, unit: str | None = None, role: str = "member") -> Actor:
    return person(name, role, unit=unit)


POLL = """
start: {by: office}
initial: voting
states:
  voting:
    title: 表决
    owner: office
    ballots:
      poll: {title: 表决票, voters: [member], scale: {yes: 赞成, no: 反对}, values: {yes: 1, no: 0}, secret: SECRET, quorum: {more_than: 1/2, of: roll}, closed_by: [office], closes: {within: 5 working days}}
    actions: {chase: {by: office, notify: [voters.poll]}, drop: {by: office, to: dropped}, again: {by: office, to: voting}}
    done: {choice: [{guard: ballots.poll.quorate && ballots.poll.share.yes > 0.5, to: passed}, {to: failed}]}
  dropped: {final: true, outcome: withdrawn}
  passed: {final: true, outcome: success}
  failed: {final: true, outcome: failed}
"""
FIVE = Hall(member=[(name, None) for name in "abcde"])


def poll(secret: bool = True) -> Vote:
    return Vote(process(POLL.replace("SECRET", str(secret).lower())), FIVE)


@pytest.mark.parametrize("secret", [True, False])
def test_a_ballot_is_counted_when_it_is_closed_and_a_guard_decides(secret: bool) -> None:
    vote = poll(secret)
    for name, grade in (("a", "yes"), ("b", "yes"), ("c", "no")):
        vote.act("poll.vote", voter(name), grade=grade)
    vote.act("poll.vote", voter("d"), blank=True).act("poll.close")

    assert ["passed"] == vote.where
    result = vote.case.snapshot["ballots"]["poll"]["result"]
    assert {"roll": 5, "cast": 4, "valid": 3, "blank": 1, "invalid": 0} == {
        key: result[key] for key in ("roll", "cast", "valid", "blank", "invalid")
    }
    assert ({"yes": 2, "no": 1}, "0.666666667", "0.666666667", True) == (
        result["counts"],
        result["share"]["yes"],
        result["mean"],
        result["quorate"],
    )


def test_without_a_quorum_it_closes_all_the_same() -> None:
    assert ["failed"] == poll().act("poll.vote", voter("a"), grade="yes").act("poll.vote", voter("b"), grade="yes").act("poll.close").where


def test_the_roll_is_fixed_when_the_ballot_opens() -> None:
    vote = poll()

    assert ["not_on_roll"] == vote.codes("poll.vote", voter("newcomer"), grade="yes")
    assert ["wrong_role"] == vote.codes("poll.vote", OFFICE, grade="yes")


def test_a_paper_is_handed_in_once_and_says_something_or_is_blank() -> None:
    vote = poll().act("poll.vote", voter("a"), grade="yes")

    assert ["already_voted"] == vote.codes("poll.vote", voter("a"), grade="no")
    assert ["missing_field"] == vote.codes("poll.vote", voter("b"))
    assert ["invalid_field"] == vote.codes("poll.vote", voter("b"), grade="yes", blank=True)
    assert ["invalid_field"] == vote.codes("poll.vote", voter("b"), grade="maybe")


def test_what_everybody_lists_agrees_with_what_is_accepted() -> None:
    vote = poll().act("poll.vote", voter("a"), grade="yes")

    def codes(actor: Actor) -> list[str]:
        return [
            reason.code
            for each in list_actions(vote.process, vote.case, actor, vote.now)
            if each.name == "poll.vote"
            for reason in each.refusals
        ]

    assert (["already_voted"], [], ["not_on_roll"]) == (codes(voter("a")), codes(voter("b")), codes(voter("z")))


def test_who_has_not_voted_has_a_task_and_is_reminded() -> None:
    vote = poll().act("poll.vote", voter("a"), grade="yes").act("chase")

    assert ["b", "c", "d", "e"] == [notice["person"] for notice in vote.last.notify]
    assert {"b", "c", "d", "e"} == {task["person"] for task in vote.case.snapshot["tasks"].values() if task["kind"] == "ballot"}


def test_the_clock_closes_it_and_closing_by_hand_stops_the_clock() -> None:
    vote = poll().act("poll.vote", voter("a"), grade="yes")
    ledger = vote.ledger("voting.poll.closes")
    upcoming = next_rung(ledger)
    assert upcoming is not None
    outcome = advance(vote.process, vote.case, Fire(ledger.name, ledger.n, upcoming[1], upcoming[0]), upcoming[0], FIVE)
    assert isinstance(outcome, Decision)
    assert ("failed",) == outcome.case.configuration
    assert "deadlines" not in vote.act("poll.close").case.snapshot


def test_a_ballot_that_is_left_unclosed_is_void_and_opens_anew() -> None:
    vote = poll().act("poll.vote", voter("a"), grade="yes").act("again")
    assert "urn" not in vote.case.snapshot
    vote.act("poll.vote", voter("a"), grade="no").act("drop")
    assert {"ballots", "roll", "urn", "counted"}.isdisjoint(vote.case.snapshot)


# --- secrecy --------------------------------------------------------------------------------------------------------


def recorded(decision: Decision) -> str:
    told = decision._asdict()
    told.pop("case")
    return orjson.dumps(told, default=str).decode()


def test_nothing_of_a_decision_tells_how_somebody_voted() -> None:
    """Two people who vote differently leave the same words behind; the urn is told of by no event."""
    one, other = poll(), poll()
    one.act("poll.vote", voter("a"), grade="yes")
    other.act("poll.vote", voter("a"), grade="no")

    assert recorded(one.last) == recorded(other.last)
    assert "urn" not in one.last.delta
    assert one.case.snapshot["roll"] == other.case.snapshot["roll"]


def test_the_urn_does_not_know_the_order_in_which_papers_came() -> None:
    def voted(order: str) -> object:
        vote = poll()
        for name in order:
            vote.act("poll.vote", voter(name), grade="yes" if name in "ab" else "no")
        return orjson.dumps(vote.case.snapshot["urn"])

    assert voted("abcde") == voted("edcba") == voted("caebd")


def test_a_case_folded_from_its_trail_lacks_only_what_lies_in_the_urn_and_has_all_once_it_is_closed() -> None:
    vote = (
        poll().act("poll.vote", voter("a"), grade="yes").act("poll.vote", voter("b"), grade="no").act("poll.vote", voter("c"), grade="no")
    )
    snapshot: dict[str, object] = {}
    for decision in vote.decisions:
        snapshot = fold(snapshot, decision.delta)  # type: ignore[arg-type, assignment]
    assert {name: values for name, values in vote.case.snapshot.items() if name != "urn"} == snapshot

    vote.act("poll.close")
    assert vote.case.snapshot == fold(snapshot, vote.last.delta)  # type: ignore[arg-type]
    assert {"@0": {"valid": 3, "blank": 0, "invalid": 0, "grades": {"no": 2, "yes": 1}}} == vote.case.snapshot["ballots"]["poll"]["box"]


def test_nothing_can_be_read_before_it_closes() -> None:
    made = process(
        POLL.replace("SECRET", "false").replace(
            "chase: {by: office,", "peek: {by: office, guard: ballots.poll.cast > 0}, chase: {by: office,"
        )
    )
    vote = Vote(made, FIVE).act("poll.vote", voter("a"), grade="yes")

    assert ["missing_data"] == vote.codes("peek")


# --- items, modes, points -------------------------------------------------------------------------------------------

RATING = """
data: {units: {type: list, of: unit, default: []}}
start: {by: office, form: [units]}
initial: voting
states:
  voting:
    ballots:
      rating:
        title: 测评
        items: data.units
        modes: {face: {title: 面对面, voters: [member]}, third: {title: 第三方, voters: [agency]}}
        per: [voter, item, mode]
        eligible: voter.role == 'agency' || voter.unit != '丙'
        not_own: [item]
        points: {order: [0, 20], effect: [0, 80]}
        secret: true
        counted_by: [office]
        closed_by: [office]
    done: {to: over}
  over: {actions: {first: {by: office, guard: "ballots.rating.items[0].item == '乙' && ballots.rating.items[0].rank == 1", to: end}}}
  end: {final: true, outcome: success}
"""
HALL = Hall(member=[("a", "甲"), ("b", "乙"), ("c", "丙")], agency=[("x", None)])


def rating() -> Vote:
    return Vote(process(RATING, "office: 办公室, member: 委员, agency: 机构"), HALL, units=["甲", "乙"])


def test_nobody_rates_the_own_unit_and_who_is_not_eligible_is_not_on_the_roll() -> None:
    vote, points = rating(), {"order": 10, "effect": 60}

    assert ["own_matter"] == vote.codes("rating.vote", voter("a", "甲"), item="甲", mode="face", points=points)
    assert ["not_on_roll"] == vote.codes("rating.vote", voter("c", "丙"), item="甲", mode="face", points=points)
    assert ["not_on_roll"] == vote.codes("rating.vote", voter("a", "甲"), item="乙", mode="third", points=points)
    assert ["invalid_field"] == vote.codes("rating.vote", voter("a", "甲"), item="丁", mode="face", points=points)
    assert ["missing_field"] == vote.codes("rating.vote", voter("a", "甲"), item="乙", mode="face", points={"order": 10})
    assert ["invalid_field"] == vote.codes("rating.vote", voter("a", "甲"), item="乙", mode="face", points={"order": 30, "effect": 1})


def test_points_give_means_by_item_and_aspect_and_the_best_comes_first() -> None:
    vote = rating()
    vote.act("rating.vote", voter("a", "甲"), item="乙", mode="face", points={"order": 20, "effect": 70})
    vote.act("rating.vote", voter("b", "乙"), item="甲", mode="face", points={"order": 10, "effect": 60})
    vote.act("rating.vote", voter("x", None, "agency"), item="甲", mode="third", points={"order": 15, "effect": 65}).act("rating.close")

    result = vote.case.snapshot["ballots"]["rating"]["result"]
    assert [(1, "90", 1), (0, "75", 2)] == [(row["n"], row["mean"], row["rank"]) for row in result["items"]]
    assert ("15", "65") == (result["aspects"]["order"], result["aspects"]["effect"])
    assert (4, 3, True) == (result["roll"], result["cast"], result["covered"])
    assert ["end"] == vote.act("first").where


def test_papers_of_others_are_counted_and_more_returned_than_issued_makes_all_invalid() -> None:
    vote = rating()
    paper = {"order": 10, "effect": 50}
    assert ["invalid_field"] == vote.codes("rating.count", item="甲", mode="face", issued=3, returned=3, papers=[paper])
    vote.act("rating.count", item="甲", mode="face", issued=3, returned=3, papers=[paper, paper], blank=1)
    sound = rating_result(vote)
    assert (2, 1, "60", 3) == (sound["valid"], sound["blank"], sound["mean"], sound["issued"])

    vote.act("rating.count", item="甲", mode="face", issued=2, returned=3, papers=[paper, paper], blank=1)
    void = rating_result(vote)
    assert (0, 3, False) == (void["valid"], void["invalid"], void["quorate"])
    assert "mean" not in void


def rating_result(vote: Vote) -> dict[str, object]:
    outcome = vote.attempt("rating.close")
    assert isinstance(outcome, Decision), outcome
    result: dict[str, object] = outcome.case.snapshot["ballots"]["rating"]["result"]
    return result


def test_a_closed_ballot_takes_nothing_more() -> None:
    two = POLL.replace("SECRET", "true").replace(
        "    actions: {chase", "      other: {voters: [member], scale: {yes: 好}, closed_by: [office]}\n    actions: {chase"
    )
    vote = Vote(process(two), FIVE).act("poll.close").wait(DAY)

    assert ["voting"] == vote.where
    assert ["ballot_closed"] == vote.codes("poll.vote", voter("a"), grade="yes")
    assert ["ballot_closed"] == vote.codes("poll.close")


def test_one_question_can_be_asked_of_every_ballot() -> None:
    two = POLL.replace("SECRET", "true").replace(
        "    actions: {chase",
        "      other: {voters: [member], scale: {yes: 好}, quorum: {at_least: 1}, closed_by: [office]}\n    actions: {chase",
    )
    asked = two.replace(
        "guard: ballots.poll.quorate && ballots.poll.share.yes > 0.5",
        "guard: \"ballots.all(b, ballots[b].closed && b != 'none') && ballots.exists(b, ballots[b].quorate)\"",
    )
    vote = Vote(process(asked), FIVE).act("other.vote", voter("a"), grade="yes").act("poll.close")

    assert ["passed"] == vote.act("other.close").where
