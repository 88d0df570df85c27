"""What a browser is told not to do, and that the pages need none of it."""

from __future__ import annotations

import pytest

from tests.console.browser import Page
from tests.console.conftest import Site, Visitor


def addresses(site: Site) -> list[str]:
    return ["/", f"/cases/{site.opened().id}", "/cases/no-such-case", "/?after=nonsense"]


@pytest.mark.parametrize("who", [None, "li"])
def test_every_page_forbids_scripts_frames_and_keeping(site: Site, who: str | None) -> None:
    visitor = site.visitor() if who is None else site.signed_in(who)
    for address in addresses(site):
        headers = visitor.get(address).headers
        policy = {part.split()[0]: part.split()[1:] for part in headers["content-security-policy"].split("; ")}
        assert policy["default-src"] == ["'none'"]
        assert policy["style-src"] == policy["img-src"] == policy["form-action"] == ["'self'"]
        assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_no_page_has_a_script_or_a_style_of_its_own(site: Site, office: Visitor) -> None:
    for address in addresses(site):
        page = Page(office.get(address).text)
        assert not {tag for tag, _ in page.tags} & {"script", "style", "iframe", "object", "embed"}
        assert all(str(found["src"]).startswith("/cases/") for tag, found in page.tags if tag == "img")
        attributes = [name for _, found in page.tags for name in found]
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


def test_the_style_sheet_may_be_kept_under_the_address_that_names_its_content(office: Visitor) -> None:
    address = next(str(found["href"]) for tag, found in office.page("/").tags if tag == "link")
    named, plain = office.get(address), office.get("/console/style.css")
    assert named.headers["content-type"].startswith("text/css")
    assert "immutable" in named.headers["cache-control"]
    assert plain.headers["cache-control"] == "no-cache"
    assert "url(" not in named.text
    assert "@import" not in named.text
