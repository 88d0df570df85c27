"""The effects of transitions, entries, exits and rungs, as the core applies them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.definition.relations import RelationEffect

if TYPE_CHECKING:
    from engine.definition.expressions import Expression


@dataclass(frozen=True, slots=True)
class SetItem:
    """`set`: one data item gets a value. All right sides of one `set` are read before any is written."""

    item: str
    value: Expression


@dataclass(frozen=True, slots=True)
class SetItems:
    """The `set` of one transition, entry, exit or rung."""

    items: tuple[SetItem, ...]


@dataclass(frozen=True, slots=True)
class Notify:
    """`notify`: role ids, or the words owner, party, initiator, parties.X."""

    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Publish:
    """`publish`: what was shown to whom is kept in the event."""

    what: tuple[str, ...]
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Raise:
    """`raise`: an event for this case, heard by `receive` in the same macrostep."""

    event: str


@dataclass(frozen=True, slots=True)
class Attend:
    """`attend` (present) or `excuse` (on leave): the actor's own entry in an attendance item."""

    item: str
    excused: bool


@dataclass(frozen=True, slots=True)
class AttachDocument:
    """The built-in act ``<document>.attach``."""

    document: str


@dataclass(frozen=True, slots=True)
class ApproveDocument:
    """The built-in act ``<document>.approve``."""

    document: str


@dataclass(frozen=True, slots=True)
class ExtendDeadline:
    """The built-in act ``<deadline>.extend``: grants the extension; `deadline` is the full name ``state.path.deadline``."""

    deadline: str


@dataclass(frozen=True, slots=True)
class AskFor:
    """The built-in act ``X.ask``: keeps form and reason until another person takes ``X`` or ``X.decline``."""

    action: str


@dataclass(frozen=True, slots=True)
class Decline:
    """The built-in act ``X.decline``: what was asked for is dropped, with its reason in the trail."""

    action: str


@dataclass(frozen=True, slots=True)
class PartyAct:
    """The built-in acts of a group of parties: ``act`` is sign, add, remove or waive."""

    group: str
    act: str


@dataclass(frozen=True, slots=True)
class BallotAct:
    """The built-in acts of a ballot: ``act`` is vote, close or count."""

    ballot: str
    act: str


BuiltIn = AttachDocument | ApproveDocument | ExtendDeadline | AskFor | Decline | PartyAct | BallotAct
Effect = SetItems | Attend | Raise | RelationEffect | Publish | Notify | BuiltIn
Effects = tuple[Effect, ...]
"""In the order of the language: set, attend, excuse, raise, release, collect, open, send, publish, notify."""
