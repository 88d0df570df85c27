"""The chronicle of a scenario: all that happened while it was played, and what people saw, in lines that a designer can read.

A scenario says what must hold. Its chronicle is written by the tool and kept beside it; whatever later goes another way shows as a line
that differs. It tells what happens in the scenario and nothing else of the file; titles are left out, so that a better wording is no
difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.clock import Instant
from engine.core.actions import ActionStatus, action_status
from engine.core.case import CLOCK, EMPTY, Draft
from engine.core.command import Command, Fire
from engine.core.compiled import Process
from engine.core.decision import DeadlineChange, Decision, Refused
from engine.core.gates import Gates, Request
from engine.definition.forms import Form
from engine.definition.json_schemas import of_type
from engine.definition.process import Setting
from engine.definition.terms import Term
from engine.proof.scenario_model import START, Who
from engine.proof.scenario_names import ANYONE
from engine.proof.scenario_play import Position, actor, due_day, local

TOLD_ELSEWHERE = frozenset(
    {"deadlines", "tasks", "counters", "acts", "since", "recent", "entered", "ended", "previous", "actors", "announced"}
)
"""Sections of the delta that follow from what other lines say."""
DATED = frozenset({"armed", "extended", "resumed", "recomputed"})
"""What happens to a deadline and gives it other dates."""
WORDS = frozenset({"title", "description", "oneOf"})
"""Keys of a form's JSON Schema that hold wording; the options stand in `enum` too."""


LONGEST, SHOWN = 120, 80
"""Characters of a value that are shown, and how many of one that is longer."""


@dataclass(slots=True)
class Chronicle:
    """The lines of one scenario, and the forms that were seen in it, each with its act."""

    lines: list[str] = field(default_factory=list)
    forms: set[tuple[str, str]] = field(default_factory=set)
    _offers: Mapping[str, str] = field(default_factory=dict)

    def stands(self, process: Process, position: Position) -> None:
        """Tell where the case stands when the scenario begins: its data, terms and tasks, and what may be done."""
        case = position.case
        if case is None:
            return
        self._add(f"{local(process.calendar, position.now)} stands in {', '.join(case.configuration)}")
        self.lines += (f"  data {name} {_json(value)}" for name, value in sorted(case.data.items()))
        for ledger in case.snapshot.get("deadlines", EMPTY).values():
            self._add(f"  {ledger['name']} {ledger['status']}{_dates(process, ledger)}")
        for task in case.snapshot.get("tasks", EMPTY).values():
            self._add(f"  task for {_task(task)}")
        self.offers(process, position)

    def happened(self, process: Process, command: Command, decision: Decision, *, mine: bool) -> None:
        """Tell one command that was taken; of another case, ``mine`` False, only that it was and where it led."""
        when = local(process.calendar, decision.occurred_at)
        where = ", ".join(decision.case.configuration)
        if not mine:
            self._add(f"  {decision.case.workflow}: {decision.action} → {where}")
            return
        self._add(f"{when} {_act(command, decision)} → {where}")
        for line in _told(process, decision):
            self._add(f"  {line}")

    def refused(self, process: Process, position: Position, name: str, outcome: Refused) -> None:
        """Tell a try that was refused, with every reason and its facts."""
        reasons = ", ".join(f"{reason.code} {_json(reason.facts)}" if reason.facts else reason.code for reason in outcome.refusals)
        self._add(f"{local(process.calendar, position.now)} {name} refused: {reasons}")

    def opens(self, process: Process, settings: Mapping[str, Any]) -> None:
        """Keep the form by which the case is opened, and what a body may set for it."""
        for setting in process.definition.settings.values():
            self.forms.add((f"{process.definition.workflow}.settings.{setting.id}", _setting(setting)))
        opening = process.definition.start
        if opening is not None and opening.form is not None:
            self._saw(f"{process.definition.workflow}.{START}", opening.form, settings)

    def offers(self, process: Process, position: Position) -> None:
        """Tell what may be done where the case stands, by whom, and what is asked for; only where that is another than before."""
        offers = dict(self._offered(process, position))
        self.lines += (f"  may {name}: {text}" for name, text in offers.items() if self._offers.get(name) != text)
        if gone := [name for name in self._offers if name not in offers]:
            self._add(f"  may not {', '.join(gone)}")
        self._offers = offers

    def _offered(self, process: Process, position: Position) -> Iterator[tuple[str, str]]:
        case = position.case
        if case is None:
            return
        gates: dict[str, Gates] = {}
        for name in process.acts_at(case.configuration):
            found: list[str] = []
            status: ActionStatus | None = None
            for role in dict.fromkeys(role for spec in process.specs_at(case.configuration, name) for role in spec.by):
                if role == CLOCK:
                    found.append(role)
                    continue
                if role not in gates:
                    person = actor(process, position, Who(role if role != ANYONE else ANYONE))
                    request = Request(person, listing=True, world=position.world())
                    gates[role] = Gates(process, case, Draft(case.snapshot), case.configuration, position.now, request)
                status = action_status(process, case, gates[role], name)
                found.append(f"{role}{_status(status)}")
            if status is not None and status.form is not None:
                self._saw(f"{case.workflow}.{name}", status.form, next(iter(gates.values())).settings)
            reason = f" [reason {status.reason}]" if status is not None and status.reason else ""
            yield name, f"{', '.join(found)}{reason}"

    def _saw(self, act: str, form: Form, settings: Mapping[str, Any]) -> None:
        fields = _fields(form.json_schema("zh-CN", settings))
        self.forms.add((act, ", ".join(fields)))
        self.forms.update((f"{act}.{name.removesuffix('?')}", _json(kind)) for name, kind in fields.items())

    def _add(self, line: str) -> None:
        self.lines.append(line)


