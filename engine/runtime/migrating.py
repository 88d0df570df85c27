"""Moving the running cases of a workflow to another version, and back: planned dry, then case by case through the one door.

Nothing is kept of a migration but the events of its cases. So it may be broken off at any time and begun again: whoever is there already
is passed over, and clerks act in between, for the lane takes the cases in small bulk slices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from engine.clock import Instant, rfc3339
from engine.core.advance import advance
from engine.core.bridge import Bridge, bridge
from engine.core.case import EMPTY, Case
from engine.core.chain import is_commitment
from engine.core.command import Migrate, UndoMigration
from engine.core.compiled import Process
from engine.core.decision import Refused
from engine.core.migration_refusals import not_last, redacted
from engine.definition.migration_block import POLICIES
from engine.errors import CommandRefused, InvalidInput, NotFound, Violation
from engine.proof.migration_plan import DeadlineVerdict, Verdict, verdict
from engine.runtime.application import Application
from engine.runtime.body import Body
from engine.runtime.in_slices import CANNOT, MOVED, PAGE, SKIPPED, Progress, in_slices
from engine.runtime.lane import Pending, Work
from engine.runtime.people import Principal
from engine.runtime.rebuilding import rebuilt
from engine.runtime.recording import ALWAYS_COMMITTED, record, to_case
from engine.runtime.views import refusal_views
from engine.store.reader import Page
from engine.store.records import CaseRecord
from engine.store.trail import trail
from engine.store.versions import just_migrated, running_cases, standing
from engine.store.writer import Batch

Json = dict[str, Any]


class Migrating:
    """Plans, carries out and takes back migrations. Needs the right `publish`. Every method blocks; none may run on an event loop."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._bridges: dict[tuple[str, str], Bridge] = {}

    def standing(self, principal: Principal, workflow: str) -> Json:
        """Say how many running cases each version has, in which states (outer ones count those inside them) and in which together."""
        principal.demand("publish")
        self._application.registry.published(principal.org, workflow)
        with self._application.store.read() as reader:
            rows = standing(reader, principal.org, workflow)
        versions: dict[int, Json] = {}
        for row in rows:
            found = versions.setdefault(row.version, {"version": row.version, "running": 0, "states": {}, "places": []})
            active = active_paths(orjson.loads(row.configuration))
            found["running"] += row.cases
            found["places"].append({"states": active, "running": row.cases})
            for path in active:
                found["states"][path] = found["states"].get(path, 0) + row.cases
        return {"workflow": workflow, "versions": [versions[version] for version in sorted(versions)]}

    def plan(
        self,
        principal: Principal,
        workflow: str,
        to: int,
        *,
        policy: str | None = None,
        only: Sequence[str] = (),
        cursor: str | None = None,
        limit: int = PAGE,
        language: str = "zh-CN",
    ) -> Json:
        """Say for each running case of another version what moving it now would do. Records nothing. Raises NotFound, InvalidInput."""
        new = self._target(principal, workflow, to, policy)
        with self._application.store.read() as reader:
            found = running_cases(reader, principal.org, workflow, not_at=to, only=only, cursor=cursor, limit=limit)
        now = self._application.now()
        body = self._application.body(principal.org, now)
        verdicts = [self._verdict(principal, new, to_case(row), now, policy, body) for row in found.items]
        moving = sum(each.moves for each in verdicts)
        counts = {MOVED: moving, SKIPPED: 0, CANNOT: len(verdicts) - moving}
        views = [verdict_view(each, language) for each in verdicts]
        return {
            "workflow": workflow,
            "to": to,
            "dry_run": True,
            "undo": False,
            **counts,
            "cases": views,
            "refused": [],
            "next": found.cursor,
        }

    def migrate(
        self,
        principal: Principal,
        workflow: str,
        to: int,
        *,
        policy: str | None = None,
        reason: str | None = None,
        only: Sequence[str] = (),
        cursor: str | None = None,
        limit: int | None = None,
        language: str = "zh-CN",
        progress: Progress | None = None,
    ) -> Json:
        """Move the running cases of other versions, in the order of their opening; at most ``limit``, then ``next`` says where to go on.

        A case that cannot move is told with its reasons and left as it is. ``progress`` is told how many were looked at more.
        """
        new = self._target(principal, workflow, to, policy)

        def page(after: str | None, most: int) -> Page[CaseRecord]:
            with self._application.store.read() as reader:
                return running_cases(reader, principal.org, workflow, not_at=to, only=only, cursor=after, limit=most)

        def work(row: CaseRecord) -> Pending:
            return self._move(principal, new, row.id, policy, reason)

        done = in_slices(page, work, cursor=cursor, limit=limit, language=language, progress=progress)
        return {"workflow": workflow, "to": to, "dry_run": False, "undo": False, **done}

    def undo(
        self,
        principal: Principal,
        workflow: str,
        to: int,
        *,
        reason: str | None = None,
        only: Sequence[str] = (),
        cursor: str | None = None,
        limit: int | None = None,
        language: str = "zh-CN",
        progress: Progress | None = None,
    ) -> Json:
        """Put back the cases that were moved to a version and to which nothing has happened since."""
        self._target(principal, workflow, to, None)

        def page(after: str | None, most: int) -> Page[CaseRecord]:
            with self._application.store.read() as reader:
                return just_migrated(reader, principal.org, workflow, to, only=only, cursor=after, limit=most)

        def work(row: CaseRecord) -> Pending:
            return self._put_back(principal, row.id, row.seq, reason)

        done = in_slices(page, work, cursor=cursor, limit=limit, language=language, progress=progress)
        return {"workflow": workflow, "to": to, "dry_run": False, "undo": True, **done}

    # --- one case ---------------------------------------------------------------------------------------------------

    def _move(self, principal: Principal, new: Process, case_id: str, policy: str | None, reason: str | None) -> Pending:
        def run(batch: Batch, now: Instant) -> str:
            case = self._loaded(batch, principal.org, case_id)
            if case.digest == new.definition.digest:
                return SKIPPED
            made = self._bridge(case, new)
            outcome = advance(new, case, Migrate(principal.actor, made, policy, reason), now, self._body(batch, case.org, now))
            if isinstance(outcome, Refused):
                raise CommandRefused(outcome.refusals)
            record(batch, new.definition, case, outcome)
            return MOVED

        return self._application.lane.submit(Work(run, cases=((principal.org, case_id),), bulk=True))

    def _put_back(self, principal: Principal, case_id: str, seq: int, reason: str | None) -> Pending:
        """Put a case back to where its trail has it before its event ``seq``."""
        before = rebuilt(stored for stored in trail(self._application.store, principal.org, case_id) if stored.event.seq < seq)

        def run(batch: Batch, now: Instant) -> str:
            case = self._loaded(batch, principal.org, case_id)
            if before is None or case.seq != seq:
                raise CommandRefused((not_last(),))
            if is_redacted(before):
                raise CommandRefused((redacted(),))
            old = self._application.registry.process(case.org, before.workflow, before.definition_version, before.digest)
            outcome = advance(old, case, UndoMigration(principal.actor, before, reason), now, self._body(batch, case.org, now))
            if isinstance(outcome, Refused):
                raise CommandRefused(outcome.refusals)
            record(batch, old.definition, case, outcome)
            return MOVED

        return self._application.lane.submit(Work(run, cases=((principal.org, case_id),), bulk=True))

    def _verdict(self, principal: Principal, new: Process, case: Case, now: Instant, policy: str | None, body: Body) -> Verdict:
        return verdict(self._bridge(case, new), case, principal.actor, max(now, case.updated_at), policy, body)

    def _body(self, batch: Batch, org: str, now: Instant) -> Body:
        return Body(batch, org, self._application.registries, now)

    # --- parts ------------------------------------------------------------------------------------------------------

    def _target(self, principal: Principal, workflow: str, to: int, policy: str | None) -> Process:
        principal.demand("publish")
        if policy is not None and policy not in POLICIES:
            raise InvalidInput([Violation("/deadlines", "wrong_value", f"expected one of {', '.join(POLICIES)}, got {policy!r}")])
        return self._application.registry.published(principal.org, workflow, to)

    def _bridge(self, case: Case, new: Process) -> Bridge:
        key = (case.digest, new.definition.digest)
        made = self._bridges.get(key)
        if made is None:
            old = self._application.registry.process(case.org, case.workflow, case.definition_version, case.digest)
            made = self._bridges[key] = bridge(old, new)
        return made

    @staticmethod
    def _loaded(batch: Batch, org: str, case_id: str) -> Case:
        row = batch.case(org, case_id)
        if row is None:
            raise NotFound("case", case_id)
        return to_case(row)


