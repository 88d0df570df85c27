"""Pictures in a real browser: text is no wider than it was measured, and a picture shows on a page that allows no script and no style."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from engine.proof.diagram.measure import width
from engine.proof.diagram.pictures import Pictures
from tests.console.test_browser import CHROMIUM, FLAGS
from tests.proof.diagrams import ASSETS, definition, shipped

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium was found on this machine: install it, or name it in YISHI_TEST_CHROMIUM"),
]
TEXTS = """texts => texts.map(text => {
  const style = getComputedStyle(text);
  return [text.textContent, text.getComputedTextLength(), parseFloat(style.fontSize), Number(style.fontWeight) >= 600];
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_text_is_wider_than_it_was_measured(browser: Browser, tmp_path: Path, language: str) -> None:
    path = tmp_path / "picture.svg"
    path.write_text(Pictures(ASSETS).svg(definition(shipped()["member_deliberation"]), language), "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    shown = page.eval_on_selector_all("text", TEXTS)
    assert len(shown) > 100
    too_wide = [(text, seen, measured) for text, seen, size, bold in shown if seen > (measured := width(text, size, bold=bold)) + 0.5]
    assert too_wide == []


def test_a_picture_shows_under_the_policy_of_the_pages(browser: Browser) -> None:
    """As an image and inside the page, under a policy that allows neither script nor style: the colours are those that were drawn."""
    svg = Pictures(ASSETS).svg(definition(shipped()["regions"]), "zh-CN")
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    policy = {"Content-Security-Policy": "default-src 'none'; img-src 'self'", "Content-Type": "text/html; charset=utf-8"}
    page.route("**/page", lambda route: route.fulfill(headers=policy, body=f"<!doctype html><img src=picture.svg alt=picture>{svg}"))
    page.route(
        "**/picture.svg",
        lambda route: route.fulfill(
            headers={"Content-Type": "image/svg+xml", "Content-Security-Policy": "sandbox; default-src 'none'"}, body=svg
        ),
    )
    page.goto("https://yishi.test/page")
    assert page.eval_on_selector("img", "image => image.complete && image.naturalWidth > 300")
    assert page.eval_on_selector("svg g.state rect", "rect => getComputedStyle(rect).fill") == "rgb(255, 255, 255)"
    assert said == []