def _act(command: Command, decision: Decision) -> str:
    if isinstance(command, Fire):
        return f"{CLOCK}: {decision.action}: {command.rung}"
    by = decision.actor_id + (f" as {decision.role}" if decision.role not in ("", decision.actor_id) else "")
    return f"{decision.action} by {by}"


def _told(process: Process, decision: Decision) -> Iterator[str]:
    """Tell what a decision did, each thing with a line of its own."""
    taken = [branch for step in decision.steps for branch in step.taken]
    if len(taken) > 1 or not all(branch.endswith(f"/act:{decision.action}#0") for branch in taken):
        yield f"took {', '.join(taken)}"
    for section, changes in sorted(decision.delta.items()):
        if section not in TOLD_ELSEWHERE:
            yield from (f"{section} {key} {_json(value)}" for key, value in sorted(changes.items()))
    for change in decision.deadlines:
        yield _deadline(process, change)
    for moved in decision.tasks:
        yield f"task {moved.op} for {_task(moved.task)}"
    if decision.notify:
        yield f"tells {'; '.join(_json(notice) for notice in decision.notify)}"
    for each in decision.published:
        yield f"publishes {_json(each)}"
    for sent in decision.messages:
        yield f"sends {sent.kind} {_json(_without_ids(sent.body))}"
    if decision.number is not None:
        yield f"number {decision.number.format} of {decision.number.series} {decision.number.period or 'ever'}"
    if decision.notes:
        yield f"notes {_json(decision.notes)}"
    if decision.case.outcome is not None:
        yield f"outcome {decision.case.outcome}"


def _deadline(process: Process, change: DeadlineChange) -> str:
    dates = _dates(process, change.ledger) if change.op in DATED else ""
    period = f" #{change.ledger['period']['number']}" if "period" in change.ledger else ""
    party = f" of {change.ledger['party']}" if "party" in change.ledger else ""
    return f"{change.name}{period}{party} {change.op}{dates}"


def _dates(process: Process, ledger: Mapping[str, Any]) -> str:
    """Give when it is due, and when its rungs are; a day stands for the end of that day."""
    due = ledger.get("due")
    rungs = [f", {rung['at']} {_day(process, rung['instant'])}" for rung in ledger["rungs"] if rung.get("instant", due) != due]
    return (f" due {_day(process, due)}" if due is not None else "") + "".join(rungs)


def _day(process: Process, instant: Instant) -> str:
    return due_day(process.calendar, instant).removesuffix(" 24:00")


def _task(task: Mapping[str, Any]) -> str:
    return " ".join(str(value) for key, value in sorted(task.items()) if key != "opened_at")


def _status(status: ActionStatus) -> str:
    if status.allowed:
        depends = f" if {', '.join(status.depends_on)}" if status.depends_on else ""
        return depends + (f" of {_json(status.choices)}" if status.choices else "")
    return f" not: {', '.join(reason.code for reason in status.refusals)}"


def _setting(setting: Setting) -> str:
    bounds = {} if setting.terms is None else {"least": str(setting.terms[0]), "most": str(setting.terms[1])}
    kept = {"must_have": setting.must_have} if setting.must_have else {}
    value = str(setting.value) if isinstance(setting.value, Term) else setting.value
    return _json(
        {
            "default": list(value) if isinstance(value, Mapping) else value,
            **_without_words(of_type(setting.kind, "zh-CN")),
            **bounds,
            **kept,
        }
    )


def _fields(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of an object's schema, those that may stay empty with a question mark."""
    required = schema.get("required", ())
    return {name if name in required else f"{name}?": _without_words(kind) for name, kind in schema["properties"].items()}


def _without_words(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_words(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return _fields(schema) if "properties" in schema else {key: _without_words(value) for key, value in schema.items() if key not in WORDS}


def _without_ids(body: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out ids that are made from where a case stands in its trail."""
    return {key: value for key, value in body.items() if key not in {"at", "seq"}}


def _json(value: Any) -> str:
    """Write a value on one line. Of a long one the beginning is shown, and a digest in which every other part shows too."""
    written = orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    text = written.decode()
    return text if len(text) <= LONGEST else f"{text[:SHOWN]}… {hashlib.sha256(written).hexdigest()[:12]}"


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, Iterable) else str(value)
