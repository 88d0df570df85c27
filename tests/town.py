"""A place with shipped files in use: its people act through the one door, on a manual clock. Short words for tests to act and ask with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.clock import from_datetime, parse_instant, to_datetime
from engine.core.case import Case
from engine.errors import CommandRefused
from engine.runtime.access import administrator_of_this_machine
from engine.runtime.application import Application
from engine.runtime.demonstration import People, read_people
from engine.runtime.documents import Documents
from engine.runtime.figures import Asked, Figures
from engine.runtime.people import Principal
from engine.runtime.publishing import publish
from engine.runtime.reading import Reading
from engine.runtime.row_reading import RowFilter, RowReading
from engine.runtime.sign_in import SignIn
from engine.scheduler.sweep import Sweep, advance_clock
from engine.store.cases import CaseFilter
from engine.store.records import DocumentRecord

ROOT = Path(__file__).parents[1]
WORKFLOWS = ROOT / "workflows"
PEOPLE: People = read_people(WORKFLOWS / "demo" / "people.yaml")
ZONE = ZoneInfo("Asia/Shanghai")
START = "2026-03-02 09:00"  # a Monday
HOME = "default"

Facts = dict[str, Mapping[str, Any]]
"""The facts of each refusal by its code."""

Who = str | Principal
"""A person of the demonstration by id, or somebody made up by the test (`somebody`)."""


class Town:
    """One body, and all that tests do in it and ask about it. `body` gives another one of the same installation."""

    def __init__(self, application: Application, files: tuple[Path, ...] = (), org: str = HOME) -> None:
        self.application = application
        self.files = files
        self.org = org
        self.reading = Reading(application)
        self.row_reading = RowReading(application)
        self.sweep = Sweep(application)

    def person(self, who: Who) -> Principal:
        """Somebody, as this body sees whoever shows a key."""
        if isinstance(who, str):
            return PEOPLE.by_id[who].principal(self.org)
        return Principal(who.id, self.org, who.roles, who.unit, who.key)

    def settle(self, *people: Principal) -> None:
        """Enter people made up by a test among those of this body, so that they stand on the rolls of ballots."""
        entering = SignIn(self.application.store, self.application.lane, self.org, session_hours=1)
        for each in people:
            entering.create_person(administrator_of_this_machine(self.org), each.id, each.id, None, sorted(each.roles), unit=each.unit)

    def body(self, org: str) -> Town:
        """Another body with the same files published, such as the county below a city; cases go between them by messages."""
        publish_files(self.application, self.files, org)
        return self.elsewhere(org)

    def elsewhere(self, org: str) -> Town:
        """A body that has its files already."""
        return Town(self.application, self.files, org)

    # --- time -------------------------------------------------------------------------------------------------------

    def at(self, moment: str) -> None:
        """Move the clock to a local time, ``2026-03-09 09:00`` or a day's beginning; what is due on the way fires at its own instant."""
        advance_clock(self.application, self.sweep, instant(moment))

    @property
    def now(self) -> str:
        """What a clock on the wall shows."""
        return local(self.application.now())

    # --- cases ------------------------------------------------------------------------------------------------------

    def open(self, by: Who, workflow: str, *, settings: Mapping[str, Any] | None = None, reason: str | None = None, **form: Any) -> Matter:
        """Open a case."""
        opening = self.application.service.open(self.person(by), workflow, data=form, settings=settings or {}, reason=reason)
        case: Case = opening.result().case
        return Matter(self, case.id)

    def opening_refused(self, by: Who, workflow: str, *, settings: Mapping[str, Any] | None = None, **form: Any) -> Facts:
        """Try an opening that must be refused."""
        before = self.count(workflow)
        with pytest.raises(CommandRefused) as caught:
            self.open(by, workflow, settings=settings, **form)
        assert self.count(workflow) == before
        return facts(caught.value)

    def cases(self, workflow: str, **only: Any) -> list[Matter]:
        """All cases of a process, those opened last first; `only` narrows as the list of cases does (state, outcome, ended)."""
        found: list[Matter] = []
        cursor: str | None = None
        while True:
            page = self.reading.cases(self._auditor, CaseFilter(workflow=workflow, **only), "zh-CN", cursor=cursor, limit=100)
            found += [Matter(self, each["id"]) for each in page["cases"]]
            if (cursor := page["next"]) is None:
                return found

    def count(self, workflow: str, **only: Any) -> int:
        """How many cases of a process there are."""
        return len(self.cases(workflow, **only))

    def inbox(self, by: Who) -> list[Mapping[str, Any]]:
        """The open tasks of somebody."""
        tasks: list[Mapping[str, Any]] = self.reading.inbox(self.person(by), "zh-CN", cursor=None, limit=100)["tasks"]
        return tasks

    def figures(self, workflow: str, key: str, by: Who = "auditor", *, since: str | None = None) -> dict[tuple[Any, ...], Any]:
        """The figures of an indicator by their cells: period, where there are several denominators the name of one, and the values of `by`."""
        return {
            (*(figure[each] for each in ("period", "of") if figure[each]), *(part["value"] for part in figure["by"])): figure["value"]
            for figure in self.indicator(workflow, key, by, since=since)["figures"]
        }

    def indicator(self, workflow: str, key: str, by: Who = "auditor", *, since: str | None = None) -> Mapping[str, Any]:
        """An indicator with all that is said of its figures: numerators, denominators, quota."""
        found = Figures(self.application).figures(
            self.person(by), key, Asked(since=None if since is None else date.fromisoformat(since)), "zh-CN", workflow=workflow
        )
        only: Mapping[str, Any]
        (only,) = found["indicators"]
        return only

    def shares(self, workflow: str, key: str, by: Who = "auditor") -> dict[str, tuple[int, int]]:
        """The numerators and denominators of a share over all cases, by the name of the denominator."""
        return {figure["of"] or "": (figure["numerator"], figure["denominator"]) for figure in self.indicator(workflow, key, by)["figures"]}

    # --- rows of registries -----------------------------------------------------------------------------------------

    def enter(self, registry: str, by: Who = "office", **values: Any) -> Mapping[str, Any]:
        """Add a row to a registry and give its values."""
        added: Mapping[str, Any] = self.application.rows.add(self.person(by), registry, values).result().json()["data"]
        return added

    def entering_refused(self, registry: str, by: Who = "office", **values: Any) -> Facts:
        """Try to add a row; it must be refused."""
        with pytest.raises(CommandRefused) as caught:
            self.enter(registry, by, **values)
        return facts(caught.value)

    def change(self, registry: str, key: str, by: Who = "office", *, reason: str = "依来函", **values: Any) -> Mapping[str, Any]:
        """Change a row and give its values."""
        alter = self.application.rows.alter(self.person(by), registry, key, "change", values=values, reason=reason)
        changed: Mapping[str, Any] = alter.result().json()["data"]
        return changed

    def retire(self, registry: str, key: str, by: Who = "office", *, reason: str = "依来函") -> None:
        """Take a row out of use."""
        self.application.rows.alter(self.person(by), registry, key, "retire", reason=reason).result()

    def rows(self, registry: str, by: Who = "office", *, on: str | None = None, **where: str) -> list[Mapping[str, Any]]:
        """The values of the rows of a registry as somebody sees them, now or at the end of a day, in the order of their keys."""
        only = RowFilter(where=where, as_of=None if on is None else date.fromisoformat(on))
        _, found = self.row_reading.all(self.person(by), registry, only)
        return list(found)

    @property
    def _auditor(self) -> Principal:
        return self.person("auditor")


