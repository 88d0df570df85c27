"""What the page of a case tells: where it stands, why each date, who did what; to whom, and safely."""

from __future__ import annotations

import re

import pytest

from tests.console.browser import Page
from tests.console.conftest import Site, Visitor, principal
from tests.older_trail import older_case

NASTY = "<script>alert('路灯')</script>\"><b onmouseover=x>&amp;{{7*7}}"


def rows(page: Page, caption: str) -> list[str]:
    """The rows of the first table of a caption, each as one text."""
    table = re.search(rf"<caption>{caption}</caption>.*?</table>", page.html, re.DOTALL)
    assert table is not None
    return [Page(row).text for row in re.findall(r"<tr.*?</tr>", table[0], re.DOTALL)][1:]


def test_a_case_says_what_it_is_where_it_stands_and_in_whose_hands(site: Site, office: Visitor) -> None:
    page = office.case(site.opened())
    assert "路灯" in page.text
    assert "所处环节 已收到" in page.text
    assert "当前办理 办公室" in page.text
    assert "提出人 赵强" in page.text
    assert "提出时间 2026年2月10日 09:00" in page.text


def test_every_day_on_the_way_to_a_date_is_told_with_its_reason(site: Site, office: Visitor) -> None:
    """Five working days over Spring Festival: 10 February does not count, Saturday the 14th is worked, 15 to 23 February are off."""
    page = office.case(site.opened())
    assert "受理期限 2026年2月24日 24:00" in page.text
    days = rows(page, "逐日说明")
    assert days[0] == "2026年2月10日 起始日，不计入 星期二"
    assert days[4] == "2026年2月14日 第4日 春节调休上班"
    skipped = [day for day in days if "不计入" in day and "起始日" not in day]
    assert len(skipped) == 9
    assert "2026年2月17日 不计入 春节" in skipped
    assert days[-1] == "2026年2月24日 第5日 星期二"
    assert "民法典第二百零四条" in page.text


def test_rungs_are_told_with_what_they_do_and_when_they_fired(site: Site, office: Visitor) -> None:
    case = site.opened()
    before = rows(office.case(case), "提醒与升级")
    assert [row.endswith("未到") for row in before] == [True, True, True]
    assert before[0].startswith("期限过80%时 提醒当前办理者")
    assert before[1].startswith("到期时 上报主席；提醒委员")
    assert before[2].startswith("到期后10个工作日 自动办理“自动失效”")
    site.wait_until("2026-02-25T10:00:00+08:00")
    page = office.case(case)
    fired = rows(page, "提醒与升级")
    assert fired[1].endswith("2026年2月25日 00:00")
    assert fired[2].endswith("未到")
    assert "系统时钟 受理期限：到期时" in page.text
    assert "上报：主席" in page.text
    assert page.html.count('class="tag bad"') == 2  # beside where it stands, and beside the date


def test_pauses_and_extensions_are_told(site: Site, office: Visitor) -> None:
    case = site.opened()
    site.wait_until("2026-02-11T09:00:00+08:00")
    site.act(case, "suspend", reason="等待材料")
    site.wait_until("2026-02-12T09:00:00+08:00")
    page = office.case(case)
    assert rows(page, "暂停计时") == ["2026年2月11日 09:00 至今 中止"]
    site.act(case, "resume")
    extended = site.signed_in("chair").acted(case, "accept.extend", reason="情况复杂")
    assert rows(extended, "暂停计时") == ["2026年2月11日 09:00 2026年2月12日 09:00 中止"]
    assert rows(extended, "延期")[0].startswith("2026年2月12日 09:00 再加3个工作日")
    assert "情况复杂" in extended.text


def test_the_timeline_is_told_in_order_with_roles_moves_reasons_and_what_was_entered(site: Site, office: Visitor) -> None:
    case = site.act(site.opened(), "accept", data={"kind": "a", "n": 3})
    site.act(case, "suspend", reason="等待材料")
    page = office.case(case)
    told = re.findall(r'<li id="event-(\d+)"', page.html)
    assert told == ["1", "2", "3"]
    assert "1 2026年2月10日 09:00 赵强 委员 提出 进入“已收到” 议题 路灯" in page.text
    assert "2 2026年2月10日 09:00 李明 办公室 受理 由“已收到”到“办理”" in page.text
    assert "编号：2026事001 受理期限：按期完成" in page.text
    assert "中止 由“办理”到“中止” 等待材料" in page.text


def test_a_long_timeline_is_shown_from_its_end_and_leads_back(site: Site, office: Visitor) -> None:
    case = site.opened()
    for n in range(120):
        case = site.act(case, "fill", data={"n": n % 99 + 1})
    page = office.case(case)
    assert "第22–121条，共121条" in page.text
    earlier = office.page(page.link("更早的记录").partition("#")[0])
    assert re.findall(r'<li id="event-(\d+)"', earlier.html) == [str(n) for n in range(1, 101)]
    assert earlier.link("最新的记录").startswith(f"/cases/{case.id}#")


def test_a_correction_says_what_it_corrects(site: Site, office: Visitor) -> None:
    case = site.act(site.opened(), "fill", data={"n": 3})
    service = site.desk.application.service
    site.do(lambda: service.correct(principal("wang"), case.id, 2, "录入有误", data={"n": 4}).result())
    assert "王芳 更正 更正第2条 录入有误 件数 4" in office.case(case).text


