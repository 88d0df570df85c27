"""Documents made as Word from a template: what stands in them, for whom, and what nothing in a case can do to them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from docx2python import docx2python
from docx2python.iterators import iter_paragraphs

from api.console.word import WORD
from tests.api.conftest import PETITION, Site

REPORT = "  report: {title: {zh-CN: 报告, en: Report}, attached_by: office, approved_by: chair}\n"
TEMPLATE = """  report:
    title: {zh-CN: 办理报告, en: Report on the handling}
    attached_by: office
    approved_by: chair
    template:
      - number: "{case.number}"
      - to: {zh-CN: 主席会议：, en: To the chair}
      - heading: {zh-CN: 来由, en: Origin}
      - text: {zh-CN: "{case.opened_on}，{case.opened_by}提出“{data.topic}”，共{data.parts}份。", en: "{case.opened_by} put forward {data.topic}."}
      - heading: {zh-CN: 办理, en: Handling}
      - text: {zh-CN: "{acts.accept.on}由{acts.accept.by}（{acts.accept.role}）受理，{data.held_on}开会。内部意见：{data.secret_note}", en: "{acts.accept.by} took it."}
      - text: {zh-CN: "{each.place}，{each.on}", en: "{each.place}"}
        each: data.visits
      - facts: [data.topic, data.held_on, case.where, deadlines.vet, acts.accept.by]
      - table: data.visits
        columns: [on, place]
      - acts: [accept, note, hold]
      - signed: {zh-CN: "办公室\\n{today}", en: "Office\\n{today}"}
