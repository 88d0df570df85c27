"""The shipped process of member deliberation through the one door, on a manual clock, by the people of the demonstration."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.clock import from_datetime, parse_instant, to_datetime
from engine.core.case import Case
from engine.core.compiled import Process
from engine.errors import CommandRefused
from engine.runtime.application import Application, opened
from engine.runtime.bootstrap import publish_shipped, units_written
from engine.runtime.demonstration import People, read_people
from engine.runtime.documents import Documents
from engine.runtime.people import Principal
from engine.runtime.reading import Reading
from engine.scheduler.demonstration import begin_at
from engine.scheduler.sweep import Sweep, advance_clock
from engine.settings import Settings
from engine.store.records import DocumentRecord

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / "workflows"
PEOPLE: People = read_people(WORKFLOWS / "demo" / "people.yaml")
ZONE = ZoneInfo("Asia/Shanghai")
START = "2026-03-02 09:00"  # a Monday

TOPIC: Mapping[str, Any] = {"topic": "推动解决小区未通天然气问题", "source": "member", "channel": "three_services"}

WAY: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("committee", "submit", {}),
    ("secretary", "approve", {"tests_met": ["small_entry", "close"]}),
    ("office", "research_plan.attach", {}),
    ("office", "start_research", {"researchers": ["member", "committee"]}),
    ("member", "visit_site", {"visits": {"place": "小区", "finding": "楼内管道已预埋"}}),
    ("committee", "hold_symposium", {"talks": {"with": "区住建局、燃气公司", "gist": "比选接入方案"}}),
    ("office", "research_report.attach", {}),
    ("office", "draft_solution", {}),
    ("office", "preliminary_solution.attach", {}),
    ("office", "conclude", {}),
    ("office", "close_session", {"agreed": True, "attended": 34}),
    ("office", "minutes.attach", {}),
    ("office", "issue_minutes", {}),
    ("leader", "instruct", {"instruction": "请区住建局牵头。", "department": "housing_bureau"}),
    ("assessment", "assign", {"assessment_item": "小区管道天然气开通"}),
    ("housing", "complete", {"result": "小区管道天然气正式开通。"}),
    ("office", "confirm_effect", {"outcome_kind": "solved"}),
    ("office", "invite", {"evaluator": "evaluation_agency"}),
    ("evaluator", "evaluation_report.attach", {}),
    ("evaluator", "record_score", {"score": "92.5"}),
    ("office", "close", {}),
)
"""Who does what when all goes well: a committee's topic from its submission to its closing."""


