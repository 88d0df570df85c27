"""The door of the core: every command of every kind is decided here, purely.

`advance` gives a `Decision`, which says what to record, or `Refused`, with all reasons at once. The same gates answer
`engine.core.actions.list_actions`.
"""

from __future__ import annotations

from typing import Any

from engine.clock import Instant
from engine.core import refusals as say
from engine.core.calendar_change import count_anew
from engine.core.case import CLOCK, EMPTY, Actor, Case, Configuration
from engine.core.command import Act, Command, Comment, Correct, Fire, Migrate, Open, OpenRelated, Receive, Recount, UndoMigration
from engine.core.compiled import Process, act_key
from engine.core.correction import correct
from engine.core.decision import Decision, FiredRung, Outcome, Refused
from engine.core.gates import Request
from engine.core.interpreter import MOST_STEPS, Run, Unsettled
from engine.core.migration import migrate, undo
from engine.core.opening import open_case, open_related
from engine.core.receiving import receive
from engine.core.undecidable import Undecidable
from engine.core.world import NOWHERE, World
from engine.definition.process import Transition
from engine.errors import Refusal


def advance(process: Process, case: Case | None, command: Command, now: Instant, world: World = NOWHERE) -> Outcome:
    """Decide one command on one case as a whole.

    Args:
        process: the compiled definition of the case; the one it moves to, when it migrates.
        case: the case as it is; None to open one.
        command: what is to happen.
        now: when it is recorded, microseconds UTC. A case never goes back in time: the later of this and its last update counts.
        world: the body as it stands at this moment.

    Returns:
        A Decision whose case is the new one, or Refused with every reason. `case` itself is unchanged.
    """
    if isinstance(command, OpenRelated):
        return _whole(lambda: open_related(process, command, now, world))
    if isinstance(command, Open):
        return _whole(lambda: open_case(process, command, now, world))
    assert case is not None
    now = max(now, case.updated_at)
    match command:
        case Act():
            return _whole(lambda: act(process, case, command, now, world))
        case Fire():
            return _whole(lambda: fire(process, case, command, now, world))
        case Receive():
            return _whole(lambda: receive(process, case, command, now, world))
        case Comment():
            return comment(process, case, command, now, world)
        case Correct():
            return _whole(lambda: correct(process, case, command, now, world))
        case Migrate():
            return _whole(lambda: migrate(process, case, command, now, world))
        case UndoMigration():
            return _whole(lambda: undo(process, case, command, now, world))
        case Recount():
            return count_anew(process, case, command, now)


def _whole(decide: Any) -> Outcome:
    """Refuse the whole command when a step does not settle or cannot be evaluated."""
    try:
        outcome: Outcome = decide()
    except Unsettled:
        return Refused((say.unsettled(MOST_STEPS),))
    except Undecidable as undecidable:
        return Refused((undecidable.refusal,))
    return outcome


def act(process: Process, case: Case, command: Act, now: Instant, world: World) -> Outcome:
    """Take an action: select on the configuration before the step, put the form into the data, move, settle."""
    moment = command.occurred_at if command.occurred_at is not None else now
    if moment != now and (fault := bad_moment(case, moment, now)):
        return Refused((fault,))
    run = Run(process, case, now, moment, Request(command.actor, command.data, command.reason, command.document is not None, world=world))
    run.document = command.document
    reasons = take_named(run, command.name)
    return Refused(reasons) if reasons else run.decision("act", command.name, command.reason)


def bad_moment(case: Case, moment: Instant, now: Instant) -> Refusal | None:
    """Refuse a time in the future, or before the case came to where it stands."""
    since = max((entry[0] for entry in case.snapshot.get("entered", EMPTY).values()), default=case.opened_at)
    if moment > now:
        return say.bad_time("发生时间不能晚于现在。", "An act cannot have happened in the future.")
    if moment < since:
        return say.bad_time("发生时间不能早于本环节开始的时间。", "An act cannot have happened before the case came to where it stands.")
    return None