def test_each_row_of_a_list_is_told_once_whether_its_event_holds_the_row_or_the_whole_list(site: Site, office: Visitor) -> None:
    case_id = site.do(lambda: older_case(site.desk.application))
    service = site.desk.application.service
    site.do(lambda: service.act(principal("li"), case_id, "visit", data={"visits": {"place": "北街"}}).result())
    entries = re.findall(r'<li id="event-\d+".*?(?=<li id="event-|</ol>)', office.case(case_id).html, re.DOTALL)
    told = [re.findall(r"[东西南北]街|1[123]", Page(entry).text.partition("办公室")[2]) for entry in entries]
    assert told == [[], ["东街"], ["11"], ["西街"], ["12"], ["南街"], ["13"], ["北街"]]


# --- to whom --------------------------------------------------------------------------------------------------------


def test_who_takes_no_part_is_told_as_of_a_case_that_is_not_there(site: Site) -> None:
    case, stranger = site.opened(), site.signed_in("stranger")
    answers = [stranger.get(address) for address in (f"/cases/{case.id}", "/cases/0190f5d1-2d6e-7c3a-8a11-0123456789ab")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert Page(answers[0].text).text == Page(answers[1].text).text
    assert "路灯" not in stranger.page("/").text


@pytest.mark.parametrize("case_id", ["x", "..%2f", "'; drop table cases", "%F0%9F%98%80", "0" * 500])
def test_an_id_that_is_none_is_not_found(office: Visitor, case_id: str) -> None:
    assert office.get(f"/cases/{case_id}").status_code == 404


def test_what_is_for_others_to_see_is_on_no_page(site: Site, office: Visitor) -> None:
    case = site.opened(secret="内部口径")
    assert "内部口径" not in office.get(f"/cases/{case.id}").text
    assert "内部口径" in site.signed_in("chair").get(f"/cases/{case.id}").text


def test_whatever_people_typed_is_shown_as_text(site: Site, office: Visitor) -> None:
    case = site.opened(topic=NASTY)
    site.act(case, "fill", data={"gist": NASTY, "words": [NASTY], "clerk": NASTY[:150]})
    site.act(case, "suspend", reason=NASTY)
    for address in ("/", f"/cases/{case.id}"):
        answer = office.get(address)
        page = Page(answer.text)
        assert not {tag for tag, _ in page.tags} & {"script", "b"}
        assert " ".join(NASTY.split()) in page.text
        assert "49" not in page.text


def test_what_is_typed_into_a_refused_form_is_shown_as_text(site: Site, office: Visitor) -> None:
    case = site.opened()
    page = Page(office.act(case, "fill", data__gist=NASTY, data__n="500").text)
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.form(f"/cases/{case.id}/actions/fill").values["data.gist"] == [NASTY]


def test_what_the_address_says_was_done_is_said_only_of_acts_there_are(site: Site, office: Visitor) -> None:
    case = site.opened()
    page = office.page(f"/cases/{case.id}?done=<b>你已中奖</b>")
    assert "中奖" not in page.text


# --- in which language, for which hands -----------------------------------------------------------------------------


def test_the_pages_are_chinese_unless_the_browser_asks_for_english(site: Site) -> None:
    case = site.opened(topic="Street lamps")
    chinese, english = site.signed_in("li"), site.signed_in("li", "en-GB,en;q=0.9")
    assert chinese.case(case).language == "zh-CN"
    page = english.case(case)
    assert page.language == "en"
    assert "Where it stands Received" in page.text
    assert "14 Feb 2026 day 4" in page.text


def test_in_english_nothing_chinese_is_left(site: Site) -> None:
    case = site.act(site.opened(topic="Street lamps"), "accept", data={"kind": "a"})
    site.act(case, "suspend", reason="Waiting")
    english = site.signed_in("li", "en")
    names = "李明|王芳|赵强|中文|事"  # people are called what they are called, and numbers read as they are given
    for address in ("/", f"/cases/{case.id}", "/cases/none"):
        text = re.sub(names, "", Page(english.get(address).text).text)
        assert not re.findall(r"[\u4e00-\u9fff]+", text)


def test_a_language_that_was_chosen_stays(office: Visitor) -> None:
    answer = office.post("/language", office.page("/").form("/language").values)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert office.page("/").language == "en"
    office.post("/language", office.page("/").form("/language").values)
    assert office.page("/").language == "zh-CN"


def test_every_control_has_a_label(site: Site, office: Visitor) -> None:
    case = site.act(site.opened(), "accept", data={"kind": "a"})
    for page in (office.page("/"), office.case(case), office.case(site.opened())):
        for form in page.forms:
            assert form.ids.keys() <= form.labels, f"{form.action}: {form.ids.keys() - form.labels}"
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids))


def test_the_controls_follow_the_declared_types(site: Site, office: Visitor) -> None:
    case = site.opened()
    page = office.case(case)
    form = page.form(f"/cases/{case.id}/actions/accept")
    assert form.options["data.kind"] == ["", "a", "b"]
    assert form.required == {"data.kind"}
    controls = {attributes.get("name"): attributes for tag, attributes in page.tags if tag in {"input", "textarea"}}
    assert (controls["data.score"]["type"], controls["data.score"]["step"], controls["data.score"]["max"]) == ("number", "0.1", "100")
    assert controls["data.department"]["list"] == "units"
    assert ("option", {"value": "office_unit"}) in page.tags
    assert controls["data.day"]["type"] == "date"
    assert controls["data.moment"]["type"] == "datetime-local"
    assert controls["data.topic"]["maxlength"] == "200"
