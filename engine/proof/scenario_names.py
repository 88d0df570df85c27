"""The names a scenario may use, taken from its workflow: states, acts, roles, data, deadlines, rungs, codes of refusals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from engine.core.case import CLOCK
from engine.core.compiled import Process
from engine.core.ledger import Status
from engine.definition.declared_settings import chosen
from engine.definition.process import OUTCOMES, ROOT, Transition, Trigger
from engine.definition.rung_times import parse_rung_time
from engine.definition.source import Path
from engine.definition.state_names import by_ending
from engine.errors import did_you_mean
from engine.proof.scenario_model import NONE, START, Who
from engine.proof.scenario_shapes import ChildShape, TaskShape, ThenShape

CODES = (
    *("unknown_action", "not_here", "ended", "wrong_role", "not_bound", "duty_conflict", "limit_reached", "missing_field", "invalid_field"),
    *("reason_required", "guard_failed", "guard_undefined", "missing_data", "missing_document", "awaiting_parties", "not_asked"),
    *("already_asked", "no_branch", "not_on_roll", "already_voted", "own_matter", "ballot_closed", "too_late", "pick_out_of_range"),
    *("unsettled", "bad_time", "already_entered"),
)
"""What the engine itself refuses with; a workflow's `refuse` adds its own."""

DUE_WORDS = (NONE, *Status)
"""What may stand in `due` instead of a day: there is none, or how it stands or ended."""

LOCAL_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]([01][0-9]|2[0-3]):[0-5][0-9])?")
ANYONE = "anyone"


class Report(Protocol):
    """Takes a problem."""

    def __call__(self, rule: str, message: str, path: Sequence[str | int], *, at_key: bool = False) -> None:
        """Note a problem at a place of the scenario."""
        ...


