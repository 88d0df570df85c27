"""The rungs of an armed deadline: which one fires next, which are due, and that each fires once."""

from __future__ import annotations

from typing import NamedTuple

from engine.clock import Instant
from engine.core.ledger import Ledger, Status
from engine.definition.process import Deadline


class DueRung(NamedTuple):
    """A rung that is due: ``recorded_only`` when `catch_up` says that it is not to fire any more."""

    instant: Instant
    at: str
    recorded_only: bool


def next_rung(ledger: Ledger) -> tuple[Instant, str] | None:
    """Give the instant and the `at` of the rung that fires next; None when nothing is to fire. Ties: as they are written."""
    return min(_pending(ledger), key=_instant, default=None)


def due_rungs(deadline: Deadline, ledger: Ledger, now: Instant, *, stopped: Instant | None = None) -> tuple[DueRung, ...]:
    """Give the rungs that are due, in order of time. ``stopped``: since when the service had not looked, None if it always did.

    What fell due in that stop was missed, and `catch_up` decides: ``all`` fire, only the ``last`` one fires, or none does
    (``record``). What fell due before the stop fires in any case.
    """
    due = sorted((entry for entry in _pending(ledger) if entry[0] <= now), key=_instant)
    missed = [] if stopped is None or deadline.catch_up == "all" else [at for instant, at in due if instant > stopped]
    dropped = missed[:-1] if deadline.catch_up == "last" else missed
    return tuple(DueRung(instant, at, at in dropped) for instant, at in due)


def fire(ledger: Ledger, at: str, now: Instant, *, recorded_only: bool = False) -> Ledger:
    """Mark a rung as fired, or as only recorded. Raises ValueError if it is not there to fire: a rung fires once."""
    if not any(rung.at == at and rung.fired is None for rung in ledger.rungs):
        raise ValueError(f"deadline {ledger.name!r} has no rung {at!r} that has not fired yet")
    return ledger._replace(rungs=tuple(rung._replace(fired=now, skipped=recorded_only) if rung.at == at else rung for rung in ledger.rungs))


def _pending(ledger: Ledger) -> list[tuple[Instant, str]]:
    if ledger.status is not Status.RUNNING:
        return []
    return [(rung.instant, rung.at) for rung in ledger.rungs if rung.fired is None and rung.instant is not None]


def _instant(entry: tuple[Instant, str]) -> Instant:
    return entry[0]
