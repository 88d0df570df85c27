"""Corrections: a wrong entry is set right by a new event that names it, never by an edit.

Data that are not dates are corrected at once. An outcome, the time of an act, and dates need a second person: the first event asks, a
later one by somebody else carries it out. Both stay in the trail.
"""

from __future__ import annotations

from typing import Any

from engine.clock import Instant, rfc3339
from engine.core import refusals as say
from engine.core.case import Case
from engine.core.command import Correct
from engine.core.compiled import Process
from engine.core.decision import Decision, Outcome, Refused
from engine.core.gates import Request
from engine.core.interpreter import Run
from engine.core.world import World
from engine.definition.canonical import Invalid
from engine.definition.cel_types import with_row_fields
from engine.definition.process import OUTCOMES, ProcessDefinition
from engine.definition.shapes import canonicaliser
from engine.errors import Refusal

DATES = ("date", "datetime")
COMPUTED = {say.ZH: "由系统计算得出，请更正其依据", say.EN: "is computed; correct what it is computed from"}


def correct(process: Process, case: Case, command: Correct, now: Instant, world: World) -> Outcome:
    """Decide a correction. Refused with every reason when it names nothing, an unknown item, a wrong value or needs another person."""
    run = Run(process, case, now, now, Request(command.actor, world=world))
    run.role = "corrector"
    if command.approves is not None:
        return approve(run, command)
    values, reasons = checked(process.definition, case, command)
    if reasons:
        return Refused(reasons)
    wanted: dict[str, Any] = {"corrects": command.seq}
    if values:
        wanted["items"] = sorted(values)
    if command.outcome is not None:
        wanted["outcome"] = command.outcome
    if command.occurred_at is not None:
        wanted["occurred_at"] = rfc3339(command.occurred_at)
    if needs_second_person(process.definition, command):
        run.draft.put("asked", f"correction:{run.seq}", pending(run, command, values))
        run.notes = {**wanted, "asked": True}
        return run.decision("correction", "correction", command.reason)
    return carried_out(run, values, None, wanted, command.reason)


def approve(run: Run, command: Correct) -> Outcome:
    """Carry out what somebody else has asked for."""
    key = f"correction:{command.approves}"
    asked = run.draft.get("asked", key)
    if asked is None:
        return Refused((say.unknown_fact("correction that waits for approval", str(command.approves)),))
    if asked["by"] == command.actor.id:
        return Refused((say.needs_second_person(),))
    run.draft.drop("asked", key)
    wanted: dict[str, Any] = {"corrects": asked["corrects"], "approves": command.approves}
    if asked["occurred_at"]:
        wanted["occurred_at"] = rfc3339(asked["occurred_at"])
    if asked["outcome"]:
        wanted["outcome"] = asked["outcome"]
    return carried_out(run, asked["data"], asked["outcome"] or None, wanted, command.reason)


def carried_out(run: Run, values: dict[str, Any], outcome: str | None, notes: dict[str, Any], reason: str) -> Decision:
    """Write the right values; computed items and deadlines that read them follow."""
    run.set_data(values)
    run.compute()
    run.notes = notes
    run.corrected_outcome = outcome
    return run.decision("correction", "correction", reason)


def pending(run: Run, command: Correct, values: dict[str, Any]) -> dict[str, Any]:
    """Give what is kept until another person decides."""
    return {
        "by": command.actor.id,
        "unit": command.actor.unit or "",
        "at": run.moment,
        "state": "",
        "corrects": command.seq,
        "data": values,
        "outcome": command.outcome or "",
        "occurred_at": command.occurred_at or 0,
        "reason": command.reason,
    }


def needs_second_person(definition: ProcessDefinition, command: Correct) -> bool:
    """Outcomes, times and dates are what statistics and terms hang on: four eyes."""
    dates = any(definition.data[item].type.name in DATES for item in command.data if item in definition.data)
    return dates or command.outcome is not None or command.occurred_at is not None


def checked(definition: ProcessDefinition, case: Case, command: Correct) -> tuple[dict[str, Any], tuple[Refusal, ...]]:
    """Check what is to be corrected; give the canonical values or all reasons."""
    reasons: list[Refusal] = []
    values: dict[str, Any] = {}
    if not 1 <= command.seq <= case.seq:
        reasons.append(say.unknown_fact("event of this case with seq", str(command.seq)))
    if not command.reason:
        reasons.append(say.reason_required())
    if not command.data and command.outcome is None and command.occurred_at is None:
        reasons.append(say.invalid_field("data", "请给出要更正的内容、结果或时间", "expected at least one of data, outcome, occurred_at"))
    if command.outcome is not None and command.outcome not in OUTCOMES:
        reasons.append(say.unknown_fact("outcome", command.outcome, OUTCOMES))
    if command.outcome is not None and not case.has_ended:
        reasons.append(say.invalid_field("outcome", "事项尚未办结", "the case has not ended"))
    for name, value in command.data.items():
        item = definition.data.get(name)
        if item is None:
            reasons.append(say.unknown_fact("data item", name, definition.data))
        elif item.compute is not None:
            reasons.append(say.invalid_item(item, COMPUTED))
        elif value is None:
            values[name] = None
        else:
            try:
                values[name] = canonicaliser(with_row_fields(item.type))(value, None)
            except Invalid as fault:
                reasons.append(say.invalid_item(item, fault.texts))
    return values, tuple(reasons)
