"""People who sign in at a browser: passwords, sessions, and patience that runs out.

Passwords are kept as argon2id. Whether somebody exists cannot be told from how long an attempt takes, nor from what it is answered.
A session is a random token of which only the SHA-256 is kept.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import orjson
from pwdlib import PasswordHash
from sqlalchemy import Connection

from engine.clock import SECOND, Clock, Instant, SystemClock, rfc3339, stopwatch
from engine.errors import InvalidInput, NotAuthenticated, Violation, YishiError
from engine.runtime.access import KNOWN_FOR_SECONDS, MOST_KNOWN, check_identity, digest
from engine.runtime.lane import Lane
from engine.runtime.people import Principal
from engine.settings import body_of, is_sandbox, sandbox_of
from engine.store import access
from engine.store.errors import ConcurrentWrite
from engine.store.records import PersonRecord, SessionRecord
from engine.store.store import Store

TOKEN_BYTES = 32
SHORTEST, LONGEST = 10, 200
FREE_ATTEMPTS = 5
LONGEST_WAIT = 300
RIGHT = "people"
HOUR: Instant = 3600 * SECOND


class TooManyAttempts(YishiError):
    """Too many attempts to sign in failed; wait before the next."""

    code = "too_many_attempts"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many attempts to sign in failed; try again in {retry_after} s.")


class PersonExists(YishiError):
    """There is a person of this id already."""

    code = "person_exists"

    def __init__(self, person: str) -> None:
        self.person = person
        super().__init__(f"There is a person {person!r} already.")


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. ``token`` goes into the cookie, ``csrf`` into every form of a page."""

    principal: Principal
    name: str
    token: str
    csrf: str
    expires_at: Instant


@dataclass(slots=True)
class _Patience:
    failures: int = 0
    closed_until: float = 0.0


