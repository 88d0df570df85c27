"""The hot path: one transaction for a batch of commands, read with one statement a table and written with one statement a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy.sql.expression import Executable

from engine.clock import Instant
from engine.store.deadlines import select_due
from engine.store.dialect import CaseKey, Dialect, IdempotencyKey, Session, Waiting
from engine.store.errors import ConcurrentWrite
from engine.store.layout import KEY_WIDTH, ORDER, Change, Write
from engine.store.messages import select_messages
from engine.store.records import (
    CaseRecord,
    DeadlineRecord,
    EventRecord,
    IdempotencyRecord,
    LogCursorRecord,
    MessageRecord,
    NumberSeriesRecord,
    Record,
    ServiceStateRecord,
    UnsealedRecord,
)

T = TypeVar("T")

WIDTH = len(DeadlineRecord._fields)
MOST_RECENT = 1_000
"""Cases that a writer remembers."""


class Writer:
    """One connection for one thread. It is opened when first needed and again after it was lost."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._session: Session | None = None
        self._recent: dict[CaseKey, CaseRecord] = {}

    def begin(self) -> Batch:
        """Begin a batch. Raises DatabaseUnavailable, and Overloaded when another writer does not let go within 30 s."""
        if self._session is None or not self._session.is_usable:
            self._session = self._dialect.session()
        self._session.begin()
        return Batch(self._session, self._recent)

    @property
    def commits_behind(self) -> bool:
        """Whether a commit can go on while the next batch is decided."""
        return self._session is not None and self._session.commits_behind

    def close(self) -> None:
        """Close the connection; a batch that is open is undone."""
        if self._session is not None:
            self._session.close()
            self._session = None


