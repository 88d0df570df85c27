"""What one case sends another. It is a row written with the sender's event, and becomes a command of the receiver.

========= =========================================================================================================
kind      body
========= =========================================================================================================
open      ``workflow``, ``data``, ``at``?, and as what it belongs to the sender: ``child`` {group, key} or ``link`` (its own name of it)
refused   ``child`` or ``link``, ``codes``: what should have been opened was not
tell      ``child`` (group) or ``link``, ``facts``, ``data``, ``wants``: what the receiver knows of the sender from now on
signal    ``name``, ``carries``
cancel    the parent has no use for the case any more
tie       ``link``, ``wants``: a link to the sender
collect   ``link``, ``states``, ``wants``: come under the sender, if you stand in one of them
gathered  ``link``, ``taken``, ``wants``: the answer to it
release   ``link``: you are on your own again
========= =========================================================================================================

Names of links and items are the receiver's. ``wants`` are items of the receiver that the sender would like to be told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from engine.clock import Instant

MILLISECOND = 1_000


class Message(NamedTuple):
    """A message on its way; its sender is the case whose decision holds it."""

    to_org: str
    to_case: str
    kind: str
    body: Mapping[str, Any]


class Sender(NamedTuple):
    """Who sent a message, and in which event."""

    org: str
    case_id: str
    seq: int

    def noted(self) -> dict[str, Any]:
        """Give what the trail of the receiver says of it."""
        return {"org": self.org, "case": self.case_id, "seq": self.seq}


def related_id(org: str, case_id: str, seq: int, number: int, now: Instant) -> str:
    """Make the id of a case that another one opens: a UUIDv7 of the moment whose random part follows from who opens it.

    So a decision stays pure, and deciding it again gives the same id.
    """
    chance = int.from_bytes(hashlib.sha256(f"{org}/{case_id}/{seq}/{number}".encode()).digest()[:10], "big")
    made = (now // MILLISECOND & (1 << 48) - 1) << 80 | 0x7 << 76 | (chance >> 62 & 0xFFF) << 64 | 0b10 << 62 | chance & (1 << 62) - 1
    return str(UUID(int=made))