def take_named(run: Run, name: str) -> tuple[Refusal, ...]:
    """Take the action of that name wherever it is enabled; give the reasons if it is nowhere."""
    chosen, gates, refused = run.choose(f"act:{name}")
    if not chosen:
        reasons = [reason for reasons in refused.values() for reason in reasons]
        return without_repeats(reasons) or out_of_place(run.process, run.case, run.configuration, name)
    run.role = gates.roles[chosen[0].spec.id]
    for one in chosen:
        run.asked_values, run.own_values = gates.forms[one.spec.id], gates.own[one.spec.id]
        run.asked = run.draft.get("asked", name)
        if not keeps_asking(one.spec):
            run.set_data(run.asked_values)
            run.draft.drop("asked", one.spec.name)
    for one in chosen if run.process.fixed_by else ():
        run.ask(item for key in {one.spec.name, act_key(one.spec)} for item in run.process.fixed_by.get(key, ()))
    run.compute()
    run.take(chosen, f"act:{name}")
    run.settle()
    return ()


def keeps_asking(spec: Transition) -> bool:
    """Say whether the form of a transition is only kept, to be decided by another person, or only declined."""
    return spec.builtin and spec.name.endswith((".ask", ".decline"))


def out_of_place(process: Process, case: Case, configuration: Configuration, name: str) -> tuple[Refusal, ...]:
    """Give the reason why an action, which no active state has, cannot be tried."""
    known = {spec.name for spec in process.transitions.values() if spec.trigger == "act"}
    if name not in known:
        return (say.unknown_action(name, known),)
    if case.has_ended:
        return (say.ended(case.outcome),)
    return (say.not_here(name, process.title_of(name), process.titles(configuration)),)


def without_repeats(reasons: list[Refusal]) -> tuple[Refusal, ...]:
    """Inner and outer actions of one name may be refused for the same reason; it is said once."""
    kept: list[Refusal] = []
    for reason in reasons:
        if reason not in kept:
            kept.append(reason)
    return tuple(kept)


def fire(process: Process, case: Case, command: Fire, now: Instant, world: World) -> Outcome:
    """Fire one rung: note it, tell and escalate, and take its action, if it has one, by the clock.

    A rung that is not due on this ledger any more (met, left, paused, moved or fired already) is Refused without reasons.
    """
    entered = case.snapshot.get("entered", EMPTY)
    moment = max([command.due, *(entered[path][0] for path in process.tree.active(case.configuration) if path in entered)])
    clock = Actor(id=CLOCK, roles=frozenset({CLOCK}), organisation=case.org)
    run = Run(process, case, max(now, moment), moment, Request(clock, reason=command.rung, world=world))
    run.role = CLOCK
    rung = run.ledgers.fire(command)
    if rung is None:
        return Refused(())
    run.notes["rung"] = command.rung
    if run.party_due is not None:
        run.notes["party"] = run.party_due[1]
    if command.recorded_only:
        run.notes["recorded_only"] = True
    else:
        run.effects.apply(rung.effects)
        run.compute()
        if rung.escalate:
            run.effects.notices.extend({"as": "escalation", **holder} for holder in run.holders(rung.escalate))
        if rung.act is not None:
            refused = take_named(run, rung.act)
            if refused:  # recorded with its refusal, told to the owner, not tried again
                run.notes["refused"] = [{"code": reason.code} for reason in refused]
                run.effects.notices.extend(run.effects.recipients(("owner",)))
                run.settle()
        else:
            run.settle()
    return run.decision("rung", command.deadline, None, FiredRung(command.n, command.rung, command.due))


def comment(process: Process, case: Case, command: Comment, now: Instant, world: World) -> Decision:
    """Record a comment. It changes nothing, so no form that is open becomes stale."""
    run = Run(process, case, now, now, Request(command.actor, world=world))
    run.role = next((role for role in process.definition.roles if role in command.actor.roles), "")
    return run.decision("comment", "comment", command.text)
