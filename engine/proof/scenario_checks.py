"""What must hold, compared with what does: each key of `then` with its own question to the case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.core.actions import list_actions
from engine.core.case import EMPTY, Case, Draft
from engine.core.compiled import Process
from engine.core.decision import Decision
from engine.core.ledger import live_of
from engine.core.relations import children_of, links_of
from engine.definition.source import Path
from engine.proof.scenario_model import FAILED, NONE, Who
from engine.proof.scenario_play import Position, actor, bound_to_now, due_day
from engine.proof.scenario_shapes import ChildShape

ABSENT = "(empty)"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the scenario says, with its place in the scenario and the rule it breaks. Values are plain JSON."""

    path: Path
    what: str
    expected: Any
    got: Any
    rule: str = FAILED


@dataclass(frozen=True, slots=True)
class Moment:
    """What a `then` asks about: the case now, what happened at the last step, and the rungs that fired since the scenario began."""

    process: Process
    position: Position
    refused: tuple[str, ...]
    latest: tuple[Decision, ...]
    fired: tuple[tuple[str, str], ...]

    @property
    def case(self) -> Case:
        """The case; a `then` about a case that was never opened asks about its refusal only."""
        assert self.position.case is not None
        return self.position.case


def check(moment: Moment, expected: Mapping[str, Any], path: Path) -> list[Difference]:
    """Compare all that is asked; give what differs, by the keys of `then`."""
    found: list[Difference] = []
    for key, value in expected.items():
        if key != "refused" and moment.position.case is None:
            found.append(Difference((*path, key), key, value, "the case was not opened"))
        else:
            found += _CHECKS[key](moment, value, (*path, key))
    return found


def _differs(path: Path, what: str, expected: Any, got: Any, *, same: bool | None = None) -> list[Difference]:
    return [] if (expected == got if same is None else same) else [Difference(path, what, expected, got)]


def _in(moment: Moment, states: list[str], path: Path) -> list[Difference]:
    active = moment.process.tree.active(moment.case.configuration)
    return _differs(path, "in", states, list(moment.case.configuration), same=active.issuperset(states))


def _refused(moment: Moment, codes: tuple[str, ...], path: Path) -> list[Difference]:
    return _differs(path, "refused", sorted(codes), sorted(moment.refused))


def _rungs(moment: Moment, rungs: list[tuple[str, str]], path: Path) -> list[Difference]:
    return _differs(path, "rungs", [f"{name}: {at}" for name, at in rungs], [f"{name}: {at}" for name, at in moment.fired])


def _due(moment: Moment, due: Mapping[str, str], path: Path) -> list[Difference]:
    found: list[Difference] = []
    for name, expected in due.items():
        got = _how_due(moment, name, expected)
        found += _differs((*path, name), f"due {name}", expected, got)
    return found


def _how_due(moment: Moment, name: str, expected: str) -> str:
    """Say when a deadline is due, or how it stands or ended, in the form in which it was asked; of periods, the oldest open one."""
    snapshot = moment.case.snapshot
    kept = next(iter(live_of(snapshot.get("deadlines", EMPTY), name)), None)
    if kept is None:
        ended = snapshot.get("ended", EMPTY).get(name)
        return NONE if ended is None or expected == NONE else str(ended[0])
    if expected[:1].isalpha():
        return str(kept["status"])
    if kept["due"] is None:
        return str(kept["status"])
    if len(expected) == len("2026-03-09"):
        return str(kept["due_date"])
    return _in_form_of(expected, due_day(moment.process.calendar, kept["due"]))


def _in_form_of(expected: str, day: str) -> str:
    """Midnight may be written as the end of a day or as the beginning of the next."""
    if day.endswith("24:00") and expected.endswith("00:00"):
        return f"{date.fromordinal(date.fromisoformat(day[:10]).toordinal() + 1)} 00:00"
    return day


def _data(moment: Moment, data: Mapping[str, Any], path: Path) -> list[Difference]:
    found: list[Difference] = []
    for name, expected in data.items():
        got = moment.case.data.get(name, ABSENT)
        plain = ABSENT if expected is None else plain_value(expected)
        found += _differs((*path, name), f"data.{name}", plain, got, same=same_value(plain, got))
    return found


