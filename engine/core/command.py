"""The commands: everything that can happen to a case. One command changes one case, as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.clock import Instant
from engine.core.case import EMPTY, Actor, Case
from engine.core.message import Sender

if TYPE_CHECKING:
    from engine.core.bridge import Bridge


class Open(NamedTuple):
    """Open a case. ``data`` is the start form as it was sent."""

    actor: Actor
    org: str
    case_id: str
    data: Mapping[str, Any] = EMPTY
    client_ref: str | None = None
    settings: Mapping[str, Any] = EMPTY
    reason: str | None = None
    occurred_at: Instant | None = None


class OpenRelated(NamedTuple):
    """Open a case for another one, or for a schedule: nobody fills in a form, and `start` is not asked.

    ``opened_by``: who acted there. ``origin`` is kept in the case; ``tie``: (link, what the sender wants to be told) to the sender.
    ``at``: the state it begins in.
    """

    org: str
    case_id: str
    opened_by: str
    data: Mapping[str, Any]
    origin: Mapping[str, Any] = EMPTY
    sender: Sender | None = None
    tie: tuple[str, tuple[str, ...]] | None = None
    at: str | None = None
    settings: Mapping[str, Any] = EMPTY


class Receive(NamedTuple):
    """A message of another case arrives. ``workflow``: that of the sender, where it is of this body."""

    sender: Sender
    kind: str
    body: Mapping[str, Any]
    workflow: str | None = None


class Act(NamedTuple):
    """Take an action, built-in acts included.

    ``documents`` is what an ``attach`` attaches: ``{"id", "sha256", "size", "media_type"}``. ``occurred_at`` is when it happened,
    where that is not now: whoever sends the command has checked the right to say so.
    """

    actor: Actor
    name: str
    data: Mapping[str, Any] = EMPTY
    reason: str | None = None
    document: Mapping[str, Any] | None = None
    occurred_at: Instant | None = None


class Fire(NamedTuple):
    """A rung of a deadline is due. ``n`` tells armings of the same deadline apart; ``due`` is the rung's exact instant.

    ``recorded_only``: the rung was missed while the service stood still and `catch_up` says it shall only be noted.
    """

    deadline: str
    n: int
    rung: str
    due: Instant
    recorded_only: bool = False


class Comment(NamedTuple):
    """Say something about a case; it changes nothing else."""

    actor: Actor
    text: str


class Correct(NamedTuple):
    """Correct what was entered wrongly: a new event that names the wrong one, never an edit.

    ``data`` gives items their right values (None empties an item); ``outcome`` the right outcome of an ended case; ``occurred_at``
    the right time of the event. The latter two, and items that are dates, need a second person: the correction is then
    only asked for, and ``approves`` (the seq of the asking event) carries it out.
    """

    actor: Actor
    seq: int
    reason: str
    data: Mapping[str, Any] = EMPTY
    outcome: str | None = None
    occurred_at: Instant | None = None
    approves: int | None = None


class Migrate(NamedTuple):
    """Move the case to another version of its workflow. The process it is decided with is the new one.

    ``policy`` (keep, recompute, remaining, restart) stands for the default of the new version's `migrate`.
    """

    actor: Actor
    bridge: Bridge
    policy: str | None = None
    reason: str | None = None


class UndoMigration(NamedTuple):
    """Take back a migration that is the latest event of the case. The process it is decided with is the old one.

    ``before``: the case as its trail has it up to the event before.
    """

    actor: Actor
    before: Case
    reason: str | None = None


class Recount(NamedTuple):
    """Count the live deadlines again, because the calendar of the process has changed since they were counted."""

    actor: Actor
    reason: str | None = None


Command = Open | OpenRelated | Receive | Act | Fire | Comment | Correct | Migrate | UndoMigration | Recount
