"""What is read of cases: one, many, how one stood, what happened to it, what it waits for. Every look asks whether the reader may see it.

Who may not see a case is told the same as of a case that does not exist. Every method blocks; none may run on an event loop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from engine.clock import Instant, rfc3339
from engine.core.actions import list_actions
from engine.core.case import EMPTY, Case
from engine.core.compiled import Process
from engine.core.explain import explain
from engine.core.ledger import Ledger
from engine.core.refusals import label
from engine.core.world import NOWHERE, World
from engine.errors import CommandRefused, NotFound, YishiError
from engine.runtime.application import Application
from engine.runtime.documents import document_view
from engine.runtime.groups import ballots_view, parties_view
from engine.runtime.outlines import Outlines
from engine.runtime.people import Principal
from engine.runtime.rebuilding import rebuilt
from engine.runtime.recording import to_case
from engine.runtime.related import related_view
from engine.runtime.row_recording import KIND
from engine.runtime.row_views import row_event_view
from engine.runtime.views import (
    action_view,
    case_view,
    deadline_view,
    earliest_due,
    event_view,
    made_documents,
    may_see_document,
    state_title,
)
from engine.store.cases import CaseFilter, get_case, list_cases
from engine.store.deadlines import deadlines_of_case
from engine.store.documents import documents_of_case, get_document
from engine.store.inbox import InboxItem, inbox
from engine.store.messages import messages_of_case
from engine.store.records import CaseRecord, DocumentRecord
from engine.store.trail import EventFilter, StoredEvent, audit_events, events_of_case, trail

Json = dict[str, Any]

AT_ONCE = 500
MOST_CHANGES = 20


class ClientRefTaken(YishiError):
    """A case of this workflow was opened with this reference already."""

    code = "client_ref_taken"

    def __init__(self, client_ref: str, case_id: str) -> None:
        self.client_ref, self.case_id = client_ref, case_id
        super().__init__(f"The reference {client_ref!r} was used for the case {case_id} already.")


@dataclass(frozen=True, slots=True)
class Seen:
    """A case that its reader may see, with its compiled process."""

    case: Case
    process: Process
    world: World


class Reading:
    """Reads for one principal at a time. Safe to share between threads."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._store = application.store
        self._registry = application.registry
        self._outlines = Outlines(application.store)

    # --- one case ---------------------------------------------------------------------------------------------------

    def seen(self, principal: Principal, case_id: str) -> Seen:
        """Give a case to somebody who may see it. Raises NotFound to everybody else."""
        with self._store.read() as reader:
            row = get_case(reader, principal.org, case_id)
        if row is None:
            raise NotFound("case", case_id)
        seen = self._seen(row)
        if not may_look(principal, seen):
            raise NotFound("case", case_id)
        return seen

    def case(self, principal: Principal, case_id: str, language: str) -> Json:
        """Give a case as it stands."""
        seen = self.seen(principal, case_id)
        with self._store.read() as reader:
            sent = messages_of_case(reader, principal.org, case_id)
        return case_view(seen.process, seen.case, principal, self._now_for(seen.case), language, seen.world, sent)

    def case_as_of(self, principal: Principal, case_id: str, instant: Instant, language: str) -> Json:
        """Give a case as it stood at a time, folded from its trail; nothing can be done with it. Raises NotFound before its opening."""
        self.seen(principal, case_id)
        case = rebuilt(stored for stored in trail(self._store, principal.org, case_id) if stored.event.recorded_at <= instant)
        if case is None:
            raise NotFound("case", f"{case_id} at {rfc3339(instant)}")
        view = case_view(self._process(case), case, principal, max(instant, case.updated_at), language, NOWHERE)
        return {**view, "actions": []}

    def actions(self, principal: Principal, case_id: str, language: str) -> Json:
        """List every action of the configuration for this reader: allowed with its form, or refused with every reason."""
        seen = self.seen(principal, case_id)
        settings = {**seen.process.settings, **seen.case.snapshot.get("settings", EMPTY)}
        statuses = list_actions(seen.process, seen.case, principal.actor, self._now_for(seen.case), seen.world)
        return {"version": seen.case.version, "actions": [action_view(status, language, settings) for status in statuses]}

    def demand_attaching(self, principal: Principal, case_id: str, name: str) -> None:
        """Refuse a document that could not be attached now, before it is sent. Raises NotFound, CommandRefused."""
        seen = self.seen(principal, case_id)
        documents = seen.process.definition.documents
        if name not in documents:
            raise NotFound("document", name, documents)
        for status in list_actions(seen.process, seen.case, principal.actor, self._now_for(seen.case), seen.world):
            if status.name == f"{name}.attach" and not status.allowed:
                raise CommandRefused(status.refusals)

    # --- many cases -------------------------------------------------------------------------------------------------

    def cases(self, principal: Principal, only: CaseFilter, language: str, *, cursor: str | None, limit: int) -> Json:
        """List cases, those opened last first."""
        if "read" not in principal.rights:
            only = replace(only, seen_in=self._workflows_of(principal), opened_by=principal.id)
        if only.state is not None and only.ended is None:
            only = replace(only, ended=self._has_ended(principal.org, only.workflow, only.state))
        with self._store.read() as reader:
            found = list_cases(reader, principal.org, only, cursor=cursor, limit=limit)
        now = self._application.now()
        listed = [self._seen(row) for row in found.items]
        return {"cases": [listed_view(seen, now, language) for seen in listed if may_look(principal, seen)], "next": found.cursor}

    def case_of_reference(self, org: str, workflow: str, client_ref: str) -> str | None:
        """Give the id of the case that was opened with a reference."""
        with self._store.read() as reader:
            found = list_cases(reader, org, CaseFilter(workflow=workflow, client_ref=client_ref), limit=1).items
        return found[0].id if found else None

    def inbox(self, principal: Principal, language: str, *, cursor: str | None, limit: int) -> Json:
        """List the open tasks of a person, oldest first."""
        with self._store.read() as reader:
            found = inbox(
                reader, principal.org, roles=principal.roles, unit=principal.unit, person=principal.id, cursor=cursor, limit=limit
            )
        now = self._application.now()
        return {"tasks": [task_view(item, self._seen(item.case), now, language) for item in found.items], "next": found.cursor}

    # --- the trail --------------------------------------------------------------------------------------------------

    def events(self, principal: Principal, case_id: str, *, after: int, limit: int) -> Json:
        """List the events of a case, oldest first."""
        seen = self.seen(principal, case_id)
        with self._store.read() as reader:
            found = events_of_case(reader, principal.org, case_id, after=after, limit=limit + 1)
        more = len(found) > limit
        views = [event_view(seen.process, seen.case, principal, stored) for stored in found[:limit]]
        return {"events": views, "next": str(found[limit - 1].event.seq) if more else None}

    def comments(self, principal: Principal, case_id: str) -> Json:
        """List the comments on a case, oldest first."""
        self.seen(principal, case_id)
        said = [stored for stored in trail(self._store, principal.org, case_id) if stored.event.kind == "comment"]
        return {"comments": [comment_view(stored) for stored in said]}

    def audit(self, principal: Principal, only: EventFilter, *, cursor: str | None, limit: int) -> Json:
        """List events of the whole organisation, those recorded last first, as far as they are sealed. Needs the right `audit`."""
        principal.demand("audit")
        with self._store.read() as reader:
            found = audit_events(reader, principal.org, only, cursor=cursor, limit=limit)
            of_cases = {stored.event.case_id for stored in found.items if stored.event.kind != KIND}
            rows = {case_id: get_case(reader, principal.org, case_id) for case_id in of_cases}
            registries = {stored.event.workflow for stored in found.items if stored.event.kind == KIND}
            kept = {name: self._application.registries.in_force(reader, principal.org, name).definition for name in registries}
        seen = {case_id: self._seen(row) for case_id, row in rows.items() if row is not None}

        def view(stored: StoredEvent) -> Json:
            event = stored.event
            if event.kind == KIND:
                return row_event_view(kept[event.workflow], principal, stored)
            return event_view(seen[event.case_id].process, seen[event.case_id].case, principal, stored)

        return {"events": [view(stored) for stored in found.items], "next": found.cursor}

    def changes_since(self, org: str, case_id: str, version: int) -> tuple[Json, ...]:
        """Say who has done what since a version was seen, the latest last; for somebody who may see the case."""
        with self._store.read() as reader:
            row = get_case(reader, org, case_id)
            if row is None:
                return ()
            # A version never runs ahead of the seq, and of a very long story only the end is told.
            found = events_of_case(reader, org, case_id, after=max(version, row.seq - AT_ONCE), limit=AT_ONCE)
        changes, before = [], version
        for stored in found:
            body = orjson.loads(stored.event.body)
            if body["version"] > before:
                before = body["version"]
                changes.append(change_view(stored, body["version"]))
        return tuple(changes[-MOST_CHANGES:])

    # --- deadlines, documents ---------------------------------------------------------------------------------------

    def deadlines(self, principal: Principal, case_id: str, language: str) -> Json:
        """List the deadlines of a case, ended ones too, in the order of their arming."""
        seen = self.seen(principal, case_id)
        with self._store.read() as reader:
            rows = deadlines_of_case(reader, principal.org, case_id)
        now, definition = self._now_for(seen.case), seen.process.definition
        return {
            "deadlines": [
                deadline_view(definition, orjson.loads(row.ledger), now, language) for row in rows if row.name in definition.deadlines
            ]
        }

    def explain(self, principal: Principal, case_id: str, name: str, language: str) -> Json:
        """Tell day by day how the date of a deadline came about. Raises NotFound.

        Of several of one name it is the one that is open, of several periods or parties the oldest of those, else the latest; ``name#3``
        is the third period, ``name@party`` that of a party.
        """
        seen = self.seen(principal, case_id)
        with self._store.read() as reader:
            rows = deadlines_of_case(reader, principal.org, case_id)
        known = [Ledger.from_json(orjson.loads(row.ledger)) for row in rows if row.name in seen.process.definition.deadlines]
        found = [ledger for ledger in known if name in {ledger.name, ledger.key}]
        if not found:
            raise NotFound("deadline", name, {ledger.name for ledger in known})
        ledger = next((each for each in found if each.status.is_open), found[-1])
        process, now = seen.process, self._now_for(seen.case)
        return explain(process.definition.deadlines[ledger.name], ledger, process.calendar, now, language, states=process.states)

    def parties(self, principal: Principal, case_id: str, language: str) -> Json:
        """List the parties of a case by group."""
        seen = self.seen(principal, case_id)
        return {"parties": parties_view(seen.process, seen.case, self._now_for(seen.case), language)}

    def related(self, principal: Principal, case_id: str, language: str) -> Json:
        """List the cases that a case has to do with."""
        seen = self.seen(principal, case_id)
        return related_view(seen.process, seen.case, language)

    def ballots(self, principal: Principal, case_id: str, language: str) -> Json:
        """List the ballots of a case."""
        seen = self.seen(principal, case_id)
        return {"ballots": ballots_view(seen.process, seen.case, principal.id, language)}

    def documents(self, principal: Principal, case_id: str) -> Json:
        """List the documents of a case that the reader may see, in the order in which they were handed in."""
        definition = self.seen(principal, case_id).process.definition
        with self._store.read() as reader:
            rows = documents_of_case(reader, principal.org, case_id)
        return {"documents": [document_view(row) for row in rows if may_see_document(definition, principal, row.name)]}

    def templates(self, principal: Principal, case_id: str, language: str) -> list[Json]:
        """List the documents of a case that are made of a template."""
        made = made_documents(self.seen(principal, case_id).process.definition, principal)
        return [{"document": name, "title": label(each.title, language)} for name, each in made.items()]

    def document(self, principal: Principal, case_id: str, document_id: str) -> DocumentRecord:
        """Give what is known of a document of a case. Raises NotFound, also for one that is not the reader's to see."""
        definition = self.seen(principal, case_id).process.definition
        with self._store.read() as reader:
            row = get_document(reader, principal.org, document_id)
        if row is None or row.case_id != case_id or not may_see_document(definition, principal, row.name):
            raise NotFound("document", document_id)
        return row

    def document_named(self, principal: Principal, case_id: str, wanted: str) -> str:
        """Give the name of a document of the process: as it is, or of the id of the one attached now. Raises NotFound."""
        seen = self.seen(principal, case_id)
        names = seen.process.definition.documents
        attached = {each["id"]: name for name, each in seen.case.snapshot.get("documents", EMPTY).items()}
        if wanted not in names and wanted not in attached:
            raise NotFound("document", wanted, names)
        return attached.get(wanted, wanted)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _seen(self, row: CaseRecord) -> Seen:
        case = to_case(row)
        return Seen(case, self._process(case), self._application.body(case.org, self._now_for(case)))

    def _process(self, case: Case) -> Process:
        return self._registry.process(case.org, case.workflow, case.definition_version, case.digest)

    def _now_for(self, case: Case) -> Instant:
        return max(self._application.now(), case.updated_at)

    def _workflows_of(self, principal: Principal) -> tuple[str, ...]:
        """Name the workflows in any version of which the principal has a role."""
        published = self._outlines.published(principal.org)
        return tuple({each.workflow: None for each in published if not principal.roles.isdisjoint(each.roles)})

    def _has_ended(self, org: str, workflow: str | None, state: str) -> bool | None:
        """Say whether a case in this state has ended, so that the open ones, or the others, need not be gone through; None: it depends."""
        ends = {each.ends[state] for each in self._outlines.published(org) if state in each.ends and workflow in {None, each.workflow}}
        return ends.pop() if len(ends) == 1 else None


