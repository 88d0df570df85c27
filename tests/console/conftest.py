"""The pages of a running application, looked at in this process by people who sign in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from anyio.to_thread import run_sync
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from api.app import create_app
from api.deps import Desk
from engine.clock import Instant, parse_instant
from engine.core.case import Case
from engine.runtime.access import administrator_of_this_machine
from engine.runtime.people import Principal
from engine.scheduler.demonstration import begin_at
from engine.scheduler.sweep import advance_clock
from engine.settings import Settings
from engine.store.records import UnitRecord
from tests.console.browser import Page, Values

T = TypeVar("T")

SHIPPED = Path(__file__).parents[2] / "workflows"
START: Instant = parse_instant("2026-02-10T09:00:00+08:00")  # the Tuesday before Spring Festival
PASSWORD = "correct horse battery"

PEOPLE: Mapping[str, tuple[str, tuple[str, ...], str | None]] = {
    "li": ("李明", ("office",), "office_unit"),
    "wang": ("王芳", ("office", "recorder"), "office_unit"),
    "zhao": ("赵强", ("member",), None),
    "chair": ("陈主席", ("chair",), None),
    "stranger": ("路人", ("nobody_knows",), None),
}

MATTER = """workflow: matter
version: 1
title: {zh-CN: 协商事项, en: Matter}
language: [zh-CN, en]
calendar: cn
number: {series: matter, per: year, format: "{year}事{n:03}", at: accept}
roles:
  office: {zh-CN: 办公室, en: Office}
  member: {zh-CN: 委员, en: Member}
  chair: {zh-CN: 主席, en: Chair}
data:
  topic: {type: text, max: 200, title: {zh-CN: 议题, en: Topic}}
  gist: {type: text, title: {zh-CN: 要点, en: Gist}}
  n: {type: int, between: [1, 99], title: {zh-CN: 件数, en: Number of pieces}}
  score: {type: decimal, scale: 1, between: [0, 100], title: {zh-CN: 得分, en: Score}}
  agreed: {type: bool, title: {zh-CN: 达成共识, en: Agreed}}
  kind: {type: choice, options: {a: {zh-CN: 甲类, en: Kind A}, b: {zh-CN: 乙类, en: Kind B}}, title: {zh-CN: 类别, en: Kind}}
  tests: {type: tags, options: {small: {zh-CN: 小, en: Small}, wide: {zh-CN: 广, en: Wide}}, title: {zh-CN: 标准, en: Tests}}
  words: {type: list, of: text, title: {zh-CN: 主题词, en: Words}}
  people: {type: list, of: person, title: {zh-CN: 人员, en: People}}
  day: {type: date, title: {zh-CN: 日期, en: Day}}
  moment: {type: datetime, title: {zh-CN: 时间, en: Moment}}
  clerk: {type: person, title: {zh-CN: 经办人, en: Clerk}}
  department: {type: unit, title: {zh-CN: 部门, en: Department}}
  visits:
    type: list
    of: record
    default: []
    title: {zh-CN: 踏勘, en: Visits}
    fields: {place: {type: text, max: 100, title: {zh-CN: 地点, en: Place}}, on: {type: date, title: {zh-CN: 日期, en: On}}, seen: {type: bool, title: {zh-CN: 属实, en: Confirmed}}}
  secret: {type: text, seen_by: [chair], title: {zh-CN: 内部意见, en: Internal note}}
documents:
  report: {title: {zh-CN: 调研报告, en: Report}, attached_by: office, approved_by: chair, template: [{text: "{data.topic}"}, {text: "{data.secret}"}]}
start: {by: [office, member], form: [topic, secret?]}
initial: received
states:
  received:
    title: {zh-CN: 已收到, en: Received}
    owner: office
    deadlines:
      accept:
        title: {zh-CN: 受理期限, en: Acceptance}
        within: 5 working days
        basis: default
        paused_in: suspended
        extend: {by: chair, add: 3 working days, at_most: 1, reason: required}
        rungs: [{at: 80 %, notify: owner}, {at: due, escalate: chair, notify: member}, {at: 10 working days after, act: lapse}]
    actions:
      accept: {title: {zh-CN: 受理, en: Accept}, by: office, form: [kind, n?], to: work}
      reject: {title: {zh-CN: 不予受理, en: Reject}, by: office, reason: required, to: rejected}
      lapse: {title: {zh-CN: 自动失效, en: Lapse}, by: clock, to: lapsed}
      fill: {title: {zh-CN: 补充, en: Complete}, by: [office, member], form: [topic?, gist?, n?, score?, agreed?, kind?, tests?, words?, people?, day?, moment?, clerk?, department?]}
  work:
    title: {zh-CN: 办理, en: Work}
    owner: office
    actions:
      visit: {title: {zh-CN: 踏勘, en: Visit}, by: office, form: [visits+]}
      settle:
        title: {zh-CN: 形成结论, en: Settle}
        by: office
        form: [agreed, gist]
        guard: data.agreed
        refuse: {code: no_consensus, text: {zh-CN: 未达成共识，不能办结, en: There is no consensus yet}}
        to: closed
      conclude: {title: {zh-CN: 办结, en: Conclude}, by: office, requires: [report], to: closed}
  suspended: {title: {zh-CN: 中止, en: Suspended}, owner: office, actions: {resume: {title: {zh-CN: 恢复, en: Resume}, by: office, to: {history: deep}}}}
  rejected: {title: {zh-CN: 不予受理, en: Rejected}, final: true, outcome: rejected}
  lapsed: {title: {zh-CN: 失效, en: Lapsed}, final: true, outcome: lapsed}
  closed: {title: {zh-CN: 办结, en: Closed}, final: true, outcome: success}
