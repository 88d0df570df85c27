"""Waivers: a comment with a reason lets a finding pass; one that says nothing is itself found."""

from __future__ import annotations

import pytest

from engine.proof.verdicts import Word
from tests.definition.loading import rules
from tests.proof.linting import found, judged, small

STATE = """  a:
    actions:
      x:
        by: office
        form: [amount]
        choice:
          - {guard: data.done, to: end}
          ABOVE
          - {guard: data.amount > 3, notify: office, to: end} BESIDE"""


def waived(above: str = "", beside: str = "") -> str:
    return small(STATE.replace("ABOVE", above).replace("BESIDE", beside))


WAIVER = "# lint: allow choice.gap because nobody asks for less"
OVERLAP = "# lint: allow choice.overlap because the first is as good"


def test_what_is_waived_is_there_without_the_waiver() -> None:
    assert rules(found(waived())) == ["choice.gap", "choice.overlap"]


@pytest.mark.parametrize("places", [{"beside": WAIVER}, {"above": WAIVER}], ids=str)
def test_a_waiver_on_the_line_or_above_it_lets_the_finding_pass(places: dict[str, str]) -> None:
    assert rules(found(waived(**places))) == ["choice.overlap"]


def test_waivers_stack() -> None:
    text = waived(above=f"{WAIVER}\n          {OVERLAP}")
    assert found(text) == []
    assert judged(text).word is Word.PROVED


def test_a_waiver_needs_a_reason() -> None:
    assert rules(found(waived(beside="# lint: allow choice.gap"))) == ["choice.gap", "choice.overlap", "waiver.form"]


def test_a_waiver_names_a_rule_that_can_be_waived() -> None:
    problems = found(waived(beside="# lint: allow choice.gab because of that"))
    assert [each.message for each in problems if each.rule == "waiver.form"] == [
        "`choice.gab` is no rule that can be waived, did you mean 'choice.gap'?"
    ]
    assert "waiver.form" in rules(found(waived(beside="# lint: allow yaml.syntax because of that")))


def test_a_waiver_that_lets_nothing_pass_is_found() -> None:
    assert "waiver.unused" in rules(found(waived(beside="# lint: allow state.trap because of that")))


def test_a_waived_error_keeps_the_file_from_being_proved() -> None:
    text = small("  a: {actions: {x: {by: office, to: end}}}\n  lost: {actions: {y: {by: office, to: end}}}")
    assert judged(text).word is Word.REFUSED
    waived = text.replace("  lost:", "  # lint: allow state.unreachable because the next version needs it\n  lost:")
    verdict = judged(waived)
    assert (found(waived), verdict.word) == ([], Word.UNDECIDED)
    assert [each.waived for each in verdict.reasons] == ["the next version needs it"]


def test_waivers_count_lines_from_the_top_of_the_file() -> None:
    first = small("  a: {actions: {x: {by: office, to: end}}}")
    assert rules(found(f"{first}\n---\n{waived(beside=WAIVER)}")) == ["choice.overlap"]
