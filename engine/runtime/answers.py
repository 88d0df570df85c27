"""What a command is answered with: bytes that are stored with its key, so that the same request gets the same bytes again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from engine.clock import Instant
from engine.core.case import Case
from engine.errors import KeyReused, YishiError
from engine.runtime.lane import Work
from engine.store.errors import ConcurrentWrite
from engine.store.records import IdempotencyRecord
from engine.store.writer import Batch


class Answer(NamedTuple):
    """Status, headers and body as HTTP has them. ``case`` is None when the answer was stored by an earlier request."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    case: Case | None = None

    def json(self) -> Any:
        """Give the body as JSON values."""
        return orjson.loads(self.body)


class RequestKey(NamedTuple):
    """An idempotency key with what it is scoped to: organisation, principal, method and path; and the hash of the request's body."""

    org: str
    scope: str
    key: str
    request_hash: str

    @property
    def row(self) -> tuple[str, str, str]:
        """Give the primary key of its row."""
        return self.org, self.scope, self.key


def request_key(org: str, principal: str, method: str, path: str, key: str, body: bytes, *more: str) -> RequestKey:
    """Make the key of a request. ``more``: headers that belong to what was asked, such as If-Match.

    Of a vote the body stays out of the hash: it can say so little that whoever reads the hash could try it all.
    """
    body = b"" if path.endswith(".vote") else body
    digest = hashlib.sha256(b"\x00".join([body, *(part.encode() for part in more)])).hexdigest()
    return RequestKey(org, f"{principal} {method} {path}", key, digest)


def once(
    key: RequestKey | None, run: Callable[[Batch, Instant], Answer], *, cases: tuple[tuple[str, str], ...] = (), bulk: bool = False
) -> Work:
    """Make the work that answers a request. The same request with its key gets the answer that was kept; nothing is done then.

    Nearly every key is new, and the commit itself finds out when one is not: its row is there already, the lane rolls back and looks
    before it tries again. So nobody looks beforehand, but for a refusal, which may be about what the first request has done.
    """
    if key is None:
        return Work(run, cases=cases, bulk=bulk)

    def answered(batch: Batch, now: Instant) -> Answer:
        if batch.knows_response(*key.row) and (earlier := stored_answer(batch, key)) is not None:
            return earlier
        try:
            answer = run(batch, now)
        except ConcurrentWrite:
            raise
        except YishiError:
            if (earlier := stored_answer(batch, key)) is not None:
                return earlier
            raise
        store_answer(batch, key, answer, now)
        return answer

    return Work(answered, cases=cases, keys=(key.row,), bulk=bulk)


def stored_answer(batch: Batch, key: RequestKey) -> Answer | None:
    """Give what was answered before. Raises KeyReused when the key came with another request."""
    found = batch.stored_response(*key.row)
    if found is None:
        return None
    if found.request_hash != key.request_hash:
        raise KeyReused
    return Answer(found.status, {**orjson.loads(found.headers), "Idempotency-Replayed": "true"}, found.body)


def store_answer(batch: Batch, key: RequestKey, answer: Answer, now: Instant) -> None:
    """Keep an answer with its key, in the commit of what it answers."""
    headers = orjson.dumps(dict(answer.headers)).decode()
    batch.add(IdempotencyRecord(key.org, key.scope, key.key, key.request_hash, answer.status, headers, answer.body, now))
