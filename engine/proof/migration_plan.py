"""What a migration would do to a case, before it does it: the command itself, decided and not recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.clock import Instant
from engine.core.advance import advance
from engine.core.bridge import Bridge
from engine.core.case import EMPTY, Actor, Case
from engine.core.command import Migrate
from engine.core.decision import Decision, Refused
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


def verdict(made: Bridge, case: Case, actor: Actor, now: Instant, policy: str | None = None) -> Verdict:
    """Say what a migration would do to a case at an instant. Decides the very command, so that the plan is what happens."""
    outcome = advance(made.new, case, Migrate(actor, made, policy), now)
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
    before, after = case.snapshot.get("deadlines", EMPTY), decision.case.snapshot.get("deadlines", EMPTY)
    operations = {change.name: change.op for change in decision.deadlines}
    came_from = {made.deadlines[name]: name for name in before if made.deadlines.get(name) in after}
    found = []
    for name in (each for each in made.new.definition.deadlines if each in after):
        was = came_from.get(name)
        old_due = before[was]["due"] if was is not None else None
        rungs_due = due_at_once(after[name], decision.recorded_at)
        found.append(DeadlineVerdict(name, was, operations.get(name, "kept"), old_due, after[name]["due"], rungs_due))
    gone = [name for name in made.old.definition.deadlines if name in before and made.deadlines.get(name) not in after]
    return (*found, *(DeadlineVerdict(name, name, operations.get(name, "cancelled"), before[name]["due"], None) for name in gone))


def due_at_once(ledger: Any, now: Instant) -> tuple[str, ...]:
    """Name the rungs of a running ledger whose instants have passed and that have not fired."""
    if ledger["status"] != "running":
        return ()
    done = {**ledger["fired"], **ledger.get("recorded", EMPTY)}
    return tuple(rung["at"] for rung in ledger["rungs"] if rung["at"] not in done and rung.get("instant", now + 1) <= now)