def is_redacted(case: Case) -> bool:
    """Say whether something that a case held has been deleted from its trail since, so that it cannot be put back."""
    return any(is_commitment(value) for section in ("data", *ALWAYS_COMMITTED) for value in case.snapshot.get(section, EMPTY).values())


# --- views ----------------------------------------------------------------------------------------------------------


def active_paths(leaves: Sequence[str]) -> list[str]:
    """Give leaves with the states around them, each once."""
    steps = [leaf.split(".") for leaf in leaves]
    return list(dict.fromkeys(".".join(each[: place + 1]) for each in steps for place in range(len(each))))


def verdict_view(found: Verdict, language: str) -> Json:
    """Give what becomes of a case."""
    case = found.case
    return {
        "case": case.id,
        "number": case.number,
        "from_version": case.definition_version,
        "moves": found.moves,
        "from": list(case.configuration),
        "to": list(found.after) if found.moves else None,
        "outcome": found.outcome,
        "deadlines": [deadline_view(each) for each in found.deadlines],
        "dropped": list(found.dropped),
        "refusals": refusal_views(found.refusals, language),
    }


def deadline_view(found: DeadlineVerdict) -> Json:
    """Give what becomes of a deadline."""
    old_due, new_due = (None if due is None else rfc3339(due) for due in (found.old_due, found.new_due))
    return {
        "name": found.name,
        "was": found.was,
        "operation": found.operation,
        "old_due": old_due,
        "new_due": new_due,
        "rungs_due": list(found.rungs_due),
    }