class Deliberation:
    """One case of the process, and all that its tests do with it and ask about it."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.reading = Reading(application)
        self.sweep = Sweep(application)
        self.case_id = ""

    # --- doing ------------------------------------------------------------------------------------------------------

    def at(self, local: str) -> None:
        """Move the clock to a local time; what is due on the way fires at its own instant."""
        advance_clock(self.application, self.sweep, from_datetime(datetime.strptime(local, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)))

    def open(self, by: str = "committee", *, settings: Mapping[str, Any] | None = None, **form: Any) -> Case:
        """Open the case; `form` adds to a committee's topic, or with None takes away from it."""
        data = {name: value for name, value in {**TOPIC, **form}.items() if value is not None}
        case: Case = self.application.service.open(person(by), "member_deliberation", data=data, settings=settings or {}).result().case
        self.case_id = case.id
        return case

    def act(self, by: str, action: str, *, reason: str | None = None, **form: Any) -> Case:
        """Take an action, or attach a document with a small file."""
        document = self._file(by, action.removesuffix(".attach")) if action.endswith(".attach") else None
        answer = self.application.service.act(person(by), self.case_id, action, data=form, reason=reason, document=document).result()
        case: Case = answer.case
        return case

    def reach(self, place: str, *, without: frozenset[str] = frozenset()) -> None:
        """Open a committee's case and take it the ordinary way, some steps left out, until it stands in `place`."""
        self.open()
        self.go_on(place, without=without)

    def go_on(self, place: str, *, after: str | None = None, without: frozenset[str] = frozenset()) -> None:
        """Take the case further the ordinary way, from behind the step `after`, until it stands in `place`."""
        names = [action for _, action, _ in WAY]
        for by, action, form in WAY[names.index(after) + 1 if after else 0 :]:
            if self.here == place:
                return
            if action not in without:
                self.act(by, action, **form)
        assert self.here == place

    def refused(self, by: str, action: str, *, reason: str | None = None, **form: Any) -> dict[str, Mapping[str, Any]]:
        """Try an action that must be refused; give the facts of each refusal by its code.

        Nothing is recorded by it, and the list of actions says the same where it hangs on nothing that is in the form.
        """
        seq = self.case.seq
        with pytest.raises(CommandRefused) as caught:
            self.act(by, action, reason=reason, **form)
        codes = facts(caught.value)
        assert self.case.seq == seq
        listed = self.listed(by).get(action)
        if listed is not None and not listed["allowed"]:
            assert {each["code"] for each in listed["refusals"]} <= codes.keys()
        return codes

    def opening_refused(self, by: str, **form: Any) -> dict[str, Mapping[str, Any]]:
        """Try an opening that must be refused; give the facts of each refusal by its code."""
        with pytest.raises(CommandRefused) as caught:
            self.open(by, **form)
        return facts(caught.value)

    # --- asking -----------------------------------------------------------------------------------------------------

    @property
    def case(self) -> Case:
        """The case as it stands."""
        return self.reading.seen(person("auditor"), self.case_id).case

    @property
    def here(self) -> str:
        """Where the case stands."""
        (place,) = self.case.configuration
        return place

    @property
    def data(self) -> Mapping[str, Any]:
        """Its data."""
        return self.case.data

    def listed(self, by: str) -> dict[str, Any]:
        """The actions as somebody sees them listed, by name."""
        return {each["name"]: each for each in self.reading.actions(person(by), self.case_id, "zh-CN")["actions"]}

    def open_to(self, by: str) -> set[str]:
        """The names of the actions that somebody may take now."""
        return {name for name, each in self.listed(by).items() if each["allowed"]}

    def events(self) -> list[dict[str, Any]]:
        """The trail of the case."""
        events: list[dict[str, Any]] = self.reading.events(person("auditor"), self.case_id, after=0, limit=500)["events"]
        return events

    def rungs(self, deadline: str) -> list[tuple[str, str]]:
        """The rungs of a deadline in the trail: which, and when by the trail, in local time."""
        return [
            (event["notes"]["rung"], local(event["occurred_at"]))
            for event in self.events()
            if event["kind"] == "rung" and event["action"] == deadline
        ]

    def told(self, rung: str | None = None) -> set[str]:
        """Who was told by the last event, or when a rung fired last: roles, and persons where no role is meant."""
        events = [event for event in self.events() if rung is None or event.get("notes", {}).get("rung") == rung]
        return {each.get("role") or each["person"] for each in events[-1]["notify"]}

    def deadline(self, name: str) -> Mapping[str, Any]:
        """A deadline as it stands, the latest of that name."""
        found = self.reading.deadlines(person("auditor"), self.case_id, "zh-CN")["deadlines"]
        latest: Mapping[str, Any] = {each["name"]: each for each in found}[name]
        return latest

    def due(self, name: str) -> str:
        """The local time at which a deadline is due."""
        return local(self.deadline(name)["due"])

    def inbox(self, by: str) -> list[Mapping[str, Any]]:
        """The tasks of somebody in this case."""
        tasks = self.reading.inbox(person(by), "zh-CN", cursor=None, limit=100)["tasks"]
        return [task for task in tasks if task["case"] == self.case_id]

    def _file(self, by: str, name: str) -> DocumentRecord:
        content = f"{name} {self.case.seq}".encode()
        digest = hashlib.sha256(content).hexdigest()
        folder = Documents(self.application.settings.files, 1000)
        with folder.receiving() as incoming:
            incoming.write(content)
            stored = incoming.keep(digest)
        return DocumentRecord(
            org=self.application.org,
            id=f"{name}-{digest[:12]}",
            case_id=self.case_id,
            name=name,
            filename=f"{name}.txt",
            media_type="text/plain",
            size=stored.size,
            sha256=stored.sha256,
            attached_by=by,
            attached_at=self.application.now(),
            seq=None,
        )


def person(name: str) -> Principal:
    """Somebody of the demonstration, as the service sees whoever shows a key."""
    return PEOPLE.by_id[name].principal("default")


def facts(refused: CommandRefused) -> dict[str, Mapping[str, Any]]:
    """The facts of each refusal by its code."""
    return {each.code: each.facts for each in refused.refusals}


def local(instant: str) -> str:
    """An instant as a clock on the wall shows it."""
    return f"{to_datetime(parse_instant(instant)).astimezone(ZONE):%Y-%m-%d %H:%M}"


def settings_in(folder: Path) -> Settings:
    """Settings that keep everything below a folder. On SQLite: what a process says does not hang on the database."""
    return Settings(database_url=f"sqlite:///{folder / 'yishi.db'}", clock="manual", workflows=WORKFLOWS, files=folder / "files")


@dataclass(frozen=True)
class Prepared:
    """A database with the people's units and the shipped processes, its clock at START, and what was compiled of them."""

    folder: Path
    compiled: dict[str, Process]

    @contextmanager
    def copy(self, folder: Path) -> Iterator[Deliberation]:
        """Give the process on a copy of its own."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        with opened(settings_in(folder)) as application:
            application.registry._compiled.update(self.compiled)
            yield Deliberation(application)


def prepare(folder: Path) -> Prepared:
    """Make the database that tests begin with."""
    with opened(settings_in(folder)) as application:
        begin_at(application, from_datetime(datetime.strptime(START, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)))
        application.lane.write(units_written(application.org, PEOPLE))
        processes = [application.registry.published(application.org, each.workflow) for each in publish_shipped(application).workflows]
    return Prepared(folder, {process.definition.digest: process for process in processes})
