"""CaseService: the one door through which every case changes.

Each method makes a piece of work for the lane. On the lane it reads the case by its key, decides purely, records, and renders the
answer, which is given after the commit.

    answer = await service.act(principal, case_id, "approve", data={...}, expected=7, key=key)      in an event loop
    answer = service.act(principal, case_id, "approve", data={...}, expected=7).result()             in a thread
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
import uuid_utils

from engine.clock import Instant
from engine.core import refusals as say
from engine.core.advance import advance
from engine.core.case import EMPTY, Case
from engine.core.command import Act, Command, Comment, Correct, Fire, Open
from engine.core.compiled import Process
from engine.core.decision import Decision, Refused
from engine.core.ledger import Ledger
from engine.core.recurring import falls_due_again
from engine.core.rungs import due_rungs
from engine.errors import CommandRefused, NotFound, StaleVersion
from engine.runtime.answers import Answer, RequestKey, once
from engine.runtime.body import Body
from engine.runtime.lane import Lane, Pending, Work
from engine.runtime.people import Principal
from engine.runtime.post import Post
from engine.runtime.recent import RecentCases
from engine.runtime.recording import record
from engine.runtime.registries import Registries
from engine.runtime.registry import Registry
from engine.runtime.views import case_view
from engine.store.records import DeadlineRecord, DocumentRecord
from engine.store.writer import Batch

log = structlog.get_logger(__name__)

DEFAULT_LANGUAGE = "zh-CN"


def new_id(now: Instant) -> str:
    """Make a UUIDv7 for an instant of the service's clock, so that the keys of a month lie together."""
    return str(uuid_utils.uuid7(nanoseconds=now * 1000))


DeadlineKey = tuple[str, str, int]
"""Organisation, case, number of a deadline."""


@dataclass(frozen=True, slots=True)
class FiredBatch:
    """What became of a batch of due rungs: how many were found and fired, and the deadlines whose rung failed."""

    found: int
    fired: int
    failed: tuple[DeadlineKey, ...]

    @classmethod
    def of(cls, found: int, outcomes: list[DeadlineKey | bool]) -> FiredBatch:
        """Sum up what became of each."""
        return cls(found, sum(one is True for one in outcomes), tuple(one for one in outcomes if isinstance(one, tuple)))


