"""The sandbox in a browser: a way in of its own, and every page says where one is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.runtime.access import administrator_of_this_machine
from engine.settings import sandbox_of
from tests.console.browser import Page
from tests.console.conftest import PASSWORD, Site, Visitor

BANNER = "试运行环境"


@pytest.fixture
def inside(site: Site) -> Visitor:
    """The office, signed in to the sandbox."""
    designer = administrator_of_this_machine(site.desk.application.org)
    site.do(lambda: site.desk.sandbox.reset(designer))
    visitor = site.visitor()
    answer = visitor.post("/sign-in", visitor.page("/sandbox").form("/sign-in").filled(person="li", password=PASSWORD))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return visitor


def test_without_a_sandbox_there_is_no_way_in(site: Site) -> None:
    answer = site.visitor().get("/sandbox")
    assert answer.status_code == 404
    assert not Page(answer.text).has_form("/sign-in")


def test_every_page_says_that_one_is_in_the_sandbox(site: Site, inside: Visitor) -> None:
    desk = site.desk
    member = replace(administrator_of_this_machine(sandbox_of("default")), id="zhao", roles=frozenset({"member"}))
    case = site.do(lambda: desk.application.service.open(member, "matter", data={"topic": "试办路灯"}).result().case)
    for path in ("/", f"/cases/{case.id}"):
        page = inside.page(path)
        assert BANNER in page.text
        assert "试办路灯" in page.text
    assert BANNER in inside.get("/cases/none").text


def test_outside_nothing_says_so_and_nothing_of_it_is_seen(site: Site, inside: Visitor) -> None:
    assert inside.page("/").text
    outside = site.signed_in("li")
    assert BANNER not in outside.page("/").text
    real = site.opened()
    assert inside.get(f"/cases/{real.id}").status_code == 404
    assert outside.get(f"/cases/{real.id}").status_code == 200


def test_a_wrong_password_leads_back_to_the_form_of_the_sandbox(site: Site, inside: Visitor) -> None:
    assert inside.page("/").text
    visitor = site.visitor()
    answer = visitor.post("/sign-in", visitor.page("/sandbox").form("/sign-in").filled(person="li", password="wrong password"))
    assert answer.status_code == 401
    assert Page(answer.text).form("/sign-in").filled()["sandbox"] == ["1"]
    assert BANNER in answer.text
