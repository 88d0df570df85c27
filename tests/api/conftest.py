"""A running application in this process, with keys for a few people, on SQLite or on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from anyio.to_thread import run_sync
from fastapi import FastAPI

from api.app import create_app
from api.deps import Desk
from engine.runtime.access import administrator_of_this_machine
from engine.settings import Settings

FIXTURES = Path(__file__).parent / "fixtures"
PETITION = (FIXTURES / "petition.yaml").read_text("utf-8")
SHIPPED = Path(__file__).parents[2] / "workflows"

ROLES: Mapping[str, tuple[str, ...]] = {
    "admin": ("admin",),
    "designer": ("designer",),
    "auditor": ("auditor",),
    "operator": ("operator",),
    "monitor": ("monitor",),
    "recorder": ("office", "recorder"),
    "second": ("office", "recorder"),
    "li": ("office",),
    "zhao": ("member",),
    "qian": ("member",),
    "chair": ("chair",),
    "stranger": ("nobody_knows",),
}
"""Who takes part in these tests, with which roles."""


@dataclass
class Site:
    """The application, and requests to it by anybody of `ROLES`."""

    app: FastAPI
    portal: BlockingPortal
    client: httpx2.AsyncClient
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def desk(self) -> Desk:
        desk: Desk = self.app.state.desk
        return desk

    def send(self, method: str, path: str, who: str | None = None, *, language: str = "en", **more: Any) -> httpx2.Response:
        """Send a request as somebody, and give the answer."""
        headers = {"Accept-Language": language, **more.pop("headers", {})}
        if who is not None:
            headers["Authorization"] = f"Bearer {self.keys[who]}"
        return self.portal.call(lambda: self.client.request(method, path, headers=headers, **more))

    def get(self, path: str, who: str | None = None, **more: Any) -> httpx2.Response:
        return self.send("GET", path, who, **more)

    def post(self, path: str, who: str | None = None, json: Any = None, **more: Any) -> httpx2.Response:
        if json is not None:
            more["json"] = json
        return self.send("POST", path, who, **more)

    def opened(self, who: str = "zhao", **more: Any) -> dict[str, Any]:
        """Open a petition; it must be opened."""
        answer = self.post("/v1/cases", who, {"workflow": "petition", "data": {"topic": "路灯"}, **more})
        assert answer.status_code == 201, answer.text
        opened: dict[str, Any] = answer.json()
        return opened

    def act(self, case: Mapping[str, Any], action: str, who: str = "li", /, key: str | None = None, **body: Any) -> httpx2.Response:
        """Take an action on a case as it was seen."""
        headers = {"If-Match": f'"{case["version"]}"'}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.post(f"/v1/cases/{case['id']}/actions/{action}", who, body, headers=headers)

    def acted(self, case: Mapping[str, Any], action: str, who: str = "li", /, **body: Any) -> dict[str, Any]:
        """Take an action; it must be taken."""
        answer = self.act(case, action, who, **body)
        assert answer.status_code == 200, answer.text
        taken: dict[str, Any] = answer.json()
        return taken


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[FastAPI, httpx2.AsyncClient]]:
    """Start the application and a client of it, without a socket in between."""
    app = create_app(settings)
    transport = httpx2.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://yishi.test") as client:
        yield app, client


def settings_for(database_url: str, folder: Path, **more: Any) -> Settings:
    """Give settings that keep everything below a folder; the loops of the scheduler are run by hand."""
    more = {"clock": "manual", "scheduler": False, "workflows": SHIPPED, **more}
    return Settings(database_url=database_url, files=folder / "files", **more)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Start a site: `start()` on SQLite, `start(database_url=…)` elsewhere, further settings by name. It has the petition published."""
    with start_blocking_portal() as portal:
        opened: list[Any] = []

        def begin(database_url: str | None = None, *, publish: bool = True, **more: Any) -> Site:
            settings = settings_for(database_url or f"sqlite:///{tmp_path / 'site.db'}", tmp_path, **more)
            context = portal.wrap_async_context_manager(running(settings))
            app, client = context.__enter__()
            opened.append(context)
            site = Site(app, portal, client)
            for who, roles in ROLES.items():
                site.keys[who] = portal.call(make_key, site.desk, who, roles)
            if publish:
                answer = site.post("/v1/definitions", "admin", content=PETITION, headers={"Content-Type": "application/yaml"})
                assert answer.status_code == 201, answer.text
            return site

        yield begin
        for context in reversed(opened):
            context.__exit__(None, None, None)


async def make_key(desk: Desk, who: str, roles: tuple[str, ...], unit: str | None = None) -> str:
    """Make a key for somebody."""
    operator = administrator_of_this_machine(desk.application.org)
    unit = "street_office" if who == "li" else unit
    return (await run_sync(lambda: desk.access.create(operator, who, roles, unit=unit))).secret


@pytest.fixture
def site(start: Callable[..., Site]) -> Site:
    """A site on SQLite with a manual clock and the petition published."""
    return start()


@pytest.fixture
def each_site(start: Callable[..., Site], database_url: str) -> Site:
    """A site on SQLite and on PostgreSQL."""
    return start(database_url=database_url)
