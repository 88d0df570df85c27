"""How texts are measured and broken, and how conditions are said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.proof.diagram.guards import spoken
from engine.proof.diagram.measure import ELLIPSIS, width, wrapped
from tests.proof.diagrams import REGIONS, definition

MIXED = st.text(st.sampled_from("议题确定（），。abcWil 0123.…“”"), max_size=80)


def test_an_ideograph_is_one_em_wide_and_a_latin_letter_less() -> None:
    assert width("议事", 15) == 30
    assert 0 < width("i", 15) < width("a", 15) < width("W", 15) <= 15
    assert width("abc", 15, bold=True) > width("abc", 15)


def test_what_joins_the_character_before_takes_no_room() -> None:
    assert width("e\u0301", 10) == width("e", 10)
    assert width("a\u200bb", 10) == width("ab", 10)


@given(MIXED, st.floats(30, 300))
def test_no_line_is_wider_than_it_may_be_and_nothing_is_lost(text: str, most: float) -> None:
    lines = wrapped(text, 12, most)
    assert all(width(line, 12) <= most or len(line) == 1 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(MIXED)
def test_of_a_text_cut_short_the_last_line_says_so(text: str) -> None:
    whole, cut = wrapped(text, 12, 60), wrapped(text, 12, 60, lines=2)
    assert len(cut) <= 2
    assert (cut[-1].endswith(ELLIPSIS) and all(width(line, 12) <= 60 for line in cut)) if len(whole) > 2 else cut == whole


def test_a_line_neither_begins_with_a_closing_mark_nor_ends_with_an_opening_one() -> None:
    for most in range(30, 130, 5):
        lines = wrapped("主席会议（政协主席、副主席）审定，列入年度计划。", 12, most)
        assert not any(line[0] in "），。、" for line in lines[1:]), lines
        assert not any(line[-1] == "（" for line in lines[:-1]), lines


def test_words_are_broken_at_blanks() -> None:
    assert wrapped("Consultation of the members", 12, 90) == ("Consultation", "of the", "members")


@pytest.mark.parametrize(
    ("expression", "zh", "en"),
    [
        ("data.urgent || has(data.n)", "紧急 或 已填份数", "Urgent or Copies is given"),
        ("has(data.n) && data.n > 9", "份数 > 9", "Copies > 9"),
        ("!has(data.n) && !data.urgent", "份数为空 且 非紧急", "Copies is empty and not Urgent"),
        ("data.kind == 'big'", "类别 = 大事", "Kind = Big"),
        ("data.kind != 'small'", "类别 ≠ 小事", "Kind ≠ Small"),
        ("actor.role == 'clerk'", "办理人角色 = 职员", "role of who acts = Clerk"),
        ("count('submit') >= 2", "“提交”次数 ≥ 2", "times of “Submit” ≥ 2"),
        ("In('work') && settings.term != ''", "处于“调查办理” 且 期限 ≠ “”", "in “Work” and Term ≠ “”"),
        ("met('vetting.decide')", "“审核期限”按期", "“Decision” met"),
        ("overdue('vetting.decide')", "“审核期限”逾期", "“Decision” overdue"),
        ("actor.id == case.opened_by", "办理人 = 发起人", "who acts = who opened it"),
        ("something.else(3)", "something.else(3)", "something.else(3)"),
    ],
)
def test_a_condition_is_said_in_the_words_of_the_process(expression: str, zh: str, en: str) -> None:
    assert spoken(expression, definition(REGIONS), "zh-CN") == zh
    assert spoken(expression, definition(REGIONS), "en") == en
