"""What a migration would do to a case, before it does it: the command itself, decided and not recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.clock import Instant
from engine.core.advance import advance
from engine.core.bridge import Bridge
from engine.core.case import EMPTY, Actor, Case
from engine.core.command import Migrate
from engine.core.decision import Decision, Refused
from engine.core.ledger import key_of, live_of
from engine.core.world import NOWHERE, World
from engine.errors import Refusal


@dataclass(frozen=True, slots=True)
class DeadlineVerdict:
    """What becomes of one deadline. ``name`` is that of the new version, or of the old one where the new one drops it.

    ``rungs_due``: those that fire at once, because their instants have passed.
    """

    name: str
    was: str | None
    operation: str  # kept, recomputed, remaining, restarted, armed, waiting, paused, resumed, cancelled …
    old_due: Instant | None
    new_due: Instant | None
    rungs_due: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one case. With ``refusals`` it does not move, and ``after`` is where it stands."""

    case: Case
    after: tuple[str, ...]
    deadlines: tuple[DeadlineVerdict, ...] = ()
    dropped: tuple[str, ...] = ()  # items that lose their value
    refusals: tuple[Refusal, ...] = ()
    outcome: str | None = None  # where the case ends by what the new version takes by itself

    @property
    def moves(self) -> bool:
        """Whether the case moves."""
        return not self.refusals


def verdict(made: Bridge, case: Case, actor: Actor, now: Instant, policy: str | None = None, world: World = NOWHERE) -> Verdict:
    """Say what a migration would do to a case at an instant. Decides the very command, so that the plan is what happens."""
    outcome = advance(made.new, case, Migrate(actor, made, policy), now, world)
    if isinstance(outcome, Refused):
        return Verdict(case, case.configuration, refusals=outcome.refusals)
    return Verdict(
        case,
        outcome.case.configuration,
        deadlines=deadline_verdicts(made, case, outcome),
        dropped=tuple(name for name in made.dropped_items() if name in case.data),
        outcome=outcome.case.outcome,
    )


def deadline_verdicts(made: Bridge, case: Case, decision: Decision) -> tuple[DeadlineVerdict, ...]:
    """Pair the deadlines before with those after, in the order of the new version; what is dropped comes last."""
    before, after = (each.snapshot.get("deadlines", EMPTY) for each in (case, decision.case))
    operations = {change.n: change.op for change in decision.deadlines}
    came_from, gone = dict[str, Mapping[str, Any]](), list[Mapping[str, Any]]()
    for name in made.old.definition.deadlines:
        for kept in live_of(before, name):
            number = key_of(kept).removeprefix(name)  # of a period
            key = f"{made.deadlines.get(name)}{number}"
            if key in after:
                came_from[key] = kept
            else:
                gone.append(kept)
    found = []
    for name in made.new.definition.deadlines:
        for kept in live_of(after, name):
            was = came_from.get(key_of(kept))
            old_name, old_due = (None, None) if was is None else (was["name"], was["due"])
            rungs_due = due_at_once(kept, decision.recorded_at)
            found.append(DeadlineVerdict(name, old_name, operations.get(kept["n"], "kept"), old_due, kept["due"], rungs_due))
    cancelled = (DeadlineVerdict(each["name"], each["name"], operations.get(each["n"], "cancelled"), each["due"], None) for each in gone)
    return (*found, *cancelled)


def due_at_once(ledger: Any, now: Instant) -> tuple[str, ...]:
    """Name the rungs of a running ledger whose instants have passed and that have not fired."""
    if ledger["status"] != "running":
        return ()
    done = {**ledger["fired"], **ledger.get("recorded", EMPTY)}
    return tuple(rung["at"] for rung in ledger["rungs"] if rung["at"] not in done and rung.get("instant", now + 1) <= now)