def plain_value(value: Any) -> Any:
    """Give a value as the case keeps it: decimals as text."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: plain_value(each) for key, each in value.items()}
    return [plain_value(each) for each in value] if isinstance(value, list) else value


def same_value(expected: Any, got: Any) -> bool:
    """Say whether a value is the expected one. Of a record only the fields that are named count; 60 and 60.0 are one decimal.

    A row or another case is named by its id, as in a form.
    """
    if isinstance(expected, str) and isinstance(got, dict):
        return bool(got == {"id": expected})
    if isinstance(expected, dict) and isinstance(got, dict):
        return all(same_value(each, got.get(key, ABSENT)) for key, each in expected.items())
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(same_value, expected, got))
    if isinstance(expected, bool) or isinstance(got, bool) or expected == got:
        return type(expected) is type(got) and bool(expected == got)
    return is_number(expected) and is_number(got) and Decimal(expected) == Decimal(got)


def is_number(value: Any) -> bool:
    """Say whether a value is a number, or a decimal as the case keeps it."""
    return isinstance(value, int) or (isinstance(value, str) and value.removeprefix("-").replace(".", "", 1).isdecimal())


def _outcome(moment: Moment, outcome: str, path: Path) -> list[Difference]:
    return _differs(path, "outcome", outcome, moment.case.outcome or NONE)


def _number(moment: Moment, number: str, path: Path) -> list[Difference]:
    return _differs(path, "number", number, moment.case.number or NONE)


def _notified(moment: Moment, expected: list[tuple[str, str | None]], path: Path) -> list[Difference]:
    wanted, there = {role for role, _ in expected}, told(moment.latest)
    found = _differs(path, "notified", sorted(wanted), there)
    for role in wanted & {*there}:
        whom = sorted(who for name, who in expected if name == role and who is not None)
        if whom:
            found += _differs(path, f"notified {role}", whom, holders(moment, role))
    return found


def _published(moment: Moment, published: Mapping[str, list[str]], path: Path) -> list[Difference]:
    got: dict[str, list[str]] = {}
    for entry in (entry for decision in moment.latest for entry in decision.published):
        for what in entry["what"]:
            got[what] = sorted({*got.get(what, ()), *entry["to"]})
    return _differs(path, "published", {what: sorted(to) for what, to in published.items()}, got)


def told(decisions: Iterable[Decision]) -> list[str]:
    """Name who was told something, each once: the role, or the word initiator."""
    return sorted({_role(notice) for decision in decisions for notice in decision.notify})


def holders(moment: Moment, role: str) -> list[str]:
    """Name the persons or units of a role that were told something, of a superior whose; none where it is whoever holds the role."""
    declared = moment.process.definition.roles.get(role)
    if declared is not None and declared.superior_of is not None:
        return bound_to_now(moment.process, moment.position, declared.superior_of)
    notices = (notice for decision in moment.latest for notice in decision.notify if _role(notice) == role)
    return sorted({str(notice.get("person", notice.get("unit"))) for notice in notices if {"person", "unit"} & notice.keys()})


def _role(notice: Mapping[str, Any]) -> str:
    return str(notice.get("role", notice["as"]))


def _tasks(moment: Moment, tasks: list[tuple[str | None, str]], path: Path) -> list[Difference]:
    there = {(str(task["kind"]), str(task["role"])) for task in moment.case.snapshot.get("tasks", EMPTY).values()}
    wanted = {(kind, role) for kind, role in tasks}
    met = all(any(role == other and kind in (None, sort) for sort, other in there) for kind, role in wanted)
    asked_for = all(any(role == other and kind in (None, sort) for kind, role in wanted) for sort, other in there)
    expected = [role if kind is None else f"{kind} {role}" for kind, role in tasks]
    return _differs(path, "tasks", sorted(expected), sorted(f"{kind} {role}" for kind, role in there), same=met and asked_for)


def _allowed(moment: Moment, allowed: Mapping[str, list[str]], path: Path) -> list[Difference]:
    found: list[Difference] = []
    for role, acts in allowed.items():
        somebody = actor(moment.process, moment.position, Who(role))
        statuses = list_actions(moment.process, moment.case, somebody, moment.position.now, moment.position.world())
        got = sorted(status.name for status in statuses if status.allowed)
        found += _differs((*path, role), f"allowed {role}", sorted(acts), got)
    return found


def _children(moment: Moment, children: Mapping[str, Mapping[str, ChildShape]], path: Path) -> list[Difference]:
    found: list[Difference] = []
    for group, expected in children.items():
        draft = Draft(moment.case.snapshot)
        there, shared = children_of(draft, group), draft.section("shared")
        stand = {entry["key"]: where_stands(moment, case) for case, entry in there.items()}
        known = {entry["key"]: shared.get(case, EMPTY) for case, entry in there.items()}
        for key, child in expected.items():
            here, what, got = (*path, group, key), f"children {group} {key}", stand.get(key, NONE)
            if child.in_ is not None:
                found += _differs(here, what, child.in_, got, same=child.in_ in {got, got.partition(".")[0]})
            for name, value in (child.data or {}).items():
                told_of = known.get(key, EMPTY).get(name, ABSENT)
                wanted = ABSENT if value is None else plain_value(value)
                found += _differs((*here, "data", name), f"{what}: data.{name}", wanted, told_of, same=same_value(wanted, told_of))
        if stand.keys() - expected.keys():
            found += _differs((*path, group), f"children {group}", sorted(expected), sorted(stand))
    return found


def where_stands(moment: Moment, case: str) -> str:
    """Give the states another case is in."""
    other = moment.position.others.get(case)
    return NONE if other is None else ", ".join(other.configuration)


def _links(moment: Moment, links: Mapping[str, int], path: Path) -> list[Difference]:
    found: list[Difference] = []
    for name, expected in links.items():
        got = len(links_of(Draft(moment.case.snapshot), name))
        found += _differs((*path, name), f"links {name}", expected, got)
    return found


_CHECKS: Mapping[str, Callable[[Moment, Any, Path], list[Difference]]] = {
    "in": _in,
    "refused": _refused,
    "rungs": _rungs,
    "due": _due,
    "data": _data,
    "outcome": _outcome,
    "number": _number,
    "notified": _notified,
    "published": _published,
    "tasks": _tasks,
    "allowed": _allowed,
    "children": _children,
    "links": _links,
}
