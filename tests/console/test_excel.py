"""Lists and figures as Excel: what the page shows, read with another library than it is written with."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

from python_calamine import CalamineWorkbook

from api.console import excel
from engine.runtime.access import administrator_of_this_machine
from tests.console.conftest import Site, Visitor
from tests.console.test_figures import SECOND

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table(visitor: Visitor, path: str) -> list[list[Any]]:
    answer = visitor.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, EXCEL)
    assert answer.headers["content-disposition"].startswith("attachment")
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()


def test_the_cases_that_the_filter_leaves_are_exported(site: Site, office: Visitor) -> None:
    site.act(site.opened(), "accept", data={"kind": "a"})
    site.act(site.opened(topic="=1+1"), "reject", reason="重复")
    assert ("/cases.xlsx?status=open", "导出Excel") in office.page("/?status=open").links
    head, running = table(office, "/cases.xlsx?status=open")
    assert head == ["编号", "事项", "流程", "环节", "期限", "逾期", "结果", "提出时间"]
    assert running[:4] == ["2026事001", "路灯", "协商事项", "办理"]
    _, ended = table(office, "/cases.xlsx?status=ended")
    assert (ended[1], ended[6]) == ("=1+1", "不予受理")


def test_a_list_too_long_for_one_file_says_so(site: Site, office: Visitor, monkeypatch: Any) -> None:
    for _ in range(3):
        site.opened()
    monkeypatch.setattr(excel, "MOST_LINES", 2)
    monkeypatch.setattr(excel, "AT_ONCE", 1)
    found = table(office, "/cases.xlsx")
    assert len(found) == 4
    assert found[-1][0] == "只列出前2件，请缩小范围后再导出。"


def test_others_cases_are_not_exported(site: Site) -> None:
    site.opened()
    assert len(table(site.signed_in("stranger"), "/cases.xlsx")) == 1
    assert site.visitor("zh-CN").get("/cases.xlsx").status_code == 401


def test_the_figures_of_an_indicator_are_exported_as_they_are_shown(site: Site, office: Visitor) -> None:
    who = administrator_of_this_machine("default")
    site.do(partial(site.desk.application.registry.publish, who, SECOND, "matter.yaml", site.desk.application.now()))
    for n in (3, 7):
        site.act(site.opened(), "accept", data={"kind": "a", "n": n})
    link = office.page("/figures?indicator=matter:taken").link("导出Excel")
    found = table(office, link)
    assert found[0][:1] != [""]
    assert found[0] == ["分母", "数值", "分子", "分母数"]
    assert [row[1:] for row in found[1:-1]] == [["100.00 %", 2.0, 2.0]] * 2
    assert "截至" in found[-1][0]
    assert site.signed_in("stranger").get("/figures.xlsx").status_code == 404