anywhere:
  actions:
    suspend: {title: {zh-CN: 中止, en: Suspend}, by: office, reason: required, to: suspended, except: [suspended]}
    urge: {title: {zh-CN: 催办, en: Urge}, by: member, notify: owner}
"""


@dataclass
class Visitor:
    """One browser: its cookies, and the pages it looks at."""

    site: Site
    client: httpx2.AsyncClient
    language: str = "zh-CN"

    def get(self, path: str) -> httpx2.Response:
        return self.site.portal.call(lambda: self.client.get(path, headers={"Accept-Language": self.language}))

    def post(self, path: str, sent: Values, **more: Any) -> httpx2.Response:
        headers = {"Accept-Language": self.language, "Sec-Fetch-Site": "same-origin", **more.pop("headers", {})}
        return self.site.portal.call(lambda: self.client.post(path, data=sent, headers=headers, **more))

    def page(self, path: str) -> Page:
        """Look at a page; it must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    def case(self, case: Case | str) -> Page:
        return self.page(f"/cases/{case if isinstance(case, str) else case.id}")

    def act(self, case: Case, action: str, **typed: Any) -> httpx2.Response:
        """Fill in the form of an action as it stands on the page, and send it."""
        address = f"/cases/{case.id}/actions/{action}"
        return self.post(address, self.case(case).form(address).filled(**typed))

    def acted(self, case: Case, action: str, **typed: Any) -> Page:
        """Take an action; give the page that the browser is led to."""
        answer = self.act(case, action, **typed)
        assert answer.status_code == 303, Page(answer.text).alert or answer.text
        return self.page(answer.headers["location"])


@dataclass
class Site:
    """The application, and people who look at its pages."""

    app: FastAPI
    portal: BlockingPortal
    transport: httpx2.ASGITransport
    open_clients: list[httpx2.AsyncClient] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        desk: Desk = self.app.state.desk
        return desk

    def visitor(self, language: str = "zh-CN") -> Visitor:
        """A browser in which nobody is signed in."""
        client = httpx2.AsyncClient(transport=self.transport, base_url="https://yishi.test")
        self.open_clients.append(client)
        return Visitor(self, client, language)

    def signed_in(self, who: str, language: str = "zh-CN") -> Visitor:
        """A browser in which somebody has signed in."""
        visitor = self.visitor(language)
        form = visitor.page("/").form("/sign-in")
        answer = visitor.post("/sign-in", form.filled(person=who, password=PASSWORD))
        assert answer.status_code == 303, answer.text
        return visitor

    def do(self, work: Callable[[], T]) -> T:
        """Do what blocks beside the event loop."""

        async def done() -> T:
            return await run_sync(work)

        return self.portal.call(done)

    def opened(self, who: str = "zhao", workflow: str = "matter", **data: Any) -> Case:
        """Open a case."""
        service = self.desk.application.service
        answer = self.do(lambda: service.open(principal(who), workflow, data={"topic": "路灯", **data}).result())
        case: Case = answer.case
        return case

    def act(self, case: Case, action: str, who: str = "li", **more: Any) -> Case:
        """Take an action behind the pages' back."""
        service = self.desk.application.service
        answer = self.do(lambda: service.act(principal(who), case.id, action, **more).result())
        acted: Case = answer.case
        return acted

    def wait_until(self, text: str) -> None:
        """Move the clock; what is due on the way happens."""
        instant = parse_instant(text)
        self.do(lambda: advance_clock(self.desk.application, self.desk.sweep, instant))


def principal(who: str) -> Principal:
    """Give somebody as the service sees them."""
    _, roles, unit = PEOPLE[who]
    return Principal(who, "default", frozenset(roles), unit)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[FastAPI, httpx2.ASGITransport]]:
    """Start the application without a socket."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app, httpx2.ASGITransport(app=app)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Start a site with the matter published and people who can sign in; further settings by name."""
    with start_blocking_portal() as portal:
        contexts: list[Any] = []
        sites: list[Site] = []

        def begin(**more: Any) -> Site:
            more = {"database_url": f"sqlite:///{tmp_path / 'site.db'}", "clock": "manual", "scheduler": False, **more}
            settings = Settings(files=tmp_path / "files", workflows=SHIPPED, **more)
            context = portal.wrap_async_context_manager(running(settings))
            app, transport = context.__enter__()
            contexts.append(context)
            site = Site(app, portal, transport)
            sites.append(site)
            site.do(lambda: prepared(site.desk))
            return site

        yield begin
        for site in sites:
            for client in site.open_clients:
                portal.call(client.aclose)
        for context in reversed(contexts):
            context.__exit__(None, None, None)


def prepared(desk: Desk) -> None:
    """Publish, set the clock, and enter the people. Their passwords are hashed as cheaply as argon2 can: that is not what is tried here."""
    operator = administrator_of_this_machine(desk.application.org)
    begin_at(desk.application, START)
    desk.application.registry.publish(operator, MATTER, "matter.yaml", START)
    desk.sign_in._hashing = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    desk.application.lane.write(
        lambda batch, _: batch.put(UnitRecord("default", "office_unit", '{"zh-CN": "区政协办公室", "en": "District office"}', None))
    )
    for who, (name, roles, unit) in PEOPLE.items():
        desk.sign_in.create_person(operator, who, name, PASSWORD, roles, unit=unit)


@pytest.fixture
def site(start: Callable[..., Site]) -> Site:
    """A site on SQLite with a manual clock."""
    return start()


@pytest.fixture
def office(site: Site) -> Visitor:
    """The office, signed in."""
    return site.signed_in("li")
