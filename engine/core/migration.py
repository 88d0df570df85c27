"""Migration: a running case moves to another version of its workflow, by a command like any other, and back by one more.

The case keeps its place under the new names, its data, its history and its memory; deadlines follow their policies. States that the
new version demands besides (the initial one of a state that has become compound, a further region) are entered now. Then it
settles. What has no place in the new version refuses the whole command, with every reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.clock import Instant
from engine.core import migration_refusals as say
from engine.core.bridge import Bridge, ends
from engine.core.case import EMPTY, UNRECORDED, Case, Configuration
from engine.core.command import Migrate, UndoMigration
from engine.core.compiled import Process
from engine.core.decision import Decision, Outcome, Refused, Step, TaskChange
from engine.core.gates import Request
from engine.core.interpreter import Run
from engine.core.migrated_ledgers import MigratedLedgers, RestoredLedgers
from engine.core.migrated_sections import SECTIONS
from engine.core.relations import is_running
from engine.core.world import World
from engine.definition.expressions import EvaluationFailed, MissingData
from engine.definition.process import ROOT, Kind, State
from engine.errors import Refusal

MIGRATOR = "migrator"
"""The role under which the trail has who moved a case."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands in the new version. ``kept`` it was in already, ``entered`` only the new version demands; outer ones first."""

    configuration: Configuration
    kept: tuple[State, ...]
    entered: tuple[State, ...]


def migrate(process: Process, case: Case, command: Migrate, now: Instant, world: World) -> Outcome:
    """Decide whether and how a case moves to a version. Refused with every reason when something of it has no place there."""
    made = command.bridge
    reasons = [*_not_movable(made, case)]
    if reasons:
        return Refused(tuple(reasons))
    place = _place(made, case)
    settings = {name: value for name, value in case.snapshot.get("settings", EMPTY).items() if name in process.definition.settings}
    data, reasons = _data(made, case, settings, command, now)
    if place is None:
        reasons.append(say.illegal_configuration([made.states[leaf] for leaf in case.configuration]))
    if place is None or reasons:
        return Refused(tuple(reasons))
    definition = process.definition
    to_be = case._replace(definition_version=definition.version, digest=definition.digest)
    run = Run(process, to_be, now, now, Request(command.actor, world=world))
    run.role = MIGRATOR
    run.ledgers = ledgers = MigratedLedgers(run, made, command.policy)
    _write(run, "settings", settings)
    _write(run, "data", data)
    for section, renamed in SECTIONS.items():
        if kept := case.snapshot.get(section):
            _write(run, section, renamed(made, kept))
    run.configuration = place.configuration
    _note_entries(run, place)
    run.compute()
    ledgers.carry()
    ledgers.arm_new(place.kept)
    run.parties.invite_new(place.kept, made.old.definition.parties)
    run.children.open_new(place.kept, made.old.definition.groups)
    run.ballots.open_new(place.kept, made.old.definition.ballots)
    _enter(run, place.entered)
    ledgers.pause_and_resume()
    run.compute()
    ledgers.settled()
    if step := _step(made, case, place):
        run.steps.append(step)
    run.settle()
    run.notes = {**run.notes, **_versions(case, to_be)}
    if command.policy:
        run.notes["policy"] = command.policy
    return _with_new_version(run.decision("migration", "migrate", command.reason), case)


def undo(process: Process, case: Case, command: UndoMigration, now: Instant, world: World) -> Outcome:
    """Put a case back to where it was before its migration, if nothing has happened since. Numbers given meanwhile stay given."""
    before = command.before
    if before.seq != case.seq - 1 or before.digest == case.digest or before.digest != process.definition.digest:
        return Refused((say.not_last(),))
    to_be = case._replace(definition_version=before.definition_version, digest=before.digest)
    run = Run(process, to_be, now, now, Request(command.actor, world=world))
    run.role = MIGRATOR
    run.ledgers = ledgers = RestoredLedgers(run)
    for section in sorted({*before.snapshot, *case.snapshot} - {"counters", *UNRECORDED}):
        _write(run, section, before.snapshot.get(section, EMPTY))
    run.configuration = before.configuration
    ledgers.restore(before)
    run.notes = {**_versions(case, to_be), "undoes": case.seq}
    decision = run.decision("migration", "undo", command.reason)
    return _with_new_version(decision._replace(tasks=(*_tasks(case, before), *decision.tasks)), case)


# --- what stands against it -----------------------------------------------------------------------------------------


