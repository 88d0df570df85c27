"""The form of an event and its place in the chain. Fixed from the first release: an auditor's program reads it offline.

An event is a JSON object with ASCII keys, strings, booleans, null, integers below 2^53, arrays and objects; no floats. Within that
profile the bytes of orjson with sorted keys are those of RFC 8785, which a property test compares with a reference
implementation. Its hash is SHA-256 over these bytes, and every event holds the hash of the one before it (``prev``).

Free text and sensitive values never stand in an event. In their place stands a commitment, SHA-256 over a random salt of 16 bytes and the
canonical bytes of the value; value and salt lie beside the event and may be deleted without breaking the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

ALGORITHM = "sha256"
FORM = 2
"""Of an event. 2: rows added to a list are told alone; 1 told the whole list."""
GENESIS = "0" * 64
SALT_BYTES = 16


def canonical(value: Any) -> bytes:
    """Give the canonical bytes of a value of the event profile (RFC 8785)."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def event_hash(body: bytes) -> str:
    """Give the hash of an event from its canonical bytes, in hex."""
    return hashlib.sha256(body).hexdigest()


def commit(value: Any, salt: bytes) -> str:
    """Give the commitment that stands for a value, in hex."""
    return hashlib.sha256(salt + canonical(value)).hexdigest()


def commitment(value: Any, salt: bytes) -> Mapping[str, str]:
    """Give what stands in an event in place of a value."""
    return {"committed": commit(value, salt)}


def is_commitment(value: Any) -> bool:
    """Say whether a value found in an event stands for another one that lies beside it."""
    return isinstance(value, Mapping) and value.keys() == {"committed"}


def verify_chain(bodies: list[bytes], hashes: list[str]) -> list[int]:
    """Give the places (from 0) at which a case's events do not hang together; empty means the chain is whole."""
    broken, previous = [], GENESIS
    for place, (body, recorded) in enumerate(zip(bodies, hashes, strict=True)):
        event = orjson.loads(body)
        if event_hash(body) != recorded or event.get("prev") != previous or event.get("seq") != place + 1 or canonical(event) != body:
            broken.append(place)
        previous = recorded
    return broken
