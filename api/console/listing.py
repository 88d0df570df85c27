"""The first page: what waits for me, what I was told, what is overdue, and the cases, with filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from api.console.case_page import subject_of
from api.console.noticing import NoticeShown, notices_shown
from api.console.texts import Words
from api.console.writing import When, Writer
from api.deps import Desk
from engine.clock import parse_instant
from engine.core.refusals import label
from engine.definition.process import ROOT
from engine.runtime.people import Principal
from engine.store.cases import CaseFilter
from engine.store.definitions import list_versions

TASKS, CASES, OVERDUE = 15, 25, 5


@dataclass(frozen=True, slots=True)
class Line:
    """A case in a list; of the inbox with the task that opened it."""

    id: str
    number: str | None
    subject: str
    workflow: str
    where: str
    task: str
    due: When | None
    overdue: bool
    outcome: str
    since: When


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a filter; ``group`` names the workflow that a state belongs to."""

    value: str
    text: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to, as it stands in the address."""

    workflow: str = ""
    state: str = ""
    status: str = ""
    number: str = ""
    overdue: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Read the parameters of the address; what is no filter is passed over."""
        status = query.get("status", "")
        return cls(
            workflow=query.get("workflow", "")[:100],
            state=query.get("state", "")[:200],
            status=status if status in {"open", "ended"} else "",
            number=query.get("number", "").strip()[:100],
            overdue=query.get("overdue") == "1",
        )

    def query(self, **more: str) -> str:
        """Write the filters as an address, with more parameters."""
        named = {
            "workflow": self.workflow,
            "state": self.state,
            "status": self.status,
            "number": self.number,
            "overdue": "1" if self.overdue else "",
        }
        found = {key: value for key, value in {**named, **more}.items() if value}
        return "/?" + urlencode(found) if found else "/"

    @property
    def narrow(self) -> bool:
        """Say whether any filter is set."""
        return self != Filters()

    def case_filter(self, now: int) -> CaseFilter:
        """Give the filter of the store. A state is written ``workflow:state``, for states belong to workflows."""
        workflow, _, state = self.state.partition(":")
        return CaseFilter(
            workflow=self.workflow or (workflow if state else None) or None,
            state=state or None,
            ended={"open": False, "ended": True}.get(self.status),
            overdue_at=now if self.overdue else None,
            number=self.number or None,
        )


@dataclass(frozen=True, slots=True)
class HomePage:
    """All that the first page shows."""

    inbox: tuple[Line, ...]
    inbox_next: str | None
    inbox_paged: bool
    notices: tuple[NoticeShown, ...]
    overdue: tuple[Line, ...]
    overdue_more: bool
    cases: tuple[Line, ...]
    cases_next: str | None
    cases_paged: bool
    filters: Filters
    workflows: tuple[Choice, ...]
    states: tuple[Choice, ...]


def home_page(desk: Desk, principal: Principal, words: Words, query: Mapping[str, str]) -> HomePage:
    """Put the page together. Blocks. Raises InvalidInput for a cursor that is none."""
    filters, language = Filters.of(query), words.language
    tasks_after, cases_after = query.get("tasks_after") or None, query.get("after") or None
    now = desk.application.now()
    inbox = desk.reading.inbox(principal, language, cursor=tasks_after, limit=TASKS)
    overdue = desk.reading.cases(principal, CaseFilter(ended=False, overdue_at=now), language, cursor=None, limit=OVERDUE)
    cases = desk.reading.cases(principal, filters.case_filter(now), language, cursor=cases_after, limit=CASES)
    lining = Lining(desk, principal, words)
    workflows, states = choices(desk, principal, words)
    next_tasks = inbox["next"]
    return HomePage(
        inbox=tuple(lining.task(each) for each in inbox["tasks"]),
        inbox_next=filters.query(tasks_after=next_tasks, **({"after": cases_after} if cases_after else {})) if next_tasks else None,
        inbox_paged=tasks_after is not None,
        notices=tuple(notices_shown(desk, principal, words)),
        overdue=tuple(lining.case(each) for each in overdue["cases"]),
        overdue_more=overdue["next"] is not None,
        cases=tuple(lining.case(each) for each in cases["cases"]),
        cases_next=filters.query(after=cases["next"]) if cases["next"] else None,
        cases_paged=cases_after is not None,
        filters=filters,
        workflows=workflows,
        states=states,
    )


class Lining:
    """Writes lines of lists. A case that stands in several is read once."""

    def __init__(self, desk: Desk, principal: Principal, words: Words) -> None:
        self.desk, self.principal, self.words = desk, principal, words
        self._known: dict[str, tuple[str, Writer]] = {}

    def task(self, view: Mapping[str, Any]) -> Line:
        """Write a task."""
        return self._line(view["case"], view, since=view["opened_at"], task=self.words.known("task", view["kind"]), outcome=None)

    def case(self, view: Mapping[str, Any]) -> Line:
        """Write a case."""
        return self._line(view["id"], view, since=view["opened_at"], task="", outcome=view["outcome"])

    def _line(self, case_id: str, view: Mapping[str, Any], *, since: str, task: str, outcome: str | None) -> Line:
        subject, writer = self._about(case_id)
        return Line(
            id=case_id,
            number=view["number"],
            subject=subject,
            workflow=view["title"],
            where=self.words.listed(list(view["where"])),
            task=task,
            due=None if view["due"] is None else writer.due(parse_instant(view["due"])),
            overdue=bool(view["overdue"]),
            outcome="" if outcome is None else self.words.known("outcome", outcome),
            since=writer.instant(since),
        )

    def _about(self, case_id: str) -> tuple[str, Writer]:
        if case_id not in self._known:
            seen = self.desk.reading.seen(self.principal, case_id)
            writer = Writer(self.words, seen.process.calendar.zone)
            self._known[case_id] = subject_of(seen, self.principal, writer), writer
        return self._known[case_id]


def choices(desk: Desk, principal: Principal, words: Words) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    """Give the workflows and their stages between which the reader may choose."""
    with desk.application.store.read() as reader:
        names = dict.fromkeys(row.workflow for row in list_versions(reader, principal.org))
    workflows, states = [], []
    for name in names:
        definition = desk.application.registry.published(principal.org, name).definition
        if not principal.takes_part_in(definition):
            continue
        title = label(definition.title, words.language)
        workflows.append(Choice(name, title))
        for path in definition.states[ROOT].children:
            state = definition.states[path].title
            states.append(Choice(f"{name}:{path}", label(state, words.language), title))
    return tuple(workflows), tuple(states)
