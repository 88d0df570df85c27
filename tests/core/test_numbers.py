"""Which act gives a case its number; the number itself is drawn by whoever records the decision."""

from __future__ import annotations

import pytest

from engine.core.advance import advance
from engine.core.command import Act, OpenRelated
from engine.core.decision import Decision
from tests.core.process import OFFICE, START, Story, process

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


def test_each_option_of_a_choice_may_have_a_series_of_its_own() -> None:
    definition = process("""
number: {series: reports, per: year, format: "{by}{year}-{n}", by: kind}
data: {kind: {type: choice, title: 类别, options: {weekly: 周报, urgent: 随报}}}
start: {by: office, form: [kind?]}
initial: open
states: {open: {actions: {close: {by: office, to: over}}}, over: {final: true, outcome: success}}
""")
    opened: dict[str | None, Story] = {
        "weekly": Story(definition, kind="weekly"),
        "urgent": Story(definition, kind="urgent"),
        None: Story(definition),
    }
    wanted = {kind: story.last.number for kind, story in opened.items()}
    assert {kind: (each.series, each.format) for kind, each in wanted.items() if each is not None} == {
        "weekly": ("reports.weekly", "周报{year}-{n}"),
        "urgent": ("reports.urgent", "随报{year}-{n}"),
        None: ("reports", "{year}-{n}"),
    }


def test_an_act_that_gives_the_number_is_told_even_if_it_changes_nothing_else() -> None:
    """As after a migration: the act was taken before, under a version without numbers."""
    definition = process(APPROVAL.format(at="hold"))
    parent = {"parent": {"org": "body", "case": "above", "group": "matters", "key": "1", "wants": []}}
    outcome = advance(definition, None, OpenRelated("body", "case", "office", {}, origin=parent), START)
    for act in ("approve", "hold", "hold"):
        assert isinstance(outcome, Decision)
        outcome = advance(definition, outcome.case, Act(OFFICE, act, {}), START)
    assert isinstance(outcome, Decision)
    (told,) = outcome.numbered("2026-1").messages
    assert ("above", "2026-1") == (told.to_case, told.body["facts"]["number"])
