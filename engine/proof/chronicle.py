"""The chronicle of a scenario: all that happened while it was played, and what people saw, in lines that a designer can read.

A scenario says what must hold. Its chronicle is written by the tool and kept beside it; whatever later goes another way shows as a line
that differs. It tells what happens in the scenario and nothing else of the file: ids and values, and no titles or messages, so that a
better wording is no difference.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.clock import Instant
from engine.core.actions import ActionStatus, action_status
from engine.core.case import CLOCK, EMPTY, Case, Draft
from engine.core.command import Act, Command, Comment, Fire, Open, Receive
from engine.core.compiled import Process
from engine.core.decision import DeadlineChange, Decision, Refused, TaskChange
from engine.core.gates import ANYONE as BY_ANYONE
from engine.core.gates import Gates, Request
from engine.definition.calendars import Calendar
from engine.definition.forms import Form
from engine.errors import Refusal
from engine.proof.chronicle_facts import brief, facts, plain
from engine.proof.chronicle_forms import form_lines, setting_line
from engine.proof.scenario_model import START, Who
from engine.proof.scenario_names import ANYONE
from engine.proof.scenario_play import CASE_ID, Played, Position, actor, due_day, local

MADE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""How the id of a case looks that another one opens."""

WITHIN = "  "
"""Before what belongs to the event above it."""

SAID = ("missing", "field", "state", "times", "until", "duty", "act", "group")
"""Facts of a refusal that are told with its code."""

ENDED = frozenset({"met", "late", "ended", "missed", "cancelled", "paused"})
"""What happens to a deadline after which no date of it matters."""

Line = tuple[str, str]
"""What a line is about, in a word, and what it says."""