class CaseService:
    """Opens, advances, comments and corrects cases. Safe to share between threads; the lane orders what happens.

    ``sweeping`` is the lane that due rungs go to: the same one on SQLite, one of its own on PostgreSQL.
    """

    def __init__(self, lane: Lane, registry: Registry, registries: Registries, sweeping: Lane | None = None) -> None:
        self._lane = lane
        self._sweeping = sweeping or lane
        self._registry, self._registries = registry, registries
        self._recent = RecentCases()
        self._post = Post(registry, registries)
        for each in {lane, self._sweeping}:
            each.follow_up = self._post.round

    def deliver(self) -> Pending:
        """Deliver messages between cases that a stop has left lying; answers how many. Lanes deliver what they send by themselves."""
        return self._lane.submit(self._post.round())

    def open(
        self,
        principal: Principal,
        workflow: str,
        *,
        version: int | None = None,
        data: Mapping[str, Any] = EMPTY,
        client_ref: str | None = None,
        reason: str | None = None,
        occurred_at: Instant | None = None,
        settings: Mapping[str, Any] = EMPTY,
        key: RequestKey | None = None,
        language: str = DEFAULT_LANGUAGE,
    ) -> Pending:
        """Open a case of the newest version in force, or of the one given. Answers 201 with the case.

        It has the settings of the body's preset, and on top of them ``settings``, in canonical JSON.

        Raises (when awaited) NotFound for an unknown workflow, NotInForce, and CommandRefused with every reason.
        """
        backdated(principal, occurred_at, reason)
        process_at = self._registry.opening(principal.org, workflow, version)

        def run(batch: Batch, now: Instant) -> Answer:
            process = process_at(now)
            case_id = new_id(now)
            own = {**self._registry.presets.settings(principal.org, process), **settings}
            command = Open(principal.actor, principal.org, case_id, data, client_ref, own, reason, occurred_at)
            case = self._decide(batch, principal.org, process, None, command, now)
            return self._answer(batch, process, case, principal, now, language, status=201)

        return self._lane.submit(once(key, run))

    def act(
        self,
        principal: Principal,
        case_id: str,
        action: str,
        *,
        data: Mapping[str, Any] = EMPTY,
        reason: str | None = None,
        document: DocumentRecord | None = None,
        occurred_at: Instant | None = None,
        expected: int | None = None,
        key: RequestKey | None = None,
        language: str = DEFAULT_LANGUAGE,
        bulk: bool = False,
    ) -> Pending:
        """Take an action. ``expected`` is the version the actor saw; None: whatever it is now.

        Raises (when awaited) NotFound, StaleVersion, CommandRefused with every reason, KeyReused.
        """
        backdated(principal, occurred_at, reason)
        attached = None if document is None else document_facts(document)

        def command(_: Case) -> Command:
            return Act(principal.actor, action, data, reason, attached, occurred_at)

        def finish(batch: Batch, case: Case) -> None:
            if document is not None:
                batch.put(document._replace(seq=case.seq))  # it may have been kept before, without an act

        return self._submit(principal, case_id, command, expected=expected, key=key, language=language, bulk=bulk, finish=finish)

    def comment(
        self, principal: Principal, case_id: str, text: str, *, key: RequestKey | None = None, language: str = DEFAULT_LANGUAGE
    ) -> Pending:
        """Record a comment; the version of the case stays."""
        return self._submit(principal, case_id, lambda _: Comment(principal.actor, text), key=key, language=language)

    def correct(
        self,
        principal: Principal,
        case_id: str,
        seq: int,
        reason: str,
        *,
        data: Mapping[str, Any] = EMPTY,
        outcome: str | None = None,
        occurred_at: Instant | None = None,
        approves: int | None = None,
        expected: int | None = None,
        key: RequestKey | None = None,
        language: str = DEFAULT_LANGUAGE,
    ) -> Pending:
        """Correct an event by a new one. Needs the right `correct`; an outcome, a time or a date needs a second person too."""
        principal.demand("correct")
        wrong = Correct(principal.actor, seq, reason, data, outcome, occurred_at, approves)
        return self._submit(principal, case_id, lambda _: wrong, expected=expected, key=key, language=language)

    def fire_due(self, now: Instant, limit: int, *, stopped: Instant | None = None, leave: frozenset[DeadlineKey] = frozenset()) -> Pending:
        """Fire the next rung of up to ``limit`` deadlines that have one due at ``now``, earliest first, all in one commit.

        ``stopped``: since when nobody had looked, so that `catch_up` decides about what was missed. ``leave``: deadlines to pass over.
        Answers a FiredBatch. Any number of nodes may do this at once: what another one holds is passed over.
        """

        def run(batch: Batch, recorded: Instant) -> FiredBatch:
            rows = [row for row in batch.due_rungs(now, limit + len(leave)) if (row.org, row.case_id, row.n) not in leave]
            return FiredBatch.of(len(rows), [self._fire(batch, row, max(now, recorded), stopped) for row in rows])

        return self._sweeping.submit(Work(run, bulk=True))

    # --- on the lane ------------------------------------------------------------------------------------------------

    def _submit(
        self,
        principal: Principal,
        case_id: str,
        command: Callable[[Case], Command],
        *,
        expected: int | None = None,
        key: RequestKey | None = None,
        language: str = DEFAULT_LANGUAGE,
        bulk: bool = False,
        finish: Callable[[Batch, Case], None] | None = None,
    ) -> Pending:
        def run(batch: Batch, now: Instant) -> Answer:
            before, process = self._load(batch, principal.org, case_id)
            if not (principal.takes_part_in(process.definition) or before.opened_by == principal.id):
                raise NotFound("case", case_id)
            if expected is not None and expected != before.version:
                raise StaleVersion(expected, before.version)
            case = self._decide(batch, principal.org, process, before, command(before), now)
            if finish is not None:
                finish(batch, case)
            return self._answer(batch, process, case, principal, now, language)

        return self._lane.submit(once(key, run, cases=((principal.org, case_id),), bulk=bulk))

    def _fire(self, batch: Batch, row: DeadlineRecord, now: Instant, stopped: Instant | None) -> DeadlineKey | bool:
        """Fire one rung: True when it fired, False when it was not there to fire any more, its deadline when it failed."""
        assert row.next_at is not None
        assert row.next_rung is not None
        try:
            case, process = self._load(batch, row.org, row.case_id)
            missed = stopped is not None and only_noted(process, row, now, stopped)
            rung = Fire(row.name, row.n, row.next_rung, row.next_at, recorded_only=missed)
            outcome = advance(process, case, rung, now, Body(batch, row.org, self._registries, now))
        except Exception as failure:  # nothing is in the batch yet: the other rungs go on, this one is tried again
            log.exception("rung.failed", case=row.case_id, deadline=row.name, error=type(failure).__name__)
            return row.org, row.case_id, row.n
        if isinstance(outcome, Refused):
            return False
        record(batch, process.definition, case, outcome)
        return True

    def _load(self, batch: Batch, org: str, case_id: str) -> tuple[Case, Process]:
        row = batch.case(org, case_id)
        if row is None:
            raise NotFound("case", case_id)
        return self._recent.case(row), self._registry.process(org, row.workflow, row.definition_version, row.digest)

    def _decide(self, batch: Batch, org: str, process: Process, before: Case | None, command: Command, now: Instant) -> Case:
        outcome = advance(process, before, command, now, Body(batch, org, self._registries, now))
        if isinstance(outcome, Refused):
            raise CommandRefused(outcome.refusals)
        decision: Decision = outcome
        case = record(batch, process.definition, before, decision)
        if (row := batch.case(org, case.id)) is not None:
            self._recent.keep(row, case)
        return case

    def _answer(
        self,
        batch: Batch,
        process: Process,
        case: Case,
        principal: Principal,
        now: Instant,
        language: str,
        status: int = 200,
    ) -> Answer:
        moment = max(now, case.updated_at)
        world = Body(batch, case.org, self._registries, moment)
        body = orjson.dumps(case_view(process, case, principal, moment, language, world, batch.sent_by(case.org, case.id)))
        headers = {"ETag": f'"{case.version}"'}
        if status == 201:
            headers["Location"] = f"/v1/cases/{case.id}"
        return Answer(status, headers, body, case)


def only_noted(process: Process, row: DeadlineRecord, now: Instant, stopped: Instant) -> bool:
    """After a stop of the service, say whether `catch_up` wants a missed rung only noted."""
    ledger = Ledger.from_json(orjson.loads(row.ledger))
    deadline = process.definition.deadlines[row.name]
    rung = next((each for each in due_rungs(deadline, ledger, now, stopped=stopped) if each.at == row.next_rung), None)
    if rung is None or rung.recorded_only or deadline.catch_up != "last" or ledger.period is None or rung.instant <= stopped:
        return rung is not None and rung.recorded_only
    return falls_due_again(deadline, ledger, process.calendar, rung.instant, now)


def backdated(principal: Principal, occurred_at: Instant | None, reason: str | None) -> None:
    """To say that something happened earlier than it is entered needs a right of its own and a reason."""
    if occurred_at is None:
        return
    principal.demand("backdate")
    if not reason:
        raise CommandRefused([say.reason_required()])


def document_facts(document: DocumentRecord) -> dict[str, Any]:
    """Give what the event says of a document; its name stays beside the trail, for it may name people."""
    return {"id": document.id, "sha256": document.sha256, "size": document.size, "media_type": document.media_type}
