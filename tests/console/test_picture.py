"""The picture of the process on the page of a case."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from tests.console.conftest import Site


def test_the_page_of_a_case_shows_its_process_with_where_the_case_is(site: Site) -> None:
    office = site.signed_in("li")
    case = site.opened()
    page = office.case(case)
    (image,) = (attributes for tag, attributes in page.tags if tag == "img")
    assert image["src"] == f"/cases/{case.id}/diagram.svg"
    assert image["alt"] == "流程图，标明当前环节：已收到"
    assert page.link("单独打开（可放大、打印）") == image["src"]
    answer = office.get(image["src"] or "")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    root = ET.fromstring(answer.text)  # noqa: S314  our own
    assert "当前环节：已收到" in str(next(each.text for each in root if each.tag.endswith("desc")))


def test_it_shows_the_way_the_case_took(site: Site) -> None:
    office = site.signed_in("li")
    case = site.act(site.opened(), "accept", data={"kind": "a"})
    picture = office.get(f"/cases/{case.id}/diagram.svg").text
    taken = {group.get("data-id") for group in ET.fromstring(picture).iter() if (group.get("class") or "").startswith("taken")}  # noqa: S314
    assert taken == {"start", "received/act:accept#0"}


def test_it_is_in_the_language_of_the_page(site: Site) -> None:
    case = site.opened()
    picture = site.signed_in("li", "en").get(f"/cases/{case.id}/diagram.svg").text
    assert 'lang="en"' in picture
    assert "Owner: " in picture


def test_nobody_sees_the_way_of_a_case_that_is_not_theirs(site: Site) -> None:
    case = site.opened()
    assert site.visitor().get(f"/cases/{case.id}/diagram.svg").status_code == 401
    assert site.signed_in("li").get("/cases/00000000-0000-0000-0000-000000000000/diagram.svg").status_code == 404