@dataclass(slots=True)
class Chronicle:
    """What is told of one scenario, and the forms that were seen in it, each with its act."""

    forms: set[tuple[str, str]] = field(default_factory=set)
    _told: list[str] = field(default_factory=list)
    _now: str = ""
    _offers: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)  # by case and role

    @property
    def lines(self) -> list[str]:
        """Give the lines; cases that others opened are numbered in the order in which they are named."""
        found: dict[str, str] = {}
        return [MADE.sub(lambda made: found.setdefault(made[0], f"#{len(found) + 1}"), line) for line in self._told]

    def opens(self, process: Process, settings: Mapping[str, Any], own: Iterable[str]) -> None:
        """Keep what the case is opened with; tell which settings are its ``own``."""
        self._told += (f"with {name} = {plain(settings[name])}" for name in sorted(own))
        self._opened(process, settings)

    def _opened(self, process: Process, settings: Mapping[str, Any]) -> None:
        """Keep the form by which a case is opened, and what a body may set for it."""
        workflow = process.definition.workflow
        self.forms.update((f"{workflow}.settings.{each.id}", setting_line(each)) for each in process.definition.settings.values())
        opening = process.definition.start
        if opening is not None and opening.form is not None:
            self._saw(f"{workflow}.{START}", opening.form, settings)

    def stands(self, process: Process, position: Position) -> None:
        """Tell where the case stands when the scenario begins: its data, terms and tasks, and what may be done."""
        case = position.case
        if case is None:
            return
        self._head(process, position.now, f"in {', '.join(case.configuration)}")
        if case.data:
            self._within([("data", "; ".join(f"{name} = {plain(value)}" for name, value in sorted(case.data.items())))])
        self._within(("due", _stand(process.calendar, each)) for each in case.snapshot.get("deadlines", EMPTY).values())
        tasks = sorted(f"+{task['kind']} {_holder(task)}" for task in case.snapshot.get("tasks", EMPTY).values())
        if tasks:
            self._within([("task", ", ".join(tasks))])
        self.offers(process, position)

    def happened(self, process: Process, played: Played) -> None:
        """Tell one command that was taken, on whatever case, and what it led to."""
        decision = played.decision
        case = decision.case
        if played.before is None:
            self._opened(process, {**process.settings, **case.snapshot.get("settings", EMPTY)})
        whose = f"{case.workflow} {case.id}: " if case.id != CASE_ID else ""
        where = "" if decision.before == case.configuration else f" → {', '.join(case.configuration)}"
        self._head(process, decision.recorded_at, f"{whose}{_told_of(played.command)}{_by_way_of(decision)}{where}")
        self._within(_consequences(process, played))

    def refused(self, process: Process, position: Position, command: Command, outcome: Refused) -> None:
        """Tell a try that was refused, with every reason and its facts."""
        self._head(process, position.now, f"{_told_of(command)} refused: {', '.join(sorted(map(_code, outcome.refusals)))}")

    def offers(self, process: Process, position: Position) -> None:
        """Tell for each role which acts are open to it now and were not, and which are not any more."""
        case = position.case
        if case is None:
            return
        now = {role: {each.name: _offered(each) for each in acts} for role, acts in self._statuses(process, position, case)}
        alike: dict[str, list[str]] = {}
        for role in sorted({*now, *(role for id_, role in self._offers if id_ == case.id)}):
            acts, before = now.get(role, {}), self._offers.get((case.id, role), {})
            new = [f"+{name}{said}" for name, said in sorted(acts.items()) if before.get(name) != said]
            gone = [f"-{name}" for name in sorted(before.keys() - acts.keys())]
            if new or gone:
                alike.setdefault(", ".join([*new, *gone]), []).append(role)
            self._offers[case.id, role] = acts
        self._within(("may", f"{', '.join(roles)}: {acts}") for acts, roles in alike.items())

    def _statuses(self, process: Process, position: Position, case: Case) -> Iterator[tuple[str, list[ActionStatus]]]:
        """Ask for each role about the acts that name it, as one holder of it would; who is not bound to the case has none."""
        by: dict[str, list[str]] = {}
        for name in process.acts_at(case.configuration):
            for role in dict.fromkeys(role for spec in process.specs_at(case.configuration, name) for role in spec.by if role != CLOCK):
                by.setdefault(role, []).append(name)
        draft, now, world = Draft(case.snapshot), max(position.now, case.updated_at), position.world()
        for role, names in sorted(by.items()):
            somebody = actor(process, position, Who(ANYONE if role == BY_ANYONE else role))
            gates = Gates(process, case, draft, case.configuration, now, Request(somebody, listing=True, world=world))
            statuses = [action_status(process, case, gates, name) for name in names]
            for each in statuses:
                if each.form is not None:
                    self._saw(f"{case.workflow}.{each.name}", each.form, gates.settings)
            yield role, [each for each in statuses if all(refusal.code != "not_bound" for refusal in each.refusals)]

    def _saw(self, act: str, form: Form, settings: Mapping[str, Any]) -> None:
        self.forms.update(form_lines(act, form, settings))

    def _head(self, process: Process, now: Instant, what: str) -> None:
        time = local(process.calendar, now)
        self._told.append(f"{time if time != self._now else 'then'} {what}")
        self._now = time

    def _within(self, lines: Iterable[Line]) -> None:
        self._told += (f"{WITHIN}{about} {said}" for about, said in lines)


def _told_of(command: Command) -> str:
    """Say in a few words what a command is."""
    match command:
        case Fire():
            return f"{CLOCK}: {command.deadline}: {command.rung}"
        case Receive():
            return f"{command.kind} {command.body.get('name', '')}".rstrip() + f" from {command.sender.case_id}"
        case Act() | Open() | Comment():
            person = command.actor
            name = command.name if isinstance(command, Act) else "start" if isinstance(command, Open) else "comment"
            role = ", ".join(sorted(person.roles))
            return f"{name} by {person.id}" + (f" ({role})" if role not in ("", person.id) else "")
        case _:
            return "opened"


# --- what follows ---------------------------------------------------------------------------------------------------


def _by_way_of(decision: Decision) -> str:
    """Name the states that were entered and left again before the case came to rest: where it rests does not tell of them."""
    left = {path for step in decision.steps[1:] for path in step.exited}
    passed = [path for step in decision.steps[:-1] for path in step.entered if path in left]
    return f" by way of {', '.join(passed)}" if passed else ""