def _not_movable(made: Bridge, case: Case) -> Iterator[Refusal]:
    if case.has_ended:
        yield say.has_ended()
        return
    if case.digest != made.old.definition.digest or made.block.from_version != case.definition_version:
        yield say.other_version(made.block.from_version, case.definition_version)
        return
    yield from (say.unsound(fault.message) for fault in made.faults)
    for leaf in case.configuration:
        if (found := made.states.get(leaf)) is None or ends(made.new, found):
            yield say.no_such_state(leaf, made.old.states[leaf].title)
    active = made.old.tree.active(case.configuration)
    for state, leaves in case.snapshot.get("behind", EMPTY).items():
        if state in active and made.all_states(leaves) is None:
            yield say.no_way_back(state, made.old.states[state].title)
    children = case.snapshot.get("children", EMPTY).values()
    awaited = {entry["group"] for entry in children if is_running(entry) and "waived" not in entry}
    for name in sorted(awaited - made.new.definition.groups.keys()):
        yield say.children_running(made.old.definition.groups[name].title)
    for name, kept in case.snapshot.get("ballots", EMPTY).items():
        if "closed" not in kept and not made.same_ballot(name):
            yield say.ballot_open(made.old.definition.ballots[name].title)
    decided = {spec.name for spec in made.new.transitions.values() if spec.asked_by}
    for action in case.snapshot.get("asked", EMPTY):
        if action not in decided and not action.startswith("correction:"):
            yield say.still_asked(action)


def _place(made: Bridge, case: Case) -> Place | None:
    """Complete the places of the case to a configuration; None where they cannot be active together."""
    tree, states = made.new.tree, made.new.states
    goals = [states[made.states[leaf]] for leaf in case.configuration]
    regions = [states[child] for child in states[ROOT].children] if states[ROOT].kind is Kind.PARALLEL else []
    further = [region for region in regions if not any(region.path in goal.line for goal in goals)]
    inside = tree.entry_set(states[ROOT], [*goals, *further])
    active = {state.path for state in inside}
    for state in (states[ROOT], *inside):
        if state.kind is Kind.COMPOUND and sum(child in active for child in state.children) != 1:
            return None
    kept = {path for goal in goals for path in goal.line}
    return Place(
        configuration=tuple(state.path for state in inside if not state.children),
        kept=(states[ROOT], *(state for state in inside if state.path in kept)),
        entered=tuple(state for state in inside if state.path not in kept),
    )


def _data(made: Bridge, case: Case, settings: Mapping[str, Any], command: Migrate, now: Instant) -> tuple[dict[str, Any], list[Refusal]]:
    """Give the data under the new names and types, with the reasons why a value cannot come over."""
    before = Run(made.old, case, now, now, Request(command.actor)).view()
    effective = {**made.new.settings, **settings}
    data: dict[str, Any] = {}
    reasons: list[Refusal] = []
    for name, item in made.new.definition.data.items():
        try:
            value = made.values[name].evaluate(before) if name in made.values else case.data.get(name)
            if value is not None and name in made.checks and item.compute is None:
                value = made.checks[name](value, effective)
        except MissingData:
            value = None
        except (EvaluationFailed, ValueError) as fault:
            reasons.append(say.does_not_fit(name, item.title, fault))
            continue
        if value is None and item.compute is None:
            value = item.default
        if value is not None:
            data[name] = value
    return data, reasons


# --- moving ---------------------------------------------------------------------------------------------------------


def _write(run: Run, section: str, values: Mapping[str, Any]) -> None:
    """Make a section what it is to be; only what differs is written."""
    now = run.draft.section(section)
    changed = {key: values.get(key) for key in (*now, *(key for key in values if key not in now)) if now.get(key) != values.get(key)}
    if changed:
        run.draft.replace(section, changed)


def _note_entries(run: Run, place: Place) -> None:
    """Let a state that now stands around another count as entered with it, for the case was in it all the time."""
    entered = run.draft.section("entered")
    for state in place.kept[1:]:
        if state.path not in entered:
            inside = [entered[each.path] for each in place.kept if each.is_below(state) and each.path in entered]
            run.draft.put("entered", state.path, min(inside, default=[run.moment, run.seq]))


def _enter(run: Run, states: tuple[State, ...]) -> None:
    for state in states:
        run.draft.put("entered", state.path, [run.moment, run.seq])
        if state.entry:
            run.effects.apply(state.entry)
        run.ledgers.enter(state)
        for construct in run.constructs:
            construct.enter(state)


def _step(made: Bridge, case: Case, place: Place) -> Step | None:
    """Tell what changed of where the case stands, if anything did: what is left under its old name, what is there under a new one."""
    before = made.old.tree.active(case.configuration)
    after = {state.path for state in (*place.kept, *place.entered)}
    left = sorted(before - after, key=lambda path: made.old.states[path].first, reverse=True)
    come = sorted(after - before, key=lambda path: made.new.states[path].first)
    return Step("migrate:", (), tuple(left), tuple(come)) if left or come else None


def _versions(case: Case, to_be: Case) -> dict[str, Any]:
    return {
        "from": {"version": case.definition_version, "digest": case.digest},
        "to": {"version": to_be.definition_version, "digest": to_be.digest},
    }


def _with_new_version(decision: Decision, case: Case) -> Decision:
    """Make every open form of the case stale: it was shown by another version of the workflow."""
    return decision._replace(case=decision.case._replace(version=case.version + 1))


def _tasks(case: Case, before: Case) -> Iterator[TaskChange]:
    """Close what the migration opened and open what it closed."""
    now, then = (each.snapshot.get("tasks", EMPTY) for each in (case, before))
    for n in sorted(now.keys() - then.keys(), key=int):
        yield TaskChange("closed", int(n), now[n])
    for n in sorted(then.keys() - now.keys(), key=int):
        yield TaskChange("opened", int(n), then[n])
