"""The first page: what waits for me, what is overdue, and finding a case."""

from __future__ import annotations

import pytest

from tests.console.browser import Page
from tests.console.conftest import Site, Visitor


def cases_of(page: Page) -> list[str]:
    """The ids of the cases in the list of all, in its order."""
    listed = page.html.partition('id="cases-head"')[2]
    return [to.removeprefix("/cases/") for to, _ in Page(listed).links if to.startswith("/cases/")]


def section(page: Page, name: str) -> str:
    return Page(page.html.partition(f'id="{name}-head"')[2].partition("</section>")[0]).text


def test_the_inbox_holds_what_my_roles_have_in_hand(site: Site, office: Visitor) -> None:
    case = site.opened()
    assert "路灯" in section(office.page("/"), "inbox")
    assert "没有待办事项。" in section(site.signed_in("chair").page("/"), "inbox")
    site.act(case, "reject", reason="重复")
    assert "没有待办事项。" in section(office.page("/"), "inbox")


def test_an_escalation_lies_in_the_inbox_of_who_it_went_to(site: Site) -> None:
    site.opened()
    site.wait_until("2026-02-26T10:00:00+08:00")
    assert "逾期上报" in section(site.signed_in("chair").page("/"), "inbox")


def test_what_is_overdue_stands_by_itself_with_its_date(site: Site, office: Visitor) -> None:
    site.opened()
    assert "没有逾期事项。" in section(office.page("/"), "overdue")
    site.wait_until("2026-02-26T10:00:00+08:00")
    assert "路灯" in section(office.page("/"), "overdue")
    assert "2026年2月24日 24:00 逾期" in section(office.page("/"), "overdue")


def test_cases_are_narrowed_by_the_address(site: Site, office: Visitor) -> None:
    first = site.opened()
    accepted = site.act(site.opened(), "accept", data={"kind": "a"})
    rejected = site.act(site.opened(), "reject", reason="重复")
    found = {
        "": {first.id, accepted.id, rejected.id},
        "workflow=matter": {first.id, accepted.id, rejected.id},
        "workflow=other": set(),
        "state=matter:work": {accepted.id},
        "status=open": {first.id, accepted.id},
        "status=ended": {rejected.id},
        "number=2026事001": {accepted.id},
        "overdue=1": set(),
    }
    assert {query: set(cases_of(office.page(f"/?{query}"))) for query in found} == found
    site.wait_until("2026-02-26T10:00:00+08:00")
    assert cases_of(office.page("/?overdue=1")) == [first.id]


def test_the_form_of_the_filters_keeps_what_was_chosen(site: Site, office: Visitor) -> None:
    site.opened()
    form = office.page("/?state=matter:work&status=open&number=7").form("/")
    assert form.method == "get"
    assert (form.values["state"], form.values["status"], form.values["number"]) == (["matter:work"], ["open"], ["7"])
    assert "matter:received" in form.options["state"]


def test_the_next_page_goes_on_where_this_one_ends_and_keeps_the_filters(site: Site, office: Visitor) -> None:
    opened = sorted(site.opened().id for _ in range(30))
    first = office.page("/?workflow=matter")
    second = office.page(Page(first.html.partition('id="cases-head"')[2]).link("下一页"))
    assert cases_of(first) + cases_of(second) == opened[::-1]
    assert len(cases_of(second)) == 5
    assert second.form("/").values["workflow"] == ["matter"]


def test_the_inbox_goes_on_too(site: Site, office: Visitor) -> None:
    for _ in range(16):
        site.opened()
    first = office.page("/")
    second = office.page(Page(first.html.partition("</section>")[0]).link("下一页"))
    assert section(second, "inbox").count("路灯") == 1


@pytest.mark.parametrize("query", ["after=nonsense", "tasks_after=%00", "after=" + "A" * 300])
def test_a_place_in_the_list_that_is_none_is_said_to_be_none(office: Visitor, query: str) -> None:
    answer = office.get(f"/?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith(("text/html", "application/problem+json"))
