"""What a picture says: the states and who acts, terms and reminders, what happens by itself, and where a case is."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from engine.core.advance import advance
from engine.core.command import Act, Open
from engine.core.compiled import compile_process
from engine.core.decision import Decision
from engine.proof.diagram.overlay import Overlay, path_taken
from engine.proof.diagram.pictures import Pictures
from tests.core.process import START, person
from tests.proof.diagrams import ASSETS, CALENDARS, PICTURES, REGIONS, SVG, Seen, definition, delivered, seen, shipped, svg
from tests.proof.test_diagram_layout import check


def drawn(text: str = REGIONS, language: str = "zh-CN", overlay: Overlay | None = None) -> Seen:
    return seen(svg(text, language) if overlay is None else PICTURES.svg(definition(text), language, overlay))


def said(picture: Seen, name: str) -> str:
    """All that is written in or on something; lines are put together."""
    return "".join(text for part in picture.named(name) for text, _ in part.texts)


# --- the process ----------------------------------------------------------------------------------------------------


def test_every_state_and_every_way_that_was_written_is_in_the_picture() -> None:
    for text in shipped().values():
        picture, process = drawn(text), definition(text)
        names = {part.name for part in picture.parts}
        assert {f"state:{path}" for path in process.states if path} <= names
        written = [spec for state in process.states.values() for spec in state.transitions if not spec.builtin]
        leading = [[branch.id for branch in spec.branches if branch.target is not None] for spec in written]
        apart = [
            ids if len({branch.target for branch in spec.branches}) > 1 else ids[:1] for spec, ids in zip(written, leading, strict=True)
        ]
        assert any(apart)
        assert {name for ids in apart for name in ids} <= names


def test_a_state_says_who_has_the_case_and_what_may_be_done_without_leaving_it() -> None:
    picture = drawn()
    assert "已提出" in said(picture, "state:proposed")
    assert "承办：委员" in said(picture, "state:proposed")
    assert "清点（办公室）" in said(picture, "state:proposed")


def test_a_deadline_says_its_term_and_whom_each_rung_reminds() -> None:
    told = said(drawn(), "state:vetting")
    for part in (
        "审核期限：10个工作日",
        "期限过80%：提醒承办方",
        "到期：提级办公室",
        "逾期5日：自动“退回”",
        "送达期限：会期前3个工作日（17:30止）",
    ):
        assert part in told
    assert "报告期限：1个月" in said(drawn(), "state:work")
    assert "可延长2周" in said(drawn(), "state:work")


def test_an_arrow_says_what_is_done_by_whom_on_what_condition_with_which_documents_and_how_often() -> None:
    picture = drawn()
    assert said(picture, "proposed/act:submit") == "提交办公室、委员条件：紧急或已填份数"
    assert said(picture, "proposed/act:submit#0") == "条件：紧急"
    assert said(picture, "proposed/act:submit#1") == "否则"
    assert said(picture, "vetting/act:approve#0") == "通过办公室申请，职员同意"
    assert said(picture, "vetting/act:send_back#0") == "退回职员、到期自动至多2次"
    assert said(picture, "vetting/act:send_back#0!") == "“退回”满2次后"
    assert said(picture, "ready/act:conclude#0") == "办结办公室须附：报告"
    assert said(picture, "ready/always:always#0") == "自动转入条件：份数大于9"
    assert said(picture, "work/done:done#0") == "全部完成后"


def test_what_holds_at_any_step_has_a_box_of_its_own() -> None:
    picture = drawn()
    assert said(picture, "anywhere") == "任何环节均可催办（委员）"
    (suspend,) = (part for part in picture.of("arrow") if part.name == "/act:suspend#0")
    assert suspend.ends == ("anywhere", "state:suspended")


def test_memories_and_ends_are_told() -> None:
    picture = drawn()
    assert "回到原环节" in said(picture, "return")
    assert "回到上次所在环节" in said(picture, "history:work:shallow")
    assert said(picture, "state:over") == "办结"


def test_regions_are_parted_by_dashed_lines_and_named() -> None:
    root = drawn().root
    assert [each for each in root.iter(f"{SVG}path") if each.get("stroke-dasharray") == "7 5"]
    assert {"实地", "案头"} <= set(drawn().texts)


def test_the_picture_is_in_the_language_asked_for() -> None:
    picture = drawn(language="en")
    assert "Owner: Member" in said(picture, "state:proposed")
    assert "At 80 %: remind the owner" in said(picture, "state:vetting")
    assert picture.root.get("lang") == "en"
    assert not any("一" <= char <= "鿿" for text in picture.texts for char in text)


SIGNS_OF_A_DEFINITION = re.compile(
    r"==|!=|&&|\|\||>=|<=|\b(?:data|was|settings|children|links|parties|ballots|signal|actor|case)\.|\w\(\w|\b[a-z]+_[a-z_]+\b|\bP\d+[DWMY]\b"
)
"""An expression, the name of an item or a step, a term as it is stored."""


@pytest.mark.parametrize("name", sorted(delivered()))
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_picture_shows_the_signs_of_a_definition(name: str, language: str) -> None:
    """Neither what is drawn nor what is told to who points at it."""
    root = drawn(delivered()[name], language).root
    said = [each.text or "" for each in root.iter() if each.tag in {f"{SVG}text", f"{SVG}title", f"{SVG}desc"}]
    assert [text for text in said if SIGNS_OF_A_DEFINITION.search(text)] == []


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_picture_shows_where_it_begins_how_it_ends_and_what_its_signs_mean(name: str) -> None:
    picture = drawn(shipped()[name])
    assert [part for part in picture.of("start") if part.name == "start"]
    assert picture.of("final")
    assert {"开始", "环节", "结束"} <= {text for text, _ in picture.loose}


def test_an_act_with_a_condition_says_how_it_is_refused() -> None:
    text = REGIONS.replace(
        "guard: data.urgent || has(data.n),", "guard: data.n * 2 > 9, refuse: {code: few, text: {zh-CN: 份数不足, en: Too few}},"
    )
    assert said(drawn(text), "proposed/act:submit") == "提交办公室、委员拒办提示：“份数不足”"
    assert "拒办提示：不能办理时的说明" in drawn(text).texts


def test_branches_that_lead_to_one_step_are_one_arrow_without_a_condition() -> None:
    """They differ only in what else is done; whichever is taken, the arrow shows it."""
    text = REGIONS.replace("{guard: data.urgent, to: work}, {to: vetting}", "{guard: data.urgent, to: work, notify: [owner]}, {to: work}")
    overlay = Overlay(taken={"proposed/act:submit#0": 2, "proposed/act:submit#1": 3}, show_counts=True)
    picture = drawn(text, overlay=overlay)
    assert not [part for part in picture.parts if part.name.startswith("choice:proposed")]
    assert said(picture, "proposed/act:submit#0") == "提交办公室、委员条件：紧急或已填份数5次"
    assert {part.name for part in picture.of("taken")} == {"proposed/act:submit#0"}
    assert {part.name for part in drawn(text, overlay=Overlay(taken={"proposed/act:submit#1": 1})).of("taken")} == {"proposed/act:submit#0"}


def test_of_several_conditions_each_says_when_it_is_asked() -> None:
    """They are drawn in any order, and the first that holds is taken."""
    text = REGIONS.replace("{guard: data.urgent, to: work}", "{guard: data.urgent, to: work}, {guard: has(data.n), to: over}")
    picture = drawn(text)
    assert said(picture, "proposed/act:submit#0") == "条件1：紧急"
    assert said(picture, "proposed/act:submit#1") == "条件2：已填份数"
    assert said(picture, "proposed/act:submit#2") == "否则"
    assert "分流（按编号依次判断）" in picture.texts
    assert "分流" in drawn().texts


def test_many_hours_are_told_in_days_too() -> None:
    text = REGIONS.replace("within: settings.term, basis: default, rungs", "within: 720 hours, basis: default, rungs")
    assert "审核期限：720小时（30天）" in said(drawn(text), "state:vetting")
    assert "Decision: 720 hours (30 days)" in " ".join(drawn(text, "en").texts)


def test_a_budget_of_one_is_said_as_a_person_says_it() -> None:
    text = REGIONS.replace("cycles: {at_most: 3, then: over}", "cycles: {at_most: 1, then: over}")
    assert said(drawn(text, "en"), "ready/act:again#0") == "AgainClerkAt most once"


def test_cases_below_that_are_done_on_a_condition_say_it() -> None:
    picture = drawn(shipped()["key_proposal_supervision"])
    (done,) = (part.name for part in picture.of("arrow") if part.name.endswith("/done:done#0"))
    assert said(picture, done) == "达到条件后条件：至少一项各渠道督办结果为“办结”或各渠道督办全部已了结或已免办"


def test_a_condition_that_no_plain_words_say_is_the_one_for_where_it_leads() -> None:
    text = REGIONS.replace("{guard: data.urgent, to: work}", "{guard: data.topic.startsWith('x'), to: work}")
    assert said(drawn(text), "proposed/act:submit#0") == "条件：符合“调查办理”的规定"


def test_what_is_too_long_for_an_arrow_stands_in_a_note_below_the_picture() -> None:
    longer = "份数应当与办公室登记的份数一致，" * 5
    text = REGIONS.replace("guard: data.urgent || has(data.n),", f"guard: data.urgent, refuse: {{code: few, text: {longer}}},")
    picture = drawn(text)
    assert said(picture, "proposed/act:submit") == "提交办公室、委员见注1"
    assert f"注1　拒办提示：“{longer}”" in "".join(text for text, _ in picture.loose)
    check(picture)


def test_a_state_says_which_cases_are_opened_below_it() -> None:
    picture = drawn(shipped()["special_report"])
    assert "子事项：督查任务" in said(picture, "state:implementing")
    assert "子事项（另有流程图）" in picture.texts


# --- the form -------------------------------------------------------------------------------------------------------


def test_it_says_what_it_is_to_who_cannot_see_it() -> None:
    root = drawn(overlay=Overlay(current=("vetting",))).root
    texts = {each.get("id"): each.text or "" for each in root if each.tag in {f"{SVG}title", f"{SVG}desc"}}
    assert root.get("role") == "img"
    assert (root.get("aria-labelledby") or "").split() == list(texts)
    title, about = texts.values()
    assert title == "双向评价"
    assert "从“已提出”开始" in about
    assert "当前环节：审核" in about


def test_it_runs_nothing_loads_nothing_and_needs_no_style() -> None:
    for text in shipped().values():
        for element in drawn(text).root.iter():
            assert element.tag.removeprefix(SVG) in {"svg", "g", "rect", "path", "circle", "polygon", "text", "title", "desc"}
            assert not {name for name in element.attrib if name.startswith("on") or "href" in name or name == "style"}


def test_hostile_titles_stay_text() -> None:
    text = REGIONS.replace("zh-CN: 已提出", 'zh-CN: "<script>alert(1)</script>]]>&amp;"')
    picture = drawn(text)
    assert "<script>" in said(picture, "state:proposed")
    assert not list(picture.root.iter(f"{SVG}script"))


def test_the_same_definition_gives_the_same_bytes() -> None:
    assert Pictures(ASSETS).svg(definition(REGIONS), "zh-CN") == PICTURES.svg(definition(REGIONS), "zh-CN")


# --- what is drawn upon it ------------------------------------------------------------------------------------------


def test_a_case_shows_where_it_is_and_which_way_it_took() -> None:
    process = compile_process(definition(REGIONS), CALENDARS["cn"])
    office, clerk = person("li", "office"), person("wang", "clerk")
    case, steps = None, []
    for command in (
        Open(office, "body", "case", {"topic": "路灯", "urgent": True}),
        Act(office, "submit"),
        Act(office, "file"),
        Act(clerk, "suspend", reason="等"),
    ):
        decision = advance(process, case, command, START)
        assert isinstance(decision, Decision), decision
        case = decision.case
        steps += [(step.taken, step.entered) for step in decision.steps]
    assert case is not None
    picture = drawn(overlay=path_taken(process.definition, steps, case.configuration))
    taken = {part.name for part in picture.of("taken")}
    assert taken == {
        *("start", "proposed/act:submit", "proposed/act:submit#0", "/act:suspend#0"),
        *("work.desk.reading/act:file#0", "start:work.field", "start:work.desk"),
    }
    assert "当前" in said(picture, "state:suspended")
    assert "当前" not in said(picture, "state:work.desk.filed")
    check(picture)


def test_a_spent_budget_is_another_way_than_the_one_it_stands_for() -> None:
    process = definition(REGIONS)
    back, away = ((["vetting/act:send_back#0"], [entered]) for entered in ("proposed", "over"))
    assert path_taken(process, [back, back, away]).taken == {"vetting/act:send_back#0": 2, "vetting/act:send_back#0!": 1}


def test_a_case_that_was_cancelled_stands_nowhere_in_the_picture() -> None:
    overlay = path_taken(definition(REGIONS), [(["/hear:parent.cancelled#0"], ["cancelled"])], ("cancelled",))
    assert overlay.current == ()
    check(drawn(overlay=overlay))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_counts_and_stays_have_room_of_their_own(language: str) -> None:
    overlay = Overlay(
        taken={"vetting/act:approve#0": 1_234_567, "proposed/act:submit#1": 3},
        cases={"vetting": 12_345, "work": 7},
        dwell={"vetting": timedelta(hours=60), "work.desk.reading": timedelta(days=1234)},
        show_counts=True,
    )
    picture = drawn(language=language, overlay=overlay)
    assert {"1234567", "12345", "2.5"} <= {number for text in picture.texts for number in _numbers(text)}
    check(picture)


def _numbers(text: str) -> list[str]:
    return "".join(char if char.isdigit() or char == "." else " " for char in text).split()


def test_a_case_in_two_regions_is_shown_in_both() -> None:
    picture = drawn(overlay=Overlay(current=("work.field.asking", "work.desk.filed")))
    assert all("当前" in said(picture, name) for name in ("state:work.field.asking", "state:work.desk.filed"))
    assert picture.texts.count("当前") == 2


def test_a_written_picture_can_be_read_again(tmp_path: Path) -> None:
    """Characters that XML does not know are left out, and the file is well-formed."""
    path = tmp_path / "picture.svg"
    path.write_text(PICTURES.svg(definition(REGIONS), "zh-CN"), "utf-8")
    assert ET.parse(path).getroot().tag == f"{SVG}svg"  # noqa: S314  our own
