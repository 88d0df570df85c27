"""The pages in a real browser: a clerk's way through them with scripts forbidden, and how they fit screens of different widths."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from api.app import create_app
from engine.settings import Settings
from tests.console.conftest import PASSWORD, SHIPPED, prepared, principal

CHROMIUM = os.environ.get("YISHI_TEST_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = (400, 700, 1400)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium was found on this machine: install it, or name it in YISHI_TEST_CHROMIUM"),
]


class Server(uvicorn.Server):
    """A server that says when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@pytest.fixture
def case_address(tmp_path: Path) -> Iterator[str]:
    """The address of a case on a server of the loopback address."""
    database = f"sqlite:///{tmp_path / 'site.db'}"
    app = create_app(Settings(database_url=database, clock="manual", scheduler=False, files=tmp_path / "files", workflows=SHIPPED))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            assert server.ready.wait(30)
            prepared(app.state.desk)
            opened = app.state.desk.application.service.open(principal("zhao"), "matter", data={"topic": "路灯不亮"}).result().json()
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/cases/{opened['id']}"
        finally:
            server.should_exit = True
            thread.join(30)


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


def signed_in(page: Page, address: str) -> None:
    """Ask for a page, sign in first, by keyboard."""
    page.goto(address)
    page.locator("#person").fill("li")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_clerk_deals_with_a_case_without_any_script(case_address: str, browser: Browser) -> None:
    page = browser.new_context(java_script_enabled=False, locale="zh-CN").new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    signed_in(page, case_address)
    assert page.get_by_role("heading", level=1).inner_text() == "路灯不亮"

    page.get_by_text("为什么是这一天").click()
    assert page.get_by_role("row", name="2026年2月17日").inner_text().split() == ["2026年2月17日", "不计入", "春节"]

    page.locator("summary", has_text="受理").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("类别").first.select_option("b")
    page.get_by_role("button", name="受理", exact=True).click()
    assert page.get_by_role("status").inner_text() == "已办理：受理。"

    page.locator("summary", has_text="形成结论").click()
    page.get_by_role("radio", name="否").first.check()
    page.get_by_label("要点").fill("第一行\n第二行")
    page.get_by_role("button", name="形成结论").click()
    assert "未达成共识，不能办结" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("要点").input_value() == "第一行\n第二行"

    page.locator("summary", has_text="提交文件").click()
    page.get_by_label("附件").set_input_files({"name": "报告.txt", "mimeType": "text/plain", "buffer": b"text"})
    page.get_by_role("button", name="提交", exact=True).click()
    assert page.get_by_role("link", name="报告.txt").first.is_visible()
    assert [said for said in complaints if not said.startswith("Failed to load resource")] == []  # a 401 or a 422 is no complaint of ours


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_nothing_has_to_be_scrolled_sideways(case_address: str, browser: Browser, locale: str) -> None:
    page = browser.new_context(locale=locale).new_page()
    signed_in(page, case_address)
    for address in (case_address, case_address.partition("/cases/")[0]):
        page.goto(address)
        page.eval_on_selector_all("details", "found => found.forEach(each => { each.open = true })")
        for width in WIDTHS:
            page.set_viewport_size(ViewportSize(width=width, height=800))
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{address} at {width}"


def test_on_paper_the_reasons_are_told_and_the_forms_are_not(case_address: str, browser: Browser) -> None:
    page = browser.new_context(locale="zh-CN").new_page()
    signed_in(page, case_address)
    page.emulate_media(media="print")
    assert page.get_by_text("为什么是这一天").is_visible()
    assert page.get_by_role("cell", name="2026年2月17日").is_visible()
    assert not page.locator("form").first.is_visible()
    assert page.get_by_role("button").filter(visible=True).count() == 0