class Names:
    """Looks names up, gives them in full, and reports those that mean nothing, with what may have been meant."""

    def __init__(self, process: Process, report: Report) -> None:
        self.process, self.report = process, report
        definition = process.definition
        self._states = by_ending(path for path in process.states if path != ROOT)
        self._deadlines = by_ending(definition.deadlines)
        self._acts = {spec.name for spec in process.transitions.values() if spec.trigger is Trigger.ACT} | {START}
        self._codes = {*CODES, *(spec.refuse.code for spec in all_transitions(process) if spec.refuse is not None)}

    def state(self, name: str, path: Path) -> str:
        """Give a state's full path: a path, or the end of one that no other state has."""
        return self._states.get(name) or self._unknown("state", name, self._states, path)

    def deadline(self, name: str, path: Path, *, at_key: bool = False) -> str:
        """Give a deadline's full name."""
        return self._deadlines.get(name) or self._unknown("deadline", name, self._deadlines, path, at_key=at_key)

    def act(self, name: str, path: Path) -> str:
        """Check that there is an act of that name."""
        return name if name in self._acts else self._unknown("act", name, self._acts, path, at_key=True)

    def who(self, who: Who, path: Path) -> Who:
        """Check that there is such a role."""
        roles = self.process.definition.roles
        if who.role not in roles and who.role not in (ANYONE, CLOCK):
            self._unknown("role", who.role, [*roles, ANYONE], path)
        return who

    def items(self, data: Mapping[str, Any], path: Path, also: Iterable[str] = ()) -> None:
        """Check that there are such data items. ``also``: what else may have been meant."""
        for name in data.keys() - self.process.definition.data.keys():
            self._unknown("data item", name, [*self.process.definition.data, *also], (*path, name), at_key=True)

    def filled(self, act: str, data: Mapping[str, Any], path: Path) -> None:
        """Check that what an act is filled in with are data items, or fields of the act's own."""
        own = {field for spec in all_transitions(self.process) if spec.name == act for field in spec.own}
        self.items({name: value for name, value in data.items() if name not in own}, path, own)

    def other(self, kind: str, name: str, path: Path) -> str:
        """Give the workflow of a group of children, of what is at the other end of a link, or of the parent, which is named."""
        definition = self.process.definition
        if kind == "parent":
            return name
        if kind == "children" and name in definition.groups:
            return definition.groups[name].workflow
        if kind == "links" and name in definition.links:
            return definition.links[name].workflows[0]
        known = definition.groups if kind == "children" else definition.links
        return self._unknown("group of children" if kind == "children" else "link", name, known, path)

    def codes(self, codes: Iterable[str], path: Path) -> tuple[str, ...]:
        """Check that something can be refused with these codes."""
        given = tuple(codes)
        for n, code in enumerate(given):
            if code not in self._codes:
                self._unknown("refusal", code, self._codes, (*path, n))
        return given

    def settings(self, given: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
        """Check settings by their names and kinds and give them in canonical form."""
        known, values = self.process.definition.settings, dict[str, Any]()
        for name, value in given.items():
            here = (*path, name)
            if name not in known:
                self._unknown("setting", name, known, here, at_key=True)
                continue
            try:
                values[name] = chosen(known[name], value, self.process.definition.languages[0])
            except ValueError as error:
                self.report("scenario.value", f"`{name}`: {error}", here)
        return values

    def expected(self, shape: ThenShape, path: Path) -> Mapping[str, Any]:
        """Give what must hold, key by key, with every name in full."""
        found: dict[str, Any] = {}
        if shape.links is not None:
            found["links"] = shape.links
            for name in shape.links:
                self.other("links", name, (*path, "links", name))
        if shape.children is not None:
            found["children"] = {name: self.children(name, those, (*path, "children", name)) for name, those in shape.children.items()}
        if shape.in_ is not None:
            found["in"] = [self.state(each, (*path, "in", n)) for n, each in enumerate(shape.in_)]
        if shape.refused is not None:
            found["refused"] = self.codes(shape.refused, (*path, "refused"))
        if shape.rungs is not None:
            found["rungs"] = [self.rung(each, (*path, "rungs", n)) for n, each in enumerate(shape.rungs)]
        if shape.due is not None:
            named = {name: self.deadline(name, (*path, "due", name), at_key=True) for name in shape.due}
            found["due"] = {named[name]: self.day(value, (*path, "due", name)) for name, value in shape.due.items()}
        if shape.data is not None:
            self.items(shape.data, (*path, "data"))
            found["data"] = shape.data
        if shape.outcome is not None:
            if shape.outcome not in (*OUTCOMES, NONE):
                self._unknown("outcome", shape.outcome, (*OUTCOMES, NONE), (*path, "outcome"))
            found["outcome"] = shape.outcome
        if shape.number is not None:
            found["number"] = shape.number
        if shape.notified is not None:
            found["notified"] = [told for n, each in enumerate(shape.notified) for told in self.recipients(each, (*path, "notified", n))]
        if shape.published is not None:
            found["published"] = {
                self.shown(what, (*path, "published", what)): self.audience(to, (*path, "published", what))
                for what, to in shape.published.items()
            }
        if shape.tasks is not None:
            found["tasks"] = [self.task(each, (*path, "tasks", n)) for n, each in enumerate(shape.tasks)]
        if shape.allowed is not None:
            found["allowed"] = {role: self.acts(role, acts, (*path, "allowed", role)) for role, acts in shape.allowed.items()}
        return found

    def acts(self, role: str, acts: Iterable[str], path: Path) -> list[str]:
        """Check the acts that somebody in a role may take."""
        self.who(Who(role), path)
        return [self.act(act, (*path, n)) for n, act in enumerate(acts)]

    def rung(self, text: str, path: Path) -> tuple[str, str]:
        """Read ``DEADLINE: AT``."""
        name, _, at = text.partition(":")
        deadline = self.deadline(name.strip(), path)
        known = [rung.at.text for rung in self.process.definition.deadlines[deadline].rungs] if deadline in self._deadlines.values() else []
        try:
            at = parse_rung_time(at.strip()).text
        except ValueError as error:
            self.report("scenario.value", f"expected a rung like 'decide: 80 %', got {text!r}: {error}", path)
            return deadline, at
        if known and at not in known:
            self.report("scenario.unknown_name", f"deadline {deadline!r} has no rung at {at!r}; it has {', '.join(known)}", path)
        return deadline, at

    def day(self, text: str, path: Path) -> str:
        """Check a local day, a local time, or a word for how a deadline stands."""
        if text in DUE_WORDS:
            return str(text)
        try:
            if LOCAL_DAY.fullmatch(text):
                date.fromisoformat(text[:10])
                return text.replace("T", " ")
        except ValueError:
            pass
        wanted = f"a day like '2026-03-09', a time like '2026-03-09 17:30', or one of {', '.join(DUE_WORDS)}"
        self.report("scenario.value", f"expected {wanted}; got {text!r}", path)
        return text

    def recipients(self, told: str | Mapping[str, str], path: Path) -> list[tuple[str, str | None]]:
        """Check a role that was told something, or the word initiator; with the person or unit where that is said."""
        roles = [*self.process.definition.roles, "initiator"]
        named: Mapping[str, str | None] = {told: None} if isinstance(told, str) else told
        for name in named:
            if name not in roles:
                self._unknown("role", name, roles, path)
        return list(named.items())

    def children(self, group: str, those: Mapping[str, str | ChildShape], path: Path) -> Mapping[str, ChildShape]:
        """Check a group of children and what it reads of them."""
        self.other("children", group, path)
        known = self.process.definition.groups[group].read if group in self.process.definition.groups else ()
        found = {key: ChildShape.model_validate({"in": child}) if isinstance(child, str) else child for key, child in those.items()}
        for key, child in found.items():
            for name in child.data or ():
                if name not in (items := [item.id for item in known]):
                    self._unknown(f"item that `{group}` reads", name, items, (*path, key, "data", name), at_key=True)
        return found

    def shown(self, name: str, path: Path) -> str:
        """Check what can be published: a data item, a document, a link or an indicator."""
        definition = self.process.definition
        known = [*definition.data, *definition.documents, *definition.links, *definition.indicators]
        return name if name in known else self._unknown("data item or document", name, known, path, at_key=True)

    def audience(self, names: Iterable[str], path: Path) -> list[str]:
        """Check to whom something was published: roles, the website, or what an item of tags says."""
        known = [*self.process.definition.roles, "website", *(f"data.{item}" for item in self.process.definition.data)]
        return [name if name in known else self._unknown("role", name, known, (*path, n)) for n, name in enumerate(names)]

    def task(self, task: str | TaskShape, path: Path) -> tuple[str | None, str]:
        """Give kind and role of a task; without a kind any will do."""
        if isinstance(task, str):
            return None, self.who(Who(task), path).role
        ((kind, role),) = task.model_dump(exclude_none=True).items()
        return kind, self.who(Who(role), (*path, kind)).role

    def _unknown(self, what: str, name: str, known: Iterable[str], path: Path, *, at_key: bool = False) -> str:
        names = list(known)
        way_out = did_you_mean(name, names) or (f"; there is {', '.join(sorted(names))}" if 0 < len(names) <= 12 else "")
        message = f"there is no {what} {name!r} in {self.process.definition.workflow!r}{way_out}"
        self.report("scenario.unknown_name", message, path, at_key=at_key)
        return name


def all_transitions(process: Process) -> Iterable[Transition]:
    """Give every transition of a process, and the opening, which is one too."""
    yield from process.transitions.values()
    if process.opening is not None:
        yield process.opening
