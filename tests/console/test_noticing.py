"""What somebody was told stands on the first page, and its number in the head of every page, until it is marked as read."""

from __future__ import annotations

import re

from engine.core.case import Case
from engine.runtime.notices import AT_ONCE
from engine.scheduler.relay import Relay
from engine.scheduler.sealer import Sealer
from tests.console.browser import Page
from tests.console.conftest import START, Site, Visitor


def told(site: Site) -> None:
    """Let the scheduler tell people what has happened."""
    site.do(lambda: Sealer(site.desk.application).run_once(START))
    site.do(lambda: Relay(site.desk.application).run_once(START))


def urged(site: Site, times: int = 1) -> Case:
    """Open a case of which the office is reminded."""
    case = site.opened()
    for _ in range(times):
        site.act(case, "urge", "zhao")
        told(site)
    return case


def rows(page: Page) -> list[str]:
    """Read the lines of the reminders."""
    (section,) = re.findall(r'<section aria-labelledby="notices-head">.*?</section>', page.html, re.DOTALL) or [""]
    return [" ".join(Page(row).text.split()) for row in re.findall(r"<tr>.*?</tr>", section, re.DOTALL)[1:]]


def count(page: Page) -> str:
    """Read the number in the head; empty where there is none."""
    head = page.html.partition("</header>")[0]
    found = re.search(r'href="/#notices-head">[^<]*<span class="tag bad">([^<]*)<', head)
    return found[1] if found else ""


def mark(visitor: Visitor, page: Page) -> None:
    assert visitor.post("/notices", page.form("/notices").filled()).status_code == 303


def test_a_reminder_is_told_in_the_words_of_its_case_and_leads_there(site: Site) -> None:
    case = urged(site)
    page = site.signed_in("li").page("/")
    assert rows(page) == ["路灯 催办 2026年2月10日 09:00"]
    assert rows(site.signed_in("li", "en").page("/")) == ["路灯 Urge 10 Feb 2026 09:00"]
    assert page.link("路灯") == f"/cases/{case.id}"
    assert [count(site.signed_in("li").page(path)) for path in ("/", "/figures", f"/cases/{case.id}")] == ["1"] * 3


def test_who_was_not_told_sees_nothing_and_can_mark_nothing(site: Site) -> None:
    urged(site)
    member, office = site.signed_in("zhao"), site.signed_in("li")
    seen = member.page("/")
    assert (rows(seen), count(seen)) == ([], "")
    form = {"csrf": seen.form("/sign-out").filled()["csrf"], "until": ["99:0"]}
    assert member.post("/notices", form).status_code == 303
    assert count(office.page("/")) == "1"


def test_what_is_marked_is_gone_for_all_who_share_it_and_what_has_come_since_stays(site: Site) -> None:
    urged(site)
    office = site.signed_in("li")
    before = office.page("/")
    urged(site)
    mark(office, before)
    for who in ("li", "wang"):
        assert count(site.signed_in(who).page("/")) == "1"
    mark(office, office.page("/"))
    assert (rows(office.page("/")), count(office.page("/"))) == ([], "")


def test_of_many_the_latest_are_shown_and_marked_together(site: Site) -> None:
    urged(site, AT_ONCE + 2)
    office = site.signed_in("li")
    page = office.page("/")
    assert (len(rows(page)), count(page)) == (AT_ONCE, str(AT_ONCE + 2))
    mark(office, page)
    assert count(office.page("/")) == "2"


def test_an_escalation_is_told_with_its_deadline(site: Site) -> None:
    site.opened()
    site.wait_until("2026-02-28T10:00:00+08:00")
    told(site)
    assert rows(site.signed_in("chair").page("/")) == ["路灯 受理期限：到期时 已上报 2026年2月28日 10:00"]


def test_a_form_that_is_not_of_the_page_marks_nothing(site: Site) -> None:
    urged(site)
    office = site.signed_in("li")
    assert office.post("/notices", {"csrf": ["no"], "until": ["99:0"]}).status_code == 403
    assert count(office.page("/")) == "1"