"""
VISITS = "  visits: {type: list, of: record, default: [], title: {zh-CN: 踏勘, en: Visits}, fields: {place: {type: text, title: {zh-CN: 地点, en: Place}}, on: {type: date, title: {zh-CN: 日期, en: On}}}}\n"
DEFINITION = (
    PETITION.replace(REPORT, TEMPLATE)
    .replace("documents:\n", VISITS + "documents:\n")
    .replace("hold: {by: office, form: [held_on]}", "hold: {by: office, form: [held_on, visits+]}")
)
TODAY = "2036年3月3日"
YAML = {"Content-Type": "application/yaml"}


@pytest.fixture
def site(start: Callable[..., Site]) -> Site:
    made = start(publish=False)
    made.post("/v1/clock/advance", "operator", {"to": "2036-03-03T09:00:00+08:00"})
    answer = made.post("/v1/definitions", "admin", content=DEFINITION, headers=YAML)
    assert answer.status_code == 201, answer.text
    return made


def address(case: dict[str, Any], name: str = "report") -> str:
    return f"/v1/cases/{case['id']}/documents/{name}/word"


def lines(content: bytes) -> list[str]:
    """Read the paragraphs, those of tables too, with a library that is not the one they were written with."""
    with docx2python(io.BytesIO(content)) as read:
        return [line for line in iter_paragraphs(read.body) if line]


def tables(content: bytes) -> Iterator[list[list[str]]]:
    with docx2python(io.BytesIO(content)) as read:
        for table in read.body:
            if len(table) > 1 or len(table[0]) > 1:
                yield [["\n".join(cell) for cell in row] for row in table]


def made(site: Site, case: dict[str, Any], who: str = "li", language: str = "zh-CN") -> bytes:
    answer = site.get(address(case), who, language=language)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == WORD
    return answer.content


def handled(site: Site, topic: str = "路灯") -> dict[str, Any]:
    case = site.opened(data={"topic": topic, "parts": 3})
    case = site.acted(case, "note", data={"secret_note": "先看现场"})
    case = site.acted(case, "accept", "recorder")
    case = site.acted(case, "hold", data={"held_on": "2026-03-05", "visits": [{"place": "东街", "on": "2026-03-01"}]})
    return site.acted(case, "hold", data={"held_on": "2026-03-06", "visits": [{"place": "西街", "on": "2026-03-02"}]})


def test_a_document_holds_the_data_of_the_case_in_words_that_people_use(site: Site) -> None:
    case = handled(site)
    content = made(site, case)
    found = lines(content)
    assert found[:4] == ["办理报告", case["number"], "主席会议：", "一、来由"]
    assert found[4] == f"{TODAY}，zhao提出“路灯”，共3份。"
    assert found[5] == "二、办理"
    assert found[6] == f"{TODAY}由recorder（办公室）受理，2026年3月6日开会。内部意见：先看现场"
    assert found[-2:] == ["办公室", TODAY]
    assert found[7:9] == ["1. 东街，2026年3月1日", "2. 西街，2026年3月2日"]
    facts, visits, acts = tables(content)
    assert facts[:3] == [["议题", "路灯"], ["日期", "2026年3月6日"], ["所处环节", "办理"]]
    assert facts[3] == ["vet", "2036年3月10日 24:00"]
    assert facts[4] == ["accept · 经办人", "recorder"]
    assert visits == [["日期", "地点"], ["2026年3月1日", "东街"], ["2026年3月2日", "西街"]]
    assert [row[2] for row in acts] == ["经办人", "li", "recorder", "li", "li"]


def test_it_is_in_the_language_that_is_asked_for(site: Site) -> None:
    found = lines(made(site, handled(site), language="en"))
    assert found[0] == "Report on the handling"
    assert "zhao put forward 路灯." in found
    assert "1. Origin" in found


def test_what_is_not_there_yet_leaves_a_gap_and_what_the_reader_may_not_see_is_not_told(site: Site) -> None:
    content = made(site, site.acted(site.opened(), "note", data={"secret_note": "先看现场"}), "zhao")
    text = "\n".join(lines(content))
    assert "先看现场" not in text
    assert "内部意见：（未公开）" in text
    assert "由＿＿＿＿（＿＿＿＿）受理" in text
    assert "\n无。\n" in text


def test_nothing_that_people_have_written_is_read_as_a_template(site: Site) -> None:
    topic = "{data.secret_note} {{ 7*7 }} {% if x %} <w:p>&amp;"
    found = "\n".join(lines(made(site, handled(site, topic))))
    assert f"提出“{topic}”" in found


@pytest.mark.parametrize("sign", ["\x0b", "\x1b", "\ufffe"])
def test_signs_that_no_xml_can_hold_are_left_out(site: Site, sign: str) -> None:
    answer = site.post("/v1/cases", "zhao", {"workflow": "petition", "data": {"topic": f"路{sign}灯"}})
    assert answer.status_code == 201
    assert "提出“路灯”" in "\n".join(lines(made(site, answer.json())))


def test_equal_data_give_equal_bytes_and_other_data_do_not(site: Site) -> None:
    case = handled(site)
    first, second = made(site, case), made(site, case)
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    changed = site.acted(case, "hold", data={"held_on": "2026-03-07", "visits": [{"place": "南街", "on": "2026-03-03"}]})
    assert made(site, changed) != first


def test_the_page_is_that_of_an_official_document(site: Site) -> None:
    with zipfile.ZipFile(io.BytesIO(made(site, handled(site)))) as archive:
        document, styles = archive.read("word/document.xml").decode(), archive.read("word/styles.xml").decode()
        footers = [archive.read(name).decode() for name in archive.namelist() if "footer" in name and name.endswith(".xml")]
        assert 'w:w="11906" w:h="16838"' in document
        assert 'w:eastAsia="方正小标宋简体"' in styles
        assert 'w:eastAsia="仿宋_GB2312"' in styles
        assert 'w:val="仿宋,FangSong,STFangsong"' in archive.read("word/fontTable.xml").decode()
    assert len(footers) == 2
    assert all("PAGE" in footer for footer in footers)


def test_who_may_not_see_the_case_and_what_has_no_template_is_not_found(site: Site) -> None:
    case = site.opened()
    assert site.get(address(case), "stranger").status_code == 404
    assert site.get(address(case)).status_code == 401
    assert site.get(address(case, "reprot"), "li").json()["detail"] == "There is no document 'reprot', did you mean 'report'?"


def test_a_document_is_for_those_it_is_open_to(start: Callable[..., Site]) -> None:
    site = start(publish=False)
    text = DEFINITION.replace("    approved_by: chair\n", "    approved_by: chair\n    seen_by: [office, chair]\n")
    assert site.post("/v1/definitions", "admin", content=text, headers=YAML).status_code == 201
    case = site.opened()
    attached = site.post(address(case), "li").json()
    kept = attached["documents"]["report"]["id"]
    here = f"/v1/cases/{case['id']}"
    for who, sees in (("li", True), ("chair", True), ("auditor", True), ("zhao", False)):
        listed = site.get(f"{here}/documents", who).json()
        assert [bool(listed["documents"]), bool(listed["word"]), "report" in site.get(here, who).json()["documents"]] == [sees] * 3
        assert [site.get(path, who).status_code for path in (f"{here}/documents/{kept}", address(case))] == [200 if sees else 404] * 2


def test_what_can_be_made_is_listed_with_its_address(site: Site) -> None:
    case = site.opened()
    (listed,) = site.get(f"/v1/cases/{case['id']}/documents", "li").json()["word"]
    assert listed == {"document": "report", "title": "Report on the handling", "href": address(case)}
    assert site.get(listed["href"], "li").status_code == 200


def test_it_is_made_and_attached_in_one_act(site: Site) -> None:
    case = handled(site)
    headers = {"If-Match": f'"{case["version"]}"', "Idempotency-Key": "k"}
    first, again = (site.post(address(case), "li", language="zh-CN", headers=headers) for _ in range(2))
    assert first.status_code == 200, first.text
    assert first.content == again.content
    kept = first.json()["documents"]["report"]
    assert kept["media_type"] == WORD
    fetched = site.get(f"/v1/cases/{case['id']}/documents/{kept['id']}", "zhao")
    assert "zhao提出“路灯”" in "\n".join(lines(fetched.content))
    (listed,) = site.get(f"/v1/cases/{case['id']}/documents", "li").json()["documents"]
    assert listed["filename"] == f"办理报告-{case['number']}.docx"


def test_who_may_not_attach_it_is_refused_and_nothing_is_kept(site: Site, tmp_path: Any) -> None:
    answer = site.post(address(site.opened()), "zhao")
    assert (answer.status_code, [each["code"] for each in answer.json()["refusals"]]) == (403, ["wrong_role"])
    assert not (tmp_path / "files").exists()


def test_a_case_that_has_moved_on_keeps_its_documents(site: Site) -> None:
    case = site.opened()
    site.acted(case, "accept", "recorder")
    answer = site.post(address(case), "li", headers={"If-Match": f'"{case["version"]}"'})
    assert answer.status_code == 412
    assert site.get(f"/v1/cases/{case['id']}/documents", "li").json()["documents"] == []


@pytest.mark.parametrize(
    ("was", "written", "rule", "message"),
    [
        ("{data.topic}", "{data.topik}", "name.unknown_item", "there is no data item `topik`, did you mean 'topic'?"),
        ("{each.place}，", "{each.plac}，", "name.unknown_item", "there is no field `plac`, did you mean 'place'?"),
        ("{case.number}", "{case.nubmer}", "name.unknown_item", "there is no fact of a case `nubmer`, did you mean 'number'?"),
        ("{acts.accept.on}", "{acts.acept.on}", "name.unknown_act", "there is no act `acept`, did you mean 'accept'?"),
        ("deadlines.vet", "deadlines.wet", "name.unknown_deadline", "there is no deadline `wet`, did you mean 'vet'?"),
        ("{data.parts}份", "{data.topic.__class__}份", "name.unknown_item", "there is no field `__class__`"),
        ("{data.parts}份", "{settings.x}份", "name.unknown_item", "`settings.x` means nothing in a template"),
        ("{data.parts}份", "{data.visits}份", "model.value", "`data.visits` is a list of records and no single value"),
        ("{data.parts}份", "data.parts}份", "model.value", "a single }"),
    ],
)
def test_a_name_that_means_nothing_is_refused_where_it_stands(
    start: Callable[..., Site], was: str, written: str, rule: str, message: str
) -> None:
    text = DEFINITION.replace(was, written, 1)
    answer = start(publish=False).post("/v1/definitions?dry_run=true", "admin", content=text, headers=YAML)
    assert answer.status_code == 422
    (found,) = answer.json()["problems"]
    assert found["rule"] == rule
    assert message in found["message"]
    line = text.splitlines()[found["line"] - 1]
    begin = "}" if message == "a single }" else written.rsplit("{", maxsplit=1)[-1][:6]
    assert line[found["column"] - 1 :].startswith(begin)