def _consequences(process: Process, played: Played) -> Iterator[Line]:
    decision, before = played.decision, played.before
    case = decision.case
    yield from facts(before, decision)
    for change in decision.deadlines:
        if change.op != "fired":
            yield "due", _changed(process.calendar, change)
    changed = [f"{sign}{each}" for sign, each in _tasks(decision.tasks)]
    if changed:
        yield "task", ", ".join(changed)
    if decision.notify:
        told = Counter(map(_holder, decision.notify))
        yield "told", ", ".join(f"{holder}{_times(times)}" for holder, times in sorted(told.items()))
    for shown in decision.published:
        yield "shown", f"{', '.join(shown['what'])} to {', '.join(shown['to'])}"
    for message in decision.messages:
        if message.kind != "tell":  # whom it reaches tells what it has learnt
            body = f" of {message.to_org}" if message.to_org != case.org else ""
            yield "sent", f"{message.kind} {brief({**message.body, 'by': None})} to {message.to_case}{body}"
    if refused := decision.notes.get("refused"):
        yield "refused", ", ".join(each["code"] for each in refused)
    for note in ("dropped", "unreceived", "left_out"):
        if note in decision.notes:
            yield note, plain(decision.notes[note])
    stood = played.after.cases.get(case.id, case)
    if stood.number is not None and (before is None or before.number is None) and decision.number is not None:
        yield "number", stood.number
    if case.has_ended and (before is None or not before.has_ended):
        yield "ended", case.outcome or "without outcome"


def _tasks(changes: Iterable[TaskChange]) -> Iterator[tuple[str, str]]:
    """Give what is done and what is to do; what the next state asks of the same people goes on."""
    tasks = Counter[str]()
    for change in changes:
        tasks[f"{change.task['kind']} {_holder(change.task)}"] += 1 if change.op == "opened" else -1
    for task, times in sorted(tasks.items(), key=lambda pair: (pair[1] > 0, pair[0])):
        if times:
            yield ("+" if times > 0 else "-"), f"{task}{_times(abs(times))}"


def _times(times: int) -> str:
    return f" ×{times}" if times > 1 else ""


def _holder(entry: Mapping[str, Any]) -> str:
    role = str(entry.get("role", entry.get("as")))
    who = entry.get("person", entry.get("unit"))
    return role if who is None or who == role else f"{role} {who}"


def _changed(calendar: Calendar, change: DeadlineChange) -> str:
    return f"{change.op} {_key(change.ledger) if change.op in ENDED else _stand(calendar, change.ledger)}"


def _key(kept: Mapping[str, Any]) -> str:
    period = f"#{kept['period']['number']}" if "period" in kept else ""
    return f"{kept['name']}{period}" + (f"@{kept['party']}" if "party" in kept else "")


def _stand(calendar: Calendar, kept: Mapping[str, Any]) -> str:
    """Say when a deadline is due, and when its rungs fire that have not."""
    due = _day(calendar, kept["due"]) if kept["due"] is not None else kept["status"]
    rungs = [
        f"{rung['at']} {_day(calendar, rung['instant'])}"
        for rung in kept["rungs"]
        if rung["at"] not in {"due", *kept["fired"]} and rung.get("instant") is not None
    ]
    return f"{_key(kept)} {due}" + (f", {', '.join(rungs)}" if rungs else "")


def _day(calendar: Calendar, instant: Instant) -> str:
    """Show an instant as a day where it is the end of one."""
    return due_day(calendar, instant).removesuffix(" 24:00")


def _offered(status: ActionStatus) -> str:
    """Say on what of its form an act still hangs, which ids it takes, and whether it asks for a reason; or why it is refused."""
    if not status.allowed:
        return f" ✗ {' '.join(sorted({_code(each) for each in status.refusals}))}"
    hangs = f" if {' '.join(status.depends_on)}" if status.depends_on else ""
    takes = f" of {plain(status.choices)}" if status.choices else ""
    return hangs + takes + {"required": " with a reason", "optional": " with or without a reason"}.get(status.reason or "", "")


def _code(refusal: Refusal) -> str:
    """Give the code of a refusal with the facts behind it that are no words."""
    said = {plain(refusal.facts[fact]): None for fact in SAID if fact in refusal.facts}
    return " ".join([refusal.code, *said])
