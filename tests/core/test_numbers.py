"""Which act gives a case its number; the number itself is drawn by whoever records the decision."""

from __future__ import annotations

import pytest

from engine.core.decision import Decision
from tests.core.process import Story, process

APPROVAL = """
number: {{series: matters, per: year, format: "{{year}}-{{n}}", at: {at}}}
start: {{by: office}}
initial: draft
states:
  draft: {{actions: {{approve: {{by: office, to: review}}}}}}
  review:
    deadlines: {{decide: {{within: 1 day, basis: default, rungs: [{{at: due, act: approve}}]}}}}
    actions: {{approve: {{by: [office, clock], to: over}}, hold: {{by: office}}}}
  over: {{final: true, outcome: success}}
"""


def numbered(story: Story) -> list[str]:
    """The acts and rungs whose decision asks for a number; here none is ever drawn, so each that may give one asks."""
    return [each.action for each in story.decisions if each.number is not None]


@pytest.mark.parametrize(
    ("at", "expected"),
    [("start", ["start"]), ("approve", ["approve", "approve"]), ("draft.approve", ["approve"]), ("hold", ["hold"])],
)
def test_an_act_gives_the_number_under_its_name_and_under_that_of_its_state(at: str, expected: list[str]) -> None:
    story = Story(process(APPROVAL.format(at=at))).act("approve").act("hold").act("approve")
    assert numbered(story) == expected


def test_the_clock_gives_the_number_too_when_it_takes_the_act() -> None:
    story = Story(process(APPROVAL.format(at="review.approve"))).act("approve").fire("review.decide")
    assert story.where == ["over"]
    assert isinstance(story.last, Decision)
    assert story.last.number is not None
    assert story.last.number.series == "matters"
