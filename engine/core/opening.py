"""Opening a case: by staff with the start form, or by another case or a schedule without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from engine.clock import Instant
from engine.core import refusals as say
from engine.core.case import CASE_ROLE, CLOCK, Actor, Case
from engine.core.chain import GENESIS
from engine.core.command import Open, OpenRelated
from engine.core.compiled import Process, into
from engine.core.decision import Outcome, Refused
from engine.core.gates import Request
from engine.core.interpreter import Run
from engine.core.machine import Chosen
from engine.core.undecidable import evaluated
from engine.core.world import World
from engine.definition.canonical import Invalid
from engine.definition.process import ROOT, Branch, Transition
from engine.definition.schedules import OCCURRENCE, Schedule
from engine.definition.shapes import canonicaliser
from engine.errors import Refusal


def open_case(process: Process, command: Open, now: Instant, world: World) -> Outcome:
    """Open a case: check the start form, enter the initial states, settle."""
    spec = process.opening
    if spec is None:
        return Refused((say.unknown_action("start", ()),))
    case = new_case(process, command.org, command.case_id, command.actor.id, command.occurred_at or now, now, command.client_ref)
    run = Run(process, case, now, command.occurred_at or now, Request(command.actor, command.data, command.reason, world=world))
    begin_with(run, command.settings)
    gates = run.gates()
    answer = gates(spec)
    if isinstance(answer, tuple):
        return Refused(answer)
    run.role = gates.roles[spec.id]
    run.set_data(gates.forms[spec.id])
    enter(run, spec, answer)
    return run.decision("open", "start", command.reason)


def open_related(process: Process, command: OpenRelated, now: Instant, world: World) -> Outcome:
    """Open a case for another one or for a schedule: with the data that it gives, in the state that it names."""
    case = new_case(process, command.org, command.case_id, command.opened_by, now, now, None)
    by_case = command.sender is not None
    actor = Actor(command.opened_by, frozenset({CASE_ROLE if by_case else CLOCK}), command.org)
    run = Run(process, case, now, now, Request(actor, world=world))
    run.role = CASE_ROLE if by_case else CLOCK
    begin_with(run, command.settings)
    if command.origin:
        run.draft.replace("origin", command.origin)
    if command.sender is not None:
        run.notes["from"] = command.sender.noted()
    if command.at is not None:
        run.notes["at"] = command.at
    values, faults = given_data(process, run, command.data)
    if command.at is not None and command.at not in process.states:
        faults.append(say.unknown_fact("state", command.at, process.definition.states))
    if faults:
        return Refused(tuple(faults))
    run.set_data(values)
    if command.tie is not None and command.sender is not None:
        link, wants = command.tie
        run.links.tie(link, command.sender.org, command.sender.case_id, wants=wants)
    spec = process.entering if command.at is None else replace(process.entering, branches=into(command.at))
    enter(run, spec, spec.branches[0])
    return run.decision("open", "start", None)


def new_case(process: Process, org: str, case_id: str, opened_by: str, opened_at: Instant, now: Instant, client_ref: str | None) -> Case:
    """Give a case before its first event."""
    definition = process.definition
    return Case(
        org=org,
        id=case_id,
        workflow=definition.workflow,
        definition_version=definition.version,
        digest=definition.digest,
        configuration=(),
        snapshot={},
        version=0,
        seq=0,
        head=GENESIS,
        opened_at=opened_at,
        opened_by=opened_by,
        updated_at=now,
        client_ref=client_ref,
    )


def begin_with(run: Run, settings: Mapping[str, Any]) -> None:
    """Write the settings that differ, and the defaults of the data."""
    if settings:
        run.draft.replace("settings", settings)
    defaults = {item.id: item.default for item in run.process.definition.data.values() if item.default is not None}
    if defaults:
        run.set_data(defaults)


def enter(run: Run, spec: Transition, way: Branch) -> None:
    """Ask what is to be asked at opening, enter the first states, and settle."""
    run.ask(run.process.asked_at_opening)
    run.compute()
    run.ledgers.enter(run.states[ROOT])
    run.take([Chosen(spec, way)], "act:start")
    run.settle()


def given_data(process: Process, run: Run, data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Refusal]]:
    """Check what another case gives: it was typed when its workflow was published, but this one may have changed since."""
    values, faults = dict[str, Any](), list[Refusal]()
    settings = {**process.settings, **run.draft.section("settings")}
    for name, value in data.items():
        item = process.definition.data.get(name)
        if item is None:
            faults.append(say.unknown_fact("data item", name, process.definition.data))
        elif item.compute is None:
            try:
                values[name] = canonicaliser(item.type)(value, settings)
            except Invalid as error:
                faults.append(say.invalid_item(item, error.texts))
    return values, faults


def scheduled_data(process: Process, schedule: Schedule, day: date, at: Instant) -> dict[str, Any]:
    """Give the data with which a case opens that nobody opens. Raises Undecidable."""
    case = new_case(process, "", "", CLOCK, at, at, None)
    run = Run(process, case, at, at, Request(Actor(CLOCK, frozenset({CLOCK}), "")))
    given = {OCCURRENCE: {"date": day.isoformat()}}
    return {name: evaluated(expression, run.view(), given) for name, expression in schedule.given}
