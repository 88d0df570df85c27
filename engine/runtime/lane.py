"""Lanes: how commits are shared. One thread, one connection; whatever waits is decided, written and committed together.

Where the database can commit behind (SQLite), the next works are decided while the disk still writes the ones before, on what those have
made of their cases; should their commit fail, the write finds the cases otherwise, and they are decided anew.

An answer is given only after the commit. There are no savepoints: a refusal writes nothing, and any other failure rolls the batch
back and replays it one by one. A COMMIT that fails is never retried: nobody knows whether it reached the disk, so the waiters are told
just that and ask again with their key.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

import structlog

from engine.clock import Instant, give_way
from engine.errors import OutcomeUnknown, Overloaded, YishiError
from engine.runtime.tally import Tally
from engine.store.dialect import Waiting
from engine.store.errors import CommitUnknown, ConcurrentWrite
from engine.store.writer import Batch, Writer

log = structlog.get_logger(__name__)

T = TypeVar("T")

MOST_AT_ONCE = 256
BULK_SLICE = 32
"""Bulk work goes in small slices, so that whoever clicks a button waits some milliseconds at most."""
RETRIES = 5
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, MOST_AT_ONCE)


class Pending:
    """An answer to come. ``result()`` waits in a thread, ``await`` in an event loop; for one that is there nobody waits."""

    __slots__ = ("_answer", "_future", "_loop", "_waiter")

    def __init__(self) -> None:
        self._future: Future[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiter: asyncio.Future[Any] | None = None
        self._answer: Any = None

    def bind(self) -> None:
        """Choose how to wait: by the running event loop, if there is one, else by a thread."""
        try:
            self._loop = asyncio.get_running_loop()
            self._waiter = self._loop.create_future()
        except RuntimeError:
            self._future = Future()

    def result(self, timeout: float | None = 60) -> Any:
        """Wait in this thread. Raises what the work raised."""
        assert self._waiter is None, "submitted from an event loop: await it"
        return self._given() if self._future is None else self._future.result(timeout)

    def __await__(self) -> Generator[Any, None, Any]:
        assert self._future is None, "submitted from a thread: use result()"
        return self._given() if self._waiter is None else (yield from self._waiter)

    def _given(self) -> Any:
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer

    def loop(self) -> asyncio.AbstractEventLoop | None:
        """Give the loop that waits."""
        return self._loop

    def settle(self, answer: Any) -> None:
        """Give the answer, or the exception. In a loop, call from its own thread. Who was cancelled is not told."""
        if self._future is not None:
            if isinstance(answer, BaseException):
                self._future.set_exception(answer)
            else:
                self._future.set_result(answer)
        elif self._waiter is None:
            self._answer = answer
        elif not self._waiter.done():
            if isinstance(answer, BaseException):
                self._waiter.set_exception(answer)
            else:
                self._waiter.set_result(answer)


@dataclass(slots=True)
class Work:
    """One command waiting for the lane.

    ``cases`` are read beforehand, for all that waits in one statement; ``keys`` too, once it is known that somebody was faster.
    ``run`` decides and puts its rows into the batch; what it returns is the answer once the batch is committed. A YishiError that
    it raises refuses this work alone and must be raised before anything was put.
    """

    run: Callable[[Batch, Instant], Any]
    cases: tuple[tuple[str, str], ...] = ()
    keys: tuple[tuple[str, str, str], ...] = ()
    bulk: bool = False
    pending: Pending = field(default_factory=Pending)


class Behind(NamedTuple):
    """Works that are decided and written, and whose commit goes on."""

    works: list[Work]
    answers: list[Any]
    wait: Waiting


class Lane:
    """Carries out works in order. Without `start` it is inline: each work runs at once in the caller's thread."""

    def __init__(self, writer: Writer, now: Callable[[Batch], Instant], *, most_waiting: int = 5_000) -> None:
        self._writer = writer
        self._now = now
        self._most_waiting = most_waiting
        self._incoming: SimpleQueue[Work | None] = SimpleQueue()  # None wakes the thread to look whether it is to stop
        self._first: deque[Work] = deque()
        self._bulk: deque[Work] = deque()
        self._thread: threading.Thread | None = None
        self._inline = threading.Lock()
        self._stopping = False
        self.batches = Tally(BATCHES)
        """How many works shared a commit, for each commit."""
        self.follow_up: Callable[[], Work] | None = None
        """Gives what is to be done after a commit that sent messages to other cases."""
        self._owed = False
        self._behind: Behind | None = None

    def start(self) -> None:
        """Begin to work in a thread of its own."""
        self._thread = threading.Thread(target=self._loop, name="lane", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end the thread and close the connection. What would follow is left to the next start."""
        if self._thread is not None:
            self._stopping = True
            self._incoming.put(None)
            self._thread.join()
            while not self._incoming.empty():  # what came while the thread ended
                if (work := self._incoming.get()) is not None:
                    self._answer([work], [Overloaded()])
            self._thread = None
        self._writer.close()

    def submit(self, work: Work) -> Pending:
        """Queue a work. Raises Overloaded when too many wait already."""
        if self._thread is None:
            with self._inline:
                self._carry_out([work])
                while self._owed and self.follow_up is not None:
                    self._carry_out([self._follow_up()])
            return work.pending
        if self._stopping or self.waiting() >= self._most_waiting:
            raise Overloaded
        work.pending.bind()
        self._incoming.put(work)
        return work.pending

    def write(self, run: Callable[[Batch, Instant], T]) -> T:
        """Run something in a transaction of the lane and wait for its commit; for the service's own writing, not in an event loop."""
        answer: T = self.submit(Work(run, bulk=True)).result()
        return answer

    def waiting(self) -> int:
        """Say how many works wait."""
        return self._incoming.qsize() + len(self._first) + len(self._bulk)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        while self.waiting() or self._behind is not None or not self._stopping:
            self._take_in()
            if works := self._next():
                self._carry_out(works)
                give_way()  # who was answered may come with the next: together they share a commit, one by one each has its own
            else:
                self._finish()
            if self._owed and self.follow_up is not None and not self._stopping:
                if self._bulk and not self._first:  # one follow-up may owe the next for ever: between two of them the bulk has its turn
                    self._first.append(self._bulk.popleft())
                self._first.append(self._follow_up())

    def _take_in(self) -> None:
        """Take over what has come in, and wait for it where there is nothing else to do. Nobody else takes it, so that it is there."""
        is_idle = not (self._first or self._bulk or self._behind is not None)
        for _ in range(max(self._incoming.qsize(), is_idle)):
            if (work := self._incoming.get()) is not None:
                (self._bulk if work.bulk else self._first).append(work)

    def _follow_up(self) -> Work:
        assert self.follow_up is not None
        self._owed = False
        work = self.follow_up()
        work.pending.bind()
        return work

    def _next(self) -> list[Work]:
        queue, most = (self._first, MOST_AT_ONCE) if self._first else (self._bulk, BULK_SLICE)
        if self._writer.commits_behind:  # half of all who wait for an answer: then one half is decided while the other is committed
            behind = 0 if self._behind is None else len(self._behind.works)
            most = min(most, (len(queue) + behind + 1) // 2)
        return [queue.popleft() for _ in range(min(most, len(queue)))]

    def _carry_out(self, works: list[Work]) -> None:
        try:
            answers = self._commit_together(works)
        except Exception as failure:  # noqa: BLE001  whatever it is, the waiters must be told, and the lane must live
            answers = [self._alone(work) for work in works] if len(works) > 1 else [_as_error(failure)]
        if answers is not None:
            self._answer(works, answers)

    def _finish(self) -> None:
        """Wait for the commit that goes on, and answer those it is of."""
        if self._behind is None:
            return
        (works, answers, wait), self._behind = self._behind, None
        try:
            wait()
        except CommitUnknown:
            answers = _unknown(works)
        except Exception as failure:  # noqa: BLE001  as above
            answers = [_as_error(failure)] * len(works)
        self._answer(works, answers)

    def _alone(self, work: Work) -> Any:
        try:
            answers = self._commit_together([work], beaten=True)
            assert answers is not None, "nothing is committed behind that was beaten"
            return answers[0]
        except Exception as failure:  # noqa: BLE001  as above
            return _as_error(failure)

    def _commit_together(self, works: list[Work], *, beaten: bool = False) -> list[Any] | None:
        """Run the works in one transaction; None when their commit goes on behind. Raises, with nothing recorded, when they cannot be.

        ``beaten``: another writer was faster before, perhaps with the same request.
        """
        is_busy = self._behind is not None  # who will be answered in a moment comes again
        for attempt in range(RETRIES):
            batch = self._writer.begin()
            try:
                cases = [key for work in works for key in work.cases]
                if beaten or attempt:
                    batch.load(cases, [key for work in works for key in work.keys])
                else:
                    batch.assume(cases)
                now = self._now(batch)
                answers = [_run(work, batch, now) for work in works]
                self._finish()
                if all(isinstance(answer, YishiError) for answer in answers):
                    batch.confirm()
                    batch.rollback()
                    return answers
                sent, overlaps = batch.has_sent, (is_busy or self.waiting()) and self._writer.commits_behind and not beaten
                if overlaps:
                    self._behind = Behind(works, answers, batch.commit_behind())
                else:
                    batch.commit()
                self.batches.note(len(works))
                self._owed = self._owed or sent
            except CommitUnknown:
                return _unknown(works)
            except ConcurrentWrite:
                batch.rollback()
                if len(works) > 1 or attempt == RETRIES - 1:
                    raise
            except BaseException:
                batch.rollback()
                raise
            else:
                return None if overlaps else answers
        raise AssertionError("unreachable")

    def _answer(self, works: list[Work], answers: list[Any]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Work, Any]]] = {}
        for work, answer in zip(works, answers, strict=True):
            loop = work.pending.loop()
            if loop is None or self._thread is None:  # inline: whoever waits is this thread itself
                work.pending.settle(answer)
            else:
                by_loop.setdefault(loop, []).append((work, answer))
        for loop, pairs in by_loop.items():
            try:
                loop.call_soon_threadsafe(_settle, pairs)
            except RuntimeError:  # the loop was closed while we worked: there is nobody left to tell
                log.warning("lane.nobody_waits", works=len(pairs))


def _settle(pairs: list[tuple[Work, Any]]) -> None:
    for work, answer in pairs:
        work.pending.settle(answer)


def _run(work: Work, batch: Batch, now: Instant) -> Any:
    try:
        return work.run(batch, now)
    except ConcurrentWrite:
        raise
    except YishiError as refusal:
        return refusal


def _unknown(works: list[Work]) -> list[Any]:
    log.warning("commit.unknown", works=len(works))
    return [OutcomeUnknown() for _ in works]


def _as_error(failure: BaseException) -> BaseException:
    if not isinstance(failure, YishiError):
        log.error("lane.failed", error=type(failure).__name__, exc_info=failure)
    return failure
