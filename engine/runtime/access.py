"""API keys: how systems, scripts and the people behind them say who they are.

A key is ``yk_`` and 256 random bits in base64url. It is shown once; what is kept is its SHA-256, which is enough for a secret that nobody
can guess. Keys live by the machine's clock, also where the cases are played on a manual one.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import orjson
import uuid_utils

from engine.clock import Clock, Instant, SystemClock, rfc3339, stopwatch
from engine.errors import InvalidInput, NotAuthenticated, NotFound, Violation
from engine.runtime.lane import Lane
from engine.runtime.people import RIGHTS, Principal
from engine.store import access
from engine.store.records import ApiKeyRecord
from engine.store.store import Store

PREFIX = "yk_"
SECRET_BYTES = 32
SECRET = re.compile(r"yk_[A-Za-z0-9_-]{43}")
KNOWN_FOR_SECONDS = 5.0
"""How long a key that was revoked through another node may still be taken."""
MOST_KNOWN = 10_000
NAME = re.compile(r"[\w.@:+-]{1,100}")
ROLE = re.compile(r"[a-z][a-z0-9_]{0,62}")
RIGHT = "keys"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; the only time its secret is there to be read."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class _Known:
    principal: Principal
    expires_at: Instant | None
    looked_at: float


class Access:
    """Makes, lists, revokes and recognises API keys. Safe to share between threads; blocks, but for `known`."""

    def __init__(self, store: Store, lane: Lane, clock: Clock | None = None) -> None:
        self._store, self._lane = store, lane
        self._clock = clock or SystemClock()
        self._known: dict[str, _Known] = {}

    def create(
        self,
        principal: Principal,
        actor: str,
        roles: Collection[str],
        *,
        unit: str | None = None,
        label: str = "",
        expires_at: Instant | None = None,
    ) -> NewKey:
        """Make a key for somebody. Needs the right `keys`; raises NotAllowed and InvalidInput."""
        principal.demand(RIGHT)
        now = self._clock.now()
        check_identity(actor, roles, unit)
        if expires_at is not None and expires_at <= now:
            raise InvalidInput([Violation("/expires_at", "in_the_past", f"expected a time after {rfc3339(now)}")])
        secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        row = ApiKeyRecord(
            org=principal.org,
            id=str(uuid_utils.uuid7()),
            secret_sha256=digest(secret),
            actor=actor,
            roles=orjson.dumps(sorted(set(roles))).decode(),
            unit=unit,
            label=label,
            created_at=now,
            expires_at=expires_at,
            revoked_at=None,
        )
        self._lane.write(lambda batch, _: batch.add(row))
        return NewKey(row.id, secret)

    def list(self, principal: Principal) -> list[dict[str, Any]]:
        """List the keys, oldest first, without their secrets. Needs the right `keys`."""
        principal.demand(RIGHT)
        with self._store.read() as reader:
            return [key_view(row) for row in access.list_api_keys(reader, principal.org)]

    def revoke(self, principal: Principal, key_id: str) -> None:
        """Revoke a key: at once here, within seconds on other nodes. Needs the right `keys`; raises NotFound."""
        principal.demand(RIGHT)
        with self._store.read() as reader:
            row = access.get_api_key(reader, principal.org, key_id)
        if row is None:
            raise NotFound("key", key_id)
        if row.revoked_at is None:
            revoked = row._replace(revoked_at=self._clock.now())
            self._lane.write(lambda batch, _: batch.put(revoked))
        self._known.pop(row.secret_sha256, None)

    def known(self, secret: str) -> Principal | None:
        """Recognise a key that was shown a moment ago, without a look into the database."""
        kept = self._known.get(digest(secret))
        if kept is None or stopwatch() - kept.looked_at > KNOWN_FOR_SECONDS:
            return None
        if kept.expires_at is not None and kept.expires_at <= self._clock.now():
            return None
        return kept.principal

    def authenticate(self, secret: str) -> Principal:
        """Recognise a key. Raises NotAuthenticated for one that is unknown, revoked or expired, without saying which."""
        looked_at = stopwatch()
        row = None
        if SECRET.fullmatch(secret):
            with self._store.read() as reader:
                row = access.api_key_by_secret(reader, digest(secret))
        if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= self._clock.now()):
            raise NotAuthenticated("This key is not valid: unknown, revoked or expired.")
        principal = Principal(row.actor, row.org, frozenset(orjson.loads(row.roles)), row.unit, row.id)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[row.secret_sha256] = _Known(principal, row.expires_at, looked_at)
        return principal


def digest(secret: str) -> str:
    """Give the SHA-256 of a secret, in hex: what is kept of it."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def administrator_of_this_machine(org: str) -> Principal:
    """Give the principal of whoever may open the database itself: the command line makes the first keys and people with it."""
    return Principal("local", org, frozenset({"admin"}), key="local")


def check_identity(actor: str, roles: Collection[str], unit: str | None) -> None:
    """Check an id, roles and a unit, all at once. Raises InvalidInput."""
    faults = []
    if not NAME.fullmatch(actor):
        faults.append(Violation("/actor", "wrong_name", f"expected 1 to 100 letters, digits or any of . @ : + - _, got {actor[:100]!r}"))
    if actor in {"clock", "local"}:
        faults.append(Violation("/actor", "reserved", f"{actor!r} is how the trail names the service itself; choose another id"))
    if unit is not None and not NAME.fullmatch(unit):
        faults.append(Violation("/unit", "wrong_name", f"expected 1 to 100 letters, digits or any of . @ : + - _, got {unit[:100]!r}"))
    for place, role in enumerate(roles):
        if not ROLE.fullmatch(role):
            faults.append(
                Violation(
                    f"/roles/{place}",
                    "wrong_role",
                    f"expected the id of a role of a workflow or one of {', '.join(sorted(RIGHTS))}, got {role[:100]!r}",
                )
            )
        if role in {"clock", "anyone", "parent"}:
            faults.append(Violation(f"/roles/{place}", "reserved", f"{role!r} is nobody's role"))
    if faults:
        raise InvalidInput(faults)


def key_view(row: ApiKeyRecord) -> dict[str, Any]:
    """Give a key as its administrators see it."""
    return {
        "id": row.id,
        "actor": row.actor,
        "roles": orjson.loads(row.roles),
        "unit": row.unit,
        "label": row.label,
        "created_at": rfc3339(row.created_at),
        "expires_at": None if row.expires_at is None else rfc3339(row.expires_at),
        "revoked_at": None if row.revoked_at is None else rfc3339(row.revoked_at),
    }
