"""The documents that staff exchange, made as Word from cases that went their way, each read with another library than it was written with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from docx2python import docx2python
from docx2python.iterators import iter_paragraphs

from api.console.making import make
from tests.preparing import Prepared, Shelf, prepare
from tests.rows.handling import CO_UNIT, UNIT, assigned, meet, reply, satisfied
from tests.rows.test_democratic_supervision import waiting, weekly
from tests.rows.test_discussion_room import TOWN, rooms
from tests.rows.test_discussion_room import held as session_held
from tests.rows.test_key_proposal_supervision import selected
from tests.rows.test_member_deliberation import at
from tests.rows.test_thematic_consultation import held, report, researching
from tests.town import Matter, Town, Who

TEMPLATES = {
    "member_deliberation": {"minutes", "research_report"},
    "meeting": {"minutes"},
    "discussion_room": {"minutes"},
    "special_report": {"report"},
    "thematic_consultation": {"research_report", "recommendation", "special_report"},
    "proposal": {"reply_letter", "opinion_form"},
    "key_proposal_supervision": {"notice"},
}
FILES = (
    "member_deliberation",
    "meeting",
    "discussion_room",
    "democratic_supervision",
    "thematic_consultation",
    "proposal",
    "key_proposal_supervision",
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("prepared"), Shelf().files(*FILES))


@pytest.fixture
def town(prepared: Prepared, tmp_path: Path) -> Iterator[Town]:
    with prepared.copy(tmp_path) as made:
        yield made


def lines(matter: Matter, by: Who, document: str, language: str = "zh-CN") -> list[str]:
    """Make a document as somebody, and read its paragraphs, those of tables too."""
    town = matter.town
    made = make(town.application, town.reading, town.person(by), matter.id, document, language)
    with docx2python(io.BytesIO(made.content)) as read:
        return [line for line in iter_paragraphs(read.body) if line]


def pairs(found: list[str]) -> dict[str, str]:
    """Give what stands after what, for tables of two columns."""
    return dict(pairwise(found))


def test_every_document_of_the_list_has_a_template_in_both_languages(town: Town) -> None:
    for workflow, names in TEMPLATES.items():
        definition = town.application.registry.published(town.org, workflow).definition
        made = {name: each for name, each in definition.documents.items() if each.template}
        assert made.keys() == names
        for document in made.values():
            spoken = [part.texts for part in document.template if part.texts]
            assert all(texts.keys() in ({"zh-CN", "en"}, {"zh-CN"}) for texts in spoken)
            assert any(texts.keys() == {"zh-CN", "en"} for texts in spoken)


def test_the_reply_letter_says_what_was_done_and_the_opinion_form_what_the_proposer_thinks(town: Town) -> None:
    proposal = assigned(town, "enforcement_bureau")
    meet(proposal, "before")
    letter = lines(proposal, UNIT, "reply_letter")
    assert letter[0] == f"关于第{proposal.number}号提案的答复函"
    assert any("您提出的《老旧小区停车难》" in line for line in letter)
    assert "1. 2026年3月2日：听取意见" in letter
    assert "答复分类：＿＿＿＿。" in letter  # is said when the reply goes out
    assert letter[-1] == "2026年3月2日"
    english = lines(proposal, UNIT, "reply_letter", "en")
    assert english[0] == f"Reply to proposal {proposal.number}"

    asked = assigned(town)
    reply(asked)
    satisfied(asked)
    form = pairs(lines(asked, "member", "opinion_form"))
    data = town.application.registry.published(town.org, "proposal").definition.data
    told = [form[data[name].title["zh-CN"]] for name in ("subject", "satisfied_work", "satisfied_result", "opinion")]
    assert told == ["老旧小区停车难", "满意", "满意", "＿＿＿＿"]
    assert CO_UNIT not in form.values()


def test_the_special_report_lists_its_issues_in_their_own_words(town: Town) -> None:
    issue = waiting(town, text="河道夜间排污")
    assert issue.here == "waiting"
    week = weekly(town, "2026-03-09")
    found = lines(week, "office", "report")
    assert found[0] == "专报"
    heads = found.index("序号")
    assert found[heads + 4 : heads + 7] == ["1", "河道夜间排污", "问题"]


def test_the_notice_of_supervision_names_the_unit_and_its_proposals(town: Town) -> None:
    proposal = assigned(town)
    found = lines(selected(town, proposal), "committee", "notice")
    assert found[0] == "督办通知"
    assert any("督办主题：老旧小区改造。" in line for line in found)
    assert proposal.number in found


def test_the_research_report_and_the_recommendation_hold_what_was_found(town: Town) -> None:
    topic = researching(town, form="standing_committee")
    report(topic)
    found = lines(topic, "committee", "research_report")
    assert found[0] == "关于“社区养老”的调研报告"
    assert any(line.endswith("六十岁以上占三成") for line in found)
    assert "首次测算" in found

    concluded = held(town, form="standing_committee")
    advice = lines(concluded, "office", "recommendation")
    assert advice[0] == "关于“社区养老”的建议案"
    assert "1. 现有助餐点三十处" in advice
    assert any("围绕“社区养老”开展协商" in line for line in advice)
    special = lines(concluded, "office", "special_report")
    assert special[0] == "专报"


def test_minutes_hold_the_session_and_who_was_there(town: Town) -> None:
    case = at(town, "deliberation.deliberating")
    case.act("office", "close_session", agreed=True)
    minutes = lines(case, "office", "minutes")
    assert minutes[:2] == ["专题协商纪要", case.number]
    assert "达成共识：是。" in minutes
    assert "一、会议情况" in minutes
    assert lines(case, "office", "research_report")[0].startswith("关于“")

    rooms(town)
    room = session_held(town)
    room.act(TOWN, "record_result", result="agreed")
    found = lines(room, TOWN, "minutes")
    assert found[:2] == ["协商议事纪要", room.number]
    assert pairs(found)["事项"] == "安置小区物业"
    assert any(line.startswith("达成") for line in found)

    meeting = town.open("office", "meeting", kind="standing", subject="专题议政", on="2027-03-20", place="会议厅", expected=["member"])
    attendance = lines(meeting, "office", "minutes")
    assert pairs(attendance)["地点"] == "会议厅"
    assert "一、出席情况" in attendance