class SignIn:
    """People and their sessions, in one organisation or its sandbox.

    Safe to share between threads; passwords take a tenth of a second each.
    """

    def __init__(
        self, store: Store, lane: Lane, org: str, *, session_hours: int, clock: Clock | None = None, hashing: PasswordHash | None = None
    ) -> None:
        self._store, self._lane, self._org = store, lane, org
        self._hours = session_hours
        self._clock = clock or SystemClock()
        self._hashing = hashing or PasswordHash.recommended()
        self._nobody: str | None = None
        self._known: dict[str, tuple[Session, float]] = {}
        self._attempts: dict[str, _Patience] = {}
        self._lock = threading.Lock()

    # --- people -----------------------------------------------------------------------------------------------------

    def create_person(
        self, principal: Principal, person: str, name: str, password: str | None, roles: Collection[str], *, unit: str | None = None
    ) -> dict[str, Any]:
        """Enter a person; without a password nobody can sign in as them. Needs the right `people`.

        Raises InvalidInput, PersonExists.
        """
        principal.demand(RIGHT)
        org = principal.org
        check_identity(person, roles, unit)
        if password is not None and not SHORTEST <= len(password) <= LONGEST:
            raise InvalidInput(
                [Violation("/password", "wrong_length", f"expected {SHORTEST} to {LONGEST} characters, got {len(password)}")]
            )
        with self._store.read() as reader:
            if access.get_person(reader, org, person) is not None:
                raise PersonExists(person)
        hashed = None if password is None else self._hashing.hash(password)
        row = PersonRecord(org, person, name, hashed, orjson.dumps(sorted(set(roles))).decode(), unit, self._clock.now(), None)
        try:
            self._lane.write(lambda batch, _: batch.add(row))
        except ConcurrentWrite:
            raise PersonExists(person) from None
        return person_view(row, may_sign_in=hashed is not None)

    def people(self, principal: Principal) -> list[dict[str, Any]]:
        """List the people, by id. Needs the right `people`."""
        principal.demand(RIGHT)
        with self._store.read() as reader:
            rows = access.list_persons(reader, principal.org)
            return [person_view(row, may_sign_in=usable(row, whose_password(reader, row))) for row in rows]

    # --- signing in and out -----------------------------------------------------------------------------------------

    def sign_in(self, person: str, password: str, *, sandbox: bool = False) -> Session:
        """Begin a session, in the sandbox where that is asked for, with the same password.

        Raises NotAuthenticated without saying what was wrong, and TooManyAttempts.
        """
        self._be_patient(person)
        org = sandbox_of(self._org) if sandbox else self._org
        with self._store.read() as reader:
            row = access.get_person(reader, org, person)
            kept = None if row is None else whose_password(reader, row)
        hashed = kept.password_hash if kept is not None else None
        right = self._hashing.verify(password[: LONGEST + 1], hashed or self._hash_of_nobody())
        if row is None or not (right and usable(row, kept)):
            self._count_failure(person)
            raise NotAuthenticated("Name or password is wrong.")
        with self._lock:
            self._attempts.pop(person, None)
        now = self._clock.now()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        begun = SessionRecord(org, digest(token), person, now, now + self._hours * HOUR)
        self._lane.write(lambda batch, _: batch.add(begun))
        return session_of(row, begun, token)

    def sign_out(self, token: str) -> None:
        """End a session, if it is one."""
        hashed = digest(token)
        self._known.pop(hashed, None)
        with self._store.read() as reader:
            kept = access.session_by_token(reader, hashed)
        if kept is not None:
            self._lane.write(lambda batch, _: batch.remove(SessionRecord, kept.org, hashed))

    def known(self, token: str) -> Session | None:
        """Recognise a session that was shown a moment ago, without a look into the database."""
        kept = self._known.get(digest(token))
        if kept is None or stopwatch() - kept[1] > KNOWN_FOR_SECONDS or kept[0].expires_at <= self._clock.now():
            return None
        return kept[0]

    def session(self, token: str) -> Session:
        """Recognise a session. Raises NotAuthenticated for one that is unknown, ended, or of a person who may not sign in any more."""
        looked_at, hashed = stopwatch(), digest(token)
        with self._store.read() as reader:
            kept = access.session_by_token(reader, hashed)
            row = None if kept is None else access.get_person(reader, kept.org, kept.person)
            still = row is not None and usable(row, whose_password(reader, row))
        if kept is None or row is None or not still or kept.expires_at <= self._clock.now():
            raise NotAuthenticated("Your session has ended; sign in again.")
        session = session_of(row, kept, token)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[hashed] = (session, looked_at)
        return session

    # --- patience ---------------------------------------------------------------------------------------------------

    def _be_patient(self, person: str) -> None:
        with self._lock:
            kept = self._attempts.get(person)
            wait = 0.0 if kept is None else kept.closed_until - stopwatch()
        if wait > 0:
            raise TooManyAttempts(int(wait) + 1)

    def _count_failure(self, person: str) -> None:
        """After some free attempts each failure doubles the wait, whether or not there is such a person."""
        with self._lock:
            if len(self._attempts) >= MOST_KNOWN:
                self._attempts.clear()
            kept = self._attempts.setdefault(person[:LONGEST], _Patience())
            kept.failures += 1
            over = kept.failures - FREE_ATTEMPTS
            if over >= 0:
                kept.closed_until = stopwatch() + min(LONGEST_WAIT, 2.0 ** min(over, 20))

    def _hash_of_nobody(self) -> str:
        """Give a hash that no password meets, so that an unknown name takes as long as a wrong password."""
        if self._nobody is None:
            self._nobody = self._hashing.hash(secrets.token_urlsafe(TOKEN_BYTES))
        return self._nobody


def whose_password(reader: Connection, row: PersonRecord) -> PersonRecord | None:
    """Give the person whose password counts: of who was copied into a sandbox, the one of the body, where alone it is kept."""
    if row.password_hash is not None or not is_sandbox(row.org):
        return row
    return access.get_person(reader, body_of(row.org), row.id)


def usable(row: PersonRecord, kept: PersonRecord | None) -> bool:
    """Say whether somebody may sign in: there is a password, and it was not taken away, nor in the body where that is whose it is."""
    return kept is not None and kept.password_hash is not None and kept.disabled_at is None and row.disabled_at is None


def session_of(row: PersonRecord, kept: SessionRecord, token: str) -> Session:
    """Give the session of a person. The token of its forms follows from its own, so it needs no row."""
    principal = Principal(row.id, row.org, frozenset(orjson.loads(row.roles)), row.unit, f"session:{kept.token_sha256[:12]}")
    csrf = hashlib.sha256(f"csrf:{token}".encode()).hexdigest()
    return Session(principal, row.name, token, csrf, kept.expires_at)


def person_view(row: PersonRecord, *, may_sign_in: bool) -> dict[str, Any]:
    """Give a person as administrators see them."""
    return {
        "id": row.id,
        "name": row.name,
        "roles": orjson.loads(row.roles),
        "unit": row.unit,
        "may_sign_in": may_sign_in,
        "created_at": rfc3339(row.created_at),
    }
