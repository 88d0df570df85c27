"""How texts are measured and broken, and how conditions are said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.proof.diagram.chart import Tone
from engine.proof.diagram.guards import called, spoken
from engine.proof.diagram.lettering import paragraph
from engine.proof.diagram.measure import ELLIPSIS, width, wrapped
from tests.proof.diagrams import REGIONS, definition, delivered

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
    ("condition", "zh", "en"),
    [
        ("data.urgent || has(data.n)", "紧急或已填份数", "“Urgent” or “Copies” is given"),
        ("has(data.n) && data.n > 9", "份数大于9", "“Copies” is above 9"),
        ("9 >= data.n", "份数不超过9", "“Copies” is at most 9"),
        ("!has(data.n) && !data.urgent", "未填份数，且“紧急”为否", "“Copies” is empty and not “Urgent”"),
        ("!(has(data.n) && data.urgent)", "未填份数或“紧急”为否", "“Copies” is empty or not “Urgent”"),
        ("data.urgent == false", "“紧急”为否", "not “Urgent”"),
        (
            "data.urgent || data.n > 1 && data.n < 9",
            "紧急或（份数大于1，且份数低于9）",
            "“Urgent” or (“Copies” is above 1 and “Copies” is below 9)",
        ),
        ("data.urgent || has(data.n) && data.n > 1", "紧急或份数大于1", "“Urgent” or “Copies” is above 1"),
        ("data.kind == 'big'", "类别为“大事”", "“Kind” is “Big”"),
        ("data.kind != 'small'", "类别不为“小事”", "“Kind” is not “Small”"),
        ("data.kind in ['big', 'small']", "类别为“大事”或“小事”", "“Kind” is “Big” or “Small”"),
        ("data.n > was.n", "份数大于原份数", "“Copies” is above “Copies before”"),
        ("data.day > today", "会期晚于今天", "“Day” is after today"),
        ("data.day <= date(2026, 3, 1)", "会期不晚于2026年3月1日", "“Day” is not after 1 March 2026"),
        ("actor.role == 'clerk'", "由职员办理", "Clerk acts"),
        ("actor.role != 'clock'", "不由到期自动办理", "somebody other than by the clock acts"),
        ("count('submit') >= 2", "“提交”次数不低于2", "times of “Submit” is at least 2"),
        ("count('submit') > 0", "已办“提交”", "“Submit” was done"),
        ("count('submit') == 0", "未办“提交”", "“Submit” was not done"),
        ("In('work')", "处于“调查办理”", "in “Work”"),
        ("!met('vetting.decide')", "“审核期限”未按期", "“Decision” was not met"),
        ("overdue('vetting.decide')", "“审核期限”已逾期", "“Decision” is overdue"),
        ("actor.id == case.opened_by", "办理人等于提出人", "who acts is who opened it"),
        ("data.n * 2 > 9", None, None),
        ("data.topic.startsWith('x')", None, None),
        ("data.urgent && data.topic.startsWith('x')", None, None),
    ],
)
def test_a_condition_is_said_in_the_words_of_the_process_or_not_at_all(condition: str, zh: str | None, en: str | None) -> None:
    process = definition(REGIONS)
    compiled = process.scope.compile(condition)
    assert spoken(compiled, process, "zh-CN") == zh
    assert spoken(compiled, process, "en") == en


@pytest.mark.parametrize(
    ("condition", "zh", "en"),
    [
        ("ballots.best.quorate", "“评选票”达到规定票数", "enough voted in “Ballot”"),
        ("!ballots.best.closed", "“评选票”未结束", "“Ballot” is not closed"),
        ("has(ballots.best.mean) && ballots.best.mean < 3.5", "“评选票”平均分低于3.5", "the mean of “Ballot” is below 3.5"),
        ("ballots.best.cast > 3", None, None),
    ],
)
def test_a_condition_on_a_ballot_is_said_by_its_title(condition: str, zh: str | None, en: str | None) -> None:
    process = definition(delivered()["award_round"])
    compiled = process.scope.compile(condition)
    assert spoken(compiled, process, "zh-CN") == zh
    assert spoken(compiled, process, "en") == en


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("data.day", "会期", "“Day”"),
        ("date(data.n, 12, 31)", "份数12月31日", "31 December of “Copies”"),
        ("date(data.n + 1, 1, 31)", "份数次年1月31日", "31 January after “Copies”"),
        ("data.day + duration('24h')", None, None),
    ],
)
def test_a_moment_is_named_by_the_item_that_holds_it(value: str, zh: str | None, en: str | None) -> None:
    process = definition(REGIONS)
    compiled = process.scope.compile(value, "instant")
    assert called(compiled, process, "zh-CN") == zh
    assert called(compiled, process, "en") == en


def test_a_paragraph_has_no_last_line_of_one_character() -> None:
    for text in ("活动日结束（计时）：自活动日起24小时", "会前材料送达期限：议事日期前5个工作日", "条件：办理人单位与办理部门不同"):
        for most in range(90, 260, 10):
            lines = paragraph(text, Tone.NOTE, most)
            assert "".join(line.text for line in lines) == text
            assert len(lines) == 1 or len(lines[-1].text) > 2, lines
