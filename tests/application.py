"""An application on a clock that tests move, with a process of the test's own published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.clock import FixedClock, Instant, parse_instant
from engine.core.case import Case
from engine.runtime.application import Application
from engine.runtime.people import Principal
from engine.runtime.recording import to_case
from engine.settings import Settings
from engine.store.cases import get_case
from engine.store.migration import migrate

ROOT = Path(__file__).parents[1]
START: Instant = parse_instant("2026-03-02T09:00:00+08:00")
HOUR: Instant = 3_600_000_000
DAY: Instant = 24 * HOUR
ORG = "default"

ADMIN = Principal("admin", ORG, frozenset({"admin"}))
OFFICE = Principal("li", ORG, frozenset({"office"}))
OTHER = Principal("wang", ORG, frozenset({"office"}))
MEMBER = Principal("zhao", ORG, frozenset({"member"}))

TRIAL = """workflow: trial
version: 1
title: 试
calendar: cn
roles: {office: 办公室, member: 委员}
number: {series: trial, per: year, format: "{year}议{n:03}", at: accept}
duties: [{different_person: [accept, close]}]
data:
  topic: {type: text, title: 议题, max: 200}
  n: {type: int, title: 数}
  visits: {type: list, of: record, default: [], fields: {place: {type: text}}}
  calls: {type: int, compute: count('call')}
documents: {report: {title: 报告, attached_by: office}}
start: {by: [office, member], form: [topic]}
initial: received
states:
  received:
    owner: office
    deadlines: {accept: {within: 5 working days, basis: default, paused_in: [suspended], rungs: [{at: 80 %, notify: [owner]}, {at: due, escalate: member}, {at: 5 working days after, act: lapse}]}}
    actions:
      accept: {by: office, form: [n], to: work}
      lapse: {by: clock, to: lapsed}
  work:
    owner: office
    deadlines: {report: {within: 1 month, basis: default, paused_in: [suspended], rungs: [{at: due, notify: [owner, initiator]}]}}
    actions:
      call: {by: office}
      note: {by: office, form: [n]}
      visit: {by: office, form: [visits+]}
      close: {by: office, requires: [report], reason: required, to: closed}
  suspended: {owner: office, actions: {resume: {by: office, to: {history: deep}}}}
  lapsed: {final: true, outcome: lapsed}
  closed: {final: true, outcome: success}
anywhere: {actions: {suspend: {by: office, reason: required, to: suspended, except: [suspended]}, urge: {by: member, notify: [owner]}}}
"""


class Trial:
    """An application whose works run inline, so that a test sees each at once."""

    def __init__(
        self, url: str, folder: Path, *, threads: bool = False, now: Instant = START, workflows: Path = ROOT / "workflows"
    ) -> None:
        migrate(url)
        self.clock = FixedClock(now)
        self.app = Application(Settings(database_url=url, workflows=workflows, files=folder / "files"))
        self.app.clock = self.clock
        self.app.lane._now = self.app.sweeping._now = lambda _: self.clock.now()
        if threads:
            self.app.start()
        self.app.registry.publish(ADMIN, TRIAL, "trial.yaml", now)

    def open(self, principal: Principal = OFFICE, **data: Any) -> Case:
        """Open a case of the trial process."""
        case: Case = self.app.service.open(principal, "trial", data={"topic": "路灯", **data}).result().case
        return case

    def act(self, case: Case | str, action: str, principal: Principal = OFFICE, **more: Any) -> Any:
        """Take an action and give the answer."""
        case_id = case if isinstance(case, str) else case.id
        return self.app.service.act(principal, case_id, action, **more).result()

    def case(self, case_id: str) -> Case:
        """Read a case as it is stored."""
        with self.app.store.read() as reader:
            row = get_case(reader, ORG, case_id)
        assert row is not None
        return to_case(row)


@contextmanager
def trial(url: str, folder: Path, **more: Any) -> Iterator[Trial]:
    """Give a trial that is closed with the block."""
    made = Trial(url, folder, **more)
    try:
        yield made
    finally:
        made.app.close()
