"""Taking actions, commenting and attaching from the page: what is taken, what is refused and said, and that nothing typed is lost."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from engine.core.case import Case
from tests.console.browser import Page
from tests.console.conftest import Site, Visitor, principal


def latest(visitor: Visitor, case: Case) -> list[str]:
    """The acts of the trail, as the service keeps them."""
    reading = visitor.site.desk.reading
    found: list[dict[str, Any]] = visitor.site.do(lambda: reading.events(principal("li"), case.id, after=0, limit=100))["events"]
    return [f"{event['kind']}:{event['action']}" for event in found]


def test_an_action_is_taken_and_the_page_says_so(site: Site, office: Visitor) -> None:
    case = site.opened()
    page = office.acted(case, "accept", data__kind="b", data__n="12")
    assert "已办理：受理。" in page.text
    assert "所处环节 办理" in page.text
    assert "2026事001" in page.text
    assert "乙类" in page.text
    assert latest(office, case)[-1] == "act:accept"


def test_loading_the_page_again_sends_nothing(site: Site, office: Visitor) -> None:
    case = site.opened()
    answer = office.act(case, "accept", data__kind="a")
    assert answer.status_code == 303
    office.page(answer.headers["location"])
    office.page(answer.headers["location"])
    assert latest(office, case) == ["open:start", "act:accept"]


def test_a_form_sent_twice_is_taken_once(site: Site, office: Visitor) -> None:
    case = site.opened()
    address = f"/cases/{case.id}/actions/fill"
    sent = office.case(case).form(address).filled(data__n="5")
    answers = [office.post(address, sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert latest(office, case) == ["open:start", "act:fill"]


def test_a_form_sent_again_with_something_else_is_not_taken(site: Site, office: Visitor) -> None:
    case = site.opened()
    address = f"/cases/{case.id}/actions/fill"
    form = office.case(case).form(address)
    office.post(address, form.filled(data__n="5"))
    answer = office.post(address, form.filled(data__n="6"))
    assert answer.status_code == 422
    assert "已经提交过" in Page(answer.text).alert
    assert latest(office, case) == ["open:start", "act:fill"]


@pytest.mark.parametrize("csrf", ["", "guessed", None])
def test_a_form_without_the_token_of_the_session_is_not_taken(site: Site, office: Visitor, csrf: str | None) -> None:
    case = site.opened()
    address = f"/cases/{case.id}/actions/accept"
    sent = office.case(case).form(address).filled(data__kind="a")
    sent = {name: value for name, value in sent.items() if name != "csrf"} | ({} if csrf is None else {"csrf": [csrf]})
    answer = office.post(address, sent)
    assert answer.status_code == 403
    assert "没有作任何记录" in Page(answer.text).alert
    assert latest(office, case) == ["open:start"]


def test_the_token_of_another_session_is_no_token(site: Site, office: Visitor) -> None:
    case = site.opened()
    address = f"/cases/{case.id}/actions/accept"
    sent = site.signed_in("wang").case(case).form(address).filled(data__kind="a")
    assert office.post(address, sent).status_code == 403


def test_all_reasons_of_a_refusal_are_shown_and_what_was_typed_is_kept(site: Site, office: Visitor) -> None:
    case = site.opened()
    answer = office.act(case, "accept", data__n="500")
    page = Page(answer.text)
    assert answer.status_code == 422
    assert "未能办理“受理”" in page.alert
    assert "请填写“类别”。" in page.alert
    assert "应在 1 至 99 之间，实为 500" in page.alert
    form = page.form(f"/cases/{case.id}/actions/accept")
    assert form.values["data.n"] == ["500"]
    wrong = {attributes.get("name") for tag, attributes in page.tags if attributes.get("aria-invalid") == "true"}
    assert wrong == {"data.n", "data.kind"}
    assert latest(office, case) == ["open:start"]


def test_a_form_that_was_refused_can_be_mended_and_sent(site: Site, office: Visitor) -> None:
    case = site.opened()
    page = Page(office.act(case, "accept", data__n="500").text)
    address = f"/cases/{case.id}/actions/accept"
    answer = office.post(address, page.form(address).filled(data__n="50", data__kind="a"))
    assert answer.status_code == 303


def test_the_refusal_of_a_guard_is_told_in_the_words_of_the_process(site: Site, office: Visitor) -> None:
    case = site.act(site.opened(), "accept", data={"kind": "a"})
    assert "能否办理取决于所填的：达成共识" in office.case(case).text
    answer = office.act(case, "settle", data__agreed="false", data__gist="分歧较大\n再议")
    page = Page(answer.text)
    assert "未达成共识，不能办结" in page.alert
    form = page.form(f"/cases/{case.id}/actions/settle")
    assert (form.values["data.agreed"], form.values["data.gist"]) == (["false"], ["分歧较大\n再议"])


def test_a_reason_that_is_required_and_missing_is_asked_for(site: Site, office: Visitor) -> None:
    case = site.opened()
    answer = office.act(case, "reject", reason="  ")
    assert answer.status_code == 422
    assert "请说明理由。" in Page(answer.text).alert
    assert "理由充分" in office.acted(case, "reject", reason="理由充分").text


def test_who_was_overtaken_is_told_by_whom_and_keeps_what_was_typed(site: Site, office: Visitor) -> None:
    case = site.opened()
    address = f"/cases/{case.id}/actions/reject"
    form = office.case(case).form(address)
    site.act(case, "fill", "wang", data={"n": 3})
    answer = office.post(address, form.filled(reason="材料不全"))
    page = Page(answer.text)
    assert answer.status_code == 412
    assert "王芳" in page.alert
    assert "补充" in page.alert
    again = page.form(address)
    assert again.values["reason"] == ["材料不全"]
    assert again.values["version"] != form.values["version"]
    assert office.post(address, again.values).status_code == 303


def test_what_was_typed_is_given_back_where_its_form_is_gone(site: Site, office: Visitor) -> None:
    case = site.opened()
    address = f"/cases/{case.id}/actions/accept"
    form = office.case(case).form(address)
    site.act(case, "reject", "wang", reason="不属本会职责")
    page = Page(office.post(address, form.filled(data__kind="a", data__n="7")).text)
    assert not page.has_form(address)
    assert "件数 7" in page.alert
    assert "由“已收到”到“不予受理”" in page.alert


def test_a_comment_in_between_makes_no_form_stale(site: Site, office: Visitor) -> None:
    case = site.opened()
    address = f"/cases/{case.id}/actions/accept"
    form = office.case(case).form(address)
    other = site.signed_in("wang")
    comments = f"/cases/{case.id}/comments"
    assert other.post(comments, other.case(case).form(comments).filled(text="请尽快")).status_code == 303
    assert office.post(address, form.filled(data__kind="a")).status_code == 303


def test_who_does_not_hold_the_role_has_no_form_and_reads_why(site: Site) -> None:
    case = site.opened()
    member = site.signed_in("zhao")
    page = member.case(case)
    assert not page.has_form(f"/cases/{case.id}/actions/accept")
    assert "只有办公室可以办理。" in page.text
    forged = {**page.form(f"/cases/{case.id}/actions/urge").values, "data.kind": ["a"]}
    answer = member.post(f"/cases/{case.id}/actions/accept", forged)
    assert answer.status_code == 422
    assert "只有办公室可以办理。" in Page(answer.text).alert


def test_an_action_nobody_knows_is_refused_on_the_page(site: Site, office: Visitor) -> None:
    case = site.opened()
    values = office.case(case).form(f"/cases/{case.id}/actions/accept").values
    answer = office.post(f"/cases/{case.id}/actions/no_such_thing", values)
    assert answer.status_code == 422
    assert "此流程没有" in Page(answer.text).alert


def test_rows_are_added_one_at_a_time(site: Site, office: Visitor) -> None:
    case = site.act(site.opened(), "accept", data={"kind": "a"})
    for place in ("东门", "西门"):
        office.acted(case, "visit", data__visits__place=place, data__visits__on="2026-02-11", data__visits__seen="true")
    page = office.case(case)
    entered = [page.text.count(place) for place in ("东门", "西门")]
    assert entered == [2, 2], "among the data, and in the one entry that added it"


# --- when it happened -----------------------------------------------------------------------------------------------


def test_only_who_has_the_right_can_say_that_it_happened_earlier(site: Site, office: Visitor) -> None:
    case = site.opened()
    site.wait_until("2026-02-12T15:00:00+08:00")
    address = f"/cases/{case.id}/actions/fill"
    assert "occurred_at" not in office.case(case).form(address).names
    forged = {**office.case(case).form(address).filled(data__n="1"), "occurred_at": ["2026-02-11T10:00"], "reason": ["补登"]}
    assert office.post(address, forged).status_code == 403
    recorder = site.signed_in("wang")
    page = recorder.acted(case, "fill", data__n="1", occurred_at="2026-02-11T10:00", reason="周三签的纸质件")
    assert "2026年2月11日 10:00 记录于2026年2月12日 15:00" in page.text


def test_to_say_so_needs_a_reason_and_a_time(site: Site) -> None:
    case, recorder = site.opened(), site.signed_in("wang")
    without = recorder.act(case, "fill", data__n="1", occurred_at="2026-02-10T08:59")
    assert "请说明理由。" in Page(without.text).alert
    wrong = recorder.act(case, "fill", data__n="1", occurred_at="yesterday", reason="x")
    assert (wrong.status_code, "应为日期和时间" in Page(wrong.text).alert) == (422, True)
    assert latest(recorder, case) == ["open:start"]


# --- comments and documents -----------------------------------------------------------------------------------------


def test_a_comment_stands_in_the_timeline(site: Site, office: Visitor) -> None:
    case = site.opened()
    address = f"/cases/{case.id}/comments"
    answer = office.post(address, office.case(case).form(address).filled(text="第一行\r\n第二行"))
    assert "第一行\n第二行" in office.get(answer.headers["location"]).text
    assert latest(office, case)[-1] == "comment:comment"


@pytest.mark.parametrize(("text", "said"), [("  ", "请填写留言。"), ("长" * 5001, "最多5000字，实为5001字。")])
def test_a_comment_says_something_and_not_too_much(site: Site, office: Visitor, text: str, said: str) -> None:
    case = site.opened()
    address = f"/cases/{case.id}/comments"
    answer = office.post(address, office.case(case).form(address).filled(text=text))
    assert answer.status_code == 422
    assert said in Page(answer.text).alert
    assert Page(answer.text).form(address).values["text"] == [text]


def attached(visitor: Visitor, case: Case, name: str, content: bytes, **typed: str) -> Any:
    address = f"/cases/{case.id}/documents"
    form = visitor.case(case).form(address)
    assert form.enctype == "multipart/form-data"
    return visitor.post(address, form.filled(**typed), files={"file": (name, content, "text/html")})


def test_a_file_is_attached_and_can_be_fetched_but_never_shown(site: Site, office: Visitor) -> None:
    case = site.act(site.opened(), "accept", data={"kind": "a"})
    content = "<script>alert(1)</script>报告".encode()
    answer = attached(office, case, "../../调研<报告>.html", content, document="report")
    page = office.page(answer.headers["location"])
    assert "已办理：提交：调研报告。" in page.text
    assert "待审定" in page.text
    fetched = office.get(page.link("调研<报告>.html"))
    assert fetched.content == content
    assert fetched.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in fetched.headers["content-security-policy"]


def test_a_document_that_is_approved_says_by_whom(site: Site, office: Visitor) -> None:
    case = site.opened()
    attached(office, case, "report.txt", b"text", document="report")
    assert "陈主席审定" in site.signed_in("chair").acted(case, "report.approve").text


def word_in(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("word/document.xml").decode()


def test_a_document_is_made_as_word_by_a_link_and_attached_by_a_button(site: Site, office: Visitor) -> None:
    case = site.opened(secret="内情")
    page = office.case(case)
    saved = office.get(page.link("生成Word文稿"))
    assert saved.status_code == 200
    assert saved.headers["content-disposition"].startswith("attachment")
    assert "路灯" in word_in(saved.content)
    assert "内情" not in word_in(saved.content)
    address = f"/cases/{case.id}/documents/report/word"
    sent = page.form(address).filled()
    first, again = office.post(address, sent), office.post(address, sent)
    assert first.headers["location"] == again.headers["location"]
    assert "已办理：提交：调研报告。" in office.page(first.headers["location"]).text
    assert latest(office, case) == ["open:start", "act:report.attach"]
    assert office.get(office.case(case).link("调研报告.docx")).content == saved.content


def test_who_may_not_attach_a_document_can_still_look_at_it(site: Site) -> None:
    case, member = site.opened(), site.signed_in("zhao")
    page = member.case(case)
    assert not page.has_form(f"/cases/{case.id}/documents/report/word")
    assert "路灯" in word_in(member.get(page.link("生成Word文稿")).content)
    assert site.signed_in("stranger").get(f"/cases/{case.id}/documents/report/word").status_code == 404
    csrf = page.form(f"/cases/{case.id}/comments").filled()["csrf"]
    refused = member.post(f"/cases/{case.id}/documents/report/word", {"csrf": csrf, "key": ["k"]})
    assert refused.status_code == 422
    assert "只有办公室可以办理" in Page(refused.text).alert
    assert latest(member, case) == ["open:start"]


def test_without_a_file_nothing_is_attached(site: Site, office: Visitor) -> None:
    case = site.opened()
    answer = attached(office, case, "", b"", document="report")
    assert answer.status_code == 422
    assert "请选择一个文件。" in Page(answer.text).alert
    assert latest(office, case) == ["open:start"]


def test_a_file_that_is_too_large_is_not_kept(start: Any, tmp_path: Any) -> None:
    site = start(upload_limit=1_000)
    case, office = site.opened(), site.signed_in("li")
    assert "最大1 kB" in office.case(case).text
    for size in (1_001, 100_000):
        assert attached(office, case, "large.txt", b"x" * size, document="report").status_code == 413
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_who_may_not_attach_has_no_form_for_it(site: Site) -> None:
    case = site.opened()
    member = site.signed_in("zhao")
    address = f"/cases/{case.id}/documents"
    assert not member.case(case).has_form(address)
    values = member.case(case).form(f"/cases/{case.id}/comments").values
    answer = member.post(address, {"csrf": values["csrf"], "document": ["report"]}, files={"file": ("a.txt", b"a")})
    assert answer.status_code == 422
    assert "只有办公室可以办理。" in Page(answer.text).alert


def test_a_file_is_not_taken_without_the_token_of_the_session(site: Site, office: Visitor) -> None:
    case = site.opened()
    answer = office.post(f"/cases/{case.id}/documents", {"document": ["report"]}, files={"file": ("a.txt", b"a")})
    assert answer.status_code == 403
    assert latest(office, case) == ["open:start"]
