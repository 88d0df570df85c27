"""Nobody sees anything before signing in, and nobody signs somebody else in or out."""

from __future__ import annotations

import pytest

from api.console.pages import router
from tests.console.browser import Page
from tests.console.conftest import PASSWORD, Site, Visitor

CASE = "0190f5d1-2d6e-7c3a-8a11-0123456789ab"
OPEN_TO_ALL = {("GET", "/"), ("GET", "/sandbox"), ("POST", "/sign-in"), ("POST", "/language"), ("GET", "/console/style.css")}


def routes() -> list[tuple[str, str]]:
    found = [(method, route.path) for route in router.routes for method in sorted(route.methods - {"HEAD"})]  # type: ignore[attr-defined]
    return [each for each in found if each not in OPEN_TO_ALL]


@pytest.mark.parametrize(("method", "path"), routes())
def test_a_page_is_shown_to_nobody_who_is_not_signed_in(site: Site, method: str, path: str) -> None:
    case = site.opened()
    address = path.replace("{case_id}", case.id).replace("{action}", "accept").replace("{document_id}", CASE)
    visitor = site.visitor()
    answer = visitor.get(address) if method == "GET" else visitor.post(address, {})
    assert answer.status_code == 401
    assert "路灯" not in answer.text
    assert Page(answer.text).has_form("/sign-in")


def test_the_first_page_is_a_sign_in_form_without_anything_else(site: Site) -> None:
    site.opened()
    page = site.visitor().page("/")
    assert page.has_form("/sign-in")
    assert "路灯" not in page.text


def test_signing_in_leads_to_the_inbox_and_sets_a_cookie_no_script_reads(site: Site) -> None:
    visitor = site.visitor()
    answer = visitor.post("/sign-in", visitor.page("/").form("/sign-in").filled(person="li", password=PASSWORD))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" in cookie
    assert "待办" in visitor.page("/").text


def test_whoever_asked_for_a_case_sees_it_after_signing_in(site: Site) -> None:
    case, visitor = site.opened(), site.visitor()
    form = Page(visitor.get(f"/cases/{case.id}").text).form("/sign-in")
    answer = visitor.post("/sign-in", form.filled(person="li", password=PASSWORD))
    assert answer.headers["location"] == f"/cases/{case.id}"


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "/v1/cases", "/cases/../x"])
def test_signing_in_leads_nowhere_but_to_pages_of_ours(site: Site, back: str) -> None:
    visitor = site.visitor()
    answer = visitor.post("/sign-in", visitor.page("/").form("/sign-in").filled(person="li", password=PASSWORD, back=back))
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(("person", "password"), [("li", "wrong password"), ("nobody", PASSWORD), ("", "")])
def test_what_was_wrong_is_not_told(site: Site, person: str, password: str) -> None:
    visitor = site.visitor()
    answer = visitor.post("/sign-in", visitor.page("/").form("/sign-in").filled(person=person, password=password))
    assert answer.status_code == 401
    assert Page(answer.text).alert == "用户名或密码不正确。"
    assert Page(answer.text).form("/sign-in").values["person"] == [person]
    assert password not in answer.text or not password


def test_after_many_failures_one_has_to_wait(site: Site) -> None:
    visitor = site.visitor()
    form = visitor.page("/").form("/sign-in")
    answers = [visitor.post("/sign-in", form.filled(person="li", password="wrong password")) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "秒后再试" in Page(answers[-1].text).alert


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}])
def test_another_site_cannot_sign_anybody_in(site: Site, headers: dict[str, str]) -> None:
    visitor = site.visitor()
    form = visitor.page("/").form("/sign-in")
    answer = visitor.post("/sign-in", form.filled(person="li", password=PASSWORD), headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_signing_out_ends_the_session_for_good(office: Visitor) -> None:
    form = office.page("/").form("/sign-out")
    token = office.client.cookies["yishi_session"]
    assert office.post("/sign-out", form.values).status_code == 303
    assert office.page("/").has_form("/sign-in")
    office.client.cookies.set("yishi_session", token, domain="yishi.test")
    assert office.page("/").has_form("/sign-in")


def test_nobody_is_signed_out_by_a_foreign_form(office: Visitor) -> None:
    assert office.post("/sign-out", {"csrf": ["guessed"]}).status_code == 403
    assert "待办" in office.page("/").text


def test_a_session_that_ended_is_said_to_have_ended(site: Site) -> None:
    visitor = site.visitor()
    visitor.client.cookies.set("yishi_session", "made-up", domain="yishi.test")
    assert Page(visitor.get("/").text).alert == "登录已过期，请重新登录。"