class Batch:
    """One transaction. It remembers what is to be written and writes it at the end, so that it costs one round trip.

    As a context manager it is rolled back unless it was committed. After `ConcurrentWrite`, `Overloaded` and `DatabaseUnavailable`
    nothing of it is recorded; after `CommitUnknown` nobody knows. It is of no use after any of them.
    """

    def __init__(self, session: Session, recent: dict[CaseKey, CaseRecord]) -> None:
        self._session = session
        self._recent = recent
        self._cases: dict[CaseKey, CaseRecord | None] = {}
        self._assumed: dict[CaseKey, CaseRecord] = {}
        self._responses: dict[IdempotencyKey, IdempotencyRecord | None] = {}
        self._new: dict[CaseKey, CaseRecord] = {}
        self._changed: dict[CaseKey, tuple[CaseRecord, int]] = {}
        self._series: dict[tuple[str, str, str], int] = {}
        # No key stands in two of these: what came and went is not written at all.
        self._added: dict[type[Any], dict[tuple[Any, ...], tuple[Any, ...]]] = {}
        self._put: dict[type[Any], dict[tuple[Any, ...], tuple[Any, ...]]] = {}
        self._removed: dict[type[Any], dict[tuple[Any, ...], None]] = {}
        self._open = True
        self.database_now: Instant | None = None
        """The database's clock at the latest `load`, read after the cases were held; None where the database has none (SQLite)."""

    def __enter__(self) -> Self:
        """Return the batch."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Roll back what was not committed."""
        if self._open:
            self.rollback()

    # Reading

    def assume(self, case_keys: Iterable[CaseKey]) -> None:
        """Take cases from memory, as this writer wrote them last, instead of reading them; those it does not remember are read.

        Whether they still stand so is found out by the commit, or by `confirm`, which raise ConcurrentWrite where they do not.
        """
        if not self._session.commits_behind:
            self.load(case_keys)
            return
        unknown = []
        for key in case_keys:
            known = self._recent.get(key)
            if known is None:
                unknown.append(key)
            else:
                self._cases[key] = self._assumed[key] = known
        if unknown:
            self.load(unknown)

    def confirm(self) -> None:
        """Make sure of the cases that were taken from memory and are not written. Raises ConcurrentWrite unless they stand so."""
        doubtful = [key for key in self._assumed if key not in self._changed]
        if not doubtful:
            return
        standing = {(case.org, case.id): case for case in self._session.load(doubtful, ()).cases}
        for key in doubtful:
            if standing.get(key) != self._assumed[key]:
                raise ConcurrentWrite(f"Case {key[1]} was changed by another writer; nothing of this batch was recorded.")

    def load(self, case_keys: Iterable[CaseKey] = (), idempotency_keys: Iterable[IdempotencyKey] = ()) -> None:
        """Read cases and stored responses in one round trip and hold the cases, so that nobody changes them before the commit."""
        cases = sorted({key for key in case_keys if key not in self._cases})
        responses = [key for key in dict.fromkeys(idempotency_keys) if key not in self._responses]
        loaded = self._session.load(cases, responses)
        self._cases.update(dict.fromkeys(cases))
        self._responses.update(dict.fromkeys(responses))
        for case in loaded.cases:
            self._cases[case.org, case.id] = case
        for response in loaded.idempotency:
            self._responses[response.org, response.scope, response.key] = response
        self.database_now = loaded.now

    def due_rungs(self, now: Instant, limit: int) -> list[DeadlineRecord]:
        """Read the deadlines of all organisations with a rung due at `now`, the earliest first, and hold their cases.

        What another batch holds is left out (PostgreSQL), so that any number of sweeps get on side by side.
        """
        due = []
        for row in self._session.execute(select_due(now, limit)):
            deadline, case = DeadlineRecord._make(row[:WIDTH]), CaseRecord._make(row[WIDTH:])
            due.append(deadline._replace(provisional=bool(deadline.provisional)))
            self._cases.setdefault((case.org, case.id), case)
        return due

    def waiting_messages(self, limit: int) -> list[MessageRecord]:
        """Read the messages of all organisations that wait for their receivers, the oldest first, and hold those receivers."""
        found = [MessageRecord._make(row) for row in self._session.execute(select_messages(limit))]
        self.load([(each.to_org, each.to_case) for each in found if each.kind != "open"])
        return found

    def sent_by(self, org: str, case_id: str) -> list[MessageRecord]:
        """Give the messages that a case sends in this batch."""
        return [MessageRecord._make(each) for each in self._added.get(MessageRecord, {}).values() if each[:2] == (org, case_id)]

    @property
    def has_sent(self) -> bool:
        """Whether messages to other cases are among what is to be written."""
        return bool(self._added.get(MessageRecord))

    def case(self, org: str, case_id: str) -> CaseRecord | None:
        """Return a case as this batch left it, reading it when `load` was not asked for it."""
        key = (org, case_id)
        if key not in self._cases:
            self.load([key])
        return self._cases[key]

    def knows_response(self, org: str, scope: str, key: str) -> bool:
        """Whether it is known, without reading, what was answered to a request, or that nothing was."""
        return (org, scope, key) in self._responses

    def stored_response(self, org: str, scope: str, key: str) -> IdempotencyRecord | None:
        """Return what was answered to a request, also within this batch, reading it when `load` was not asked for it."""
        place = (org, scope, key)
        if place not in self._responses:
            self.load((), [place])
        return self._responses[place]

    def draw_number(self, org: str, series: str, period: str) -> int:
        """Draw the next number of a series, from 1 on. It is given when the batch commits."""
        key = (org, series, period)
        if key not in self._series:
            self._series[key] = self._session.hold(NumberSeriesRecord(org, series, period, 0)).last
        self._series[key] += 1
        self.put(NumberSeriesRecord(org, series, period, self._series[key]))
        return self._series[key]

    def hold_state(self, org: str, key: str, default: str) -> str:
        """Return what the service remembers under a key, held until the end, and before the first time `default`."""
        return self._session.hold(ServiceStateRecord(org, key, default)).value

    def hold_position(self, org: str, consumer: str) -> int:
        """Return how far a consumer has read the log, held until the end, so that nobody else moves it meanwhile."""
        return self._session.hold(LogCursorRecord(org, consumer, 0)).position

    def execute(self, statement: Executable) -> list[tuple[Any, ...]]:
        """Execute a Core statement at once, in this transaction, before what the batch has yet to write. For the store's own modules."""
        return self._session.execute(statement)

    def prune_responses(self, before: Instant, limit: int) -> int:
        """Delete at once up to `limit` of the oldest responses stored before an instant; return how many, fewer only when none is left."""
        return self._session.prune_responses(before, limit)

    # Writing

    def put_case(self, record: CaseRecord, expected_seq: int | None) -> None:
        """Write a case: a new one where `expected_seq` is None, else one that was read at that seq.

        Raises ConcurrentWrite at once when this batch knows that the case stands elsewhere; the commit raises it for all others.
        """
        key = (record.org, record.id)
        known = self._cases.get(key)
        if (known.seq if known else expected_seq) != expected_seq:
            raise ConcurrentWrite(f"Expected case {record.id} at seq {expected_seq}, found it at {known and known.seq}.")
        if expected_seq is None or key in self._new:
            self._new[key] = record
        else:
            _, loaded_at = self._changed.get(key, (record, expected_seq))
            self._changed[key] = record, loaded_at
        self._cases[key] = record

    def add(self, record: Record) -> None:
        """Write a new row. Raises ConcurrentWrite when the batch writes its key already; the commit, when that or what is unique is taken.

        An event is marked as not sealed in the same commit, so that the log misses none.
        """
        kind = type(record)
        rows = self._added.get(kind)
        if rows is None:
            rows = self._added[kind] = {}
        key = record[: KEY_WIDTH[kind]]
        if key in rows:
            raise ConcurrentWrite(f"Expected to write a new {kind.__name__}, found {key} written by the same batch.")
        rows[key] = record
        if isinstance(record, EventRecord):
            self.add(UnsealedRecord(record.org, record.recorded_at, record.case_id, record.seq))
        elif isinstance(record, IdempotencyRecord):
            self._responses[record.org, record.scope, record.key] = record

    def put(self, record: Record) -> None:
        """Write a row, new or changed; of several with one key the last remains. Not for cases and events."""
        kind = type(record)
        key = record[: KEY_WIDTH[kind]]
        added = self._added.get(kind)
        if added is not None and key in added:
            added[key] = record
        else:
            self._put.setdefault(kind, {})[key] = record

    def remove(self, kind: type[Record], *key: str | int) -> None:
        """Delete the row with a key, if it is there, also when this batch has written it. A key that was removed is not written again."""
        if self._added.get(kind, {}).pop(key, None) is None:
            self._put.get(kind, {}).pop(key, None)
            self._removed.setdefault(kind, {})[key] = None

    # Ending

    def commit(self) -> None:
        """Write everything and commit. Raises ConcurrentWrite, DatabaseUnavailable and CommitUnknown as the class says."""
        self._finish(self._session.commit)

    def commit_behind(self) -> Waiting:
        """Write everything, and have the commit go on by itself where the database can. What is returned waits for it.

        Raises ConcurrentWrite and DatabaseUnavailable at once; the waiting raises CommitUnknown.
        """
        return self._finish(self._session.commit_behind)

    def _finish(self, commit: Callable[[Iterable[Write]], T]) -> T:
        try:
            self.confirm()
            done = commit(self._writes())
        except BaseException:
            self.rollback()
            raise
        self._open = False
        self._remember()
        return done

    def _remember(self) -> None:
        """Keep the cases as they were written. Should the commit fail, then nobody finds them so, and they are read."""
        recent = self._recent
        for key, (case, _) in self._changed.items():
            recent.pop(key, None)
            recent[key] = case
        recent.update(self._new)
        while len(recent) > MOST_RECENT:
            del recent[next(iter(recent))]

    def rollback(self) -> None:
        """Undo everything."""
        self._open = False
        self._session.rollback()

    def _writes(self) -> Iterator[Write]:
        if self._new:
            yield Write(Change.INSERT, CaseRecord, list(self._new.values()))
        if self._changed:
            yield Write(Change.UPDATE, CaseRecord, [(*record, expected) for record, expected in self._changed.values()])
        for kind in sorted({*self._added, *self._put, *self._removed}, key=ORDER.__getitem__):
            if added := self._added.get(kind):
                yield Write(Change.INSERT, kind, [*added.values()])
            if put := self._put.get(kind):
                yield Write(Change.UPSERT, kind, [*put.values()])
            if gone := self._removed.get(kind):
                yield Write(Change.DELETE, kind, [*gone])
