"""The page of figures: what may be chosen, and what is told of it."""

from __future__ import annotations

from functools import partial

import pytest

from engine.runtime.access import administrator_of_this_machine
from tests.console.browser import Page
from tests.console.conftest import MATTER, Site, Visitor

SECOND = (
    MATTER.replace("version: 1", "version: 2", 1)
    + """indicators:
  kinds: {title: {zh-CN: 件数, en: Matters}, count: cases, by: data.kind, shown_as: at_least}
  taken: {title: {zh-CN: 受理率, en: Accepted}, share: count('accept') > 0, of: {all: "true", numbered: has(case.number)}}
  order: {title: {zh-CN: 名次, en: Order}, rank: data.n, where: has(data.n)}
  pace: {title: {zh-CN: 进度, en: Pace}, count: act.accept, per: month, quota: {at_least: 28, pace: linear}}
"""
)


@pytest.fixture
def counted(site: Site) -> Site:
    """A site whose process has indicators, with three cases."""
    registry = site.desk.application.registry
    who = administrator_of_this_machine("default")
    site.do(partial(registry.publish, who, SECOND, "matter.yaml", site.desk.application.now()))
    for kind, n in (("a", 3), ("a", 7)):
        site.act(site.opened(), "accept", data={"kind": kind, "n": n})
    site.opened()
    return site


def figures(visitor: Visitor, key: str, more: str = "") -> Page:
    return visitor.page(f"/figures?indicator=matter:{key}{more}")


def test_the_page_lists_what_may_be_counted_and_leads_there_from_every_page(counted: Site) -> None:
    office = counted.signed_in("li")
    assert ("/figures", "统计") in office.page("/").links
    assert [each in office.page("/figures").text for each in ("件数", "受理率", "名次")] == [True] * 3
    assert "没有指标" in counted.signed_in("stranger").page("/figures").text


def test_the_page_opens_with_the_first_indicator_chosen_and_its_figures(counted: Site) -> None:
    office = counted.signed_in("li")
    page = office.page("/figures")
    assert page.form("/figures").filled()["indicator"] == ["matter:kinds"]
    assert "合计 不少于 3" in " ".join(page.text.split())
    assert page.text == figures(office, "kinds").text


def test_cells_bounds_and_the_period_are_told(counted: Site) -> None:
    told = figures(counted.signed_in("li"), "kinds").text
    assert "时段未给定；截至 2026年2月10日 09:00" in told
    for words in ("甲类 不少于 2", "乙类 不少于 0", "未填写 不少于 1", "合计 不少于 3"):
        assert words in " ".join(told.split()), words


@pytest.mark.parametrize(
    ("times", "zh", "en"),
    [
        ("", "时段未给定；", "No period is given; as of"),
        ("&from=2026-02-01", "时段：2026年2月1日 00:00 起；", "From 1 Feb 2026 00:00 on; as of"),
        ("&to=2026-02-09", "时段：至 2026年2月9日 24:00 止；", "Up to 9 Feb 2026 24:00; as of"),
        (
            "&from=2026-02-01&to=2026-02-09",
            "时段：2026年2月1日 00:00 至 2026年2月9日 24:00；",
            "From 1 Feb 2026 00:00 to 9 Feb 2026 24:00; as of",
        ),
    ],
)
def test_an_open_end_is_not_called_a_time(counted: Site, times: str, zh: str, en: str) -> None:
    assert zh in figures(counted.signed_in("li"), "kinds", times).text
    assert en in figures(counted.signed_in("li", "en"), "kinds", times).text


def test_a_share_has_a_line_for_each_denominator(counted: Site) -> None:
    told = " ".join(figures(counted.signed_in("li", "en"), "taken").text.split())
    assert "all 66.67 % 2 3" in told
    assert "numbered 100.00 % 2 2" in told


def test_places_of_a_ranking_and_what_is_behind_its_quota_are_told(counted: Site) -> None:
    office = counted.signed_in("li")
    assert "1 2026事002 7" in " ".join(figures(office, "order").text.split())
    counted.wait_until("2026-02-27T10:00:00+08:00")
    page = figures(office, "pace")
    assert "2026-02 2 26 / 28" in " ".join(page.text.split())
    assert 'class="marked"' in page.html


def test_a_day_to_come_and_an_unknown_indicator_are_told_on_a_page(counted: Site) -> None:
    office = counted.signed_in("li")
    assert office.get("/figures?indicator=matter:kinds&as_of=2999-01-01").status_code == 422
    assert office.get("/figures?indicator=matter:kind").status_code == 404
    assert office.get("/figures?indicator=nothing").status_code == 404
    assert "登录" in counted.visitor().get("/figures").text or counted.visitor().get("/figures").status_code in {303, 401}