def may_look(principal: Principal, seen: Seen) -> bool:
    """Say whether a case is a principal's to see."""
    return principal.takes_part_in(seen.process.definition) or seen.case.opened_by == principal.id


# --- views ----------------------------------------------------------------------------------------------------------


def listed_view(seen: Seen, now: Instant, language: str) -> Json:
    """Give a case as a line of a list; ``due`` is the earliest date that still runs."""
    case, definition = seen.case, seen.process.definition
    due = earliest_due(seen.process, seen.case)
    return {
        "id": case.id,
        "workflow": case.workflow,
        "title": label(definition.title, language),
        "number": case.number,
        "client_ref": case.client_ref,
        "state": case.configuration[0].split(".", 1)[0],
        "configuration": list(case.configuration),
        "where": [state_title(seen.process, leaf, language) for leaf in case.configuration],
        "outcome": case.outcome,
        "version": case.version,
        "due": None if due is None else rfc3339(due),
        "overdue": due is not None and due <= now,
        "opened_at": rfc3339(case.opened_at),
        "opened_by": case.opened_by,
        "updated_at": rfc3339(case.updated_at),
        "ended_at": None if case.ended_at is None else rfc3339(case.ended_at),
    }


def task_view(item: InboxItem, seen: Seen, now: Instant, language: str) -> Json:
    """Give a task with what its holder has to know of its case."""
    task, line = item.task, listed_view(seen, now, language)
    return {
        "case": task.case_id,
        "n": task.n,
        "workflow": task.workflow,
        "title": line["title"],
        "number": line["number"],
        "where": line["where"],
        "kind": task.kind,
        "role": task.role,
        "unit": task.unit,
        "person": task.person,
        "state": task.state,
        "deadline": task.deadline,
        "due": line["due"],
        "overdue": line["overdue"],
        "opened_at": rfc3339(task.opened_at),
    }


def change_view(stored: StoredEvent, version: int) -> Json:
    """Give one event as a 412 tells of it."""
    event = stored.event
    return {
        "seq": event.seq,
        "version": version,
        "kind": event.kind,
        "action": event.action,
        "actor": event.actor,
        "role": event.role,
        "recorded_at": rfc3339(event.recorded_at),
    }


def comment_view(stored: StoredEvent) -> Json:
    """Give a comment; its text is None once it was redacted."""
    kept = orjson.loads(stored.payload) if stored.payload else {}
    event = stored.event
    return {
        "seq": event.seq,
        "actor": event.actor,
        "text": kept["/reason"][1] if "/reason" in kept else None,
        "recorded_at": rfc3339(event.recorded_at),
    }
