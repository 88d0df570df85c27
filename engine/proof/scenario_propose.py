"""Scenarios for what no scenario shows yet: for each state, action, branch, guard and rung left, a way there as YAML ready to keep.

A proposal says what the workflow does, not what it should do: whoever keeps it has read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from engine.clock import Instant
from engine.core.compiled import Process
from engine.core.decision import Refused
from engine.proof.scenario_coverage import Coverage, Item, observed, observed_refusal
from engine.proof.scenario_goals import Taken, showing
from engine.proof.scenario_model import Who
from engine.proof.scenario_paths import Finder, NotFound
from engine.proof.scenario_play import Played, Position, local, play

WIDE = 1_000_000
"""No line is folded: each step stands on one."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A scenario for one item; ``shows``: all that it shows and no scenario did. ``text`` is YAML, an entry of a list."""

    item: Item
    name: str
    text: str
    shows: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class NoWay:
    """An item no way was found to, and how hard it was tried."""

    item: Item
    name: str
    why: str
    exhausted: bool


def propose(
    coverage: Coverage, at: Instant, effort: int, *, told: Callable[[int, int], None] = lambda _done, _all: None
) -> tuple[list[Proposal], list[NoWay]]:
    """Look for a way to everything that was not seen, opened ``at`` an instant. ``told``: how far it has come, for a progress bar.

    What the way to one item shows on the way needs no way of its own.
    """
    proposals: list[Proposal] = []
    lost: list[NoWay] = []
    finder = Finder(coverage.process, {}, {}, effort)
    missing, seen = coverage.missing, set(coverage.seen)
    for done, item in enumerate(missing):
        told(done, len(missing))
        if item in seen:
            continue
        found = way_to(finder, Position(None, at), item)
        if isinstance(found, NotFound):
            lost.append(NoWay(item, coverage.named(item), found.why, found.exhausted))
            continue
        walked = walk(finder, Position(None, at), found)
        new = tuple(each for each in missing if each in walked.shown and each not in seen)
        seen |= walked.shown
        proposals.append(Proposal(item, coverage.named(item), written(coverage, item, at, found, walked), new))
    told(len(missing), len(missing))
    return proposals, lost


def way_to(finder: Finder, start: Position, item: Item) -> tuple[Taken, ...] | NotFound:
    """Find a way to an item. A budget is spent by taking its branch again and again, each time the shortest way."""
    if item.way != "spent":
        return finder.find(start, showing(finder.process, item))
    way: tuple[Taken, ...] = ()
    budget = next(b.cycles.at_most for s in finder.process.transitions.values() for b in s.branches if b.id == item.id and b.cycles)
    for number in range(budget + 1):
        part = finder.find(walk(finder, start, way).position, showing(finder.process, Item("branch", item.id) if number < budget else item))
        if isinstance(part, NotFound):
            return part
        way += part
    return way


@dataclass(slots=True)
class Walked:
    """Where a way led, and all that it showed."""

    position: Position
    shown: set[Item]
    latest: list[Played]
    fired: list[str]


def walk(finder: Finder, start: Position, way: Iterable[Taken]) -> Walked:
    """Go a way that was found."""
    walked = Walked(start, set(), [], [])
    for taken in way:
        before = walked.position
        walked.latest = list(taken.play(finder.process, before, finder.settings))
        for played in walked.latest:
            walked.shown |= observed(finder.process, played)
            if played.decision.rung is not None:
                walked.fired.append(f"{played.decision.action}: {played.decision.rung.rung}")
        if taken.refused:
            command = taken.command(finder.process, before, finder.settings)
            outcome = play(finder.process, before, command)
            if isinstance(outcome, Refused):
                walked.shown |= observed_refusal(finder.process, before, command, outcome)
        walked.position = walked.latest[-1].after if walked.latest else before
        if taken.until is not None:
            walked.position = walked.position._replace(now=taken.until)
    return walked


# --- writing --------------------------------------------------------------------------------------------------------


def written(coverage: Coverage, item: Item, at: Instant, way: tuple[Taken, ...], walked: Walked) -> str:
    """Write a way as a scenario."""
    process = coverage.process
    given = {"workflow": process.definition.workflow, "at": local(process.calendar, at)}
    lines = [f"- name: {inline(f'{item.kind} {coverage.named(item)}')}", f"  given: {inline(given)}", "  when:"]
    lines += [f"    - {inline(step(process, taken))}" for taken in way]
    lines.append(f"  then: {inline(outcome(walked, way[-1].refused))}")
    return "\n".join(lines) + "\n"


def step(process: Process, taken: Taken) -> Mapping[str, Any]:
    """Write one step as a map with one key."""
    if taken.until is not None:
        return {"wait": {"until": local(process.calendar, taken.until)}}
    assert taken.who is not None
    facts: dict[str, Any] = {"by": by(taken.who)}
    if taken.data:
        facts["data"] = dict(taken.data)
    if taken.reason is not None:
        facts["reason"] = taken.reason
    if taken.refused:
        facts["refused"] = list(taken.refused)
    return {taken.name: facts["by"] if facts.keys() == {"by"} and isinstance(facts["by"], str) else facts}


def by(who: Who) -> str | dict[str, str]:
    """Write who acts: the role alone where that is enough."""
    given = {key: value for key, value in zip(("role", "person", "unit"), who, strict=True) if value is not None}
    return who.role if given.keys() == {"role"} else given


def outcome(walked: Walked, refused: tuple[str, ...]) -> dict[str, Any]:
    """Write what a way led to."""
    case = walked.position.case
    if case is None:
        return {"refused": list(refused)}
    facts: dict[str, Any] = {"in": list(case.configuration)}
    if case.outcome is not None:
        facts["outcome"] = case.outcome
    if walked.fired:
        facts["rungs"] = list(walked.fired)
    return facts


def inline(value: Any) -> str:
    """Write a value on one line of YAML."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=WIDE)
    return text.removesuffix("\n").removesuffix("\n...")