class Matter:
    """One case, and all that tests do with it and ask about it."""

    def __init__(self, town: Town, case_id: str) -> None:
        self.town = town
        self.id = case_id

    # --- doing ------------------------------------------------------------------------------------------------------

    def act(self, by: Who, action: str, *, reason: str | None = None, **form: Any) -> Case:
        """Take an action. `NAME.attach` hands in a document, with a small file."""
        who = self.town.person(by)
        document = self._file(who, action.removesuffix(".attach")) if action.endswith(".attach") else None
        answer = self.town.application.service.act(who, self.id, action, data=form, reason=reason, document=document).result()
        case: Case = answer.case
        return case

    def attach(self, by: Who, *documents: str) -> None:
        """Hand in documents."""
        for document in documents:
            self.act(by, f"{document}.attach")

    def refused(self, by: Who, action: str, *, reason: str | None = None, **form: Any) -> Facts:
        """Try an action that must be refused; nothing is recorded by it.

        The list of actions says the same where it hangs on nothing that is in the form.
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

    # --- asking -----------------------------------------------------------------------------------------------------

    @property
    def case(self) -> Case:
        """The case as it is stored."""
        return self.town.reading.seen(self._auditor, self.id).case

    @property
    def here(self) -> str:
        """Where the case stands; where it stands in several places at once, ask `places`."""
        (place,) = self.case.configuration
        return place

    @property
    def places(self) -> set[str]:
        """All places where the case stands."""
        return {*self.case.configuration}

    @property
    def data(self) -> Mapping[str, Any]:
        """Its data, with what live queries give."""
        data: Mapping[str, Any] = self.town.reading.case(self._auditor, self.id, "zh-CN")["data"]
        return data

    def seen(self, by: Who) -> Mapping[str, Any]:
        """The case as somebody sees it."""
        view: dict[str, Any] = self.town.reading.case(self.town.person(by), self.id, "zh-CN")
        return view

    @property
    def outcome(self) -> str | None:
        """How it ended."""
        return self.case.outcome

    @property
    def number(self) -> str | None:
        """Its number in the series."""
        return self.case.number

    def listed(self, by: Who) -> dict[str, Any]:
        """The actions as somebody sees them listed, by name."""
        return {each["name"]: each for each in self.town.reading.actions(self.town.person(by), self.id, "zh-CN")["actions"]}

    def open_to(self, by: Who) -> set[str]:
        """The names of the actions that somebody may take now."""
        return {name for name, each in self.listed(by).items() if each["allowed"]}

    def events(self, action: str | None = None) -> list[dict[str, Any]]:
        """The trail of the case; of one action only, if it is named."""
        found: list[dict[str, Any]] = self.town.reading.events(self._auditor, self.id, after=0, limit=500)["events"]
        return [each for each in found if action is None or each.get("action") == action]

    def rungs(self, deadline: str) -> list[tuple[str, str]]:
        """The rungs of a deadline in the trail: which, and when by the trail, in local time."""
        return [
            (event["notes"]["rung"], local(event["occurred_at"]))
            for event in self.events()
            if event["kind"] == "rung" and is_called(event["action"], deadline)
        ]

    def told(self, what: str | None = None) -> set[str]:
        """Who was told by the last event, or when a rung fired or an action was taken last: roles, and persons where no role is meant."""
        events = [event for event in self.events() if what in {None, event["action"], event.get("notes", {}).get("rung")}]
        return {each.get("role") or each["person"] for each in events[-1]["notify"]}

    def deadline(self, name: str) -> Mapping[str, Any]:
        """A deadline as it stands, the latest of that name; the states before the name may be left out."""
        found = self.town.reading.deadlines(self._auditor, self.id, "zh-CN")["deadlines"]
        latest: dict[str, dict[str, Any]] = {each["name"]: each for each in found if is_called(each["name"], name)}
        assert latest, f"no deadline {name!r}; there is {', '.join(each['name'] for each in found) or 'none'}"
        (deadline,) = latest.values()
        return deadline

    def due(self, name: str) -> str:
        """The local time at which a deadline is due."""
        return local(self.deadline(name)["due"])

    def inbox(self, by: Who) -> list[Mapping[str, Any]]:
        """The tasks of somebody in this case."""
        return [task for task in self.town.inbox(by) if task["case"] == self.id]

    def children(self, group: str) -> list[Matter]:
        """The cases of a group of children, in the order in which they were opened."""
        return self._others("children", group)

    def linked(self, link: str) -> list[Matter]:
        """The cases that a link holds."""
        return self._others("links", link)

    def _others(self, kind: str, name: str) -> list[Matter]:
        related = self.town.reading.related(self._auditor, self.id, "zh-CN")
        (found,) = [each["cases"] for each in related[kind] if each["name"] == name]
        return [Matter(self.town.elsewhere(each["organisation"]), each["id"]) for each in found]

    @property
    def _auditor(self) -> Principal:
        return self.town.person("auditor")

    def _file(self, by: Principal, name: str) -> DocumentRecord:
        content = f"{self.id} {name} {self.case.seq}".encode()
        digest = hashlib.sha256(content).hexdigest()
        with Documents(self.town.application.settings.files, 1000).receiving() as incoming:
            incoming.write(content)
            stored = incoming.keep(digest)
        return DocumentRecord(
            org=self.town.org,
            id=f"{name}-{digest[:12]}",
            case_id=self.id,
            name=name,
            filename=f"{name}.txt",
            media_type="text/plain",
            size=stored.size,
            sha256=stored.sha256,
            attached_by=by.id,
            attached_at=self.town.application.now(),
            seq=None,
        )


def somebody(name: str, *roles: str, unit: str | None = None) -> Principal:
    """Make up a person who is not in the demonstration."""
    return Principal(name, HOME, frozenset(roles), unit, key="test")


def person(name: str) -> Principal:
    """Somebody of the demonstration, as the service sees whoever shows a key."""
    return PEOPLE.by_id[name].principal(HOME)


def facts(refused: CommandRefused) -> Facts:
    """The facts of each refusal by its code."""
    return {each.code: each.facts for each in refused.refusals}


def is_called(name: str, asked: str) -> bool:
    """Say whether a full name like `follow_up.doing.report` is meant by `doing.report` or `report`."""
    return name == asked or name.endswith(f".{asked}")


def local(moment: str | int) -> str:
    """An instant as a clock on the wall shows it."""
    return f"{to_datetime(parse_instant(moment) if isinstance(moment, str) else moment).astimezone(ZONE):%Y-%m-%d %H:%M}"


def instant(moment: str) -> int:
    """The instant of a local time."""
    return from_datetime(datetime.fromisoformat(moment).replace(tzinfo=ZONE))


def publish_files(application: Application, files: tuple[Path, ...], org: str) -> None:
    """Publish files in a body."""
    publish(application, administrator_of_this_machine(org), [(path.read_bytes(), str(path)) for path in files])
